import Support

/// A parent that is a service: it answers by XEP-0324 and by what it has decided,
/// which changes. Not every answer of it is one, nor in time.
final class MachineParent: Decider {
    /// The clearCache that was not acknowledged yet.
    private var clearing: String?

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
        guard ["isFriend", "canRead", "canControl"].contains(question.name) else {
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
        let writes = question.name == "canControl"
        let isGold = question.attributes["serviceToken"] == "gold"
        let allowed = writes ? mayWrite(jid, gold: isGold) : mayRead(jid, gold: isGold)
        let named = question.children.filter { $0.name == (writes ? "parameter" : "field") }.compactMap { $0.attributes["name"] }
        let some = writes ? People.outputs : People.fields
        let all = named.isEmpty ? some : named
        let granted = all.filter { allowed.contains($0) }
        guard !granted.isEmpty else { return (.no, "") }
        let node = world.dice.roll(4) == 0 ? "<node nodeId='thing'/>" : ""
        if granted.count == all.count && world.dice.roll(2) == 0 { return (.yes, node) }
        // It names all it would allow, asked for or not.
        let list = world.dice.roll(2) == 0 ? some.filter { allowed.contains($0) } : granted
        if !world.isCalm && world.dice.roll(12) == 0 { return (.only([]), "<node nodeId='another'/>" + names(list, writes)) }
        // A yes to nothing that was asked is a no.
        let others = some.filter { !all.contains($0) }
        if !world.isCalm && !others.isEmpty && world.dice.roll(12) == 0 { return (.only(others), names(others, writes)) }
        return (.only(list), node + names(list, writes))
    }

    private func names(_ fields: [String], _ writes: Bool) -> String {
        fields.map { "<\(writes ? "parameter" : "field") name='\($0)'/>" }.joined()
    }

    private func reply(_ type: String, _ iq: Stanza, _ inner: String, _ meaning: ParentAnswer.Meaning, _ resource: String) {
        send(.iq(type, id: iq.id, to: iq.from, inner, .answer(ParentAnswer(question: iq.id, meaning: meaning))), as: resource)
    }

    // MARK: Its own mind

    override func unfriend(_ neighbour: String) {
        guard isHere else { return }
        send(.message("", to: world.dice.pick([People.thing, People.thingJID]), "<unfriend xmlns='\(Space.provisioning)' jid='\(escaped(neighbour))'/>", .unfriend(neighbour)), as: world.dice.pick(here))
    }

    override func befriend(_ neighbour: String) {
        send(.message("", to: People.thing, "<friend xmlns='\(Space.provisioning)' jid='\(escaped(neighbour))'/>", .befriend(neighbour)), as: here[0])
    }

    override func saySo(_ neighbour: String) {
        clearing = newID()
        sendClear()
    }

    private func sendClear() {
        guard let clearing, let resource = here.first else { return }
        send(.iq("set", id: clearing, to: People.thingJID, "<clearCache xmlns='\(Space.provisioning)'/>", .clear), as: resource)
    }

    override func repeatItself() {
        saySo("")
        for neighbour in People.neighbours where !friends.contains(neighbour) { unfriend(neighbour) }
    }
}
