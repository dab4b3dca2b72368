import Testing
import XML

@Suite("A result of any length is read in the memory of one item")
struct ItemwiseTests {
    private static func item(_ n: Int) -> String {
        "<item jid='friend-\(n)@example.org' name='Friend no. \(n)' subscription='both'><group>Home</group></item>"
    }

    private func read(_ stanzas: String, in size: Int = .max) -> (lines: [String], peak: Int) {
        let bytes = Array((header + stanzas).utf8)
        let transcript = Transcript(size == .max ? [bytes] : bytes.pieces(of: size), itemwise: true)
        return (Array(transcript.lines.dropFirst()), transcript.peak)
    }

    @Test("A roster of 5,000, whole and in pieces", arguments: [Int.max, 1_460, 1])
    func roster(size: Int) {
        let items = (0..<5_000).map(Self.item).joined(separator: "\n")
        let (lines, peak) = read("<iq id='r' type='result'><query xmlns='jabber:iq:roster' ver='v7'>\(items)</query></iq><m/>", in: size)
        #expect(lines.count == 5_002)
        guard lines.count == 5_002 else { return }
        let start = "<{jabber:client}iq id=\"r\" type=\"result\">\"\"<{jabber:iq:roster}query ver=\"v7\">\"\""
        for n in 0..<5_000 where lines[n] != "item " + start
            + "<{jabber:iq:roster}item jid=\"friend-\(n)@example.org\" name=\"Friend no. \(n)\" subscription=\"both\">\"\""
            + "<{jabber:iq:roster}group>\"Home\"</></></></>" {
            Issue.record("\(n): \(lines[n])")
            return
        }
        #expect(lines[5_000] == "stanza " + start + "</></>")
        #expect(lines[5_001] == "stanza <{jabber:client}m>\"\"</>")
        let one = read("<iq id='r' type='result'><query xmlns='jabber:iq:roster' ver='v7'>\(Self.item(4_999))</query></iq>", in: size)
        #expect(peak <= one.peak + 4_096)
    }

    @Test("Without itemwise reading the same roster is a stanza too large")
    func notItemwise() {
        let items = (0..<5_000).map(Self.item).joined()
        #expect(reading("<iq id='r'><query xmlns='jabber:iq:roster'>\(items)</query></iq><m/>")
            == ["oversize <{jabber:client}iq id=\"r\">\"\"</>", "stanza <{jabber:client}m>\"\"</>"])
    }

    @Test("Items that are not dropped stay on the tape")
    func kept() throws {
        var reader = try newReader()
        reader.itemwise = true
        let bytes = Array((header + "<iq><q><i id='1'/><i id='2'/></q></iq>").utf8)
        var from = reader.read(bytes.span).taken
        var pictures: [String] = []
        while true {
            let (taken, event) = reader.read(bytes.span.extracting(from...))
            from += taken
            pictures.append("\(event) \(reader.picture)")
            if event != .item { break }
        }
        let start = "<{jabber:client}iq>\"\"<{jabber:client}q>\"\"<{jabber:client}i id=\"1\">\"\"</>"
        #expect(pictures == [
            "item \(start)</></>", "item \(start)<{jabber:client}i id=\"2\">\"\"</></></>",
            "stanza \(start)<{jabber:client}i id=\"2\">\"\"</></></>",
        ])
    }

    @Test("Text around items is no item's, and items of several children are told apart")
    func mixed() {
        #expect(read("<iq>t<q>u<i>v</i>w<i/>x</q>y<r>z<j/></r></iq>").lines == [
            "item <{jabber:client}iq>\"t\"<{jabber:client}q>\"u\"<{jabber:client}i>\"v\"</></></>",
            "item <{jabber:client}iq>\"t\"<{jabber:client}q>\"u\"<{jabber:client}i>\"\"</></></>",
            "item <{jabber:client}iq>\"t\"<{jabber:client}q>\"u\"</><{jabber:client}r>\"z\"<{jabber:client}j>\"\"</></></>",
            "stanza <{jabber:client}iq>\"t\"<{jabber:client}q>\"u\"</><{jabber:client}r>\"z\"</></>",
        ])
    }

    @Test("One item beyond the limits makes the stanza one; the rest of it is skipped")
    func oversizeItem() {
        let long = String(repeating: "n", count: Reader.Limits.stanzaBytes)
        let (lines, _) = read("<iq id='1'><q>\(Self.item(1))<item>\(long)</item>\(Self.item(2))</q></iq><m/>")
        #expect(lines.count == 3 && lines[0].hasPrefix("item ") && lines[0].contains("friend-1"))
        #expect(lines.suffix(2) == ["oversize <{jabber:client}iq id=\"1\">\"\"</>", "stanza <{jabber:client}m>\"\"</>"])
    }

    @Test("A stanza without items is read as ever")
    func noItems() {
        #expect(read("<iq id='1'><q/></iq><m><body>x</body></m>").lines == [
            "stanza <{jabber:client}iq id=\"1\">\"\"<{jabber:client}q>\"\"</></>",
            "stanza <{jabber:client}m>\"\"<{jabber:client}body>\"x\"</></>",
        ])
    }

    @Test("A bad item ends the stream like any bad XML")
    func badItem() {
        let lines = read("<iq><q>\(Self.item(1))<item></q></iq>").lines
        #expect(lines.count == 2 && lines.last == "failed notWellFormed")
    }
}
