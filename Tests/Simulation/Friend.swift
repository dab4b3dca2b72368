import Support

/// Somebody who is a friend of the Thing, or would like to be, and reads it from
/// several clients; some of them take more than they were given.
class Friend: Person {
    let isMalicious: Bool
    private var seqnr = 0
    private var open: [(resource: String, seqnr: String)] = []

    /// What came of the reading at the end.
    private(set) var last: (id: String, seqnr: String)?
    private(set) var lastValues: Set<String> = []
    private(set) var lastOutcome = ""
    private var lastWrites: [String: (name: String, outcome: String)] = [:]

    init(_ world: World, _ address: String, _ resources: [String], isMalicious: Bool) {
        self.isMalicious = isMalicious
        super.init(world, address, resources)
    }

    override func hear(_ stanza: Stanza, _ resource: String) {
        switch (stanza.name, stanza.type) {
        case ("presence", "subscribe"): send(.presence("subscribed", to: People.thing), as: resource)
        case ("iq", _) where lastWrites[stanza.id] != nil: lastWrites[stanza.id]?.outcome = stanza.type
        case ("iq", "error") where stanza.id == last?.id:
            lastOutcome = stanza.node?.child("error")?.children.first?.name ?? "?"
        case ("message", _):
            guard let fields = stanza.node?.child("fields"), fields.attributes["seqnr"] == last?.seqnr else { return }
            for value in fields.all("timestamp").flatMap(\.children) { lastValues.insert(value.attributes["name"] ?? "") }
            if fields.attributes["done"] == "true" { lastOutcome = "done" }
        default: break
        }
    }

    func subscribe() {
        guard let resource = here.first, !member.items[People.thing, default: Item()].sees else { return }
        send(.presence("subscribe", to: People.thing), as: resource)
    }

    override func act() {
        guard isHere else { return logIn(world.dice.pick(resources)) }
        let resource = world.dice.pick(here)
        switch world.dice.roll(20) {
        case 0: logIn(world.dice.pick(resources))
        case 1: logOut(resource)
        case 2, 3: subscribe()
        case 4: if world.dice.roll(4) == 0 { send(.presence(world.dice.pick(["unsubscribe", "unsubscribed"]), to: People.thing), as: resource) }
        case 5: cancel()
        case 6: ask(resource)
        case 9, 10: write(resource)
        case 11: follow(resource)
        case 12, 13: chat(resource)
        case 7, 8: if isMalicious { Attack.strike(by: self, resource) }
        default: read(resource)
        }
    }

    private func ask(_ resource: String) {
        let inner = world.dice.pick([
            "<ping xmlns='urn:xmpp:ping'/>", "<query xmlns='jabber:iq:version'/>", "<query xmlns='\(Space.info)'/>", "<nothing xmlns='urn:nothing'/>",
        ])
        send(.iq("get", id: newID(), to: People.thingJID, inner), as: resource)
    }

    private func read(_ resource: String) {
        seqnr += 1
        var request = ReadRequest(seqnr: "\(seqnr)")
        world.tally.add(.reads)
        open.append((resource, request.seqnr))
        if open.count > 4 { open.removeFirst() }
        // Mostly the same again, as programs do.
        request.types = ["momentary"]
        if world.dice.roll(3) > 0 { return send(request, as: resource, id: newID()) }
        if world.dice.roll(2) == 0 {
            request.fields = (0...world.dice.roll(2)).map { _ in world.dice.pick(People.fields + ["Wind"]) }
        }
        if world.dice.roll(4) == 0 { request.tokens[world.dice.roll(3)] = world.dice.pick(["gold", "tin"]) }
        request.types = world.dice.pick([["momentary"], ["all"], [], ["momentary", "peak"], ["historical"], ["historicalMinute", "momentary"], ["peak"]])
        if world.dice.roll(6) == 0 { request.delay = Int64(world.dice.pick([-5, 5, 60, 600])) }
        send(request, as: resource, id: newID())
    }

    private func send(_ request: ReadRequest, as resource: String, id: String) {
        let types = request.types.map { " \($0)='\(world.dice.pick(["true", "1"]))'" }.joined()
        let when = request.delay.map { " when='\(world.clock(in: $0))'" } ?? ""
        let tokens = zip(People.tokens, request.tokens).filter { $0.1 != "" }.map { " \($0)='\($1)'" }.joined()
        let node = !world.isCalm && world.dice.roll(5) == 0 ? "<node nodeId='thing'/>" : ""
        let fields = request.fields.map { "<field name='\($0)'/>" }.joined()
        send(.iq(
            "get", id: id, to: People.thingJID,
            "<req xmlns='\(Space.data)' seqnr='\(request.seqnr)'\(types)\(when)\(tokens)>\(node)\(fields)</req>", .read(request)), as: resource)
    }

    /// Wants to be told of changes, or not any more.
    private func follow(_ resource: String) {
        let seqnr = "\(9_000 + world.dice.roll(3))"
        if world.dice.roll(3) == 0 {
            let inner = "<unsubscribe xmlns='\(Space.events)' seqnr='\(seqnr)'/>"
            return send(.iq("get", id: newID(), to: People.thingJID, inner, .unsubscribe(seqnr: seqnr)), as: resource)
        }
        var request = ReadRequest(seqnr: seqnr, types: ["momentary"])
        request.fields = [world.dice.pick(People.fields), world.dice.pick(People.fields)]
        let fields = Set(request.fields).sorted().map { "<field name='\($0)' changedBy='1'/>" }.joined()
        let least = world.dice.pick(["PT1S", "PT10S", "PT1M"])
        let inner = "<subscribe xmlns='\(Space.events)' seqnr='\(seqnr)' momentary='true' minInterval='\(least)' maxInterval='PT2M' req='true'>\(fields)</subscribe>"
        send(.iq("get", id: newID(), to: People.thingJID, inner, .subscribe(request)), as: resource)
    }

    private func chat(_ resource: String) {
        var words = world.dice.pick(["?", "??", "Temperature?", "load?", "=?", "LED=?", "LED", "#", "thank you", "Wind?"])
        var word: Word?
        if world.dice.roll(4) == 0 {
            let name = world.dice.pick(People.outputs), value = world.wish()
            words = "\(name)=\(value)"
            word = .set(SetRequest(settings: [name: value]))
        }
        send(.message("chat", to: world.dice.pick([People.thing, People.thingJID]), "<body>\(words)</body>", word), as: resource)
    }

    private func write(_ resource: String) {
        var request = SetRequest()
        for name in [world.dice.pick(People.outputs), world.dice.pick(People.outputs + ["Valve"])] {
            request.settings[name] = world.wish()
        }
        if world.dice.roll(4) == 0 { request.tokens[world.dice.roll(3)] = world.dice.pick(["gold", "tin"]) }
        request.isForm = world.dice.roll(6) == 0
        send(request, as: resource, id: world.dice.roll(5) == 0 && !request.isForm ? "" : newID())
    }

    /// By message where there is no id.
    private func send(_ request: SetRequest, as resource: String, id: String) {
        let tokens = zip(People.tokens, request.tokens).filter { $0.1 != "" }.map { " \($0)='\($1)'" }.joined()
        let settings = request.settings.sorted { $0.key < $1.key }.map { "<int name='\($0.key)' value='\($0.value)'/>" }.joined()
        if request.isForm {
            send(.iq("get", id: id, to: People.thingJID, "<getForm xmlns='\(Space.control)'\(tokens)/>", .set(request)), as: resource)
        } else if id.isEmpty {
            send(.message("", to: People.thingJID, "<set xmlns='\(Space.control)'\(tokens)>\(settings)</set>", .set(request)), as: resource)
        } else {
            send(.iq("set", id: id, to: People.thingJID, "<set xmlns='\(Space.control)'\(tokens)>\(settings)</set>", .set(request)), as: resource)
        }
    }

    /// Sets all there is, one by one.
    func writeAtTheEnd() {
        lastWrites = [:]
        for (i, name) in People.outputs.enumerated() {
            let id = newID()
            lastWrites[id] = (name, "")
            world.after(Int64(i) * 5_000) { [unowned self] in
                send(SetRequest(settings: [name: "\(500_000 + i)"]), as: here[0], id: id)
            }
        }
    }

    var writable: Set<String> { Set(lastWrites.values.filter { $0.outcome == "result" }.map(\.name)) }

    private func cancel() {
        guard let (resource, seqnr) = open.popLast() else { return }
        world.tally.add(.cancels)
        send(.iq("get", id: newID(), to: People.thingJID, "<cancel xmlns='\(Space.data)' seqnr='\(seqnr)'/>"), as: resource)
    }

    /// Reads all there is, and keeps what comes of it.
    func readAtTheEnd() {
        seqnr += 1
        let id = newID()
        last = (id, "\(seqnr)")
        lastValues = []
        lastOutcome = ""
        send(ReadRequest(seqnr: "\(seqnr)", types: ["momentary"]), as: here[0], id: id)
    }
}
