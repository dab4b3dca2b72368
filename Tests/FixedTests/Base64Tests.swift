import Fixed
import Foundation
import Testing

@Suite("Base64 has one spelling for each string of bytes")
struct Base64Tests {
    private func encode(_ bytes: [UInt8]) -> String { written { Base64.encode(bytes.span, to: &$0) } }
    private func decode(_ text: String) -> [UInt8]? { decode(text.utf8Bytes) }
    private func decode(_ bytes: [UInt8]) -> [UInt8]? {
        var output = Text<192>()
        return Base64.decode(bytes.span, into: &output) ? array(output.bytes) : nil
    }

    @Test("RFC 4648 §10", arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectors(plain: String, encoded: String) {
        #expect(encode(plain.utf8Bytes) == encoded)
        #expect(decode(encoded) == plain.utf8Bytes)
    }

    @Test("Against Foundation, all lengths to 130")
    func foundation() {
        var random = Sequence64(seed: 4)
        for count in 0...130 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Data(bytes).base64EncodedString()
            #expect(encode(bytes) == text && decode(text) == bytes)
        }
    }

    @Test("Every pair of bytes")
    func pairs() {
        for a in 0...255 {
            for b in stride(from: 0, through: 255, by: 5) {
                let bytes = [UInt8(a), UInt8(b)]
                guard decode(encode(bytes)) == bytes else {
                    Issue.record("\(bytes)")
                    return
                }
            }
        }
    }

    @Test("Another spelling is refused", arguments: [
        // Bits that are not zero behind the last byte.
        "Zh==", "Zg=a", "Zm9=", "Zm+=", "ZmF=", "/x==",
        // Padding that is missing, too much, or not at the end.
        "Zg", "Zg=", "Zg===", "Z", "Z===", "====", "=", "==", "=Zg=", "Zg==Zg==", "Zm8=Zm8=", "Zm9v=", "Zm9v====", "Z=g=",
        // Other alphabets, line breaks, spaces.
        "Zm9_", "Zm9-", "Zm9v\n", "Zm9\n", "Zm 9v", " Zm9", "Zm9v\r\nYmFy", "Zm9\u{0}", "Zm\u{E9}", "Zm9.", "Zm9*",
    ])
    func refused(text: String) { #expect(decode(text) == nil) }

    @Test("No two texts give the same bytes")
    func injective() {
        let alphabet = "AEIQYZgw+/09=".utf8Bytes
        var seen: [[UInt8]: [UInt8]] = [:]
        for a in alphabet { for b in alphabet { for c in alphabet { for d in alphabet {
            guard let bytes = decode([a, b, c, d]) else { continue }
            if let other = seen.updateValue([a, b, c, d], forKey: bytes) { Issue.record("\(other) and \([a, b, c, d])") }
        } } } }
        #expect(seen.count > 10_000)
    }

    @Test("What is too long for its place is refused, what just fits is not")
    func tooLong() {
        #expect(decode("Zm9v", behind: Text<3>()) == "foo")
        #expect(decode("Zm9v", behind: Text<2>()) == nil)
        #expect(decode("Zm8=", behind: Text<2>()) == "fo")
        #expect(decode("Zg==", behind: Text<2>("ab")) == nil)
        #expect(decode("Zg==", behind: Text<3>("ab")) == "abf")
        #expect(decode("", behind: Text<2>("ab")) == "ab")
    }

    private func decode<let n: Int>(_ text: String, behind start: Text<n>) -> String? {
        var output = start
        return Base64.decode(text.utf8Bytes.span, into: &output) ? string(output.bytes) : nil
    }

    @Test("Any bytes are Base64 or not; those that are encode to themselves")
    func fuzz() {
        let alphabet = "ABab01+/==".utf8Bytes
        var random = Sequence64(seed: 5)
        for n in 0..<50_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                n % 4 != 0 ? alphabet.randomElement(using: &random)! : UInt8.random(in: 0...255, using: &random)
            }
            if let plain = decode(bytes), encode(plain) != string(bytes.span) {
                Issue.record("\(bytes)")
                return
            }
        }
    }
}
