import Fixed

/// A SASL mechanism, the stronger the greater (RFC 5802, 7677, 4616).
public enum Mechanism: UInt8, Comparable, Sendable {
    case plain = 1
    case scramSHA1 = 2
    case scramSHA256 = 3
    case scramSHA1Plus = 4
    case scramSHA256Plus = 5

    public var name: StaticString {
        switch self {
        case .plain: return "PLAIN"
        case .scramSHA1: return "SCRAM-SHA-1"
        case .scramSHA256: return "SCRAM-SHA-256"
        case .scramSHA1Plus: return "SCRAM-SHA-1-PLUS"
        case .scramSHA256Plus: return "SCRAM-SHA-256-PLUS"
        }
    }

    /// The mechanism of that name, or nil.
    public init?(_ name: Span<UInt8>) {
        switch name {
        case "PLAIN": self = .plain
        case "SCRAM-SHA-1": self = .scramSHA1
        case "SCRAM-SHA-256": self = .scramSHA256
        case "SCRAM-SHA-1-PLUS": self = .scramSHA1Plus
        case "SCRAM-SHA-256-PLUS": self = .scramSHA256Plus
        default: return nil
        }
    }

    public var hash: Hash { self == .scramSHA256 || self == .scramSHA256Plus ? .sha256 : .sha1 }
    public var bindsChannel: Bool { self == .scramSHA1Plus || self == .scramSHA256Plus }

    public static func < (a: Mechanism, b: Mechanism) -> Bool { a.rawValue < b.rawValue }
}

/// What PBKDF2 was run for: valid for one hash, salt and iteration count. Kept
/// so that it need not be run at each login; worth as much as the password to
/// this one server, and as secret.
public struct SaltedKeys: Sendable {
    public var hash: Hash
    public var iterations: Int
    public var salt: Text<64>
    public var clientKey: Digest
    public var serverKey: Digest

    public init(hash: Hash, iterations: Int, salt: Text<64>, clientKey: Digest, serverKey: Digest) {
        self.hash = hash
        self.iterations = iterations
        self.salt = salt
        self.clientKey = clientKey
        self.serverKey = serverKey
    }

    func fits(_ hash: Hash, _ iterations: Int, _ salt: Text<64>) -> Bool {
        self.hash == hash && self.iterations == iterations && self.salt == salt
    }
}

/// The client's side of one SCRAM exchange (RFC 5802 §3), message by message.
public struct SCRAM<Crypto: Cryptography>: ~Copyable {
    private let place = InPlace()
    /// Iteration counts that are accepted. Fewer than RFC 7677 §4's minimum gives
    /// the password away; more than this keeps a small board busy for seconds.
    public static var iterations: ClosedRange<Int> { 4_096...200_000 }

    public enum Failure: Error, Equatable {
        /// A message that is not SCRAM's, or holds an extension we must know.
        case malformed
        /// The server's nonce does not begin with ours.
        case foreignNonce
        case tooFewIterations, tooManyIterations
        /// The server could not prove that it knows the password.
        case serverNotProven

        public var words: StaticString {
            switch self {
            case .malformed: return "the server's SCRAM message is malformed"
            case .foreignNonce: return "the server's SCRAM nonce is not built on ours"
            case .tooFewIterations: return "the server asks for too few SCRAM iterations"
            case .tooManyIterations: return "the server asks for too many SCRAM iterations"
            case .serverNotProven: return "the server does not prove that it knows the password"
            }
        }
    }

    /// How far channel binding goes: the gs2 header (RFC 5802 §7).
    public enum Binding {
        /// TLS offers none.
        case unavailable
        /// We could, the server does not offer it: lets it detect a downgrade.
        case unoffered
        /// `tls-unique` (RFC 5929 §3).
        case unique(Text<36>)

        var header: StaticString {
            switch self {
            case .unavailable: return "n,,"
            case .unoffered: return "y,,"
            case .unique: return "p=tls-unique,,"
            }
        }
    }

    private let hash: Hash
    private let binding: Binding
    private var nonce: Text<24>
    /// client-first-bare, server-first and client-final-without-proof, joined by commas.
    private var conversation = Text<1024>()
    private var keys: SaltedKeys?
    /// The answer was made with keys from an earlier login, not from the password.
    public private(set) var usedKeptKeys = false

    /// `nonce` in its Base64 form; a fresh one where it is nil.
    public init(_ mechanism: Mechanism, binding: Binding, nonce given: Text<24>? = nil) {
        hash = mechanism.hash
        self.binding = binding
        nonce = given ?? Text()
        if given == nil {
            let random = Crypto.nonce()
            Base64.encode(random.bytes, to: &nonce)
        }
    }

    /// Writes the first message. `user` is the local part.
    public mutating func start(user: Span<UInt8>, to message: inout Text<512>) throws(Failure) {
        conversation.put("n=")
        for i in user.indices {
            switch user[i] {
            case 0x2C: conversation.put("=2C")
            case 0x3D: conversation.put("=3D")
            default: conversation.put(user[i])
            }
        }
        conversation.put(",r=")
        conversation.put(nonce.bytes)
        guard message.append(binding.header), message.append(conversation.bytes) else { throw .malformed }
    }

    /// Answers the server's first message. `kept` keys are used where they fit;
    /// otherwise they are derived from `password` and can be had from `keysToKeep`.
    public mutating func respond(
        to challenge: Span<UInt8>, password: Span<UInt8>, kept: SaltedKeys?, into message: inout Text<512>
    ) throws(Failure) {
        guard let reply = ServerFirst(challenge) else { throw .malformed }
        guard reply.nonce.count > nonce.count,
            reply.nonce.extracting(first: nonce.count).equals(nonce.bytes)
        else { throw .foreignNonce }
        guard reply.iterations >= Self.iterations.lowerBound else { throw .tooFewIterations }
        guard reply.iterations <= Self.iterations.upperBound else { throw .tooManyIterations }
        let keys: SaltedKeys
        if let kept, kept.fits(hash, reply.iterations, reply.salt) {
            keys = kept
            usedKeptKeys = true
        } else {
            keys = derive(password: password, salt: reply.salt, iterations: reply.iterations)
        }
        self.keys = keys

        guard message.append("c=") else { throw .malformed }
        var channel = Text<64>()
        channel.append(binding.header)
        if case .unique(let data) = binding { channel.append(data.bytes) }
        Base64.encode(channel.bytes, to: &message)
        guard message.append(",r="), message.append(reply.nonce) else { throw .malformed }

        guard conversation.append(","), conversation.append(challenge),
            conversation.append(","), conversation.append(message.bytes)
        else { throw .malformed }

        let storedKey = Crypto.digest(hash, of: keys.clientKey.bytes)
        let signature = Crypto.authenticate(hash, key: storedKey.bytes, conversation.bytes)
        var proof = Digest()
        for i in 0..<hash.size { proof.append(keys.clientKey.bytes[i] ^ signature.bytes[i]) }
        guard message.append(",p=") else { throw .malformed }
        let before = message.count
        Base64.encode(proof.bytes, to: &message)
        guard message.count == before &+ (hash.size &+ 2) / 3 * 4 else { throw .malformed }
    }

    /// Checks the server's last message. Nothing is authenticated before this returns.
    public func verify(_ final: Span<UInt8>) throws(Failure) {
        guard let keys, final.starts(with: "v=") else { throw .serverNotProven }
        let value = final.extracting(droppingFirst: 2)
        let end = value.firstIndex(of: 0x2C) ?? value.count
        var theirs = Digest()
        guard Base64.decode(value.extracting(first: end), into: &theirs) else { throw .serverNotProven }
        let ours = Crypto.authenticate(hash, key: keys.serverKey.bytes, conversation.bytes)
        guard ours.bytes.equalsInConstantTime(theirs.bytes) else { throw .serverNotProven }
    }

    /// The keys that this exchange used; worth keeping once `verify` returned.
    public var keysToKeep: SaltedKeys? { keys }

    private func derive(password: Span<UInt8>, salt: Text<64>, iterations: Int) -> SaltedKeys {
        let salted = Crypto.derive(hash, password: password, salt: salt.bytes, iterations: iterations)
        let client: StaticString = "Client Key"
        let server: StaticString = "Server Key"
        return SaltedKeys(
            hash: hash, iterations: iterations, salt: salt,
            clientKey: Crypto.authenticate(hash, key: salted.bytes, client.bytes),
            serverKey: Crypto.authenticate(hash, key: salted.bytes, server.bytes))
    }
}

/// `r=…,s=…,i=…` (RFC 5802 §7, server-first-message).
private struct ServerFirst: ~Escapable {
    let nonce: Span<UInt8>
    let salt: Text<64>
    let iterations: Int

    @_lifetime(copy text)
    init?(_ text: Span<UInt8>) {
        guard text.starts(with: "r=") else { return nil }
        let rest = text.extracting(droppingFirst: 2)
        guard let comma = rest.firstIndex(of: 0x2C), comma > 0 else { return nil }
        let tail = rest.extracting(droppingFirst: comma &+ 1)
        guard tail.starts(with: "s=") else { return nil }
        let saltOn = tail.extracting(droppingFirst: 2)
        guard let second = saltOn.firstIndex(of: 0x2C) else { return nil }
        var salt = Text<64>()
        guard second > 0, Base64.decode(saltOn.extracting(first: second), into: &salt) else { return nil }
        let last = saltOn.extracting(droppingFirst: second &+ 1)
        guard last.starts(with: "i=") else { return nil }
        let countOn = last.extracting(droppingFirst: 2)
        // What follows the count are extensions that we may ignore.
        let end = countOn.firstIndex(of: 0x2C) ?? countOn.count
        guard let iterations = countOn.extracting(first: end).decimalNumber else { return nil }
        nonce = rest.extracting(first: comma)
        self.salt = salt
        self.iterations = iterations
    }
}
