import CPlatform
import Fixed
import Hardware

/// The sensors that the kernel shows in files, by the drivers `Drivers`.
///
/// One file that blocks holds up no more than its own reading: it is read by a
/// child process that is killed when the limit (2 s) passes. Such a channel is then asked
/// after all others, and not at all for a while, doubling from 10 s to 5 minutes.
///
/// Use: `init` before any secret is loaded, since it forks; `discover` once; then as `Sensors`.
public struct SysfsSensors<Drivers: Driver>: ~Copyable, Sensors {
    private let place = InPlace()
    private var reader: SysfsReader
    private var catalogue = Catalogue()

    /// Fields to be asked, and those of them that are to be asked last.
    private var waiting = FieldSet()
    private var suspects = FieldSet()
    /// Until when a channel that blocked is left alone, and for how many seconds in all.
    private var rests = InlineArray<128, Instant>(repeating: Instant(milliseconds: 0))
    private var lengths = InlineArray<128, UInt16>(repeating: 0)
    private var state = State.idle

    private enum State {
        case idle
        /// The children answer within their own limit, so passing `until` means that they hang.
        case asking(Int, until: Instant)
        case finished(Sample)
    }

    /// Forks the reading children.
    ///
    /// `limit` is the time one sensor may take. `forget` overwrites secrets: it is called in a
    /// child that has to be forked again later, because the first was killed, when this process
    /// has secrets in its memory. Without it there is no such child, and every sensor fails.
    public init(
        limit: Interval = .seconds(2), forget: (@convention(c) () -> Void)? = nil
    ) {
        reader = SysfsReader(limit: limit, forget: forget)
    }

    /// Looks for channels below `root`, for example `/sys`. Once, at start: what is plugged
    /// in later is found by the next start. Waits for files, up to four times the limit for those that block.
    /// False, and nothing changed, for a root that is empty or longer than 255 bytes, or a second time.
    public mutating func discover(root: Span<UInt8>) -> Bool {
        guard reader.question.root.isEmpty, !root.isEmpty, reader.question.root.append(root) else { return false }
        Drivers.declare(in: &catalogue, from: &reader)
        if reader.isExhausted { catalogue.skip() }
        return true
    }

    public var count: Int { catalogue.count }
    public var skipped: Int { catalogue.skipped }
    public func field(at index: Int) -> Field { catalogue.field(index) }
    public var descriptor: Int32 { reader.watch }

    /// The process of the reading child, 0 for none: for tests, which kill it.
    var keeper: Int32 { reader.pid }

    public mutating func sample(_ wanted: FieldSet, now: Instant) {
        // A reading under way may be older than this call: it is asked for again.
        for index in 0..<catalogue.count where wanted.contains(index) { waiting.insert(index) }
    }

    public mutating func next() -> Sample? {
        guard case .finished(let sample) = state else { return nil }
        state = .idle
        return sample
    }

    public mutating func poll(now: Instant) -> Wake {
        switch state {
        case .finished: return .now
        case .asking(let index, let until):
            switch reader.receive() {
            case .answered: finish(index, now)
            case .nothing where now < until: return .at(until)
            case .nothing:
                reader.restart(now: now)
                finish(index, .failed(.tooSlow))
            case .gone:
                reader.restart(now: now)
                finish(index, .failed(.notAnswering))
            }
            return .now
        case .idle:
            guard let index = nextIndex else { return .onInput }
            waiting.remove(index)
            ask(index, now)
            if case .asking(_, let until) = state { return .at(until) }
            return .now
        }
    }
}

extension SysfsSensors {
    /// The next field to ask: those that blocked come last.
    private var nextIndex: Int? {
        let first = waiting.subtracting(suspects)
        let candidates = first.isEmpty ? waiting : first
        for index in 0..<catalogue.count where candidates.contains(index) { return index }
        return nil
    }

    private mutating func ask(_ index: Int, _ now: Instant) {
        if suspects.contains(index) && now < rests[index] { return finish(index, .failed(.tooSlow)) }
        reader.begin(Int(WARD_READER_READ))
        Drivers.start(catalogue[index], catalogue.stem(index), &reader.question)
        reader.revive(now: now)
        if reader.ask() {
            state = .asking(index, until: now + reader.patience)
        } else {
            reader.restart(now: now)
            finish(index, .failed(.notAnswering))
        }
    }

    /// The answer to the question is there.
    private mutating func finish(_ index: Int, _ now: Instant) {
        if reader.wasSlow {
            rest(index, now)
        } else {
            suspects.remove(index)
            lengths[index] = 0
        }
        finish(index, Drivers.finish(catalogue[index], reader.answers))
    }

    private mutating func finish(_ index: Int, _ reading: Reading) {
        state = .finished(Sample(index: index, reading: reading))
    }

    /// The field blocked: it is left alone for a while, from 10 s to 5 minutes, longer each time.
    private mutating func rest(_ index: Int, _ now: Instant) {
        lengths[index] = lengths[index] == 0 ? 10 : min(lengths[index] &* 2, 300)
        rests[index] = now + .seconds(Int64(lengths[index]))
        suspects.insert(index)
    }
}
