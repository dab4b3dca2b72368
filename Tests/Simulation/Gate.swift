import Fixed
import Support
import Thing
import XMPP

/// A world about the gate: a parent, friends, strangers and attackers, and nobody gets
/// what the parent does not allow.
final class Gate: World {
    private(set) lazy var oracle = Oracle(world: self)
    private(set) var parentAddress = People.owner
    var parentIsComponent: Bool { !parentAddress.contains("@") }
    private var parent: Decider!
    private var friends: [Friend] { people.compactMap { $0 as? Friend } }

    override var judge: any Judge { oracle }
    override var identity: Identity { .of(parent: parentAddress) }
    override func calm(of person: Person) -> Int { person === parent ? customs.parentCalm : 1 }

    // MARK: The beginning

    override func settleIn() {
        if dice.roll(3) == 0 { parentAddress = People.component }
        if parentIsComponent {
            parent = MachineParent(self, parentAddress, [""])
        } else if dice.roll(2) == 0 {
            parent = MachineParent(self, parentAddress, ["phone", "tablet"])
        } else {
            parent = HumanParent(self, parentAddress, ["phone", "tablet"])
        }
        add(parent)
        for (i, neighbour) in People.neighbours.prefix(2 + dice.roll(3)).enumerated() {
            add(Friend(self, neighbour, i % 2 == 0 ? ["desk", "sofa"] : ["lab"], isMalicious: dice.roll(2) == 0))
        }
        for _ in 0..<dice.roll(4) {
            let address = dice.pick(People.attackers)
            guard !people.contains(where: { $0.address == address }) else { continue }
            let resource = dice.pick(["phone", "x", parentAddress, People.thing])
            add(Attacker(self, address, [address.contains("@") ? resource : ""]))
        }
        // Some have been friends for long.
        if parent is HumanParent || !parentIsComponent && dice.roll(4) > 0 { befriend(parentAddress) }
        for friend in friends where parent.friends.contains(friend.address) && dice.roll(2) == 0 { befriend(friend.address) }
        for person in people where dice.roll(3) > 0 { person.logIn(person.resources[0]) }
    }

    private func befriend(_ address: String) {
        network.member(People.thing).begin(.both, for: address)
        network.member(address).begin(.both, for: People.thing)
    }

    // MARK: The end

    override func calmDown() {
        for person in people { person.settle() }
        pass(16 * 60_000)
        guard device.isOnline else { return violation("the Thing is not online, though nothing hinders it") }
        parent.subscribe()
        pass(60_000)
        parent.repeatItself()
        pass(60_000)
        for friend in friends { friend.subscribe() }
        pass(35 * 60_000)
        judgeFriendships()
        parent.repeatItself()
        pass(4 * 60_000)
        for friend in friends { friend.readAtTheEnd() }
        pass(2 * 60_000)
        for friend in friends { judgeReading(friend) }
        for friend in friends {
            friend.writeAtTheEnd()
            pass(60_000)
            let allowed = parent.mayWrite(friend.address)
            if friend.writable != allowed { violation("\(friend.address) may set \(allowed.sorted()), and could set \(friend.writable.sorted())") }
        }
        if !oracle.unanswered.isEmpty { violation("requests without an answer: \(oracle.unanswered.keys.sorted())") }
        if oracle.openReadouts > 0 { violation("readouts without an end") }
    }

    private func judgeFriendships() {
        let items = network.member(People.thing).items
        if !parentIsComponent && items[parentAddress] != .both { violation("the parent is not a friend: \(String(describing: items[parentAddress]))") }
        for friend in friends {
            let item = items[friend.address] ?? Item()
            let wanted = parent.friends.contains(friend.address) ? Item.both : Item()
            if item != wanted { violation("with \(friend.address) it has come to \(item), instead of \(wanted)") }
        }
    }

    private func judgeReading(_ friend: Friend) {
        let allowed = parent.mayRead(friend.address)
        guard !allowed.isEmpty else {
            if friend.lastOutcome != "forbidden" || !friend.lastValues.isEmpty {
                violation("\(friend.address) may read nothing, and got \(friend.lastOutcome) \(friend.lastValues.sorted())")
            }
            return
        }
        if friend.lastOutcome != "done" || friend.lastValues != allowed {
            violation("\(friend.address) may read \(allowed.sorted()), and got \(friend.lastOutcome) \(friend.lastValues.sorted())")
        }
    }
}
