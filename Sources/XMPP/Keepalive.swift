import Fixed

/// Finds a connection that died without saying so: pings the server (XEP-0199)
/// after a silence, and gives up where no word comes back.
public struct Keepalive: Sendable {
    /// Silence before a ping.
    public static var idle: Interval { .minutes(4) }
    /// Silence after it before the connection counts as dead.
    public static var patience: Interval { .seconds(30) }

    public enum Action: Equatable { case none, ping, dead }

    private var lastHeard = Instant(milliseconds: 0)
    private var pinged: Instant?

    public init() {}

    /// Anything at all came from the server.
    public mutating func heard(now: Instant) {
        lastHeard = now
        pinged = nil
    }

    public mutating func poll(now: Instant) -> Action {
        if let pinged {
            guard pinged + Self.patience <= now else { return .none }
            self.pinged = nil
            return .dead
        }
        guard lastHeard + Self.idle <= now else { return .none }
        pinged = now
        return .ping
    }

    public var wake: Wake {
        if let pinged { return .at(pinged + Self.patience) }
        return .at(lastHeard + Self.idle)
    }
}

/// How long to wait before the next attempt to connect: doubling from 1 s to
/// 5 min, each time between half and all of it, so that a thousand Things do not
/// come back in the same second.
public struct Backoff: Sendable {
    public static var shortest: Interval { .seconds(1) }
    public static var longest: Interval { .minutes(5) }

    private var next = Backoff.shortest

    public init() {}

    /// The wait before the next attempt. `chance` is any random number.
    public mutating func delay(chance: UInt32) -> Interval {
        let whole = next.milliseconds
        next = min(.milliseconds(whole &* 2), Self.longest)
        let half = whole / 2
        return .milliseconds(half &+ Int64(chance) % (half &+ 1))
    }

    /// At least this from now on: what follows a conflict.
    public mutating func atLeast(_ interval: Interval) { next = max(next, interval) }

    /// All went well.
    public mutating func reset() { next = Self.shortest }
}
