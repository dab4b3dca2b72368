import Fixed
import Linux
import TLS
import Thing
import XMPP

extension Configuration {
    /// What the Thing is told of itself.
    var identity: Identity {
        Identity(
            account: Account(address: jid, resource: resource, password: password, allowsPlain: allowPlain),
            parent: parent, logLevel: log)
    }

    /// Loads the configuration and the authorities it names; nil where there was a mistake,
    /// each of which is on standard error by then.
    static func loadAll(_ path: Path, needsSecrets: Bool = true) -> (Configuration, authorities: Digest)? {
        var journal = Journal()
        let loaded = load(path.bytes, needsSecrets: needsSecrets, through: &block) {
            $0.log(to: &journal, file: path.bytes)
            journal.drain()
        }
        guard let loaded else { return nil }
        guard needsSecrets else { return (loaded, Digest()) }
        if loaded.exposesPassword(in: path.bytes) {
            journal.log(.warning, "others can read this file, which holds the password:", path.bytes)
            journal.drain()
        }
        let (mistake, digest) = loaded.loadAuthorities(through: &block)
        if let mistake {
            mistake.log(to: &journal, file: path.bytes)
            journal.drain()
            return nil
        }
        return (loaded, digest)
    }

    /// Makes the file's authorities the trusted ones. The digest is the file's.
    private func loadAuthorities<let n: Int>(through block: inout Block<n>) -> (Mistake?, Digest) {
        block.wipe()
        defer { block.wipe() }
        if let kind = Self.read(authorities.bytes, into: &block, limit: n, secret: false) {
            return (mistake(kind, at: .ca, authorities.bytes), Digest())
        }
        switch TLS.Session.loadAuthorities(pem: block.bytes) {
        case .loaded: return (nil, MbedCryptography.digest(.sha256, of: block.bytes))
        case .empty: return (mistake(.noCertificate, at: .ca, authorities.bytes), Digest())
        case .unreadable, .partlyBad: return (mistake(.badCertificate, at: .ca, authorities.bytes), Digest())
        case .outOfMemory: return (mistake(.tooManyCertificates, at: .ca, authorities.bytes), Digest())
        }
    }
}

extension Program {
    /// Reads the configuration again (SIGHUP). Where it is not good, or the kernel or
    /// the state's directory objects, what was in force stays in force.
    mutating func reload(_ path: Path, now: Instant) {
        guard let (fresh, digest) = Configuration.loadAll(path) else {
            thing.journal.log(.warning, "the configuration stays as it was")
            return
        }
        if !fresh.sysfs.bytes.equals(configuration.sysfs.bytes) {
            thing.journal.log(.warning, "sysfs takes effect at the next start")
        }
        let old = configuration
        configuration = fresh
        if !fresh.state.bytes.equals(old.state.bytes), let mistake = openStore() {
            mistake.log(to: &thing.journal, file: path.bytes)
            configuration.state = old.state
            _ = openStore()
        }
        let changed = seal(digest)
        thing.journal.level = fresh.log
        thing.journal.log(.info, "the configuration was read again")
        guard changed else { return }
        thing.reconfigure(configuration.identity, now: now)
        configuration.password.clear()
    }

    /// Notes what the connection depends on, the password included, as a digest with a
    /// key of its own. True where it is not what it was.
    mutating func seal(_ authorities: Digest) -> Bool {
        let c = configuration
        var text = Text<2048>()
        text.append(authorities.bytes)
        text.put(counted: c.jid.bytes)
        text.put(counted: c.resource.bytes)
        text.put(counted: c.password.bytes)
        text.put(counted: c.parent.bytes)
        if let server = c.server { text.put(counted: server.host.bytes) }
        text.put(decimal: Int(c.server?.port ?? 0))
        text.append(c.directTLS ? "d" : "s")
        text.append(c.allowPlain ? "p" : "-")
        let sealed = MbedCryptography.authenticate(.sha256, key: key.bytes, text.bytes)
        text.clear()
        defer { fingerprint = sealed }
        return !sealed.bytes.equals(fingerprint.bytes)
    }
}

extension Text {
    /// Bytes with their number before them, so that neighbours cannot be mistaken.
    fileprivate mutating func put(counted bytes: Span<UInt8>) {
        put(decimal: bytes.count)
        append(0x20)
        append(bytes)
    }
}
