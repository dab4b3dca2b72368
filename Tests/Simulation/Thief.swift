import Support

/// Somebody who wants what is not his: with KEYs that are spent, or nearly right, with the
/// words of registries and owners. Nothing he says gives a right to anything, unless he
/// comes by the very KEY.
final class Thief: Person {
    unowned let market: Market

    init(_ market: Market, _ address: String, _ resources: [String]) {
        self.market = market
        super.init(market, address, resources)
    }

    override func act() {
        guard isHere else { return logIn(resources[0]) }
        world.tally.add(.attacks)
        send(strike(), as: resources[0])
    }

    override func settle() { for resource in resources { logOut(resource) } }

    func strike() -> Stanza {
        let thing = People.thingJID, bare = People.thing
        func pick(_ words: [String]) -> String { world.dice.pick(words) }
        let somebody = pick([address, address] + Fair.traders)
        switch world.dice.roll(12) {
        case 0, 1, 2:
            let key = Key.written(badKey(), &world.dice)
            return .message(pick(["chat", "", "normal"]), to: pick([thing, bare]), "<body>claim \(key)</body>", .deed(.claim(key)))
        case 3:
            let key = Key.written(badKey(), &world.dice)
            var stanza = Stanza.presence("subscribe", to: bare, "<status>\(key)</status>")
            stanza.word = .deed(.claim(key))
            return stanza
        case 4:
            return .iq("set", id: newID(), to: thing, "<claimed xmlns='\(Space.discovery)' jid='\(escaped(somebody))' public='\(pick(["true", "false"]))'/>", .deed(.claimed(somebody)))
        case 5:
            let word = pick(["removed", "disowned"])
            return .iq("set", id: newID(), to: thing, "<\(word) xmlns='\(Space.discovery)'/>", .deed(.disowned))
        case 6:
            // As if it were the answer to what it told the registry.
            let id = world.dice.roll(2) == 0 ? world.overheardQuestion()?.id : nil
            return .iq("result", id: id ?? "\(world.dice.roll(40))", to: thing, "<claimed xmlns='\(Space.discovery)' jid='\(escaped(somebody))'/>", .deed(.registered(somebody)))
        case 7: return say("disown \(1_000 + world.dice.roll(9_000))", pick([thing, bare]))
        case 8: return .message("chat", to: pick([thing, bare]), "<body>accept</body>", .deed(.accept))
        case 9: return say(pick(["transfer \(address)", "parent \(address)", "befriend \(address)", "allow \(address) *", "claim", "claim 0000", "disown"]), bare)
        case 10: return .message("", to: bare, "<unfriend xmlns='\(Space.provisioning)' jid='\(escaped(somebody))'/>")
        default: return .iq("get", id: newID(), to: thing, "<req xmlns='\(Space.data)' seqnr='1' momentary='true'/>")
        }
    }

    private func say(_ words: String, _ to: String) -> Stanza { .message("chat", to: to, "<body>\(escaped(words))</body>") }

    /// What he found, guessed, or misread.
    private func badKey() -> String {
        switch world.dice.roll(4) {
        case 0: return Key.random(&world.dice)
        case 1: return market.lastKey.map { Key.nearly($0, &world.dice) } ?? Key.random(&world.dice)
        default: return market.spentKeys.randomElement(using: &world.dice) ?? Key.random(&world.dice)
        }
    }
}
