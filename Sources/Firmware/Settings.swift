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
            parent: parent, registry: registry, tags: tags, logLevel: log, audit: auditsToParent)
    }

    /// Loads the configuration and the authorities it names; false where there was a mistake,
    /// each of which is on standard error by then.
    @inline(never)
    mutating func loadAll(_ path: Path, needsSecrets: Bool = true) -> Bool {
        guard load(path.bytes, needsSecrets: needsSecrets, through: &block, report: { Firmware.say($0, of: path) })
        else { return false }
        add(Firmware.nameplate, through: &block)
        guard needsSecrets else { return true }
        if exposesPassword(in: path.bytes) {
            Firmware.say(.warning, "others can read this file, which holds the password:", path.bytes)
        }
        let kind = loadAuthorities(through: &block)
        block.wipe()
        guard let kind else { return true }
        Firmware.say(mistake(kind, at: .ca, authorities.bytes), of: path)
        return false
    }

    /// Makes the file's authorities the trusted ones.
    private mutating func loadAuthorities(through block: inout Block) -> Mistake.Kind? {
        if let kind = Self.read(authorities.bytes, into: &block, limit: Block.maximum, secret: false) { return kind }
        authoritiesDigest = MbedCryptography.digest(.sha256, of: block.bytes)
        switch TLS.Session.loadAuthorities(pem: block.bytes) {
        case .loaded: return nil
        case .empty: return .noCertificate
        case .unreadable, .partlyBad: return .badCertificate
        case .outOfMemory: return .tooManyCertificates
        }
    }

    /// True where a connection made for one serves the other too, but for the password. Other tags are told on it.
    func connects(as other: Configuration) -> Bool {
        jid == other.jid && resource == other.resource && parent == other.parent && registry == other.registry
            && server == other.server && directTLS == other.directTLS && allowPlain == other.allowPlain
            && authoritiesDigest == other.authoritiesDigest && auditsToParent == other.auditsToParent
    }
}

extension Program {
    /// Reads the configuration again (SIGHUP). Where it is not good, what was in force
    /// stays in force; so does the state's directory where the new one cannot be used.
    mutating func reload(_ path: Path, now: Instant) {
        var fresh = Configuration()
        guard fresh.loadAll(path) else {
            thing.journal.log(.warning, "the configuration stays as it was")
            return
        }
        if fresh.sysfs != configuration.sysfs {
            thing.journal.log(.warning, "sysfs takes effect at the next start")
        }
        if fresh.mirrors != configuration.mirrors {
            thing.journal.log(.warning, "mirror takes effect at the next start")
        }
        if fresh.history != configuration.history {
            thing.journal.log(.warning, "history takes effect at the next start")
        }
        let same = fresh.connects(as: configuration)
        let state = configuration.state
        configuration = fresh
        if configuration.state != state, let mistake = openStore() {
            Firmware.say(mistake, of: path)
            configuration.state = state
            _ = openStore()
        }
        let samePassword = sealPassword()
        thing.journal.level = configuration.log
        thing.retag(configuration.tags, now: now)
        thing.journal.log(.info, "the configuration was read again")
        if !(same && samePassword) { thing.reconfigure(configuration.identity, now: now) }
        configuration.password.clear()
    }

    /// Notes the password, which is about to be cleared, as a digest under a key of its
    /// own. True where it is the one noted before.
    mutating func sealPassword() -> Bool {
        let sealed = MbedCryptography.authenticate(.sha256, key: key.bytes, configuration.password.bytes)
        defer { passwordSeal = sealed }
        return sealed == passwordSeal
    }
}
