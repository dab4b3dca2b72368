import Fixed

/// A message of the domain name system (RFC 1035 §4), and a place in it. Bytes of others: nothing
/// here traps or goes in circles, whatever they are.
struct NameMessage: ~Escapable {
    let bytes: Span<UInt8>
    var position = 0

    struct Entry {
        /// Where its name stands.
        let owner: Int
        let kind: UInt16
        let category: UInt16
        let start: Int
        let end: Int
        var isInternet: Bool { category == 1 }
    }

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    func number(at offset: Int) -> UInt16? {
        guard offset >= 0 && offset &+ 2 <= bytes.count else { return nil }
        return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset &+ 1])
    }

    @_lifetime(self: copy self)
    mutating func take() -> UInt16? {
        guard let value = number(at: position) else { return nil }
        position &+= 2
        return value
    }

    /// The next resource record without its data; nil where the message ends or is malformed.
    @_lifetime(self: copy self)
    mutating func entry() -> Entry? {
        let owner = position
        guard skipName(), let kind = take(), let category = take(),
            take() != nil, take() != nil, let count = take()
        else { return nil }
        let start = position
        guard start &+ Int(count) <= bytes.count else { return nil }
        position = start &+ Int(count)
        return Entry(owner: owner, kind: kind, category: category, start: start, end: position)
    }

    /// Moves behind the name at the position; false where it is none.
    @_lifetime(self: copy self)
    mutating func skipName() -> Bool {
        while position < bytes.count {
            let length = bytes[position]
            position &+= length >= 0xC0 ? 2 : 1 &+ Int(length)
            if length == 0 || length >= 0xC0 { return position <= bytes.count }
            if length > 63 { return false }
        }
        return false
    }

    /// Where the first label of the name at `offset` stands, behind whatever pointers; nil where there is none.
    @inline(never)
    func firstLabel(at offset: Int) -> Int? {
        var at = offset
        while at < bytes.count {
            switch bytes[at] {
            case 1...63: return at &+ 1 &+ Int(bytes[at]) <= bytes.count ? at : nil
            case 0xC0...:
                guard let pointer = number(at: at) else { return nil }
                let target = Int(pointer & 0x3FFF)
                guard target < at else { return nil }
                at = target
            default: return nil
            }
        }
        return nil
    }

    /// True where the same name stands at both places, whatever bytes its labels are of.
    @inline(never)
    func hasSameName(at one: Int, and other: Int) -> Bool {
        var a = one
        var b = other
        // A name has at most 127 labels (RFC 1035 §2.3.4).
        for _ in 0..<128 {
            let first = firstLabel(at: a)
            let second = firstLabel(at: b)
            guard let first, let second else { return first == nil && second == nil && endsName(at: a) && endsName(at: b) }
            let length = Int(bytes[first])
            guard bytes[second] == bytes[first],
                bytes.extracting((first &+ 1)..<(first &+ 1 &+ length))
                    .equalsIgnoringCase(bytes.extracting((second &+ 1)..<(second &+ 1 &+ length)))
            else { return false }
            a = first &+ 1 &+ length
            b = second &+ 1 &+ length
        }
        return false
    }

    /// Writes the name at `offset` without pointers. False where it is none, or has more than 255 bytes.
    @inline(never)
    func writeName(at offset: Int, to sink: inout Text<512>) -> Bool {
        var at = offset
        var count = 1
        while let label = firstLabel(at: at) {
            let end = label &+ 1 &+ Int(bytes[label])
            count &+= end &- label
            guard count <= 255, sink.append(bytes.extracting(label..<end)) else { return false }
            at = end
        }
        return endsName(at: at) && sink.append(0)
    }

    /// True where a name ends: with the root, which may stand behind a pointer.
    private func endsName(at offset: Int) -> Bool {
        var at = offset
        while at < bytes.count && bytes[at] >= 0xC0 {
            guard let pointer = number(at: at), Int(pointer & 0x3FFF) < at else { return false }
            at = Int(pointer & 0x3FFF)
        }
        return at < bytes.count && bytes[at] == 0
    }

    /// True where that name stands there.
    @inline(never)
    func hasName(_ expected: HostName, at offset: Int) -> Bool {
        var place = self
        place.position = offset
        guard let found = place.name() else { return false }
        return found == expected
    }

    /// The name at the position, which moves behind it. Pointers only lead backwards
    /// (RFC 1035 §4.1.4), so that reading ends.
    @inline(never)
    @_lifetime(self: copy self)
    mutating func name() -> HostName? {
        var text = HostName()
        var at = position
        var lowest = position
        var jumped = false
        while true {
            guard at < bytes.count else { return nil }
            let length = Int(bytes[at])
            switch length {
            case 0:
                if !jumped { position = at &+ 1 }
                return text
            case 1...63:
                guard at &+ 1 &+ length <= bytes.count else { return nil }
                if !text.isEmpty { guard text.append(0x2E) else { return nil } }
                for i in (at &+ 1)...(at &+ length) {
                    let byte = bytes[i]
                    guard byte.isInHostName, byte != 0x2E, text.append(byte.asciiLowercased) else { return nil }
                }
                at &+= 1 &+ length
            case 0xC0...:
                guard let pointer = number(at: at) else { return nil }
                if !jumped { position = at &+ 2 }
                jumped = true
                let target = Int(pointer & 0x3FFF)
                guard target < lowest else { return nil }
                lowest = target
                at = target
            default: return nil
            }
        }
    }
}

/// A name in lower case without the final dot, at most 253 bytes; empty: the root.
typealias HostName = Text<253>

extension Text<253> {
    /// Checks the form of a name: labels of 1 ... 63 letters, digits, hyphens and
    /// underscores. A final dot is dropped.
    init?(hostName bytes: Span<UInt8>) {
        self.init()
        let content = bytes.count > 1 && bytes[bytes.count &- 1] == 0x2E ? bytes.extracting(droppingLast: 1) : bytes
        var label = 0
        for i in content.indices {
            let byte = content[i]
            guard byte.isInHostName else { return nil }
            if byte == 0x2E {
                guard label > 0 else { return nil }
                label = 0
            } else {
                label &+= 1
                guard label <= 63 else { return nil }
            }
            guard append(byte.asciiLowercased) else { return nil }
        }
        guard label > 0 else { return nil }
    }
}

extension Text<253> {
    /// A domain that may be anybody's: a host name of letters, digits and hyphens, which neither begin
    /// nor end a label, and no numeric address.
    @inline(never)
    init?(domain bytes: Span<UInt8>) {
        guard let name = HostName(hostName: bytes) else { return nil }
        let content = name.bytes
        var last = content.count
        for i in content.indices {
            let begins = i == 0 || content[i &- 1] == 0x2E
            let ends = i == content.count &- 1 || content[i &+ 1] == 0x2E
            if content[i] == 0x5F || (content[i] == 0x2D && (begins || ends)) { return nil }
            if begins { last = i }
        }
        guard content.extracting(droppingFirst: last).decimalNumber == nil else { return nil }
        self = name
    }

    /// Writes the name as a message has it, label by label, without pointers.
    @inline(never)
    func writeLabels(to sink: inout some ByteSink & ~Copyable) {
        let content = bytes
        var start = 0
        while start < content.count {
            var end = start
            while end < content.count && content[end] != 0x2E { end &+= 1 }
            sink.put(UInt8(truncatingIfNeeded: end &- start))
            sink.put(content.extracting(start..<end))
            start = end &+ 1
        }
        sink.put(0)
    }
}

extension UInt8 {
    var isInHostName: Bool {
        switch self {
        case 0x2D, 0x2E, 0x5F, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return true
        default: return false
        }
    }
}

extension ByteSink where Self: ~Copyable {
    mutating func put(bigEndian value: UInt16) {
        put(UInt8(truncatingIfNeeded: value >> 8))
        put(UInt8(truncatingIfNeeded: value))
    }
}
