import Fixed
import XML

/// Who the Thing is on its server, and what it may say to prove it.
public struct Account: Sendable {
    public var address: BareJID
    public var resource: JID.Resource
    public var password: Text<128>
    /// PLAIN may be used, inside TLS alone, where nothing better is offered.
    public var allowsPlain: Bool

    public init(address: BareJID, resource: JID.Resource, password: Text<128>, allowsPlain: Bool) {
        self.address = address
        self.resource = resource
        self.password = password
        self.allowsPlain = allowsPlain
    }
}

/// What was learnt about logging in, kept across restarts.
public struct Credentials: Sendable {
    /// The strongest mechanism that ever succeeded: nothing weaker is used again.
    public var strongest: Mechanism?
    public var keys: SaltedKeys?

    public init() {}
}

/// Brings a stream from its first byte to a bound resource (RFC 6120 §4–§7):
/// STARTTLS, SASL, resource binding. One state at a time, each with its deadline;
/// a server that falls silent in any of them is given up.
public struct Session<Crypto: Cryptography>: ~Copyable {
    private enum State {
        case idle
        /// The stream element was sent; the server's is awaited.
        case opening
        case awaitingFeatures
        case awaitingProceed
        /// The platform is at work on TLS.
        case handshaking
        /// An account is being made, by whoever reads our elements.
        case registering
        case authenticating(Mechanism)
        /// The server's signature was verified; `success` is awaited.
        case proven(Mechanism)
        case binding
        case bound
    }

    /// What the Thing does next.
    public enum Action: Equatable {
        case none
        /// TLS is to be laid under the stream: nothing more is read before.
        case startTLS
        /// A fresh stream begins; the reader restarts.
        case restart
        /// Online as `address`.
        case bound
        /// The connection is of no use any more. Already logged.
        case giveUp
        /// As `giveUp`, and trying again is in vain: the password is wrong.
        case refused
        /// Not the session's: a stanza for the layers above.
        case stanza
        /// The stream is secure, and there is no account yet.
        case register
        /// Not the session's: an element for whoever makes the account.
        case registering
    }

    /// Steps of the negotiation must each come within this.
    public static var patience: Interval { .seconds(30) }

    private var state = State.idle
    private var deadline: Instant?
    private var secure = false
    private var authenticated = false
    private var binding = Text<36>()
    private var scram: SCRAM<Crypto>
    private var bindID = Text<24>()
    /// The full address the server bound.
    public private(set) var address = JID()
    /// Set where `credentials` changed and are worth keeping.
    public var learnt = false
    public var credentials = Credentials()
    /// The server announced roster versioning (RFC 6121 §2.6) on this stream.
    public private(set) var offersRosterVersions = false
    /// There is no account: the next streams are for making one (XEP-0077), and not for logging in.
    public var makesAccount = false

    public init() { scram = SCRAM(.scramSHA1, binding: .unavailable) }

    public var isBound: Bool {
        if case .bound = state { return true }
        return false
    }

    /// The server has not said a word of XMPP yet.
    public var awaitsStream: Bool {
        if case .opening = state { return true }
        return false
    }

    /// An account is being made.
    public var isRegistering: Bool {
        if case .registering = state { return true }
        return false
    }

    public static var notXMPP: StaticString { "what answers there is not an XMPP server" }

    /// TLS is up, and the domain's certificate was good.
    public var isSecure: Bool { secure }

    /// When the session wants to be polled.
    public var wake: Wake { deadline.map { .at($0) } ?? .onInput }

    /// The connection is up; `secure` where TLS already is.
    public mutating func open(_ account: borrowing Account, secure: Bool, out: inout Outbox, now: Instant) {
        self.secure = secure
        authenticated = false
        offersRosterVersions = false
        sendHeader(account, &out, now)
    }

    /// TLS is up, with the `tls-unique` of its handshake, empty where there is none.
    public mutating func secured(channelBinding: Span<UInt8>) {
        secure = true
        binding = Text(channelBinding) ?? Text()
    }

    /// The connection is gone.
    public mutating func close() {
        state = .idle
        deadline = nil
        secure = false
        authenticated = false
        binding = Text()
        scram = SCRAM(.scramSHA1, binding: .unavailable)
    }

    /// True once the server kept us waiting too long. To be asked when `wake` comes.
    public mutating func isOverdue(_ journal: inout Journal, now: Instant) -> Bool {
        guard let deadline, deadline <= now else { return false }
        self.deadline = nil
        journal.log(.warning, "the server stopped answering while we logged in")
        return true
    }

    private mutating func enter(_ next: State, _ now: Instant) {
        state = next
        if case .bound = next { deadline = nil } else { deadline = now + Self.patience }
    }

    @inline(never)
    private mutating func sendHeader(_ account: borrowing Account, _ out: inout Outbox, _ now: Instant) {
        out.begin()
        out.put("<?xml version='1.0'?><stream:stream xmlns='jabber:client' ")
        out.put("xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en'")
        out.put(attribute: "to", account.address.domain)
        // Who we are is nobody's business before TLS (RFC 6120 §4.7.1).
        if secure && !makesAccount { out.put(attribute: "from", account.address.bytes) }
        out.put(">")
        out.commit()
        enter(.opening, now)
    }

    /// The server's stream element arrived.
    public mutating func opened(_ root: borrowing Element, _ journal: inout Journal, now: Instant) -> Action {
        guard case .opening = state else { return .none }
        guard root.matches("stream", Namespace.stream), root.value("version").starts(with: "1.") else {
            journal.log(.warning, Self.notXMPP)
            return .giveUp
        }
        enter(.awaitingFeatures, now)
        return .none
    }

    /// A first-level element arrived.
    public mutating func process(
        _ element: borrowing Element, _ account: borrowing Account, out: inout Outbox,
        _ journal: inout Journal, now: Instant
    ) -> Action {
        switch state {
        case .bound: return .stanza
        case .registering: return .registering
        case .idle, .opening, .handshaking: return .none
        case .awaitingFeatures:
            guard element.matches("features", Namespace.stream) else { return unexpected(&journal) }
            return features(element, account, &out, &journal, now)
        case .awaitingProceed:
            guard element.matches("proceed", Namespace.tls) else {
                journal.log(.warning, "the server refuses to start TLS")
                return .giveUp
            }
            enter(.handshaking, now)
            return .startTLS
        case .authenticating(let mechanism), .proven(let mechanism):
            return authentication(element, mechanism, account, &out, &journal, now)
        case .binding: return bindResult(element, account, &journal, now)
        }
    }

    @inline(never)
    private func unexpected(_ journal: inout Journal) -> Action {
        journal.log(.warning, "the server said something out of turn while we logged in")
        return .giveUp
    }

    private mutating func features(
        _ features: borrowing Element, _ account: borrowing Account, _ out: inout Outbox,
        _ journal: inout Journal, _ now: Instant
    ) -> Action {
        guard secure else {
            guard features.child("starttls", Namespace.tls) != nil else {
                journal.log(.warning, "the server offers no TLS, so we do not log in")
                return .giveUp
            }
            out.begin()
            out.put("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            out.commit()
            enter(.awaitingProceed, now)
            return .none
        }
        guard authenticated else {
            if makesAccount {
                enter(.registering, now)
                return .register
            }
            return authenticate(features, account, &out, &journal, now)
        }
        guard features.child("bind", Namespace.bind) != nil else {
            journal.log(.warning, "the server offers no resource binding")
            return .giveUp
        }
        offersRosterVersions = features.child("ver", Namespace.rosterVersioning) != nil
        bindID = identifier()
        out.begin()
        out.put("<iq type='set'")
        out.put(attribute: "id", bindID.bytes)
        out.put("><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>")
        out.put(escaped: account.resource.bytes)
        out.put("</resource></bind></iq>")
        out.commit()
        enter(.binding, now)
        return .none
    }

    private mutating func authenticate(
        _ features: borrowing Element, _ account: borrowing Account, _ out: inout Outbox,
        _ journal: inout Journal, _ now: Instant
    ) -> Action {
        let allowsPlain = account.allowsPlain
        let canBind = !binding.isEmpty
        var best: Mechanism?
        var offersBinding = false
        if let mechanisms = features.child("mechanisms", Namespace.sasl) {
            var next = mechanisms.firstChild
            while let element = next {
                if element.name.equals("mechanism"), let offered = Mechanism(element.text.trimmed) {
                    if offered.bindsChannel { offersBinding = true }
                    let usable = offered.bindsChannel ? canBind : offered != .plain || allowsPlain
                    if usable { best = max(best ?? offered, offered) }
                }
                next = element.next(in: mechanisms)
            }
        }
        guard let mechanism = best else {
            journal.log(.error, "the server offers no way to log in that we may use")
            return .giveUp
        }
        if let strongest = credentials.strongest, mechanism < strongest {
            journal.log(.error, "the server offers only weaker ways to log in than before: refused")
            return .giveUp
        }
        if mechanism == .plain { return plain(account, &out, now) }
        let channel: SCRAM<Crypto>.Binding =
            mechanism.bindsChannel ? .unique(binding)
            : binding.isEmpty || offersBinding ? .unavailable : .unoffered
        scram = SCRAM(mechanism, binding: channel)
        var message = Text<512>()
        do throws(SCRAM<Crypto>.Failure) {
            try scram.start(user: account.address.local, to: &message)
        } catch {
            journal.log(.error, error.words)
            return .giveUp
        }
        out.begin()
        out.put("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='")
        out.put(mechanism.name)
        out.put("'>")
        Base64.encode(message.bytes, to: &out)
        out.put("</auth>")
        out.commit()
        enter(.authenticating(mechanism), now)
        return .none
    }

    /// RFC 4616, reached only inside TLS and by configuration.
    private mutating func plain(_ account: borrowing Account, _ out: inout Outbox, _ now: Instant) -> Action {
        var message = Text<512>()
        message.append(0)
        message.append(account.address.local)
        message.append(0)
        message.append(account.password.bytes)
        out.begin()
        out.put("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>")
        Base64.encode(message.bytes, to: &out)
        out.put("</auth>")
        out.commit()
        message.clear()
        enter(.proven(.plain), now)
        return .none
    }

    private mutating func authentication(
        _ element: borrowing Element, _ mechanism: Mechanism, _ account: borrowing Account,
        _ out: inout Outbox, _ journal: inout Journal, _ now: Instant
    ) -> Action {
        guard element.namespace.equals(Namespace.sasl) else { return unexpected(&journal) }
        if element.name.equals("failure") { return refused(element, mechanism, account, &out, &journal, now) }
        var data = Text<512>()
        let text = element.text
        guard text.equals("=") || Base64.decode(text, into: &data) else { return unexpected(&journal) }
        do throws(SCRAM<Crypto>.Failure) {
            switch state {
            case .authenticating where element.name.equals("challenge"):
                // The second challenge may already be the server's signature.
                if scram.keysToKeep != nil {
                    try scram.verify(data.bytes)
                    respond(Span(), &out)
                    enter(.proven(mechanism), now)
                    return .none
                }
                var message = Text<512>()
                try scram.respond(
                    to: data.bytes, password: account.password.bytes, kept: credentials.keys, into: &message)
                respond(message.bytes, &out)
                // Deriving keys may have taken long, and it was ours to take.
                enter(.authenticating(mechanism), now)
                return .none
            case .authenticating where element.name.equals("success"):
                try scram.verify(data.bytes)
            case .proven where element.name.equals("success"):
                break
            default:
                return unexpected(&journal)
            }
        } catch {
            journal.log(.error, error.words)
            return .giveUp
        }
        return succeeded(mechanism, account, &out, &journal, now)
    }

    private func respond(_ message: Span<UInt8>, _ out: inout Outbox) {
        out.begin()
        out.put("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>")
        Base64.encode(message, to: &out)
        out.put("</response>")
        out.commit()
    }

    private mutating func succeeded(
        _ mechanism: Mechanism, _ account: borrowing Account, _ out: inout Outbox,
        _ journal: inout Journal, _ now: Instant
    ) -> Action {
        journal.begin(.debug)
        journal.put("authenticated by ")
        journal.put(mechanism.name)
        journal.end()
        if credentials.strongest != mechanism {
            credentials.strongest = mechanism
            learnt = true
        }
        if mechanism != .plain, let keys = scram.keysToKeep {
            if credentials.keys?.clientKey != keys.clientKey || credentials.keys?.salt != keys.salt { learnt = true }
            credentials.keys = keys
        }
        authenticated = true
        sendHeader(account, &out, now)
        return .restart
    }

    private mutating func refused(
        _ element: borrowing Element, _ mechanism: Mechanism, _ account: borrowing Account,
        _ out: inout Outbox, _ journal: inout Journal, _ now: Instant
    ) -> Action {
        let wrong = element.child("not-authorized", Namespace.sasl) != nil
        if wrong && scram.usedKeptKeys {
            // The password may have been changed on both sides since the keys were kept.
            journal.log(.info, "the kept keys are not accepted: trying the password")
            credentials.keys = nil
            learnt = true
            return .giveUp
        }
        journal.begin(.error)
        journal.put("the server refuses our account or password")
        if let condition = element.firstChild {
            journal.put(": ")
            journal.put(quoted: condition.name)
        }
        journal.end()
        return wrong ? .refused : .giveUp
    }

    private mutating func bindResult(
        _ element: borrowing Element, _ account: borrowing Account, _ journal: inout Journal, _ now: Instant
    ) -> Action {
        guard element.name.equals("iq"), let id = element.attribute("id"), id.equals(bindID.bytes) else {
            return unexpected(&journal)
        }
        guard element.value("type", is: "result"),
            let bind = element.child("bind", Namespace.bind), let jid = bind.child("jid", Namespace.bind),
            let bound = JID(jid.text.trimmed), bound.bare == account.address, !bound.isBare
        else {
            journal.log(.warning, "the server does not let us have the resource", account.resource.bytes)
            return .giveUp
        }
        if bound.resource != account.resource {
            journal.log(.warning, "the server bound another resource than configured:", bound.resource.bytes)
        }
        address = bound
        enter(.bound, now)
        return .bound
    }

    /// An id that nobody can guess, 24 characters.
    public func identifier() -> Text<24> {
        var id = Text<24>()
        let random = Crypto.nonce()
        id.put(hex: random.bytes.extracting(first: 12))
        return id
    }
}
