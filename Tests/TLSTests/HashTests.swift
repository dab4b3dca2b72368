import Fixed
import Foundation
import TLS
import Testing

@Suite struct Hashes {
    func hex(_ digest: Digest) -> String {
        var text = ""
        let bytes = digest.bytes
        for i in bytes.indices { text += (bytes[i] < 16 ? "0" : "") + String(bytes[i], radix: 16) }
        return text
    }

    @Test("FIPS 180-4: empty, one block, two blocks, a million letters") func digests() {
        let cases: [(String, String, String)] = [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
             "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
            (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ]
        for (text, sha1, sha256) in cases {
            let bytes = Array(text.utf8)
            #expect(hex(MbedCryptography.digest(.sha1, of: bytes.span)) == sha1)
            #expect(hex(MbedCryptography.digest(.sha256, of: bytes.span)) == sha256)
        }
    }

    @Test("HMAC: RFC 2202 and RFC 4231, keys shorter and longer than a block") func authentication() {
        let long = [UInt8](repeating: 0xAA, count: 131)
        let text = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        #expect(hex(MbedCryptography.authenticate(.sha256, key: long.span, text.span))
            == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        let jefe = Array("Jefe".utf8)
        let question = Array("what do ya want for nothing?".utf8)
        #expect(hex(MbedCryptography.authenticate(.sha256, key: jefe.span, question.span))
            == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(hex(MbedCryptography.authenticate(.sha1, key: jefe.span, question.span))
            == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        let eighty = [UInt8](repeating: 0xAA, count: 80)
        #expect(hex(MbedCryptography.authenticate(.sha1, key: eighty.span, text.span))
            == "aa4ae5e15272d00e95705637ce8a3b55ed402112")
    }

    @Test("PBKDF2: RFC 6070 and RFC 7914 §11") func derivation() {
        func derive(_ hash: Hash, _ password: String, _ salt: String, _ iterations: Int) -> String {
            hex(MbedCryptography.derive(
                hash, password: Array(password.utf8).span, salt: Array(salt.utf8).span,
                iterations: iterations))
        }
        #expect(derive(.sha1, "password", "salt", 1) == "0c60c80f961f0e71f3a9b524af6012062fe037a6")
        #expect(derive(.sha1, "password", "salt", 2) == "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957")
        #expect(derive(.sha1, "password", "salt", 4096) == "4b007901b765489abead49d926f721d065a429c1")
        // The RFC's is 25 bytes long; its first block is the same.
        #expect(derive(.sha1, "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096)
            == "3d2eec4fe41c849b80c8d83662c0e44a8b291a96")
        #expect(derive(.sha256, "passwd", "salt", 1)
            == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
        #expect(derive(.sha256, "Password", "NaCl", 80_000)
            == "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56")
    }

    /// Lengths on both sides of a block's end, against an independent implementation.
    @Test("every length up to two blocks agrees with Python's hashlib") func lengths() throws {
        let program = """
            import hashlib, hmac
            for name in ("sha1", "sha256"):
                for n in range(140):
                    k = bytes((7 * n + i) % 256 for i in range(n)); d = bytes((3 * i + n) % 256 for i in range(139 - n))
                    print(hashlib.new(name, d).hexdigest(), hmac.new(k, d, name).hexdigest(), hashlib.pbkdf2_hmac(name, k, d, 1 + n % 3).hex())
            """
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", program]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = text.split(separator: "\n")
        try #require(lines.count == 280)
        for (row, line) in lines.enumerated() {
            let hash: Hash = row < 140 ? .sha1 : .sha256
            let n = row % 140
            let key = (0..<n).map { UInt8((7 * n + $0) % 256) }
            let data = (0..<(139 - n)).map { UInt8((3 * $0 + n) % 256) }
            let ours = [
                hex(MbedCryptography.digest(hash, of: data.span)),
                hex(MbedCryptography.authenticate(hash, key: key.span, data.span)),
                hex(MbedCryptography.derive(hash, password: key.span, salt: data.span, iterations: 1 + n % 3)),
            ]
            #expect(ours.joined(separator: " ") == line, "\(hash) with a key of \(n) bytes")
        }
    }

    @Test("no iterations, or a negative number, is one iteration") func oneAtLeast() {
        let word = Array("word".utf8)
        let once = hex(MbedCryptography.derive(.sha256, password: word.span, salt: word.span, iterations: 1))
        for count in [0, -1, Int.min] {
            #expect(hex(MbedCryptography.derive(.sha256, password: word.span, salt: word.span, iterations: count)) == once)
        }
    }

    @Test("nonces never repeat, whoever asks for them") func nonces() async {
        let seen = await withTaskGroup(of: [[UInt8]].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<2_500).map { _ in
                        let nonce = MbedCryptography.nonce()
                        return nonce.bytes.withUnsafeBufferPointer { Array($0) }
                    }
                }
            }
            return await group.reduce(into: Set<[UInt8]>()) { $0.formUnion($1) }
        }
        #expect(seen.count == 10_000)
        #expect(!seen.contains([UInt8](repeating: 0, count: 16)))
    }
}
