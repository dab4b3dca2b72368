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

    init(_ world: World, _ address: String, _ resources: [String], isMalicious: Bool) {
        self.isMalicious = isMalicious
        super.init(world, address, resources)
    }

    override func hear(_ stanza: Stanza, _ resource: String) {
        switch (stanza.name, stanza.type) {
        case ("presence", "subscribe"): send(.presence("subscribed", to: People.thing), as: resource)
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
        if world.dice.roll(3) > 0 { return send(request, types: "momentary='true'", as: resource, id: newID()) }
        if world.dice.roll(2) == 0 {
            request.fields = (0...world.dice.roll(2)).map { _ in world.dice.pick(People.fields + ["Wind"]) }
        }
        if world.dice.roll(4) == 0 { request.tokens[world.dice.roll(3)] = world.dice.pick(["gold", "tin"]) }
        let types = world.dice.pick(["momentary='true'", "momentary='1'", "all='true'", "", "momentary='true' peak='true'"])
        send(request, types: types, as: resource, id: newID())
    }

    private func send(_ request: ReadRequest, types: String, as resource: String, id: String) {
        let tokens = zip(People.tokens, request.tokens).filter { $0.1 != "" }.map { " \($0)='\($1)'" }.joined()
        let node = !world.isCalm && world.dice.roll(5) == 0 ? "<node nodeId='thing'/>" : ""
        let fields = request.fields.map { "<field name='\($0)'/>" }.joined()
        send(.iq(
            "get", id: id, to: People.thingJID,
            "<req xmlns='\(Space.data)' seqnr='\(request.seqnr)' \(types)\(tokens)>\(node)\(fields)</req>", .read(request)), as: resource)
    }

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
        send(ReadRequest(seqnr: "\(seqnr)"), types: "momentary='true'", as: here[0], id: id)
    }
}
