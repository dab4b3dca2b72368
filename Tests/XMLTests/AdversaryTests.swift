import Testing
import XML

@Suite("What a stream must not hold ends it, with the reason, before it does anything")
struct AdversaryTests {
    /// Reads a whole stream in several ways, which must agree.
    private func verdict(_ stream: String) -> [String] { verdict(Array(stream.utf8)) }

    private func verdict(_ bytes: [UInt8]) -> [String] {
        let whole = Transcript([bytes]).lines
        #expect(Transcript(bytes.bytewise).lines == whole, "a byte at a time")
        #expect(Transcript(bytes.pieces(of: 3)).lines == whole, "in threes")
        return whole
    }

    @Test("A DOCTYPE is never begun, wherever it stands", arguments: [
        "<!DOCTYPE s>", "<!DOCTYPE s SYSTEM 'file:///etc/passwd'>", "<!DOCTYPE s [<!ENTITY a 'b'>]>",
        "<!DOCTYPE s [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;'>]>",
        "<!DOCTYPE s [<!ENTITY % p SYSTEM 'http://x/'> %p;]>", "<!ENTITY a 'b'>", "<!doctype s>",
        "<!-- c -->", "<?target data?>", "<?xml-stylesheet href='x'?>", "<!", "<!x",
    ])
    func doctype(markup: String) {
        let stream = "<s xmlns='jabber:client'>"
        // In front of the stream a first `<?` might be its declaration.
        #expect(verdict(markup + stream).last == "failed restrictedXML")
        #expect(verdict("<?xml version='1.0'?>" + markup + stream) == ["failed restrictedXML"])
        #expect(verdict(stream + markup).last == "failed restrictedXML")
        #expect(verdict(stream + "<a/>" + markup).last == "failed restrictedXML")
        let inside = verdict(stream + "<a>" + markup + "&a;</a>")
        #expect(inside.count == 2 && inside.last == "failed restrictedXML")
        let inText = verdict(stream + "<a><b>text " + markup + "&c;</b></a>")
        #expect(inText.count == 2 && inText.last == "failed restrictedXML")
    }

    @Test("Nor is it in a stanza that is being skipped")
    func restrictedWhileSkipping() {
        let start = "<s xmlns='a'><a b='\(String(repeating: "x", count: 3_000))'>"
        #expect(verdict(start + "<!-- c --></a>").last == "failed restrictedXML")
        #expect(verdict(start + "<?pi?></a>").last == "failed restrictedXML")
        #expect(verdict(start + "<!DOCTYPE x></a>").last == "failed restrictedXML")
    }

    @Test("A second declaration is a processing instruction like another", arguments: [
        "<?xml version='1.0'?><?xml version='1.0'?><s>", "<s><?xml version='1.0'?>", "<s><a/><?xml version='1.0'?>",
    ])
    func declarationAgain(stream: String) { #expect(verdict(stream).last == "failed restrictedXML") }

    @Test("Entities beyond XML's five are unknown", arguments: [
        "<a>&nbsp;</a>", "<a>&xxe;</a>", "<a b='&xxe;'/>", "<a>&amp</a>", "<a>&</a>", "<a>&;</a>", "<a>&#0;</a>",
        "<a>&#x1F;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&#xFFFE;</a>", "<a>&#99999999999999999999;</a>",
        "<a>&LT;</a>", "<a b='&#8;'/>",
    ])
    func entities(stanza: String) {
        #expect(verdict("<s xmlns='a'>" + stanza).dropFirst() == ["failed notWellFormed"])
    }

    @Test("Tags that do not fit together", arguments: [
        "<a></b>", "<a><b></a></b>", "<a><b></a>", "<a b></a>", "<a b=c></a>", "<a b='1' b='2'/>", "<a b='1'c='2'/>",
        "<a b='<'/>", "<a <b/></a>", "<a/ >x</a>", "<a/b></a>", "</a>x", "< a/>", "<>", "</>x", "<1a/>", "<a 1='2'/>",
        "<a b=''' />", "<-a/>", "<a>]]></a>", "<a =''/>", "<a></a b='c'>", "<a></ a>", "<a\u{0}/>",
        "<a:b:c/>", "<a xmlns:=''/>", "<:a/>", "<a></a></a>x", "<<a/>", "<a b='\u{1}'/>", "<a>\u{B}</a>",
    ])
    func tags(stanza: String) {
        let lines = Array(verdict("<s xmlns='a'>" + stanza + "<next/>").dropFirst())
        let outcome = lines.last ?? ""
        // A tag that ends the stream ends it; none of these may pass for a stanza with its neighbour.
        #expect(outcome == "failed notWellFormed" || outcome == "closed", "\(lines)")
        #expect(!lines.contains { $0.contains("next") })
    }

    @Test("Names whose prefix nobody declared, or that XML keeps for itself", arguments: [
        "<p:a/>", "<a p:b=''/>", "<a xmlns:p=''/>", "<a xmlns:xml='x:y'/>", "<a xmlns:xmlns='x:y'/>",
        "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns:p='n' xmlns:q='n' p:b='' q:b=''/>", "<a><b xmlns:p='n'/><p:c/></a>",
    ])
    func prefixes(stanza: String) {
        #expect(verdict("<s xmlns='a'>" + stanza).dropFirst() == ["failed notWellFormed"])
    }

    @Test("A prefix of one stanza is unknown in the next")
    func prefixDoesNotLast() {
        #expect(verdict("<s xmlns='a'><a xmlns:p='n'><p:b/></a><p:b/>") == [
            "opened <{a}s>\"\"</>", "stanza <{a}a>\"\"<{n}b>\"\"</></>", "failed notWellFormed",
        ])
    }

    @Test("Text between stanzas", arguments: ["x", "&#32;", "<![CDATA[x]]>", "\u{FEFF}", "\u{A0}", "\u{0}"])
    func textBetween(text: String) {
        for stream in ["<s xmlns='a'>" + text, "<s xmlns='a'><a/>" + text, "<s xmlns='a'> <a/>\n" + text] {
            let last = verdict(stream).last
            #expect(last == "failed notWellFormed" || last == "failed restrictedXML")
        }
        #expect(verdict(text + "<s/>").count == 1 && verdict(text + "<s/>").last != "closed")
    }

    @Test("CDATA hides tags, brackets and quotes, and ends at the first `]]>`")
    func cdata() {
        let start = "<s xmlns='a'>"
        func text(_ data: String) -> [String] { Array(verdict(start + "<m>\(data)</m><n/>").dropFirst()) }
        #expect(text("<![CDATA[</m><n>]]>") == ["stanza <{a}m>\"</m><n>\"</>", "stanza <{a}n>\"\"</>"])
        #expect(text("<![CDATA[]]]]><![CDATA[>]]>") == ["stanza <{a}m>\"]]>\"</>", "stanza <{a}n>\"\"</>"])
        #expect(text("<![CDATA[]]>") == ["stanza <{a}m>\"\"</>", "stanza <{a}n>\"\"</>"])
        #expect(text("<![CDATA[\"'<!-- <?x &amp;]]]]]>") == ["stanza <{a}m>\"\"'<!-- <?x &amp;]]]\"</>", "stanza <{a}n>\"\"</>"])
        #expect(text("<![CDATA[]]]>>") == ["stanza <{a}m>\"]>\"</>", "stanza <{a}n>\"\"</>"])
        #expect(text("<![CDATA[a]]>]]>") == ["failed notWellFormed"])
        #expect(text("<![cdata[a]]>") == ["failed restrictedXML"])
        #expect(text("<![CDATA [a]]>") == ["failed restrictedXML"])
        #expect(text("<![IGNORE[a]]>") == ["failed restrictedXML"])
    }

    @Test("CDATA while a stanza is being skipped hides as much")
    func cdataWhileSkipping() {
        let long = String(repeating: "x", count: 20_000)
        #expect(reading("<m id='1'>\(long)<![CDATA[</m><iq from='parent'/>]]></m><n/>")
            == ["oversize <{jabber:client}m id=\"1\">\"\"</>", "stanza <{jabber:client}n>\"\"</>"])
        #expect(reading("<m id='1'>\(long)<b a='>' c=\"/>\" d='\"' e=\"'\"/></m><n/>")
            == ["oversize <{jabber:client}m id=\"1\">\"\"</>", "stanza <{jabber:client}n>\"\"</>"])
    }

    @Test("`>` is no end inside a value")
    func greaterInValue() {
        #expect(verdict("<s xmlns='a'><m a='/>' b=\"></m>'\"/><n/>")
            == ["opened <{a}s>\"\"</>", "failed notWellFormed"])
        #expect(verdict("<s xmlns='a'><m a='/>' b=\">'\"/><n/>")
            == ["opened <{a}s>\"\"</>", "stanza <{a}m a=\"/>\" b=\">'\">\"\"</>", "stanza <{a}n>\"\"</>"])
    }

    @Test("Bytes that are no UTF-8, wherever they stand", arguments: [
        [0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0xAF],
        [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xC3], [0xE2, 0x82], [0x00],
        [0xEF, 0xBF, 0xBE], [0xEF, 0xBF, 0xBF],
    ] as [[UInt8]])
    func badUTF8(bytes: [UInt8]) {
        func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }
        let start = utf8("<s xmlns='a'>")
        for (before, after) in [("<m>", "</m>"), ("<m b='", "'/>"), ("<m", "/>"), ("<m ", "=''/>"), ("<m><![CDATA[", "]]></m>")] {
            let lines = verdict(start + utf8(before) + bytes + utf8(after))
            #expect(lines.dropFirst() == ["failed notWellFormed"], "\(before)")
        }
    }

    @Test("A declared encoding does not change what the bytes are")
    func declaredEncoding() {
        #expect(verdict("<?xml version='1.0' encoding='ISO-8859-1'?><s xmlns='a'><m>\u{E9}</m></s>").dropFirst()
            == ["stanza <{a}m>\"\u{E9}\"</>", "closed"])
        #expect(verdict("<?xml version='1.0' encoding='UTF-16'?><s xmlns='a'><m>\u{E9}</m></s>").dropFirst()
            == ["stanza <{a}m>\"\u{E9}\"</>", "closed"])
        #expect(verdict([0xFF, 0xFE] + "<\u{0}s\u{0}>\u{0}".utf8).last == "failed notWellFormed")
    }

    @Test("A stanza that is not finished is none")
    func unfinished() {
        for stanza in ["<a>", "<a", "<a b='", "<a><b/>", "<a></a", "<a><![CDATA[", "<"] {
            #expect(verdict("<s xmlns='a'>" + stanza) == ["opened <{a}s>\"\"</>"])
        }
    }

    @Test("Each fault has its own stream error condition")
    func conditions() {
        let faults: [Reader.Fault] = [.notWellFormed, .restrictedXML, .policyViolation]
        #expect(faults.map { $0.condition.description } == ["not-well-formed", "restricted-xml", "policy-violation"])
    }
}
