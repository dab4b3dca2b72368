/// A line that is switched on and off so quickly that only its mean counts (pulse-width modulation).
/// No call waits.
public protocol PulseOutput: Sendable {
    /// Takes the line, with no pulse.
    mutating func open() throws(Failure)
    /// What it was set to.
    func duty() throws(Failure) -> Int64
    /// How much of the time it is on, in hundredths of a percent, 0 ... 10,000.
    mutating func set(_ duty: Int64) throws(Failure)
}
