import CMbedTLS
import Fixed

/// A verified TLS connection to a server, without I/O: ciphertext in, ciphertext out.
///
/// The policy is fixed. TLS 1.2; ECDHE on X25519, P-256 or P-384 with AES-GCM or
/// ChaCha20-Poly1305; certificates with RSA of 2048 bits or more, or ECDSA on P-256 or
/// P-384, signed with SHA-256 or stronger; chain, dates and host name verified. No
/// option weakens it. There is no renegotiation and no resumption.
///
/// The host name is compared with the certificate's dNSName entries, a wildcard
/// standing for the leftmost label, or, where it has no subjectAltName at all, with its
/// common name (RFC 6125 §6.4). SRV-ID and xmppAddr identities (RFC 6120 §13.7.1.2) are
/// not supported, nor is revocation: neither CRLs nor OCSP are looked at.
///
/// The order of use: `begin`, then `handshake` whenever something was fed until it is
/// done, then `read` and `write`; `closeNotify` and `end`. After every call, and after a
/// failure as well, `outgoing` may hold bytes to transmit: an alert tells the server why.
///
/// The library's state is static, so only one session exists at a time. One thread.
public struct Session: ~Copyable {
    /// Where a handshake stands.
    public enum Handshake: Equatable, Sendable {
        /// Server and keys are verified.
        case done
        /// Transmit what is outgoing, feed what comes, and call again.
        case needsMore
        case failed(Failure)
    }

    /// What reading gave.
    public enum Read: Equatable, Sendable {
        /// So many bytes of plaintext, at least 1. There may be more.
        case bytes(Int)
        /// Nothing until more ciphertext has been fed.
        case wouldBlock
        /// The server ended the session by close_notify; nothing is missing.
        case closed
        case failed(Failure)
    }

    /// What became of a bundle of authorities. Only `loaded` changes what is trusted.
    public enum Authorities: Equatable, Sendable {
        /// So many certificates are trusted now.
        case loaded(Int)
        /// No certificate in it.
        case empty
        /// None of its certificates can be parsed.
        case unreadable
        /// So many of its certificates cannot be parsed.
        case partlyBad(Int)
        case outOfMemory

        /// One line for the log.
        public var words: StaticString {
            switch self {
            case .loaded: return "the certificate authorities are loaded"
            case .empty: return "the file holds no PEM certificate"
            case .unreadable: return "no certificate in the file can be parsed"
            case .partlyBad: return "some certificates in the file cannot be parsed"
            case .outOfMemory: return "out of memory for the certificate authorities"
            }
        }
    }

    /// The one session, or nil while another exists.
    public init?() {
        guard ward_tls_claim() != 0 else { return nil }
    }

    deinit { ward_tls_release() }

    /// Replaces the trusted authorities by the certificates of a PEM bundle. A session
    /// that has begun goes on with those it began with. Private keys, comments and
    /// other blocks are passed over.
    public static func loadAuthorities(pem: Span<UInt8>) -> Authorities {
        var good: Int32 = 0
        var bad: Int32 = 0
        let outcome = unsafe pem.withUnsafeBufferPointer {
            unsafe ward_authorities_load($0.baseAddress, $0.count, &good, &bad)
        }
        switch Int(outcome) {
        case WARD_AUTHORITIES_LOADED: return .loaded(Int(good))
        case WARD_AUTHORITIES_EMPTY: return .empty
        case WARD_AUTHORITIES_PARTLY_BAD: return .partlyBad(Int(bad))
        case WARD_AUTHORITIES_NO_MEMORY: return .outOfMemory
        default: return .unreadable
        }
    }

    /// Starts anew, for a server that has to prove that name: for XMPP the domain of the
    /// own JID, wherever SRV records led (RFC 6120 §13.7.2.1). False where that is not
    /// possible; `failure` tells why.
    public mutating func begin(serverName: Span<UInt8>) -> Bool {
        begin(serverName: serverName, unixSeconds: ward_tls_clock())
    }

    mutating func begin(serverName: Span<UInt8>, unixSeconds: Int64) -> Bool {
        unsafe serverName.withUnsafeBufferPointer {
            unsafe ward_tls_begin($0.baseAddress, $0.count, unixSeconds) == WARD_TLS_FINE
        }
    }

    /// Why `begin` answered false, or the session failed later; nil while all is well.
    public var failure: Failure? {
        Int(ward_tls_failure()) == WARD_TLS_FINE ? nil : Failure.last
    }

    /// Bytes that `feed` would take now; 0 before `begin` and after a failure.
    public var room: Int { ward_tls_room() }

    /// Takes up ciphertext that came from the server, and answers how much of it. Read
    /// on, and offer the rest again.
    public mutating func feed(_ ciphertext: Span<UInt8>) -> Int {
        unsafe ciphertext.withUnsafeBufferPointer { unsafe ward_tls_feed($0.baseAddress, $0.count) }
    }

    /// The transport has been closed: after what was fed nothing more will come.
    public mutating func inputClosed() { ward_tls_input_closed() }

    /// Ciphertext for the server, oldest first.
    public var outgoing: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            var count = 0
            let start = unsafe ward_tls_outgoing(&count)
            return unsafe _overrideLifetime(
                Span(_unsafeStart: start.unsafelyUnwrapped, count: count), borrowing: self)
        }
    }

    /// Forgets the first `count` bytes of `outgoing`.
    public mutating func transmitted(_ count: Int) { ward_tls_transmitted(max(count, 0)) }

    /// Goes on with the handshake as far as the bytes that were fed reach.
    public mutating func handshake() -> Handshake {
        switch Int(ward_tls_handshake()) {
        case WARD_TLS_DONE: return .done
        case WARD_TLS_WAIT: return .needsMore
        default: return .failed(Failure.last)
        }
    }

    /// Decrypts into the front of `plaintext`, at most as much as it holds; what it does
    /// not hold stays for the next call. Call until it answers `wouldBlock`.
    public mutating func read(into plaintext: inout MutableSpan<UInt8>) -> Read {
        let outcome = unsafe plaintext.withUnsafeMutableBufferPointer {
            unsafe Int(ward_tls_read($0.baseAddress, $0.count))
        }
        switch outcome {
        case 1...: return .bytes(outcome)
        case WARD_TLS_WAIT: return .wouldBlock
        case WARD_TLS_ENDED: return .closed
        default: return .failed(Failure.last)
        }
    }

    /// Encrypts the front of `plaintext` and answers how many bytes went in. What fits
    /// one record (4096 bytes) goes into one record. 0 where there is no room for it:
    /// transmit, then call again; also 0 before the handshake is done, after
    /// `closeNotify`, and after a failure, which `read` reports.
    public mutating func write(_ plaintext: Span<UInt8>) -> Int {
        unsafe plaintext.withUnsafeBufferPointer { unsafe ward_tls_write($0.baseAddress, $0.count) }
    }

    /// Tells the server that nothing more will be written. Reading may go on.
    public mutating func closeNotify() { ward_tls_close_notify() }

    /// Forgets the connection and wipes its keys and buffers.
    public mutating func end() { ward_tls_end() }

    /// The `tls-unique` channel binding (RFC 5929 §3): the client's Finished, 12 bytes.
    /// Empty before the handshake is done, and where the server did not agree to the
    /// extended master secret, without which it binds nothing (RFC 7627 §1).
    public var channelBinding: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            var count = 0
            let start = unsafe ward_tls_channel_binding(&count)
            return unsafe _overrideLifetime(
                Span(_unsafeStart: start.unsafelyUnwrapped, count: count), borrowing: self)
        }
    }
}
