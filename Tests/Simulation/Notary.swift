import Foundation
import Support

/// Keeps the book of whose the Thing is, as far as the history allows it, and judges by
/// that what the Thing keeps and what it says. It knows the history from what the Thing
/// has read, and the Thing's own view from the records it keeps.
final class Notary: Judge {
    /// Why the Thing may belong to somebody else than before.
    private enum Ground {
        case claim(String, [UInt8])
        case registry(String)
        case named(String)
        case accepted(String)
        case disowned
        case parent(String)
        case reset
    }

    private unowned let world: Market
    /// By the record that was kept last.
    private(set) var title = Title()
    private var grounds: [Ground] = []
    /// Counts the owners there were, and the times without one.
    private var epoch = 0
    /// Whom the owner spoke for, and in which epoch.
    private var said: Set<String> = []
    /// Numbers the owner was told: for what, and when.
    private var numbers: [String: (number: String, time: Int64)] = [:]
    /// Every KEY there was; a new one is none of them.
    private var digests: Set<[UInt8]> = []
    private var plainKeys: [String] = []
    /// What was said, and has to be kept before it leaves.
    private var assertions: [(String, () -> Bool)] = []
    /// Requests we made of the registry, by id; and whether it knows the KEY there is now.
    private var registers: Set<String> = []
    private var registryKnows = false
    /// Requests that somebody made while he was entitled to an answer.
    private var asked: Set<String> = []
    /// While this lasts not even the right KEY counts.
    private var lockedUntil = Int64.min
    private var failures = 0

    init(world: Market) { self.world = world }

    // MARK: Who is who

    private var pendingOwners: [String] {
        grounds.compactMap { ground in
            switch ground {
            case .claim(let jid, _), .registry(let jid), .accepted(let jid): return jid
            default: return nil
            }
        }
    }

    private func isOwner(_ jid: String) -> Bool { !jid.isEmpty && (title.owner == jid || pendingOwners.contains(jid)) }

    /// Whoever may be a friend, and hear a value.
    private func isEntitled(_ jid: String) -> Bool {
        let who = account(of: jid)
        if isOwner(who) || who == title.parent && !who.isEmpty { return true }
        if grounds.contains(where: { if case .parent(who) = $0 { true } else { false } }) { return true }
        if said.contains("\(epoch) \(who)") || !grounds.isEmpty && said.contains("\(epoch + 1) \(who)") { return true }
        return title.parent == Fair.service && world.service.friends.contains(who)
    }

    private func isHome(_ jid: String) -> Bool { ["", People.thing, "home.example"].contains(jid) }

    // MARK: What the Thing has read

    func beginTurn() {}
    func measured(_ value: String, of field: String) {}
    func setting(_ name: String, to value: String, before: String) {}
    func failed(_ name: String, _ value: String) {}

    func read(_ stanza: Stanza, _ part: Part) {
        guard part != .losses else { return }
        if stanza.isRequest && isEntitled(stanza.from) { asked.insert("\(stanza.from) \(stanza.id)") }
        guard case .deed(let deed) = stanza.word else { return }
        let who = account(of: stanza.from)
        switch deed {
        case .claim(let text): claimed(text, by: who)
        case .claimed(let owner):
            guard stanza.from == Fair.registry, title.owner.isEmpty, registryKnows else { return }
            grounds.append(.registry(owner))
        case .registered(let owner):
            guard stanza.from == Fair.registry, title.owner.isEmpty, registers.contains(stanza.id), !owner.isEmpty else { return }
            grounds.append(.registry(owner))
        case .removed, .disowned: break
        case .disown(let number): if isOwner(who), isNumber(number, of: "disown", who) { grounds.append(.disowned) }
        case .transfer(let next): if isOwner(who), !next.isEmpty { grounds.append(.named(next)) }
        case .accept:
            let isNamed = title.next == who || grounds.contains { if case .named(who) = $0 { true } else { false } }
            if isNamed { grounds.append(.accepted(who)) }
        case .parent(let address, let number):
            if isOwner(who), isNumber(number, of: "parent \(address)", who) { grounds.append(.parent(address)) }
        case .befriend(let jid), .allow(let jid), .yes(let jid): speak(for: jid, by: who)
        }
    }

    private func speak(for jid: String, by who: String) {
        if title.owner == who { said.insert("\(epoch) \(jid)") }
        if pendingOwners.contains(who) { said.insert("\(epoch + 1) \(jid)") }
    }

    private func isNumber(_ number: String, of what: String, _ who: String) -> Bool {
        guard let told = numbers["\(what) \(who)"] else { return false }
        return told.number == number && told.time + 5 * 60_000 + 2_000 >= world.now
    }

    private func claimed(_ text: String, by who: String) {
        guard title.owner.isEmpty, who.contains("@"), let key = Key.canonical(text) else { return }
        let digest = Key.digest(key)
        guard lockedUntil <= world.now else { return world.tally.add(.claimsWhileLocked) }
        if digest == title.digest {
            grounds.append(.claim(who, digest))
            if !plainKeys.contains(key) { plainKeys.append(key) }
        } else {
            wrong()
        }
    }

    /// Five are free; then it is locked, twice as long each time.
    private func wrong() {
        world.tally.add(.wrongKeys)
        failures += 1
        lock()
    }

    private func lock() {
        if failures >= 5 { lockedUntil = world.now + min(Int64(60_000) << Int64(min(failures - 5, 6)), 3_600_000) }
    }

    // MARK: What it keeps

    func started(with record: [UInt8]?) {
        title = record.flatMap { Title($0) } ?? Title()
        if !title.digest.isEmpty { digests.insert(title.digest) }
        grounds = []
        numbers = [:]
        registryKnows = registryKnows && title.owner.isEmpty
        failures = title.failures
        lockedUntil = .min
        // How long it was off nobody knows.
        lock()
        streamEnded()
    }

    /// Somebody has the hardware in hands, and wants it as it came.
    func reset() { grounds.append(.reset) }

    private var isReset: Bool { grounds.contains { if case .reset = $0 { true } else { false } } }

    /// It could not be kept, and the Thing goes on: then nobody has it who did not have it before.
    func unkept(_ record: [UInt8]) {
        if let new = Title(record), new.owner != title.owner || new.owner.isEmpty && !title.digest.isEmpty && new.digest != title.digest {
            world.violation("it is \(name(new.owner)) without that being kept")
        }
        kept(record)
    }

    func kept(_ record: [UInt8]) {
        guard let new = Title(record) else { return world.violation("a record that cannot be read") }
        if isReset {
            if !new.owner.isEmpty || !new.parent.isEmpty || !new.next.isEmpty || new.memories > 0 || new.failures > 0 || !new.isEmptying || !new.contacts.isEmpty {
                world.violation("a reset leaves \(new)")
            }
            if new.digest.isEmpty || digests.contains(new.digest) { world.violation("a reset leaves the KEY that there was") }
            return begin(new)
        }
        if new.owner != title.owner { judgeOwner(new) } else { judgeRest(new) }
        if new.parent != title.parent && !new.parent.isEmpty && new.owner == title.owner {
            if !grounds.contains(where: { if case .parent(new.parent) = $0 { true } else { false } }) {
                world.violation("\(new.parent) is the parent, and its owner did not confirm that")
            }
            world.tally.add(.delegations)
        }
        if new.next != title.next && !new.next.isEmpty,
            !grounds.contains(where: { if case .named(new.next) = $0 { true } else { false } })
        {
            world.violation("\(new.next) is to be the next owner, and nobody named him")
        }
        if new.owner != title.owner { begin(new) } else { title = new }
        // What was read before is in the record, or nothing came of it.
        grounds = grounds.filter { if case .named = $0 { true } else { false } }
    }

    private func begin(_ new: Title) {
        epoch += 1
        title = new
        // Of what came in one go with it some was said before, and some behind it.
        failures = new.failures
        lockedUntil = .min
        lock()
        grounds = []
        // What the new one was asked in the same breath still holds.
        numbers = numbers.filter { !new.owner.isEmpty && $0.key.hasSuffix(" \(new.owner)") }
        registryKnows = false
        if !new.digest.isEmpty { digests.insert(new.digest) }
        world.changedHands()
    }

    private func judgeOwner(_ new: Title) {
        let old = title
        let isAllowed = grounds.contains { ground in
            switch ground {
            case .claim(let jid, let digest): return old.owner.isEmpty && jid == new.owner && digest != new.digest
            case .registry(let jid): return old.owner.isEmpty && jid == new.owner && new.isThroughRegistry
            case .accepted(let jid): return !old.owner.isEmpty && jid == new.owner
            case .disowned: return new.owner.isEmpty
            case .named, .parent, .reset: return false
            }
        }
        if !isAllowed { world.violation("it was \(name(old.owner)), and is \(name(new.owner)), without any right to it: \(grounds)") }
        if !new.digest.isEmpty && !(old.owner.isEmpty && new.digest == old.digest), digests.contains(new.digest) {
            world.violation("a KEY that was spent is valid again")
        }
        if old.owner.isEmpty { world.tally.add(new.isThroughRegistry ? .registryClaims : .claims) }
        if old.owner.isEmpty && new.digest == old.digest { world.violation("the KEY of \(new.owner)'s claim is not spent") }
        if !old.owner.isEmpty { judgeErasure(new, old) }
    }

    private func judgeErasure(_ new: Title, _ old: Title) {
        world.tally.add(new.owner.isEmpty ? .disownings : .transfers)
        if new.memories > 0 { world.violation("rules of \(old.owner) outlive his ownership") }
        if !new.parent.isEmpty || !new.next.isEmpty { world.violation("\(old.owner) gave it away, and his word stands: \(new)") }
        if new.owner.isEmpty && new.digest.isEmpty { world.violation("it is nobody's, and nobody can claim it") }
        if !old.contacts.isEmpty && !new.isEmptying && !new.contacts.isEmpty { world.violation("\(old.owner)'s friends stay: \(new.contacts)") }
    }

    private func judgeRest(_ new: Title) {
        if new.digest != title.digest {
            if !title.digest.isEmpty { world.violation("the KEY changed by itself") }
            if digests.contains(new.digest) { world.violation("a KEY that was spent is valid again") }
            digests.insert(new.digest)
        }
        if new.failures < title.failures { world.violation("wrong KEYs are forgotten: \(title.failures), then \(new.failures)") }
        if !new.owner.isEmpty && !new.digest.isEmpty { world.violation("it is \(new.owner)'s, and there is a KEY") }
        if new.owner.isEmpty && !new.isEmptying && !new.contacts.isEmpty { world.violation("it is nobody's, and has friends: \(new.contacts)") }
    }

    private func name(_ owner: String) -> String { owner.isEmpty ? "nobody's" : "\(owner)'s" }

    /// What left, left on the strength of what is kept.
    func sending() {
        if title.owner.isEmpty && failures > title.failures && title.failures < 255 { world.violation("\(failures) wrong KEYs, and \(title.failures) are kept") }
        for (what, holds) in assertions where !holds() { world.violation("said and not kept: \(what)") }
        assertions = []
    }

    func streamEnded() {
        assertions = []
        registers = []
        asked = []
    }

    // MARK: What it says

    func heard(_ utterance: Utterance) {
        guard let (node, text) = world.noted(utterance) else { return }
        let to = node.attributes["to"] ?? ""
        switch node.name {
        case "iq": iq(node, to, text)
        case "presence":
            let type = node.attributes["type"] ?? ""
            if ["subscribe", "subscribed"].contains(type), !isEntitled(to) { world.violation("\(to) is made a friend, and nobody wanted that: \(text)") }
            if !to.isEmpty, type.isEmpty, !isEntitled(to) { world.violation("presence for \(to), who is nobody to us") }
        case "message": message(node, to, text)
        default: break
        }
    }

    private func iq(_ node: Node, _ to: String, _ text: String) {
        guard node.attributes["type"] == "get" || node.attributes["type"] == "set" else {
            let key = "\(to) \(node.attributes["id"] ?? "")"
            let mayHear = isHome(to) || to == Fair.registry || isEntitled(to) || asked.contains(key)
            if node.attributes["type"] == "result" && !mayHear { world.violation("a result for \(to), who is nobody to us: \(text)") }
            return guardKeys(text)
        }
        if let register = node.child("register") { return registering(register, to, node.attributes["id"] ?? "", text) }
        guardKeys(text)
        if !isHome(to) && to != Fair.registry && !isEntitled(to) { world.violation("\(to), who is nobody to us, is asked: \(text)") }
    }

    private func registering(_ register: Node, _ to: String, _ id: String, _ text: String) {
        world.tally.add(.registrations)
        guard to == Fair.registry else { return world.violation("it registers with \(to): \(text)") }
        guard let key = register.children.first(where: { $0.attributes["name"] == "KEY" })?.attributes["value"] else {
            return world.violation("it registers without a KEY: \(text)")
        }
        registers.insert(id)
        world.overheard(id: id, about: Fair.registry, kind: "register")
        registryKnows = true
        if !plainKeys.contains(key) { plainKeys.append(key) }
        let digest = Key.digest(key)
        assertions.append(("that its KEY is that one", { [unowned self] in title.owner.isEmpty && title.digest == digest }))
    }

    private func message(_ node: Node, _ to: String, _ text: String) {
        if node.child("fields") != nil || node.child("failure") != nil {
            world.tally.add(.values)
            if !isEntitled(to) { world.violation("\(to) gets values, and nobody allowed it: \(text)") }
            if title.isEmptying { world.violation("\(to) gets values before those of before are gone: \(text)") }
        }
        guard let body = node.child("body")?.text else { return }
        let who = account(of: to)
        if let at = body.range(of: "I belong to ") {
            let heir = spelt(body[at.upperBound...].prefix { $0 != " " })
            assertions.append(("that it is \(heir)'s", { [unowned self] in title.owner == heir }))
        }
        if body.contains("I am yours now") {
            return assertions.append(("that it is \(who)'s", { [unowned self] in title.owner == who }))
        }
        if let key = Self.told(in: body) {
            if !plainKeys.contains(key) { plainKeys.append(key) }
            let digest = Key.digest(key)
            if digests.contains(digest) && digest != title.digest { world.violation("it tells a KEY that was spent: \(text)") }
            return assertions.append(("that it is nobody's", { [unowned self] in title.owner.isEmpty && title.digest == digest }))
        }
        guardKeys(text)
        if let number = Self.number(after: "disown ", in: body) { numbers["disown \(who)"] = (number, world.now) }
        for service in [Fair.service] + Fair.guests {
            guard let number = Self.number(after: "parent \(service) ", in: body) else { continue }
            numbers["parent \(service) \(who)"] = (number, world.now)
        }
        let isNamed = title.next == who || grounds.contains { if case .named(who) = $0 { true } else { false } }
        if !isEntitled(to) && !isNamed { world.violation("a message for \(to), who is nobody to us: \(text)") }
    }

    /// A KEY is told to the registry and to whoever gave the Thing away, and to nobody else.
    func guardKeys(_ text: String) {
        guard let key = plainKeys.last, title.owner.isEmpty, Key.digest(key) == title.digest else { return }
        if text.contains(key) || text.contains(Key.grouped(key)) { world.violation("the KEY is told: \(text)") }
    }

    /// "My new KEY, shown this once: XXXX-XXXX-…"
    static func told(in body: String) -> String? {
        guard let at = body.range(of: "shown this once: ") else { return nil }
        return Key.canonical(String(body[at.upperBound...].prefix(24)))
    }

    static func number(after words: String, in body: String) -> String? {
        var rest = body[...]
        while let at = rest.range(of: words) {
            let digits = rest[at.upperBound...].prefix { $0.isNumber }
            if digits.count == 4 { return String(digits) }
            rest = rest[at.upperBound...]
        }
        return nil
    }
}
