import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// What an owner says of whose the Thing is, and what somebody says who would be its owner:
// `claim KEY`, `disown`, `transfer bob@example.org`, `accept`, `parent provisioning.example.org`.

/// What the owner, or the registry in his name, wants and has not confirmed yet. Not kept: who
/// is interrupted says it again.
struct Unconfirmed {
    /// How long a number holds.
    static var patience: Interval { .minutes(5) }
    /// How long the registry waits for the owner.
    static var registrysPatience: Interval { .minutes(2) }

    enum Deed {
        case disown
        /// The registry's request is answered once he has said so.
        case registrysDisown(id: Text<64>)
        case delegate(BareJID)
    }

    let deed: Deed
    /// Four digits, shown to the owner: it keeps him from mistakes, not others from his rights.
    let number: Int
    let until: Instant
}

extension Core {
    // MARK: Those who would be owners

    /// A line from anybody at all. True where it made him the owner.
    mutating func strangerSays(_ line: Span<UInt8>, _ from: JID, isDelayed: Bool, now: Instant) -> Bool {
        if isUnclaimed { return claim(line, by: from.bare, now: now) }
        guard isOwnable, !isDelayed, !ownership.next.isEmpty, from.bare == ownership.next, line.says("accept") else { return false }
        let old = ownership.owner
        beginWords(to: JID(bare: old))
        out.put("I belong to ")
        out.put(address: from.bare.bytes)
        out.put(" now. Farewell.")
        endWords()
        passOn(to: from.bare, now: now)
        return true
    }

    // MARK: The owner

    /// What the owner wants to become of the Thing. False where it is none of these words.
    mutating func ownersCommand(_ line: Span<UInt8>, _ from: JID, now: Instant) -> Bool {
        let verb = line.firstWord
        guard verb.says("disown") || verb.says("transfer") || verb.says("parent") else { return false }
        guard isOwner(from.bare) else {
            guard parentIsConfigured else { return false }
            say("Whose I am stands in my configuration, and is changed there.", to: from)
            return true
        }
        let rest = line.afterFirstWord
        if verb.says("disown") {
            disown(rest, from, now: now)
        } else if verb.says("transfer") {
            transfer(rest, from)
        } else {
            nameParent(rest, from, now: now)
        }
        return true
    }

    static var ownersHelp: StaticString {
        """

        parent service.example.org: who decides in your place
        transfer bob@example.org: gives me to him; disown: gives me up
        """
    }

    private mutating func disown(_ rest: Span<UInt8>, _ from: JID, now: Instant) {
        if rest.count > 0, let number = rest.decimalNumber, let deed = confirmed(number, now: now) {
            switch deed {
            case .disown:
                disown(telling: from, now: now)
                return
            case .registrysDisown(let id):
                disown(telling: from, now: now)
                let registry = ownership.registry.address
                out.acknowledge(id: id.bytes, to: registry.bytes)
                return
            case .delegate: break
            }
        }
        askToConfirm(.disown, "You would give me up.", for: Unconfirmed.patience, to: from, now: now)
    }

    /// Says what giving up means, and by which words it is done.
    mutating func askToConfirm(
        _ deed: Unconfirmed.Deed, _ why: StaticString, for time: Interval, to owner: JID, now: Instant
    ) {
        let number = awaitConfirmation(deed, for: time, now: now)
        beginWords(to: owner)
        out.put(why)
        out.put(" Your friends, what you said of them and all I have kept would be gone. If you mean it, say: disown ")
        out.put(decimal: number)
        endWords()
    }

    /// It is meant: the old owner is told the new KEY, this once.
    private mutating func disown(telling from: JID, now: Instant) {
        passOn(to: BareJID(), now: now)
        beginWords(to: from)
        putNewKey()
        endWords()
        confirmKeyShown()
    }

    mutating func putNewKey() {
        out.put("I am nobody's now. My new KEY, shown this once: ")
        if case .plain(let key) = ownership.key { key.writeGroups(to: &out) }
        out.put(" Whoever says it to me is my next owner.")
    }

    private mutating func transfer(_ rest: Span<UInt8>, _ from: JID) {
        if rest.count == 0 || rest.says("cancel") {
            let wasOffered = !ownership.next.isEmpty
            if wasOffered { ownership.offer(to: BareJID()) }
            say(wasOffered ? "Nobody is offered me any more. I stay yours."
                : "To whom? Say a whole address, as in: transfer bob@example.org", to: from)
            return
        }
        guard let next = BareJID(rest), offer(to: next) else {
            return say("I cannot. Say a whole address, as in: transfer bob@example.org", to: from)
        }
        beginWords(to: from)
        out.put("I have told ")
        out.put(address: next.bytes)
        out.put(". Once he says accept, I am his; until then I stay yours. To take it back, say: transfer cancel")
        endWords()
    }

    /// The Thing is offered to another. False where he cannot have it.
    mutating func offer(to next: BareJID) -> Bool {
        guard mayOwn(next), next != ownership.owner else { return false }
        journal.log(.info, "the owner would give us to", next.bytes)
        ownership.offer(to: next)
        let owner = ownership.owner
        beginWords(to: JID(bare: next))
        out.put(address: owner.bytes)
        out.put(" would give me to you. If you would be my owner, say: accept")
        endWords()
        return true
    }

    private mutating func nameParent(_ rest: Span<UInt8>, _ from: JID, now: Instant) {
        guard ownership.delegate.isEmpty else {
            beginWords(to: from)
            let parent = ownership.delegate
            out.put(address: parent.bytes)
            out.put(" decides for me, until you disown me.")
            endWords()
            return
        }
        guard let address = BareJID(rest.firstWord), mayDecide(address) else {
            return say("I cannot. Say a whole address, as in: parent service.example.org", to: from)
        }
        if let number = rest.afterFirstWord.decimalNumber, case .delegate(let meant)? = confirmed(number, now: now), meant == address {
            delegate(to: address, now: now)
            beginWords(to: from)
            out.put(address: address.bytes)
            out.put(" decides for me from now on.")
            endWords()
            return
        }
        let number = awaitConfirmation(.delegate(address), for: Unconfirmed.patience, now: now)
        beginWords(to: from)
        out.put(address: address.bytes)
        out.put(" would decide for me in your place, until you disown me. If you mean it, say: parent ")
        out.put(address: address.bytes)
        out.put(" ")
        out.put(decimal: number)
        endWords()
    }

    /// It can be the parent in the owner's place.
    func mayDecide(_ address: BareJID) -> Bool { address != ownership.owner && address != account.address }

    // MARK: Confirming

    /// The number by which the owner confirms.
    private mutating func awaitConfirmation(_ deed: Unconfirmed.Deed, for time: Interval, now: Instant) -> Int {
        dropUnconfirmed()
        let random = Crypto.nonce()
        let number = 1_000 &+ (Int(random.bytes[0]) << 8 | Int(random.bytes[1])) % 9_000
        unconfirmed = Unconfirmed(deed: deed, number: number, until: now + time)
        return number
    }

    /// What that number confirms, which is then done with.
    private mutating func confirmed(_ number: Int, now: Instant) -> Unconfirmed.Deed? {
        guard let wish = unconfirmed, wish.number == number, now < wish.until else { return nil }
        unconfirmed = nil
        return wish.deed
    }

    /// What was to be confirmed is not wanted any more. A registry that waits for it has waited in vain.
    mutating func dropUnconfirmed() {
        guard let wish = unconfirmed else { return }
        unconfirmed = nil
        guard case .registrysDisown(let id) = wish.deed else { return }
        let registry = ownership.registry.address
        out.refuse(StanzaError(.wait, "recipient-unavailable", "the owner has not confirmed it"), id: id.bytes, to: registry.bytes)
    }

    mutating func pollUnconfirmed(now: Instant) {
        guard let wish = unconfirmed, wish.until <= now else { return }
        dropUnconfirmed()
    }
}
