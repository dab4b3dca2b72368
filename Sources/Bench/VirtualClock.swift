import Hardware

/// A clock whose time passes as fast as somebody waits for it: what would take a minute is over at once.
public struct VirtualClock: TimeSource {
    public private(set) var now: Instant

    public init(_ start: Instant = Instant(milliseconds: 0)) { now = start }

    /// There is nothing behind a descriptor here: who waits for that alone waits for ever.
    public mutating func pass(until wake: Wake, or descriptor: Int32) -> Bool {
        switch wake {
        case .now: return true
        case .at(let time):
            now = max(now, time)
            return true
        case .onInput: return false
        }
    }
}
