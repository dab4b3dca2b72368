import Fixed
import XML
import XMPP

/// How a Thing stands with the registry where its owner may claim it (XEP-0347).
///
/// The registry is the one that the configuration names: the KEY is told to it, so it is never
/// one that was merely found. What it says counts from that very address alone.
public struct Registry: ~Copyable {
    private let place = InPlace()
    public static var namespace: StaticString { "urn:xmpp:iot:discovery" }
    /// How long it may take to answer.
    public static var patience: Interval { .seconds(30) }
    static var firstRetry: Interval { .minutes(1) }
    static var lastRetry: Interval { .minutes(60) }

    /// What it knows of us; kept in the state by these numbers.
    public enum Standing: UInt8, Sendable {
        /// Nothing, as far as we know.
        case unknown = 0
        /// We have told it our tags and KEY, or may have: it may say who claimed us.
        case registered = 1
        /// It gave us to our owner, and shows us to whoever looks for Things.
        case claimed = 2
        /// It gave us to our owner, and shows us to nobody.
        case hidden = 3
        /// We changed hands without it: what it knows is to be taken out first.
        case leaving = 4
    }

    /// What is to be said to it.
    public enum Errand: Equatable, Sendable {
        case register, update, unregister
    }

    private enum Step: Sendable {
        case idle
        /// Something is to be said from then on.
        case due(Instant)
        case asked(Errand, id: Text<24>, until: Instant)
    }

    /// Its address; empty for none. Of a state that was kept: whom we registered with.
    public private(set) var address = BareJID()
    public private(set) var standing = Standing.unknown
    /// Of the tags it knows.
    public private(set) var known = Text<8>()
    private var step = Step.idle
    private var patience = Registry.firstRetry

    public init() {}

    public var exists: Bool { !address.isEmpty }
    /// It may say that somebody claimed us.
    public var mayGive: Bool { standing == .registered }
    /// Our owner has us from it.
    public var gave: Bool { standing == .claimed || standing == .hidden }

    // MARK: What is to be said

    /// Something may have to be said now: asked far more often than what.
    public func isDue(now: Instant) -> Bool {
        if case .due(let from) = step { return from <= now && exists }
        return false
    }

    /// The configuration's registry. Another one than before knows nothing of us.
    public mutating func use(_ address: BareJID) {
        if address == self.address { return }
        self.address = address
        standing = .unknown
        known = Text()
        step = .idle
    }

    /// Online: what is open is said now.
    public mutating func begin(now: Instant) {
        patience = Self.firstRetry
        step = .due(now)
    }

    public mutating func forgetPresence() { step = .idle }

    /// What is to be said now, if anything; `asked` records that it was. `tags` is the digest of
    /// those of now.
    public mutating func errand(isOwned: Bool, hasKey: Bool, tags: Text<8>, now: Instant) -> Errand? {
        guard exists, case .due(let from) = step, from <= now else { return nil }
        let errand = wanted(isOwned: isOwned, hasKey: hasKey, tags: tags)
        if errand == nil { step = .idle }
        return errand
    }

    private func wanted(isOwned: Bool, hasKey: Bool, tags: Text<8>) -> Errand? {
        if standing == .leaving { return .unregister }
        if !isOwned { return hasKey ? .register : nil }
        return standing == .claimed && known != tags ? .update : nil
    }

    public mutating func asked(_ errand: Errand, id: Text<24>, now: Instant) {
        // From here on it may know us, whether its answer comes or not.
        if errand == .register { standing = .registered }
        step = .asked(errand, id: id, until: now + Self.patience)
    }

    /// When something is to be done.
    public var wake: Wake {
        switch step {
        case .idle: return .onInput
        case .due(let from): return exists ? .at(from) : .onInput
        case .asked(_, _, let until): return .at(until)
        }
    }

    /// Nobody answered in time: once more, later.
    public mutating func poll(now: Instant) {
        if case .asked(_, _, let until) = step, until <= now { postpone(now) }
    }

    private mutating func postpone(_ now: Instant) {
        step = .due(now + patience)
        patience = min(.milliseconds(patience.milliseconds &* 2), Self.lastRetry)
    }

    // MARK: What it says

    /// What `iq` answers, if it is the registry's answer to something we asked.
    public func answered(by iq: borrowing Element) -> Errand? {
        guard case .asked(let errand, let id, _) = step, iq.value("id").equals(id.bytes), isSpoken(by: iq) else { return nil }
        return errand
    }

    /// Said by the registry itself, letter for letter; not by a client of its address, nor by
    /// anything that looks like it.
    public func isSpoken(by stanza: borrowing Element) -> Bool {
        guard exists, let from = JID(stanza.value("from")) else { return false }
        return from.isBare && from.bare == address
    }

    /// The answer was good, or as good as that.
    public mutating func succeeded(_ errand: Errand, tags: Text<8>, now: Instant) {
        patience = Self.firstRetry
        step = .idle
        switch errand {
        case .register, .update: known = tags
        case .unregister:
            standing = .unknown
            known = Text()
            step = .due(now)
        }
    }

    /// It would not, or could not.
    public mutating func failed(now: Instant) { postpone(now) }

    /// It says that somebody claimed us.
    public mutating func gave(isPublic: Bool, now: Instant) {
        standing = isPublic ? .claimed : .hidden
        known = Text()
        step = .due(now)
    }

    /// Nobody looks us up there any more; our owner is who he was.
    public mutating func removed() {
        if gave { standing = .hidden }
        step = .idle
    }

    /// We have another account, of which it knows nothing.
    public mutating func forget() {
        standing = .unknown
        known = Text()
        step = .idle
    }

    /// We changed hands without it, or it has to be told anew.
    public mutating func leave(now: Instant) {
        if standing != .unknown { standing = .leaving }
        known = Text()
        patience = Self.firstRetry
        step = .due(now)
    }

    /// The tags changed, or something else that may concern it.
    public mutating func reconsider(now: Instant) {
        if case .idle = step { step = .due(now) }
    }

    /// Takes up what was kept. Another registry than the configured one is left where it is.
    public mutating func restore(_ standing: Standing, known: Text<8>, of address: BareJID) {
        guard address == self.address else { return }
        self.standing = standing
        self.known = known
    }
}
