import Fixed

/// One light, by which whoever stands before the board sees how the Thing is.
public protocol StatusLight: ~Copyable {
    /// Lets it shine, or not. That this did not succeed is not answered: nobody could be told.
    mutating func shine(_ isOn: Bool)
}

/// How the Thing is, as far as it is shown.
public enum Condition: Equatable, Sendable {
    /// The program does not run, or is about to end: dark.
    case off
    /// On its way to its server: on and off, half a second each.
    case connecting
    /// At its server, and its friends can see it: steady.
    case online
    /// Something that does not go away by itself: five short flashes a second.
    case fault

    /// How long it is on, and then off; nil: it stays as it is.
    var rhythm: Interval? {
        switch self {
        case .off, .online: return nil
        case .connecting: return .milliseconds(500)
        case .fault: return .milliseconds(100)
        }
    }
}

/// Shows the Thing's condition by a light.
public struct Signalling<Light: StatusLight & ~Copyable>: ~Copyable {
    private var light: Light
    private var shown: Condition?
    private var isOn = false
    private var next: Instant?

    public init(_ light: consuming Light) { self.light = light }

    /// Shows it; answers when to be called again at the latest.
    public mutating func show(_ condition: Condition, now: Instant) -> Wake {
        if condition != shown {
            shown = condition
            next = now
            isOn = condition == .off
        }
        guard let time = next else { return .onInput }
        guard now >= time else { return .at(time) }
        isOn = !isOn
        light.shine(isOn)
        guard let rhythm = condition.rhythm else {
            next = nil
            return .onInput
        }
        next = now + rhythm
        return .at(now + rhythm)
    }
}
