import Fixed
import Foundation
import Readout
import Testing
import Thing
import XMPP

/// A friend's field as a field of this Thing: what is taken over, and from whom alone.
@Suite("Mirrors") struct MirrorTests {
    /// Bob's Temperature is ours too; Bob and Carol are friends.
    private func online(_ pace: Pace = .whole, _ items: String = item(bob) + item(carol), mirrors: [(String, String)] = [(bob, "Temperature")], desk client: String? = desk) -> Conversation {
        let c = Conversation(pace, identity: .of(parent: component))
        for (friend, name) in mirrors {
            let isNew = c.use { $0.declare(mirror: BareJID(Array(friend.utf8).span)!, field: Text(utf8: name)) }
            #expect(isNew)
        }
        c.goOnline(items, parentIsHere: false)
        c.said = []
        if let client { c.server.sends("<presence from='\(client)'/>") }
        return c
    }

    /// Subscribed, and nothing told yet.
    private func subscribed(_ pace: Pace = .whole) -> Conversation {
        let c = online(pace)
        c.thing.wantsEvents()
        c.server.accepts()
        c.thing.saysNothing()
        return c
    }

    /// What Carol gets for the field, the parent allowing it.
    private func read(_ c: Conversation, _ sourceLocation: SourceLocation = #_sourceLocation) -> Node? {
        c.said = []
        c.server.asksToRead(from: lab, id: "r", seqnr: "9", inside: "<node nodeId='\(bob)'/><field name='Temperature'/>")
        var nodes = c.thing.hearOut()
        if let q = nodes.first, q.child("canRead") != nil {
            c.names["q"] = q.attributes["id"]
            c.server.allowsReading(carol, from: component)
            nodes = c.thing.hearOut()
        }
        return nodes.last { $0.name == "message" }
    }

    private func value(_ c: Conversation) -> String? { read(c)?.all("numeric").first?.attributes["value"] }
    private func failure(_ c: Conversation) -> String? { read(c)?.all("error").first?.text }

    private static let t = "<numeric name='Temperature' momentary='true' automaticReadout='true' value='21.50' unit='°C'/>"

    @Test("asked to tell of changes; what it tells is ours, with its time, its unit and its quality", arguments: Pace.allCases)
    func mirrored(_ pace: Pace) {
        let c = subscribed(pace)
        #expect(failure(c) == "Temperature: the sensor did not answer in time")
        c.server.tells("<numeric name='Temperature' momentary='true' manualEstimate='true' warning='1' value='21.50' unit='°C'/>", time: "2025-12-31T12:00:00+02:00")
        let message = read(c)
        #expect(message?.all("node").first?.attributes["nodeId"] == bob)
        #expect(message?.all("timestamp").first?.attributes["value"] == "2025-12-31T10:00:00Z")
        let field = message?.all("numeric").first?.attributes
        #expect(field?["value"] == "21.50" && field?["unit"] == "°C")
        #expect(field?["manualEstimate"] == "true" && field?["warning"] == "true" && field?["automaticReadout"] == nil)
        #expect(c.passes.isEmpty, "the platform knows nothing of a friend's field")
        c.thing.hasAnsweredEverything()
    }

    @Test("each type comes out as it came in", arguments: [
        "<boolean name='Temperature' momentary='true' value='true'/>",
        "<int name='Temperature' momentary='true' value='-2147483648'/>",
        "<long name='Temperature' momentary='true' value='9223372036854775807'/>",
        "<long name='Temperature' momentary='true' value='-9223372036854775808'/>",
        "<numeric name='Temperature' momentary='true' value='-0.00000000000000001' unit='m³/s'/>",
        "<string name='Temperature' momentary='true' value='a &lt;b&gt; &apos;&quot; ü'/>",
        "<enum name='Temperature' momentary='true' value='Low' dataType='Level'/>",
        "<date name='Temperature' momentary='true' value='1969-12-31'/>",
        "<dateTime name='Temperature' momentary='true' value='2024-02-29T23:59:59Z'/>",
        "<time name='Temperature' momentary='true' value='23:59:59Z'/>",
        "<duration name='Temperature' momentary='true' value='PT90S'/>",
        "<duration name='Temperature' momentary='true' value='-PT90S'/>",
    ])
    func types(_ field: String) throws {
        let c = subscribed()
        c.server.tells(field)
        let sent = try #require(Node.parse(field))
        let got = try #require(read(c)?.all(sent.name).first)
        #expect(got.attributes == sent.attributes)
    }

    @Test("what is not of its type, too long or too large is a failure, and never half a value", arguments: [
        "<boolean name='Temperature' momentary='true' value='yes'/>", "<int name='Temperature' momentary='true' value='2147483648'/>",
        "<int name='Temperature' momentary='true' value='1.5'/>", "<long name='Temperature' momentary='true' value='9223372036854775808'/>",
        "<numeric name='Temperature' momentary='true' value='NaN' unit='C'/>", "<numeric name='Temperature' momentary='true' unit='C'/>",
        "<numeric name='Temperature' momentary='true' value='1.0000000000000000001' unit='C'/>",
        "<numeric name='Temperature' momentary='true' value='1' unit='a unit that is too long'/>",
        "<string name='Temperature' momentary='true' value='a string of more than 24 bytes'/>",
        "<enum name='Temperature' momentary='true' value='a word of more than 24 bytes' dataType='t'/>",
        "<date name='Temperature' momentary='true' value='2025-02-29'/>", "<time name='Temperature' momentary='true' value='25:00:00'/>",
        "<dateTime name='Temperature' momentary='true' value='yesterday'/>", "<duration name='Temperature' momentary='true' value='P1M'/>",
        "<duration name='Temperature' momentary='true' value='PT0.5S'/>", "<color name='Temperature' momentary='true' value='ffffff'/>",
    ])
    func notValues(_ field: String) {
        let c = subscribed()
        c.server.tells(Self.t)
        c.server.tells(field, time: "2026-01-01T00:01:00Z")
        #expect(failure(c) == "Temperature: the sensor's answer is not a value")
    }

    // MARK: Attacks

    @Test("nobody but the very client that was asked is believed", arguments: [
        sofa, bob, lab, eve, component, "home.example", "thing@home.example", "bob@far.example/Desk", "bob@far.example.evil/desk", "",
    ])
    func forgedSender(_ sender: String) {
        let c = subscribed()
        c.server.tells(Self.t)
        c.server.tells("<numeric name='Temperature' momentary='true' value='99' unit='°C'/>", from: sender, time: "2026-01-02T00:00:00Z")
        #expect(value(c) == "21.50")
        #expect(sender.isEmpty || c.log.contains("values that we did not ask for"))
    }

    @Test("nor without the number we gave", arguments: ["1", "0", "", "x", "-1"])
    func forgedNumber(_ number: String) {
        let c = subscribed()
        c.server.tells("<numeric name='Temperature' momentary='true' value='99' unit='°C'/>", seqnr: number)
        #expect(failure(c) == "Temperature: the sensor did not answer in time")
    }

    @Test("the number is another one each time, and no small one")
    func numbers() throws {
        var seen: Set<String> = []
        let c = online()
        for _ in 0..<20 {
            c.thing.wantsEvents()
            let number = try #require(c.names["n"])
            #expect(Int(number)! > 0 && Int(number)! <= Int(Int32.max))
            seen.insert(number)
            c.server.sends("<presence type='unavailable' from='\(desk)'/><presence from='\(desk)'/>")
        }
        #expect(seen.count == 20)
        #expect(seen.contains { Int($0)! > 1 << 24 })
    }

    @Test("a copy is no message: carbons, forwarded, delayed, and errors", arguments: [
        "<message from='thing@home.example'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='\(desk)'>$f</message></forwarded></received></message>",
        "<message from='\(desk)'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='\(desk)'>$f</message></forwarded></message>",
        "<message from='\(desk)'>$f<delay xmlns='urn:xmpp:delay' stamp='2025-12-31T00:00:00Z'/></message>",
        "<message from='\(desk)' type='error'>$f<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
    ])
    func copies(_ stanza: String) {
        let c = subscribed()
        c.names["f"] = c.filledIn("<fields xmlns='urn:xmpp:iot:sensordata' seqnr='$n' done='true'><node nodeId='bob'><timestamp value='2026-01-01T00:00:00Z'>\(Self.t)</timestamp></node></fields>")
        c.server.sends(raw: stanza)
        #expect(value(c) == nil)
    }

    @Test("an old message again does not turn back what is known")
    func replayed() {
        let c = subscribed()
        c.server.tells("<numeric name='Temperature' momentary='true' value='20' unit='°C'/>", time: "2026-01-01T00:00:00Z")
        c.server.tells(Self.t, time: "2026-01-01T00:00:10Z")
        c.server.tells("<numeric name='Temperature' momentary='true' value='20' unit='°C'/>", time: "2026-01-01T00:00:00Z")
        #expect(value(c) == "21.50")
    }

    @Test("a field of another name, another type of value, another node than the friend's own is not it", arguments: [
        "<numeric name='temperature' momentary='true' value='99' unit='°C'/>", "<numeric name='Humidity' momentary='true' value='99' unit='%'/>",
        "<numeric name='Temperature' peak='true' value='99' unit='°C'/>", "<numeric name='Temperature' value='99' unit='°C'/>",
        "<numeric xmlns='urn:x' name='Temperature' momentary='true' value='99' unit='°C'/>",
    ])
    func otherFields(_ field: String) {
        let c = subscribed()
        c.server.tells(Self.t + field, time: "2026-01-01T00:00:00Z")
        #expect(value(c) == "21.50")
        c.server.tells(field, time: "2026-01-01T00:00:10Z")
        #expect(value(c) == "21.50")
    }

    @Test("what the friend mirrors itself is not taken: two Things that mirror each other do not go in circles")
    func circle() {
        let c = subscribed()
        c.server.tells(Self.t, time: "2026-01-01T00:00:10Z", node: "thing@home.example")
        #expect(value(c) == nil)
        c.server.tells(Self.t, time: "2026-01-01T00:00:10Z", node: bob)
        #expect(value(c) == "21.50")
    }

    @Test("a friendship that ends takes the value along", arguments: [item(bob, "remove"), item(bob, "to"), item(bob, "from")])
    func unfriended(_ push: String) {
        let c = subscribed()
        c.server.tells(Self.t)
        c.server.pushes(push)
        #expect(failure(c) == "Temperature: the sensor is gone")
        c.server.tells(Self.t)
        #expect(failure(c) == "Temperature: the sensor is gone")
    }

    // MARK: Time

    @Test("a value is not handed on for the present one for ever")
    func stale() {
        let c = online()
        c.thing.wantsEvents()
        c.server.accepts()
        c.server.tells(Self.t)
        c.waits(.minutes(2))
        #expect(value(c) == "21.50")
        c.waits(.minutes(4))
        #expect(failure(c) == "Temperature: the sensor did not answer in time")
    }

    @Test("a friend that goes takes its value along, and is asked anew when it is back")
    func back() {
        let c = subscribed()
        c.server.tells(Self.t)
        c.server.sends("<presence type='unavailable' from='\(desk)'/>")
        #expect(failure(c) == "Temperature: the sensor is gone")
        c.server.sends("<presence from='\(desk)'/>")
        c.thing.wantsEvents()
        c.server.accepts()
        #expect(failure(c) == "Temperature: the sensor did not answer in time")
        c.server.tells(Self.t)
        #expect(value(c) == "21.50")
    }

    @Test("a friend that forgot us is subscribed to again")
    func forgotten() {
        let c = subscribed()
        c.waits(.seconds(149))
        c.thing.saysNothing()
        c.waits(.seconds(2))
        c.thing.wantsEvents()
    }

    @Test("a friend that knows no events is read, once a minute", arguments: ["service-unavailable", "feature-not-implemented", "bad-request"])
    func polled(_ condition: String) {
        let c = online()
        c.thing.wantsEvents()
        c.server.refuses("$m", condition)
        for minute in 0..<3 {
            c.thing.wantsReading()
            c.server.accepts()
            c.server.tells("<numeric name='Temperature' momentary='true' value='\(minute)' unit='°C'/>", time: "2026-01-01T00:0\(minute):00Z")
            #expect(value(c) == "\(minute)")
            c.waits(.seconds(58))
            c.thing.saysNothing()
            c.waits(.seconds(2))
        }
    }

    @Test("who says no is not asked at once again", arguments: [("cancel", "forbidden", 300 as Int64), ("wait", "resource-constraint", 60)])
    func refused(_ type: String, _ condition: String, _ seconds: Int64) {
        let c = online()
        c.thing.wantsEvents()
        c.server.refuses("$m", condition, type: type)
        c.waits(.seconds(seconds - 1))
        c.thing.saysNothing()
        c.waits(.seconds(1))
        c.thing.wantsEvents()
    }

    @Test("a client that knows nothing gives way to another one of the same friend")
    func otherClient() {
        let c = online()
        c.thing.wantsEvents()
        c.server.sends("<presence from='\(sofa)'/>")
        c.server.refuses("$m", "service-unavailable")
        c.thing.wantsReading()
        c.server.refuses("$m", "service-unavailable")
        c.waits(.seconds(60))
        c.thing.wantsEvents(sofa)
        c.server.accepts(sofa)
        c.server.tells(Self.t, from: sofa)
        #expect(value(c) == "21.50")
        c.server.tells("<numeric name='Temperature' momentary='true' value='99' unit='°C'/>", time: "2026-01-02T00:00:00Z")
        #expect(value(c) == "21.50")
    }

    @Test("an answer counts by its id and its sender", arguments: [sofa, bob, eve, ""])
    func forgedAnswer(_ sender: String) {
        let c = online()
        c.thing.wantsEvents()
        c.server.sends("<iq type='result' id='$m' from='\(sender)'><accepted xmlns='urn:xmpp:iot:sensordata' seqnr='$n'/></iq>")
        c.server.tells(Self.t)
        #expect(value(c) == nil)
    }

    @Test("what fails at the friend's has failed here")
    func failed() {
        let c = subscribed()
        c.server.tells(Self.t)
        c.server.sends("<message from='\(desk)'><failure xmlns='urn:xmpp:iot:sensordata' seqnr='$n' done='true'><error nodeId='bob' timestamp='2026-01-01T00:00:00Z'>broken</error></failure></message>")
        #expect(failure(c) == "Temperature: the sensor does not answer")
        c.server.tells(Self.t)
        #expect(value(c) == "21.50")
    }

    // MARK: Friends

    @Test("whose field is wanted is asked to be a friend, once; its own request is the parent's to decide")
    func befriended() {
        let c = Conversation(identity: .of(parent: component))
        _ = c.use { $0.declare(mirror: BareJID(Array(bob.utf8).span)!, field: Text(utf8: "Temperature")) }
        c.goOnline(item(carol), parentIsHere: false)
        c.thing.says("<presence to='\(component)'>\(caps)</presence>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
        c.server.pushes(item(bob, "none", more: " ask='subscribe'"))
        c.said = []
        c.server.sends("<presence from='\(desk)'/>")
        c.thing.saysNothing()
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob, to: component)
        c.disconnect()
        c.waits(.seconds(20))
        c.goOnline(item(carol) + item(bob, "none", more: " ask='subscribe'"), version: "v1", parentIsHere: false)
        #expect(!c.thing.hearOut().contains { $0.attributes["type"] == "subscribe" })
    }

    @Test("an unclaimed Thing makes no friends, mirrors or not")
    func unclaimed() {
        let c = Conversation(identity: .of(parent: ""))
        _ = c.use { $0.declare(mirror: BareJID(Array(bob.utf8).span)!, field: Text(utf8: "Temperature")) }
        c.goUnclaimed()
        #expect(!c.thing.hearOut().contains { $0.attributes["type"] == "subscribe" })
    }

    @Test("whoever reads a mirrored field passes the same door")
    func gated() {
        let c = subscribed()
        c.server.tells(Self.t)
        c.server.asksToRead(from: lab, inside: "<node nodeId='\(bob)'/>")
        c.thing.asksWhetherMayRead(carol, to: component, inside: "<node nodeId='\(bob)'/>")
        c.server.answersReading(carol, from: component, result: "false")
        c.thing.refuses(lab, "cancel", "forbidden", "not allowed")
    }

    @Test("a mirrored field's change is an event too")
    func events() {
        let c = subscribed()
        c.server.tells(Self.t, time: "2026-01-01T00:00:00Z")
        c.server.subscribes(lab, "minInterval='PT1S'", "<node nodeId='\(bob)'/><field name='Temperature' changedBy='1'/>")
        c.thing.asksWhetherMayRead(carol, to: component, inside: "<node nodeId='\(bob)'/><field name='Temperature'/>")
        c.server.allowsReading(carol, from: component)
        c.thing.accepts(lab, id: "s1", seqnr: "7")
        c.time.passes(.seconds(5))
        c.thing.saysNothing()
        c.server.tells("<numeric name='Temperature' momentary='true' value='25' unit='°C'/>", time: "2026-01-01T00:00:05Z")
        c.time.passes(.seconds(2))
        #expect(c.thing.hearOut().first?.all("numeric").first?.attributes["value"] == "25")
    }

    @Test("several fields of a friend are asked for together; four in all, each once, and never our own")
    func several() {
        let c = Conversation(identity: .of(parent: component))
        func declare(_ friend: String, _ name: String) -> Bool {
            c.use { $0.declare(mirror: BareJID(Array(friend.utf8).span)!, field: Text(utf8: name)) }
        }
        #expect(!declare("thing@home.example", "Temperature") && !declare("far.example", "Temperature"))
        #expect(!declare(String(repeating: "x", count: 60) + "@far.example", "Temperature"))
        #expect(declare(bob, "Temperature") && !declare(bob, "Temperature") && declare(bob, "Load"))
        #expect(declare(carol, "Temperature") && declare("dave@far.example", "Load") && !declare("erin@far.example", "Load"))
        c.goOnline(item(bob) + item(carol), parentIsHere: false)
        c.said = []
        c.server.sends("<presence from='\(desk)'/>")
        c.thing.wantsEvents(fields: ["Temperature", "Load"])
    }
}

extension Conversation {
    fileprivate func goUnclaimed() {
        logIn()
        asksForRoster()
        givesRoster("")
    }
}

extension Speaker {
    /// The subscription to a friend's fields; its id is `m`, its number `n`.
    func wantsEvents(_ jid: String = desk, fields: [String] = ["Temperature"], sourceLocation: SourceLocation = #_sourceLocation) {
        (conversation.names["m"], conversation.names["n"]) = (nil, nil)
        says("<iq type='get' id='$m' to='\(jid)'><subscribe xmlns='urn:xmpp:iot:events' momentary='true' req='true' minInterval='PT5S' maxInterval='PT1M' seqnr='$n'>\(fields.map { "<field name='\($0)' changedBy='0.000001'/>" }.joined())</subscribe></iq>", sourceLocation: sourceLocation)
    }

    func wantsReading(_ jid: String = desk, sourceLocation: SourceLocation = #_sourceLocation) {
        (conversation.names["m"], conversation.names["n"]) = (nil, nil)
        says("<iq type='get' id='$m' to='\(jid)'><req xmlns='urn:xmpp:iot:sensordata' momentary='true' seqnr='$n'><field name='Temperature'/></req></iq>", sourceLocation: sourceLocation)
    }
}

extension Server {
    /// A friend accepts what the Thing asked for.
    func accepts(_ from: String = desk) {
        sends("<iq type='result' id='$m' from='\(from)'><accepted xmlns='urn:xmpp:iot:sensordata' seqnr='$n'/></iq>")
    }

    func refuses(_ id: String, _ condition: String, type: String = "cancel", from: String = desk) {
        sends("<iq type='error' id='\(id)' from='\(from)'><error type='\(type)'><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
    }

    /// Values of a friend, on its own node.
    func tells(_ fields: String, from: String = desk, seqnr: String = "$n", time: String = "2026-01-01T00:00:00Z", node: String = "bob") {
        let sender = from.isEmpty ? "" : " from='\(from)'"
        sends("<message\(sender)><fields xmlns='urn:xmpp:iot:sensordata' seqnr='\(seqnr)' done='true'><node nodeId='\(node)'><timestamp value='\(time)'>\(fields)</timestamp></node></fields></message>")
    }
}
