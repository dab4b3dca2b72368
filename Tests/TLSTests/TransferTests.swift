import Fixed
import Foundation
import TLS
import Testing

extension Sessions {
    /// An established session, against Python's TLS.
    @Suite(.serialized) struct Transfers {
        let authority: Authority
        let identity: Authority.Identity
        init() throws {
            authority = try Sessions.authority()
            identity = try authority.issue("good-p256")
        }

        func text(_ words: String) -> [UInt8] { Array(words.utf8) }

        /// Bytes that differ from place to place.
        func pattern(_ count: Int) -> [UInt8] {
            var state: UInt32 = 1
            return (0..<count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return UInt8(state >> 24)
            }
        }

        @Test("tls-unique is what the server computes") func channelBinding() throws {
            let server = try Server.echo(identity)
            let client = try Client(server)
            let before = client.session.channelBinding.count
            #expect(before == 0)
            #expect(try client.handshake() == .done)
            var hex = ""
            let binding = client.session.channelBindingBytes
            for byte in binding { hex += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
            #expect(binding.count == 12)
            #expect(try server.line() == "binding " + hex)
            client.session.end()
            let after = client.session.channelBinding.count
            #expect(after == 0)
        }

        @Test("without the extended master secret there is no channel binding") func noBinding() throws {
            let client = try Client(Server.echo(identity, extendedMasterSecret: false))
            #expect(try client.handshake() == .done)
            let count = client.session.channelBinding.count
            #expect(count == 0)
        }

        @Test("a word there and back, ciphertext fed a byte at a time") func byteByByte() throws {
            let client = try Client(Server.echo(identity))
            client.piece = 1
            #expect(try client.handshake() == .done)
            try client.write(text("hello"))
            #expect(try client.read(exactly: 5) == text("hello"))
        }

        @Test("much data both ways, at several sizes of write and read", arguments: [1, 100, 4096, 5000, 20_000])
        func bulk(_ size: Int) throws {
            let client = try Client(Server.echo(identity))
            #expect(try client.handshake() == .done)
            let block = pattern(size)
            let rounds = size == 1 ? 50 : 10
            for _ in 0..<rounds {
                try client.write(block)
                #expect(try client.read(exactly: size) == block)
            }
        }

        @Test("a record of 16 KiB from the server is read in pieces") func largestRecord() throws {
            let client = try Client(Server.echo(identity))
            #expect(try client.handshake() == .done)
            let block = pattern(16_000)
            try client.write(block)
            var all: [UInt8] = []
            while all.count < block.count { all += try client.read(atMost: 7).1 }
            #expect(all == block)
        }

        @Test("what fits one record goes into one, and a full queue takes nothing") func records() throws {
            let server = try Server.echo(identity)
            let client = try Client(server)
            #expect(try client.handshake() == .done)
            let block = pattern(4096)
            #expect(client.session.write(block.span) == 4096)
            #expect(client.session.write(block.span) == 4096)
            #expect(client.session.write(block.span) == 0)
            let full = client.session.outgoing.count
            #expect(client.session.write(block.span.extracting(first: 100)) == 0)
            // Two records, each with its header of 5 bytes.
            let span = client.session.outgoingBytes
            let first = 5 + Int(span[3]) << 8 + Int(span[4])
            let second = 5 + Int(span[first + 3]) << 8 + Int(span[first + 4])
            #expect(first + second == full)
            client.flush()
            #expect(try client.read(exactly: 8192) == block + block)
            let long = pattern(10_000)
            #expect(client.session.write(long.span) == 4096, "the rest is for the next record")
        }

        @Test("the server's close_notify ends the session cleanly") func closedByServer() throws {
            let server = try Server.echo(identity)
            let client = try Client(server)
            #expect(try client.handshake() == .done)
            _ = try server.line()
            try client.write(text("close\n"))
            #expect(try client.read().0 == .closed)
            #expect(try client.read().0 == .closed)
            client.session.closeNotify()
            client.flush()
            #expect(try server.line() == "closed")
        }

        @Test("our close_notify reaches the server; nothing is written after it") func closedByUs() throws {
            let server = try Server.echo(identity)
            let client = try Client(server)
            #expect(try client.handshake() == .done)
            _ = try server.line()
            try client.write(text("bye"))
            #expect(try client.read(exactly: 3) == text("bye"))
            client.session.closeNotify()
            client.session.closeNotify()
            let bytes = text("more")
            #expect(client.session.write(bytes.span) == 0)
            client.flush()
            #expect(try server.line() == "clean end")
        }

        @Test("close_notify finds its way into a full queue") func closeWhileFull() throws {
            let server = try Server.echo(identity)
            let client = try Client(server)
            #expect(try client.handshake() == .done)
            let block = pattern(4096)
            while client.session.write(block.span) > 0 {}
            let before = client.session.outgoing.count
            client.session.closeNotify()
            let after = client.session.outgoing.count
            #expect(after > before)
        }

        @Test("a stream that ends without close_notify is reported") func truncation() throws {
            let server = try Server.echo(identity)
            let client = try Client(server)
            #expect(try client.handshake() == .done)
            try client.write(text("drop\n"))
            #expect(try client.read().0 == .failed(.closed))
        }

        @Test("a changed, a repeated and a reordered record are refused") func tampered() throws {
            for change in 0..<3 {
                let client = try Client(Server.echo(identity))
                #expect(try client.handshake() == .done)
                client.onTheWay = { _, bytes in
                    switch change {
                    case 0: return bytes.dropLast() + [bytes.last! ^ 1]
                    case 1: return bytes + bytes
                    default: return [bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]] + bytes[5...].reversed()
                    }
                }
                try client.write(text("hello"))
                var outcome = try client.read().0
                if change == 1 {
                    #expect(outcome == .bytes(5), "the first of two is good")
                    outcome = try client.read().0
                }
                #expect(outcome == .failed(.tampered))
                let room = client.session.room
                #expect(room == 0)
            }
        }

        @Test("a server's wish to renegotiate is not granted") func renegotiation() throws {
            let server = try Server.openssl(identity, ["-tls1_2"])
            let client = try Client(server)
            #expect(try client.handshake() == .done)
            let before = client.session.channelBinding.count
            #expect(before == 12)
            try server.type("r\n")
            // openssl takes our warning (no_renegotiation) as a reason to give up.
            let outcome = try client.read().0
            #expect(outcome == .failed(.alerted(40)) || outcome == .failed(.closed) || outcome == .closed)
        }

        @Test("one session after another on one context") func again() throws {
            let server = try Server.echo(identity)
            for _ in 0..<20 {
                let client = try Client(server)
                #expect(try client.handshake() == .done)
                try client.write(text("ping"))
                #expect(try client.read(exactly: 4) == text("ping"))
                client.session.closeNotify()
                client.flush()
            }
        }
    }
}

extension Sessions {
    /// The server's part of a handshake, damaged.
    @Suite(.serialized) struct Damage {
        let identity: Authority.Identity
        init() throws { identity = try Sessions.authority().issue("good-p256") }

        /// Ciphertext of the server in a whole handshake.
        func length(_ server: Server) throws -> Int {
            let client = try Client(server)
            var total = 0
            client.onTheWay = { offset, bytes in
                total = offset + bytes.count
                return bytes
            }
            #expect(try client.handshake() == .done)
            return total
        }

        @Test("cut at any point, the handshake fails as closed") func cut() throws {
            let server = try Server.echo(identity)
            let whole = try length(server)
            try #require(whole > 500)
            for end in 0..<whole {
                let client = try Client(server)
                var cut = false
                client.onTheWay = { offset, bytes in
                    cut = cut || end < offset + bytes.count
                    return Array(bytes.prefix(max(0, end - offset)))
                }
                let outcome = try client.handshake()
                // The length of an ECDSA signature varies by a few bytes.
                #expect(outcome == (cut ? .failed(.closed) : .done), "cut at \(end) of \(whole)")
                #expect(cut || end > whole - 8)
            }
        }

        /// Where the second bytes of the records' versions lie.
        func minorVersions(in stream: [UInt8]) -> Set<Int> {
            var places = Set<Int>()
            var record = 0
            while record + 5 <= stream.count {
                places.insert(record + 2)
                record += 5 + (Int(stream[record + 3]) << 8 | Int(stream[record + 4]))
            }
            return places
        }

        @Test("changed at any point, the handshake does not succeed") func changed() throws {
            let server = try Server.echo(identity)
            let whole = try length(server)
            // Lengths in ECDSA signatures vary: the last bytes may not be reached.
            for place in 0..<(whole - 8) {
                let client = try Client(server)
                client.piece = 4096
                var sent = [UInt8]()
                client.onTheWay = { offset, bytes in
                    var bytes = bytes
                    sent += bytes
                    if place >= offset && place - offset < bytes.count {
                        bytes[place - offset] ^= UInt8(1 << (place % 8))
                    }
                    return bytes
                }
                let outcome: Session.Handshake
                do {
                    outcome = try client.handshake(limit: 200)
                } catch is Silence {
                    // A length that grew: both sides wait.
                    continue
                }
                if case .failed = outcome { continue }
                // A record's minor version in the clear is signed by nobody (RFC 5246 §6.2.1).
                guard minorVersions(in: sent).contains(place) else {
                    Issue.record("changed at \(place) of \(whole), yet \(outcome)")
                    return
                }
            }
        }
    }
}
