/// What came of something that was asked of the peripherals; the field by its place in the catalogue.
public enum Report: Sendable {
    case sampled(Int, Reading)
    /// The output was set, or why not.
    case written(Int, Failure?)
    /// It may have changed, by itself: who watches it looks now.
    case changed(Int)
}

/// All sensors and outputs of a board, as its loop sees them. No call waits for any of them.
///
/// The loop waits for `descriptor` to be readable (epoll, level-triggered) or for
/// the instant `poll` named, and then:
///
///     wake = peripherals.poll(now: now)
///     while let report = peripherals.next() {
///         switch report {
///         case .sampled(let index, let reading): thing.sampled(index, reading, now: now)
///         case .written(let index, let failure): thing.written(index, failure, now: now)
///         case .changed(let index): thing.changed(index, now: now)
///         }
///         wake = peripherals.poll(now: now)
///     }
public protocol Peripherals: ~Copyable {
    /// Fields there are; at most `FieldSet.capacity`, and the same for the program's life.
    var count: Int { get }
    /// Channels that were found and are not among the fields.
    var skipped: Int { get }
    /// The field at a place below `count`. One with an output can be written.
    func field(at index: Int) -> Field
    /// The same for the program's life; -1 where there is nothing to wait for.
    var descriptor: Int32 { get }

    /// Asks for a new reading of each of these fields. Every one that exists is answered,
    /// by a value or a failure; one asked for again before it was answered may be answered
    /// once for both, or twice. Places without a field are left out.
    mutating func sample(_ wanted: FieldSet, now: Instant)
    /// Sets an output, in turn with what is read: at the request that a permit alone can make. It is
    /// answered once, with `.refused` and untouched where the place has no output or the value is
    /// not one of its own. False, and nothing asked, while an earlier one is not answered.
    mutating func write(_ request: WriteRequest, now: Instant) -> Bool
    /// Takes what came in and asks for what is next. `.now` while `next` has a report.
    mutating func poll(now: Instant) -> Wake
    /// What has been finished, once; nil where nothing has.
    mutating func next() -> Report?
}
