import Hardware

/// A line with pulses that nobody soldered.
public struct BenchPulse: PulseOutput {
    private var now: Int64 = 0
    /// What every call says, while one is to fail.
    public var failure: Failure?

    public init() {}

    public mutating func open() throws(Failure) { if let failure { throw failure } }

    public func duty() throws(Failure) -> Int64 {
        if let failure { throw failure }
        return now
    }

    public mutating func set(_ duty: Int64) throws(Failure) {
        if let failure { throw failure }
        now = duty
    }
}
