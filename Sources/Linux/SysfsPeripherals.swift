import CPlatform
import Fixed
import Hardware

/// The sensors and outputs that the kernel shows in files, by the drivers `Drivers`.
///
/// One file that blocks holds up no more than its own reading or writing: it is touched by a
/// child process that is killed when the limit (2 s) passes. Such a channel is then read
/// after all others, and left alone for a while, doubling from 10 s to 5 minutes.
///
/// Use: `init` before any secret is loaded, since it forks; `discover` once; then as `Peripherals`.
public struct SysfsPeripherals<Drivers: Driver>: ~Copyable, Peripherals {
    private let place = InPlace()
    private var reader: ReaderProcess
    private var catalogue = Catalogue()

    /// Fields to be asked.
    private var waiting = FieldSet()
    /// Channels that blocked.
    private var resting = Resting<128>()
    /// What is to be written, until it is answered.
    private var order: Order?
    /// A write was the last to be served: now it is the readings' turn.
    private var hasWritten = false
    private var state = State.idle

    private struct Order {
        let index: Int
        /// Nil for what must not reach a file.
        let steps: Int64?
    }

    private enum Step {
        case reading
        /// What a channel says before it is written: drivers may need that.
        case preparing
        case writing
    }

    private enum State {
        case idle
        /// The children answer within their own limit, so passing `until` means that they hang.
        case asking(Int, Step, until: Instant)
        case finished(Report)
    }

    /// Forks the children that touch the files.
    ///
    /// `limit` is the time one channel may take. `forget` overwrites secrets: it is called in a
    /// child that has to be forked again later, because the first was killed, when this process
    /// has secrets in its memory. Without it there is no such child, and every channel fails.
    public init(
        limit: Interval = .seconds(2), forget: (@convention(c) () -> Void)? = nil
    ) {
        reader = ReaderProcess(limit: limit, forget: forget)
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
    public var descriptor: Int32 { reader.watch }

    public func field(at index: Int) -> Field {
        var field = catalogue.field(index)
        field.output = Drivers.output(catalogue[index])
        return field
    }

    /// The process that keeps the child, 0 for none: for tests, which kill it.
    var keeper: Int32 { reader.pid }

    public mutating func sample(_ wanted: FieldSet, now: Instant) {
        // A reading under way may be older than this call: it is asked for again.
        for index in 0..<catalogue.count where wanted.contains(index) { waiting.insert(index) }
    }

    public mutating func write(_ request: WriteRequest, now: Instant) -> Bool {
        guard order == nil else { return false }
        let index = request.index
        let exists = index >= 0 && index < catalogue.count
        order = Order(index: index, steps: exists ? Drivers.output(catalogue[index])?.steps(request.value) : nil)
        return true
    }

    public mutating func next() -> Report? {
        guard case .finished(let report) = state else { return nil }
        state = .idle
        return report
    }

    public mutating func poll(now: Instant) -> Wake {
        switch state {
        case .finished: return .now
        case .asking(let index, let step, let until):
            switch reader.receive() {
            case .answered: answered(index, step, now)
            case .nothing where now < until: return .at(until)
            case .nothing:
                reader.restart(now: now)
                fail(index, step, .tooSlow)
            case .gone:
                reader.restart(now: now)
                fail(index, step, .notAnswering)
            }
        case .idle:
            if let order, !hasWritten || waiting.isEmpty {
                begin(order, now)
            } else if let index = nextIndex {
                waiting.remove(index)
                hasWritten = false
                ask(index, .reading, now)
            } else {
                return .onInput
            }
        }
        if case .asking(_, _, let until) = state { return .at(until) }
        return .now
    }
}

extension SysfsPeripherals {
    /// The next field to ask: those that blocked come last.
    private var nextIndex: Int? {
        let first = waiting.subtracting(resting.all)
        let candidates = first.isEmpty ? waiting : first
        for index in 0..<catalogue.count where candidates.contains(index) { return index }
        return nil
    }

    private mutating func begin(_ order: Order, _ now: Instant) {
        hasWritten = true
        guard order.steps != nil else { return fail(order.index, .writing, .refused) }
        ask(order.index, .preparing, now)
    }

    /// Asks for what the channel says.
    private mutating func ask(_ index: Int, _ step: Step, _ now: Instant) {
        if resting.isResting(index, now: now) { return fail(index, step, .tooSlow) }
        reader.begin(Int(WARD_READER_READ))
        Drivers.start(catalogue[index], catalogue.stem(index), &reader.question)
        reader.revive(now: now)
        send(index, step, now)
    }

    private mutating func send(_ index: Int, _ step: Step, _ now: Instant) {
        if reader.ask() {
            state = .asking(index, step, until: now + reader.patience)
        } else {
            reader.restart(now: now)
            fail(index, step, .notAnswering)
        }
    }

    /// The answer to the question is there.
    private mutating func answered(_ index: Int, _ step: Step, _ now: Instant) {
        if reader.wasSlow { resting.wasSlow(index, now: now) } else { resting.answered(index) }
        switch step {
        case .reading: state = .finished(.sampled(index, Drivers.finish(catalogue[index], reader.answers)))
        case .preparing: write(index, now)
        case .writing: wrote(index, reader.answers.failure(0))
        }
    }

    /// Writes what the order says, now that it is known what the channel says.
    private mutating func write(_ index: Int, _ now: Instant) {
        guard let steps = order?.steps else { return wrote(index, .refused) }
        reader.begin(Int(WARD_READER_WRITE))
        if let failure = Drivers.write(
            steps, to: catalogue[index], catalogue.stem(index), reader.answers, &reader.question) {
            return wrote(index, failure)
        }
        send(index, .writing, now)
    }

    private mutating func wrote(_ index: Int, _ failure: Failure?) {
        order = nil
        state = .finished(.written(index, failure))
    }

    private mutating func fail(_ index: Int, _ step: Step, _ failure: Failure) {
        if step == .reading {
            state = .finished(.sampled(index, .failed(failure)))
        } else {
            wrote(index, failure)
        }
    }
}
