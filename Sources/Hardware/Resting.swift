/// Which of `n` things took too long when they were last asked: they are asked after all others, and
/// left alone for a while, from 10 s to 5 minutes, longer each time.
public struct Resting<let n: Int>: ~Copyable {
    private let place = InPlace()
    private var suspects = FieldSet()
    private var ends = InlineArray<n, Instant>(repeating: Instant(milliseconds: 0))
    private var lengths = InlineArray<n, UInt16>(repeating: 0)

    public init() {}

    /// Those that are to be asked last.
    public var all: FieldSet { suspects }

    /// True where it is to be left alone. `index` is below `n`.
    public func isResting(_ index: Int, now: Instant) -> Bool { suspects.contains(index) && now < ends[index] }

    public mutating func wasSlow(_ index: Int, now: Instant) {
        lengths[index] = lengths[index] == 0 ? 10 : min(lengths[index] &* 2, 300)
        ends[index] = now + .seconds(Int64(lengths[index]))
        suspects.insert(index)
    }

    public mutating func answered(_ index: Int) {
        suspects.remove(index)
        lengths[index] = 0
    }
}
