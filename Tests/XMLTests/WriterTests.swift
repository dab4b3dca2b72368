import Fixed
import Testing
import XML

@Suite("What is written escaped is read as it was")
struct WriterTests {
    /// Writes `text` as an attribute's value and as character data, and reads both.
    private func roundTrip(_ text: [UInt8]) throws -> (value: [UInt8], text: [UInt8]) {
        var buffer = Buffer<8192>()
        buffer.put("<s xmlns='a'><m")
        buffer.put(attribute: "value", text.span)
        buffer.put(">")
        buffer.put(escaped: text.span)
        buffer.put("</m>")
        let fits = buffer.commit()
        try #require(fits)
        var reader = try newReader()
        let from = reader.read(buffer.bytes).taken
        let event = reader.read(buffer.bytes.extracting(from...)).event
        try #require(event == .stanza)
        guard let root = reader.root, let value = root.attribute("value") else { throw NoReader() }
        return (bytes(value), bytes(root.text))
    }

    private func bytes(_ span: Span<UInt8>) -> [UInt8] {
        var copy: [UInt8] = []
        for i in span.indices { copy.append(span[i]) }
        return copy
    }

    @Test("Every code point below U+0200, and those at the edges of planes and of XML's range")
    func codePoints() throws {
        let edges: [UInt32] = [
            0x7FF, 0x800, 0x2028, 0xD7FF, 0xE000, 0xEFFF, 0xF000, 0xFEFF, 0xFFBF, 0xFFC0, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF,
            0x10000, 0x1FFFE, 0x1FFFF, 0x1F321, 0xFFFFF, 0x10FFFF,
        ]
        for code in Array(0..<0x200) + edges {
            let scalar = try #require(Unicode.Scalar(code))
            let carried = code >= 0x20 || code == 0x09 || code == 0x0A || code == 0x0D
            let allowed = carried && code != 0xFFFE && code != 0xFFFF
            let text = Array("a\(Character(scalar))b".utf8)
            let expected = allowed ? text : Array("a?b".utf8)
            let (value, data) = try roundTrip(text)
            #expect(value == expected, "U+\(String(code, radix: 16)) in a value")
            #expect(data == expected, "U+\(String(code, radix: 16)) in text")
            #expect(try roundTrip(Array(String(Character(scalar)).utf8)).value == Array(expected.dropFirst().dropLast()))
        }
    }

    @Test("Markup, quotes, references, CDATA and line ends", arguments: [
        "", "<", ">", "&", "'", "\"", "</m><iq type='set'/>", "' onclick='", "\" x=\"", "&amp;", "&#60;", "&lt;",
        "]]>", "<![CDATA[x]]>", "<!-- -->", "<?pi?>", "<!DOCTYPE x>", " lead and trail ", "a\r\nb\rc\nd\te",
        "23.40 \u{00B0}C", "\u{FFFD}?\u{FEFF}", "\u{1F321}\u{0301}",
    ])
    func markup(text: String) throws {
        let (value, data) = try roundTrip(Array(text.utf8))
        #expect(value == Array(text.utf8) && data == Array(text.utf8))
    }

    @Test("The bytes on the wire are these")
    func bytesOnTheWire() {
        var buffer = Buffer<128>()
        buffer.put(escaped: "<&>\"'\t\r\n\u{1}\u{FFFE}\u{FFFD}z".utf8.span)
        buffer.commit()
        #expect(string(buffer.bytes) == "&lt;&amp;&gt;&quot;&apos;&#9;&#13;&#10;??\u{FFFD}z")
    }

    @Test("An attribute takes the quotes that occur less in it", arguments: [
        ("", "''"), ("a>b", "'a>b'"), ("<&\t\n\r\u{1}", "'&lt;&amp;&#9;&#10;&#13;?'"), ("it's", "\"it's\""),
        ("\"so\"", "'\"so\"'"), ("'\"", "'&apos;\"'"), ("''\"", "\"''&quot;\""), ("'\"\"", "'&apos;\"\"'"),
    ])
    func quotes(value: String, written: String) {
        var buffer = Buffer<128>()
        buffer.put(attribute: "a", value.utf8.span)
        buffer.commit()
        #expect(string(buffer.bytes) == " a=" + written)
    }

    @Test("A value that was read is never longer when it is written again")
    func neverLonger() throws {
        let pieces = ["'", "\"", "&apos;", "&quot;", "&amp;", "&lt;", ">", "&gt;", "&#9;", "&#xA;", "&#13;", "\t", "x", "\u{E9}", "&#x1F321;"]
        for seed in 0..<2_000 {
            var random = Sequence64(seed: UInt64(seed))
            let quote = seed % 2 == 0 ? "'" : "\""
            let few = pieces.shuffled(using: &random).prefix(3).filter { $0 != quote } + ["a"]
            let value = (0..<40).map { _ in few.randomElement(using: &random)! }.joined()
            let written = try rewritten("<s><m value=\(quote)\(value)\(quote)/>")
            guard written.count <= " value=''".utf8.count + value.utf8.count else {
                Issue.record("\(value) became \(string(written.span))")
                return
            }
            // And says the same.
            let again = try rewritten("<s><m\(string(written.span))/>")
            #expect(again == written)
        }
    }

    /// The attribute `value` of the stanza in `stream`, written again.
    private func rewritten(_ stream: String) throws -> [UInt8] {
        var reader = try newReader()
        let start = Array(stream.utf8)
        let from = reader.read(start.span).taken
        let event = reader.read(start.span.extracting(from...)).event
        try #require(event == .stanza)
        guard let root = reader.root, let value = root.attribute("value") else { throw NoReader() }
        var buffer = Buffer<1024>()
        buffer.put(attribute: "value", value)
        buffer.commit()
        return bytes(buffer.bytes)
    }

    @Test("Where one piece does not fit, nothing of the stanza is emitted")
    func wholeOrNot() {
        let text = Array("a<b".utf8)
        let whole = "<m a='a&lt;b'/>".utf8.count
        for size in 0...(whole - 1) {
            var buffer = Buffer<32>()
            for _ in 0..<(32 - size) { buffer.put(0x2E) }
            buffer.commit()
            buffer.put("<m")
            buffer.put(attribute: "a", text.span)
            buffer.put("/>")
            let fits = buffer.commit()
            #expect(!fits && buffer.count == 32 - size)
        }
    }
}
