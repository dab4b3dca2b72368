import Fixed
import Readout
import Support
import Thing
import XMPP

/// The board that the Thing runs on: it hands bytes to and fro, reads sensors,
/// keeps records, calls when it was asked to, as the platform's contract says;
/// and it loses power, sleeps, and has a slow disk.
final class Device {
    /// One run of the program.
    private final class Run {
        var thing: Thing<TestCryptography>
        var isSecuring = false
        init(_ identity: Identity) { thing = Thing(identity: identity) }

        func use<T>(_ call: (inout Thing<TestCryptography>) -> T) -> T { call(&thing) }
        /// Bytes that wait to be sent.
        var waiting: Int { use { $0.outgoing.count } }
    }

    unowned let world: World
    private static let unbound: [UInt8] = []
    private var run_: Run?
    private(set) var connection: Connection?
    private var isRunning = false
    private(set) var isAsleep = false
    private var alarm = 0

    // What came and was not read yet, with the ends of stanzas in it.
    private var inbox: [UInt8] = []
    private var ends: [(at: Int, stanza: Stanza?)] = []

    // What was said and not sent yet has been heard this far.
    private var wire = Wire()
    private var heard = 0
    private var position = 0

    /// What was kept last.
    var record: [UInt8]?
    /// It is not what was to be kept last, which is tried again.
    private var isUnkept = false

    init(world: World) { self.world = world }

    var isOn: Bool { run_ != nil }
    var isOnline: Bool { connection?.client?.available == true }
    private var instant: Instant { Instant(milliseconds: world.now) }

    // MARK: Power

    func switchOn() {
        guard run_ == nil else { return }
        let run = load()
        run.thing.makeKey()
        setWallClock()
        self.run()
    }

    /// A run of the program, with what was kept.
    private func load() -> Run {
        let run = Run(world.identity)
        run_ = run
        isUnkept = false
        for field in Field.all {
            if !run.thing.declare(field) { world.violation("a field cannot be declared") }
        }
        if world.customs.history > 0 { run.thing.keepHistory(every: world.customs.history, rows: 20) }
        if let record, !run.use({ $0.restore(record.span) }) { world.violation("the record is not taken up again") }
        world.judge.started(with: record)
        return run
    }

    func setWallClock() {
        run_?.thing.setWallClock(unixMilliseconds: world.wallTime, at: instant)
    }

    func powerCut() {
        guard run_ != nil else { return }
        world.say("## power cut")
        world.tally.add(.powerCuts)
        losePower()
        world.after(Int64(500 + world.dice.roll(60_000))) { [unowned self] in
            world.say("## power again")
            switchOn()
        }
    }

    /// All that is not kept is gone, and nobody says so to the server.
    private func losePower() {
        connection?.abandon(serverHears: world.customs.serverPatience(&world.dice))
        forgetConnection()
        run_ = nil
        alarm += 1
        isAsleep = false
    }

    /// Somebody has the device in hands, and wants it as it came.
    func reset() {
        world.say("## factory reset")
        world.tally.add(.resets)
        losePower()
        world.after(1_000) { [unowned self] in
            guard run_ == nil else { return }
            let run = load()
            world.isToBeReset()
            run.thing.reset()
            guard keep(run) else { return }
            if !showSticker(run) { world.violation("no sticker after a reset") }
            run.thing.keyWasShown()
            guard keep(run) else { return }
            run_ = nil
            switchOn()
        }
    }

    /// Somebody reads what is to stand on its sticker, if it knows that.
    func printSticker() { if let run = run_ { _ = showSticker(run) } }

    private func showSticker(_ run: Run) -> Bool {
        var sticker = RecordBytes()
        guard run.thing.writeSticker(to: &sticker) else { return false }
        world.printed(String(decoding: sticker.bytes, as: UTF8.self))
        return true
    }

    /// Neither called nor fed for a while; the network goes on without it.
    func sleep(_ time: Int64) {
        guard run_ != nil, !isAsleep else { return }
        world.say("## the device sleeps for \(time) ms")
        world.tally.add(.sleeps)
        isAsleep = true
        world.after(time) { [unowned self] in
            isAsleep = false
            run()
        }
    }

    // MARK: Turns of the loop

    func run() {
        guard let run = run_, !isRunning, !isAsleep else { return }
        isRunning = true
        defer { isRunning = false }
        for _ in 0..<5_000 {
            var isBusy = false
            if run.waiting > 0 || world.dice.roll(4) == 0 {
                guard keep(run) else { return }
                isBusy = transmit(run)
            }
            isBusy = takeInput(run) || isBusy
            isBusy = readSensors(run) || isBusy
            drainJournal(run)
            let wake = run.thing.poll(now: instant)
            listen(run)
            isBusy = obey(run) || isBusy
            if run_ !== run { return }
            if !isBusy && wake != .now && !(run.waiting > 0 && (connection?.room ?? 0) > 0) {
                drainJournal(run)
                return arm(wake)
            }
        }
        world.violation("the Thing never comes to rest")
    }

    private func arm(_ wake: Wake) {
        alarm += 1
        guard case .at(let time) = wake else { return }
        let mine = alarm
        // No board is punctual.
        let late = Int64(world.dice.roll(20))
        world.at(max(time.milliseconds, world.now) + late) { [unowned self] in
            if mine == alarm { run() }
        }
    }

    private func drainJournal(_ run: Run) {
        let text = run.use { $0.journal.takeText() }
        for line in text.split(separator: "\n") {
            world.say("   log: \(line)")
            world.logged(line)
        }
    }

    /// What was learnt is kept before anything that depends on it leaves. False where
    /// the power went in the middle of it.
    private func keep(_ run: Run) -> Bool {
        guard run.thing.stateChanged || isUnkept else { return true }
        var sink = RecordBytes()
        let changesHands = run.thing.mustBeKept
        run.thing.saveState(to: &sink)
        if sink.bytes.count > Thing<TestCryptography>.recordBytes { world.violation("the record is longer than it may be") }
        // Kept whole or not at all.
        let fate = world.fate(of: sink.bytes)
        if fate == .kept || fate == .cutAfter { record = sink.bytes }
        switch fate {
        case .refused where changesHands:
            // Nobody has heard of it: it did not happen.
            world.say("## what must be kept cannot be")
        case .refused:
            isUnkept = true
            world.say("## the record cannot be kept")
            world.judge.unkept(sink.bytes)
            return true
        case .kept:
            isUnkept = false
            world.judge.kept(sink.bytes)
            return true
        case .cutAfter:
            world.judge.kept(sink.bytes)
            world.say("## while keeping the record:")
        case .cutBefore: world.say("## while keeping the record:")
        }
        powerCut()
        return false
    }

    private func transmit(_ run: Run) -> Bool {
        guard let connection else { return false }
        let count = min(run.waiting, connection.room, world.dice.roll(6) == 0 ? 1 + world.dice.roll(200) : .max)
        guard count > 0 else { return false }
        world.judge.sending()
        run.thing.transmitted(count)
        heard -= count
        connection.send(count)
        return true
    }

    /// Hears what the Thing has just said, before it is sent: what counts is what
    /// was true when it spoke.
    private func listen(_ run: Run) {
        setOutputs(run)
        let count = run.waiting
        if count < heard { heard = count }
        guard count > heard else { return }
        let fresh = run.use { [heard] in $0.outgoing.extracting(heard..<count).array }
        heard = count
        for byte in fresh {
            position += 1
            guard let utterance = wire.take(byte) else { continue }
            connection?.heard(utterance, end: position)
            world.judge.heard(utterance)
        }
    }

    // MARK: Input

    func arrived(_ bytes: [UInt8], end: Stanza??) {
        inbox += bytes
        if let end { ends.append((inbox.count, end)) }
        run()
    }

    private func takeInput(_ run: Run) -> Bool {
        guard !inbox.isEmpty, connection != nil else { return false }
        var count = inbox.count
        // Stanza by stanza, so that it is known what each led to; or as it comes.
        if !world.customs.readsInBulk { count = min(count, ends.first?.at ?? count) }
        if world.dice.roll(6) == 0 { count = min(count, 1 + world.dice.roll(40)) }
        let piece = Array(inbox[..<count])
        let before = run.waiting
        // What still comes then is not looked at.
        let isClosing = run.thing.wish == .close
        let taken = run.use { [instant] in $0.receive(piece.span, now: instant) }
        if taken == 0 && run.waiting == before {
            if connection?.room ?? 0 > 0 || world.isCalm { return false }
            world.tally.add(.fullOutbox)
            return false
        }
        inbox.removeFirst(taken)
        var read: [Stanza] = []
        while let (at, stanza) = ends.first, at <= taken {
            ends.removeFirst()
            if let stanza { read.append(stanza) }
        }
        for i in ends.indices { ends[i].at -= taken }
        if isClosing { read = [] }
        if world.prints { for stanza in read { world.say("→ \(stanza.xml)") } }
        // Of several at once it is not known which came before what was said.
        let inDoubt = read.count > 1
        world.judge.beginTurn()
        for stanza in read { world.judge.read(stanza, inDoubt ? .gains : .all) }
        listen(run)
        if inDoubt { for stanza in read { world.judge.read(stanza, .losses) } }
        return taken > 0
    }

    // MARK: Sensors

    private func readSensors(_ run: Run) -> Bool {
        let wanted = run.thing.takeSampleRequest(now: instant)
        guard !wanted.isEmpty else { return false }
        for index in Field.all.indices where wanted.contains(index) {
            // A silent one is left to the Thing's own patience.
            guard world.dice.roll(world.isCalm ? .max : 40) > 0 || world.isCalm else { continue }
            world.after(world.customs.sensor(&world.dice)) { [unowned self] in
                guard run === run_, !isAsleep else { return }
                run.thing.sampled(index, world.measure(index), now: instant)
                listen(run)
                self.run()
            }
        }
        return true
    }

    // MARK: Outputs

    private func setOutputs(_ run: Run) {
        guard let request = run.thing.takeWriteRequest(now: instant) else { return }
        let name = People.fields[request.index]
        var text = RecordBytes()
        request.value.write(to: &text)
        let value = String(decoding: text.bytes, as: UTF8.self)
        world.say("   \(name) := \(value)")
        world.judge.setting(name, to: value, before: world.outputs[name] ?? "0")
        let isRefused = !world.isCalm && world.dice.roll(10) == 0
        if isRefused { world.judge.failed(name, value) }
        world.after(world.isCalm ? 10 : Int64(world.dice.pick([0, 5, 300, 2_000, 9_000]))) { [unowned self] in
            guard run === run_ else { return }
            if !isRefused { world.outputs[name] = value }
            run.thing.written(request.index, isRefused ? .refused : nil, now: instant)
            listen(run)
            self.run()
        }
    }

    // MARK: The connection

    /// Does what the Thing wishes. True where that was anything.
    private func obey(_ run: Run) -> Bool {
        switch run.thing.wish {
        case .none: return false
        case .connect:
            run.thing.connecting()
            world.after(world.customs.latency(&world.dice) + 5) { [unowned self] in if run === run_ { connect(run) } }
            return true
        case .startTLS:
            guard !run.isSecuring else { return false }
            run.isSecuring = true
            world.after(20) { [unowned self, weak connection] in
                guard run === run_, connection != nil, connection === self.connection else { return }
                run.isSecuring = false
                begin(run) { $0.secured(channelBinding: Self.unbound.span, now: instant) }
                self.run()
            }
            return false
        case .close:
            guard run.waiting == 0 || connection == nil else { return false }
            connection?.forget()
            forgetConnection()
            run.thing.disconnected(.closedByUs, now: instant)
            listen(run)
            return true
        case .exit(let why):
            guard why == .stopped else {
                world.violation("the Thing gives up for good: \(why)")
                run_ = nil
                return false
            }
            world.say("## stopped")
            if !keep(run) { return false }
            run_ = nil
            forgetConnection()
            world.after(1_000) { [unowned self] in switchOn() }
            return false
        }
    }

    private func connect(_ run: Run) {
        guard world.serverIsUp, world.isCalm || world.dice.roll(10) > 0 else {
            run.thing.disconnected(world.dice.pick([.refused, .unreachable, .timedOut, .unresolved]), now: instant)
            return self.run()
        }
        let secure = world.dice.roll(3) > 0
        connection = Connection(self, secure: secure)
        world.tally.add(.connections)
        position = 0
        run.isSecuring = false
        begin(run) { thing in
            if secure { thing.secured(channelBinding: Self.unbound.span, now: instant) }
            thing.connected(secure: secure, now: instant)
        }
        self.run()
    }

    private func begin(_ run: Run, _ call: (inout Thing<TestCryptography>) -> Void) {
        wire = Wire()
        heard = 0
        inbox = []
        ends = []
        call(&run.thing)
        listen(run)
    }

    /// The network says that the connection is gone.
    func lost(_ old: Connection, _ why: Disconnection) {
        guard old === connection, let run = run_ else { return }
        forgetConnection()
        run.thing.disconnected(why, now: instant)
        listen(run)
        self.run()
    }

    private func forgetConnection() {
        connection = nil
        inbox = []
        ends = []
        heard = 0
        world.judge.streamEnded()
    }

    /// SIGTERM.
    func stop() {
        guard let run = run_, !isAsleep else { return }
        run.thing.stop(now: instant)
        listen(run)
        self.run()
    }

    /// Whether these words stand anywhere in the Thing, as it is now.
    func memoryHolds(_ text: String) -> Bool {
        guard let run = run_ else { return false }
        return withUnsafeBytes(of: &run.thing) { bytes in
            if let at = Closing.place(of: text, in: bytes) {
                world.say("   at \(at): \(String(decoding: bytes[max(0, at - 120)..<min(bytes.count, at + 120)].map { $0 < 32 || $0 > 126 ? 46 : $0 }, as: UTF8.self))")
                return true
            }
            return false
        }
    }

    var readerPeak: Int { run_?.thing.readerMemory.peak ?? 0 }
    var readerSize: Int { run_?.thing.readerMemory.size ?? 0 }
}

extension Field {
    static var all: [Field] {
        People.fields.map { name in
            Field(
                name: Text(utf8: name), unit: Text(utf8: name == "Temperature" ? "°C" : ""),
                output: People.outputs.contains(name) ? Output(.int, 0...1_000_000) : nil)
        }
    }
}

extension Identity {
    static func of(parent: String) -> Identity {
        Identity(
            account: Account(
                address: BareJID(Array(People.thing.utf8).span)!, resource: Text(utf8: "ward"),
                password: Text(utf8: "secret"), allowsPlain: false),
            parent: BareJID(Array(parent.utf8).span) ?? BareJID(), logLevel: .debug)
    }
}

extension Journal {
    /// The lines that wait, which are then forgotten.
    fileprivate mutating func takeText() -> String {
        let text = string(bytes)
        let count = bytes.count
        take(count)
        return text
    }
}
