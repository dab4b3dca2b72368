import Support

/// What somebody says who has no say. It carries no word for the oracle but what it
/// wants: it gives no right, and whatever comes of it is a violation.
enum Attack {
    static func strike(by attacker: Person, _ resource: String) {
        let world = attacker.world
        world.tally.add(.attacks)
        attacker.send(make(world, attacker), as: resource)
    }

    private static func make(_ world: World, _ attacker: Person) -> Stanza {
        let thing = People.thingJID
        func pick(_ words: [String]) -> String { world.dice.pick(words) }
        let anybody = pick(People.neighbours + [attacker.address])
        switch world.dice.roll(13) {
        case 12:
            let value = world.wish()
            let set = "<set xmlns='\(Space.control)'><int name='LED' value='\(value)'/></set>"
            let word = Word.set(SetRequest(settings: ["LED": value]))
            return world.dice.roll(2) == 0 ? .iq("set", id: attacker.newID(), to: thing, set, word) : .message("", to: thing, set, word)
        case 0, 1, 2:
            // The answer to a question somebody overheard, or may have.
            guard let question = world.overheardQuestion() else { return .presence("subscribe", to: People.thing) }
            let about = pick([question.about, question.about, attacker.address])
            return .iq(pick(["result", "result", "error"]), id: question.id, to: thing, answer(question.kind, about, pick(["true", "true", "false"])))
        case 3:
            let item = "<item jid='\(escaped(anybody))' subscription='\(pick(["both", "remove", "both"]))'/>"
            return .iq("set", id: attacker.newID(), to: thing, "<query xmlns='\(Space.roster)'>\(item)</query>")
        case 4: return .iq("set", id: attacker.newID(), to: thing, "<clearCache xmlns='\(Space.provisioning)'/>")
        case 5:
            let to = pick([thing, People.thing])
            return .message(pick(["", "chat", "normal"]), to: to, "<\(pick(["unfriend", "friend"])) xmlns='\(Space.provisioning)' jid='\(escaped(anybody))'/>")
        case 6: return .presence(pick(["subscribe", "unsubscribe", "unsubscribed", "subscribed", "probe"]), to: People.thing)
        case 7:
            let seqnr = "\(world.dice.roll(9))"
            return .iq(
                "get", id: attacker.newID(), to: thing, "<req xmlns='\(Space.data)' seqnr='\(seqnr)' momentary='true'/>",
                .read(ReadRequest(seqnr: seqnr, types: ["momentary"])))
        case 8:
            return .iq("get", id: attacker.newID(), to: thing, pick(["<ping xmlns='urn:xmpp:ping'/>", "<query xmlns='\(Space.info)'/>", "<query xmlns='jabber:iq:version'/>", "<cancel xmlns='\(Space.data)' seqnr='1'/>"]))
        case 9: return .message("chat", to: pick([thing, People.thing]), "<body>\(pick(["yes 1", "no 1", "allow \(attacker.address) *", "forget", "?", "#", "friends"]))</body>")
        case 10: return .iq("result", id: pick(["1", "push1", attacker.newID()]), to: thing, "<query xmlns='\(Space.roster)'><item jid='\(escaped(attacker.address))' subscription='both'/></query>")
        default:
            // The friend of somebody else speaks in his name: his server does not let him.
            return .iq("result", id: attacker.newID(), to: thing, answer(pick(["isFriend", "canRead", "canControl"]), anybody, "true"))
        }
    }

    private static func answer(_ kind: String, _ about: String, _ result: String) -> String {
        "<\(kind)Response xmlns='\(Space.provisioning)' jid='\(escaped(about))' result='\(result)'/>"
    }
}

/// Somebody whom the parent would never allow anything.
final class Attacker: Person {
    override func act() {
        guard isHere else { return logIn(resources[0]) }
        Attack.strike(by: self, resources[0])
    }

    override func settle() {
        for resource in resources { logOut(resource) }
    }
}
