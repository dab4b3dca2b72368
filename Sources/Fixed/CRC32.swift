/// The checksum of IEEE 802.3 (§3.2.9), also that of gzip and zlib: finds what a medium or a power cut damaged,
/// and proves nothing against anybody who means it. Without a table: it is for kilobytes.
public struct CRC32: Sendable {
    private var remainder: UInt32 = 0xFFFF_FFFF

    public init() {}

    @inline(never)
    public mutating func add(_ bytes: Span<UInt8>) {
        for i in bytes.indices {
            remainder ^= UInt32(bytes[i])
            for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    public var value: UInt32 { ~remainder }
}
