import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// Presence and the roster: how strangers become friends, by the parent's leave,
// and how friends cease to be (RFC 6121 §2–§3).

extension Core {
    // MARK: The roster

    /// One item of the roster we asked for. True where it was that; it has been dealt with.
    mutating func rosterItem(_ iq: borrowing Element) -> Bool {
        guard let request = rosterRequest, iq.matches("iq", Namespace.client), isOwn(iq),
            iq.value("type", is: "result"), iq.value("id").equals(request.id.bytes),
            let query = iq.child("query", Namespace.roster), let item = query.firstChild
        else { return false }
        _ = roster.apply(item, parent: parent.address)
        return true
    }

    mutating func rosterAnswered(_ iq: borrowing Element, now: Instant) {
        rosterRequest = nil
        guard iq.value("type", is: "result") else {
            journal.log(.warning, "the server does not give us the roster")
            close(now: now)
            return
        }
        if let query = iq.child("query", Namespace.roster) {
            roster.endRenewal(version: query.value("ver"))
        } else {
            // An empty result: what we kept is what there is (RFC 6121 §2.6.3).
            roster.isCurrent = true
        }
        if roster.unplaced > 0 {
            journal.begin(.warning)
            journal.put("the roster is larger than our table; contacts left out: ")
            journal.put(decimal: roster.unplaced)
            journal.end()
        }
        if !status.hasBegun {
            status.begin(unclaimed: !parent.exists, now: now)
            sendPresence(parentAway: false, failing: nil)
            journal.log(.info, "online")
            if !parent.exists { journal.log(.info, "unclaimed: no parent, so no friends") }
            ownership.registry.begin(now: now)
        }
        if ownership.isEmptying {
            // Nobody of before is a friend any more, or will be.
            continueEmptying(isFresh: true, now: now)
        } else {
            completeFriendships()
        }
        if ownership.isEmptying { return }
        befriendMirrored()
        dropStrangers()
    }

    /// What a power cut may have left half done: our own request to the parent,
    /// and to those it has already allowed.
    mutating func completeFriendships() {
        if parent.exists && !parent.isComponent { subscribe(to: parent.address) }
        if isOwnable && ownership.isOwned && ownership.owner != parent.address { subscribe(to: ownership.owner) }
        guard parent.exists else { return }
        for i in roster.indices {
            if roster[i].isEnding {
                // Who asks anew meanwhile is a stranger, and waits for the parent's word.
                removeFromRoster(roster[i].address)
            } else if roster[i].subscription == .from {
                subscribe(to: roster[i].address)
            }
        }
    }

    /// RFC 6121 §2.1.6: from our server alone, one item, always answered.
    mutating func push(_ iq: borrowing Element, _ query: borrowing Element, now: Instant) {
        guard isOwn(iq) else {
            journal.log(.warning, "a forged roster push was refused, from", iq.value("from"))
            out.refuse(.serviceUnavailable, iq)
            return
        }
        guard query.name.equals("query"), let item = query.firstChild else {
            out.refuse(.badRequest, iq)
            return
        }
        if item.next(in: query) != nil {
            out.refuse(.badRequest, iq)
            return
        }
        let address = JID(item.value("jid"))?.bare ?? BareJID()
        let wasFriend = roster.subscription(of: address) == .both
        switch roster.apply(item, parent: parent.address) {
        case .malformed:
            out.refuse(.badRequest, iq)
            return
        case .updated:
            if !wasFriend && roster.subscription(of: address) == .both {
                journal.log(.info, "friends with", address.bytes)
            }
        case .removed:
            if wasFriend { journal.log(.info, "no longer friends with", address.bytes) }
            dropStrangers()
        case .full: journal.log(.warning, "no room in our roster for", address.bytes)
        case .none: break
        }
        if let version = query.attribute("ver") { roster.setVersion(version) }
        out.acknowledge(iq)
        continueEmptying(isFresh: false, now: now)
    }

    // MARK: Presence

    mutating func presence(_ presence: borrowing Element, now: Instant) {
        guard let from = JID(presence.value("from")), from.bare != account.address else { return }
        switch presence.value("type") {
        case "":
            clientSeen(from, now: now)
            available(from, presence, now: now)
        case "unavailable":
            clientGone(from, now: now)
            defer { clientLeft(from, now: now) }
            readouts.clientLeft(from)
            if parent.presence(from: from, available: false, priority: 0) == .left {
                journal.log(.info, "the parent is away")
                forgetTelling()
                petitions.parentReturned()
            }
        case "subscribe":
            if let words = presence.child("status", Namespace.client), claim(words.text, by: from.bare, now: now) { return }
            subscribeReceived(from.bare, now: now)
        case "unsubscribe":
            if friendship.withdraw(from.bare) { petitions.lapse(now: now) }
            ended(by: from.bare)
        case "unsubscribed": ended(by: from.bare)
        default: break
        }
    }

    private mutating func available(_ from: JID, _ presence: borrowing Element, now: Instant) {
        var priority = 0
        if let element = presence.child("priority", Namespace.client) {
            let text = element.text.trimmed
            let negative = text.starts(with: "-")
            priority = text.extracting(droppingFirst: negative ? 1 : 0).decimalNumber ?? 0
            if negative { priority = 0 &- priority }
        }
        if from.bare == parent.address && parent.isComponent {
            friendship.parentReturned(now: now)
            return
        }
        if parent.presence(from: from, available: true, priority: priority) == .arrived {
            journal.log(.info, "the parent is here")
            friendship.parentReturned(now: now)
        }
    }

    private mutating func subscribeReceived(_ address: BareJID, now: Instant) {
        if isOwner(address) {
            // Until nobody of before is left there are no friends; he is asked then, unasked.
            if !ownership.isEmptying { approve(address) }
            return
        }
        // Allowed before: said again, for whoever did not hear it.
        let standing = roster.subscription(of: address)
        if roster.isCurrent && (standing == .from || standing == .both) && !roster.isEnding(address) && parent.exists {
            approve(address)
            return
        }
        switch friendship.subscribeReceived(from: address, parent: parent, hasRoom: !roster.isFull, now: now) {
        case .approve:
            journal.log(.info, "the parent wants to be our friend:", address.bytes)
            approve(address)
        case .refuse:
            journal.log(.info, "unclaimed, so refused as a friend:", address.bytes)
            sendPresence("unsubscribed", to: address)
        case .wait:
            journal.log(.info, "would like to be a friend:", address.bytes)
            if !parent.isOnline { journal.log(.info, "the parent is away: the request waits") }
        case .waitsAlready: break
        case .full: putOff(address)
        }
    }

    /// Full is an ordinary answer: to be asked for again later.
    private mutating func putOff(_ address: BareJID) {
        journal.log(.warning, "no room for another friend:", address.bytes)
        out.begin()
        out.put("<presence type='error'")
        out.put(attribute: "to", address.bytes)
        out.put(">")
        StanzaError.resourceConstraint.write(to: &out)
        out.put("</presence>")
        out.commit()
    }

    /// The peer ended it, or would not begin: half a friendship is none.
    private mutating func ended(by address: BareJID) {
        guard roster.contains(address), !roster.isEnding(address) else { return }
        if isKept(address) {
            journal.log(.warning, address == parent.address ? "the parent has ended the friendship with us"
                : "the owner has ended the friendship with us")
            return
        }
        journal.log(.info, "ended the friendship with us:", address.bytes)
        unfriend(address)
    }

    @inline(never)
    mutating func sendPresence(_ type: StaticString, to address: BareJID) {
        out.begin()
        out.put("<presence type='")
        out.put(type)
        out.put("'")
        out.put(attribute: "to", address.bytes)
        out.put("/>")
        out.commit()
    }

    mutating func approve(_ address: BareJID) {
        sendPresence("subscribed", to: address)
        subscribe(to: address)
        roster.resume(address)
    }

    /// Asks to see the presence of `address`, unless we do or have asked.
    mutating func subscribe(to address: BareJID) {
        // What the server is about to remove is not there any more.
        if roster.isEnding(address) { return sendPresence("subscribe", to: address) }
        switch roster.subscription(of: address) {
        case .to, .both: return
        case .none, .from: if !roster.hasAsked(address) { sendPresence("subscribe", to: address) }
        }
    }

    /// Both ways at once, and out of the roster (RFC 6121 §2.5). Who is still
    /// waiting to be a friend is told no.
    @inline(never)
    mutating func unfriend(_ address: BareJID) {
        if friendship.withdraw(address) { sendPresence("unsubscribed", to: address) }
        guard roster.contains(address), !isKept(address) else { return }
        // At once, and even if the server never hears of it: it is told again after the next login.
        if let seal = roster.seal(of: address) { access.forget(seal) }
        roster.end(address)
        dropStrangers()
        removeFromRoster(address)
    }

    mutating func removeFromRoster(_ address: BareJID) {
        let id = session.identifier()
        out.begin()
        out.put("<iq type='set'")
        out.put(attribute: "id", id.bytes)
        out.put("><query xmlns='jabber:iq:roster'><item subscription='remove'")
        out.put(attribute: "jid", address.bytes)
        out.put("/></query></iq>")
        out.commit()
    }

    /// The parent wants us to ask for a friendship. False where that cannot be.
    @discardableResult
    mutating func befriend(_ address: BareJID) -> Bool {
        guard address != account.address, !address.isDomain, !roster.isFull || roster.contains(address) else {
            journal.log(.warning, "cannot befriend, though the parent wants it:", address.bytes)
            return false
        }
        journal.log(.info, "the parent wants us to befriend", address.bytes)
        subscribe(to: address)
        return true
    }

    // MARK: What the parent's clients are

    /// Asks a client of the parent whether it knows provisioning (XEP-0030).
    mutating func discover(_ client: JID, now: Instant) {
        let id = session.identifier()
        out.begin()
        out.put("<iq type='get'")
        out.put(attribute: "id", id.bytes)
        out.put(attribute: "to", client)
        out.put("><query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
        if out.commit() { parent.asked(client, id: id, now: now) }
    }

    /// One more of the parent's clients has said what it is, or has not.
    mutating func parentIsKnown(now: Instant) {
        switch parent.voice {
        case .service: journal.log(.info, "the parent is a service")
        case .person: journal.log(.info, "the parent is a person")
        case .unknown, .away: break
        }
        friendship.parentReturned(now: now)
        askUnsent(now: now)
    }

    // MARK: The parent's word on a stranger

    /// False where there was no room for the question.
    @discardableResult
    mutating func askFriend(_ stranger: BareJID, _ target: JID, now: Instant) -> Bool {
        let question = Question(id: session.identifier(), to: target, epoch: access.epoch, now: now)
        guard Provisioning.askFriend(stranger, question, to: &out) else { return false }
        friendship.asked(stranger, question)
        journal.log(.info, "asking the parent about", stranger.bytes)
        return true
    }

    /// True where `iq` answered a question about a stranger.
    mutating func friendAnswered(_ iq: borrowing Element, now: Instant) -> Bool {
        let deaf = Provisioning.isDeaf(iq)
        guard let outcome = friendship.answered(by: iq, deaf: false, now: now) else { return false }
        switch outcome {
        case .approve(let address): settleFriendship(address, yes: true)
        case .refuse(let address): settleFriendship(address, yes: false)
        case .undecided(let address):
            journal.log(.info, "no decision by the parent: the request waits:", address.bytes)
            guard deaf, let from = JID(iq.value("from")) else { break }
            parent.isDeaf(from)
            // Another of its clients may know more.
            if let other = parent.target, other != from { askFriend(address, other, now: now) }
        }
        return true
    }

    /// The parent has decided about a stranger. False where there is no room for another friend.
    @discardableResult
    mutating func settleFriendship(_ address: BareJID, yes: Bool) -> Bool {
        guard yes else {
            journal.log(.info, "the parent does not allow the friendship with", address.bytes)
            sendPresence("unsubscribed", to: address)
            unfriend(address)
            return true
        }
        journal.log(.info, "the parent allows the friendship with", address.bytes)
        // Others may have come in while it thought.
        if roster.isFull && !roster.contains(address) {
            putOff(address)
            return false
        }
        approve(address)
        return true
    }
}
