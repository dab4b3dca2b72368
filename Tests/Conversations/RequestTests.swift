import Fixed
import Foundation
import Testing
import Thing

/// Every IQ get or set is answered exactly once, whatever it holds (RFC 6120 §8.2.3).
@Suite("Requests") struct RequestTests {
    private func online(_ pace: Pace = .whole) -> Conversation {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob))
        return c
    }

    @Test("a ping is answered to those who may know that we are here", arguments: [desk, phone, "home.example", "thing@home.example"], Pace.allCases)
    func ping(_ sender: String, _ pace: Pace) {
        let c = online(pace)
        c.server.sends("<iq type='get' id='p' from='\(sender)'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.thing.says("<iq type='result' id='p' to='\(sender)'/>")
        c.server.sends("<iq type='get' id='p2'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.thing.says("<iq type='result' id='p2'/>")
        c.thing.hasAnsweredEverything()
    }

    @Test("to anybody else we look like an address with nobody behind it", arguments: [eve, "evil.example", "home.example.evil", "other@home.example", carol], Pace.allCases)
    func strangers(_ sender: String, _ pace: Pace) {
        let c = online(pace)
        for (i, payload) in [
            "<ping xmlns='urn:xmpp:ping'/>", "<query xmlns='http://jabber.org/protocol/disco#info'/>", "<query xmlns='jabber:iq:version'/>",
            "<query xmlns='jabber:iq:roster'/>", "<made-up xmlns='urn:made:up'/>",
        ].enumerated() {
            for type in ["get", "set"] where !(type == "set" && payload.contains("roster")) {
                c.server.sends("<iq type='\(type)' id='\(type)\(i)' from='\(sender)'>\(payload)</iq>")
                c.thing.refuses(sender, id: "\(type)\(i)", "cancel", "service-unavailable")
            }
        }
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("what the Thing is and can, under the digest its presence names", arguments: Pace.allCases)
    func disco(_ pace: Pace) {
        let c = online(pace)
        for node in ["", " node='urn:x-ward#\(c.names["caps"]!)'"] {
            c.server.sends("<iq type='get' id='d' from='\(desk)'><query xmlns='http://jabber.org/protocol/disco#info'\(node)/></iq>")
            c.thing.says("<iq type='result' id='d' to='\(desk)'><query xmlns='http://jabber.org/protocol/disco#info'\(node)><identity category='client' type='bot' name='Ward'/>\(thingFeatures.map { "<feature var='\($0)'/>" }.joined())</query></iq>")
        }
        // XEP-0115 §5.1, worked out anew.
        let text = "client/bot//Ward<" + thingFeatures.sorted().map { $0 + "<" }.joined()
        let digest = TestCryptography.digest(.sha1, of: Array(text.utf8).span).bytes.array
        #expect(c.names["caps"] == Data(digest).base64EncodedString())
        c.server.sends("<iq type='get' id='d' from='\(desk)'><query xmlns='http://jabber.org/protocol/disco#info' node='other'/></iq>")
        c.thing.refuses(desk, id: "d", "cancel", "item-not-found")
    }

    @Test("the version is told to friends", arguments: Pace.allCases)
    func version(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<iq type='get' id='v' from='\(desk)'><query xmlns='jabber:iq:version'/></iq>")
        c.thing.says("<iq type='result' id='v' to='\(desk)'><query xmlns='jabber:iq:version'><name>Ward</name><version>*</version></query></iq>")
    }

    @Test("a request for nothing is a bad request; one for something unknown is unavailable", arguments: [desk, phone, eve])
    func odd(_ sender: String) {
        let c = online()
        c.server.sends("<iq type='get' id='o1' from='\(sender)'/>")
        c.thing.refuses(sender, id: "o1", "modify", "bad-request")
        c.server.sends("<iq type='set' id='o2' from='\(sender)'>text</iq>")
        c.thing.refuses(sender, id: "o2", "modify", "bad-request")
        for (i, payload) in [
            "<req xmlns='urn:xmpp:iot:sensordata'/>",
            "<isFriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/>",
            "<canReadResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)' result='true'/>", "<a/>", "<a xmlns=''/>",
        ].enumerated() {
            c.server.sends("<iq type='set' id='s\(i)' from='\(sender)'>\(payload)</iq>")
            c.thing.refuses(sender, id: "s\(i)", "cancel", "service-unavailable")
        }
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("an answer to nothing is answered by nothing", arguments: ["result", "error", "", "made-up"])
    func answers(_ type: String) {
        let c = online()
        for sender in [desk, phone, eve, "home.example"] {
            c.server.sends(raw: "<iq type='\(type)' id='x' from='\(sender)'><canReadResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)' result='true'/></iq>")
            c.server.sends(raw: "<iq type='\(type)' from='\(sender)'/>")
        }
        c.thing.saysNothing()
    }

    @Test("ids and senders come back letter for letter", arguments: [
        "a&amp;b&lt;c&gt;d", "&apos;&quot;", "&#9;&#10;&#13;", "é&#x1F600;", "\"\"\"", "&gt;&gt;", "",
    ], Pace.allCases)
    func identifiers(_ id: String, _ pace: Pace) {
        let c = online(pace)
        let sender = "bob@far.example/" + (id.contains("#9") ? "tab" : id.isEmpty ? "x" : id)
        c.server.sends("<iq type='get' id='\(id)' from='\(sender)'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.thing.says("<iq type='result' id='\(id)' to='\(sender)'/>")
        c.server.asksToRead(from: sender, id: id)
        c.thing.asksWhetherMayRead(bob)
        c.server.allowsReading(bob)
        c.thing.accepts(sender, id: id)
        c.thing.givesFields(sender, temperature + humidity + load)
        c.thing.hasAnsweredEverything()
    }

    @Test("the longest id that is read comes back whole, be it all quotes", arguments: ["'", "\"", "x", ">"], Pace.allCases)
    func longIdentifiers(_ letter: String, _ pace: Pace) {
        let c = online(pace)
        let quote = letter == "'" ? "\"" : "'"
        let id = String(repeating: letter, count: 2048)
        let sender = "eve@evil.example/" + String(repeating: letter, count: 1023)
        for payload in ["<ping xmlns='urn:xmpp:ping'/>", "<req xmlns='urn:xmpp:iot:sensordata' seqnr='1'/>", "", "<query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query>"] {
            let type = payload.contains("roster") ? "set" : "get"
            for _ in 0..<3 {
                c.server.sends("<iq type='\(type)' id=\(quote)\(id)\(quote) from=\(quote)\(sender)\(quote)>\(payload)</iq>")
            }
        }
        let answers = c.thing.hearOut()
        #expect(answers.count == 12)
        #expect(answers.allSatisfy { $0.attributes["id"] == id && $0.attributes["to"] == sender })
        c.thing.hasAnsweredEverything()
    }

    @Test("a reading under an id too long to be kept is refused", arguments: [129, 2048])
    func longReadId(_ count: Int) {
        let c = online()
        let id = String(repeating: "i", count: count)
        c.server.asksToRead(from: desk, id: id)
        c.thing.refuses(desk, id: id, "modify", "not-acceptable", "the stanza is too large")
        c.thing.saysNothing()
    }

    @Test("of a hundred requests in one piece each has its answer, in order", arguments: Pace.allCases)
    func hundred(_ pace: Pace) {
        let c = online(pace)
        c.server.sends((0..<100).map { "<iq type='get' id='h\($0)' from='\(desk)'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>" }.joined())
        let ids = c.thing.hearOut().compactMap { $0.attributes["id"] }
        #expect(ids == (0..<100).map { "h\($0)" })
        c.thing.hasAnsweredEverything()
    }

    @Test("what is no chat, and presence, is never answered; a stranger's chat neither", arguments: [desk, phone, eve], ["", "chat", "error", "headline", "groupchat", "normal"])
    func messages(_ sender: String, _ type: String) {
        let c = online()
        if sender == eve || ["error", "headline", "groupchat"].contains(type) {
            c.server.sends("<message from='\(sender)' type='\(type)'><body>Temperature?</body></message>")
        }
        c.server.sends("<message from='\(sender)' type='\(type)'><req xmlns='urn:xmpp:iot:sensordata' seqnr='1' momentary='true'/></message>")
        c.server.sends("<message from='\(sender)' type='\(type)'><fields xmlns='urn:xmpp:iot:sensordata' seqnr='1'/></message>")
        c.server.sends("<presence from='\(sender)'><show>dnd</show><priority>junk</priority></presence>")
        c.server.sends("<presence from='\(sender)'><priority>-999999999999999999999</priority></presence>")
        c.thing.saysNothing()
    }
}
