/// A point on a clock that only goes forward, in milliseconds. Its origin is the
/// platform's choice; differences alone have meaning.
public struct Instant: Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

    public static func + (a: Instant, b: Interval) -> Instant {
        Instant(milliseconds: a.milliseconds &+ b.milliseconds)
    }

    /// Time from `earlier` to this.
    public func since(_ earlier: Instant) -> Interval {
        Interval(milliseconds: milliseconds &- earlier.milliseconds)
    }
}

/// A stretch of time, in milliseconds.
public struct Interval: Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func milliseconds(_ n: Int64) -> Interval { Interval(milliseconds: n) }
    public static func seconds(_ n: Int64) -> Interval { Interval(milliseconds: n &* 1000) }
    public static func minutes(_ n: Int64) -> Interval { Interval(milliseconds: n &* 60_000) }

    public static func < (a: Interval, b: Interval) -> Bool { a.milliseconds < b.milliseconds }
}

/// When somebody wants to be called again.
public enum Wake: Equatable, Sendable {
    /// At once: there is more to do.
    case now
    /// At that instant, or earlier when there is input.
    case at(Instant)
    /// Only when there is input.
    case onInput

    /// Two seconds away or more.
    public func isFar(from now: Instant) -> Bool {
        switch self {
        case .now: return false
        case .at(let time): return time.since(now) >= .seconds(2)
        case .onInput: return true
        }
    }

    /// The earlier of the two.
    public func earlier(_ other: Wake) -> Wake { other.order < order ? other : self }

    private var order: Int64 {
        switch self {
        case .now: return .min
        case .at(let instant): return instant.milliseconds
        case .onInput: return .max
        }
    }
}
