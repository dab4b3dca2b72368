/// The time that timers use, and how it passes.
public protocol TimeSource {
    var now: Instant { get }
    /// Lets time pass until `wake`, or until `descriptor`, where it is not -1, can be read. False where that
    /// cannot be waited for.
    mutating func pass(until wake: Wake, or descriptor: Int32) -> Bool
}
