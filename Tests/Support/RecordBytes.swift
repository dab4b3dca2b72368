import Fixed

/// A state record as the platform would keep it.
public struct RecordBytes: ~Copyable, ByteSink {
    public private(set) var bytes: [UInt8] = []
    public init() {}
    public mutating func put(_ byte: UInt8) { bytes.append(byte) }
    public mutating func put(_ bytes: Span<UInt8>) { self.bytes += bytes.array }
}
