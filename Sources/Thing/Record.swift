import Access
import Fixed
import Ownership
import Readout
import XMPP

// What the Thing has learnt, as a record of bytes that outlives it: how to log
// in, who its friends are, what the parent said of each, and which numbers it was
// given to answer by. The platform keeps it whole or not at all; here
// each field is still read as if a stranger had written it.
//
//   "WARD" version(1), then fields: tag(1) length(2) bytes
//
// An account that the Thing made for itself comes first, so that what follows is known to be its own.
// Rules and answers stand behind the contact they are about. They are taken up only
// for the parent who gave them, and answers only for the fields that there were.

private enum Tag {
    static var account: UInt8 { 1 }
    static var mechanism: UInt8 { 2 }
    static var keys: UInt8 { 3 }
    static var rosterVersion: UInt8 { 4 }
    static var contact: UInt8 { 5 }
    static var parent: UInt8 { 6 }
    static var catalogue: UInt8 { 7 }
    static var rule: UInt8 { 8 }
    static var decision: UInt8 { 9 }
    static var petition: UInt8 { 10 }
    static var ownAccount: UInt8 { 11 }
    static var owner: UInt8 { 12 }
    static var delegate: UInt8 { 13 }
    static var key: UInt8 { 14 }
    static var failures: UInt8 { 15 }
    static var next: UInt8 { 16 }
    static var registry: UInt8 { 17 }
    static var emptying: UInt8 { 18 }
}

extension Core {
    var stateChanged: Bool {
        own.changed || session.learnt || roster.changed || access.changed || petitions.changed || ownership.changed
    }

    mutating func save(to sink: inout some ByteSink & ~Copyable) {
        sink.put("WARD\u{1}")
        if own.isOwn {
            var field = Text<322>()
            field.append(own.standing == .confirmed ? 1 : 0)
            field.append(UInt8(truncatingIfNeeded: account.password.count))
            field.append(account.password.bytes)
            field.append(account.address.bytes)
            put(Tag.ownAccount, field.bytes, to: &sink)
            field.clear()
        }
        // Before it has an account, a Thing has nothing by which its record could be told from another's.
        if own.isGiven || own.isOwn { put(Tag.account, account.address.bytes, to: &sink) }
        saveOwnership(to: &sink)
        if let strongest = session.credentials.strongest {
            var byte = Text<1>()
            byte.append(strongest.rawValue)
            put(Tag.mechanism, byte.bytes, to: &sink)
        }
        if let keys = session.credentials.keys {
            var field = Text<160>()
            field.append(keys.hash.rawValue)
            for i in 0..<4 { field.append(UInt8(truncatingIfNeeded: keys.iterations >> (24 &- 8 &* i))) }
            field.append(UInt8(keys.salt.count))
            field.append(keys.salt.bytes)
            field.append(keys.clientKey.bytes)
            field.append(keys.serverKey.bytes)
            put(Tag.keys, field.bytes, to: &sink)
            field.clear()
        }
        // Of an earlier owner nothing is written, not even what is still to be taken out.
        if !ownership.isEmptying { put(Tag.rosterVersion, roster.version.bytes, to: &sink) }
        put(Tag.parent, parent.address.bytes, to: &sink)
        let fingerprint = self.fingerprint
        put(Tag.catalogue, fingerprint.bytes, to: &sink)
        var number = Text<4>()
        for i in UInt32(0)..<4 { number.append(UInt8(truncatingIfNeeded: petitions.lastNumber >> (24 &- 8 &* i))) }
        put(Tag.petition, number.bytes, to: &sink)
        for i in roster.indices where !ownership.isEmptying {
            var field = Text<200>()
            field.append(roster[i].subscription.rawValue)
            field.append((roster[i].asked ? 1 : 0) | (roster[i].isEnding ? 2 : 0))
            field.append(roster[i].address.bytes)
            put(Tag.contact, field.bytes, to: &sink)
            saveMemory(of: roster[i].seal, to: &sink)
        }
        isKept()
    }

    /// What is there is what was kept.
    private mutating func isKept() {
        own.changed = false
        session.learnt = false
        roster.changed = false
        access.changed = false
        petitions.changed = false
        ownership.changed = false
        ownership.mustBeKept = false
    }

    /// Whose the Thing is. In front of the contacts: it says who the parent is.
    private func saveOwnership(to sink: inout some ByteSink & ~Copyable) {
        if ownership.isOwned { put(Tag.owner, ownership.owner.bytes, to: &sink) }
        if !ownership.delegate.isEmpty { put(Tag.delegate, ownership.delegate.bytes, to: &sink) }
        if !ownership.next.isEmpty { put(Tag.next, ownership.next.bytes, to: &sink) }
        var field = Text<33>()
        switch ownership.key {
        case .none: break
        case .digest(let digest):
            field.append(0)
            field.append(digest.bytes)
        case .plain(let key):
            field.append(1)
            field.append(key.bytes)
        }
        if !field.isEmpty { put(Tag.key, field.bytes, to: &sink) }
        field.clear()
        if ownership.lock.failures > 0 {
            var byte = Text<1>()
            byte.append(ownership.lock.failures)
            put(Tag.failures, byte.bytes, to: &sink)
        }
        if ownership.registry.standing != .unknown {
            var field = Text<201>()
            field.append(ownership.registry.standing.rawValue)
            let known = ownership.registry.known
            for i in 0..<8 { field.append(i < known.count ? known.bytes[i] : 0) }
            let address = ownership.registry.address
            field.append(address.bytes)
            put(Tag.registry, field.bytes, to: &sink)
        }
        if ownership.isEmptying { put(Tag.emptying, Span(), to: &sink) }
    }

    /// Takes up a field of `saveOwnership`. False where it is malformed.
    private mutating func readOwnership(_ tag: UInt8, _ field: Span<UInt8>, takingUp: Bool) -> Bool {
        switch tag {
        case Tag.owner, Tag.delegate, Tag.next:
            guard let address = BareJID(field), tag == Tag.delegate || !address.isDomain else { return false }
            guard takingUp else { return true }
            if tag == Tag.owner { ownership.restore(owner: address) }
            if tag == Tag.delegate { ownership.restore(delegate: address) }
            if tag == Tag.next { ownership.restore(next: address) }
            if !parentIsConfigured { parent.replace(ownership.parent) }
        case Tag.key:
            guard field.count > 0 else { return false }
            let rest = field.extracting(droppingFirst: 1)
            if field[0] == 0, rest.count == 32, let digest = Digest(rest) {
                if takingUp { ownership.restore(key: .digest(digest)) }
            } else if field[0] == 1, let key = ClaimKey(rest) {
                if takingUp { ownership.restore(key: .plain(key)) }
            } else {
                return false
            }
        case Tag.failures:
            guard field.count == 1 else { return false }
            if takingUp { ownership.restore(failures: field[0]) }
        case Tag.registry:
            guard field.count > 9, let standing = Registry.Standing(rawValue: field[0]),
                let address = BareJID(field.extracting(droppingFirst: 9)), let known = Text<8>(field.extracting(1..<9))
            else { return false }
            if takingUp { ownership.registry.restore(standing, known: known, of: address) }
        case Tag.emptying: if takingUp { ownership.restoreEmptying() }
        default: return false
        }
        return true
    }

    /// What the parent said of one friend.
    private func saveMemory(of seal: UInt32, to sink: inout some ByteSink & ~Copyable) {
        for i in access.ruleIndices where access.rule(i).seal == seal {
            var field = Text<66>()
            access.writeRule(i, to: &field)
            put(Tag.rule, field.bytes, to: &sink)
        }
        for i in access.decisionIndices where access.seal(ofDecision: i) == seal {
            var field = Text<69>()
            access.writeDecision(i, to: &field)
            put(Tag.decision, field.bytes, to: &sink)
        }
    }

    private var fingerprint: Text<8> {
        var text = Text<8>()
        let number = catalogue.fingerprint
        for i in 0..<UInt64(8) { text.append(UInt8(truncatingIfNeeded: number >> (8 &* i))) }
        return text
    }

    private func put(_ tag: UInt8, _ bytes: Span<UInt8>, to sink: inout some ByteSink & ~Copyable) {
        sink.put(tag)
        sink.put(UInt8(truncatingIfNeeded: bytes.count >> 8))
        sink.put(UInt8(truncatingIfNeeded: bytes.count))
        sink.put(bytes)
    }

    /// Looked through once before anything is taken up: a bad record changes nothing.
    mutating func restore(_ record: Span<UInt8>) -> Bool {
        guard read(record, takingUp: false), read(record, takingUp: true) else { return false }
        isKept()
        return true
    }

    private mutating func read(_ record: Span<UInt8>, takingUp: Bool) -> Bool {
        guard record.starts(with: "WARD\u{1}") else { return false }
        // A record that names no account is the factory's, which has a KEY; or that of a Thing which
        // has not made its account yet.
        var isOurs: Bool?
        var hasKey = false
        var ownAddress = record.extracting(first: 0)
        var isParents = false
        var isCatalogue = false
        var seal: UInt32?
        let fingerprint = self.fingerprint
        var at = 5
        while at < record.count {
            guard record.count &- at >= 3 else { return false }
            let length = Int(record[at &+ 1]) << 8 | Int(record[at &+ 2])
            guard length <= record.count &- at &- 3 else { return false }
            let field = record.extracting((at &+ 3)..<(at &+ 3 &+ length))
            switch record[at] {
            case Tag.ownAccount:
                guard length > 2, Int(field[1]) &+ 2 < length else { return false }
                let password = field.extracting(2..<(2 &+ Int(field[1])))
                ownAddress = field.extracting(droppingFirst: 2 &+ Int(field[1]))
                guard let address = BareJID(ownAddress), restoreAccount(address, password, isConfirmed: field[0] & 1 != 0, takingUp)
                else { return false }
            case Tag.account: isOurs = ownAddress.count > 0 ? field.equals(ownAddress) : field.equals(account.address.bytes)
            case Tag.mechanism:
                guard length == 1, let mechanism = Mechanism(rawValue: field[0]) else { return false }
                if takingUp { session.credentials.strongest = mechanism }
            case Tag.keys:
                guard let keys = SaltedKeys(record: field) else { return false }
                if takingUp { session.credentials.keys = keys }
            case Tag.rosterVersion: if takingUp { roster.setVersion(field) }
            case Tag.contact:
                guard length > 2, let subscription = Subscription(rawValue: field[0]),
                    let address = BareJID(field.extracting(droppingFirst: 2))
                else { return false }
                if takingUp {
                    roster.restore(Contact(address: address, subscription: subscription, asked: field[1] & 1 != 0, isEnding: field[1] & 2 != 0))
                }
                seal = takingUp ? roster.seal(of: address) : 0
            case Tag.parent: isParents = field.equals(parent.address.bytes)
            case Tag.catalogue: isCatalogue = field.equals(fingerprint.bytes)
            case Tag.petition:
                guard length == 4 else { return false }
                var number: UInt32 = 0
                for i in 0..<4 { number = number << 8 | UInt32(field[i]) }
                if takingUp { petitions.restore(lastNumber: number) }
            case Tag.rule:
                guard let seal, var rule = AccessTable.rule(from: field, for: seal) else { return false }
                if !rule.name.isEmpty { rule.fields = catalogue.fields(named: rule.name.bytes) }
                if takingUp && isParents { _ = access.add(rule, roster: roster) }
            case Tag.decision:
                guard let seal, length == 37 || length == AccessTable.decisionBytes else { return false }
                if takingUp && isParents && isCatalogue && !access.restoreDecision(field, for: seal) { return false }
            default:
                hasKey = hasKey || record[at] == Tag.key
                if !readOwnership(record[at], field, takingUp: takingUp) { return false }
            }
            at &+= 3 &+ length
        }
        return isOurs ?? (hasKey || !own.isGiven)
    }

    /// The account that an earlier run made; false where it is none, or is not in the domain where it should be.
    private mutating func restoreAccount(
        _ address: borrowing BareJID, _ password: Span<UInt8>, isConfirmed: Bool, _ takingUp: Bool
    ) -> Bool {
        guard !own.isGiven, !address.isDomain, password.count > 0, let password = Text<128>(password) else { return false }
        if !own.discovers {
            guard address.domain.equals(account.address.domain) else { return false }
        }
        if takingUp {
            account.address = copy address
            account.password = password
            own.standing = isConfirmed ? .confirmed : .chosen
        }
        return true
    }
}

extension SaltedKeys {
    /// hash(1) iterations(4) salt length(1) salt client-key server-key.
    fileprivate init?(record: Span<UInt8>) {
        guard record.count >= 6, let hash = Hash(rawValue: record[0]) else { return nil }
        var iterations = 0
        for i in 1...4 { iterations = iterations << 8 | Int(record[i]) }
        let saltCount = Int(record[5])
        guard record.count == 6 &+ saltCount &+ 2 &* hash.size, iterations > 0,
            let salt = Text<64>(record.extracting(6..<(6 &+ saltCount))),
            let clientKey = Digest(record.extracting((6 &+ saltCount)..<(6 &+ saltCount &+ hash.size))),
            let serverKey = Digest(record.extracting(droppingFirst: 6 &+ saltCount &+ hash.size))
        else { return nil }
        self.init(
            hash: hash, iterations: iterations, salt: salt, clientKey: clientKey, serverKey: serverKey)
    }
}
