import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

/// All of the Thing but the reader of its stream, and the connection's life. What is due at which
/// time (`Due.swift`), and what stanzas do, stands in the files beside this one.
struct Core<Crypto: Cryptography>: ~Copyable {
    var account: Account
    var own: OwnAccount
    var registration = Registration()
    var session = Session<Crypto>()
    var roster = Roster()
    var parent: Parent
    /// The parent stands in the configuration: nobody can become the owner.
    var parentIsConfigured: Bool
    var ownership = Ownership()
    /// What the owner has to confirm.
    var unconfirmed: Unconfirmed?
    /// What the Thing is, for its registry and its sticker, and the digest of that.
    var tags: Tags
    var tagsDigest: Text<8>
    /// When the contacts of an earlier owner's are asked for again.
    var emptyingDue: Instant?
    /// Of a ping behind the message that showed the KEY.
    var keyShownID = Text<24>()
    var friendship = Friendship()
    var access = AccessTable()
    var consultations = Consultations()
    var tokens = TokenTrail()
    var petitions = Petitions()
    var courtesy = Courtesy()
    /// What is said back to a line of chat is not sent: enough was said in this minute.
    var isHushed = false
    var catalogue: Catalogue
    var readouts = Readouts()
    var events = Events()
    var mirrors = Mirrors()
    var eventLog = EventLog()
    /// The parent wants to be told of decisions.
    var logsToParent: Bool
    var writes = Writes()
    let disco: Disco

    var out = Outbox()
    var journal: Journal
    var link = Link.offline(until: Instant(milliseconds: .min))
    var backoff = Backoff()
    var keepalive = Keepalive()
    var status = Status()
    var redirection = Text<128>()
    /// The redirection is for the connection that comes next, and for that one alone.
    var redirectionIsNew = false
    var wallOffset: Int64 = 0

    /// The roster that was asked for.
    var rosterRequest: (id: Text<24>, deadline: Instant)?
    var pingID = Text<24>()
    /// When this session was bound; long enough ago, and the backoff starts afresh.
    var boundSince: Instant?

    /// Time online after which a lost connection is tried again at once.
    static var steady: Interval { .seconds(30) }
    /// The least wait after somebody else logged in as us.
    static var conflictWait: Interval { .minutes(2) }

    init(_ identity: borrowing Identity) {
        account = identity.account
        own = OwnAccount(identity.account.address)
        parent = Parent(identity.parent)
        parentIsConfigured = !identity.parent.isEmpty
        tags = identity.tags
        tagsDigest = Self.digest(of: identity.tags)
        ownership.registry.use(identity.registry)
        catalogue = Catalogue(node: identity.node)
        journal = Journal(level: identity.logLevel)
        logsToParent = identity.audit
        disco = Disco(Crypto.self)
    }

    static func digest(of tags: borrowing Tags) -> Text<8> {
        Text(Crypto.digest(.sha256, of: tags.bytes).bytes.extracting(first: 8)) ?? Text()
    }

    var isOnline: Bool { session.isBound && roster.isCurrent }
    var awaitsRoster: Bool { rosterRequest != nil }

    func wallTime(_ now: Instant) -> DateTime {
        DateTime(unixSeconds: (now.milliseconds &+ wallOffset) / 1000)
    }

    var acceptsInput: Bool {
        if case .up = link { return out.isReady }
        return false
    }

    /// What still comes is not looked at, but must not hold up the close.
    var discardsInput: Bool {
        if case .closing = link { return true }
        return false
    }

    /// RFC 6120 §5.4.3.3: between the agreement to TLS and its handshake the peer
    /// has nothing to say in the clear. What is there is an injection.
    mutating func plaintextArrived(now: Instant) {
        if case .securing = link { abandon(.plaintextAfterProceed, now: now) }
    }

    var wish: Wish {
        switch link {
        case .wanted: return .connect
        case .securing: return out.isEmpty ? .startTLS : .none
        case .closing: return .close
        case .ended(let reason): return .exit(reason)
        case .offline, .connecting, .up: return .none
        }
    }

    // MARK: The connection's life

    mutating func connected(secure: Bool, now: Instant) {
        // Whoever stopped, or was given another server, meanwhile is not brought back by it.
        switch link {
        case .connecting, .securing: link = .up
        case .offline, .wanted, .up, .closing, .ended: return
        }
        out.clear()
        keepalive.heard(now: now)
        session.makesAccount = own.isToBeMade
        session.open(account, secure: secure, out: &out, now: now)
    }

    /// True where a stream begins anew because of it.
    mutating func secured(channelBinding: Span<UInt8>, now: Instant) -> Bool {
        session.secured(channelBinding: channelBinding)
        guard case .securing = link else { return false }
        connected(secure: true, now: now)
        return true
    }

    mutating func heard(now: Instant) { keepalive.heard(now: now) }

    mutating func opened(_ root: borrowing Element, now: Instant) {
        if session.opened(root, &journal, now: now) == .giveUp { close(now: now) }
    }

    mutating func disconnected(_ why: Disconnection, now: Instant) {
        if case .ended = link { return }
        if case .closing = link {} else { journal.log(.warning, why.words) }
        if let boundSince, boundSince + Self.steady <= now { backoff.reset() }
        boundSince = nil
        if !redirectionIsNew { redirection = Text() }
        redirectionIsNew = false
        connectionEnded(wasSecure: session.isSecure)
        session.close()
        registration.close()
        rosterRequest = nil
        roster.isCurrent = false
        parent.forgetPresence()
        friendship.forgetQuestions(now: now)
        forgetTelling()
        consultations.removeAll()
        tokens.removeAll()
        unconfirmed = nil
        keyShownID = Text()
        emptyingDue = nil
        ownership.registry.forgetPresence()
        readouts.removeAll()
        strandWrites(now: now)
        events.forgetPresence()
        mirrors.forgetPresence(now: now)
        eventLog.giveUp()
        status = Status()
        out.clear()
        if let reason = exitReason { link = .ended(reason); return }
        let random = Crypto.nonce()
        let chance = UInt32(random.bytes[0]) << 16 | UInt32(random.bytes[1]) << 8 | UInt32(random.bytes[2])
        let next = own.next
        own.next = .asUsual
        if next == .atOnce {
            link = .offline(until: now)
            return
        }
        let delay = next == .later ? own.wait(chance: chance) : backoff.delay(chance: chance)
        journal.begin(.info)
        journal.put("trying again in ")
        journal.put(decimal: Int(delay.milliseconds))
        journal.put(" ms")
        journal.end()
        link = .offline(until: now + delay)
    }

    /// Set where the close under way is the last.
    var exitReason: ExitReason?

    /// Ends the stream in order; the platform closes once all was sent.
    mutating func close(now: Instant) {
        switch link {
        case .up:
            out.begin()
            out.put("</stream:stream>")
            out.commit()
            hangUp(now: now)
        // Between the stream in the clear and the one inside TLS there is none to end.
        case .securing: hangUp(now: now)
        case .offline, .wanted, .connecting, .closing, .ended: break
        }
    }

    /// What is waiting gets a moment to go out, then the platform closes.
    mutating func hangUp(now: Instant) { link = .closing(until: now + .seconds(5)) }

    /// Ends the connection without another word.
    mutating func abandon(_ why: Disconnection, now: Instant) {
        journal.log(.warning, why.words)
        out.clear()
        hangUp(now: now)
    }

    mutating func closedByServer(now: Instant) {
        journal.log(.info, "the server ended the stream")
        close(now: now)
    }

    mutating func streamFault(_ fault: Reader.Fault, now: Instant) {
        guard case .up = link else { return }
        if session.awaitsStream && fault == .notWellFormed {
            journal.log(.warning, Session<Crypto>.notXMPP)
        } else {
            journal.begin(.warning)
            journal.put("the server's stream cannot be read: ")
            journal.put(fault.condition)
            journal.end()
        }
        out.begin()
        out.put("<stream:error><")
        out.put(fault.condition)
        out.put(" xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
        out.commit()
        close(now: now)
    }

    mutating func stop(now: Instant) {
        // Credentials that were refused stay the reason.
        if exitReason == nil { exitReason = .stopped }
        switch link {
        case .up where session.isBound:
            out.begin()
            out.put("<presence type='unavailable'/>")
            out.commit()
            close(now: now)
        case .up: close(now: now)
        case .closing, .ended: break
        case .offline, .wanted, .connecting, .securing: link = .ended(.stopped)
        }
        journal.log(.info, "stopping")
    }

    mutating func reconfigure(_ identity: borrowing Identity, now: Instant) {
        let keepsAccount = self.keepsAccount(identity)
        if keepsAccount {
            account.resource = identity.account.resource
            account.allowsPlain = identity.account.allowsPlain
        } else if account.address != identity.account.address {
            roster.removeAll()
            events.removeAll()
            access.removeAll()
            session.credentials = Credentials()
            session.learnt = true
        } else if !account.password.bytes.equals(identity.account.password.bytes) {
            session.credentials.keys = nil
            session.learnt = true
        }
        if !keepsAccount {
            account = identity.account
            own = OwnAccount(identity.account.address)
        }
        own.refusals = 0
        own.next = .asUsual
        parentIsConfigured = !identity.parent.isEmpty
        replaceParent(parentIsConfigured ? identity.parent : ownership.parent, now: now)
        ownership.registry.use(identity.registry)
        use(identity.tags, now: now)
        journal.level = identity.logLevel
        logsToParent = identity.audit
        redirection = Text()
        backoff.reset()
        switch link {
        case .up, .securing: close(now: now)
        // What is on its way leads to the old server: the new account is not for it.
        case .connecting: hangUp(now: now)
        case .offline: link = .wanted
        case .wanted, .closing, .ended: break
        }
    }

    /// What the Thing is, from now on.
    mutating func use(_ tags: Tags, now: Instant) {
        self.tags = tags
        tagsDigest = Self.digest(of: tags)
        ownership.registry.reconsider(now: now)
    }
}
