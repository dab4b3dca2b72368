import Fixed

/// Which fields of this Thing, by their place in its catalogue.
///
/// The empty set is no field. "Every field" has a name of its own, since an
/// empty list must never come to mean everything.
public struct FieldSet: Equatable, Sendable {
    /// Fields a Thing can have.
    public static var capacity: Int { 128 }

    private var low: UInt64
    private var high: UInt64

    private init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// No field.
    public init() { self.init(low: 0, high: 0) }

    /// Every place the catalogue can have.
    public static var anyField: FieldSet { FieldSet(low: .max, high: .max) }

    public var isEmpty: Bool { low | high == 0 }
    public var count: Int { low.nonzeroBitCount &+ high.nonzeroBitCount }

    /// False for a place outside 0 ..< `capacity`.
    public func contains(_ index: Int) -> Bool {
        switch index {
        case 0..<64: return low & (1 &<< UInt64(index)) != 0
        case 64..<128: return high & (1 &<< UInt64(index &- 64)) != 0
        default: return false
        }
    }

    /// Adds a place; one outside the capacity is ignored.
    public mutating func insert(_ index: Int) {
        switch index {
        case 0..<64: low |= 1 &<< UInt64(index)
        case 64..<128: high |= 1 &<< UInt64(index &- 64)
        default: break
        }
    }

    public mutating func remove(_ index: Int) {
        switch index {
        case 0..<64: low &= ~(1 &<< UInt64(index))
        case 64..<128: high &= ~(1 &<< UInt64(index &- 64))
        default: break
        }
    }

    /// Takes the first place out of the set; nil where it is empty.
    public mutating func popFirst() -> Int? {
        guard !isEmpty else { return nil }
        let index = low != 0 ? low.trailingZeroBitCount : 64 &+ high.trailingZeroBitCount
        remove(index)
        return index
    }

    public func intersection(_ other: FieldSet) -> FieldSet {
        FieldSet(low: low & other.low, high: high & other.high)
    }

    public func union(_ other: FieldSet) -> FieldSet {
        FieldSet(low: low | other.low, high: high | other.high)
    }

    public func subtracting(_ other: FieldSet) -> FieldSet {
        FieldSet(low: low & ~other.low, high: high & ~other.high)
    }

    // MARK: In a record

    /// Bytes of a set.
    public static var recordBytes: Int { 16 }

    /// What `write` wrote; nil for another number of bytes.
    public init?(record: Span<UInt8>) {
        guard record.count == Self.recordBytes else { return nil }
        self.init()
        for i in 0..<Self.capacity where record[i / 8] & (1 << UInt8(i % 8)) != 0 { insert(i) }
    }

    public func write(to sink: inout some ByteSink & ~Copyable) {
        for i in 0..<UInt64(8) { sink.put(UInt8(truncatingIfNeeded: low >> (8 &* i))) }
        for i in 0..<UInt64(8) { sink.put(UInt8(truncatingIfNeeded: high >> (8 &* i))) }
    }
}
