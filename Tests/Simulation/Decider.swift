import Support

/// A parent, whatever kind it is: who may be a friend, read what and set what is its
/// to say, and it changes its mind.
class Decider: Person {
    private(set) var friends: Set<String> = []
    private var fields: [String: Set<String>] = [:]
    private var outputs: [String: Set<String>] = [:]

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
        outputs[neighbour] = Set(People.outputs.filter { _ in world.dice.roll(2) == 0 })
    }

    /// What it would say that this one may read.
    func mayRead(_ neighbour: String, gold: Bool = false) -> Set<String> {
        guard friends.contains(neighbour) else { return [] }
        return gold ? Set(People.fields) : fields[neighbour] ?? []
    }

    func mayWrite(_ neighbour: String, gold: Bool = false) -> Set<String> {
        guard friends.contains(neighbour) else { return [] }
        return gold ? Set(People.outputs) : outputs[neighbour] ?? []
    }

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
            saySo(neighbour)
        case 5: saySo(world.dice.pick(People.neighbours))
        case 6: if let friend = friends.sorted().first { befriend(friend) }
        case 7:
            let request = ReadRequest(seqnr: "\(world.dice.roll(50))", types: ["all"])
            send(.iq("get", id: newID(), to: People.thingJID, "<req xmlns='\(Space.data)' seqnr='\(request.seqnr)' all='true'/>", .read(request)), as: here[0])
        default: fidget()
        }
    }

    override func settle() {
        // Whatever the Thing took its clients for, it asks them again.
        for resource in here { logOut(resource) }
        world.after(60_000) { [unowned self] in for resource in resources { logIn(resource) } }
    }

    func subscribe() {
        guard !member.isComponent, let resource = here.first, !member.items[People.thing, default: Item()].sees else { return }
        send(.presence("subscribe", to: People.thing), as: resource)
    }

    /// Ends the friendship of the Thing with somebody.
    func unfriend(_ neighbour: String) {}
    /// Wants the Thing to befriend somebody.
    func befriend(_ neighbour: String) {}
    /// What it said of somebody before counts no longer.
    func saySo(_ neighbour: String) {}
    /// Anything else that it says now and then.
    func fidget() {}
    /// Says once more what may have been lost.
    func repeatItself() {}
}
