/// Something on a line of its own: a relay, a button. It never waits.
///
/// The loop opens it once. From then on it may be read at any time, set where it has an output,
/// and is `settled` whenever its line can be read or the instant has come that it named.
public protocol LineDriver: Sendable {
    /// Its field's name.
    var name: StaticString { get }
    /// What it can be set to; nil where it can only be read.
    static var output: Output? { get }
    /// Whose unit it has; nil where it has none.
    static var quantity: Quantity? { get }

    mutating func open() throws(Failure)
    /// What it says now. It has then been looked at.
    mutating func read(now: Instant) throws(Failure) -> Value
    /// Within the range of `output`, in its units.
    mutating func set(_ steps: Int64) throws(Failure)

    /// As of the line; -1 where there is nothing to wait for.
    var descriptor: Int32 { get }
    /// Takes what the line has to tell. True where there is something new to be read.
    mutating func settle(now: Instant) -> Bool
    /// When to settle next, if nothing happens before.
    var wake: Wake { get }
}

extension LineDriver {
    // Most can only be switched.
    public static var quantity: Quantity? { nil }
    public var descriptor: Int32 { -1 }
    public mutating func settle(now: Instant) -> Bool { false }
    public var wake: Wake { .onInput }
}
