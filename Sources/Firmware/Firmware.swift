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
/// A board makes its sensors first, which may fork, and then hands them over; only
/// then is anything secret read.
public enum Firmware {
    /// Statuses the process ends with (sysexits.h).
    enum Status {
        static var good: Int32 { 0 }
        static var nothingRead: Int32 { 1 }
        static var usage: Int32 { 64 }
        static var system: Int32 { 71 }
        static var refused: Int32 { 77 }
        static var configuration: Int32 { 78 }
    }

    /// Before anything else, the sensors included. Ends the process where the kernel
    /// refuses to keep it private.
    public static func prepare() {
        if Process.harden() { return }
        StandardStream.error.write("error: this process cannot be kept from being read by others\n")
        Process.exit(Status.system)
    }

    /// For the sensors, which call it in a child they fork later: overwrites all that is secret.
    public static let forget: @convention(c) () -> Void = {
        if Places.isAlive { program.forget() }
        block.wipe()
    }

    /// Does what the arguments ask for and answers the exit status. `discover` is called once with
    /// the configured root of sysfs.
    public static func run<S: Sensors & ~Copyable>(
        _ sensors: inout S, discover: (inout S, Span<UInt8>) -> Bool
    ) -> Int32 {
        guard let arguments = Process.arguments(Text<1024>.self) else {
            StandardStream.error.write("error: the arguments cannot be read from /proc, or are too long\n")
            return Status.usage
        }
        let line = CommandLine(arguments.bytes)
        switch line.task {
        case .help:
            StandardStream.output.write(Self.usage)
            return Status.good
        case .version:
            var text = Text<64>()
            text.append("ward ")
            text.append(Release.version)
            text.append("\n")
            StandardStream.output.write(text.bytes)
            return Status.good
        case .unknown(let culprit): return misused("unknown argument", culprit.bytes)
        case .contradiction: return misused("only one of these at a time: --check, --describe, --once", culprit: nil)
        case .missingFile: return misused("--config needs a FILE of at most 255 bytes", culprit: nil)
        case .check: return check(line.configuration)
        case .describe, .once:
            guard let (configuration, _) = Configuration.loadAll(line.configuration, needsSecrets: false) else {
                return Status.configuration
            }
            guard discover(&sensors, configuration.sysfs.bytes) else { return Status.configuration }
            if line.task == .once { return readOnce(&sensors) }
            describe(&sensors)
            return Status.good
        case .run: return live(line.configuration, &sensors, discover: discover)
        }
    }

    private static func misused(_ words: StaticString, _ culprit: Span<UInt8>) -> Int32 {
        var journal = Journal()
        journal.log(.error, words, culprit)
        journal.drain()
        StandardStream.error.write(Self.usage)
        return Status.usage
    }

    private static func misused(_ words: StaticString, culprit: Never?) -> Int32 {
        var journal = Journal()
        journal.log(.error, words)
        journal.drain()
        StandardStream.error.write(Self.usage)
        return Status.usage
    }

    /// All that the start would object to, without starting.
    private static func check(_ path: Path) -> Int32 {
        guard let (configuration, _) = Configuration.loadAll(path) else { return Status.configuration }
        var journal = Journal()
        if let error = StateStore.objection(to: configuration.state.bytes) {
            configuration.mistake(.noDirectory(error), at: .state, configuration.state.bytes)
                .log(to: &journal, file: path.bytes)
            journal.drain()
            return Status.configuration
        }
        journal.log(.info, "the configuration is good:", path.bytes)
        journal.drain()
        return Status.good
    }

    /// The Thing's life, from the first connection to the end.
    private static func live<S: Sensors & ~Copyable>(
        _ path: Path, _ sensors: inout S, discover: (inout S, Span<UInt8>) -> Bool
    ) -> Int32 {
        guard let signals = Signals() else { return system("signals or epoll") }
        guard let (configuration, digest) = Configuration.loadAll(path) else { return Status.configuration }
        _ = discover(&sensors, configuration.sysfs.bytes)
        guard Places.fit else { return system("the memory set aside for the program") }
        unsafe Places.program.initialize(to: Program(configuration))
        Places.isAlive = true
        _ = program.seal(digest)
        // The Thing has its own copy; nobody needs this one.
        program.configuration.password.clear()
        if let mistake = program.openStore() {
            var journal = Journal()
            mistake.log(to: &journal, file: path.bytes)
            journal.drain()
            return Status.configuration
        }
        program.restoreState()
        program.declare(sensors)
        program.poller.add(signals.descriptor, as: Program.Source.signals, for: .reading)
        if sensors.descriptor >= 0 { program.poller.add(sensors.descriptor, as: Program.Source.sensors, for: .reading) }
        let notice = ServiceNotice()
        notice.ready()

        var wake = Wake.now
        while true {
            guard let ready = program.poller.wait(wake, now: Process.now) else { return system("epoll") }
            let now = Process.now
            while let signal = signals.next() {
                switch signal {
                case .terminate:
                    notice.stopping()
                    program.thing.stop(now: now)
                case .reload:
                    notice.reloading()
                    program.reload(path, now: now)
                    notice.ready()
                }
            }
            wake = sample(&sensors, now)
            wake = wake.earlier(program.turn(ready, now: now))
            // What the turn asks of the sensors, they begin at once.
            wake = wake.earlier(sample(&sensors, now))
            if let end = program.reasonToEnd() {
                program.leave()
                return end == .stopped ? Status.good : Status.refused
            }
        }
    }

    /// Brings the Thing what the sensors say, and them what it asks for. Outside of
    /// the program while they work: they may fork.
    private static func sample<S: Sensors & ~Copyable>(_ sensors: inout S, _ now: Instant) -> Wake {
        let wanted = program.thing.takeSampleRequest(now: now)
        if !wanted.isEmpty { sensors.sample(wanted, now: now) }
        var wake = sensors.poll(now: now)
        var taken = false
        while let sample = sensors.next() {
            program.thing.sampled(sample.index, sample.reading, now: now)
            taken = true
            wake = sensors.poll(now: now)
        }
        // An answer may have something to send.
        return taken ? .now : wake
    }

    static func system(_ what: StaticString) -> Int32 {
        var journal = Journal()
        journal.log(.error, "the kernel refuses:", what.bytes)
        journal.drain()
        return Status.system
    }
}

extension Program {
    /// Tells the Thing its fields, and the log how many there are.
    mutating func declare<S: Sensors & ~Copyable>(_ sensors: borrowing S) {
        for index in 0..<sensors.count where !thing.declare(sensors.field(at: index)) {
            thing.journal.log(.warning, "a second field of the same name is left out:", sensors.field(at: index).name.bytes)
        }
        thing.journal.begin(.info)
        thing.journal.put("ward ")
        thing.journal.put(Release.version)
        thing.journal.put(", fields: ")
        thing.journal.put(decimal: thing.fieldCount)
        if sensors.skipped > 0 {
            thing.journal.put(", without room: ")
            thing.journal.put(decimal: sensors.skipped)
        }
        thing.journal.end()
        thing.journal.drain()
    }

    /// The last things before the end.
    mutating func leave() {
        keepState()
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
