import Fixed
import Foundation
import Testing
import Thing

/// What arrives is not always what a specification says.
@Suite("Reality") struct RealityTests {
    private func online(_ pace: Pace = .whole) -> Conversation {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob))
        return c
    }

    /// The next stanza is handled as if nothing had been.
    private func goesOn(_ c: Conversation, sourceLocation: SourceLocation = #_sourceLocation) {
        c.thing.saysNothing(sourceLocation: sourceLocation)
        c.server.sends("<iq type='get' id='next' from='\(desk)'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.thing.says("<iq type='result' id='next' to='\(desk)'/>", sourceLocation: sourceLocation)
        c.thing.hasAnsweredEverything(sourceLocation: sourceLocation)
        #expect(c.wish == .none, sourceLocation: sourceLocation)
    }

    static let oversize = [
        // Bytes, depth, attributes, elements, one attribute.
        "<x>" + String(repeating: "x", count: 20_000) + "</x>",
        String(repeating: "<x>", count: 40) + String(repeating: "</x>", count: 40),
        "<x " + (0..<60).map { "a\($0)='1'" }.joined(separator: " ") + "/>",
        String(repeating: "<x/>", count: 1000),
        "<x a='" + String(repeating: "y", count: 3000) + "'/>",
        "<x>" + String(repeating: "&amp;", count: 3000) + "</x>",
        "<x>" + String(repeating: "<![CDATA[</x></iq>]]>", count: 1000) + "</x>",
    ]

    @Test("a stanza that is too large is skipped; a request in it is refused as such", arguments: oversize.indices, Pace.allCases)
    func tooLarge(_ index: Int, _ pace: Pace) {
        let c = online(pace)
        let inside = Self.oversize[index]
        for type in ["get", "set"] {
            c.server.sends("<iq type='\(type)' id='big' from='\(eve)'>\(inside)</iq>")
            c.thing.refuses(eve, id: "big", "modify", "not-acceptable", "the stanza is too large")
        }
        c.server.sends(raw: "<iq type='result' id='big' from='\(eve)'>\(inside)</iq>")
        c.server.sends(raw: "<message from='\(eve)'>\(inside)</message>")
        c.server.sends(raw: "<presence type='subscribe' from='\(eve)'>\(inside)</presence>")
        goesOn(c)
        #expect(c.log.contains("a stanza was too large and was skipped"))
    }

    @Test("a request whose id or sender is too long to be read is skipped", arguments: ["id", "from", "type"], Pace.allCases)
    func unreadable(_ attribute: String, _ pace: Pace) {
        let c = online(pace)
        var attributes = ["id": "1", "from": eve, "type": "get"]
        attributes[attribute] = String(repeating: "a", count: attribute == "from" ? 5000 : 3000)
        let text = attributes.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
        c.server.sends(raw: "<iq \(text)><ping xmlns='urn:xmpp:ping'/></iq>")
        goesOn(c)
    }

    @Test("what would be a stanza inside a skipped one is none", arguments: Pace.allCases)
    func smuggled(_ pace: Pace) {
        let c = online(pace)
        let order = "<message from='\(phone)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>"
        let padding = String(repeating: "p", count: 13_000)
        c.server.sends(raw: "<message from='\(eve)'><body>\(padding)\(order)</body>\(order)</message>")
        c.server.sends(raw: "<message from='\(eve)'><body a=\"\(String(repeating: "q", count: 2500))\(order.replacingOccurrences(of: "<", with: "&lt;").replacingOccurrences(of: ">", with: " /> "))\"/></message>")
        goesOn(c)
    }

    @Test("what must not be in a stream ends it", arguments: [
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>", "restricted-xml"), ("<!DOCTYPE x SYSTEM 'file:///etc/passwd'>", "restricted-xml"),
        ("<!-- comment -->", "restricted-xml"), ("<?php echo ?>", "restricted-xml"), ("<?xml version='1.0'?>", "restricted-xml"),
        ("<message><!-- comment --></message>", "restricted-xml"), ("<message><?pi?></message>", "restricted-xml"),
        ("<message>&undefined;</message>", "not-well-formed"), ("<message></presence>", "not-well-formed"),
        ("<a:message/>", "not-well-formed"), ("<message a='1' a='2'/>", "not-well-formed"), ("<message a='<'/>", "not-well-formed"),
        ("text", "not-well-formed"), ("&amp;", "not-well-formed"), ("<![CDATA[x]]>", "restricted-xml"), ("<>", "not-well-formed"),
        ("<message>\u{1}</message>", "not-well-formed"), ("</stream:stream >x", ""), ("]]>", "not-well-formed"),
    ], Pace.allCases)
    func forbidden(_ case: (text: String, condition: String), _ pace: Pace) {
        let c = online(pace)
        c.server.sends(raw: `case`.text + "<iq type='get' id='1' from='\(desk)'><ping xmlns='urn:xmpp:ping'/></iq>" + `case`.text)
        if !`case`.condition.isEmpty {
            c.thing.says("<stream:error><\(`case`.condition) xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
        }
        c.thing.ends()
        c.server.sends(raw: `case`.text + "<iq type='get' id='1' from='\(desk)'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.thing.saysNothing()
        #expect(c.untaken == 0, "what still comes must not hold up the close")
        c.disconnect(.closedByUs)
        c.time.passes(.seconds(2))
        c.goOnline(version: "v1")
    }

    @Test("bytes that are no UTF-8 end the stream")
    func notUTF8() {
        for bad: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
            let c = online()
            c.receive(Array("<message from='\(desk)'><body>".utf8) + bad + Array("</body></message>".utf8))
            c.thing.says("<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
            c.thing.ends()
        }
    }

    @Test("elements of unknown namespaces are let pass", arguments: [
        "<x xmlns='urn:unknown'/>", "<iq xmlns='urn:unknown' type='get' id='1' from='\(desk)'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<message xmlns='jabber:server' from='\(phone)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>",
        "<message xmlns='' from='\(phone)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>",
        "<features xmlns='http://etherx.jabber.org/streams'/>", "<success xmlns='\(sasl)'/>", "<proceed xmlns='\(tls)'/>",
        "<challenge xmlns='\(sasl)'>!!</challenge>", "<failure xmlns='\(sasl)'><not-authorized/></failure>",
        "<r xmlns='urn:xmpp:sm:3'/>", "<unknown/>", "<MESSAGE/>",
    ], Pace.allCases)
    func unknown(_ text: String, _ pace: Pace) {
        let c = online(pace)
        c.server.sends(raw: text)
        goesOn(c)
    }

    @Test("prefixes are the server's choice", arguments: Pace.allCases)
    func prefixes(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect(secure: true)
        c.thing.opens()
        c.server.sends(raw: "<?xml version=\"1.0\"?>\n<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns:c='jabber:client' xmlns:db='jabber:server:dialback' version='1.0' id='x'>\n<s:features><m:mechanisms xmlns:m='\(sasl)'><m:mechanism>SCRAM-SHA-256</m:mechanism></m:mechanisms></s:features>")
        c.authenticate()
        c.bind()
        c.asksForRoster()
        c.server.sends(raw: "<c:iq xmlns:c='jabber:client' type='result' id='$roster'><r:query xmlns:r='jabber:iq:roster' ver='v1'><r:item jid='\(parent)' subscription='both'/></r:query></c:iq>")
        c.thing.says("<presence>\(caps)</presence>")
        c.expectAnswer(from: phone, id: "1")
        c.server.sends(raw: "<p:iq xmlns:p='jabber:client' type='get' id='1' from='\(phone)'><q:ping xmlns:q='urn:xmpp:ping'/></p:iq>")
        c.thing.says("<iq type='result' id='1' to='\(phone)'/>")
        c.thing.hasAnsweredEverything()
    }

    @Test("ever new names take no more memory", arguments: [Pace.whole])
    func names(_ pace: Pace) {
        let c = online(pace)
        for i in 0..<200 { c.server.sends("<message from='\(eve)'><n\(i) xmlns='urn:\(i)' a\(i)='1'/></message>") }
        let peak = c.readerPeak
        for i in 200..<5000 { c.server.sends("<message from='\(eve)'><n\(i) xmlns='urn:\(i)' a\(i)='1'/></message>") }
        #expect(c.readerPeak == peak)
        goesOn(c)
    }

    @Test("a stanza without an end does not stop the clock", arguments: Pace.allCases)
    func unfinished(_ pace: Pace) {
        let c = online(pace)
        c.server.sends(raw: "<message from='\(eve)'><body>")
        c.time.passes(.minutes(4))
        c.time.passes(.seconds(30))
        #expect(c.wish == .close)
    }
}
