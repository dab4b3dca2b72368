import Support

/// One Thing's life, from the factory through several hands, with nothing to disturb it but
/// this: at one of the times when it keeps its record the power goes, before it is kept or
/// after, or it cannot be kept three times in a row. Wherever that is, the story goes on.
final class Resale: Market {
    private let fateThen: Fate
    private let when: Int
    /// Records that were to be kept until now.
    private(set) var saves = 0
    private lazy var closing = Closing(self)

    /// What happens to the record of that number; 0 for nothing.
    init(_ fate: Fate, at when: Int, registry: Bool, seed: UInt64, prints: Bool = false) {
        fateThen = fate
        self.when = when
        super.init(seed: seed, prints: prints, usesRegistry: registry)
        customs.isCalm = true
        customs.readsInBulk = true
    }

    /// Whoever was a friend until now speaks in one breath with the roster that still names him.
    override func changedHands() {
        guard notary.title.isEmptying, !notary.title.owner.isEmpty else { return }
        after(1) { [self] in device.sleep(10_000) }
        after(5_000) { [self] in
            for guest in guests where guest.isHere { guest.send(.message("chat", to: People.thing, "<body>hello</body>"), as: guest.here[0]) }
        }
    }

    override func fate(of record: [UInt8]) -> Fate {
        saves += 1
        let lasts = fateThen == .refused ? 3 : 1
        guard when > 0, saves >= when, saves < when + lasts else { return .kept }
        tally.add(fateThen == .refused ? .failedSaves : .cutsOfTitle)
        return fateThen
    }

    override func run() {
        enter()
        let key = Key.random(&dice)
        keepsPlainKey = usesRegistry
        device.record = Title.factory(key: key, isPlain: keepsPlainKey)
        open()
        know(key)
        for person in people { person.settle() }
        device.switchOn()
        tell()
        if violations.isEmpty { closing.run() }
        end()
    }

    private func tell() {
        let anna = traders[0], bert = traders[1], cleo = traders[2], gast = guests[0]
        pass(60_000)
        claim(anna)
        anna.isGenerous = true
        step("anna's friend reads", {
            anna.befriend(gast.address)
            anna.allow(gast.address)
            gast.subscribe()
            gast.readAtTheEnd()
        }, { !gast.lastValues.isEmpty })
        anna.isGenerous = false
        giveUp(anna)
        claim(bert)
        bert.isGenerous = true
        step("bert has a friend", {
            bert.befriend(gast.address)
            gast.subscribe()
        }, { [self] in network.member(People.thing).items[gast.address] == .both })
        bert.isGenerous = false
        step("bert gives it to cleo", {
            bert.pass(to: cleo.address)
            cleo.accept()
        }, { [self] in notary.title.owner == cleo.address })
        step("cleo is a friend", { cleo.befriendIt() }, { [self] in network.member(People.thing).items[cleo.address] == .both })
        step("cleo names a service", {
            cleo.name("")
            self.after(10_000) { if let number = cleo.numbers["parent"] { cleo.name(number) } }
        }, { [self] in notary.title.parent == Fair.service })
        pass(60_000)
        step("it is reset", { [self] in device.reset() }, { [self] in notary.title.owner.isEmpty })
        pass(120_000)
        guard violations.isEmpty, let registry else { return }
        guard let key = haveKey() else { return }
        step("it registers", { [self] in device.connection?.cut(deviceHears: 10, serverHears: 10) }, { registry.knows(key) })
        step("bert has it through the registry", { registry.mine(bert.address, key) }, { [self] in notary.title.owner == bert.address })
        step("bert is a friend", { bert.befriendIt() }, { [self] in network.member(People.thing).items[bert.address] == .both })
        step("bert gives it up there", {
            registry.disown(by: bert.address)
            self.after(10_000) { bert.confirmGivingUp() }
        }, { [self] in notary.title.owner.isEmpty })
        pass(60_000)
    }

    private func step(_ what: String, _ act: () -> Void, _ isReached: () -> Bool) {
        guard violations.isEmpty else { return }
        say("== \(what) ==")
        if !closing.until(60 * 60_000, act: act, isReached), violations.isEmpty { violation("it never comes to it that \(what): \(notary.title)") }
    }

    private func claim(_ buyer: Trader) {
        guard violations.isEmpty, let key = haveKey() else { return }
        say("== \(buyer.address) claims it ==")
        closing.claim(buyer, key)
    }

    private func giveUp(_ owner: Trader) {
        guard violations.isEmpty else { return }
        step("\(owner.address) gives it up", {
            owner.giveUp()
            self.after(10_000) { owner.confirmGivingUp() }
        }, { [self] in notary.title.owner.isEmpty })
        pass(60_000)
        for person in people { person.settle() }
    }

    /// Whoever gave it up was told it; else the Thing can still print it.
    private func haveKey() -> String? {
        if lastKey == nil {
            device.printSticker()
            pass(60_000)
        }
        if lastKey == nil { violation("the KEY was told to nobody, and is not to be had: \(notary.title)") }
        return lastKey
    }

    // MARK: All of them

    /// Every fate at every save; how many stories that were, and what was wrong with them.
    static func all(_ seed: UInt64) -> (stories: Int, failures: [String], tally: Tally) {
        var stories = 0, failures: [String] = [], tally = Tally()
        for usesRegistry in [false, true] {
            var saves = 1
            for (name, fate) in [("nothing", Fate.kept), ("a cut before", .cutBefore), ("a cut after", .cutAfter), ("a full disk at", .refused)] {
                for when in fate == .kept ? 0...0 : 1...saves {
                    Simulation.current = UInt64(stories)
                    Simulation.limit(60)
                    let world = Resale(fate, at: when, registry: usesRegistry, seed: seed)
                    world.run()
                    stories += 1
                    tally.add(world.tally)
                    if fate == .kept { saves = world.saves }
                    // What goes wrong by itself shows nothing about cuts.
                    if let first = world.violations.first {
                        failures.append("resale \(seed) \(usesRegistry ? "with" : "without") a registry, \(name) save \(when) of \(saves): \(first)")
                        if fate == .kept { return (stories, failures, tally) }
                    }
                }
            }
        }
        return (stories, failures, tally)
    }
}
