import Testing
import XML

@Suite("A stanza within its limits is read; one beyond is skipped, and the next one is read")
struct LimitTests {
    /// Reads `stanza` and another behind it, and has all ways of delivery agree.
    private func verdict(on stanza: String, expecting oversize: Bool, root: String = "") {
        let bytes = Array((header + stanza + "<presence id='next'/></stream:stream>").utf8)
        let whole = Transcript([bytes]).lines
        let next = ["stanza <{jabber:client}presence id=\"next\">\"\"</>", "closed"]
        #expect(whole.count == 4, "\(whole.map { $0.prefix(100) })")
        #expect(Array(whole.suffix(2)) == next)
        if oversize {
            #expect(whole[1] == "oversize \(root)")
        } else {
            #expect(whole[1].hasPrefix("stanza "), "\(whole[1].prefix(100))")
        }
        for pieces in [bytes.bytewise, bytes.pieces(of: 1000), bytes.pieces(of: 4096), bytes.pieces(of: 61)] {
            #expect(Transcript(pieces).lines == whole, "in pieces of \(pieces[0].count)")
        }
    }

    private let id = "<{jabber:client}iq id=\"1\">\"\"</>"

    @Test("bytes of a stanza", arguments: [0, 1])
    func bytes(over: Int) {
        let tags = "<iq id='1'><body></body></iq>"
        let body = String(repeating: "x", count: Reader.Limits.stanzaBytes - tags.utf8.count + over)
        verdict(on: "<iq id='1'><body>\(body)</body></iq>", expecting: over > 0, root: id)
    }

    /// The byte that is one too many may be any: none may be lost to the scanner.
    @Test("The byte at the limit is counted like any other, whatever it is")
    func byteAtTheLimit() {
        let tails = ["<b>&lt;</b>", "<b c='>' d=\"'\"/>", "<![CDATA[</iq><iq type='get'/>]]>", "<b c='/>' d='\"/>'/>", "<b/>t</iq "]
        for tail in tails {
            let whole = tail.hasSuffix(" ") ? tail + ">" : tail + "</iq>"
            for place in 0..<whole.utf8.count {
                let filler = String(repeating: "x", count: Reader.Limits.stanzaBytes - 11 - place)
                let lines = reading("<iq id='1'>" + filler + whole + "<presence/>")
                #expect(lines == ["oversize \(id)", "stanza <{jabber:client}presence>\"\"</>"], "\(whole), \(place)")
            }
        }
    }

    @Test("depth", arguments: [0, 1])
    func depth(over: Int) {
        let levels = Int(Reader.Limits.depth) - 2 + over
        let nest = String(repeating: "<a>", count: levels) + String(repeating: "</a>", count: levels)
        verdict(on: "<iq id='1'>\(nest)</iq>", expecting: over > 0, root: id)
    }

    @Test("depth, where the deepest element is empty", arguments: [0, 1])
    func emptyDepth(over: Int) {
        let levels = Int(Reader.Limits.depth) - 3 + over
        let nest = String(repeating: "<a>", count: levels) + "<b/><b/>" + String(repeating: "</a>", count: levels)
        verdict(on: "<iq id='1'>\(nest)</iq>", expecting: over > 0, root: id)
    }

    @Test("attributes of one element", arguments: [0, 1])
    func attributes(over: Int) {
        let list = (0..<Reader.Limits.attributes + over).map { " n\($0)=\"\($0)\"" }.joined()
        verdict(on: "<iq id='1'><a\(list)/></iq>", expecting: over > 0, root: id)
        // Of the stanza's own element nothing can be said then.
        verdict(on: "<iq\(list)><a/></iq>", expecting: over > 0, root: "nothing")
    }

    @Test("bytes of an attribute", arguments: [0, 1])
    func attributeBytes(over: Int) {
        let value = String(repeating: "v", count: Reader.Limits.attributeBytes + over)
        verdict(on: "<iq id='1'><a b='\(value)'/></iq>", expecting: over > 0, root: id)
        verdict(on: "<iq id='\(value)'><a/></iq>", expecting: over > 0, root: "nothing")
        let references = String(repeating: "&#x78;", count: Reader.Limits.attributeBytes / 6)
        verdict(on: "<iq id='1'><a b='\(references)\(over > 0 ? "&#x78;" : "")'/></iq>", expecting: over > 0, root: id)
    }

    @Test("elements of a stanza", arguments: [0, 1])
    func elements(over: Int) {
        let children = String(repeating: "<a/>", count: 191 + over)
        verdict(on: "<iq id='1'>\(children)</iq>", expecting: over > 0, root: id)
    }

    @Test("attributes of a stanza in all", arguments: [0, 1])
    func allAttributes(over: Int) {
        // One is the id.
        let ten = (0..<10).map { " n\($0)=''" }.joined()
        let children = String(repeating: "<a\(ten)/>", count: 38) + "<a b='' c='' d=''\(over > 0 ? " e=''" : "")/>"
        verdict(on: "<iq id='1'>\(children)</iq>", expecting: over > 0, root: id)
    }

    @Test("Namespaces that make a small stanza large once they are spelled out")
    func expandedNamespaces() {
        let long = "urn:" + String(repeating: "n", count: 1_000)
        let children = String(repeating: "<p:a/><b/>", count: 13)
        verdict(on: "<iq id='1' xmlns:p='\(long)'>\(children)</iq>", expecting: true, root: id)
    }

    @Test("Expat's memory holds a stanza of many small tags, or one of a long tag of kilobytes")
    func memory() {
        let child = "<field name='abcdefghijkl' momentary='true' automaticReadout='true'/>"
        verdict(on: "<iq id='1'>\(String(repeating: child, count: 120))</iq>", expecting: false)
        let long = (0..<2).map { " n\($0)='\(String(repeating: "v", count: 2_000))'" }.joined()
        verdict(on: "<iq id='1'\(long)/>", expecting: false)
        let many = (0..<39).map { " n\($0)='\(String(repeating: "w", count: 100))'" }.joined()
        verdict(on: "<iq id='1'\(many)/>", expecting: false)
        let name = "e" + String(repeating: "m", count: 2_000)
        verdict(on: "<iq id='1'><\(name)></\(name)></iq>", expecting: false)
        let entities = String(repeating: "&amp;", count: 2_000)
        verdict(on: "<iq id='1'>\(entities)</iq>", expecting: false)
        let data = "<![CDATA[\(String(repeating: "]] >", count: 2_500))]]>"
        verdict(on: "<iq id='1'>\(data)</iq>", expecting: false)
    }

    @Test("Where it does not suffice, that is a stanza too large, not the end of the stream")
    func memoryRunsOut() {
        let long = (0..<5).map { " n\($0)='\(String(repeating: "v", count: 2_048))'" }.joined()
        verdict(on: "<iq id='1'\(long)/>", expecting: true, root: "nothing")
        verdict(on: "<iq id='1'><a\(long)/></iq>", expecting: true, root: id)
        let name = "e" + String(repeating: "m", count: 6_000)
        verdict(on: "<iq id='1'><\(name)></\(name)></iq>", expecting: true, root: id)
        let names = (0..<190).map { "<e\($0) a\($0)='' b\($0)=''/>" }.joined()
        verdict(on: "<iq id='1'>\(names)</iq>", expecting: true, root: id)
        let namespaces = (0..<100).map { "<e xmlns:a\($0)='u:\($0)' xmlns:b\($0)='v:\($0)' xmlns:c\($0)='w'/>" }.joined()
        verdict(on: "<iq id='1'>\(namespaces)</iq>", expecting: true, root: id)
    }

    @Test("Megabytes in one tag, one text, one value or one name are skipped")
    func huge() {
        let megabyte = String(repeating: "y", count: 1_000_000)
        for stanza in [
            "<iq id='1'><a>\(megabyte)</a></iq>", "<iq id='1'><a b='\(megabyte)'/></iq>",
            "<iq id='1'><\(megabyte)/></iq>", "<iq id='1'><a><![CDATA[\(megabyte)]]></a></iq>",
            "<iq id='1'>\(String(repeating: "<a b='c'>", count: 50_000))\(String(repeating: "</a>", count: 50_000))</iq>",
        ] {
            #expect(reading(stanza + "<presence/>") == ["oversize \(id)", "stanza <{jabber:client}presence>\"\"</>"])
        }
    }

    @Test("A stanza that will not end is given up at the limit")
    func endless() {
        let filler = [UInt8](repeating: 0x7A, count: 65_536)
        func after(_ bytes: Int) -> [String] {
            let body = bytes - "<iq id='1'>".utf8.count - "</iq>".utf8.count
            var pieces = [Array((header + "<iq id='1'>").utf8)]
            pieces += Array(repeating: filler, count: body / filler.count)
            pieces.append(Array(filler.prefix(body % filler.count)))
            pieces.append(Array("</iq><presence/>".utf8))
            return Array(Transcript(pieces).lines.dropFirst())
        }
        #expect(after(Reader.Limits.skippedBytes) == ["oversize \(id)", "stanza <{jabber:client}presence>\"\"</>"])
        #expect(after(Reader.Limits.skippedBytes + 1) == ["failed policyViolation"])
    }

    @Test("A stream element beyond its limits ends the stream", arguments: [
        (0..<41).map { " n\($0)='1'" }.joined(),
        " a='\(String(repeating: "x", count: 2_049))'",
        (0..<10).map { " n\($0)='\(String(repeating: "x", count: 2_000))'" }.joined(),
        String(repeating: " ", count: 20_000),
    ])
    func streamElement(attributes: String) {
        let bytes = Array("<s xmlns='jabber:client'\(attributes)><a/>".utf8)
        #expect(Transcript([bytes]).lines == ["failed policyViolation"])
        #expect(Transcript(bytes.bytewise).lines == ["failed policyViolation"])
    }

    @Test("So do more namespaces than the reader remembers; as many as it does are all remembered")
    func streamNamespaces() throws {
        // Written anew they take 512 bytes: `<s`, this, one more declaration, `>`.
        let first = " xmlns='jabber:client'"
        func lines(_ count: Int) -> [String] {
            let uri = "u:" + String(repeating: "n", count: count - " xmlns:p=''".utf8.count - 2)
            let text = "<s\(first) xmlns:p='\(uri)'><p:a/><b/>"
            #expect(Transcript(Array(text.utf8).bytewise) == Transcript(text))
            return Transcript(text).lines
        }
        let room = 512 - "<s>".utf8.count - first.utf8.count
        let fitting = lines(room)
        #expect(fitting.count == 3 && fitting[1].hasPrefix("stanza <{u:nnn") && fitting[2] == "stanza <{jabber:client}b>\"\"</>")
        #expect(lines(room + 1) == ["failed policyViolation"])
    }

    @Test("A declaration that will not end is given up")
    func declaration() {
        let text = "<?xml version='1.0' \(String(repeating: " ", count: 100_000))?><s/>"
        #expect(Transcript(text).lines == ["failed policyViolation"])
        #expect(Transcript(Array(text.utf8).pieces(of: 1)).lines == ["failed policyViolation"])
    }
}
