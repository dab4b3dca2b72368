import Access
import Fixed

/// What the platform is to do to an output. Without a permit for it there is none.
public struct WriteRequest: Sendable {
    /// The field, by its place in the catalogue.
    public let index: Int
    /// Of the output's kind, and within its range.
    public let value: Value

    /// Nil where the permit does not allow to write that field.
    public init?(_ index: Int, _ value: Value, by permit: borrowing Permit) {
        guard permit.operation == .write, permit.fields.contains(index) else { return nil }
        self.index = index
        self.value = value
    }

    private init(_ index: Int, _ value: Value) {
        self.index = index
        self.value = value
    }

    /// The same for who counts his fields from the one at `first`, for which it was permitted.
    public func counted(from first: Int) -> WriteRequest { WriteRequest(index &- first, value) }
}

/// The one output that is being set: from the wish to what came of it.
public struct Order: Sendable {
    private enum State: Sendable {
        case none
        /// The platform has not been told yet.
        case wanted(WriteRequest)
        case running(Int, until: Instant)
        /// Given up; the platform still owes the answer, and nothing else is set before it.
        case owed(Int)
        case finished(Failure?)
    }

    /// What the slowest output may take, twice the platform's own limit and more.
    public static var patience: Interval { .seconds(6) }

    private var state = State.none

    public init() {}

    /// Nothing is being set, and something can be.
    public var isFree: Bool { if case .none = state { true } else { false } }

    /// The platform has not answered for one that was given up.
    public var isOwed: Bool { if case .owed = state { true } else { false } }

    public mutating func begin(_ request: WriteRequest) {
        if isFree { state = .wanted(request) }
    }

    /// What the platform is to do now, once.
    public mutating func take(now: Instant) -> WriteRequest? {
        guard case .wanted(let request) = state else { return nil }
        state = .running(request.index, until: now + Self.patience)
        return request
    }

    /// The platform did it, or could not. An answer to nothing is ignored.
    public mutating func written(_ index: Int, _ failure: Failure?) {
        switch state {
        case .running(index, _): state = .finished(failure)
        case .owed(index): state = .none
        case .none, .wanted, .running, .owed, .finished: break
        }
    }

    /// What came of it, once: nil while there is nothing to tell; `.some(nil)` where the output is set.
    public mutating func outcome(now: Instant) -> Failure?? {
        switch state {
        case .finished(let failure):
            state = .none
            return .some(failure)
        case .running(let index, let until) where until <= now:
            state = .owed(index)
            return .some(.tooSlow)
        case .none, .wanted, .running, .owed: return nil
        }
    }

    public var wake: Wake {
        switch state {
        case .wanted, .finished: return .now
        case .running(_, let until): return .at(until)
        case .none, .owed: return .onInput
        }
    }
}
