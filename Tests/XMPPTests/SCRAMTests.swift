import Fixed
import TLS
import Testing
import XMPP

typealias Exchange = SCRAM<MbedCryptography>

@Suite("SCRAM proves both sides, or ends with what was wrong")
struct SCRAMTests {
    /// A published conversation.
    struct Vector: Sendable {
        let mechanism: Mechanism
        let nonce: StaticString
        let clientFirst, serverFirst, clientFinal, serverFinal: String

        static let sha1 = Vector(
            mechanism: .scramSHA1, nonce: "fyko+d2lbbFgONRv9qkxdawL",
            clientFirst: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            clientFinal: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")
        static let sha256 = Vector(
            mechanism: .scramSHA256, nonce: "rOprNGfwEbeRWgbNEkqO",
            clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            clientFinal: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
    }

    /// The conversation up to `challenge`; what we answer, or why we do not.
    private func answer(
        _ challenge: String, to vector: Vector = .sha1, password: String = "pencil", kept: SaltedKeys? = nil
    ) -> Result<String, Exchange.Failure> {
        do throws(Exchange.Failure) {
            var exchange = try begin(vector)
            return .success(try respond(&exchange, challenge, password, kept))
        } catch { return .failure(error) }
    }

    /// An exchange whose first message was sent.
    private func begin(
        _ vector: Vector, binding: Exchange.Binding = .unavailable
    ) throws(Exchange.Failure) -> Exchange {
        var exchange = Exchange(vector.mechanism, binding: binding, nonce: Text(vector.nonce))
        var message = Text<512>()
        try exchange.start(user: "user".utf8Bytes.span, to: &message)
        return exchange
    }

    private func firstMessage(
        _ vector: Vector, binding: Exchange.Binding = .unavailable, user: String = "user"
    ) throws(Exchange.Failure) -> String {
        var exchange = Exchange(vector.mechanism, binding: binding, nonce: Text(vector.nonce))
        var message = Text<512>()
        try exchange.start(user: user.utf8Bytes.span, to: &message)
        return string(message.bytes)
    }

    private func respond(
        _ exchange: inout Exchange, _ challenge: String, _ password: String = "pencil", _ kept: SaltedKeys? = nil
    ) throws(Exchange.Failure) -> String {
        var message = Text<512>()
        try exchange.respond(
            to: challenge.utf8Bytes.span, password: password.utf8Bytes.span, kept: kept, into: &message)
        return string(message.bytes)
    }

    @Test("RFC 5802 §5 and RFC 7677 §3", arguments: [Vector.sha1, .sha256])
    func vectors(vector: Vector) throws {
        #expect(try firstMessage(vector) == vector.clientFirst)
        var exchange = try begin(vector)
        let final = try respond(&exchange, vector.serverFirst)
        #expect(final == vector.clientFinal)
        try exchange.verify(vector.serverFinal.utf8Bytes.span)
    }

    @Test("A server signature with any byte changed, cut short, or of another exchange proves nothing",
        arguments: [Vector.sha1, .sha256])
    func serverSignature(vector: Vector) throws {
        var exchange = try begin(vector)
        // Before the challenge nothing can be proven.
        #expect(isProven(exchange, vector.serverFinal) == .serverNotProven)
        _ = try respond(&exchange, vector.serverFirst)
        let right = vector.serverFinal
        #expect(isProven(exchange, right) == nil)
        #expect(isProven(exchange, right + ",x=extension") == nil)
        var wrong = ["", "v", "v=", "v=AAAA", "v=" + right, String(right.dropFirst(2)), "e=other-error", "e=invalid-proof," + right,
            right + "=", right + "AAAA", String(right.dropLast()), String(right.dropLast(4)), "V" + right.dropFirst(), " " + right,
            "v=====", vector.mechanism == .scramSHA1 ? Vector.sha256.serverFinal : Vector.sha1.serverFinal]
        for place in 2..<right.utf8.count - 2 {
            var bytes = right.utf8Bytes
            bytes[place] = bytes[place] == 0x41 ? 0x42 : 0x41
            wrong.append(String(decoding: bytes, as: UTF8.self))
        }
        for final in wrong { #expect(isProven(exchange, final) == .serverNotProven, "\(final)") }
    }

    private func isProven(_ exchange: borrowing Exchange, _ final: String) -> Exchange.Failure? {
        do throws(Exchange.Failure) {
            try exchange.verify(final.utf8Bytes.span)
            return nil
        } catch { return error }
    }

    @Test("A server that knows another password is not proven")
    func wrongPassword() throws {
        var exchange = try begin(.sha1)
        let final = try respond(&exchange, Vector.sha1.serverFirst, "pencil ")
        #expect(final != Vector.sha1.clientFinal)
        #expect(isProven(exchange, Vector.sha1.serverFinal) == .serverNotProven)
    }

    @Test("A nonce that does not extend ours is not answered", arguments: [
        "3rfcNHYJY1ZVvWVs7j", "fyko+d2lbbFgONRv9qkxdawL", "fyko+d2lbbFgONRv9qkxdaw", "Fyko+d2lbbFgONRv9qkxdawLx",
        "xfyko+d2lbbFgONRv9qkxdawLx", "fyko+d2lbbFgONRv9qkxdawM3rfcNHYJY1ZVvWVs7j", " fyko+d2lbbFgONRv9qkxdawLx",
    ])
    func nonce(nonce: String) { #expect(answer("r=\(nonce),s=QSXCR+Q6sek8bf92,i=4096") == .failure(.foreignNonce)) }

    @Test("Iterations are capped both ways", arguments: [
        (1, .tooFewIterations), (0, .tooFewIterations), (4_095, .tooFewIterations), (200_001, .tooManyIterations),
        (4_294_967_296 + 4_096, .tooManyIterations), (999_999_999_999_999_999, .tooManyIterations),
    ] as [(Int, Exchange.Failure)])
    func iterations(count: Int, failure: Exchange.Failure) {
        #expect(answer("r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=\(count)") == .failure(failure))
    }

    @Test("The caps themselves are within", arguments: [4_096, 200_000])
    func iterationsWithin(count: Int) {
        guard case .success = answer("r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=\(count)") else {
            Issue.record("\(count) iterations were refused")
            return
        }
    }

    @Test("A challenge that is malformed, or asks for what we do not know, is not answered", arguments: [
        "", "r", "r=", "r=,s=QSXCR+Q6sek8bf92,i=4096", "r=fyko+d2lbbFgONRv9qkxdawLx", "r=fyko+d2lbbFgONRv9qkxdawLx,",
        "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92", "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,",
        "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=", "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=,",
        "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=-4096", "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=+4096",
        "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i= 4096", "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=4096 ",
        "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=4e3", "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=0x1000",
        "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=9999999999999999999999999",
        "r=fyko+d2lbbFgONRv9qkxdawLx,s=,i=4096", "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR,i=4096",
        "r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXC\n,i=4096", "r=fyko+d2lbbFgONRv9qkxdawLx,s=Zh==,i=4096",
        "r=fyko+d2lbbFgONRv9qkxdawLx,i=4096,s=QSXCR+Q6sek8bf92", "s=QSXCR+Q6sek8bf92,r=fyko+d2lbbFgONRv9qkxdawLx,i=4096",
        "m=ext,r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=4096", "e=unknown-user", "R=fyko+d2lbbFgONRv9qkxdawLx,s=AAAA,i=4096",
        "r=fyko+d2lbbFgONRv9qkxdawLx,x=y,s=QSXCR+Q6sek8bf92,i=4096", " r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=4096",
    ])
    func malformed(challenge: String) { #expect(answer(challenge) == .failure(.malformed)) }

    @Test("A challenge too long to answer is not answered in part")
    func tooLong() {
        let nonce = "fyko+d2lbbFgONRv9qkxdawL"
        let salt = String(repeating: "QUFB", count: 22)
        #expect(answer("r=\(nonce)x,s=\(salt),i=4096") == .failure(.malformed))
        for count in [460, 480, 500, 900, 2_000] {
            #expect(answer("r=\(nonce)\(String(repeating: "x", count: count)),s=QSXCR+Q6sek8bf92,i=4096") == .failure(.malformed))
        }
        let extensions = String(repeating: ",x=y", count: 300)
        #expect(answer(Vector.sha1.serverFirst + extensions) == .failure(.malformed))
        // The longest that fits is answered whole.
        guard case .success(let final) = answer("r=\(nonce)\(String(repeating: "x", count: 440)),s=QSXCR+Q6sek8bf92,i=4096")
        else {
            Issue.record("refused")
            return
        }
        #expect(final.hasSuffix("=") && final.utf8.count <= 512 && final.contains(",p="))
    }

    @Test("Extensions behind the count are ignored, and signed")
    func extensions() throws {
        var exchange = try begin(.sha1)
        let final = try respond(&exchange, Vector.sha1.serverFirst + ",x=new")
        #expect(final.hasPrefix("c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p="))
        #expect(final != Vector.sha1.clientFinal)
        #expect(isProven(exchange, Vector.sha1.serverFinal) == .serverNotProven)
    }

    @Test("Commas and equals signs in a name are escaped, as a server would otherwise read fields into it")
    func names() throws {
        #expect(try firstMessage(.sha1, user: "a,r=b=2C") == "n,,n=a=2Cr=3Db=3D2C,r=fyko+d2lbbFgONRv9qkxdawL")
        #expect(try firstMessage(.sha1, user: "j\u{FC}rgen") == "n,,n=j\u{FC}rgen,r=fyko+d2lbbFgONRv9qkxdawL")
        let longest = String(repeating: ",", count: 190)
        #expect(throws: Exchange.Failure.malformed) { _ = try firstMessage(.sha1, user: longest) }
    }

    @Test("Channel binding says what it binds, in the first message and in the signed one")
    func binding() throws {
        var unique = Text<36>()
        for byte in UInt8(1)...12 { unique.append(byte) }
        let cases: [(Exchange.Binding, String, String)] = [
            (.unavailable, "n,,", "biws"), (.unoffered, "y,,", "eSws"),
            (.unique(unique), "p=tls-unique,,", "cD10bHMtdW5pcXVlLCwBAgMEBQYHCAkKCww="),
        ]
        for (binding, header, channel) in cases {
            var exchange = try begin(.sha1, binding: binding)
            #expect(try firstMessage(.sha1, binding: binding) == header + "n=user,r=fyko+d2lbbFgONRv9qkxdawL")
            let final = try respond(&exchange, Vector.sha1.serverFirst)
            #expect(final.hasPrefix("c=\(channel),r="))
            // The signature covers it: that of another binding proves nothing.
            #expect((isProven(exchange, Vector.sha1.serverFinal) == nil) == (header == "n,,"))
        }
    }

    @Test("Kept keys spare the derivation, and only where hash, salt and count are theirs")
    func keptKeys() throws {
        var exchange = try begin(.sha256)
        _ = try respond(&exchange, Vector.sha256.serverFirst)
        let kept = exchange.keysToKeep
        let keys = try #require(kept)
        let derived = exchange.usedKeptKeys
        #expect(!derived && keys.iterations == 4_096 && keys.hash == .sha256)

        var again = try begin(.sha256)
        // A password that would not do shows which was used.
        let final = try respond(&again, Vector.sha256.serverFirst, "forgotten", keys)
        let used = again.usedKeptKeys
        #expect(used && final == Vector.sha256.clientFinal)
        try again.verify(Vector.sha256.serverFinal.utf8Bytes.span)

        for changed in [
            Vector.sha256.serverFirst.replacing("i=4096", with: "i=4097"),
            Vector.sha256.serverFirst.replacing("s=W22Z", with: "s=X22Z"),
        ] {
            var other = try begin(.sha256)
            _ = try respond(&other, changed, "pencil", keys)
            let used = other.usedKeptKeys
            #expect(!used)
        }
        var otherHash = try begin(.sha1)
        let sha1 = try respond(&otherHash, Vector.sha1.serverFirst, "pencil", keys)
        #expect(sha1 == Vector.sha1.clientFinal)
    }

    @Test("Nonces are fresh, printable and long enough")
    func freshNonces() throws {
        var seen: Set<String> = []
        for _ in 0..<100 {
            var exchange = Exchange(.scramSHA256, binding: .unavailable)
            var message = Text<512>()
            try exchange.start(user: "u".utf8Bytes.span, to: &message)
            let nonce = string(message.bytes).dropFirst("n,,n=u,r=".count)
            #expect(nonce.utf8.count == 24 && nonce.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2C })
            seen.insert(String(nonce))
        }
        #expect(seen.count == 100)
    }

    @Test("Challenges made wrong at random are answered in full or not at all")
    func fuzz() {
        let pieces = Vector.sha1.serverFirst.utf8Bytes
        var random = Sequence64(seed: 2)
        for n in 0..<3_000 {
            var bytes = pieces
            for _ in 0...(n % 3) {
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: Int.random(in: 0..<bytes.count, using: &random))
                default: bytes.insert(",=sri0".utf8Bytes.randomElement(using: &random)!, at: Int.random(in: 0..<bytes.count, using: &random))
                }
            }
            // No derivation for hours: the count stays a small one.
            guard bytes.suffix(7) == pieces.suffix(7) else { continue }
            var exchange = Exchange(.scramSHA1, binding: .unavailable, nonce: Text(Vector.sha1.nonce))
            var message = Text<512>()
            do throws(Exchange.Failure) {
                try exchange.start(user: "user".utf8Bytes.span, to: &message)
                message.clear()
                try exchange.respond(to: bytes.span, password: "pencil".utf8Bytes.span, kept: nil, into: &message)
                let final = string(message.bytes)
                #expect(final.hasPrefix("c=biws,r=fyko+d2lbbFgONRv9qkxdawL") && final.hasSuffix("="), "\(bytes)")
            } catch { continue }
        }
    }

    @Test("Mechanisms are known by exactly their names, and ranked")
    func mechanisms() {
        let all: [Mechanism] = [.plain, .scramSHA1, .scramSHA256, .scramSHA1Plus, .scramSHA256Plus]
        #expect(all.sorted() == all)
        for mechanism in all { #expect(Mechanism(mechanism.name.bytes) == mechanism) }
        for name in ["", "plain", "SCRAM-SHA-1-", "SCRAM-SHA-1-PLUS ", "SCRAM-SHA-512", "EXTERNAL", "ANONYMOUS"] {
            #expect(Mechanism(name.utf8Bytes.span) == nil)
        }
        #expect(all.filter(\.bindsChannel) == [.scramSHA1Plus, .scramSHA256Plus])
        #expect(all.filter { $0.hash == .sha256 } == [.scramSHA256, .scramSHA256Plus])
    }
}
