import Support

/// A parent that is a service: it answers by XEP-0324 and by what it has decided,
/// which changes. Not every answer of it is one, nor in time.
final class MachineParent: Person {
    /// Whom it lets be a friend, and read what.
    private(set) var friends: Set<String> = []
    private var fields: [String: Set<String>] = [:]
    /// The clearCache that was not acknowledged yet.
    private var clearing: String?

    override init(_ world: World, _ address: String, _ resources: [String]) {
        super.init(world, address, resources)
        for neighbour in People.neighbours { decide(neighbour) }
    }

    private func decide(_ neighbour: String) {
        if world.dice.roll(4) > 0 { friends.insert(neighbour) } else { friends.remove(neighbour) }
        let all = People.fields
        fields[neighbour] = switch world.dice.roll(4) {
        case 0: []
        case 1: Set(all)
        default: Set(all.filter { _ in world.dice.roll(2) == 0 })
        }
    }

    /// What it would say that this one may read.
    func mayRead(_ neighbour: String, gold: Bool = false) -> Set<String> {
        guard friends.contains(neighbour) else { return [] }
        return gold ? Set(People.fields) : fields[neighbour] ?? []
    }

    // MARK: Answers

    override func hear(_ stanza: Stanza, _ resource: String) {
        if stanza.name == "presence" {
            if stanza.type == "subscribe" { send(.presence("subscribed", to: People.thing), as: resource) }
            if stanza.type == "" && clearing != nil { sendClear() }
            return
        }
        if stanza.name == "iq", stanza.id == clearing, stanza.type == "result" { clearing = nil }
        guard stanza.isRequest, let node = stanza.node, let question = node.children.first else { return }
        if question.namespace == Space.info { return describe(stanza, resource) }
        guard question.name == "isFriend" || question.name == "canRead" else {
            return send(.iq("error", id: stanza.id, to: stanza.from, stanza.bounce.inner), as: resource)
        }
        let quirk = world.isCalm ? 99 : world.dice.roll(30)
        let think: Int64 = world.isCalm ? 100 : Int64(world.dice.pick([50, 400, 3_000, 3_000, 12_000, 28_000, 45_000]))
        world.after(think) { [unowned self] in answer(question, stanza, resource, quirk) }
    }

    /// Says what it is; now and then too late, or not at all.
    private func describe(_ iq: Stanza, _ resource: String) {
        let inner = "<query xmlns='\(Space.info)'><identity category='component' type='generic'/>"
            + "<feature var='\(Space.info)'/><feature var='\(Space.provisioning)'/></query>"
        let think = world.isCalm ? 10 : Int64(world.dice.pick([10, 100, 100, 500, 2_000, 15_000]))
        world.after(think) { [unowned self] in
            if world.isCalm || world.dice.roll(12) > 0 { send(.iq("result", id: iq.id, to: iq.from, inner), as: resource) }
        }
    }

    override func settle() {
        // Whatever the Thing took its clients for, it asks them again.
        for resource in here { logOut(resource) }
        world.after(60_000) { [unowned self] in for resource in resources { logIn(resource) } }
    }

    private func answer(_ question: Node, _ iq: Stanza, _ resource: String, _ quirk: Int) {
        let jid = question.attributes["jid"] ?? ""
        var about = jid
        var meaning = ParentAnswer.Meaning.no
        var inner = ""
        if question.name == "isFriend" {
            if friends.contains(jid) { meaning = .yes }
        } else {
            (meaning, inner) = reading(question, jid)
        }
        var result = "false"
        switch meaning {
        case .yes, .only: result = world.dice.pick(["true", "true", "1"])
        default: if world.dice.roll(4) == 0 { result = "0" }
        }
        switch quirk {
        case 0:
            let error = world.dice.pick(["internal-server-error", "resource-constraint", "forbidden", "item-not-found"])
            return reply("error", iq, "<error type='wait'><\(error) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>", .nothing, resource)
        case 1: return
        case 2: about = world.dice.pick(People.neighbours.filter { $0 != jid } + ["\(jid).evil.example", "x\(jid)", account(of: jid) + "x"])
        case 3: result = world.dice.pick(["maybe", "TRUE", "", "yes"])
        case 4: return reply("result", iq, "", .nothing, resource)
        case 5: if world.dice.roll(4) == 0 { return reply("error", iq, iq.bounce.inner, .nothing, resource) }
        case 6:
            // Two of its clients answer; the one that was not asked is not to be heard.
            if let other = here.first(where: { $0 != resource }) {
                send(.iq("result", id: iq.id, to: iq.from, "<\(question.name)Response xmlns='\(Space.provisioning)' jid='\(escaped(jid))' result='true'/>"), as: other)
            }
        default: break
        }
        if about != jid || quirk == 3 { meaning = .nothing }
        let response = "<\(question.name)Response xmlns='\(Space.provisioning)' jid='\(escaped(about))' result='\(result)'"
        let content = result == "false" || result == "0" ? "" : inner
        reply("result", iq, content.isEmpty ? response + "/>" : "\(response)>\(content)</\(question.name)Response>", meaning, resource)
    }

    private func reading(_ question: Node, _ jid: String) -> (ParentAnswer.Meaning, String) {
        let allowed = mayRead(jid, gold: question.attributes["serviceToken"] == "gold")
        let named = question.children.filter { $0.name == "field" }.compactMap { $0.attributes["name"] }
        let all = named.isEmpty ? People.fields : named
        let granted = all.filter { allowed.contains($0) }
        guard !granted.isEmpty else { return (.no, "") }
        let node = world.dice.roll(4) == 0 ? "<node nodeId='thing'/>" : ""
        if granted.count == all.count && world.dice.roll(2) == 0 { return (.yes, node) }
        // It names all it would allow, asked for or not.
        let list = world.dice.roll(2) == 0 ? People.fields.filter { allowed.contains($0) } : granted
        if !world.isCalm && world.dice.roll(12) == 0 { return (.only([]), "<node nodeId='another'/>" + names(list)) }
        return (.only(list), node + names(list))
    }

    private func names(_ fields: [String]) -> String { fields.map { "<field name='\($0)'/>" }.joined() }

    private func reply(_ type: String, _ iq: Stanza, _ inner: String, _ meaning: ParentAnswer.Meaning, _ resource: String) {
        send(.iq(type, id: iq.id, to: iq.from, inner, .answer(ParentAnswer(question: iq.id, meaning: meaning))), as: resource)
    }

    // MARK: Its own mind

    override func act() {
        guard isHere else { return logIn(world.dice.pick(resources)) }
        switch world.dice.roll(12) {
        case 0: logIn(world.dice.pick(resources))
        case 1:
            world.tally.add(.parentAbsences)
            for resource in here { logOut(resource) }
        case 2: logOut(world.dice.pick(here))
        case 3, 4:
            let neighbour = world.dice.pick(People.neighbours)
            let wasFriend = friends.contains(neighbour)
            decide(neighbour)
            if wasFriend && !friends.contains(neighbour) { unfriend(neighbour) }
            clear()
        case 5: clear()
        case 6:
            if let friend = friends.sorted().first {
                send(.message("", to: People.thing, "<friend xmlns='\(Space.provisioning)' jid='\(escaped(friend))'/>", .befriend(friend)), as: here[0])
            }
        case 7:
            let request = ReadRequest(seqnr: "\(world.dice.roll(50))")
            send(.iq("get", id: newID(), to: People.thingJID, "<req xmlns='\(Space.data)' seqnr='\(request.seqnr)' all='true'/>", .read(request)), as: here[0])
        default: break
        }
    }

    private func unfriend(_ neighbour: String) {
        send(.message("", to: world.dice.pick([People.thing, People.thingJID]), "<unfriend xmlns='\(Space.provisioning)' jid='\(escaped(neighbour))'/>", .unfriend(neighbour)), as: world.dice.pick(here))
    }

    private func clear() {
        clearing = newID()
        sendClear()
    }

    private func sendClear() {
        guard let clearing, let resource = here.first else { return }
        send(.iq("set", id: clearing, to: People.thingJID, "<clearCache xmlns='\(Space.provisioning)'/>", .clear), as: resource)
    }

    /// Says once more what may have been lost.
    func repeatItself() {
        clear()
        for neighbour in People.neighbours where !friends.contains(neighbour) { unfriend(neighbour) }
    }

    func clearAtTheEnd() { clear() }

    func subscribe() {
        guard !member.isComponent, let resource = here.first, !member.items[People.thing, default: Item()].sees else { return }
        send(.presence("subscribe", to: People.thing), as: resource)
    }
}
