import Fixed
import Testing

@Suite("Spans of bytes are compared as the protocol wants it")
struct BytesTests {
    private func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.span.equals(b.span) }
    private func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.span.equalsInConstantTime(b.span) }
    private func equalIgnoringCase(_ a: String, _ b: String) -> Bool {
        a.utf8Bytes.span.equalsIgnoringCase(b.utf8Bytes.span)
    }
    private func starts(_ text: String, with literal: StaticString) -> Bool { text.utf8Bytes.span.starts(with: literal) }

    @Test("Equality", arguments: [("", "", true), ("a", "a", true), ("a", "b", false), ("a", "", false), ("ab", "a", false),
        ("abc", "abd", false), ("xbc", "abc", false), ("A", "a", false)])
    func equality(a: String, b: String, same: Bool) {
        let left = a.utf8Bytes, right = b.utf8Bytes
        #expect(equal(left, right) == same && equal(right, left) == same)
        #expect(equalInConstantTime(left, right) == same && equalInConstantTime(right, left) == same)
    }

    @Test("In constant time, a difference of any single bit at any place is seen")
    func everyBit() {
        let secret = Array(UInt8(0)..<32)
        #expect(equalInConstantTime(secret, secret))
        for place in secret.indices {
            for bit in 0..<8 {
                var other = secret
                other[place] ^= 1 << UInt8(bit)
                #expect(!equalInConstantTime(secret, other))
            }
        }
        #expect(!equalInConstantTime(secret, Array(secret.dropLast())))
        // Two differences must not cancel out.
        var swapped = secret
        swapped.swapAt(0, 31)
        #expect(!equalInConstantTime(secret, swapped))
    }

    @Test("Only ASCII letters are folded")
    func folding() {
        for byte in UInt8.min...UInt8.max {
            let isUpper = (0x41...0x5A).contains(byte)
            #expect(byte.asciiLowercased == (isUpper ? byte + 0x20 : byte))
        }
        #expect(equalIgnoringCase("Example.ORG", "eXAMPLE.org"))
        #expect(!equalIgnoringCase("\u{C4}", "\u{E4}"))
        #expect(!equalIgnoringCase("@", "`"))
        #expect(!equalIgnoringCase("ab", "abc"))
    }

    @Test("Literals")
    func literals() {
        #expect(starts("urn:xmpp:iot", with: "urn:") && starts("urn:", with: "urn:") && starts("urn", with: ""))
        #expect(!starts("urn", with: "urn:") && !starts("urx:", with: "urn:") && starts("", with: ""))
        #expect(kind("iq") == 2 && kind("message") == 1 && kind("i") == 0 && kind("iqq") == 0 && kind("") == 0)
        #expect(kind("\u{B0}C") == 3)
    }

    private func kind(_ text: String) -> Int {
        let bytes = text.utf8Bytes
        switch bytes.span {
        case "message": return 1
        case "iq": return 2
        case "\u{B0}C": return 3
        default: return 0
        }
    }

    @Test("The first of a byte")
    func firstIndex() {
        #expect("a@b@c".utf8Bytes.span.firstIndex(of: 0x40) == 1)
        #expect("abc".utf8Bytes.span.firstIndex(of: 0x40) == nil)
        #expect("".utf8Bytes.span.firstIndex(of: 0) == nil)
    }

    @Test("White space is taken off both ends, and only XML's", arguments: [
        ("", ""), (" ", ""), (" \t\r\n", ""), ("a", "a"), ("  a b\n", "a b"), ("\u{A0}a", "\u{A0}a"), ("\u{B}a", "\u{B}a"), ("a ", "a"),
    ])
    func trimmed(text: String, core: String) {
        let bytes = text.utf8Bytes
        #expect(string(bytes.span.trimmed) == core)
    }
}

@Suite("UTF-8 is what RFC 3629 says it is")
struct UTF8Tests {
    private func accepts(_ bytes: [UInt8]) -> Bool { bytes.span.isUTF8 }
    /// What the Swift library makes of the same bytes.
    private func isValid(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    @Test("Every one, two and three bytes, and all fours at the edges")
    func exhaustive() {
        for a in UInt8.min...UInt8.max { #expect(accepts([a]) == (a < 0x80)) }
        var pairs = 0
        for a in UInt8.min...UInt8.max { for b in UInt8.min...UInt8.max where accepts([a, b]) { pairs += 1 } }
        #expect(pairs == 128 * 128 + (0xDF - 0xC2 + 1) * 64)
        // Behind a lead byte of three, 1,024 + 64 · 64 · 15 - 2,048 code points in U+0800...U+FFFF.
        var triples = 0
        for a in UInt8(0xE0)...0xEF { for b in UInt8.min...UInt8.max { for c in UInt8(0x7E)...0xC1 where accepts([a, b, c]) { triples += 1 } } }
        #expect(triples == 0x10000 - 0x800 - 0x800)
        let edges: [UInt8] = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
        for a in UInt8(0xE0)...0xFF { for b in edges { for c in edges { for d in edges {
            guard accepts([a, b, c, d]) == isValid([a, b, c, d]) else {
                Issue.record("\([a, b, c, d])")
                return
            }
        } } } }
    }

    @Test("The edges, by name", arguments: [
        ([0x00], true), ([0x7F], true), ([0x80], false), ([0xBF], false), ([0xC0, 0x80], false), ([0xC1, 0xBF], false),
        ([0xC2, 0x80], true), ([0xDF, 0xBF], true), ([0xE0, 0x9F, 0xBF], false), ([0xE0, 0xA0, 0x80], true),
        ([0xED, 0x9F, 0xBF], true), ([0xED, 0xA0, 0x80], false), ([0xED, 0xBF, 0xBF], false), ([0xEE, 0x80, 0x80], true),
        ([0xEF, 0xBF, 0xBF], true), ([0xF0, 0x8F, 0xBF, 0xBF], false), ([0xF0, 0x90, 0x80, 0x80], true),
        ([0xF4, 0x8F, 0xBF, 0xBF], true), ([0xF4, 0x90, 0x80, 0x80], false), ([0xF5, 0x80, 0x80, 0x80], false),
        ([0xF8, 0x88, 0x80, 0x80, 0x80], false), ([0xFE], false), ([0xFF], false), ([], true),
    ] as [([UInt8], Bool)])
    func edges(bytes: [UInt8], valid: Bool) { #expect(accepts(bytes) == valid) }

    @Test("A character cut short is none, and what follows does not make up for it")
    func truncated() {
        for character in ["\u{E9}", "\u{20AC}", "\u{1F321}"] {
            let bytes = character.utf8Bytes
            for count in 1..<bytes.count {
                #expect(!accepts(Array(bytes.prefix(count))) && !accepts(bytes.prefix(count) + [0x61, 0x62, 0x63]))
                #expect(!accepts(bytes + bytes.prefix(count)) && !accepts(bytes.prefix(count) + bytes))
            }
            #expect(accepts(bytes + bytes))
        }
    }

    @Test("Bytes at random, against the Swift library")
    func fuzz() {
        let likely: [UInt8] = [0x41, 0x80, 0x8F, 0x90, 0xA0, 0xBF, 0xC2, 0xE0, 0xE2, 0xED, 0xF0, 0xF1, 0xF4]
        var random = Sequence64(seed: 6)
        for n in 0..<50_000 {
            let bytes = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                n % 2 == 0 ? likely.randomElement(using: &random)! : UInt8.random(in: 0...255, using: &random)
            }
            guard accepts(bytes) == isValid(bytes) else {
                Issue.record("\(bytes)")
                return
            }
        }
    }
}

@Suite struct ChecksumTests {
    @Test func `CRC-32 as everybody computes it, in one piece or in several`() {
        var sum = CRC32()
        #expect(sum.value == 0)
        sum.add(("123456789" as StaticString).bytes)
        #expect(sum.value == 0xCBF4_3926)
        sum = CRC32()
        sum.add(("12345" as StaticString).bytes)
        sum.add(("6789" as StaticString).bytes)
        #expect(sum.value == 0xCBF4_3926)
    }
}
