import Fixed

/// What wrong KEYs lead to: a few are free, then nobody's KEY is looked at for a while, and
/// for longer after each further one.
///
/// The number of failures is kept across restarts; a lock that was on then begins anew, since
/// how long the Thing was off nobody knows. What has not the form of a KEY cannot be right and
/// is not counted: so nobody is locked out by small talk.
public struct ClaimLock: Sendable {
    /// Wrong KEYs before the first lock.
    public static var free: UInt8 { 5 }
    public static var firstLock: Interval { .minutes(1) }
    public static var lastLock: Interval { .minutes(60) }

    /// Wrong KEYs since the Thing was last claimed or reset.
    public private(set) var failures: UInt8 = 0
    private var until = Instant(milliseconds: .min)
    private var beginsAnew = false

    public init() {}

    /// Takes up what an earlier run counted. The lock begins with `begin`.
    public init(failures: UInt8) {
        self.failures = failures
        beginsAnew = failures >= Self.free
    }

    /// The run has a clock now.
    public mutating func begin(now: Instant) {
        guard beginsAnew else { return }
        beginsAnew = false
        until = now + period
    }

    /// No KEY is looked at now.
    public func isOn(now: Instant) -> Bool { beginsAnew || now < until }

    /// A KEY was wrong.
    public mutating func failed(now: Instant) {
        if failures < .max { failures &+= 1 }
        if failures >= Self.free { until = now + period }
    }

    /// How long the lock is on after the latest failure.
    public var period: Interval {
        guard failures >= Self.free else { return .seconds(0) }
        let doublings = Int64(min(failures &- Self.free, 6))
        return min(.milliseconds(Self.firstLock.milliseconds << doublings), Self.lastLock)
    }
}
