/// The hash functions SCRAM and entity capabilities need.
public enum Hash: UInt8, Sendable {
    case sha1 = 1
    case sha256 = 2

    /// Bytes of a digest.
    public var size: Int { self == .sha1 ? 20 : 32 }
}

/// The result of a hash or a key derivation: 20 or 32 bytes.
public typealias Digest = Text<32>

/// What the core needs of a cryptographic library. The core names none: TLS
/// brings the one that is linked, tests bring that one with known randomness.
///
/// Every function is total: there is no input that fails.
public protocol Cryptography {
    static func digest(_ hash: Hash, of data: Span<UInt8>) -> Digest
    /// RFC 2104.
    static func authenticate(_ hash: Hash, key: Span<UInt8>, _ data: Span<UInt8>) -> Digest
    /// PBKDF2 with HMAC (RFC 8018 §5.2), one digest long. `iterations` ≥ 1.
    static func derive(
        _ hash: Hash, password: Span<UInt8>, salt: Span<UInt8>, iterations: Int) -> Digest
    /// 16 bytes that nobody can guess.
    static func nonce() -> Text<16>
}
