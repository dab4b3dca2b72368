import Fixed

/// The 32 bytes before a slot's content: see `SlotStore`.
struct SlotHeader: Equatable, Sendable {
    var sequence: UInt32
    /// The other slot has nothing that counts, or must not.
    var standsAlone: Bool
    /// Bytes of content; 0 in a blank slot.
    var length: Int32
    private(set) var checksum: UInt32 = 0

    static var size: Int32 { 32 }
    private static var magic: StaticString { "WARDSLOT" }
    private static var version: UInt32 { 1 }

    init(sequence: UInt32, standsAlone: Bool, length: Int32) {
        self.sequence = sequence
        self.standsAlone = standsAlone
        self.length = length
    }

    /// Whether a medium's bytes are a slot's, whole or not.
    static func isOurs(_ bytes: Span<UInt8>) -> Bool { bytes.starts(with: magic) }

    /// The header that begins the bytes, of which there are at least 32; nil where they cannot be one.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= Int(Self.size), Self.isOurs(bytes), Self.number(bytes, at: 8) == Self.version,
            Self.number(bytes, at: 12) <= 1, Self.number(bytes, at: 24) == 0
        else { return nil }
        let length = Self.number(bytes, at: 20)
        guard length <= UInt32(StateRecord.roomNeeded) else { return nil }
        self.init(
            sequence: Self.number(bytes, at: 16), standsAlone: Self.number(bytes, at: 12) == 1,
            length: Int32(truncatingIfNeeded: length))
        checksum = Self.number(bytes, at: 28)
    }

    /// Computes the checksum over the header and its content's two parts.
    mutating func seal(_ first: Span<UInt8>, _ second: Span<UInt8>) {
        var sum = beginSum()
        sum.add(first)
        sum.add(second)
        checksum = sum.value
    }

    /// The sum so far: the content is still to be added.
    func beginSum() -> CRC32 {
        var sum = CRC32()
        sum.add(front.bytes)
        return sum
    }

    var bytes: Text<32> {
        var bytes = front
        Self.put(checksum, to: &bytes)
        return bytes
    }

    private var front: Text<32> {
        var bytes = Text<32>(Self.magic)
        Self.put(Self.version, to: &bytes)
        Self.put(standsAlone ? 1 : 0, to: &bytes)
        Self.put(sequence, to: &bytes)
        Self.put(UInt32(bitPattern: length), to: &bytes)
        Self.put(0, to: &bytes)
        return bytes
    }

    private static func put(_ number: UInt32, to bytes: inout Text<32>) {
        for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(24 &- 8 &* shift))) }
    }

    private static func number(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
        var number: UInt32 = 0
        for i in 0..<4 { number = number << 8 | UInt32(bytes[offset &+ i]) }
        return number
    }
}
