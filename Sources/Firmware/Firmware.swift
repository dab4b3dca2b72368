import Access
import CPlatform
import Fixed
import Hardware
import Linux
import Readout
import TLS
import Thing

/// The program that a board runs: `ward`.
///
/// A board makes its peripherals first, which may fork, and then hands them over; only
/// then is anything secret read.
public enum Firmware {
    /// Statuses the process ends with (sysexits.h).
    enum Status {
        static var good: Int32 { 0 }
        static var nothingRead: Int32 { 1 }
        static var usage: Int32 { 64 }
        static var system: Int32 { 71 }
        static var inputOutput: Int32 { 74 }
        static var inUse: Int32 { 75 }
        static var refused: Int32 { 77 }
        static var configuration: Int32 { 78 }
    }

    /// The board's, from `run` on.
    nonisolated(unsafe) static var nameplate = Nameplate()

    /// Before anything else, the peripherals included. Ends the process where the kernel
    /// refuses to keep it private.
    public static func prepare() {
        if FirstProcess.isUs { FirstProcess.begin() }
        if Process.harden() { return }
        StandardStream.error.write("error: this process cannot be kept from being read by others\n")
        Process.exit(Status.system)
    }

    /// For the peripherals, which call it in a child they fork later: overwrites all that is secret.
    public static let forget: @convention(c) () -> Void = {
        if Places.isAlive { program.forget() }
        block.wipe()
    }

    /// Does what the arguments ask for and answers the exit status. `discover` is called once with
    /// the configured root of sysfs. `history` is what the board keeps, where the configuration does
    /// not say otherwise: a row of values every so many seconds, and how many of them.
    /// `nameplate` is what the board says of itself, where the configuration says nothing; `resetLine`
    /// is its button, likewise, as the configuration would write it. `clock` is whose time readings take
    /// when they are read once; a Thing's life has the kernel's, as its server has.
    public static func run<P: Peripherals & ~Copyable>(
        _ peripherals: inout P, history: (seconds: Int, rows: Int), nameplate: Nameplate = Nameplate(),
        resetLine: StaticString? = nil, clock: some TimeSource = KernelClock(),
        discover: (inout P, Span<UInt8>) -> Bool
    ) -> Int32 {
        Self.nameplate = nameplate
        guard let arguments = Process.arguments(Text<1024>.self) else {
            StandardStream.error.write("error: the arguments cannot be read from /proc, or are too long\n")
            return Status.usage
        }
        // The kernel's command line is not ours.
        let line = CommandLine(FirstProcess.isUs ? Span() : arguments.bytes)
        let path = line.configuration
        switch line.task {
        case .help: StandardStream.output.write(Self.usage)
        case .version:
            StandardStream.output.write("ward ")
            StandardStream.output.write(Release.version)
            StandardStream.output.write("\n")
        case .unknown: return misused("unknown argument", line.culprit.bytes)
        case .contradiction: return misused("only one of these at a time: --check, --describe, --once, --sticker, --factory-reset")
        case .missingFile: return misused("--config needs a FILE of at most 255 bytes")
        case .check: return check(path)
        case .describe, .once: return look(path, once: line.task == .once, &peripherals, clock, discover: discover)
        case .sticker, .factoryReset: return showSticker(path, afterReset: line.task == .factoryReset)
        case .run: return live(path, &peripherals, history: history, resetLine: resetLine, discover: discover)
        }
        return Status.good
    }

    // Each with a configuration of its own: what lies on the stack below a Thing's life stays there for all of it.

    @inline(never)
    private static func check(_ path: Path) -> Int32 {
        var configuration = Configuration()
        guard configuration.loadAll(path) else { return Status.configuration }
        if let error = StateStore.objection(to: configuration.state.bytes) {
            say(configuration.mistake(.noState(error), at: .state, configuration.state.bytes), of: path)
            return Status.configuration
        }
        say(.info, "the configuration is good:", path.bytes)
        return Status.good
    }

    @inline(never)
    private static func look<P: Peripherals & ~Copyable>(
        _ path: Path, once: Bool, _ peripherals: inout P, _ clock: some TimeSource,
        discover: (inout P, Span<UInt8>) -> Bool
    ) -> Int32 {
        var configuration = Configuration()
        guard configuration.loadAll(path, needsSecrets: false) else { return Status.configuration }
        _ = discover(&peripherals, configuration.sysfs.bytes)
        if once {
            var clock = clock
            return readOnce(&peripherals, &clock)
        }
        describe(&peripherals)
        return Status.good
    }

    private static func misused(_ words: StaticString, _ culprit: Span<UInt8> = Span()) -> Int32 {
        say(.error, words, culprit)
        StandardStream.error.write(Self.usage)
        return Status.usage
    }

    /// One line on standard error.
    @inline(never)
    static func say(_ level: LogLevel, _ words: StaticString, _ subject: Span<UInt8>) {
        var journal = Journal()
        journal.log(level, words, subject)
        journal.drain()
    }

    @inline(never)
    static func say(_ mistake: Mistake, of path: Path) {
        var journal = Journal()
        mistake.log(to: &journal, file: path.bytes)
        journal.drain()
    }

    /// The Thing's life, from the first connection to the end.
    private static func live<P: Peripherals & ~Copyable>(
        _ path: Path, _ peripherals: inout P, history: (seconds: Int, rows: Int), resetLine: StaticString?,
        discover: (inout P, Span<UInt8>) -> Bool
    ) -> Int32 {
        switch begin(path, &peripherals, history: history, resetLine: resetLine, discover: discover) {
        case .ended(let status): return status
        case .alive(let signals): return goOn(path, &peripherals, signals)
        }
    }

    private enum Beginning: ~Copyable {
        case ended(Int32)
        case alive(Signals)
    }

    /// Makes the Thing, or answers why that cannot be. Apart from the loop, below which nothing of this
    /// is to stay on the stack.
    @inline(never)
    private static func begin<P: Peripherals & ~Copyable>(
        _ path: Path, _ peripherals: inout P, history: (seconds: Int, rows: Int), resetLine: StaticString?,
        discover: (inout P, Span<UInt8>) -> Bool
    ) -> Beginning {
        var configuration = Configuration()
        guard configuration.loadAll(path) else { return .ended(Status.configuration) }
        guard Surroundings.areReady(configuration) else { return .ended(Status.inputOutput) }
        let isReset = resetIsHeld(configuration, board: resetLine)
        guard let signals = Signals(), Places.fit else { return .ended(system("signals, or memory")) }
        _ = discover(&peripherals, configuration.sysfs.bytes)
        Places.fill(configuration)
        configuration.password.clear()
        _ = program.sealPassword()
        // The Thing has its own copy; nobody needs this one.
        program.configuration.password.clear()
        if let mistake = program.openStore() {
            say(mistake, of: path)
            return .ended(Status.configuration)
        }
        for index in 0..<peripherals.count { program.declare(peripherals.field(at: index)) }
        program.declareMirrors()
        program.thing.keepHistory(every: configuration.history ?? history.seconds, rows: history.rows)
        // Behind the fields: what the parent said is about them.
        program.restoreState()
        if isReset {
            program.thing.reset()
            // Ends the process where that cannot be kept.
            program.keepState()
        }
        program.thing.makeKey()
        program.introduce(skipped: peripherals.skipped)
        program.poller.add(signals.descriptor, as: Program.Source.signals, for: .reading)
        if peripherals.descriptor >= 0 { program.poller.add(peripherals.descriptor, as: Program.Source.peripherals, for: .reading) }
        return .alive(signals)
    }

    @inline(never)
    private static func goOn<P: Peripherals & ~Copyable>(_ path: Path, _ peripherals: inout P, _ signals: borrowing Signals) -> Int32 {
        let notice = ServiceNotice()
        notice.ready()
        program.settle(now: Process.now)
        var wake = Wake.now
        while true {
            guard let ready = program.poller.wait(wake, now: Process.now) else { return system("epoll") }
            let now = Process.now
            while let signal = signals.next() {
                switch signal {
                case .terminate, .powerOff, .halt:
                    notice.stopping()
                    FirstProcess.ask(signal == .powerOff ? .powerOff : signal == .halt ? .halt : .reboot)
                    program.thing.stop(now: now)
                case .reload:
                    notice.reloading()
                    program.reload(path, now: now)
                    notice.ready()
                }
            }
            wake = serve(&peripherals, now)
            wake = wake.earlier(program.turn(ready, now: now))
            // What the turn asks of the peripherals, they begin at once.
            let begun = serve(&peripherals, now)
            if wake == .now && begun != .now && program.reasonToEnd() == nil { wake = program.wake(now: now) }
            wake = wake.earlier(begun)
            wake = wake.earlier(program.attend(ready, now: now))
            if wake.isFar(from: now) { Process.trim() }
            if let end = program.reasonToEnd() {
                program.leave()
                return end == .stopped ? Status.good : Status.refused
            }
        }
    }

    /// Whether whoever holds the board in his hands wants it back. Waits while the button is pressed.
    @inline(never)
    private static func resetIsHeld(_ configuration: borrowing Configuration, board: StaticString?) -> Bool {
        var line = configuration.resetLine
        if line == nil, let board { line = GPIOLine(board.bytes) }
        guard let line else { return false }
        let words = line.words
        switch line.press() {
        case .released: return false
        case .held:
            say(.warning, "the reset line is held, this Thing becomes nobody's:", words.bytes)
            return true
        case .failed(let error):
            var journal = Journal()
            journal.begin(.error)
            journal.put("the reset line cannot be looked at: ")
            journal.put(quoted: words.bytes)
            journal.put(": ")
            journal.put(error)
            journal.end()
            journal.drain()
            return false
        }
    }

    /// Brings the Thing what the peripherals say, and them what it asks for. Outside of
    /// the program while they work: they may fork.
    private static func serve<P: Peripherals & ~Copyable>(_ peripherals: inout P, _ now: Instant) -> Wake {
        let wanted = program.thing.takeSampleRequest(now: now)
        if !wanted.isEmpty { peripherals.sample(wanted, now: now) }
        // The Thing asks for one write at a time, and so do they; were it otherwise, it would be told.
        if let request = program.thing.takeWriteRequest(now: now), !peripherals.write(request, now: now) {
            program.thing.written(request.index, .notAnswering, now: now)
        }
        var taken = false
        while true {
            var report: Report?
            let wake = step(&peripherals, now, &report)
            guard let report else { return taken ? .now : wake }
            switch report {
            case .sampled(let index, let reading): program.thing.sampled(index, reading, now: now)
            case .written(let index, let failure): program.thing.written(index, failure, now: now)
            case .changed(let index): program.thing.changed(index, now: now)
            }
            // It may have something to send now.
            taken = true
        }
    }

    /// Lets the peripherals work until one of them has finished, or until they have to wait.
    @inline(never)
    static func step<P: Peripherals & ~Copyable>(_ peripherals: inout P, _ now: Instant, _ report: inout Report?) -> Wake {
        let wake = peripherals.poll(now: now)
        report = peripherals.next()
        return wake
    }

    static func system(_ what: StaticString) -> Int32 {
        say(.error, "the kernel refuses:", what.bytes)
        return Status.system
    }
}

extension Program {
    /// Tells the Thing a field.
    mutating func declare(_ field: Field) {
        if thing.declare(field) { return }
        thing.journal.log(.warning, "a second field of the same name is left out:", field.name.bytes)
    }

    /// Tells the Thing which friends' fields are to be its own.
    mutating func declareMirrors() {
        for index in 0..<configuration.mirrors.count {
            let field = configuration.mirrors[index].field
            if thing.declare(mirror: configuration.mirrors[index].friend, field: field) { continue }
            thing.journal.log(.warning, "this field of a friend cannot be mirrored:", field.bytes)
        }
    }

    /// The log's first line.
    mutating func introduce(skipped: Int) {
        thing.journal.begin(.info)
        thing.journal.put("ward ")
        thing.journal.put(Release.version)
        thing.journal.put(", fields: ")
        thing.journal.put(decimal: thing.fieldCount)
        if skipped > 0 {
            thing.journal.put(", without room: ")
            thing.journal.put(decimal: skipped)
        }
        thing.journal.end()
        thing.journal.drain()
    }

    /// The last things before the end.
    mutating func leave() {
        keepAtTheEnd()
        surroundings.end()
        thing.journal.begin(.debug)
        thing.journal.put("most memory in use: arena ")
        thing.journal.put(decimal: Int(clamping: ward_arena_peak()))
        thing.journal.put(", XML ")
        thing.journal.put(decimal: thing.readerMemory.peak)
        thing.journal.end()
        thing.journal.drain()
        forget()
    }
}
