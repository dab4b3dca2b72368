import Fixed
import Ownership
import Support
import TLS
import Testing

/// The KEY: read as people write it, and right or wrong as a whole.
@Suite("KEY") struct ClaimKeyTests {
    private func key(_ text: String) -> ClaimKey? { ClaimKey(text.utf8Bytes.span) }
    private func found(_ text: String) -> String? { ClaimKey(in: text.utf8Bytes.span).map { string($0.bytes) } }

    private func groups(_ key: ClaimKey) -> String {
        var text = Text<32>()
        key.writeGroups(to: &text)
        return string(text.bytes)
    }

    @Test("made here it has 20 characters of the alphabet, another each time, and reads back the same")
    func made() {
        var seen: Set<String> = []
        for _ in 0..<200 {
            let made = ClaimKey(random: MbedCryptography.self)
            let text = string(made.bytes)
            #expect(text.count == 20)
            #expect(text.allSatisfy { "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains($0) })
            #expect(key(groups(made)).map { string($0.bytes) } == text)
            #expect(key(text.lowercased()).map { string($0.bytes) } == text)
            seen.insert(text)
        }
        #expect(seen.count == 200)
    }

    @Test("what has not the form of a KEY is none", arguments: [
        "", "-", "0123456789ABCDEFGHJ", "0123456789ABCDEFGHJKM", "0123456789ABCDEFGHJU", "0123456789ABCDEFGHJ!", "0123456789ABCDEFGH\u{E4}",
        "0123456789ABCDEFGHJ\0", String(repeating: "-", count: 60) + "0123456789ABCDEFGHJK", String(repeating: "A", count: 4_000),
    ])
    func malformed(_ text: String) {
        #expect(key(text) == nil)
        #expect(found(text) == nil)
    }

    @Test("it is found behind claim and in both texts of a sticker, and nowhere else")
    func inWords() {
        let plain = "0123456789ABCDEFGHJK"
        for words in [
            plain, " claim \(plain) ", "CLAIM 0123-4567-89ab-cdef-ghjk", "IoTDisco;SN:1;KEY:\(plain)", "IoTDisco;KEY:\(plain);R:x",
            "iotdisco:SN=1;KEY=\(plain);R=registry.example.org", "claim iotdisco:SN=1;KEY=\(plain)",
        ] {
            #expect(found(words) == plain, "\(words)")
        }
        for words in ["claim", "claim ", "my key is \(plain)", "IoTDisco;SN:\(plain)", "IoTDisco", "iotdisco;KEY", "IoTDisco;KEY:", "SN:1;KEY:\(plain)"] {
            #expect(found(words) == nil, "\(words)")
        }
    }

    @Test("a KEY that differs in one character is another, whether the KEY or its digest is kept")
    func matches() throws {
        let text = Array("0123456789ABCDEFGHJK")
        let right = try #require(key(String(text)))
        for kept in [KeptKey.plain(right), .digest(right.digest(MbedCryptography.self))] {
            #expect(kept.matches(right, MbedCryptography.self))
            for i in text.indices {
                var other = text
                other[i] = other[i] == "Z" ? "Y" : "Z"
                let wrong = try #require(key(String(other)))
                #expect(!kept.matches(wrong, MbedCryptography.self), "character \(i)")
            }
        }
        #expect(!KeptKey.none.matches(right, MbedCryptography.self))
    }
}
