// Lines of one bit. Neither call waits: a line on a chip that is itself behind a slow bus
// is better left to the kernel (class/leds, gpio-keys).

/// A line whose level is looked at, and whose changes are told.
public protocol DigitalInput: Sendable {
    /// Takes the line; changes count from then on.
    mutating func open() throws(Failure)
    /// Readable while there is a change to be taken; -1 before `open`, and where there is nothing to wait for.
    var descriptor: Int32 { get }
    /// True where the line is active.
    mutating func level() throws(Failure) -> Bool
    /// The next change, in order: whether the line became active. Nil where there is none.
    mutating func takeEdge() -> Bool?
}

/// A line that is driven.
public protocol DigitalOutput: Sendable {
    /// Takes the line and makes it inactive.
    mutating func open() throws(Failure)
    /// What it was set to.
    mutating func level() throws(Failure) -> Bool
    mutating func set(_ active: Bool) throws(Failure)
}
