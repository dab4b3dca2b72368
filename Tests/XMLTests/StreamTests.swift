import Testing
import XML

@Suite("A stream is read alike, however its bytes arrive")
struct StreamTests {
    /// Whatever a server of our day says to a Thing, abridged.
    static let stream =
        header
        + "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
        + "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256-PLUS</mechanism>"
        + "<mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>\n"
        + "<iq id='r1' type='result' to='t@x/w'><query xmlns='jabber:iq:roster' ver='v1'>"
        + "<item jid='c@x' subscription='both' name='C &amp; &#x43;o'/><item jid='p@x' subscription='to'/></query></iq>"
        + " \n <presence from=\"c@x/r>1\"><status>5 &lt; 6 > 4 <![CDATA[a ]] <b> ]]]]>\u{00B0}C \u{1F321}</status></presence>"
        + "<message from='p@x'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='c@x'/></message>\r\n"
        + "<iq type='get' id='q' from='c@x/r'><req xmlns='urn:xmpp:iot:sensordata' seqnr='1'>"
        + "<field name='Temp\u{00E9}rature'/>tail</req ></iq\t>   "
        + "</stream:stream>"

    static let lines = [
        "opened <{http://etherx.jabber.org/streams}stream from=\"example.org\" id=\"s1\" version=\"1.0\">\"\"</>",
        "stanza <{http://etherx.jabber.org/streams}features>\"\""
            + "<{urn:ietf:params:xml:ns:xmpp-tls}starttls>\"\"<{urn:ietf:params:xml:ns:xmpp-tls}required>\"\"</></>"
            + "<{urn:ietf:params:xml:ns:xmpp-sasl}mechanisms>\"\""
            + "<{urn:ietf:params:xml:ns:xmpp-sasl}mechanism>\"SCRAM-SHA-256-PLUS\"</>"
            + "<{urn:ietf:params:xml:ns:xmpp-sasl}mechanism>\"SCRAM-SHA-1\"</></></>",
        "stanza <{jabber:client}iq id=\"r1\" to=\"t@x/w\" type=\"result\">\"\"<{jabber:iq:roster}query ver=\"v1\">\"\""
            + "<{jabber:iq:roster}item jid=\"c@x\" name=\"C & Co\" subscription=\"both\">\"\"</>"
            + "<{jabber:iq:roster}item jid=\"p@x\" subscription=\"to\">\"\"</></></>",
        "stanza <{jabber:client}presence from=\"c@x/r>1\">\"\""
            + "<{jabber:client}status>\"5 < 6 > 4 a ]] <b> ]]\u{00B0}C \u{1F321}\"</></>",
        "stanza <{jabber:client}message from=\"p@x\">\"\"<{urn:xmpp:iot:provisioning}unfriend jid=\"c@x\">\"\"</></>",
        "stanza <{jabber:client}iq from=\"c@x/r\" id=\"q\" type=\"get\">\"\""
            + "<{urn:xmpp:iot:sensordata}req seqnr=\"1\">\"\""
            + "<{urn:xmpp:iot:sensordata}field name=\"Temp\u{00E9}rature\">\"\"</></></>",
        "closed",
    ]

    @Test("whole")
    func whole() { #expect(Transcript(Self.stream).lines == Self.lines) }

    @Test("a byte at a time")
    func bytewise() { #expect(Transcript(Array(Self.stream.utf8).bytewise).lines == Self.lines) }

    @Test("cut in two at every place")
    func everySplit() {
        for pieces in Array(Self.stream.utf8).everySplit {
            guard Transcript(pieces).lines == Self.lines else {
                Issue.record("cut behind \(pieces[0].count) bytes: \(Transcript(pieces).lines)")
                return
            }
        }
    }

    @Test("with empty pieces in between")
    func emptyPieces() {
        #expect(Transcript(Array(Self.stream.utf8).bytewise.flatMap { [[], $0] }).lines == Self.lines)
    }

    @Test("Each stanza is told as soon as its last byte is there, not when more arrives")
    func atOnce() throws {
        var reader = try newReader()
        let start = Array(header.utf8)
        let opened = reader.read(start.span)
        #expect(opened.taken == start.count && opened.event == .opened)
        let stanza = Array("<message><body a='1' b='2'>x</body></message>".utf8)
        let first = reader.read(stanza.span.extracting(..<10))
        #expect(first.event == .more)
        for i in 10..<stanza.count - 1 {
            let event = reader.read(stanza.span.extracting(i..<i + 1)).event
            #expect(event == .more)
        }
        let last = reader.read(stanza.span.extracting((stanza.count - 1)...)).event
        #expect(last == .stanza)
    }

    @Test("The tape stays as it is until the reader reads on")
    func tapeStays() throws {
        var reader = try newReader()
        let bytes = Array((header + "<message id='1'/><message id='2'/>").utf8)
        var from = reader.read(bytes.span).taken
        let (taken, event) = reader.read(bytes.span.extracting(from...))
        from += taken
        #expect(event == .stanza && reader.picture == "<{jabber:client}message id=\"1\">\"\"</>")
        #expect(reader.picture == "<{jabber:client}message id=\"1\">\"\"</>")
        let second = reader.read(bytes.span.extracting(from...)).event
        #expect(second == .stanza && reader.picture == "<{jabber:client}message id=\"2\">\"\"</>")
    }

    @Test("A new stream knows nothing of the last one, in whatever state that was left")
    func restart() throws {
        var reader = try newReader()
        let leftOvers = [
            "", "<?xml ", header, header + "<a", header + "<a b='", header + "<a><![CDATA[ ]]", header + "<a><b></b",
            header + "<a>\(String(repeating: "x", count: 20_000))", header + "<!", "<stream:stream xmlns='only:this'>",
        ]
        for leftOver in leftOvers {
            read(leftOver, with: &reader)
            reader.restart()
            let bytes = Array((header + "<message/>").utf8)
            let (taken, opened) = reader.read(bytes.span)
            #expect(opened == .opened, "behind \(leftOver.prefix(40))")
            let stanza = reader.read(bytes.span.extracting(taken...)).event
            #expect(stanza == .stanza && reader.picture == "<{jabber:client}message>\"\"</>")
            reader.restart()
        }
    }

    private func read(_ text: String, with reader: inout Reader) {
        let bytes = Array(text.utf8)
        var from = 0
        while true {
            let (taken, event) = reader.read(bytes.span.extracting(from...))
            from += taken
            switch event {
            case .more, .failed, .closed: return
            default: continue
            }
        }
    }

    @Test("A stream without a declaration, or with white space before it, opens")
    func withoutDeclaration() {
        #expect(Transcript("<s xmlns='a:b'><c/></s>").lines
            == ["opened <{a:b}s>\"\"</>", "stanza <{a:b}c>\"\"</>", "closed"])
        #expect(Transcript(" \r\n\t<s xmlns='a:b'>\n</s>").lines == ["opened <{a:b}s>\"\"</>", "closed"])
    }

    @Test("Text behind a child is left out, text before it is whole")
    func mixedContent() {
        #expect(reading("<m>one<![CDATA[ two]]>&#32;three<a>in<b/>side</a>behind<c/>end</m>")
            == ["stanza <{jabber:client}m>\"one two three\"<{jabber:client}a>\"in\"<{jabber:client}b>\"\"</></>"
                + "<{jabber:client}c>\"\"</></>"])
    }

    @Test("Attributes are found in any order, by their whole name, and only those without namespace")
    func attributes() throws {
        #expect(reading("<m b='2' xmlns:p='p:p' p:a='3' a='1' ab='4'/>")
            == ["stanza <{jabber:client}m a=\"1\" b=\"2\">\"\"</>"])
        #expect(reading("<m xml:id='9' c=''/>") == ["stanza <{jabber:client}m c=\"\">\"\"</>"])
        #expect(reading("<m a=' x\t\ny '/>") == ["stanza <{jabber:client}m a=\" x  y \">\"\"</>"])
    }

    @Test("A child is found by name and namespace, at its own level only")
    func child() throws {
        var reader = try newReader()
        let bytes = Array((header + "<iq><x xmlns='n:1'><y xmlns='n:2'/></x><y xmlns='n:2' id='right'/></iq>").utf8)
        let from = reader.read(bytes.span).taken
        let event = reader.read(bytes.span.extracting(from...)).event
        #expect(event == .stanza)
        guard let root = reader.root else { throw NoReader() }
        if root.child("y", "n:1") != nil || root.child("x", "jabber:client") != nil {
            Issue.record("found what is not there")
        }
        guard let found = root.child("y", "n:2") else { throw NoReader() }
        #expect(written(found) == "<{n:2}y id=\"right\">\"\"</>")
    }
}
