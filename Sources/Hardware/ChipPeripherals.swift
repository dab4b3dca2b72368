/// A board's chips as `Peripherals`: measurements of several chips are under way at the same
/// time, and each chip is asked once for all of its fields that are wanted.
public struct ChipPeripherals<Host: ChipHost & ~Copyable>: ~Copyable, Peripherals {
    private let place = InPlace()
    private var host: Host
    /// Fields that are wanted and whose chip has not been started for them.
    private var waiting = FieldSet()
    /// Fields that the measurements under way are for.
    private var measuring = FieldSet()
    /// When the measurement ends, by the chip's first field.
    private var ends = InlineArray<32, Instant>(repeating: Instant(milliseconds: 0))
    private var resting = Resting<32>()
    private var state = State.idle

    private enum State {
        case idle
        /// By the chip's first field.
        case asking(ChipStep, Int)
        /// Fields that are reported one by one, the first of their chip, and what it said.
        case reporting(FieldSet, Int, Readings)
    }

    public init(_ host: consuming Host) { self.host = host }

    public var count: Int { min(Host.Parts.count, 32) }
    public var skipped: Int { Host.Parts.count &- count }
    public func field(at index: Int) -> Field { host.field(index) }
    public var descriptor: Int32 { host.descriptor }

    public mutating func sample(_ wanted: FieldSet, now: Instant) {
        for index in 0..<count where wanted.contains(index) { waiting.insert(index) }
    }

    /// Chips only measure.
    public mutating func write(_ request: WriteRequest, now: Instant) -> Bool { false }

    public mutating func next() -> Report? {
        guard case .reporting(var fields, let first, let readings) = state, let index = fields.popFirst() else { return nil }
        state = fields.isEmpty ? .idle : .reporting(fields, first, readings)
        return .sampled(index, readings[index &- first])
    }

    public mutating func poll(now: Instant) -> Wake {
        switch state {
        case .reporting: return .now
        case .asking(let step, let first): return take(step, first, now)
        case .idle: break
        }
        var earliest = Wake.onInput
        var isSharedBusy = false
        var rest = measuring
        while let index = rest.popFirst() {
            let first = Host.Parts.first(index)
            if ends[first] <= now { return ask(.finish, first, now) }
            earliest = earliest.earlier(.at(ends[first]))
            if Host.Parts.isShared(first) { isSharedBusy = true }
        }
        // Those that were too slow come last.
        var candidates = waiting
        var late = FieldSet()
        while true {
            guard let index = candidates.popFirst() ?? late.popFirst() else { break }
            let first = Host.Parts.first(index)
            if resting.all.contains(first) && !candidates.isEmpty {
                late.insert(index)
                continue
            }
            // A measurement under way may be older than the wish: the next one is for it.
            if !fields(of: first).intersection(measuring).isEmpty { continue }
            if isSharedBusy && Host.Parts.isShared(first) { continue }
            if resting.isResting(first, now: now) {
                let all = fields(of: first)
                report(all.intersection(waiting), first, Readings(.tooSlow))
                waiting = waiting.subtracting(all)
                return .now
            }
            return ask(.start, first, now)
        }
        return earliest
    }

    /// All fields of the chip with that first field.
    private func fields(of first: Int) -> FieldSet {
        var fields = FieldSet()
        var index = first
        while index < count && Host.Parts.first(index) == first {
            fields.insert(index)
            index &+= 1
        }
        return fields
    }

    private mutating func ask(_ step: ChipStep, _ first: Int, _ now: Instant) -> Wake {
        host.ask(step, first, now: now)
        state = .asking(step, first)
        return take(step, first, now)
    }

    private mutating func take(_ step: ChipStep, _ first: Int, _ now: Instant) -> Wake {
        let all = fields(of: first)
        switch host.answer(now: now) {
        case .none(let until): return .at(until)
        case .started(let length):
            resting.answered(first)
            measuring = measuring.union(all.intersection(waiting))
            waiting = waiting.subtracting(all)
            ends[first] = now + min(max(length, .milliseconds(0)), .minutes(1))
            state = .idle
        case .finished(let readings):
            resting.answered(first)
            let told = all.intersection(measuring)
            measuring = measuring.subtracting(told)
            report(told, first, readings)
        case .failed(let failure): fail(step, first, failure, now)
        case .lost(let failure):
            fail(step, first, failure, now)
            // The others begin anew.
            waiting = waiting.union(measuring)
            measuring = FieldSet()
        }
        return .now
    }

    private mutating func fail(_ step: ChipStep, _ first: Int, _ failure: Failure, _ now: Instant) {
        if failure == .tooSlow { resting.wasSlow(first, now: now) } else { resting.answered(first) }
        let all = fields(of: first)
        if step == .start {
            report(all.intersection(waiting), first, Readings(failure))
            waiting = waiting.subtracting(all)
        } else {
            report(all.intersection(measuring), first, Readings(failure))
            measuring = measuring.subtracting(all)
        }
    }

    private mutating func report(_ fields: FieldSet, _ first: Int, _ readings: Readings) {
        state = fields.isEmpty ? .idle : .reporting(fields, first, readings)
    }
}
