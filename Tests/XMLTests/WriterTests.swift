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
        buffer.put(attribute: "a", "<&>\"'\t\r\n\u{1}\u{FFFE}\u{FFFD}z".utf8.span)
        buffer.commit()
        #expect(string(buffer.bytes) == " a='&lt;&amp;&gt;&quot;&apos;&#9;&#13;&#10;??\u{FFFD}z'")
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
