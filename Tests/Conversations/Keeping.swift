import Support
import Thing

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
