import Hardware

/// What is dimmed, driven or steered by pulses: a lamp, a fan. In percent with two digits; 0 when the program starts.
///
/// For a channel that the board takes for itself. Those that the kernel gave to something (a backlight, a fan) are
/// there through that; those that somebody else exported, through `PWM`.
public struct Dimmer<Line: PulseOutput>: LineDriver {
    public let name: StaticString
    private var line: Line

    public init(on line: Line, named name: StaticString) {
        self.line = line
        self.name = name
    }

    public static var output: Output? { Output(.double, 0...10_000, scale: 2) }
    public static var quantity: Quantity? { .dutyCycle }

    public mutating func open() throws(Failure) { try line.open() }

    public mutating func read(now: Instant) throws(Failure) -> Value {
        .numeric(Decimal(try line.duty(), scale: 2))
    }

    public mutating func set(_ steps: Int64) throws(Failure) { try line.set(steps) }
}
