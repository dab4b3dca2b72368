import Fixed

/// A question to a name server, and the reading of its answer (RFC 1035 §4).
///
/// NameMessages have at most 512 bytes, without EDNS: an answer cut short counts
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
        name.writeLabels(to: &sink)
        sink.put(bigEndian: kind.rawValue)
        sink.put(bigEndian: 1)
    }

    /// Reads a message and calls `found` for each record that answers the question,
    /// through aliases (CNAME) too.
    func read(_ bytes: Span<UInt8>, found: (Record) -> Void) -> Outcome {
        var message = NameMessage(bytes)
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

    private func record(in message: NameMessage, _ entry: NameMessage.Entry) -> Record? {
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
