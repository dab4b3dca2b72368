import Access
import Fixed

/// One pass over the sensors at a time: which fields are being read, and what
/// they said. Several readouts share a pass; a value never outlives its own.
public struct Sampler: ~Copyable {
    private let place = InPlace()
    private enum Phase {
        case idle
        /// The platform has not been told yet.
        case wanted(FieldSet)
        case running(missing: FieldSet, until: Instant)
        /// All in; held until whoever is writing has finished.
        case complete
    }

    /// What the slowest sensor may take.
    public static var patience: Interval { .seconds(6) }

    private var phase = Phase.idle
    private var readings = InlineArray<128, Reading>(repeating: .failed(.tooSlow))
    /// When the pass was begun.
    public private(set) var taken = DateTime(unixSeconds: 0)
    /// The fields of this pass.
    public private(set) var fields = FieldSet()
    /// Fields whose values have a time of their own: mirrored ones.
    private var times = List<4, Timed>(filler: Timed(index: 0, time: DateTime(unixSeconds: 0)))
    private struct Timed: Sendable {
        let index: Int
        let time: DateTime
    }
    /// A field that gave no value when it was last read, if there is one.
    public private(set) var failing: Int?

    public init() {}

    subscript(index: Int) -> Reading {
        index >= 0 && index < 128 ? readings[index] : .failed(.gone)
    }

    /// The instant of the value at `index`: the pass's, unless it came with one.
    func time(_ index: Int) -> DateTime {
        for i in times.indices where times[i].index == index { return times[i].time }
        return taken
    }

    public var isIdle: Bool { if case .idle = phase { true } else { false } }
    public var isComplete: Bool { if case .complete = phase { true } else { false } }

    /// Begins a pass over `fields`, whose last values are forgotten.
    public mutating func begin(_ fields: FieldSet, at time: DateTime) {
        var rest = fields
        while let i = rest.popFirst() { readings[i] = .failed(.tooSlow) }
        times.removeAll()
        self.fields = fields
        taken = time
        phase = fields.isEmpty ? .complete : .wanted(fields)
    }

    /// What the platform is to read now; empty where nothing.
    public mutating func takeRequest(now: Instant) -> FieldSet {
        guard case .wanted(let fields) = phase else { return FieldSet() }
        phase = .running(missing: fields, until: now + Self.patience)
        return fields
    }

    /// A sensor answered, with a value of another instant than the pass's where `time` says
    /// so, of which there can be four. True where that was the last one.
    public mutating func sampled(_ index: Int, _ reading: Reading, at time: DateTime? = nil) -> Bool {
        guard case .running(var missing, let until) = phase, missing.contains(index) else { return false }
        readings[index] = reading
        if let time, !times.append(Timed(index: index, time: time)) { readings[index] = .failed(.notAnswering) }
        missing.remove(index)
        phase = .running(missing: missing, until: until)
        if missing.isEmpty { finish() }
        return missing.isEmpty
    }

    /// True where the pass ended because its time was up: what is missing has failed.
    public mutating func isOverdue(now: Instant) -> Bool {
        guard case .running(_, let until) = phase, until <= now else { return false }
        finish()
        return true
    }

    /// The pass has been written to all who wanted it.
    public mutating func release() { phase = .idle }

    public var wake: Wake {
        switch phase {
        case .wanted: return .now
        case .running(_, let until): return .at(until)
        case .idle, .complete: return .onInput
        }
    }

    /// The fields among `fields` that gave no value.
    func failures(among fields: FieldSet) -> FieldSet {
        var failed = FieldSet()
        var rest = fields
        while let i = rest.popFirst() {
            if case .failed = readings[i] { failed.insert(i) }
        }
        return failed
    }

    private mutating func finish() {
        phase = .complete
        // A field that failed earlier stays so until it has been read well.
        if let known = failing, fields.contains(known) { failing = nil }
        var rest = fields
        while let i = rest.popFirst() {
            if case .failed = readings[i] {
                failing = i
                return
            }
        }
    }
}
