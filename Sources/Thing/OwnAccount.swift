import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// A Thing without an account makes its own (XEP-0077). Name and password are kept before the
// server hears of them, so that a power cut leaves no account behind that nobody can log in to:
// what is chosen is tried again, and where the server then says that the name is taken, logging in
// tells whether that was us.
extension Core {
    /// The network named the domain in which the account is to be. False where that is no such name.
    mutating func found(domain: Span<UInt8>) -> Bool {
        guard account.address.isEmpty, domain.count <= OwnAccount.domainLimit, let address = BareJID(domain),
            address.isDomain, !address.isEmpty
        else { return false }
        account.address = address
        return true
    }

    /// The stream is secure, and waits for us to make the account.
    mutating func beginRegistration(now: Instant) {
        if own.standing == .none { chooseAccount() }
        // With the question the choice is kept: whether that went well is known once there is an answer.
        if own.standing != .chosen || !registration.ask(account.address.domain, id: session.identifier(), &out) {
            close(now: now)
        }
    }

    private mutating func chooseAccount() {
        var text = Text<192>()
        text.append(OwnAccount.name(Crypto.nonce()).bytes)
        text.append(0x40)
        guard text.append(account.address.domain), let address = BareJID(text.bytes) else { return }
        account.address = address
        account.password = OwnAccount.password(Crypto.nonce(), Crypto.nonce())
        session.credentials = Credentials()
        own.standing = .chosen
        own.changed = true
    }

    /// A first-level element of such a stream.
    mutating func register(_ element: borrowing Element, now: Instant) {
        if own.isUnkept && registration.isAsking {
            journal.log(.error, "no account is made, since it could not be kept")
            return refuseAccount(now: now)
        }
        switch registration.process(element, account, id: session.identifier(), &out, &journal) {
        case .none: break
        case .registered:
            journal.log(.info, "the server made our account:", account.address.bytes)
            confirmAccount()
            own.next = .atOnce
            close(now: now)
        case .conflict:
            journal.log(.info, "there is an account of the name we chose: logging in tells whether it is ours")
            own.standing = .inDoubt
            own.next = .atOnce
            close(now: now)
        case .refused: refuseAccount(now: now)
        }
    }

    /// We are logged in, or the server said that it made the account.
    mutating func confirmAccount() {
        own.refusals = 0
        guard own.isOwn, own.standing != .confirmed else { return }
        own.standing = .confirmed
        own.changed = true
    }

    /// No account this time: the server is left alone for a while.
    mutating func refuseAccount(now: Instant) {
        own.refusals = min(own.refusals &+ 1, 100)
        own.next = .later
        // Another network may know another domain.
        if own.discovers { forgetAccount() }
        close(now: now)
    }

    /// The server does not know the account or the password that we chose. A Thing that somebody owns stays
    /// with its account: whoever is its friend knows it by that. One that nobody owns yet may have been
    /// forgotten on a shelf, and makes another.
    mutating func ownAccountRefused(now: Instant) {
        own.refusals = min(own.refusals &+ 1, 100)
        own.next = .later
        if own.standing == .inDoubt {
            journal.log(.warning, "the account of the name we chose is not ours: another name is next")
            forgetAccount()
        } else if parent.exists || own.refusals < OwnAccount.patience {
            journal.log(.error, "the account that we made is refused, and we keep to it:", account.address.bytes)
        } else {
            journal.log(.error, "the account that we made is refused, and nobody owns us: we make another than", account.address.bytes)
            forgetAccount()
        }
        close(now: now)
    }

    /// As if there had never been an account.
    mutating func forgetAccount() {
        guard own.isOwn else {
            if own.discovers { account.address = BareJID() }
            return
        }
        own.standing = .none
        own.changed = true
        account.password.clear()
        session.credentials = Credentials()
        roster.removeAll()
        events.removeAll()
        access.removeAll()
        // The registry knows another than we are going to be.
        ownership.registry.forget()
        ownership.changed = true
        account.address = own.discovers ? BareJID() : BareJID(account.address.domain) ?? BareJID()
    }

    /// What was found is no good where no server shows that it is that domain's. Once a name is chosen there may be an
    /// account, which is not given up for a network that comes back later than we do.
    mutating func connectionEnded(wasSecure: Bool) {
        guard own.discovers, own.standing != .confirmed else { return }
        own.failures = wasSecure ? 0 : min(own.failures &+ 1, 100)
        if own.standing == .none && !wasSecure || own.failures >= OwnAccount.endurance {
            own.failures = 0
            forgetAccount()
        }
    }

    /// True where the account is the one that we made, and the configuration still wants us to have one there.
    func keepsAccount(_ identity: borrowing Identity) -> Bool {
        guard own.isOwn, identity.account.address.isDomain else { return false }
        if identity.account.address.isEmpty { return true }
        return identity.account.address.domain.equals(account.address.domain)
    }
}
