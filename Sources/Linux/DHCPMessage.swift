import Fixed

/// The options that are looked for (RFC 2132, RFC 3942).
enum DHCPOption {
    static var pad: UInt8 { 0 }
    static var mask: UInt8 { 1 }
    static var router: UInt8 { 3 }
    static var nameServers: UInt8 { 6 }
    static var domain: UInt8 { 15 }
    static var timeServers: UInt8 { 42 }
    static var requestedAddress: UInt8 { 50 }
    static var duration: UInt8 { 51 }
    static var overload: UInt8 { 52 }
    static var kind: UInt8 { 53 }
    static var server: UInt8 { 54 }
    static var wanted: UInt8 { 55 }
    static var size: UInt8 { 57 }
    static var renewal: UInt8 { 58 }
    static var rebinding: UInt8 { 59 }
    /// A site's own: the name of an XMPP server, see `DHCPInform`.
    static var xmpp: UInt8 { 224 }
    static var end: UInt8 { 255 }
}

/// The form that all messages of DHCP have (RFC 2131 §2), of which nothing is believed.
enum DHCPMessage {
    /// Option 53.
    enum Kind {
        static var discover: UInt8 { 1 }
        static var offer: UInt8 { 2 }
        static var request: UInt8 { 3 }
        static var acknowledgement: UInt8 { 5 }
        static var refusal: UInt8 { 6 }
    }

    private static var cookie: UInt32 { 0x6382_5363 }

    /// Writes what stands before the options. `broadcast`: the answer cannot yet be sent to an address of
    /// ours. `hardware` is 0 for none.
    @inline(never)
    static func writeHead(
        number: UInt32, hardware: UInt64, client: UInt32, seconds: UInt16 = 0, broadcast: Bool = false, to sink: inout Text<512>
    ) {
        sink.put(1)
        sink.put(1)
        sink.put(hardware == 0 ? 0 : 6)
        sink.put(0)
        put(number, to: &sink)
        sink.put(bigEndian: seconds)
        sink.put(bigEndian: broadcast ? 0x8000 : 0)
        put(client, to: &sink)
        fill(&sink, to: 28)
        for i in 0..<6 { sink.put(UInt8(truncatingIfNeeded: hardware >> UInt64(40 &- 8 &* i))) }
        fill(&sink, to: 236)
        put(cookie, to: &sink)
    }

    /// Fills up to 300 bytes, as BOOTP has them (RFC 1542 §2.1).
    static func writeEnd(to sink: inout Text<512>) { fill(&sink, to: 300) }

    static func put(_ value: UInt32, to sink: inout Text<512>) {
        sink.put(bigEndian: UInt16(truncatingIfNeeded: value >> 16))
        sink.put(bigEndian: UInt16(truncatingIfNeeded: value))
    }

    private static func fill(_ sink: inout Text<512>, to count: Int) {
        while sink.count < count { sink.put(0) }
    }

    /// True for an answer to the message of that number.
    static func isAnswer(_ bytes: Span<UInt8>, to number: UInt32) -> Bool {
        bytes.count > 240 && bytes[0] == 2 && value(in: bytes, at: 4) == number && value(in: bytes, at: 236) == cookie
    }

    /// Of which kind an answer is; nil where it does not say so.
    static func kind(of bytes: Span<UInt8>) -> UInt8? {
        guard let kind = option(DHCPOption.kind, in: bytes), kind.bytes.count == 1 else { return nil }
        return kind.bytes[0]
    }

    /// Four bytes of the message, which there must be.
    static func value(in bytes: Span<UInt8>, at offset: Int) -> UInt32 {
        var value: UInt32 = 0
        for i in offset..<(offset &+ 4) { value = value << 8 | UInt32(bytes[i]) }
        return value
    }

    /// An option that is one number of four bytes, or whose first value is; nil for anything else.
    static func number(_ wanted: UInt8, in bytes: Span<UInt8>) -> UInt32? {
        guard let value = option(wanted, in: bytes), value.count >= 4, value.count & 3 == 0 else { return nil }
        return self.value(in: value.bytes, at: 0)
    }

    /// The option's value, put together where it comes in parts (RFC 3396), of which some may stand in the
    /// fields for names (option 52). Nil where it is missing, longer than 253 bytes, or the options are malformed.
    @inline(never)
    static func option(_ wanted: UInt8, in bytes: Span<UInt8>) -> HostName? {
        var value = HostName()
        var overload: UInt8 = 0
        var found = walk(bytes.extracting(droppingFirst: 240), wanted, &value, &overload)
        // File's field comes before sname's (RFC 3396 §5).
        if found != nil && overload & 1 != 0 { found = walk(bytes.extracting(108..<236), wanted, &value, &overload, found) }
        if found != nil && overload & 2 != 0 { found = walk(bytes.extracting(44..<108), wanted, &value, &overload, found) }
        return found == true ? value : nil
    }

    /// Adds the option's parts in one field. Nil where it is malformed; otherwise whether any part was found by now.
    private static func walk(
        _ field: Span<UInt8>, _ wanted: UInt8, _ value: inout HostName, _ overload: inout UInt8, _ before: Bool? = false
    ) -> Bool? {
        var found = before
        var at = 0
        while at < field.count && field[at] != DHCPOption.end {
            let code = field[at]
            at &+= 1
            if code == DHCPOption.pad { continue }
            guard at < field.count else { return nil }
            let start = at &+ 1
            at = start &+ Int(field[at])
            guard at <= field.count else { return nil }
            let content = field.extracting(start..<at)
            if code == wanted {
                guard value.append(content) else { return nil }
                found = true
            } else if code == DHCPOption.overload {
                guard content.count == 1 else { return nil }
                overload = content[0]
            }
        }
        return found
    }
}
