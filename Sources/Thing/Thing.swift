import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

/// A Thing on XMPP, without any input or output of its own: bytes go in, bytes
/// come out, time is an argument. It runs alike under a test's invented clock
/// and on a board.
///
/// The platform obeys `wish`, offers what it received, sends `outgoing`, calls
/// `poll` when its `Wake` says so, and drains `journal` to the log.
public struct Thing<Crypto: Cryptography>: ~Copyable {
    private var reader: Reader
    // Beside the reader, not around it: a stanza is read from one while it
    // changes the other.
    private var core: Core<Crypto>

    /// The firmware has one reader of streams, and so one Thing at a time: a second
    /// one is a programmer's error.
    public init(identity: borrowing Identity) {
        var salt: UInt = 0
        let random = Crypto.nonce()
        for i in 0..<MemoryLayout<UInt>.size { salt = salt << 8 | UInt(random.bytes[i]) }
        guard let reader = Reader(salt: salt) else { preconditionFailure("the one reader is in use") }
        self.reader = reader
        core = Core(identity)
    }

    // MARK: Whose it is

    /// To be called once, behind `restore`: a Thing that has no owner and no KEY makes itself one.
    public mutating func makeKey() { core.makeKey() }

    /// Nobody's Thing again, with a new KEY: owner, friends, rules and whatever was kept are gone;
    /// how to log in stays. What its server and registry know of them goes at the next login.
    public mutating func reset() { core.passOn(to: BareJID(), now: Instant(milliseconds: 0)) }

    /// Writes what stands on the sticker: both texts, and the KEY for people. False, and nothing,
    /// where the KEY is spent, or is not known here itself.
    public borrowing func writeSticker(to sink: inout some ByteSink & ~Copyable) -> Bool { core.writeSticker(to: &sink) }

    /// The KEY has been shown: it is kept as a digest from now on, unless a registry is to be told it.
    public mutating func keyWasShown() { core.keyWasShown() }

    /// Nobody may become the owner: the configuration says who the parent is.
    public var hasConfiguredParent: Bool { core.parentIsConfigured }

    /// The Thing has an owner.
    public var isOwned: Bool { core.ownership.isOwned }

    /// The Thing changed hands. Where that cannot be kept, the program must end without another
    /// byte sent: it then did not happen.
    public var mustBeKept: Bool { core.ownership.mustBeKept }

    // MARK: Before the first connection

    /// Adds a field to the catalogue. False where it is full or the name is taken.
    public mutating func declare(_ field: Field) -> Bool { core.catalogue.declare(field) }

    /// Makes a field of a friend one of this Thing's, on a node named as the friend; at most
    /// four, of accounts whose address has 64 bytes at most. False where that cannot be. To be
    /// called before `restore`.
    public mutating func declare(mirror friend: BareJID, field: Text<64>) -> Bool {
        core.declare(mirror: friend, field: field)
    }

    /// The fields declared.
    public var fieldCount: Int { core.catalogue.count }

    /// Keeps a history of the Thing's own fields from now on: a row of values every so many
    /// seconds, the latest `rows` of them or as many as there is room for
    /// (`History.capacity` values). To be called once all fields are declared; 0 for none.
    public mutating func keepHistory(every seconds: Int, rows: Int) { core.keepHistory(every: seconds, rows: rows) }

    /// Takes up what an earlier run kept by `saveState`. False, and nothing taken
    /// up, where the record is not understood or is another account's. To be called once
    /// all fields are declared: what the parent said is about them.
    public mutating func restore(_ record: Span<UInt8>) -> Bool { core.restore(record) }

    /// Something is to be kept by `saveState` before anything more is sent.
    public var stateChanged: Bool { core.stateChanged }

    /// Bytes of the longest record: every field of it at its longest, 32 contacts, all
    /// rules and answers.
    public static var recordBytes: Int { 14_082 }

    /// Writes what is to be kept; at most `recordBytes`.
    public mutating func saveState(to sink: inout some ByteSink & ~Copyable) { core.save(to: &sink) }

    /// What the wall clock shows at `instant`.
    public mutating func setWallClock(unixMilliseconds: Int64, at instant: Instant) {
        // Two clocks read one after the other differ by a little each time; what lies in
        // the past keeps its date all the same.
        let offset = unixMilliseconds &- instant.milliseconds
        if (offset &- core.wallOffset).magnitude >= 100 { core.wallOffset = offset }
    }

    /// Another configuration. Friends stay where the account does. The connection is made anew.
    public mutating func reconfigure(_ identity: borrowing Identity, now: Instant) {
        core.reconfigure(identity, now: now)
    }

    /// Other tags, told to whoever wants to know them; the connection stays.
    public mutating func retag(_ tags: borrowing Tags, now: Instant) { core.use(copy tags, now: now) }

    // MARK: An account of its own

    /// The domain whose server is to be connected to, and has to prove that it is that domain's; empty while
    /// `needsDomain`.
    public var domain: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { core.account.address.domain }
    }

    /// The domain is to be found before the platform connects: the configuration names none, and there is
    /// no account yet.
    public var needsDomain: Bool { core.account.address.isEmpty }

    /// The domain was found. False, and nothing changed, where it is no name of a domain in which an account
    /// could be. It is forgotten again where no server shows that it is that domain's.
    public mutating func found(domain: Span<UInt8>) -> Bool { core.found(domain: domain) }

    /// Said after each attempt to keep the state: whether what `saveState` wrote is on the medium.
    public mutating func stateKept(_ isKept: Bool) { core.own.isUnkept = !isKept }

    // MARK: The connection

    public var wish: Wish { core.wish }

    /// It is logged in, and its friends can see it.
    public var isOnline: Bool { core.isOnline }

    /// Where the server wants us to connect next (RFC 6120 §4.9.3.19), `host` or
    /// `host:port`; empty for the configured way. The certificate asked for stays the domain's.
    public var redirection: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { core.redirection.bytes }
    }

    /// The platform took up the wish to connect.
    public mutating func connecting() {
        if case .wanted = core.link { core.link = .connecting }
    }

    /// There is a network, or one again: who only waits for the next attempt need not. Once for each time, and not where a server
    /// asked for more patience than that.
    public mutating func networkAppeared(now: Instant) {
        if case .offline(let until) = core.link, until < now + Backoff.longest { core.link = .offline(until: now) }
    }

    /// The connection is up; `secure` where TLS already is, `secured` having been called.
    public mutating func connected(secure: Bool, now: Instant) {
        reader.restart()
        core.connected(secure: secure, now: now)
    }

    /// TLS is up, with its `tls-unique` (RFC 5929 §3), empty where there is none.
    /// After `startTLS` the stream begins anew.
    public mutating func secured(channelBinding: Span<UInt8>, now: Instant) {
        if core.secured(channelBinding: channelBinding, now: now) { reader.restart() }
    }

    /// The connection is gone, or could not be had.
    public mutating func disconnected(_ why: Disconnection, now: Instant) { core.disconnected(why, now: now) }

    /// Takes plaintext from the server. Answers how many bytes: fewer than were
    /// given where there is no room for answers, or the connection changes; what
    /// is left is to be offered again once `outgoing` was sent.
    public mutating func receive(_ bytes: Span<UInt8>, now: Instant) -> Int {
        Self.receive(bytes, &reader, &core, now: now)
    }

    private static func receive(
        _ bytes: Span<UInt8>, _ reader: inout Reader, _ core: inout Core<Crypto>, now: Instant
    ) -> Int {
        var taken = 0
        while taken < bytes.count && core.acceptsInput {
            let (count, event) = reader.read(bytes.extracting(droppingFirst: taken))
            taken &+= count
            core.heard(now: now)
            switch dispatch(event, reader, &core, now: now) {
            case .none: break
            case .dropItem: reader.dropItem()
            case .restart: reader.restart()
            }
            reader.itemwise = core.awaitsRoster
        }
        if taken < bytes.count {
            core.plaintextArrived(now: now)
            if core.discardsInput { taken = bytes.count }
        }
        core.pump(now: now)
        return taken
    }

    /// What the reader is to do after an event was dealt with.
    private enum Then { case none, dropItem, restart }

    private static func dispatch(
        _ event: Reader.Event, _ reader: borrowing Reader, _ core: inout Core<Crypto>, now: Instant
    ) -> Then {
        switch event {
        case .more: break
        case .opened:
            if let root = reader.root { core.opened(root, now: now) }
        case .item:
            if let root = reader.root, core.rosterItem(root) { return .dropItem }
        case .stanza:
            guard let root = reader.root else { break }
            if core.process(root, now: now) == .restart { return .restart }
        case .oversize:
            if let root = reader.root { core.oversize(root) } else { core.oversize() }
        case .closed: core.closedByServer(now: now)
        case .failed(let fault): core.streamFault(fault, now: now)
        }
        return .none
    }

    /// Plaintext to send.
    public var outgoing: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { core.out.bytes }
    }

    /// The first `count` bytes of `outgoing` are on their way.
    public mutating func transmitted(_ count: Int) { core.out.take(count) }

    /// Does what is due, and says when to be called again.
    public mutating func poll(now: Instant) -> Wake {
        core.poll(now: now)
    }

    /// Says goodbye; the wish to exit follows.
    public mutating func stop(now: Instant) { core.stop(now: now) }

    // MARK: Sensors

    /// The fields to be read now, each to be answered by `sampled`; empty for none.
    public mutating func takeSampleRequest(now: Instant) -> FieldSet {
        core.takeSampleRequest(now: now).union(core.writes.takeRequest())
    }

    public mutating func sampled(_ index: Int, _ reading: Reading, now: Instant) {
        core.sampled(index, reading, now: now)
    }

    /// A field may have changed by itself: who is to be told of its changes is told now, as
    /// soon as his subscription allows.
    public mutating func changed(_ index: Int, now: Instant) { core.events.changed(index, now: now) }

    // MARK: Outputs

    /// The output to be set now, to be answered by `written`; nil for none. There is one
    /// at a time: the next comes once this one was answered.
    public mutating func takeWriteRequest(now: Instant) -> WriteRequest? { core.writes.order.take(now: now) }

    /// The output was set, or why not. Once for each request that was taken.
    public mutating func written(_ index: Int, _ failure: Failure?, now: Instant) {
        core.written(index, failure, now: now)
    }

    // MARK: Telling

    public var journal: Journal {
        @inline(__always) _read { yield core.journal }
        @inline(__always) _modify { yield &core.journal }
    }

    /// The most memory that reading XML ever took, and what it has, in bytes.
    public var readerMemory: (peak: Int, size: Int) { reader.memory }
}
