import Support

/// A registry of Things (XEP-0347): it keeps what they tell it, lets people claim who
/// know all of it, and is not always there, nor quick, nor heard.
final class Registry: Person {
    private struct Entry {
        var key: String
        var owner = ""
        /// The Thing knows it.
        var isAcknowledged = false
        var isPublic = true
    }

    private var entry: Entry?
    private var pending: [String: Deed] = [:]
    private(set) var isForgetful = false

    var owner: String { entry?.owner ?? "" }
    func knows(_ key: String) -> Bool { entry?.key == key }

    override func hear(_ stanza: Stanza, _ resource: String) {
        guard stanza.name == "iq" else { return }
        if let deed = pending.removeValue(forKey: stanza.id) { return acknowledged(deed, stanza.type == "result") }
        guard stanza.isRequest, let request = stanza.node?.children.first, account(of: stanza.from) == People.thing else { return }
        // Not all that comes is read, nor answered in time.
        if !world.isCalm && world.dice.roll(8) == 0 { return }
        let think: Int64 = world.isCalm ? 20 : Int64(world.dice.pick([20, 20, 500, 5_000, 40_000]))
        world.after(think) { [unowned self] in answer(request, stanza) }
    }

    private func answer(_ request: Node, _ iq: Stanza) {
        guard isHere else { return }
        switch request.name {
        case "register":
            guard let key = request.children.first(where: { $0.attributes["name"] == "KEY" })?.attributes["value"] else {
                return reply("error", iq, stanzaError("bad-request", "modify"))
            }
            if entry?.key != key { entry = Entry(key: key) }
            guard let entry, !entry.owner.isEmpty else { return reply("result", iq, "") }
            let claimed = "<claimed xmlns='\(Space.discovery)' jid='\(escaped(entry.owner))'\(entry.isPublic ? "" : " public='false'")/>"
            reply("result", iq, claimed, .deed(.registered(entry.owner)))
        case "update":
            if entry == nil || entry?.owner == "" { return reply("error", iq, stanzaError("item-not-found")) }
            reply("result", iq, "")
        case "unregister":
            if entry == nil { return reply("error", iq, stanzaError("item-not-found")) }
            entry = nil
            reply("result", iq, "")
        default: reply("error", iq, iq.bounce.inner)
        }
    }

    private func reply(_ type: String, _ iq: Stanza, _ inner: String, _ word: Word? = nil) {
        send(.iq(type, id: iq.id, to: iq.from, inner, word), as: resources[0])
    }

    private func acknowledged(_ deed: Deed, _ isDone: Bool) {
        switch deed {
        case .claimed: if isDone { entry?.isAcknowledged = true }
        case .disowned:
            guard isDone else { return }
            world.tally.add(.disowningsThere)
            entry = nil
        default: break
        }
    }

    // MARK: What people want of it

    /// Somebody says that it is his, and knows its KEY.
    func mine(_ who: String, _ key: String) {
        guard isHere, entry?.key == key, entry?.owner == "" || entry?.isAcknowledged == false else { return }
        if entry?.owner == "" { entry?.owner = who }
        entry?.isPublic = world.dice.roll(2) == 0
        tell()
    }

    private func tell() {
        guard let entry, !entry.owner.isEmpty else { return }
        let inner = "<claimed xmlns='\(Space.discovery)' jid='\(escaped(entry.owner))' public='\(entry.isPublic)'/>"
        order(inner, .claimed(entry.owner))
    }

    func disown(by who: String) {
        guard isHere, entry?.owner == who else { return }
        order("<disowned xmlns='\(Space.discovery)'/>", .disowned)
    }

    private func order(_ inner: String, _ deed: Deed) {
        let id = newID()
        pending[id] = deed
        send(.iq("set", id: id, to: People.thingJID, inner, .deed(deed)), as: resources[0])
    }

    override func act() {
        guard isHere else { return logIn(resources[0]) }
        switch world.dice.roll(8) {
        case 0: logOut(resources[0])
        case 1: order("<removed xmlns='\(Space.discovery)'/>", .removed)
        // It has not heard that the Thing knows.
        case 2: if entry?.isAcknowledged == false { tell() }
        case 3: if world.dice.roll(8) == 0 { entry = nil }
        default: break
        }
    }
}

/// A service that an owner may name as the parent: it always says the same of the same people.
final class ParentService: Person {
    private(set) lazy var friends: Set<String> = Set(Fair.guests.filter { _ in world.dice.roll(2) == 0 })

    override func hear(_ stanza: Stanza, _ resource: String) {
        if stanza.name == "presence", stanza.type == "subscribe" { return send(.presence("subscribed", to: People.thing), as: resource) }
        guard stanza.isRequest, let question = stanza.node?.children.first else { return }
        var inner = ""
        switch question.name {
        case "isFriend", "canRead", "canControl":
            let jid = question.attributes["jid"] ?? ""
            inner = "<\(question.name)Response xmlns='\(Space.provisioning)' jid='\(escaped(jid))' result='\(friends.contains(jid))'/>"
        case "query":
            inner = "<query xmlns='\(Space.info)'><identity category='component' type='generic'/><feature var='\(Space.provisioning)'/></query>"
        default: return send(.iq("error", id: stanza.id, to: stanza.from, stanza.bounce.inner), as: resource)
        }
        world.after(50) { [unowned self] in send(.iq("result", id: stanza.id, to: stanza.from, inner), as: resource) }
    }

    /// What it orders, it orders whether the Thing is its or not.
    override func act() {
        guard isHere else { return logIn(resources[0]) }
        switch world.dice.roll(12) {
        case 0: logOut(resources[0])
        case 1, 2: if let friend = friends.sorted().randomElement(using: &world.dice) { order("friend", friend) }
        case 3: order("unfriend", world.dice.pick(Fair.traders + Fair.guests))
        case 4: send(.iq("set", id: newID(), to: People.thingJID, "<clearCache xmlns='\(Space.provisioning)'/>"), as: resources[0])
        default: break
        }
    }

    private func order(_ word: String, _ who: String) {
        send(.message("", to: People.thing, "<\(word) xmlns='\(Space.provisioning)' jid='\(escaped(who))'/>"), as: resources[0])
    }
}
