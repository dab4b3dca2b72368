import Fixed

/// A DHCPINFORM, and the reading of what it is answered (RFC 2131 §4.4.3).
///
/// Asks for the name of an XMPP server alone, which XEP-0347 §3.3.1 puts into option 224,
/// of those that a site gives its own meaning (RFC 3942).
struct DHCPInform: Sendable {
    /// Unguessable, and new with each question.
    let number: UInt32
    /// Who asks: his IPv4 address, and his Ethernet address or 0.
    let address: UInt32
    let hardware: UInt64

    private static var cookie: UInt32 { 0x6382_5363 }

    private enum Option {
        static var pad: UInt8 { 0 }
        static var domain: UInt8 { 15 }
        static var overload: UInt8 { 52 }
        static var kind: UInt8 { 53 }
        static var wanted: UInt8 { 55 }
        static var server: UInt8 { 224 }
        static var end: UInt8 { 255 }
    }

    /// Writes the message, of 300 bytes as BOOTP has them (RFC 1542 §2.1).
    func write(to sink: inout Text<512>) {
        sink.put(1)
        sink.put(1)
        sink.put(hardware == 0 ? 0 : 6)
        sink.put(0)
        put(number, to: &sink)
        put(0, to: &sink)
        put(address, to: &sink)
        fill(&sink, to: 28)
        for i in 0..<6 { sink.put(UInt8(truncatingIfNeeded: hardware >> UInt64(40 &- 8 &* i))) }
        fill(&sink, to: 236)
        put(Self.cookie, to: &sink)
        let options: [8 of UInt8] = [Option.kind, 1, 8, Option.wanted, 2, Option.server, Option.domain, Option.end]
        sink.put(options.span)
        fill(&sink, to: 300)
    }

    private func put(_ value: UInt32, to sink: inout Text<512>) {
        sink.put(bigEndian: UInt16(truncatingIfNeeded: value >> 16))
        sink.put(bigEndian: UInt16(truncatingIfNeeded: value))
    }

    private func fill(_ sink: inout Text<512>, to count: Int) {
        while sink.count < count { sink.put(0) }
    }

    /// The domain that an answer names, which must be one to this question; nil for anything else. A
    /// name without a dot is completed by the network's own domain, where the answer has that.
    func domain(in bytes: Span<UInt8>) -> HostName? {
        guard bytes.count > 240, bytes[0] == 2, value(in: bytes, at: 4) == number, value(in: bytes, at: 236) == Self.cookie,
            let kind = option(Option.kind, in: bytes), kind.bytes.count == 1 && kind.bytes[0] == 5,
            let server = option(Option.server, in: bytes), var name = HostName(domain: server.bytes.withoutFinalNUL)
        else { return nil }
        if name.bytes.firstIndex(of: 0x2E) == nil, let local = option(Option.domain, in: bytes),
            let domain = HostName(domain: local.bytes.withoutFinalNUL) {
            guard name.append(0x2E) && name.append(domain.bytes) else { return nil }
        }
        return name
    }

    private func value(in bytes: Span<UInt8>, at offset: Int) -> UInt32 {
        var value: UInt32 = 0
        for i in offset..<(offset &+ 4) { value = value << 8 | UInt32(bytes[i]) }
        return value
    }

    /// The option's value, put together where it comes in parts (RFC 3396), of which some may stand in the
    /// fields for names (option 52). Nil where it is missing, longer than 253 bytes, or the options are malformed.
    @inline(never)
    private func option(_ wanted: UInt8, in bytes: Span<UInt8>) -> HostName? {
        var value = HostName()
        var overload: UInt8 = 0
        var found = walk(bytes.extracting(droppingFirst: 240), wanted, &value, &overload)
        // File's field comes before sname's (RFC 3396 §5).
        if found != nil && overload & 1 != 0 { found = walk(bytes.extracting(108..<236), wanted, &value, &overload, found) }
        if found != nil && overload & 2 != 0 { found = walk(bytes.extracting(44..<108), wanted, &value, &overload, found) }
        return found == true ? value : nil
    }

    /// Adds the option's parts in one field. Nil where it is malformed; otherwise whether any part was found by now.
    private func walk(
        _ field: Span<UInt8>, _ wanted: UInt8, _ value: inout HostName, _ overload: inout UInt8, _ before: Bool? = false
    ) -> Bool? {
        var found = before
        var at = 0
        while at < field.count && field[at] != Option.end {
            let code = field[at]
            at &+= 1
            if code == Option.pad { continue }
            guard at < field.count else { return nil }
            let start = at &+ 1
            at = start &+ Int(field[at])
            guard at <= field.count else { return nil }
            let content = field.extracting(start..<at)
            if code == wanted {
                guard value.append(content) else { return nil }
                found = true
            } else if code == Option.overload {
                guard content.count == 1 else { return nil }
                overload = content[0]
            }
        }
        return found
    }
}

extension Span where Element == UInt8 {
    /// Without the NUL that some servers end their texts with (RFC 2132 §2).
    fileprivate var withoutFinalNUL: Span<UInt8> {
        @_lifetime(copy self)
        get { count > 0 && self[count &- 1] == 0 ? extracting(droppingLast: 1) : self }
    }
}
