import Fixed

/// A question to a name server, and the reading of its answer (RFC 1035 §4).
///
/// Messages have at most 512 bytes, without EDNS: an answer cut short counts
/// for what is in it. Whatever is no answer to this very question is `notOurs`.
struct NameQuestion: Sendable {
    enum Kind: UInt16, Sendable {
        case address4 = 1
        case address6 = 28
        /// RFC 2782.
        case service = 33
    }

    enum Record: Sendable {
        case address(Address)
        case service(Service)
    }

    enum Outcome: Equatable, Sendable {
        case found
        /// The name does not exist.
        case noName
        /// It exists, without a record of this kind.
        case noData
        /// The server cannot say, or says what cannot be read.
        case failed
        case notOurs
    }

    let name: HostName
    let kind: Kind
    let number: UInt16

    /// Writes the message; recursion is desired.
    func write(to sink: inout some ByteSink & ~Copyable) {
        sink.put(bigEndian: number)
        sink.put(bigEndian: 0x0100)
        sink.put(bigEndian: 1)
        for _ in 0..<3 { sink.put(bigEndian: 0) }
        let bytes = name.bytes
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count && bytes[end] != 0x2E { end &+= 1 }
            sink.put(UInt8(truncatingIfNeeded: end &- start))
            sink.put(bytes.extracting(start..<end))
            start = end &+ 1
        }
        sink.put(0)
        sink.put(bigEndian: kind.rawValue)
        sink.put(bigEndian: 1)
    }

    /// Reads a message and calls `found` for each record that answers the question,
    /// through aliases (CNAME) too.
    func read(_ bytes: Span<UInt8>, found: (Record) -> Void) -> Outcome {
        var message = Message(bytes)
        guard message.number(at: 0) == number, bytes.count > 12, bytes[2] & 0xF8 == 0x80,
            message.number(at: 4) == 1
        else { return .notOurs }
        message.position = 12
        guard message.hasName(name, at: 12), message.skipName(),
            message.take() == kind.rawValue, message.take() == 1
        else { return .notOurs }
        switch bytes[3] & 15 {
        case 0: break
        case 3: return .noName
        default: return .failed
        }
        let answers = message.position
        let limit = Int(message.number(at: 6) ?? 0)
        var owner = name
        var count = 0
        // Aliases mostly come in order, before what they lead to. Where they do
        // not, another pass follows them; a circle ends with the passes.
        for _ in 0..<8 {
            var moved = false
            message.position = answers
            for _ in 0..<limit {
                guard let entry = message.entry() else { break }
                guard entry.isInternet && message.hasName(owner, at: entry.owner) else { continue }
                if entry.kind == 5 {
                    var data = message
                    data.position = entry.start
                    guard let target = data.name() else { return .failed }
                    owner = target
                    moved = true
                } else if entry.kind == kind.rawValue, let record = record(in: message, entry) {
                    found(record)
                    count &+= 1
                }
            }
            if count > 0 || !moved { break }
        }
        return count > 0 ? .found : bytes[2] & 2 != 0 ? .failed : .noData
    }

    private func record(in message: Message, _ entry: Message.Entry) -> Record? {
        var data = message
        data.position = entry.start
        let count = entry.end &- entry.start
        switch kind {
        case .address4, .address6:
            guard count == (kind == .address4 ? 4 : 16) else { return nil }
            var octets = InlineArray<16, UInt8>(repeating: 0)
            for i in 0..<count { octets[i] = message.bytes[entry.start &+ i] }
            return .address(Address(family: kind == .address4 ? 4 : 6, octets: octets))
        case .service:
            guard count >= 7, let priority = data.take(), let weight = data.take(), let port = data.take(),
                let host = data.name()
            else { return nil }
            return .service(Service(priority: priority, weight: weight, port: port, host: host))
        }
    }
}

/// A message and a place in it.
private struct Message: ~Escapable {
    let bytes: Span<UInt8>
    var position = 0

    struct Entry {
        /// Where its name stands.
        let owner: Int
        let kind: UInt16
        let isInternet: Bool
        let start: Int
        let end: Int
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
        return Entry(owner: owner, kind: kind, isInternet: category == 1, start: start, end: position)
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
