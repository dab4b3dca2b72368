import Foundation
import Support

/// A parent that is a person with a chat client: asked in words, and answering in
/// words, after a while, sometimes the wrong ones, and sometimes about something else.
final class HumanParent: Decider {
    /// What it was asked, by number, as it understood it.
    private var questions: [(number: Int, jid: String, matter: Matter)] = []
    private lazy var keyboard = Keyboard(self)

    override func hear(_ stanza: Stanza, _ resource: String) {
        switch stanza.name {
        case "presence":
            if stanza.type == "subscribe" { send(.presence("subscribed", to: People.thing), as: resource) }
        case "iq":
            guard stanza.isRequest, let query = stanza.node?.children.first, query.namespace == Space.info else { return }
            describe(stanza, resource)
        default:
            guard let body = stanza.node?.child("body")?.text else { return }
            for line in body.split(separator: "\n") { understand(String(line)) }
        }
    }

    /// A chat client says what it can, and nothing of provisioning; or nothing.
    private func describe(_ iq: Stanza, _ resource: String) {
        switch world.dice.roll(world.isCalm ? 2 : 4) {
        case 0, 1:
            send(.iq("result", id: iq.id, to: iq.from, "<query xmlns='\(Space.info)'><identity category='client' type='pc'/><feature var='\(Space.info)'/></query>"), as: resource)
        case 2: send(.iq("error", id: iq.id, to: iq.from, stanzaError("service-unavailable")), as: resource)
        default: break
        }
    }

    private func understand(_ line: String) {
        guard let (number, jid, matter) = Self.question(in: line) else { return }
        questions.removeAll { $0.number == number }
        questions.append((number, jid, matter))
        if questions.count > 20 { questions.removeFirst() }
        let think: Int64 = world.isCalm ? 3_000 : Int64(world.dice.pick([2_000, 10_000, 10_000, 60_000, 600_000]))
        world.after(think) { [unowned self] in if isHere { answer(number, jid, matter) } }
    }

    /// "bob@far.example would like to read Temperature, Load. Answer: yes 3, or no 3"
    static func question(in line: String) -> (number: Int, jid: String, matter: Matter)? {
        guard let would = line.range(of: " would like to "), let end = line.range(of: ". Answer: yes "),
            let number = Int(line[end.upperBound...].prefix { $0 != "," })
        else { return nil }
        let jid = spelt(line[..<would.lowerBound])
        let deed = line[would.upperBound..<end.lowerBound]
        if deed == "be my friend" { return (number, jid, .friendship) }
        let verb = deed.prefix { $0 != " " }
        let rest = deed.dropFirst(verb.count + 1)
        let names = rest.hasPrefix("everything") ? nil : rest.components(separatedBy: ", ")
        return (number, jid, .deed(verb == "set" ? .write : .read, names))
    }

    // MARK: Answers

    private func answer(_ number: Int, _ jid: String, _ matter: Matter) {
        let quirk = world.isCalm ? 99 : world.dice.roll(20)
        if quirk == 0 { return }
        if quirk == 1 { return say(world.dice.pick(["yes 4711", "yes please", "ok", "ja 1", "no -1", "yes \(number) 1", "maybe \(number)"])) }
        let yes = world.dice.pick(["yes", "Yes", "YES "]), no = world.dice.pick(["no", "No"])
        switch matter {
        case .friendship:
            let isWanted = friends.contains(jid)
            say("\(isWanted ? yes : no) \(number)", .said(.answer(number, jid, matter, isWanted)))
        case .deed(let operation, let names):
            let allowed = operation == .write ? mayWrite(jid) : mayRead(jid)
            let all = Set(names ?? (operation == .write ? People.outputs : People.fields))
            if all.isSubset(of: allowed) {
                say("\(yes) \(number)", .said(.answer(number, jid, matter, true)))
            } else if all.isDisjoint(with: allowed) {
                say("\(no) \(number)", .said(.answer(number, jid, matter, false)))
            } else {
                rule(jid)
            }
        }
        if quirk == 2 { say("\(yes) \(number)", .said(.answer(number, jid, matter, true))) }
    }

    /// Says all there is to say of somebody.
    private func rule(_ jid: String) {
        say("deny \(jid) *", .said(.rule(jid, [.read, .write], nil, false)))
        let read = mayRead(jid), write = mayWrite(jid)
        if read == Set(People.fields) { say("allow \(jid) *", .said(.rule(jid, [.read], nil, true))) }
        else { for name in People.fields where read.contains(name) { say("Allow \(jid) \(world.dice.pick([name, name.lowercased()]))", .said(.rule(jid, [.read], name, true))) } }
        for name in People.outputs where write.contains(name) { say("allow \(jid) write \(name)", .said(.rule(jid, [.write], name, true))) }
    }

    override func saySo(_ neighbour: String) { if friends.contains(neighbour) { rule(neighbour) } }
    override func unfriend(_ neighbour: String) { say("unfriend \(neighbour)", .unfriend(neighbour)) }
    override func befriend(_ neighbour: String) { say("befriend \(neighbour)", .befriend(neighbour)) }

    override func fidget() {
        switch world.dice.roll(6) {
        case 0:
            let neighbour = world.dice.pick(People.neighbours)
            say("forget \(neighbour)", .said(.forget(neighbour)))
        case 1: if world.dice.roll(8) == 0 { say("forget *", .said(.forget(nil))) }
        default: say(world.dice.pick(["#", "friends", "pending", "rules", "?", "hello", "rules \(People.neighbours[0])"]))
        }
    }

    override func settle() {
        keyboard.clear()
        super.settle()
    }

    override func repeatItself() {
        for neighbour in People.neighbours {
            if friends.contains(neighbour) { rule(neighbour) } else { unfriend(neighbour) }
        }
    }

    private func say(_ words: String, _ word: Word? = nil) {
        // In trouble people have no patience for all they meant to say.
        if !world.isCalm && keyboard.waiting > 8 { return }
        keyboard.type(.message("chat", to: world.dice.pick([People.thing, People.thingJID]), "<body>\(escaped(words))</body>", word))
    }
}
