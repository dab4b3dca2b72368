import Fixed
import Foundation
import Testing

@testable import TLS

/// Everything that uses the one static session runs in turn.
@Suite(.serialized) struct Sessions {
    static func authority() throws -> Authority { try Authority.shared.get() }

    /// How a handshake with openssl's server ends.
    static func outcome(
        _ identity: Authority.Identity, _ options: [String] = [], as name: String = "thing.test",
        trusting: [UInt8]? = nil
    ) throws -> Session.Handshake {
        let server = try Server.openssl(identity, options)
        return try Client(server, as: name, trusting: trusting).handshake()
    }
}

extension Sessions {
    @Suite(.serialized) struct Servers {
        let authority: Authority
        init() throws { authority = try Sessions.authority() }

        // Those that are accepted -----------------------------------------------

        @Test("every cipher of the policy, with ECDSA and with RSA", arguments: [
            ("p256", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("p256", "ECDHE-ECDSA-AES256-GCM-SHA384"),
            ("p256", "ECDHE-ECDSA-CHACHA20-POLY1305"), ("p384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
            ("rsa2048", "ECDHE-RSA-AES128-GCM-SHA256"), ("rsa2048", "ECDHE-RSA-AES256-GCM-SHA384"),
            ("rsa2048", "ECDHE-RSA-CHACHA20-POLY1305"),
        ])
        func ciphers(_ key: String, _ cipher: String) throws {
            let identity = try authority.issue("good-\(key)", key: key)
            #expect(try Sessions.outcome(identity, ["-cipher", cipher]) == .done)
        }

        @Test("every curve of the policy", arguments: ["X25519", "P-256", "P-384"])
        func curves(_ curve: String) throws {
            #expect(try Sessions.outcome(authority.issue("good-p256"), ["-curves", curve]) == .done)
        }

        @Test("a chain with an intermediate, the server sending it; without it, untrusted")
        func intermediate() throws {
            _ = try authority.issue("middle", key: "p384", names: nil, isAuthority: true)
            try FileManager.default.removeItem(atPath: authority.path("middle.key"), ifPresent: true)
            try FileManager.default.copyItem(
                atPath: authority.path("p384.key"), toPath: authority.path("middle.key"))
            let leaf = try authority.issue("below-middle", by: "middle")
            #expect(try Sessions.outcome(leaf) == .failed(.untrusted))
            let both = try authority.bytes("below-middle.pem") + authority.bytes("middle.pem")
            try authority.write("chain.pem", String(decoding: both, as: UTF8.self))
            let chain = Authority.Identity(certificate: authority.path("chain.pem"), key: leaf.key)
            #expect(try Sessions.outcome(chain, ["-cert_chain", chain.certificate]) == .done)
        }

        @Test("a leaf that issues another vouches for nobody") func leafAsIssuer() throws {
            let leaf = try authority.issue("p256-as-issuer", key: "p384")
            try FileManager.default.removeItem(atPath: authority.path("p256-as-issuer.key"), ifPresent: true)
            try FileManager.default.copyItem(
                atPath: leaf.key, toPath: authority.path("p256-as-issuer.key"))
            let forged = try authority.issue("forged", by: "p256-as-issuer")
            let both = try authority.bytes("forged.pem") + authority.bytes("p256-as-issuer.pem")
            try authority.write("forged-chain.pem", String(decoding: both, as: UTF8.self))
            let chain = Authority.Identity(certificate: authority.path("forged-chain.pem"), key: forged.key)
            #expect(try Sessions.outcome(chain, ["-cert_chain", chain.certificate]) == .failed(.untrusted))
        }

        // Names --------------------------------------------------------------------

        @Test("names that match", arguments: [
            ("DNS:thing.test", "thing.test"), ("DNS:THING.test", "thing.Test"),
            ("DNS:other.test,DNS:thing.test", "thing.test"), ("DNS:*.home.test", "a.home.test"),
        ])
        func matching(_ names: String, _ asked: String) throws {
            let identity = try authority.issue("match-\(abs(names.hashValue))", names: names)
            #expect(try Sessions.outcome(identity, as: asked) == .done)
        }

        @Test("names that do not", arguments: [
            ("DNS:other.test", "thing.test"), ("DNS:thing.test.evil", "thing.test"),
            ("DNS:a.thing.test", "thing.test"), ("DNS:*.home.test", "home.test"),
            ("DNS:*.home.test", "a.b.home.test"), ("DNS:hing.test", "thing.test"),
            ("email:thing.test", "thing.test"), ("URI:thing.test", "thing.test"),
            ("DNS:other.test", "thing"),  // its common name, which a dNSName supersedes
        ])
        func mismatching(_ names: String, _ asked: String) throws {
            let identity = try authority.issue("mismatch-\(abs(names.hashValue))", names: names)
            #expect(try Sessions.outcome(identity, as: asked) == .failed(.wrongHost))
        }

        @Test("the common name counts where there is no subjectAltName") func commonName() throws {
            let identity = try authority.issue("cn-only", names: nil, commonName: "thing.test")
            #expect(try Sessions.outcome(identity) == .done)
            #expect(try Sessions.outcome(identity, as: "other.test") == .failed(.wrongHost))
        }

        // Certificates that are refused ---------------------------------------------

        @Test("expired") func expired() throws {
            let identity = try authority.issue("expired", from: "20200101000000Z", to: "20240101000000Z")
            #expect(try Sessions.outcome(identity) == .failed(.expired))
        }

        @Test("not yet valid") func notYetValid() throws {
            let identity = try authority.issue("future", from: "20980101000000Z")
            #expect(try Sessions.outcome(identity) == .failed(.notYetValid))
        }

        @Test("from a foreign authority") func foreign() throws {
            let identity = try authority.issue("foreign-leaf", by: "foreign")
            #expect(try Sessions.outcome(identity) == .failed(.untrusted))
            #expect(try Sessions.outcome(identity, trusting: authority.bytes("foreign.pem")) == .done)
        }

        @Test("self-signed") func selfSigned() throws {
            let outcome = try Sessions.outcome(authority.selfSigned())
            #expect(outcome == .failed(.untrusted))
        }

        @Test("signed with SHA-1") func sha1() throws {
            let identity = try authority.issue("sha1", digest: "sha1")
            #expect(try Sessions.outcome(identity, ["-cipher", "DEFAULT:@SECLEVEL=0"])
                == .failed(.weakCertificate))
        }

        @Test("a small RSA key") func smallKey() throws {
            let identity = try authority.issue("rsa1024", key: "rsa1024")
            #expect(try Sessions.outcome(identity, ["-cipher", "DEFAULT:@SECLEVEL=0"])
                == .failed(.weakCertificate))
        }

        @Test("a curve outside the policy") func foreignCurve() throws {
            let outcome = try Sessions.outcome(authority.issue("p521", key: "p521"))
            // openssl knows that we did not offer the curve, and refuses by itself.
            #expect(outcome == .failed(.noCommonCipher) || outcome == .failed(.weakCertificate))
        }

        @Test("for clients alone") func wrongPurpose() throws {
            let identity = try authority.issue("client", purpose: "clientAuth")
            let outcome = try Sessions.outcome(identity)
            #expect(outcome == .failed(.wrongPurpose))
        }

        // Protocols and ciphers that are refused --------------------------------------

        /// A server of TLS 1.1 finds no cipher for it among ours, and says so first.
        @Test("TLS 1.1 alone, TLS 1.3 alone", arguments: [
            ("-tls1_1", Failure.noCommonCipher), ("-tls1_3", .protocolVersion),
        ])
        func versions(_ option: String, _ failure: Failure) throws {
            let outcome = try Sessions.outcome(
                authority.issue("good-p256"), [option, "-cipher", "DEFAULT:@SECLEVEL=0"])
            #expect(outcome == .failed(failure))
        }

        @Test("no forward secrecy, CBC, finite-field Diffie-Hellman, CCM, ARIA, a foreign group", arguments: [
            ["-cipher", "AES128-GCM-SHA256"], ["-cipher", "ECDHE-RSA-AES128-SHA256"],
            ["-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"], ["-cipher", "DHE-RSA-AES128-GCM-SHA256"],
            ["-cipher", "ECDHE-ARIA128-GCM-SHA256"], ["-cipher", "ECDHE", "-curves", "P-521"],
        ])
        func refusedCiphers(_ options: [String]) throws {
            let outcome = try Sessions.outcome(authority.issue("good-rsa2048", key: "rsa2048"), options)
            #expect(outcome == .failed(.noCommonCipher))
        }
    }
}

extension FileManager {
    func removeItem(atPath path: String, ifPresent: Bool) throws {
        if fileExists(atPath: path) { try removeItem(atPath: path) }
    }
}
