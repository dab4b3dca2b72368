import Hardware

/// A relay, or whatever else a line switches on and off. Off when the program starts.
public struct Relay<Line: DigitalOutput>: LineDriver {
    public let name: StaticString
    private var line: Line

    public init(on line: Line, named name: StaticString) {
        self.line = line
        self.name = name
    }

    public static var output: Output? { Output(.boolean, 0...1) }

    public mutating func open() throws(Failure) { try line.open() }

    public mutating func read(now: Instant) throws(Failure) -> Value { .boolean(try line.level()) }

    public mutating func set(_ steps: Int64) throws(Failure) { try line.set(steps != 0) }
}
