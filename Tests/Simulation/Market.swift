import Fixed
import Ownership
import Support
import Thing
import XMPP

/// Who is in the worlds where the Thing changes hands.
enum Fair {
    static let traders = ["anna@home.example", "bert@far.example", "cleo@near.example", "döra@far.example"]
    static let guests = ["gast@far.example", "hugo@near.example", "iris@home.example"]
    static let registry = "registry.home.example"
    static let service = "prov.home.example"
    static let thieves = [
        "eve@evil.example", "anna@home.example.evil.example", "anna@home.exampl", "xanna@home.example", "registry.home.example.evil.example",
        "xregistry.home.example", "registry@home.example", "home.example.evil.example",
    ]
    static var everybody: [String] { traders + guests + thieves + [service] }
}

/// A world in which the Thing is bought and sold: nobody has it without its KEY, or its
/// owner's word, and of an owner that was nothing stays.
class Market: World {
    private(set) lazy var notary = Notary(world: self)
    private(set) var registry: Registry?
    private(set) var service: ParentService!
    private(set) var traders: [Trader] = []
    private(set) var guests: [Friend] = []
    /// Every KEY that was ever printed or told.
    private var keys: [String] = []
    var keepsPlainKey = true
    let usesRegistry: Bool

    init(seed: UInt64, prints: Bool = false, usesRegistry: Bool? = nil) {
        var coin = Dice(seed: seed ^ 0xFA12)
        self.usesRegistry = usesRegistry ?? (coin.roll(2) == 0)
        super.init(seed: seed, prints: prints)
    }

    override var judge: any Judge { notary }
    override var identity: Identity {
        var tags = Tags()
        _ = tags.add("SN", Array("1234".utf8).span)
        _ = tags.add("MAN", Array("maker.example".utf8).span)
        return Identity(
            account: Identity.of(parent: "").account, parent: BareJID(),
            registry: usesRegistry ? BareJID(Array(Fair.registry.utf8).span)! : BareJID(), tags: tags, logLevel: .debug)
    }

    override func logged(_ line: Substring) { notary.guardKeys(String(line)) }

    // MARK: KEYs

    /// What there is to be had, once it is known.
    var lastKey: String? { keys.last { Key.digest($0) == notary.title.digest && notary.title.owner.isEmpty } }
    var spentKeys: [String] { keys.filter { $0 != lastKey } }

    /// Whoever has it now lets one or two others have it.
    func sell(_ key: String) {
        if !keys.contains(key) { keys.append(key) }
        guard !isCalm else { return }
        for _ in 0...dice.roll(2) {
            let buyer = dice.pick(traders)
            after(Int64(dice.roll(120_000))) { buyer.acquire(key) }
        }
    }

    func changedHands() {}

    override func isToBeReset() { notary.reset() }
    override func printed(_ sticker: String) {
        guard let line = sticker.split(separator: "\n").first(where: { $0.hasPrefix("KEY ") }), let key = Key.canonical(String(line.dropFirst(4))) else {
            return violation("a sticker without a KEY: \(sticker)")
        }
        sell(key)
    }

    // MARK: The beginning

    override func settleIn() {
        customs.history = 0
        // What comes in one breath is where one and the next owner are told apart.
        customs.readsInBulk = dice.roll(2) == 0
        keepsPlainKey = usesRegistry || dice.roll(2) == 0
        let key = Key.random(&dice)
        device.record = Title.factory(key: key, isPlain: keepsPlainKey)
        open()
        for _ in 0..<(1 + dice.roll(3)) {
            let address = dice.pick(Fair.thieves)
            if !people.contains(where: { $0.address == address }) { add(Thief(self, address, [address.contains("@") ? dice.pick(["phone", "ward"]) : ""])) }
        }
        sell(key)
        for person in people where dice.roll(3) > 0 { person.logIn(person.resources[0]) }
    }

    /// Those who are always there.
    func open() {
        service = ParentService(self, Fair.service, [""])
        add(service)
        if usesRegistry {
            let registry = Registry(self, Fair.registry, [""])
            self.registry = registry
            add(registry)
        }
        traders = Fair.traders.map { Trader(self, $0, ["phone", "desk"]) }
        guests = Fair.guests.map { Friend(self, $0, ["sofa"], isMalicious: false) }
        for person in traders + guests as [Person] { add(person) }
    }

    func know(_ key: String) { keys.append(key) }

    // MARK: Trouble

    override func fate(of record: [UInt8]) -> Fate {
        guard customs.cutsPower, !isCalm else { return .kept }
        // What it is all about is cut most.
        let isOfTitle = Title(record).map { ($0.owner, $0.parent, $0.digest) != (notary.title.owner, notary.title.parent, notary.title.digest) } ?? false
        guard dice.roll(isOfTitle ? 4 : 40) == 0 else { return .kept }
        if isOfTitle { tally.add(.cutsOfTitle) }
        if dice.roll(5) == 0 { tally.add(.failedSaves) ; return .refused }
        return dice.roll(2) == 0 ? .cutAfter : .cutBefore
    }

    override func trouble() {
        guard dice.roll(12) == 0 || lastKey == nil && notary.title.owner.isEmpty && dice.roll(3) == 0 else { return super.trouble() }
        // Somebody has it in hands.
        device.reset()
    }

    // MARK: The end

    override func calmDown() { Closing(self).run() }
}
