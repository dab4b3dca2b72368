import CPlatform
import Fixed

/// Standard output or standard error, written to at once.
public enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Writes all; what fails is dropped.
    public func write(_ bytes: Span<UInt8>) {
        let descriptor = rawValue
        bytes.lend { _ = ward_file_write(descriptor, $0, $1) }
    }

    public func write(_ words: StaticString) { write(words.bytes) }
}
