import Testing
import XML

@Suite("Names are compared by namespace, whatever prefixes a server likes")
struct NamespaceTests {
    private func lines(_ stream: String) -> [String] {
        let whole = Transcript(stream).lines
        #expect(Transcript(Array(stream.utf8).bytewise).lines == whole)
        return whole
    }

    @Test("Declared on the stream, they hold for every stanza, not just the first")
    func inherited() {
        let stream =
            "<stream:stream xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' "
            + "xmlns='jabber:client' xmlns:x='urn:x'>"
        let stanza = "<x:a db:b='1' a='2'><c/><stream:d/></x:a>"
        #expect(lines(stream + stanza + stanza + " " + stanza).dropFirst() == Array(
            repeating: "stanza <{urn:x}a a=\"2\">\"\"<{jabber:client}c>\"\"</><{http://etherx.jabber.org/streams}d>\"\"</></>",
            count: 3)[...])
    }

    @Test("An odd stream header: namespaces that cross, a prefix for everything, none at all")
    func oddHeaders() {
        #expect(lines("<stream:stream xmlns:stream='b' xmlns:db='s' xmlns='x'><db:a/><s/></stream:stream>") == [
            "opened <{b}stream>\"\"</>", "stanza <{s}a>\"\"</>", "stanza <{x}s>\"\"</>", "closed",
        ])
        #expect(lines("<s:stream xmlns:s='st' xmlns:c='jabber:client'><c:iq c:id='no' id='yes'/><iq/></s:stream>") == [
            "opened <{st}stream>\"\"</>", "stanza <{jabber:client}iq id=\"yes\">\"\"</>", "stanza <{}iq>\"\"</>", "closed",
        ])
        #expect(lines("<stream><iq xmlns='jabber:client'><a xmlns=''/></iq></stream>") == [
            "opened <{}stream>\"\"</>", "stanza <{jabber:client}iq>\"\"<{}a>\"\"</></>", "closed",
        ])
        // The element's own prefix may be any, also the one under which it is fed again.
        #expect(lines("<s:s xmlns:s='s' xmlns=\"d\"><s:s/><s/></s:s>") == [
            "opened <{s}s>\"\"</>", "stanza <{s}s>\"\"</>", "stanza <{d}s>\"\"</>", "closed",
        ])
    }

    @Test("Redeclared inside, they hold for that element and what it holds")
    func redeclared() {
        #expect(reading("<m><a xmlns='n:1' xmlns:p='n:2'><b/><p:c xmlns:p='n:3'><p:d/></p:c><p:e/></a><f/></m>") == [
            "stanza <{jabber:client}m>\"\"<{n:1}a>\"\"<{n:1}b>\"\"</><{n:3}c>\"\"<{n:3}d>\"\"</></><{n:2}e>\"\"</></>"
                + "<{jabber:client}f>\"\"</></>"
        ])
        #expect(reading("<p:m xmlns:p='jabber:client' xmlns=''><q/></p:m>")
            == ["stanza <{jabber:client}m>\"\"<{}q>\"\"</></>"])
    }

    @Test("Namespaces that resemble one another differ")
    func similar() {
        #expect(reading("<a xmlns='jabber:client '/><a xmlns='Jabber:client'/><a xmlns='jabber:clien'/><a xmlns='&#106;abber:client'/>")
            == ["stanza <{jabber:client }a>\"\"</>", "stanza <{Jabber:client}a>\"\"</>",
                "stanza <{jabber:clien}a>\"\"</>", "stanza <{jabber:client}a>\"\"</>"])
    }

    @Test("No namespace can hold the separator that Expat puts behind it")
    func separator() {
        #expect(lines("<s xmlns='a'><b xmlns='n&#10;c'/>").last == "failed notWellFormed")
        #expect(lines("<s xmlns='a&#10;b'><b/>").last?.hasPrefix("failed ") == true)
        // White space in a value is a space, before and after the header is fed again.
        #expect(lines("<s xmlns='a\nb'><b/>") == ["opened <{a b}s>\"\"</>", "stanza <{a b}b>\"\"</>"])
    }

    @Test("A stream namespace that could not be written again is refused, not altered",
        arguments: ["a&apos;b", "a&lt;b", "a&amp;b", "a&#9;b", "a&#13;b"])
    func unwritable(uri: String) {
        #expect(lines("<s xmlns='\(uri)'><b/>") == ["failed policyViolation"])
        #expect(lines("<s xmlns:p='\(uri)'><b/>") == ["failed policyViolation"])
        // In a stanza it is a name like any other.
        #expect(lines("<s xmlns='a'><b xmlns='\(uri)'/>").last?.hasPrefix("stanza ") == true)
    }

    @Test("Quotes and angles that can stand in a value survive")
    func writable() {
        #expect(lines("<s xmlns='a\"b>c'><b/>") == ["opened <{a\"b>c}s>\"\"</>", "stanza <{a\"b>c}b>\"\"</>"])
        #expect(lines("<s xmlns:\u{E4}='\u{F6}'><\u{E4}:b/>") == ["opened <{}s>\"\"</>", "stanza <{\u{F6}}b>\"\"</>"])
    }

    @Test("Declarations inside stanzas and in front of them are not the stream's")
    func onlyTheStreams() {
        #expect(lines("<s xmlns='a'><b xmlns:p='n'><p:c/></b><d xmlns='e'/><f/>").suffix(2)
            == ["stanza <{e}d>\"\"</>", "stanza <{a}f>\"\"</>"])
    }
}
