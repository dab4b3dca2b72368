import CPlatform
import Fixed
import Hardware

/// The children that read sensor files, and one exchange with them at a time.
struct SysfsReader: ~Copyable {
    private let place = InPlace()
    typealias Forget = @convention(c) () -> Void

    private let limit: Interval
    private let forget: Forget?
    /// What paths are relative to.
    var root = Text<255>()
    /// Files that were too slow when channels were looked for.
    var slow = 0
    /// Readable when an answer is there; stays the same when the children are replaced.
    let watch: Int32
    private var socket: Int32 = -1
    /// The child that keeps the worker; 0 for none.
    private(set) var pid: Int32 = 0
    private var started: Instant?
    private var number: UInt32 = 0
    private var answer = InlineArray<640, UInt8>(repeating: 0)
    private var length = 0

    /// How many workers may hang in the kernel before no more are made.
    private static var leftBehind: Int32 { 4 }
    /// Children that died are replaced at most that often.
    private static var pause: Interval { .seconds(10) }

    /// Forks the children. `limit` is the time one sensor may take.
    init(limit: Interval, forget: Forget?) {
        self.limit = limit
        self.forget = forget
        watch = ward_reader_watch()
        start()
    }

    deinit {
        if socket >= 0 { ward_reader_stop(socket, pid) }
        if watch >= 0 { ward_reader_unwatch(watch) }
    }

    /// The children's own limit, and a second for the machine to be busy.
    var patience: Interval { .milliseconds(limit.milliseconds &+ 1000) }

    private mutating func start() {
        let milliseconds = Int32(truncatingIfNeeded: min(max(limit.milliseconds, 1), 60_000))
        socket = ward_reader_start(milliseconds, SysfsReader.leftBehind, forget, &pid)
        if socket >= 0 && watch >= 0 { _ = ward_reader_watch_socket(watch, socket) }
    }

    private mutating func stop() {
        if socket >= 0 { ward_reader_stop(socket, pid) }
        socket = -1
        pid = 0
    }

    /// Replaces children that are gone or silent; soon after the last time, or where
    /// nothing can make a new child forget secrets, they are only ended.
    mutating func restart(now: Instant) {
        stop()
        if forget == nil { return }
        if let started, now.since(started) < SysfsReader.pause { return }
        started = now
        start()
    }

    /// Makes sure that there are children, as far as `restart` allows.
    mutating func revive(now: Instant) {
        if socket < 0 { restart(now: now) }
    }

    /// A request about to be sent.
    struct Request {
        fileprivate var bytes = Text<1088>()
        private var isWhole = true

        fileprivate init(_ operation: Int, _ number: UInt32) {
            bytes.append(UInt8(truncatingIfNeeded: operation))
            for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: number &>> UInt32(8 &* shift))) }
        }

        /// A path below `root`, or an absolute one.
        fileprivate mutating func add(_ path: Span<UInt8>, below root: Span<UInt8>) {
            var whole = Text<255>()
            if path.isEmpty || path[0] != 0x2F { isWhole = isWhole && whole.append(root) && whole.append(0x2F) }
            isWhole = isWhole && whole.append(path)
            add(whole.bytes)
        }

        fileprivate mutating func add(_ text: Span<UInt8>) {
            isWhole = isWhole && text.firstIndex(of: 0) == nil && bytes.append(text) && bytes.append(0)
        }

        fileprivate var canBeSent: Bool { isWhole }
    }

    /// Sends a question for the contents of files. False where that cannot be.
    mutating func ask(_ question: Question) -> Bool {
        guard question.isWhole else { return false }
        var request = next(Int(WARD_READER_READ))
        var rest = question.paths
        while let end = rest.firstIndex(of: 0) {
            request.add(rest.extracting(first: end), below: root.bytes)
            rest = rest.extracting((end &+ 1)..<rest.count)
        }
        return send(request)
    }

    /// Asks for the entry after `previous`.
    mutating func ask(entryOf directory: Span<UInt8>, after previous: Span<UInt8>) -> Bool {
        var request = next(Int(WARD_READER_NEXT))
        request.add(directory, below: root.bytes)
        request.add(previous)
        return send(request)
    }

    mutating func ask(resolved path: Span<UInt8>) -> Bool {
        var request = next(Int(WARD_READER_RESOLVE))
        request.add(path, below: root.bytes)
        return send(request)
    }

    private mutating func next(_ operation: Int) -> Request {
        number = number &+ 1
        return Request(operation, number)
    }

    private func send(_ request: Request) -> Bool {
        guard request.canBeSent && socket >= 0 else { return false }
        return request.bytes.bytes.lend { ward_reader_send(socket, $0, $1) } == 0
    }

    enum Receipt {
        case nothing
        case answered
        /// The children are gone.
        case gone
    }

    /// Takes the answer to the last request; one that belongs to an earlier request is dropped.
    mutating func receive() -> Receipt {
        guard socket >= 0 else { return .gone }
        let socket = socket
        while true {
            length = answer.fill { ward_reader_receive(socket, $0, $1) }
            if length < 0 { return .gone }
            if length == 0 { return .nothing }
            guard length >= 4 else { continue }
            var said: UInt32 = 0
            for i in 0..<4 { said |= UInt32(answer[i]) &<< UInt32(8 &* i) }
            if said == number { return .answered }
        }
    }

    /// Waits for the answer, and takes it: only for the time before the loop runs.
    mutating func waitForAnswer() -> Receipt {
        while socket >= 0 && ward_reader_wait(socket, Int32(truncatingIfNeeded: patience.milliseconds)) != 0 {
            let receipt = receive()
            if receipt != .nothing { return receipt }
        }
        return socket < 0 ? .gone : .nothing
    }

    /// One entry of the answer.
    private enum Entry {
        case bytes(Range<Int>)
        case failed(Failure)
    }

    private func entry(at place: inout Int) -> Entry? {
        guard place &+ 2 <= length else { return nil }
        let code = Int(Int16(truncatingIfNeeded: Int(answer[place]) | Int(answer[place &+ 1]) &<< 8))
        place &+= 2
        switch code {
        case Int(WARD_READER_GONE): return .failed(.gone)
        case Int(WARD_READER_SLOW): return .failed(.tooSlow)
        case Int(WARD_READER_OVERSIZE): return .failed(.notANumber)
        case ..<0: return .failed(.notAnswering)
        default:
            guard place &+ code <= length else { return .failed(.notAnswering) }
            defer { place &+= code }
            return .bytes(place..<(place &+ code))
        }
    }

    /// What the answer says of the files; of those it does not mention, what it says of the first.
    var contents: Answers {
        var place = 4
        var missing = Failure.notAnswering
        if case .failed(let failure)? = entry(at: &place) { missing = failure }
        var answers = Answers(missing: missing)
        place = 4
        while let entry = entry(at: &place) {
            switch entry {
            case .failed(let failure): answers.add(.failed(failure))
            case .bytes(let range):
                if let text = Text<128>(answer.span.extracting(range)) {
                    answers.add(.content(text))
                } else {
                    answers.add(.failed(.notANumber))
                }
            }
        }
        return answers
    }

    /// The name or path in the answer; nil for none.
    var text: Text<255>? {
        var place = 4
        guard case .bytes(let range)? = entry(at: &place), !range.isEmpty else { return nil }
        return Text(answer.span.extracting(range))
    }

    /// True where the last answer came from the limit.
    var wasSlow: Bool {
        var place = 4
        if case .failed(.tooSlow)? = entry(at: &place) { return true }
        return false
    }
}
