import Fixed

/// The question who offers XMPP on this link, by multicast DNS, and the reading of its answers
/// (DNS-SD, RFC 6763; XEP-0347 §3.3.2).
///
/// It is asked once, from a port of its own, so that answers come to it alone (RFC 6762 §6.7). An
/// instance names its domain by `ordom` in its TXT record, or, without one, by the host of its SRV record.
/// That host and port are also where the server is.
struct ServiceSearch: Sendable {
    /// Unguessable, and new with each question.
    let number: UInt16

    static var service: StaticString { "_xmpp-client._tcp.local" }
    /// Records looked at in one message.
    static var limit: Int { 32 }

    private enum Kind {
        static var address4: UInt16 { 1 }
        static var pointer: UInt16 { 12 }
        static var text: UInt16 { 16 }
        static var address6: UInt16 { 28 }
        static var service: UInt16 { 33 }
    }

    /// What an answer comes to.
    enum Outcome: Equatable, Sendable {
        /// A domain, and the server's address where that was told too.
        case found
        /// An instance of which the answer says no more; what to ask was written.
        case ask
        case nothing
        case notOurs
    }

    /// Writes the question for instances.
    func write(to sink: inout Text<512>) {
        putHead(questions: 1, to: &sink)
        HostName(Self.service).writeLabels(to: &sink)
        sink.put(bigEndian: Kind.pointer)
        sink.put(bigEndian: 1)
    }

    private func putHead(questions: UInt16, to sink: inout Text<512>) {
        sink.put(bigEndian: number)
        sink.put(bigEndian: 0)
        sink.put(bigEndian: questions)
        for _ in 0..<3 { sink.put(bigEndian: 0) }
    }

    /// Reads an answer. Where `wanted` is not empty, no other domain counts. `followUp`, empty before, is
    /// what to ask where the outcome says so.
    @inline(never)
    func read(
        _ bytes: Span<UInt8>, wanted: Span<UInt8>, domain: inout HostName, server: inout Address?, followUp: inout Text<512>
    ) -> Outcome {
        var message = NameMessage(bytes)
        guard message.number(at: 0) == number, bytes.count > 12, bytes[2] & 0xF8 == 0x80, bytes[3] & 15 == 0,
            let questions = message.number(at: 4), questions <= 4
        else { return .notOurs }
        message.position = 12
        for _ in 0..<questions {
            guard message.skipName(), message.take() != nil, message.take() != nil else { return .notOurs }
        }
        var unknown: Int?
        var each = message
        for _ in 0..<Self.limit {
            guard let entry = each.entry() else { break }
            guard entry.category & 0x7FFF == 1 else { continue }
            switch entry.kind {
            case Kind.text, Kind.service:
                if isInstance(message, entry.owner), find(domain: &domain, of: entry.owner, in: message),
                    wanted.count == 0 || domain.bytes.equals(wanted) {
                    server = address(of: entry.owner, in: message)
                    return .found
                }
            case Kind.pointer:
                if unknown == nil, message.hasName(HostName(Self.service), at: entry.owner), isInstance(message, entry.start),
                    record(Kind.text, of: entry.start, in: message) == nil,
                    record(Kind.service, of: entry.start, in: message) == nil {
                    unknown = entry.start
                }
            default: break
            }
        }
        guard let unknown else { return .nothing }
        return ask(about: unknown, in: message, &followUp) ? .ask : .nothing
    }

    /// True where the name at `offset` is one label before the service's.
    private func isInstance(_ message: NameMessage, _ offset: Int) -> Bool {
        guard let label = message.firstLabel(at: offset) else { return false }
        return message.hasName(HostName(Self.service), at: label &+ 1 &+ Int(message.bytes[label]))
    }

    /// The first record of that kind whose owner has the name at `name`.
    @inline(never)
    private func record(_ kind: UInt16, of name: Int, in message: NameMessage) -> NameMessage.Entry? {
        var each = message
        for _ in 0..<Self.limit {
            guard let entry = each.entry() else { return nil }
            if entry.kind == kind, entry.category & 0x7FFF == 1, message.hasSameName(at: entry.owner, and: name) { return entry }
        }
        return nil
    }

    private func find(domain: inout HostName, of instance: Int, in message: NameMessage) -> Bool {
        if let text = record(Kind.text, of: instance, in: message),
            let value = message.bytes.extracting(text.start..<text.end).value(of: "ordom=") {
            guard let name = HostName(domain: value) else { return false }
            domain = name
            return true
        }
        guard let service = record(Kind.service, of: instance, in: message), let target = host(service, message),
            let name = HostName(domain: target.bytes)
        else { return false }
        domain = name
        return true
    }

    private func host(_ service: NameMessage.Entry, _ message: NameMessage) -> HostName? {
        guard service.end &- service.start >= 7 else { return nil }
        var data = message
        data.position = service.start &+ 6
        return data.name()
    }

    /// Where the instance's server is; nil where the message does not say, or by an address that cannot be its.
    private func address(of instance: Int, in message: NameMessage) -> Address? {
        guard let service = record(Kind.service, of: instance, in: message), service.end &- service.start >= 7,
            let port = message.number(at: service.start &+ 4), port > 0
        else { return nil }
        for round in 0..<2 {
            let kind = round == 0 ? Kind.address4 : Kind.address6
            let count = round == 0 ? 4 : 16
            guard let entry = record(kind, of: service.start &+ 6, in: message), entry.end &- entry.start == count else { continue }
            var octets = InlineArray<16, UInt8>(repeating: 0)
            for i in 0..<count { octets[i] = message.bytes[entry.start &+ i] }
            guard isServers(octets, isIPv6: round == 1) else { continue }
            return Address(family: round == 0 ? 4 : 6, octets: octets, port: port)
        }
        return nil
    }

    /// True for an address that a server can have: no loopback, group or unspecified one, nor of IPv6 one that
    /// would need a link with it. Nobody on the network leads us to what listens on this machine.
    private func isServers(_ octets: InlineArray<16, UInt8>, isIPv6: Bool) -> Bool {
        // RFC 4291 §2.5.4, RFC 4193.
        if isIPv6 { return octets[0] & 0xE0 == 0x20 || octets[0] & 0xFE == 0xFC }
        return octets[0] != 0 && octets[0] != 127 && octets[0] < 224
    }

    /// Writes the question for what an instance is.
    private func ask(about instance: Int, in message: NameMessage, _ sink: inout Text<512>) -> Bool {
        putHead(questions: 2, to: &sink)
        for round in 0..<2 {
            guard message.writeName(at: instance, to: &sink) else { return false }
            sink.put(bigEndian: round == 0 ? Kind.service : Kind.text)
            sink.put(bigEndian: 1)
        }
        return true
    }
}

extension Span where Element == UInt8 {
    /// The value behind `key` (`name=`) in a TXT record's strings: the first, in whatever case (RFC 6763 §6.4).
    /// Nil where there is none, or the strings are malformed.
    @_lifetime(copy self)
    fileprivate func value(of key: StaticString) -> Span<UInt8>? {
        var at = 0
        while at < count {
            let start = at &+ 1
            at = start &+ Int(self[at])
            guard at <= count else { return nil }
            let text = extracting(start..<at)
            let name = key.bytes
            if text.count >= name.count && text.extracting(first: name.count).equalsIgnoringCase(name) {
                return text.extracting(droppingFirst: name.count)
            }
        }
        return nil
    }
}
