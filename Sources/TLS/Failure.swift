import CMbedTLS
import Fixed

/// Why a session could not begin, or ended otherwise than by close_notify.
public enum Failure: Equatable, Sendable {
    /// The name to be verified is not a host name in ASCII (an internationalised
    /// domain must come as A-labels).
    case badServerName
    /// The wall clock stands before 2020: no certificate's dates can be judged.
    case clockNotSet
    /// No authority has been loaded.
    case noAuthorities
    /// The allocator's arena is exhausted.
    case outOfMemory
    /// No trusted authority vouches for the certificate: a foreign or missing
    /// authority, a self-signed certificate, or a broken chain.
    case untrusted
    case revoked
    case expired
    case notYetValid
    /// The certificate is for other names than the one asked for.
    case wrongHost
    /// A key or signature in the chain that is not strong enough: RSA below 2048 bits,
    /// SHA-1 or MD5, a curve other than P-256 and P-384.
    case weakCertificate
    /// The certificate may not be used by a TLS server.
    case wrongPurpose
    /// The certificate could not be read, or its chain is too long.
    case badCertificate
    /// The server does not speak TLS 1.2.
    case protocolVersion
    /// The server accepts none of the ciphers, curves or signatures offered, or only with
    /// an older version of TLS.
    case noCommonCipher
    /// The server gave up with this alert (RFC 5246 §7.2).
    case alerted(UInt8)
    /// The transport was closed without close_notify: what came before may lack its end.
    case closed
    /// What answered does not speak TLS.
    case notTLS
    /// A record did not pass its integrity check.
    case tampered
    /// The server did not keep to the protocol.
    case protocolError
    /// The session was used before it was begun.
    case notBegun

    /// One line for the log, without the names of the peers.
    public var words: StaticString {
        switch self {
        case .badServerName: return "the server's name is not a host name"
        case .clockNotSet: return "the clock is not set"
        case .noAuthorities: return "no certificate authority is loaded"
        case .outOfMemory: return "out of memory for TLS"
        case .untrusted: return "the server's certificate is not from a trusted authority"
        case .revoked: return "the server's certificate is revoked"
        case .expired: return "the server's certificate has expired"
        case .notYetValid: return "the server's certificate is not yet valid"
        case .wrongHost: return "the server's certificate is for another host name"
        case .weakCertificate: return "the server's certificate has a weak key or signature"
        case .wrongPurpose: return "the server's certificate is not for a TLS server"
        case .badCertificate: return "the server's certificate cannot be read"
        case .protocolVersion: return "the server does not accept TLS 1.2"
        case .noCommonCipher: return "the server has no protocol version and cipher that we accept"
        case .alerted(let alert): return Self.words(ofAlert: alert)
        case .closed: return "the server closed the connection without ending TLS"
        case .notTLS: return "the server does not answer with TLS"
        case .tampered: return "a TLS record was changed on its way"
        case .protocolError: return "the server broke the TLS protocol"
        case .notBegun: return "TLS was not begun"
        }
    }

    /// The alerts a client can get (RFC 5246 §7.2.2, RFC 6066 §9, RFC 7301 §3.2).
    private static func words(ofAlert alert: UInt8) -> StaticString {
        switch alert {
        case 10: return "the server ended TLS with the alert unexpected_message"
        case 20: return "the server ended TLS with the alert bad_record_mac"
        case 22: return "the server ended TLS with the alert record_overflow"
        case 40: return "the server ended TLS with the alert handshake_failure"
        case 42: return "the server ended TLS with the alert bad_certificate"
        case 43: return "the server ended TLS with the alert unsupported_certificate"
        case 44: return "the server ended TLS with the alert certificate_revoked"
        case 45: return "the server ended TLS with the alert certificate_expired"
        case 46: return "the server ended TLS with the alert certificate_unknown"
        case 47: return "the server ended TLS with the alert illegal_parameter"
        case 48: return "the server ended TLS with the alert unknown_ca"
        case 49: return "the server ended TLS with the alert access_denied"
        case 50: return "the server ended TLS with the alert decode_error"
        case 51: return "the server ended TLS with the alert decrypt_error"
        case 70: return "the server ended TLS with the alert protocol_version"
        case 71: return "the server ended TLS with the alert insufficient_security"
        case 80: return "the server ended TLS with the alert internal_error"
        case 90: return "the server ended TLS with the alert user_canceled"
        case 109: return "the server ended TLS with the alert missing_extension"
        case 112: return "the server ended TLS with the alert unrecognized_name"
        case 116: return "the server ended TLS with the alert certificate_required"
        case 120: return "the server ended TLS with the alert no_application_protocol"
        default: return "the server ended TLS with an unknown alert"
        }
    }

    /// What the C side reports as its last failure.
    static var last: Failure {
        switch Int(ward_tls_failure()) {
        case WARD_TLS_BAD_SERVER_NAME: return .badServerName
        case WARD_TLS_CLOCK_NOT_SET: return .clockNotSet
        case WARD_TLS_NO_AUTHORITIES: return .noAuthorities
        case WARD_TLS_NO_MEMORY: return .outOfMemory
        case WARD_TLS_UNTRUSTED: return .untrusted
        case WARD_TLS_REVOKED: return .revoked
        case WARD_TLS_EXPIRED: return .expired
        case WARD_TLS_NOT_YET_VALID: return .notYetValid
        case WARD_TLS_WRONG_HOST: return .wrongHost
        case WARD_TLS_WEAK_CERTIFICATE: return .weakCertificate
        case WARD_TLS_WRONG_PURPOSE: return .wrongPurpose
        case WARD_TLS_BAD_CERTIFICATE: return .badCertificate
        case WARD_TLS_PROTOCOL_VERSION: return .protocolVersion
        case WARD_TLS_NO_COMMON_CIPHER: return .noCommonCipher
        case WARD_TLS_ALERTED: return .alerted(ward_tls_alert())
        case WARD_TLS_CLOSED: return .closed
        case WARD_TLS_NOT_TLS: return .notTLS
        case WARD_TLS_TAMPERED: return .tampered
        case WARD_TLS_NOT_BEGUN: return .notBegun
        default: return .protocolError
        }
    }
}
