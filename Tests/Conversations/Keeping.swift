import Fixed
import Thing

/// A state record as the platform would keep it.
struct RecordBytes: ~Copyable, ByteSink {
    var bytes: [UInt8] = []
    mutating func put(_ byte: UInt8) { bytes.append(byte) }
    mutating func put(_ bytes: Span<UInt8>) { self.bytes += bytes.array }
}

extension Conversation {
    /// What the Thing wants to be kept.
    func record() -> [UInt8] {
        var sink = RecordBytes()
        laboratory.enter()
        core.saveState(to: &sink)
        return sink.bytes
    }

    /// To be called before the first connection.
    func restore(_ record: [UInt8]) -> Bool { use { $0.restore(record.span) } }
}
