import Fixed
import Readout
import Support

/// What is peculiar to one world: how its network and its people are, by its seed.
struct Customs {
    var versions = true
    var signsPushes = false
    var keepsOffline = true
    var cutsPower = false
    /// Whatever came is read at once, however many stanzas it holds.
    var readsInBulk = false
    var slowest: Int64 = 200
    var isNarrow = false
    var restlessness = 20_000
    /// Seconds between two rows of the history; none is kept where it is 0.
    var history = 0
    /// How often the parent does anything unasked, compared with the others.
    var parentCalm = 1
    var isCalm = false

    init(_ dice: inout Dice) {
        versions = dice.roll(3) > 0
        signsPushes = dice.roll(2) == 0
        keepsOffline = dice.roll(3) > 0
        cutsPower = dice.roll(2) == 0
        readsInBulk = dice.roll(4) == 0
        slowest = dice.pick([20, 200, 200, 2_000, 20_000])
        isNarrow = dice.roll(5) == 0
        restlessness = dice.pick([5_000, 20_000, 60_000])
        history = dice.pick([0, 0, 60, 60, 17, 3_600])
        parentCalm = dice.pick([1, 4, 20])
    }

    func latency(_ dice: inout Dice) -> Int64 {
        isCalm ? Int64(5 + dice.roll(20)) : Int64(1 + dice.roll(dice.roll(8) == 0 ? Int(slowest) * 3 : Int(slowest)))
    }
    func betweenServers(_ dice: inout Dice) -> Int64 { isCalm ? Int64(5 + dice.roll(20)) : Int64(1 + dice.roll(Int(slowest))) }
    /// Until a server gives up a client that is gone without a word.
    func serverPatience(_ dice: inout Dice) -> Int64 { Int64(dice.pick([0, 100, 5_000, 90_000])) }
    func sensor(_ dice: inout Dice) -> Int64 { Int64(isCalm ? 10 : dice.pick([1, 20, 100, 700, 2_000])) }
    func window(_ dice: inout Dice) -> Int { isNarrow && !isCalm ? 300 + dice.roll(2_000) : .max / 2 }
}

/// One Thing, its server, its parent, its friends, strangers and attackers, on
/// invented time: all of it follows from the seed.
final class World {
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
    private(set) lazy var oracle = Oracle(world: self)
    private lazy var device = Device(world: self)
    private var people: [Person] = []
    private var friends: [Friend] { people.compactMap { $0 as? Friend } }
    private(set) var parentAddress = People.owner
    var parentIsComponent: Bool { !parentAddress.contains("@") }
    private var parent: Decider!

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

    // MARK: Time

    func at(_ time: Int64, _ act: @escaping () -> Void) { schedule.add(at: max(time, now), tie: dice.next(), act) }
    func after(_ time: Int64, _ act: @escaping () -> Void) { at(now + time, act) }

    private func pass(_ time: Int64) {
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
        oracle.measured("\(measurements)", of: People.fields[index])
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
        if violations.isEmpty { calmDown() }
        if device.readerPeak > device.readerSize { violation("reading took more memory than there is") }
        schedule.removeAll()
    }

    private func settleIn() {
        if dice.roll(3) == 0 { parentAddress = People.component }
        if parentIsComponent {
            parent = MachineParent(self, parentAddress, [""])
        } else if dice.roll(2) == 0 {
            parent = MachineParent(self, parentAddress, ["phone", "tablet"])
        } else {
            parent = HumanParent(self, parentAddress, ["phone", "tablet"])
        }
        people.append(parent)
        for (i, neighbour) in People.neighbours.prefix(2 + dice.roll(3)).enumerated() {
            people.append(Friend(self, neighbour, i % 2 == 0 ? ["desk", "sofa"] : ["lab"], isMalicious: dice.roll(2) == 0))
        }
        for _ in 0..<dice.roll(4) {
            let address = dice.pick(People.attackers)
            guard !people.contains(where: { $0.address == address }) else { continue }
            let resource = dice.pick(["phone", "x", parentAddress, People.thing])
            people.append(Attacker(self, address, [address.contains("@") ? resource : ""]))
        }
        // Some have been friends for long.
        if parent is HumanParent || !parentIsComponent && dice.roll(4) > 0 { befriend(parentAddress) }
        for friend in friends where parent.friends.contains(friend.address) && dice.roll(2) == 0 { befriend(friend.address) }
        for person in people where dice.roll(3) > 0 { person.logIn(person.resources[0]) }
    }

    private func befriend(_ address: String) {
        network.member(People.thing).begin(.both, for: address)
        network.member(address).begin(.both, for: People.thing)
    }

    private func keepActing(_ person: Person, until end: Int64) {
        let rest = customs.restlessness * 2 * (person === parent ? customs.parentCalm : 1)
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

    private func trouble() {
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

    // MARK: The end

    /// After the faults stop everything converges.
    private func calmDown() {
        say("== the faults stop ==")
        customs.isCalm = true
        serverIsUp = true
        for person in people { person.settle() }
        pass(16 * 60_000)
        guard device.isOnline else { return violation("the Thing is not online, though nothing hinders it") }
        parent.subscribe()
        pass(60_000)
        parent.repeatItself()
        pass(60_000)
        for friend in friends { friend.subscribe() }
        pass(35 * 60_000)
        judgeFriendships()
        parent.repeatItself()
        pass(4 * 60_000)
        for friend in friends { friend.readAtTheEnd() }
        pass(2 * 60_000)
        for friend in friends { judgeReading(friend) }
        for friend in friends {
            friend.writeAtTheEnd()
            pass(60_000)
            let allowed = parent.mayWrite(friend.address)
            if friend.writable != allowed { violation("\(friend.address) may set \(allowed.sorted()), and could set \(friend.writable.sorted())") }
        }
        if !oracle.unanswered.isEmpty { violation("requests without an answer: \(oracle.unanswered.keys.sorted())") }
        if oracle.openReadouts > 0 { violation("readouts without an end") }
    }

    private func judgeFriendships() {
        let items = network.member(People.thing).items
        if !parentIsComponent && items[parentAddress] != .both { violation("the parent is not a friend: \(String(describing: items[parentAddress]))") }
        for friend in friends {
            let item = items[friend.address] ?? Item()
            let wanted = parent.friends.contains(friend.address) ? Item.both : Item()
            if item != wanted { violation("with \(friend.address) it has come to \(item), instead of \(wanted)") }
        }
    }

    private func judgeReading(_ friend: Friend) {
        let allowed = parent.mayRead(friend.address)
        guard !allowed.isEmpty else {
            if friend.lastOutcome != "forbidden" || !friend.lastValues.isEmpty {
                violation("\(friend.address) may read nothing, and got \(friend.lastOutcome) \(friend.lastValues.sorted())")
            }
            return
        }
        if friend.lastOutcome != "done" || friend.lastValues != allowed {
            violation("\(friend.address) may read \(allowed.sorted()), and got \(friend.lastOutcome) \(friend.lastValues.sorted())")
        }
    }
}
