import Fixed
import Foundation
import Testing

@testable import TLS

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
