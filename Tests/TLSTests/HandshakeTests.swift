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

extension Sessions {
    /// What goes wrong before or during a handshake, without or beside a server.
    @Suite(.serialized) struct Beginnings {
        let authority: Authority
        init() throws { authority = try Sessions.authority() }

        @Test("there is one session at a time, and it can be had again") func one() throws {
            /// Whether a session can be had, while `held` exists.
            func available(beside held: borrowing Session? = nil) -> Bool {
                if Session() != nil { return true }
                return false
            }
            do {
                let first = Session()
                let second = available(beside: first)
                #expect(!second)
            }
            let third = available()
            #expect(third)
        }

        @Test("without authorities nothing begins") func withoutAuthorities() async {
            await #expect(processExitsWith: .success) {
                var session = Session()!
                let name = Array("thing.test".utf8)
                let began = session.begin(serverName: name.span)
                exit(!began && session.failure == .noAuthorities && session.outgoing.isEmpty ? 0 : 1)
            }
        }

        @Test("a clock before 2020 is not set", arguments: [0, -1, 1_577_836_799]) func clock(_ now: Int64) throws {
            var session = Session()!
            let root = try authority.root()
            _ = Session.loadAuthorities(pem: root.span)
            let name = Array("thing.test".utf8)
            let began = session.begin(serverName: name.span, unixSeconds: now)
            let failure = session.failure
            #expect(!began && failure == .clockNotSet)
            let words = failure?.words.description
            #expect(words == "the clock is not set")
            let set = session.begin(serverName: name.span, unixSeconds: 1_577_836_800)
            #expect(set)
        }

        @Test("what is no host name", arguments: [
            "", ".", "a..b", ".a", "a.", "thing test", "thing.test\u{0}.evil", "b\u{FC}cher.test", "*.test", "a/b",
            String(repeating: "a", count: 64), Array(repeating: "abcdefg", count: 32).joined(separator: "."),
        ])
        func names(_ name: String) throws {
            var session = Session()!
            let root = try authority.root()
            _ = Session.loadAuthorities(pem: root.span)
            let bytes = Array(name.utf8)
            let began = session.begin(serverName: bytes.span)
            let failure = session.failure
            #expect(!began && failure == .badServerName)
            let room = session.room
            #expect(room == 0)
        }

        @Test("out of order: nothing traps, everything is refused") func outOfOrder() throws {
            var session = Session()!
            let bytes = Array("hello".utf8)
            #expect(session.feed(bytes.span) == 0)
            #expect(session.write(bytes.span) == 0)
            var buffer = [UInt8](repeating: 0, count: 8)
            var span = buffer.mutableSpan
            #expect(session.read(into: &span) == .failed(.notBegun))
            #expect(session.handshake() == .failed(.notBegun))
            session.transmitted(100)
            session.transmitted(-1)
            session.closeNotify()
            session.inputClosed()
            session.end()
            session.end()
            let left = session.outgoing.count
            #expect(left == 0)
            let binding = session.channelBinding.count
            #expect(binding == 0)
        }

        @Test("what does not speak TLS", arguments: [
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client'>", "HTTP/1.1 400 Bad Request\r\n\r\n",
            "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}",
        ])
        func notTLS(_ answer: String) throws {
            let bytes = Array(answer.utf8)
            var session = try begun()
            #expect(session.handshake() == .needsMore)
            #expect(session.feed(bytes.span) == bytes.count)
            #expect(session.handshake() == .failed(.notTLS))
            #expect(session.handshake() == .failed(.notTLS), "a failure is final")
            #expect(session.feed(bytes.span) == 0)
        }

        @Test("silence, then the end of the stream") func closedAtOnce() throws {
            var session = try begun()
            #expect(session.handshake() == .needsMore)
            #expect(session.handshake() == .needsMore)
            session.inputClosed()
            #expect(session.handshake() == .failed(.closed))
        }

        @Test("an alert is told by its name") func alerts() throws {
            for (alert, failure) in [
                (80, Failure.alerted(80)), (112, .alerted(112)), (40, .noCommonCipher), (70, .protocolVersion),
                (255, .alerted(255)),
            ] as [(UInt8, Failure)] {
                var session = try begun()
                #expect(session.handshake() == .needsMore)
                let record: [UInt8] = [21, 3, 3, 0, 2, 2, alert]
                _ = session.feed(record.span)
                #expect(session.handshake() == .failed(failure))
            }
            #expect(Failure.alerted(112).words.description.contains("unrecognized_name"))
        }

        @Test("the first words: SNI, the extended master secret, TLS 1.2, no ticket") func clientHello() throws {
            var session = try begun()
            #expect(session.handshake() == .needsMore)
            let hello = session.outgoingBytes
            #expect(hello.prefix(1) == [22])
            #expect(Array(hello[9..<11]) == [3, 3])
            let name = Array("thing.test".utf8)
            #expect(hello.firstRange(of: [0, 0, 0, UInt8(name.count + 5), 0, UInt8(name.count + 3), 0, 0, UInt8(name.count)] + name) != nil)
            #expect(hello.firstRange(of: [0, 23, 0, 0]) != nil)
            #expect(hello.firstRange(of: [0, 35, 0, 0]) == nil)
        }

        private func begun() throws -> Session {
            guard var session = Session() else { throw Trouble("another session exists") }
            let root = try authority.root()
            guard case .loaded(1) = Session.loadAuthorities(pem: root.span) else { throw Trouble("no authority") }
            let name = Array("thing.test".utf8)
            guard session.begin(serverName: name.span) else { throw Trouble("cannot begin") }
            return session
        }
    }
}

extension Sessions {
    @Suite(.serialized) struct Bundles {
        let authority: Authority
        init() throws { authority = try Sessions.authority() }

        func load(_ text: String) -> Session.Authorities {
            let bytes = Array(text.utf8)
            return Session.loadAuthorities(pem: bytes.span)
        }

        @Test("bundles, whole and damaged") func bundles() throws {
            let root = String(decoding: try authority.root(), as: UTF8.self)
            let foreign = String(decoding: try authority.bytes("foreign.pem"), as: UTF8.self)
            let broken = root.replacing("MII", with: "AAA")
            let key = String(decoding: try authority.bytes("p256.key"), as: UTF8.self)
            let open = root.replacing("-----END CERTIFICATE-----", with: "")
            #expect(load(root) == .loaded(1))
            #expect(load(root + foreign) == .loaded(2))
            #expect(load("# comment\r\n" + root.replacing("\n", with: "\r\n") + key + foreign) == .loaded(2))
            #expect(load("") == .empty)
            #expect(load("no certificate here") == .empty)
            #expect(load(key) == .empty)
            #expect(load(broken) == .unreadable)
            #expect(load(open) == .unreadable)
            #expect(load("-----BEGIN CERTIFICATE-----") == .unreadable)
            #expect(load("-----BEGIN CERTIFICATE----------END CERTIFICATE-----") == .unreadable)
            #expect(load(root + broken + open) == .partlyBad(2))
            #expect(load(open + foreign) == .partlyBad(1), "an unfinished certificate does not swallow the next")
            #expect(load("-----BEGIN CERTIFICATE-----\n" + String(repeating: "A", count: 100_000)
                + "\n-----END CERTIFICATE-----\n") == .unreadable)
        }

        @Test("every prefix of a bundle is judged without harm") func prefixes() throws {
            let root = try authority.root()
            let end = try #require(root.firstRange(of: Array("-----END CERTIFICATE-----".utf8))).upperBound
            for n in 0..<end {
                let outcome = Session.loadAuthorities(pem: root.span.extracting(first: n))
                #expect(outcome == (n < 27 ? .empty : .unreadable))
            }
            #expect(Session.loadAuthorities(pem: root.span.extracting(first: end)) == .loaded(1))
        }

        @Test("a refused bundle leaves the earlier authorities in force") func kept() throws {
            let identity = try authority.issue("good-p256")
            let server = try Server.openssl(identity, [])
            var root = try authority.root()
            #expect(Session.loadAuthorities(pem: root.span) == .loaded(1))
            root[100] = 0x21
            #expect(Session.loadAuthorities(pem: root.span) == .unreadable)
            do {
                let client = try Client(server, trusting: nil)
                #expect(try client.handshake() == .done)
            }
        }

        @Test("authorities replaced in the middle of a session count from the next on") func replaced() throws {
            let server = try Server.openssl(authority.issue("good-p256"), [])
            let foreign = try authority.bytes("foreign.pem")
            let root = try authority.root()
            do {
                let client = try Client(server)
                for bundle in [foreign, root, foreign] {
                    #expect(Session.loadAuthorities(pem: bundle.span) == .loaded(1))
                }
                #expect(try client.handshake() == .done)
            }
            let again = try Sessions.outcome(authority.issue("good-p256"), trusting: foreign)
            #expect(again == .failed(.untrusted))
        }
    }
}

extension FileManager {
    func removeItem(atPath path: String, ifPresent: Bool) throws {
        if fileExists(atPath: path) { try removeItem(atPath: path) }
    }
}
