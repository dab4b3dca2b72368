import Foundation
import Support

/// Somebody who comes by the Thing, and passes it on: with a chat client, and no more
/// patience than people have. What he believes to own is what the Thing told him last.
final class Trader: Person {
    unowned let market: Market
    /// KEYs that he came by, the latest last.
    private(set) var keys: [String] = []
    private(set) var owns = false
    private lazy var keyboard = Keyboard(self)
    /// Does only what he is told to.
    var isDocile = false
    /// Whoever asks him gets a yes.
    var isGenerous = false
    /// What came of his reading.
    private(set) var values: Set<String> = []
    /// The number that he was told, for what he wants.
    private(set) var numbers: [String: String] = [:]

    init(_ market: Market, _ address: String, _ resources: [String]) {
        self.market = market
        super.init(market, address, resources)
    }

    /// He bought it, or found it, and can read the KEY.
    func acquire(_ key: String) { keys.append(key) }

    // MARK: What he hears

    override func hear(_ stanza: Stanza, _ resource: String) {
        switch (stanza.name, stanza.type) {
        case ("presence", "subscribe"):
            let agrees = isDocile || owns || world.dice.roll(4) > 0
            send(.presence(agrees ? "subscribed" : "unsubscribed", to: People.thing), as: resource)
            if agrees { befriendIt() }
        case ("iq", "get"):
            guard stanza.node?.children.first?.namespace == Space.info else { return }
            let inner = "<query xmlns='\(Space.info)'><identity category='client' type='pc'/><feature var='\(Space.info)'/></query>"
            send(.iq("result", id: stanza.id, to: stanza.from, inner), as: resource)
        case ("message", _):
            if let fields = stanza.node?.child("fields") {
                for value in fields.all("timestamp").flatMap(\.children) { values.insert(value.attributes["name"] ?? "") }
            }
            if let body = stanza.node?.child("body")?.text { understand(body) }
        default: break
        }
    }

    private func understand(_ body: String) {
        if body.contains("I am yours now") { owns = true }
        if let key = Notary.told(in: body) {
            owns = false
            keys.append(key)
            market.sell(key)
            return
        }
        if let number = Notary.number(after: "disown ", in: body) {
            numbers["disown"] = number
            think(of: 6) { [unowned self] in confirm("disown \(number)", .disown(number)) }
        }
        for service in [Fair.service, Fair.guests[0]] {
            guard let number = Notary.number(after: "parent \(service) ", in: body) else { continue }
            numbers["parent"] = number
            think(of: 8) { [unowned self] in say("parent \(service) \(number)", .parent(service, number)) }
        }
        if body.contains("I belong to ") { owns = false }
        if body.contains("say: accept") { think(of: 6) { [unowned self] in say("accept", .accept) } }
        for line in body.split(separator: "\n") {
            guard let (number, jid, _) = HumanParent.question(in: String(line)) else { continue }
            if isGenerous { say("yes \(number)", .yes(jid)) }
            think(of: 6) { [unowned self] in say("yes \(number)", .yes(jid)) }
        }
    }

    /// Mostly does it, after a while.
    private func think(of n: Int, _ act: @escaping () -> Void) {
        guard !isDocile, world.dice.roll(n) < n - 1 else { return }
        let time: Int64 = world.isCalm ? 2_000 : Int64(world.dice.pick([2_000, 2_000, 10_000, 60_000, 290_000, 400_000]))
        world.after(time) { act() }
    }

    private func confirm(_ words: String, _ deed: Deed) {
        // Now and then he mistypes it first.
        if world.dice.roll(6) == 0 { guess() }
        say(words, deed)
        if world.dice.roll(6) == 0 { say(words, deed) }
    }

    private func guess() {
        let number = "\(1_000 + world.dice.roll(9_000))"
        say("disown \(number)", .disown(number))
    }

    // MARK: What he does

    override func act() {
        guard isHere else { return logIn(world.dice.pick(resources)) }
        switch world.dice.roll(14) {
        case 0: logOut(world.dice.pick(here))
        case 1: logIn(world.dice.pick(resources))
        case 2: read()
        case 3: say(world.dice.pick(["?", "friends", "pending", "rules", "#", "hello", "Temperature?"]))
        default: if owns { useIt() } else { comeByIt() }
        }
    }

    private func useIt() {
        let guest = world.dice.pick(Fair.guests)
        switch world.dice.roll(14) {
        case 0, 1: giveUp()
        case 2: pass(to: world.dice.pick(Fair.traders.filter { $0 != address } + Fair.guests))
        case 3: say(world.dice.pick(["transfer", "transfer cancel"]), .transfer(""))
        case 4: name("", world.dice.pick([Fair.service, Fair.service, Fair.guests[0]]))
        case 5, 9, 10: market.registry?.disown(by: address)
        case 6: say("unfriend \(guest)")
        case 7, 8: befriend(guest)
        default: allow(guest)
        }
    }

    private func comeByIt() {
        guard let key = world.dice.roll(3) == 0 ? keys.randomElement(using: &world.dice) : keys.last else { return trespass() }
        switch world.dice.roll(8) {
        case 0: trespass()
        case 1, 2: market.registry?.mine(address, key)
        case 3, 4: request(with: key)
        default: claim(key)
        }
    }

    /// What one says who was the owner once, or would like to be.
    private func trespass() {
        switch world.dice.roll(8) {
        case 0: say("accept", .accept)
        case 1: guess()
        case 2: if let number = numbers["disown"] { say("disown \(number)", .disown(number)) }
        case 3: giveUp()
        case 4: pass(to: address)
        case 5: name("4711")
        case 6: befriend(address)
        default: allow(address)
        }
    }

    // MARK: Deeds

    func claim(_ key: String) {
        let written = Key.written(key, &world.dice)
        say("\(world.dice.pick(["claim", "Claim"])) \(written)", .claim(written))
    }

    /// A friend request with the KEY in it.
    func request(with key: String) {
        let written = Key.written(key, &world.dice)
        let status = world.dice.pick([written, "claim \(written)", "IoTDisco;SN:1;MAN:x.example;KEY:\(key)", "iotdisco:SN=1;KEY=\(key)"])
        guard isHere else { return }
        var stanza = Stanza.presence("subscribe", to: People.thing, "<status>\(escaped(status))</status>")
        stanza.word = .deed(.claim(written))
        // Who has asked already has nothing to ask any more.
        send(.presence("unsubscribe", to: People.thing), as: here[0])
        send(stanza, as: here[0])
    }

    func giveUp() { say("disown", .disown("")) }
    func confirmGivingUp() { if let number = numbers["disown"] { say("disown \(number)", .disown(number)) } }
    func pass(to heir: String) { say("transfer \(heir)", .transfer(heir)) }
    func accept() { say("accept", .accept) }
    func befriend(_ guest: String) { say("befriend \(guest)", .befriend(guest)) }
    func allow(_ guest: String) { say("allow \(guest) \(world.dice.pick(["*", "Temperature"]))", .allow(guest)) }

    /// The service that is to be the parent.
    func name(_ number: String, _ service: String = Fair.service) {
        say("parent \(service)\(number.isEmpty ? "" : " \(number)")", .parent(service, number))
    }

    /// As most clients do when they accept a request.
    func befriendIt() {
        guard isHere, !member.items[People.thing, default: Item()].sees else { return }
        send(.presence("subscribe", to: People.thing), as: here[0])
    }

    func read() {
        guard isHere else { return }
        values = []
        send(.iq("get", id: newID(), to: People.thingJID, "<req xmlns='\(Space.data)' seqnr='\(world.dice.roll(90))' momentary='true'/>"), as: here[0])
    }

    override func settle() {
        keyboard.clear()
        isDocile = true
        super.settle()
    }

    private func say(_ words: String, _ deed: Deed? = nil) {
        if !world.isCalm && keyboard.waiting > 8 { return }
        keyboard.type(.message("chat", to: world.dice.pick([People.thing, People.thingJID]), "<body>\(escaped(words))</body>", deed.map { .deed($0) }))
    }
}
