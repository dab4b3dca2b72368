import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// What the Thing and its registry say to each other (XEP-0347). The registry gives the Thing to
// whoever knows its tags and KEY; that it takes it away again, the owner has to confirm.

extension Core {
    // MARK: What we say

    /// Says what is open. True where something was said.
    mutating func runErrand(now: Instant) -> Bool {
        // Who nobody else may own has no business there, and who is not empty yet is not ready.
        guard isOwnable, !ownership.isEmptying else { return false }
        var hasKey = false
        if case .plain = ownership.key { hasKey = true }
        guard let errand = ownership.registry.errand(isOwned: ownership.isOwned, hasKey: hasKey, tags: tagsDigest, now: now) else {
            return false
        }
        let id = session.identifier()
        let registry = ownership.registry.address
        out.begin()
        out.put("<iq type='set'")
        out.put(attribute: "id", id.bytes)
        out.put(attribute: "to", registry.bytes)
        out.put("><")
        out.put(errand.word)
        out.put(" xmlns='urn:xmpp:iot:discovery'>")
        if errand != .unregister { putTags(withKey: errand == .register) }
        out.put("</")
        out.put(errand.word)
        out.put("></iq>")
        guard out.commit() else { return false }
        ownership.registry.asked(errand, id: id, now: now)
        ownership.changed = true
        return true
    }

    private mutating func putTags(withKey: Bool) {
        for i in tags.indices {
            out.put(tags.isNumeric(at: i) ? "<num" : "<str")
            out.put(attribute: "name", tags.name(at: i))
            out.put(attribute: "value", tags.value(at: i))
            out.put("/>")
        }
        guard withKey, case .plain(let key) = ownership.key else {
            // What it was claimed by is nobody's business any more (§3.13).
            return out.put("<str name='KEY' value=''/>")
        }
        out.put("<str name='KEY'")
        out.put(attribute: "value", key.bytes)
        out.put("/>")
    }

    // MARK: What it answers

    /// True where `iq` answers something we said to the registry.
    mutating func registryAnswered(_ iq: borrowing Element, now: Instant) -> Bool {
        guard let errand = ownership.registry.answered(by: iq) else { return false }
        ownership.changed = true
        guard iq.value("type", is: "result") else {
            let isUnknown = iq.child("error", Namespace.client)?.child("item-not-found", Namespace.stanzaErrors) != nil
            switch errand {
            case .unregister where isUnknown: ownership.registry.succeeded(.unregister, tags: tagsDigest, now: now)
            case .update where isUnknown:
                journal.log(.info, "the registry shows us to nobody")
                ownership.registry.removed()
            default:
                journal.log(.warning, "the registry refuses, and is asked again later:", iq.value("from"))
                ownership.registry.failed(now: now)
            }
            return true
        }
        ownership.registry.succeeded(errand, tags: tagsDigest, now: now)
        switch errand {
        case .register:
            if let claimed = iq.child("claimed", Registry.namespace) {
                if !give(claimed, now: now) { journal.log(.warning, "the registry names an owner who cannot be one") }
            } else {
                journal.log(.info, "registered, and waiting for an owner, at", iq.value("from"))
            }
        case .update:
            if iq.child("disowned", Registry.namespace) != nil { askWhetherDisowned(id: nil, now: now) }
        case .unregister: journal.log(.info, "the registry has forgotten us")
        }
        return true
    }

    // MARK: What it says

    /// A request of the discovery protocol. From anybody but our registry it is nothing we know.
    mutating func registrySays(_ iq: borrowing Element, _ payload: borrowing Element, now: Instant) {
        guard isOwnable, ownership.registry.isSpoken(by: iq) else {
            journal.log(.warning, "only our registry could say that, not", iq.value("from"))
            out.refuse(.serviceUnavailable, iq)
            return
        }
        switch payload.name {
        case "claimed":
            if give(payload, now: now) { out.acknowledge(iq) } else { out.refuse(StanzaError(.cancel, "not-allowed"), iq) }
        case "removed":
            guard ownership.registry.gave else {
                out.refuse(StanzaError(.cancel, "not-allowed"), iq)
                return
            }
            journal.log(.info, "the registry shows us to nobody any more")
            ownership.registry.removed()
            ownership.changed = true
            out.acknowledge(iq)
        case "disowned":
            guard ownership.isOwned, ownership.registry.gave, let id = Text<64>(iq.value("id")) else {
                out.refuse(StanzaError(.cancel, "not-allowed"), iq)
                return
            }
            // Nobody is there to say so; where somebody else decides for us, that is not known.
            if ownership.owner == parent.address && !parent.isOnline {
                out.refuse(StanzaError(.wait, "recipient-unavailable", "the owner is not here"), iq)
                return
            }
            askWhetherDisowned(id: id, now: now)
        default: out.refuse(.serviceUnavailable, iq)
        }
    }

    /// The registry says who claimed us. False where that cannot be.
    private mutating func give(_ claimed: borrowing Element, now: Instant) -> Bool {
        guard let jid = JID(claimed.value("jid")), mayOwn(jid.bare) else { return false }
        let isPublic = !(claimed.value("public", is: "false") || claimed.value("public", is: "0"))
        if ownership.isOwned {
            // Said again: our acknowledgement was lost, or he made up his mind.
            guard jid.bare == ownership.owner, ownership.registry.gave else { return false }
        } else {
            guard ownership.registry.mayGive else { return false }
            passOn(to: jid.bare, now: now)
        }
        ownership.registry.gave(isPublic: isPublic, now: now)
        ownership.changed = true
        return true
    }

    /// The owner is asked whether it is true. `id` is of the request that waits for it.
    private mutating func askWhetherDisowned(id: Text<64>?, now: Instant) {
        let deed: Unconfirmed.Deed = if let id { .registrysDisown(id: id) } else { .disown }
        let owner = ownership.owner
        journal.log(.info, "the registry says that we are given up: asking the owner", owner.bytes)
        askToConfirm(
            deed, "The registry says that you give me up.",
            for: id == nil ? Unconfirmed.patience : Unconfirmed.registrysPatience, to: JID(bare: owner), now: now)
    }
}

extension Registry.Errand {
    var word: StaticString {
        switch self {
        case .register: return "register"
        case .update: return "update"
        case .unregister: return "unregister"
        }
    }
}
