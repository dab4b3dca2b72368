/// A kernel interface whose channels become fields: it knows the interface's
/// file names, scales and units, and does no input or output by itself.
///
/// A driver has no state of its own. What it needs to know of a channel later it
/// leaves in the `Channel`.
public protocol Driver {
    /// How many drivers this is; more than one for `Both`.
    static var count: UInt8 { get }

    /// Looks for channels and declares them, in an order and under names that
    /// depend on the devices and not on the numbers they got at this start.
    static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable)

    /// Adds the files whose contents make one reading; their paths begin with `stem`.
    static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question)

    /// The reading, from one answer for each file in the same order.
    static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading

    /// What the channel can be set to; nil where it can only be read.
    static func output(_ channel: Channel) -> Output?

    /// Adds the files to be written, in this order, each with its content. `steps` is within the range
    /// of `output` and in its units; `answers` are those to `start`, a moment ago. Nil,
    /// or why it cannot be: then nothing is written.
    static func write(
        _ steps: Int64, to channel: Channel, _ stem: Span<UInt8>, _ answers: borrowing Answers,
        _ question: inout Question
    ) -> Failure?
}

extension Driver {
    public static var count: UInt8 { 1 }

    // Most only measure.
    public static func output(_ channel: Channel) -> Output? { nil }

    public static func write(
        _ steps: Int64, to channel: Channel, _ stem: Span<UInt8>, _ answers: borrowing Answers,
        _ question: inout Question
    ) -> Failure? { .refused }
}

/// Two drivers as one: `Both<A, Both<B, C>>` is three. The fields of the first come first.
public enum Both<First: Driver, Second: Driver>: Driver {
    public static var count: UInt8 { First.count &+ Second.count }

    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        let base = catalogue.driver
        First.declare(in: &catalogue, from: &files)
        catalogue.driver = base &+ First.count
        Second.declare(in: &catalogue, from: &files)
        catalogue.driver = base
    }

    public static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question) {
        if channel.driver < First.count { return First.start(channel, stem, &question) }
        var rest = channel
        rest.driver &-= First.count
        Second.start(rest, stem, &question)
    }

    public static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading {
        if channel.driver < First.count { return First.finish(channel, answers) }
        var rest = channel
        rest.driver &-= First.count
        return Second.finish(rest, answers)
    }

    public static func output(_ channel: Channel) -> Output? {
        if channel.driver < First.count { return First.output(channel) }
        var rest = channel
        rest.driver &-= First.count
        return Second.output(rest)
    }

    public static func write(
        _ steps: Int64, to channel: Channel, _ stem: Span<UInt8>, _ answers: borrowing Answers,
        _ question: inout Question
    ) -> Failure? {
        if channel.driver < First.count { return First.write(steps, to: channel, stem, answers, &question) }
        var rest = channel
        rest.driver &-= First.count
        return Second.write(steps, to: rest, stem, answers, &question)
    }
}
