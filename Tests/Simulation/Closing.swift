import Support

/// How each market ends: the faults stop, whoever owns the Thing gives it up, nothing of
/// him is left, the next one can have it, and he and his friends are strangers.
final class Closing {
    private let market: Market
    private var title: Title { market.notary.title }

    init(_ market: Market) { self.market = market }

    func run() {
        for person in market.people { person.settle() }
        market.pass(16 * 60_000)
        guard market.device.isOnline else { return market.violation("the Thing is not online, though nothing hinders it") }
        if title.owner.isEmpty {
            guard haveKey(), let key = market.lastKey else { return }
            claim(market.dice.pick(market.traders), key)
        }
        let last = title.owner
        guard market.violations.isEmpty, giveUp(last), haveKey(), let key = market.lastKey else { return }
        silence(sparing: nil)
        let roster = { [market] in market.network.member(People.thing).items.filter { $0.value.isListed } }
        guard until(30 * 60_000, { [self] in !title.isEmptying && roster().isEmpty }) else {
            return market.violation("the roster is never empty: \(roster().keys.sorted()), still to be emptied: \(title.isEmptying)")
        }
        market.pass(60_000)
        market.device.connection?.cut(deviceHears: 10, serverHears: 10)
        guard until(10 * 60_000, { [market] in market.device.isOnline }) else { return market.violation("the Thing does not come back") }
        market.pass(60_000)
        judgeRemains()
        guard market.violations.isEmpty else { return }
        market.say("== the next one ==")
        let buyers = market.traders.filter { $0.address != last }
        let buyer = market.dice.pick(buyers)
        claim(buyer, key)
        guard market.violations.isEmpty else { return }
        judgeStrangers(last, buyer, key)
    }

    /// Acts, and waits, until it is so; every half minute again.
    @discardableResult
    func until(_ limit: Int64, act: () -> Void = {}, _ isReached: () -> Bool) -> Bool {
        let end = market.now + limit
        while market.now < end, market.violations.isEmpty {
            if isReached() { return true }
            act()
            for _ in 0..<30 {
                market.pass(1_000)
                if isReached() { return true }
            }
        }
        return isReached()
    }

    private func silence(sparing one: Person?) {
        for person in market.people where person !== market.registry && person !== one {
            for resource in person.here { person.logOut(resource) }
        }
        market.pass(60_000)
    }

    func giveUp(_ owner: String) -> Bool {
        guard let trader = market.traders.first(where: { $0.address == owner }) else {
            market.violation("\(owner) has it, who never wanted it")
            return false
        }
        // More than the Thing has room for, as its server may have them.
        if market.dice.roll(4) == 0 {
            for i in 0..<(30 + market.dice.roll(60)) { market.network.member(People.thing).begin(.both, for: "crowd\(i)@far.example") }
        }
        // Of whoever speaks to it later it may know.
        silence(sparing: trader)
        if !trader.isHere { trader.logIn(trader.resources[0]) }
        var hasAsked = false
        let isDone = until(30 * 60_000, act: {
            if hasAsked { trader.confirmGivingUp() } else { trader.giveUp() }
            hasAsked.toggle()
        }, { title.owner.isEmpty })
        if !isDone { market.violation("\(owner) cannot give it up") }
        return isDone
    }

    /// Somebody knows the KEY; else it has to be reset.
    private func haveKey() -> Bool {
        market.pass(10_000)
        if market.lastKey != nil { return true }
        market.device.reset()
        market.pass(60_000)
        if market.lastKey == nil { market.violation("nobody knows the KEY, not even after a reset") }
        return market.lastKey != nil
    }

    /// Nothing says whose it was.
    private func judgeRemains() {
        for who in Fair.everybody + ["crowd"] {
            if let record = market.device.record, Self.place(of: who, in: record) != nil { market.violation("the record still names \(who)") }
            if market.device.memoryHolds(who) { market.violation("the memory still names \(who)") }
        }
        if title.memories > 0 || !title.contacts.isEmpty || !title.parent.isEmpty || !title.next.isEmpty {
            market.violation("the record still holds \(title)")
        }
    }

    static func place<Bytes: RandomAccessCollection<UInt8>>(of text: String, in bytes: Bytes) -> Bytes.Index? {
        let words = Array(text.utf8)
        guard let first = words.first, bytes.count >= words.count else { return nil }
        var rest = bytes[...]
        while let at = rest.firstIndex(of: first) {
            rest = rest[at...]
            if rest.starts(with: words) { return at }
            rest = rest.dropFirst()
        }
        return nil
    }

    func claim(_ buyer: Trader, _ key: String) {
        if !buyer.isHere { buyer.logIn(buyer.resources[0]) }
        market.registry?.logIn("")
        let way = market.dice.roll(market.registry?.knows(key) == true ? 3 : 2)
        // Whoever tried wrong KEYs before has to wait like everybody.
        let isDone = until(4 * 3_600_000, act: {
            switch way {
            case 0: buyer.claim(key)
            case 1: buyer.request(with: key)
            default: market.registry?.mine(buyer.address, key)
            }
        }, { title.owner == buyer.address })
        guard isDone else { return market.violation("\(buyer.address) has the KEY, and cannot have the Thing: way \(way), \(title)") }
        guard until(30 * 60_000, act: { buyer.befriendIt() }, { [market] in market.network.member(People.thing).items[buyer.address] == .both }) else {
            return market.violation("\(buyer.address) is the owner, and no friend")
        }
        guard until(10 * 60_000, act: { buyer.read() }, { buyer.values == Set(People.fields) }) else {
            return market.violation("\(buyer.address) owns it, and reads \(buyer.values.sorted())")
        }
    }

    /// Who had it, and who were his friends, get nothing; nor does the KEY claim again.
    private func judgeStrangers(_ last: String, _ owner: Trader, _ key: String) {
        let old = market.traders.first { $0.address == last }
        old?.logIn(old!.resources[0])
        for guest in market.guests { guest.logIn(guest.resources[0]) }
        market.pass(60_000)
        old?.claim(key)
        old?.read()
        for guest in market.guests { guest.readAtTheEnd() }
        market.pass(5 * 60_000)
        if let old, !old.values.isEmpty { market.violation("\(last), who gave it up, reads \(old.values)") }
        for guest in market.guests where !guest.lastValues.isEmpty { market.violation("\(guest.address), a friend of nobody's, reads \(guest.lastValues)") }
        if title.owner != owner.address { market.violation("the KEY claimed it again") }
    }
}
