import Hardware

/// A button, or a contact: true while it is pressed.
///
/// A press is not lost for being short: it stands for a second, and until it has been read once, but for no
/// longer than a minute. Who is told of changes hears of it at once, and again when it has ended.
public struct Button<Line: DigitalInput>: LineDriver {
    public let name: StaticString
    private var line: Line
    private var state = State.released

    private enum State {
        case released
        case pressed(since: Instant, isRead: Bool)
        /// The button is up again, and what it said still stands.
        case standing(since: Instant, isRead: Bool)
    }

    /// How long a press stands at least, and one that nobody looks at at most.
    private static var least: Interval { .seconds(1) }
    private static var most: Interval { .minutes(1) }

    public init(on line: Line, named name: StaticString) {
        self.line = line
        self.name = name
    }

    public static var output: Output? { nil }

    public mutating func open() throws(Failure) { try line.open() }

    public mutating func read(now: Instant) throws(Failure) -> Value {
        let isActive = try line.level()
        switch state {
        case .released:
            // Pressed since before the program started, or a change that is about to be told.
            return .boolean(isActive)
        case .pressed(let since, _): state = .pressed(since: since, isRead: true)
        case .standing(let since, _): state = .standing(since: since, isRead: true)
        }
        return .boolean(true)
    }

    public mutating func set(_ steps: Int64) throws(Failure) { throw .refused }

    public var descriptor: Int32 { line.descriptor }

    public mutating func settle(now: Instant) -> Bool {
        var isNew = false
        // The kernel keeps sixteen; more that arrive meanwhile are for the next time.
        for _ in 0..<16 {
            guard let isActive = line.takeEdge() else { break }
            switch (state, isActive) {
            case (.released, true):
                state = .pressed(since: now, isRead: false)
                isNew = true
            case (.released, false):
                // It was pressed before anybody looked.
                isNew = true
            case (.pressed(let since, let isRead), false): state = .standing(since: since, isRead: isRead)
            case (.standing(_, let isRead), true): state = .pressed(since: now, isRead: isRead)
            case (.pressed, true), (.standing, false): break
            }
        }
        if case .standing = state, case .at(let end) = wake, end <= now {
            state = .released
            isNew = true
        }
        return isNew
    }

    public var wake: Wake {
        guard case .standing(let since, let isRead) = state else { return .onInput }
        return .at(since + (isRead ? Self.least : Self.most))
    }
}
