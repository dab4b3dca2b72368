import Fixed

/// Something that restarts the program, or the machine, unless it hears in time that all goes well.
public protocol Watchdog: ~Copyable {
    /// How long it waits for a word; nil: it does not watch.
    var patience: Interval? { get }

    /// Tells it that all goes well. That it did not hear is not answered: it will act.
    mutating func feed()

    /// Tells it that the program ends as it should. One that cannot be called off acts all the same.
    mutating func end()
}

/// Feeds a watchdog, when it is due and not more often, by a program that is alive: one whose loop went all the
/// way round.
public struct Feeding<Dog: Watchdog & ~Copyable>: ~Copyable {
    private var dog: Dog
    private var next = Instant(milliseconds: 0)

    public init(_ dog: consuming Dog) { self.dog = dog }

    public var isWatched: Bool { dog.patience != nil }

    /// The loop went round. Answers when it has to go round again at the latest: after half of the dog's patience.
    public mutating func turned(now: Instant) -> Wake {
        guard let patience = dog.patience else { return .onInput }
        if now >= next {
            dog.feed()
            next = now + .milliseconds(patience.milliseconds / 2)
        }
        return .at(next)
    }

    /// The program ends.
    public mutating func end() { dog.end() }
}
