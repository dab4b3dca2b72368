/// Who is in these worlds.
enum People {
    static let thing = "thing@home.example"
    static let thingJID = "thing@home.example/ward"
    static let owner = "owner@home.example"
    static let component = "prov.home.example"
    /// Friends, or people who would like to be.
    static let neighbours = ["bob@far.example", "carol@near.example", "dave@home.example", "åsa@far.example"]
    /// Nobody's friends. Some look much like the parent, or like our server.
    static let attackers = [
        "eve@evil.example", "owner@home.example.evil.example", "owner@home.exampl", "xowner@home.example", "owner2@home.example",
        "prov.home.example.evil.example", "xprov.home.example", "home.example.evil.example", "prov@home.example",
    ]
    static let fields = ["Temperature", "Humidity", "Load", "LED", "Fan"]
    /// Those that can be set.
    static let outputs = ["LED", "Fan"]
    static let types = [
        "momentary", "peak", "status", "computed", "identity", "historicalSecond", "historicalMinute", "historicalHour",
        "historicalDay", "historicalWeek", "historicalMonth", "historicalQuarter", "historicalYear", "historicalOther",
    ]
    static let tokens = ["serviceToken", "deviceToken", "userToken"]
}

/// Somebody with an account, and one client or several, each on a stream of its own.
class Person {
    unowned let world: World
    let address: String
    let resources: [String]
    private var clients: [String: Client] = [:]
    private var up: [String: Line] = [:]
    private var down: [String: Line] = [:]
    private var counter = 0

    init(_ world: World, _ address: String, _ resources: [String]) {
        self.world = world
        self.address = address
        self.resources = resources
        _ = world.network.member(address)
    }

    var member: Member { world.network.member(address) }
    var isHere: Bool { !clients.isEmpty }
    /// Resources that are logged in.
    var here: [String] { resources.filter { clients[$0] != nil } }

    func newID() -> String {
        counter += 1
        return "\(address.prefix(3))\(counter)"
    }

    func logIn(_ resource: String) {
        guard clients[resource] == nil else { return }
        let client = Client(member, resource: resource) { [unowned self] stanza in
            let time = down[resource, default: Line()].arrival(world.now, latency: world.customs.latency(&world.dice))
            world.at(time) { [unowned self] in if clients[resource] != nil { hear(stanza, resource) } }
        }
        clients[resource] = client
        let priority = world.dice.roll(4)
        client.priority = priority
        send(.presence("", "<priority>\(priority)</priority>"), as: resource)
    }

    func logOut(_ resource: String) {
        guard let client = clients.removeValue(forKey: resource) else { return }
        let time = up[resource, default: Line()].arrival(world.now, latency: world.customs.latency(&world.dice))
        world.at(time) { [unowned self] in world.network.ended(client) }
    }

    func send(_ stanza: Stanza, as resource: String) {
        guard let client = clients[resource] else { return }
        let time = up[resource, default: Line()].arrival(world.now, latency: world.customs.latency(&world.dice))
        world.at(time) { [unowned self] in
            world.say("   \(client.address) sends \(stanza.xml)\(stanza.word.map { "  [\($0)]" } ?? "")")
            world.network.sent(stanza, by: client)
        }
    }

    /// What its server had for it.
    func hear(_ stanza: Stanza, _ resource: String) {}

    /// Does something, while there is trouble; called again and again.
    func act() {}

    /// The faults have stopped: everybody comes and behaves.
    func settle() {
        for resource in resources { logIn(resource) }
    }
}
