/// A reading that is finished: the field's place in the catalogue, and what it said.
public struct Sample: Sendable {
    public let index: Int
    public let reading: Reading

    public init(index: Int, reading: Reading) {
        self.index = index
        self.reading = reading
    }
}

/// All sensors of a board, as its loop sees them. No call waits for a sensor.
///
/// The loop waits for `descriptor` to be readable (epoll, level-triggered) or for
/// the instant `poll` named, and then:
///
///     wake = sensors.poll(now: now)
///     while let sample = sensors.next() {
///         thing.sampled(sample.index, sample.reading, now: now)
///         wake = sensors.poll(now: now)
///     }
public protocol Sensors: ~Copyable {
    /// Fields there are; at most `FieldSet.capacity`, and the same for the program's life.
    var count: Int { get }
    /// Channels that were found and are not among the fields.
    var skipped: Int { get }
    /// The field at a place below `count`.
    func field(at index: Int) -> Field
    /// The same for the program's life; -1 where there is nothing to wait for.
    var descriptor: Int32 { get }

    /// Asks for a new reading of each of these fields. Every one that exists is answered,
    /// by a value or a failure; one asked for again before it was answered may be answered
    /// once for both, or twice. Places without a field are left out.
    mutating func sample(_ wanted: FieldSet, now: Instant)
    /// Takes what came in and asks for what is next. `.now` while `next` has a sample.
    mutating func poll(now: Instant) -> Wake
    /// A finished sample, once; nil where there is none.
    mutating func next() -> Sample?
}
