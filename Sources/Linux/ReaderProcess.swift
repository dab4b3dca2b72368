import CPlatform
import Fixed
import Hardware

/// The children that touch what may block, files and buses, and one exchange with them at a time.
struct ReaderProcess: ~Copyable {
    private let place = InPlace()
    typealias Forget = @convention(c) () -> Void
    typealias Serve = @convention(c) (UnsafePointer<UInt8>?, Int32, UnsafeMutablePointer<UInt8>?, Int32) -> Int32

    private let limit: Interval
    private let forget: Forget?
    private let serve: Serve?
    private let isNeeded: Bool
    /// What is asked next, or was asked last.
    var question = Question()
    /// The answers to it.
    private(set) var answers = Answers()
    /// Files that were too slow when channels were looked for.
    var slow = 0
    /// Readable when an answer is there; stays the same when the children are replaced.
    let watch: Int32
    private var socket: Int32 = -1
    /// The child that keeps the worker; 0 for none.
    private(set) var pid: Int32 = 0
    private var started: Instant?
    private var number: UInt32 = 0

    /// How many workers may hang in the kernel before no more are made.
    private static var leftBehind: Int32 { 4 }
    /// Children that died are replaced at most that often.
    private static var pause: Interval { .seconds(10) }

    /// Forks the children, unless nothing `isNeeded` of them. `limit` is the time one sensor may take. `serve` answers calls, in a child.
    init(limit: Interval, forget: Forget?, serve: Serve? = nil, isNeeded: Bool = true) {
        self.limit = limit
        self.forget = forget
        self.serve = serve
        self.isNeeded = isNeeded
        watch = isNeeded ? ward_reader_watch() : -1
        if isNeeded { start() }
    }

    deinit {
        if socket >= 0 { ward_reader_stop(socket, pid) }
        if watch >= 0 { ward_reader_unwatch(watch) }
    }

    /// The children's own limit, and a second for the machine to be busy.
    var patience: Interval { .milliseconds(limit.milliseconds &+ 1000) }

    private mutating func start() {
        let milliseconds = Int32(truncatingIfNeeded: min(max(limit.milliseconds, 1), 60_000))
        socket = ward_reader_start(milliseconds, ReaderProcess.leftBehind, forget, serve, &pid)
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
        if forget == nil || !isNeeded { return }
        if let started, now.since(started) < ReaderProcess.pause { return }
        started = now
        start()
    }

    /// Makes sure that there are children, as far as `restart` allows.
    mutating func revive(now: Instant) {
        if socket < 0 { restart(now: now) }
    }

    /// Starts a question, one of the operations in CPlatform's reader.h; its paths are added to `question`.
    mutating func begin(_ operation: Int) {
        number = number &+ 1
        question.begin(UInt8(truncatingIfNeeded: operation), number: number)
    }

    /// Sends the question. False where that cannot be.
    func ask() -> Bool {
        guard question.isWhole && socket >= 0 else { return false }
        return question.bytes.lend { ward_reader_send(socket, $0, $1) } == 0
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
            let length = answers.storage.fill { ward_reader_receive(socket, $0, $1) }
            if length < 0 { return .gone }
            if length == 0 { return .nothing }
            guard length >= 4 else { continue }
            var said: UInt32 = 0
            for i in 0..<4 { said |= UInt32(answers.storage[i]) &<< UInt32(8 &* i) }
            guard said == number else { continue }
            take(length)
            return .answered
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

    /// Finds the entries in the `length` bytes that came. Of the files that they do not mention
    /// holds what they say of the first.
    private mutating func take(_ length: Int) {
        var place = 4
        answers.begin(missing: .notAnswering)
        while place &+ 2 <= length {
            let low = UInt16(answers.storage[place]), high = UInt16(answers.storage[place &+ 1])
            let code = Int(Int16(bitPattern: low | high &<< 8))
            place &+= 2
            guard place &+ code <= length else { return }
            let failure = ReaderProcess.failure(code)
            if let failure, place == 6 { answers.begin(missing: failure) }
            answers.add(place..<(place &+ max(code, 0)), failure)
            place &+= max(code, 0)
        }
    }

    private static func failure(_ code: Int) -> Failure? {
        switch code {
        case 0...: return nil
        case Int(WARD_READER_GONE): return .gone
        case Int(WARD_READER_SLOW): return .tooSlow
        case Int(WARD_READER_OVERSIZE): return .notANumber
        case Int(WARD_READER_REFUSED): return .refused
        default: return .notAnswering
        }
    }

    /// True where the last answer came from the limit.
    var wasSlow: Bool { answers.failure(0) == .tooSlow }
}
