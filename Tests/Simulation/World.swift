import Fixed
import Readout
import Support
import Thing
import XMPP

/// One Thing, its server, and whoever has to do with it, on invented time: all of it
/// follows from the seed. Who that is, and how it is judged, each kind of world says.
class World {
    let seed: UInt64
    let prints: Bool
    var dice: Dice
    var customs: Customs
    private(set) var now: Int64 = 1_000_000
    private var schedule = Schedule()
    var tally = Tally()
    private(set) var violations: [String] = []
    /// Of all the Thing said: the same for the same seed.
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    private let laboratory: Laboratory
    private(set) lazy var network = Network(world: self)
    private(set) lazy var device = Device(world: self)
    private(set) var people: [Person] = []

    private var clockSkew: Int64 = 0
    private(set) var serverIsUp = true
    private var measurements = 0
    private var wishes = 0
    /// What the outputs are.
    var outputs: [String: String] = [:]
    private var questions: [(id: String, about: String, kind: String)] = []
    var isCalm: Bool { customs.isCalm }

    init(seed: UInt64, prints: Bool = false) {
        self.seed = seed
        self.prints = prints
        dice = Dice(seed: seed)
        customs = Customs(&dice)
        laboratory = Laboratory(seed: seed &+ 0x5EED)
    }

    /// A stanza that the Thing says, for its judge; nil for what is none. What is no XML is a violation.
    func noted(_ utterance: Utterance) -> (Node, String)? {
        guard case .element(let node, let text) = utterance else {
            if case .garbage(let text) = utterance { violation("what the Thing says is not XML: \(text)") }
            return nil
        }
        digest(text)
        say("← \(text)")
        return (node, text)
    }

    // MARK: What a kind of world says

    var judge: any Judge { fatalError("no kind of world") }
    /// What the Thing's configuration says.
    var identity: Identity { fatalError("no kind of world") }
    /// Who lives here, and how it stands between them.
    func settleIn() {}
    /// After the faults stop everything converges.
    func calmDown() {}
    /// How restless this one is, compared with the others: more is calmer.
    func calm(of person: Person) -> Int { 1 }
    /// What becomes of a record that is to be kept.
    func fate(of record: [UInt8]) -> Fate {
        guard customs.cutsPower && !isCalm && dice.roll(60) == 0 else { return .kept }
        return dice.roll(2) == 0 ? .cutAfter : .cutBefore
    }
    /// Somebody has the device in hands, and wants it as it came.
    func isToBeReset() {}
    /// What came out of the device itself then.
    func printed(_ sticker: String) {}
    /// A line of the Thing's log.
    func logged(_ line: Substring) {}

    func add(_ person: Person) { people.append(person) }

    // MARK: Time

    func at(_ time: Int64, _ act: @escaping () -> Void) { schedule.add(at: max(time, now), tie: dice.next(), act) }
    func after(_ time: Int64, _ act: @escaping () -> Void) { at(now + time, act) }

    func pass(_ time: Int64) {
        guard violations.isEmpty || prints else { return }
        let end = now + time
        while let next = schedule.nextTime, next <= end, let act = schedule.take() {
            now = next
            act()
            if violations.count > (prints ? 3 : 0) { return }
        }
        now = end
    }

    // MARK: What is told

    func say(_ line: @autoclosure () -> String) {
        guard prints else { return }
        let seconds = now / 1_000, rest = "\(now % 1_000)"
        print("\(seconds).\(String(repeating: "0", count: 3 - rest.count))\(rest)  \(line())")
    }

    func violation(_ words: String) {
        say("!! \(words)")
        violations.append("at \(now) ms: \(words)")
    }

    func digest(_ text: String) {
        for byte in text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        digest ^= UInt64(bitPattern: now)
    }

    // MARK: What the others need

    /// What clocks will show then, as XML writes it.
    func clock(in seconds: Int64) -> String {
        var text = RecordBytes()
        DateTime(unixSeconds: wallTime / 1_000 + seconds).write(to: &text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    var wallTime: Int64 { 1_767_225_600_000 + now + clockSkew }

    /// A value that was never there before; or a sensor that fails.
    func measure(_ index: Int) -> Reading {
        if !isCalm && dice.roll(12) == 0 { return .failed(dice.pick([.notAnswering, .notANumber, .gone])) }
        if let value = outputs[People.fields[index]] ?? (People.outputs.contains(People.fields[index]) ? "0" : nil) {
            return .value(.int(Int32(value) ?? 0))
        }
        measurements += 1
        judge.measured("\(measurements)", of: People.fields[index])
        return .value(.numeric(Decimal(Int64(measurements), scale: 0)))
    }

    /// What somebody wants an output to be: each time something else.
    func wish() -> String {
        wishes += 1
        return "\(dice.roll(8) == 0 ? wishes + 2_000_000 : wishes)"
    }

    func overheard(id: String, about: String, kind: String) {
        questions.append((id, about, kind))
        if questions.count > 4 { questions.removeFirst() }
    }
    func overheardQuestion() -> (id: String, about: String, kind: String)? { questions.isEmpty ? nil : dice.pick(questions) }

    // MARK: From beginning to end

    func run() {
        laboratory.enter()
        settleIn()
        let trouble = Int64(5 + dice.roll(25)) * 60_000
        for person in people { keepActing(person, until: now + trouble) }
        keepTroubling(until: now + trouble)
        device.switchOn()
        pass(trouble)
        if violations.isEmpty { stopTrouble() }
        if violations.isEmpty { calmDown() }
        end()
    }

    func enter() { laboratory.enter() }

    /// Nothing may be left behind.
    func end() {
        if device.readerPeak > device.readerSize { violation("reading took more memory than there is") }
        schedule.removeAll()
    }

    func stopTrouble() {
        say("== the faults stop ==")
        customs.isCalm = true
        serverIsUp = true
    }

    private func keepActing(_ person: Person, until end: Int64) {
        let rest = customs.restlessness * 2 * (calm(of: person))
        after(Int64(dice.roll(rest))) { [unowned self] in
            guard now < end, !isCalm else { return }
            person.act()
            keepActing(person, until: end)
        }
    }

    private func keepTroubling(until end: Int64) {
        after(Int64(dice.roll(240_000))) { [unowned self] in
            guard now < end, !isCalm else { return }
            trouble()
            keepTroubling(until: end)
        }
    }

    func trouble() {
        switch dice.roll(12) {
        case 0, 1, 2:
            guard let connection = device.connection else { return }
            tally.add(.breaks)
            connection.cut(deviceHears: dice.pick([0, 200, 30_000, nil]), serverHears: customs.serverPatience(&dice))
        case 3, 4: if customs.cutsPower { device.powerCut() }
        case 5, 6: device.sleep(Int64(dice.pick([500, 20_000, 40_000, 400_000])))
        case 7:
            say("## the server restarts")
            serverIsUp = false
            device.connection?.closeByServer()
            after(Int64(dice.roll(60_000))) { [unowned self] in serverIsUp = true }
        case 8:
            guard let connection = device.connection, connection.client != nil, dice.roll(3) == 0 else { return }
            say("## somebody else logs in as the Thing")
            tally.add(.conflicts)
            connection.refuse("conflict")
        case 9: if dice.roll(2) == 0 { device.stop() }
        case 10:
            clockSkew = Int64(dice.pick([-86_400_000, 0, 3_600_000, 31_536_000_000]))
            device.setWallClock()
        default: break
        }
    }
}
