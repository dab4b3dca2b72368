import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// Whose the Thing is: how it is claimed, and how it changes hands. Whoever comes next finds
// nothing of whoever was before: not here, and not in the roster at the server.

extension Core {
    /// The Thing can have an owner at all: the configuration does not say who its parent is.
    var isOwnable: Bool { !parentIsConfigured }

    /// The owner's exact account. By its address alone, however the friendship with it stands.
    func isOwner(_ address: BareJID) -> Bool {
        isOwnable && ownership.isOwned && address == ownership.owner
    }

    /// Nobody's, and somebody may become its owner.
    var isUnclaimed: Bool { isOwnable && !ownership.isOwned }

    /// Nobody can end our friendship with these but themselves.
    func isKept(_ address: BareJID) -> Bool { address == parent.address || isOwner(address) }

    /// It can be an owner's: an account, and not our own.
    func mayOwn(_ address: BareJID) -> Bool { !address.isDomain && address != account.address }

    // MARK: Claiming

    /// Somebody says what may be the KEY. True where the Thing is his now. Everything else is
    /// the same to him: no KEY in it, a wrong one, or one that is not even looked at.
    mutating func claim(_ words: Span<UInt8>, by address: BareJID, now: Instant) -> Bool {
        guard isUnclaimed, mayOwn(address), let key = ClaimKey(in: words) else { return false }
        if ownership.lock.isOn(now: now) {
            journal.log(.debug, "no KEY is looked at for now, nor this one of", address.bytes)
            return false
        }
        guard ownership.key.matches(key, Crypto.self) else {
            ownership.keyFailed(now: now)
            journal.begin(.warning)
            journal.put("a wrong KEY, number ")
            journal.put(decimal: Int(ownership.lock.failures))
            if ownership.lock.isOn(now: now) {
                journal.put(", so for ")
                journal.put(decimal: Int(ownership.lock.period.milliseconds / 1_000))
                journal.put(" s none is looked at")
            }
            journal.put(", from ")
            journal.put(quoted: address.bytes)
            journal.end()
            return false
        }
        passOn(to: address, now: now)
        return true
    }

    // MARK: Changing hands

    /// The Thing is `owner`'s from now on, or nobody's where that is empty. To be kept before
    /// another byte leaves.
    @inline(never)
    mutating func passOn(to owner: BareJID, now: Instant) {
        journal.log(.info, owner.isEmpty ? "disowned: nobody's Thing now" : "owned now by", owner.bytes)
        ownership.pass(to: owner, key: owner.isEmpty && isOwnable ? .plain(ClaimKey(random: Crypto.self)) : .none)
        ownership.registry.leave(now: now)
        // A registry that waits for the owner's word is told that this was not by it.
        dropUnconfirmed()
        forgetEverybody(sparing: owner, now: now)
        parent.replace(ownership.parent)
        if session.isBound { requestRoster(now: now) }
    }

    /// Ends whatever is under way with anybody, and overwrites what is known of them.
    private mutating func forgetEverybody(sparing owner: BareJID, now: Instant) {
        endConsultations(now: now)
        for i in roster.indices { roster.end(roster[i].address) }
        dropStrangers()
        strandWrites(now: now)
        for i in 0..<friendship.count where friendship.address(i) != owner {
            let stranger = friendship.address(i)
            sendPresence("unsubscribed", to: stranger)
        }
        friendship.removeAll()
        roster.removeAll()
        access.removeAll()
        petitions.removeAll()
        tokens.removeAll()
        readouts.removeAll()
        readouts.forgetHistory()
        events.removeAll()
        mirrors.forgetPresence(now: now)
        eventLog.removeAll()
        courtesy.removeAll()
    }

    // MARK: An empty roster

    /// The next contact of an earlier owner's is taken out, while the roster is to be emptied. True where one was.
    mutating func emptyRoster() -> Bool {
        for i in roster.indices where !roster[i].isEnding {
            let address = roster[i].address
            // Both ways at once (RFC 6121 §2.5).
            roster.end(address)
            removeFromRoster(address)
            return true
        }
        return false
    }

    /// The roster came, or a contact went.
    mutating func continueEmptying(isFresh: Bool, now: Instant) {
        guard ownership.isEmptying, rosterRequest == nil else { return }
        emptyingDue = now + .minutes(1)
        guard roster.count == 0 else { return }
        // The table may be smaller than the roster: looked at until there is nothing.
        guard isFresh && roster.unplaced == 0 else { return requestRoster(now: now) }
        emptyingDue = nil
        ownership.emptied()
        roster.isToBeEmptied = false
        journal.log(.info, "the roster is empty: nobody of before is a friend")
        out.scrub()
        journal.scrub()
        welcomeOwner()
    }

    /// Contacts that were to go and did not are asked for again.
    mutating func pollEmptying(now: Instant) {
        guard ownership.isEmptying, rosterRequest == nil, let due = emptyingDue, due <= now else { return }
        requestRoster(now: now)
    }

    private mutating func welcomeOwner() {
        // A parent of the configuration's need not be told, but asked as after any login.
        guard isOwnable else { return completeFriendships() }
        guard ownership.isOwned else { return }
        let owner = ownership.owner
        approve(owner)
        say("I am yours now. Let us be friends: accept my request, and say # for what I do.", to: JID(bare: owner))
    }

    // MARK: The parent

    /// Somebody else decides for the Thing from now on.
    mutating func replaceParent(_ address: BareJID, now: Instant) {
        guard parent.address != address else { return }
        parent.replace(address)
        eventLog.removeAll()
        access.removeAll()
        friendship.forgetQuestions(now: now)
        petitions.removeAll()
        forgetTelling()
    }

    /// The owner names who decides in his place.
    mutating func delegate(to address: BareJID, now: Instant) {
        journal.log(.info, "the owner names as parent", address.bytes)
        ownership.delegate(to: address)
        replaceParent(address, now: now)
        if !parent.isComponent { subscribe(to: address) }
        // Whoever waits is asked about there.
        friendship.parentReturned(now: now)
    }

    // MARK: The KEY

    /// A Thing that could be claimed, and by no KEY that anybody knows, makes one.
    mutating func makeKey() {
        if isUnclaimed && !ownership.key.exists { ownership.keep(.plain(ClaimKey(random: Crypto.self))) }
    }

    /// The KEY has been seen by whom it is for. Nobody else needs it, unless there is a registry.
    mutating func keyWasShown() {
        guard !ownership.registry.exists, case .plain(let key) = ownership.key else { return }
        ownership.keep(.digest(key.digest(Crypto.self)))
    }

    /// Both texts of the sticker and the KEY in groups, a line each. False where the KEY is not known.
    func writeSticker(to sink: inout some ByteSink & ~Copyable) -> Bool {
        guard case .plain(let key) = ownership.key else { return false }
        Sticker.writeDisco(tags, key, to: &sink)
        sink.put("\n")
        Sticker.writeURI(tags, key, registry: ownership.registry.address, to: &sink)
        sink.put("\nKEY ")
        key.writeGroups(to: &sink)
        sink.put("\n")
        if own.isThere {
            sink.put("xmpp:")
            sink.put(account.address.bytes)
            sink.put("\n")
        }
        return true
    }

    /// The server answers once it has passed on all that was said before.
    mutating func confirmKeyShown() { keyShownID = ping() }
}
