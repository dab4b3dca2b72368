import Fixed
import Foundation
import Readout
import Testing
import Thing

/// Reads through the one door: who gets which values, and what everybody else
/// gets (XEP-0323, XEP-0324 §3.7).
@Suite("Reading") struct ReadingTests {
    private func online(_ pace: Pace = .whole, _ items: String = item(parent) + item(bob) + item(carol), fields: [Field] = Field.usual, parentIsHere: Bool = true) -> Conversation {
        let c = Conversation(pace, fields: fields)
        c.goOnline(items, parentIsHere: parentIsHere)
        return c
    }

    /// A parent away is told of five seconds after the login.
    private func settled(_ c: Conversation) {
        c.time.passes(.seconds(6))
        c.said = []
    }

    @Test("allowed: accepted and all fields at once, with units, in the digits the sensor gave", arguments: Pace.allCases)
    func allowed(_ pace: Pace) {
        let c = online(pace)
        c.sensors[0] = .number(-2340, scale: 2)
        c.sensors[1] = .value(.boolean(true))
        c.sensors[2] = .value(.string("a<b> & 'c' \"d\" é"))
        c.server.asksToRead(from: desk, id: "read-1", seqnr: "2147483647")
        c.thing.asksWhetherMayRead(bob)
        c.thing.saysNothing()
        #expect(c.passes.isEmpty, "no sensor is read before it is allowed")
        c.server.allowsReading(bob)
        c.thing.accepts(desk, id: "read-1", seqnr: "2147483647")
        c.thing.givesFields(
            desk, seqnr: "2147483647",
            number("Temperature", "-23.40", "°C")
                + "<boolean name='Humidity' momentary='true' automaticReadout='true' value='true'/>"
                + "<string name='Load' momentary='true' automaticReadout='true' value='a&lt;b&gt; &amp; &apos;c&apos; &quot;d&quot; é'/>")
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("the time of the reading is the wall clock's", arguments: Pace.allCases)
    func timestamp(_ pace: Pace) {
        let c = online(pace)
        c.time.passes(.seconds(61))
        c.said = []
        c.server.asksToRead(from: phone)
        let nodes = c.thing.hearOut()
        #expect(nodes.last?.all("timestamp").first?.attributes["value"] == "2026-01-01T00:01:01Z")
    }

    @Test("accepted and fields wait together, so that one write can take them", arguments: Pace.allCases)
    func together(_ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.outlet = 0
        c.server.allowsReading(bob)
        let waiting = String(decoding: c.use { $0.outgoing.array }, as: UTF8.self)
        #expect(waiting.contains("<accepted"))
        #expect(waiting.contains("done='true'"))
        #expect(waiting.hasSuffix("</message>"))
    }

    @Test("the parent reads without asking itself", arguments: Pace.allCases)
    func parentReads(_ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: tablet)
        c.thing.accepts(tablet)
        c.thing.givesFields(tablet, temperature + humidity + load)
        c.thing.saysNothing()
    }

    @Test("whoever is no friend is refused before the request is even looked at", arguments: [
        eve, "evil.example", "home.example", "owner@home.example.evil/x", "prov.home.example", "owner@evil.example/phone",
        String(repeating: "x", count: 300) + "@far.example/x", "@", "bob@far.example.", "bob@far..example/desk",
    ], ["momentary='true'", "momentary='maybe' when='now'", "all='1'"])
    func strangers(_ sender: String, _ types: String) {
        if sender == "bob@far.example." { return }
        let c = online()
        c.server.asksToRead(from: sender, seqnr: "99999999999", types: types, inside: "<field/>")
        c.thing.refuses(sender, "cancel", "forbidden", "only friends may ask")
        c.thing.saysNothing()
        #expect(c.passes.isEmpty)
        c.thing.hasAnsweredEverything()
    }

    @Test("denied by the parent: forbidden, and no value", arguments: ["false", "0"], Pace.allCases)
    func denied(_ word: String, _ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.server.answersReading(bob, result: word, inside: "<field name='Temperature'/>")
        c.thing.refuses(desk, "cancel", "forbidden", "not allowed")
        c.thing.saysNothing()
        #expect(c.passes.isEmpty)
        c.thing.hasAnsweredEverything()
    }

    @Test("what is no answer is no decision, and no value", arguments: [
        "<iq type='error' id='$q' from='\(phone)'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
        "<iq type='error' id='$q' from='\(phone)'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
        "<iq type='result' id='$q' from='\(phone)'/>",
        "<iq type='result' id='$q' from='\(phone)'><canReadResponse xmlns='urn:xmpp:iot:provisioning' jid='\(carol)' result='true'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><canReadResponse xmlns='urn:xmpp:iot:provisioning' result='true'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><canReadResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><canReadResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)' result='yes'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><canReadResponse xmlns='urn:other' jid='\(bob)' result='true'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)' result='true'/></iq>",
    ], Pace.allCases)
    func noDecision(_ answer: String, _ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.server.sends(raw: answer)
        c.thing.refuses(desk, "wait", "remote-server-timeout", "no decision: my parent did not answer")
        c.server.allowsReading(bob)
        c.thing.saysNothing()
        #expect(c.passes.isEmpty)
        c.thing.hasAnsweredEverything()
    }

    @Test("a parent that is silent for half a minute has not decided", arguments: Pace.allCases)
    func silent(_ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.time.passes(.milliseconds(29_999))
        c.thing.saysNothing()
        c.time.passes(.milliseconds(1))
        c.thing.refuses(desk, "wait", "remote-server-timeout", "no decision: my parent did not answer")
        c.server.allowsReading(bob)
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("with the parent away a friend is refused at once", arguments: Pace.allCases)
    func away(_ pace: Pace) {
        let c = online(pace, parentIsHere: false)
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "wait", "remote-server-timeout", "no decision: my parent did not answer")
        c.server.parentArrives()
        c.server.asksToRead(from: desk, id: "r2")
        c.thing.asksWhetherMayRead(bob)
        c.server.parentLeaves()
        c.said = []
        c.server.asksToRead(from: lab, id: "r3")
        c.thing.refuses(lab, id: "r3", "wait", "remote-server-timeout", "no decision: my parent did not answer")
    }

    @Test("an answer counts only from the very address that was asked", arguments: [tablet, parent, eve, desk, "home.example", "owner@home.example/Phone"], Pace.allCases)
    func forged(_ sender: String, _ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.server.allowsReading(bob, from: sender)
        c.thing.saysNothing()
        c.server.answersReading(bob, result: "false")
        c.thing.refuses(desk, "cancel", "forbidden", "not allowed")
        c.server.allowsReading(bob)
        c.thing.saysNothing()
    }

    @Test("another client of the parent is asked where the first is deaf", arguments: Pace.allCases)
    func deaf(_ pace: Pace) {
        let c = online(pace)
        c.server.parentArrives(tablet)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob, to: tablet)
        c.server.sends(raw: "<iq type='error' id='$q' from='\(tablet)'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        c.thing.asksWhetherMayRead(bob, to: phone)
        c.server.allowsReading(bob)
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature + humidity + load)
        c.thing.saysNothing()
    }

    @Test("the request's types, nodes and fields are put to the parent, the unknown among them", arguments: Pace.allCases)
    func asked(_ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(
            from: desk, types: "momentary='1' peak='0' status=' true ' historicalDay='true' from='2026-01-01T00:00:00Z' to='2026-01-01T00:00:01Z' serviceToken='t'",
            inside: "<node nodeId='thing' sourceId='s'/><node nodeId='other'/><field name='Load'/><field name='Wind'/><field name='Temperature'/><field name='Rain'/><other xmlns='urn:x' name='Humidity'/>")
        c.thing.asksWhetherMayRead(
            bob, types: "momentary='true' status='true' historicalDay='true' serviceToken='t'",
            inside: "<node nodeId='thing'/><node nodeId='other'/><field name='Load'/><field name='Wind'/><field name='Temperature'/><field name='Rain'/>")
        c.server.allowsReading(bob)
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature + load)
    }

    @Test("tokens go to the parent as they came, and are not asked with twice, since they are not kept", arguments: Pace.allCases)
    func tokens(_ pace: Pace) {
        let c = online(pace)
        c.server.parentArrives(tablet)
        c.server.asksToRead(from: desk, types: "serviceToken='s-1' deviceToken='d&lt;2' userToken='u&amp;3'")
        c.thing.asksWhetherMayRead(
            bob, to: tablet, types: "momentary='true' serviceToken='s-1' deviceToken='d&lt;2' userToken='u&amp;3'")
        c.server.parentLeaves(tablet)
        c.thing.refuses(desk, "wait", "remote-server-timeout", "no decision: my parent did not answer")
        c.thing.hasAnsweredEverything()
    }

    @Test("the client that was asked goes: another one is asked; where there is none, there is no decision", arguments: Pace.allCases)
    func askedOneLeaves(_ pace: Pace) {
        let c = online(pace)
        c.server.parentArrives(tablet)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob, to: tablet)
        c.server.parentLeaves(tablet)
        c.thing.asksWhetherMayRead(bob, to: phone)
        c.server.parentLeaves()
        c.thing.refuses(desk, "wait", "remote-server-timeout", "no decision: my parent did not answer")
        c.thing.hasAnsweredEverything()
    }

    @Test("cancelled before anything was accepted: both requests are answered, and no value follows", arguments: Pace.allCases)
    func cancelled(_ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk, id: "read", seqnr: "8")
        c.thing.asksWhetherMayRead(bob)
        c.server.sends("<iq type='get' id='c1' from='\(desk)'><cancel xmlns='urn:xmpp:iot:sensordata' seqnr='8'/></iq>")
        c.thing.refuses(desk, id: "read", "cancel", "not-acceptable", "cancelled")
        c.thing.says("<iq type='result' id='c1' to='\(desk)'><cancelled xmlns='urn:xmpp:iot:sensordata' seqnr='8'/></iq>")
        c.server.allowsReading(bob)
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("nothing to cancel: under that number, for that very client, or for a stranger at all", arguments: Pace.allCases)
    func cancelOfNothing(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<iq type='get' id='c1' from='\(desk)'><cancel xmlns='urn:xmpp:iot:sensordata' seqnr='8'/></iq>")
        c.thing.refuses(desk, id: "c1", "cancel", "item-not-found", "nothing is being read under that seqnr")
        c.server.sends("<iq type='get' id='c2' from='\(desk)'><cancel xmlns='urn:xmpp:iot:sensordata' seqnr='eight'/></iq>")
        c.thing.refuses(desk, id: "c2", "modify", "bad-request")
        c.server.sends("<iq type='get' id='c3' from='\(eve)'><cancel xmlns='urn:xmpp:iot:sensordata' seqnr='8'/></iq>")
        c.thing.refuses(eve, id: "c3", "cancel", "forbidden", "only friends may ask")
        c.thing.hasAnsweredEverything()
    }

    @Test("types as they are asked for", arguments: [
        ("", "momentary='true'"),
        ("peak='false'", "momentary='true'"),
        ("historical='true'", "historicalSecond='true' historicalMinute='true' historicalHour='true' historicalDay='true' historicalWeek='true' historicalMonth='true' historicalQuarter='true' historicalYear='true' historicalOther='true'"),
        ("identity='1'", "identity='true'"),
    ])
    func types(_ requested: String, _ asked: String) {
        let c = online()
        c.server.asksToRead(from: desk, types: requested)
        c.thing.asksWhetherMayRead(bob, types: asked)
    }

    @Test("all types are all, and what holds no momentary values is answered empty", arguments: [("all='true'", true), ("peak='true'", false), ("historical='true'", false), ("identity='true' momentary='false'", false)])
    func answerable(_ types: String, _ hasValues: Bool) {
        let c = online()
        c.server.asksToRead(from: phone, types: types)
        c.thing.accepts(phone)
        c.thing.givesFields(phone, hasValues ? temperature + humidity + load : "")
        c.thing.saysNothing()
    }

    @Test("of what was asked only what the parent lists is given", arguments: [
        ("", "<field name='Humidity'/>", humidity),
        ("", "<field name='Humidity'/><field name='Wind'/>", humidity),
        ("<field name='Temperature'/><field name='Load'/>", "<field name='Load'/><field name='Humidity'/>", load),
        ("<field name='Temperature'/>", "", temperature),
        ("", "<node nodeId='thing'/>", temperature + humidity + load),
        ("", "<node nodeId='thing'/><node nodeId='other'/><field name='Load'/>", load),
        ("<node nodeId='thing'/>", "<field name='Temperature'/>", temperature),
        ("<field name='Temperature'/><field name='Wind'/>", "", temperature),
    ], Pace.allCases)
    func restricted(_ case: (asked: String, allowed: String, given: String), _ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk, inside: `case`.asked)
        let question = c.thing.hearOut()
        c.names["q"] = question.first?.attributes["id"] ?? ""
        c.server.allowsReading(bob, inside: `case`.allowed)
        c.thing.accepts(desk)
        c.thing.givesFields(desk, `case`.given)
        c.thing.saysNothing()
        #expect(c.passes.count == 1)
        let read = Node.parse("<m>\(`case`.given)</m>")!.children.count
        #expect(c.passes[0].count == read, "what may not be told is not even read")
    }

    @Test("a yes to nothing of what was asked is a no", arguments: [
        ("<field name='Temperature'/>", "<field name='Humidity'/>"),
        ("", "<field name='Wind'/>"),
        ("", "<field/>"),
        ("", "<node nodeId='other'/>"),
        ("", "<node nodeId='other'/><field name='Temperature'/>"),
        ("", "<node/>"),
        ("<field name='Wind'/>", "<field name='Temperature'/>"),
    ])
    func yesToNothing(_ asked: String, _ allowed: String) {
        let c = online()
        c.server.asksToRead(from: desk, inside: asked)
        c.names["q"] = c.thing.hearOut().first?.attributes["id"] ?? ""
        c.server.allowsReading(bob, inside: allowed)
        c.thing.refuses(desk, "cancel", "forbidden", "not allowed")
        c.thing.saysNothing()
        #expect(c.passes.isEmpty)
    }

    @Test("who may not read cannot tell what exists from what does not", arguments: [
        "<field name='Temperature'/>", "<field name='Wind'/>", "<node nodeId='thing'/>", "<node nodeId='other'/>", "",
        "<field name='\(String(repeating: "w", count: 200))'/>",
    ], Pace.allCases)
    func oracle(_ inside: String, _ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk, id: "r0", inside: inside)
        c.said = []
        c.time.passes(.seconds(30))
        c.thing.refuses(desk, id: "r0", "wait", "remote-server-timeout", "no decision: my parent did not answer")
        c.server.asksToRead(from: desk, inside: inside)
        c.names["q"] = c.thing.hearOut().first?.attributes["id"] ?? ""
        c.server.answersReading(bob, result: "false")
        c.thing.refuses(desk, "cancel", "forbidden", "not allowed")
        // Kept, the no says the same.
        c.server.asksToRead(from: desk, id: "r2", inside: inside)
        c.thing.refuses(desk, id: "r2", "cancel", "forbidden", "not allowed")
        c.server.asksToRead(from: eve, id: "r3", inside: inside)
        c.thing.refuses(eve, id: "r3", "cancel", "forbidden", "only friends may ask")
        c.thing.saysNothing()
    }

    @Test("who may read is told that something does not exist", arguments: ["<field name='Wind'/>", "<node nodeId='other'/>", "<node nodeId='other'/><field name='Temperature'/>", "<field name='temperature'/>"], Pace.allCases)
    func notFound(_ inside: String, _ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk, inside: inside)
        c.names["q"] = c.thing.hearOut().first?.attributes["id"] ?? ""
        c.server.allowsReading(bob)
        c.thing.refuses(desk, "cancel", "item-not-found", "no such field or node")
        c.server.asksToRead(from: phone, id: "r2", inside: inside)
        c.thing.refuses(phone, id: "r2", "cancel", "item-not-found", "no such field or node")
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("a malformed request of a friend is a bad request", arguments: [
        ("seqnr=''", ""), ("", ""), ("seqnr='x'", ""), ("seqnr='99999999999'", ""), ("seqnr='2147483648'", ""), ("seqnr='-2147483649'", ""),
        ("seqnr='1.0'", ""), ("seqnr='+'", ""), ("seqnr='-'", ""), ("seqnr='1 2'", ""), ("seqnr='\(String(repeating: "9", count: 100))'", ""),
        ("seqnr='1' momentary='yes'", ""), ("seqnr='1' momentary='TRUE'", ""), ("seqnr='1' all='2'", ""), ("seqnr='1' historical=''", ""),
        ("seqnr='1' peak='truefalse'", ""), ("seqnr='1'", "<field/>"), ("seqnr='1'", "<field name=''/>"), ("seqnr='1'", "<node/>"), ("seqnr='1'", "<node nodeId=''/>"),
    ])
    func malformed(_ attributes: String, _ inside: String) {
        let c = online()
        for (i, sender) in [desk, phone].enumerated() {
            c.server.sends("<iq type='get' id='m\(i)' from='\(sender)'><req xmlns='urn:xmpp:iot:sensordata' \(attributes)>\(inside)</req></iq>")
            c.thing.refuses(sender, id: "m\(i)", "modify", "bad-request", "the request is malformed")
        }
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("numbers at the edge of xs:int are read", arguments: ["2147483647", "-2147483648", "0", "-0", "+5", " 7 ", "007"])
    func sequences(_ seqnr: String) {
        let c = online()
        c.server.asksToRead(from: phone, seqnr: seqnr)
        let number = Int(seqnr.trimmingCharacters(in: .whitespaces))!
        c.thing.accepts(phone, seqnr: "\(number)")
        c.thing.givesFields(phone, seqnr: "\(number)", temperature + humidity + load)
    }

    @Test("what failed is reported beside what worked, and never as a number", arguments: Pace.allCases)
    func failing(_ pace: Pace) {
        let c = online(pace)
        c.sensors[1] = .failed(.notAnswering)
        c.server.asksToRead(from: phone)
        c.thing.accepts(phone)
        c.thing.givesFields(phone, temperature + load, done: false)
        c.thing.reports(phone, ["Humidity: the sensor does not answer"])
        c.thing.saysNothing()
        // Friends see it in the presence too, once the login is five seconds old.
        c.time.passes(.seconds(5))
        c.thing.says("<presence><status>sensor failing: Humidity</status>\(caps)</presence>")
        c.sensors[1] = .number(5)
        c.server.asksToRead(from: phone, id: "r2")
        c.thing.accepts(phone, id: "r2")
        c.thing.givesFields(phone, temperature + number("Humidity", "5", "%") + load)
        c.thing.says("<presence>\(caps)</presence>")
        c.thing.saysNothing()
    }

    @Test("where all failed there are no fields at all", arguments: Pace.allCases)
    func allFailing(_ pace: Pace) {
        let c = online(pace)
        for (i, why) in [Failure.tooSlow, .notANumber, .gone].enumerated() { c.sensors[i] = .failed(why) }
        c.server.asksToRead(from: phone)
        c.thing.accepts(phone)
        c.thing.reports(phone, [
            "Temperature: the sensor did not answer in time", "Humidity: the sensor&apos;s answer is not a value", "Load: the sensor is gone",
        ])
        c.thing.saysNothing()
    }

    @Test("a sensor that hangs holds a reading up for six seconds and no longer", arguments: Pace.allCases)
    func slow(_ pace: Pace) {
        let c = online(pace)
        c.sensors[2] = .some(nil)
        c.server.asksToRead(from: phone)
        c.thing.saysNothing()
        c.time.passes(.milliseconds(5_999))
        c.said.removeAll { if case .element(let node, _) = $0 { node.name == "presence" } else { false } }
        c.thing.saysNothing()
        c.time.passes(.milliseconds(1))
        c.thing.accepts(phone)
        c.thing.givesFields(phone, temperature + humidity, done: false)
        c.thing.reports(phone, ["Load: the sensor did not answer in time"])
        // What comes too late belongs to nobody.
        c.said = []
        c.sensor(2, says: .number(1))
        c.thing.saysNothing()
    }

    @Test("who asks while sensors are being read waits for the next pass; who waits shares it", arguments: Pace.allCases)
    func shared(_ pace: Pace) {
        let c = online(pace)
        c.sensors[0] = .some(nil)
        c.server.asksToRead(from: phone, id: "r1", inside: "<field name='Temperature'/>")
        #expect(c.passes.count == 1)
        c.server.asksToRead(from: tablet, id: "r2", inside: "<field name='Humidity'/>")
        c.server.asksToRead(from: tablet, id: "r3", seqnr: "2", inside: "<field name='Load'/><field name='Humidity'/>")
        #expect(c.passes.count == 1)
        c.thing.saysNothing()
        c.sensor(0, says: .number(2340, scale: 2))
        c.thing.accepts(phone, id: "r1")
        c.thing.givesFields(phone, temperature)
        c.thing.accepts(tablet, id: "r2")
        c.thing.givesFields(tablet, humidity)
        c.thing.accepts(tablet, id: "r3", seqnr: "2")
        c.thing.givesFields(tablet, seqnr: "2", humidity + load)
        c.thing.saysNothing()
        #expect(c.passes.count == 2)
        #expect(c.passes.last?.count == 2)
    }

    @Test("values are read anew for each pass", arguments: Pace.allCases)
    func fresh(_ pace: Pace) {
        let c = online(pace)
        for i in 1...3 {
            c.sensors[0] = .number(Int64(i))
            c.server.asksToRead(from: phone, id: "f\(i)", inside: "<field name='Temperature'/>")
            c.thing.accepts(phone, id: "f\(i)")
            c.thing.givesFields(phone, number("Temperature", "\(i)", "°C"))
        }
        c.sensors[0] = .some(nil)
        c.server.asksToRead(from: phone, id: "f4", inside: "<field name='Temperature'/>")
        c.time.passes(.seconds(6))
        c.thing.accepts(phone, id: "f4")
        c.thing.reports(phone, ["Temperature: the sensor did not answer in time"])
    }

    @Test("three readouts for each friend and eight in all; the next is told to wait", arguments: Pace.allCases)
    func capacities(_ pace: Pace) {
        let dave = "dave@far.example"
        let c = online(pace, [parent, bob, carol, dave].map { item($0) }.joined())
        var n = 0
        func ask(_ jid: String) { n += 1; c.server.asksToRead(from: jid, id: "n\(n)", seqnr: "\(n)") }
        // The same question is put once, however many wait for its answer.
        for _ in 0..<3 { ask(desk) }
        c.thing.asksWhetherMayRead(bob, id: "q1")
        ask(sofa)
        c.thing.refuses(sofa, id: "n4", "wait", "resource-constraint", "no room at the moment")
        for _ in 0..<3 { ask(lab) }
        c.thing.asksWhetherMayRead(carol, id: "q2")
        for _ in 0..<2 { ask(dave + "/x") }
        c.thing.asksWhetherMayRead(dave, id: "q3")
        ask(dave + "/x")
        c.thing.refuses(dave + "/x", id: "n10", "wait", "resource-constraint", "no room at the moment")
        ask(phone)
        c.thing.refuses(phone, id: "n11", "wait", "resource-constraint", "no room at the moment")
        c.server.allowsReading(bob, id: "$q1")
        for n in 1...3 {
            c.thing.accepts(desk, id: "n\(n)", seqnr: "\(n)")
            c.thing.givesFields(desk, seqnr: "\(n)", temperature + humidity + load)
        }
        ask(sofa)
        c.thing.accepts(sofa, id: "n12", seqnr: "12")
        c.thing.givesFields(sofa, seqnr: "12", temperature + humidity + load)
        c.time.passes(.seconds(31))
        let refused = c.thing.hearOut().filter { $0.name == "iq" && $0.attributes["type"] == "error" }
        #expect(refused.count == 5)
        c.thing.hasAnsweredEverything()
    }

    @Test("the same number twice from one client is a conflict, from two it is none", arguments: Pace.allCases)
    func conflict(_ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk, id: "a", seqnr: "9")
        c.thing.asksWhetherMayRead(bob, id: "a")
        c.server.asksToRead(from: desk, id: "b", seqnr: "9")
        c.thing.refuses(desk, id: "b", "cancel", "conflict", "that seqnr is being read already")
        c.server.asksToRead(from: sofa, id: "c", seqnr: "9")
        c.thing.saysNothing()
        c.server.allowsReading(bob, id: "$a")
        for (jid, id) in [(desk, "a"), (sofa, "c")] {
            c.thing.accepts(jid, id: id, seqnr: "9")
            c.thing.givesFields(jid, seqnr: "9", temperature + humidity + load)
        }
        c.server.asksToRead(from: desk, id: "d", seqnr: "9")
        c.thing.accepts(desk, id: "d", seqnr: "9")
        c.thing.givesFields(desk, seqnr: "9", temperature + humidity + load)
    }

    @Test("unfriended while the parent thinks, or while sensors are read: forbidden", arguments: [true, false], ["remove", "to", "from", "none"])
    func unfriended(_ whileAsking: Bool, _ subscription: String) {
        let c = online()
        c.sensors[0] = .some(nil)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        if !whileAsking { c.server.allowsReading(bob) }
        c.server.pushes(item(bob, subscription))
        c.thing.says("<iq type='result' id='push'/>")
        if whileAsking { c.server.allowsReading(bob) } else { c.sensor(0, says: .number(1)) }
        c.thing.refuses(desk, "cancel", "forbidden", "only friends may ask")
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("the parent takes back what it said, while it is asked or sensors are read: no decision", arguments: [true, false], Pace.allCases)
    func cleared(_ whileAsking: Bool, _ pace: Pace) {
        let c = online(pace)
        c.sensors[0] = .some(nil)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        if !whileAsking { c.server.allowsReading(bob) }
        c.server.sends("<iq type='set' id='clear' from='\(tablet)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        c.thing.says("<iq type='result' id='clear' to='\(tablet)'><clearCacheResponse xmlns='urn:xmpp:iot:provisioning'/></iq>")
        if whileAsking { c.server.allowsReading(bob) } else { c.sensor(0, says: .number(1)) }
        c.thing.refuses(desk, "wait", "remote-server-timeout", "no decision: my parent did not answer")
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("nobody else takes back what the parent said", arguments: [eve, desk, "home.example", "thing@home.example"])
    func forgedClear(_ sender: String) {
        let c = online()
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.server.sends("<iq type='set' id='clear' from='\(sender)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        c.thing.refuses(sender, id: "clear", "cancel", "service-unavailable")
        c.server.allowsReading(bob)
        c.thing.accepts(desk)
    }

    @Test("a connection lost in mid-reading: nothing of it is told on the next one", arguments: [true, false], Pace.allCases)
    func lost(_ whileAsking: Bool, _ pace: Pace) {
        let c = online(pace)
        c.sensors[0] = .some(nil)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        if !whileAsking { c.server.allowsReading(bob) }
        c.disconnect(.reset)
        c.time.passes(.seconds(2))
        c.goOnline(item(parent) + item(bob), version: "v1")
        c.server.allowsReading(bob)
        c.sensor(0, says: .number(1))
        c.time.passes(.seconds(60))
        c.thing.saysNothing()
    }

    private static let large = (0..<128).map { Field("field \($0) " + String(repeating: "&", count: 50), "µV'") }

    @Test("a large catalogue comes in several messages, done in the last", arguments: Pace.allCases)
    func many(_ pace: Pace) {
        let c = online(pace, fields: Self.large)
        for i in stride(from: 0, to: 128, by: 5) { c.sensors[i] = .failed(.gone) }
        c.server.asksToRead(from: phone)
        c.thing.accepts(phone)
        let messages = c.thing.hearOut()
        #expect(messages.count > 4)
        for (i, message) in messages.enumerated() {
            let done = (message.children.first?.attributes["done"]) == "true"
            #expect(done == (i == messages.count - 1))
        }
        let names = messages.flatMap { $0.all("numeric") }.compactMap { $0.attributes["name"] }
        #expect(names == (0..<128).filter { $0 % 5 != 0 }.map { Self.large[$0].text })
        #expect(messages.flatMap { $0.all("error") }.count == 26)
        c.thing.hasAnsweredEverything()
    }

    @Test("all names of a large catalogue may be asked for at once")
    func manyNames() {
        let fields = (0..<128).map { Field("field \($0) " + String(repeating: "n", count: 40), "V") }
        let c = online(fields: fields)
        c.server.asksToRead(from: desk, inside: fields.map { "<field name='\($0.text)'/>" }.joined())
        c.names["q"] = c.thing.hearOut().first?.attributes["id"] ?? ""
        c.server.allowsReading(bob)
        c.thing.accepts(desk)
        let names = c.thing.hearOut().flatMap { $0.all("numeric") }
        #expect(names.count == 128)
    }

    @Test("cut off in the middle of a long answer: not a word more")
    func cutOff() {
        let c = online(fields: Self.large)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.outlet = 0
        c.server.allowsReading(bob)
        // The roster's word comes while the first messages wait to be sent.
        c.outlet = nil
        c.server.pushes(item(bob, "remove"))
        let said = c.thing.hearOut()
        let values = said.flatMap { $0.all("numeric") }.count
        #expect(values > 0 && values < 128)
        let push = said.firstIndex { $0.attributes["id"] == "push" }
        #expect(push == said.count - 1, "nothing comes behind the end of the friendship")
    }

    @Test("a Thing without fields answers empty")
    func empty() {
        let c = online(fields: [])
        c.server.asksToRead(from: phone)
        c.thing.accepts(phone)
        c.thing.givesFields(phone, "")
        c.thing.saysNothing()
    }

    @Test("a component as parent decides and reads without a roster entry", arguments: Pace.allCases)
    func component(_ pace: Pace) {
        let prov = "prov.home.example"
        let c = Conversation(pace, identity: .of(parent: prov))
        c.goOnline(item(bob), parentIsHere: false)
        c.said = []
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob, to: prov)
        c.server.allowsReading(bob, from: prov)
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature + humidity + load)
        c.server.asksToRead(from: prov, id: "p")
        c.thing.accepts(prov, id: "p")
        c.thing.givesFields(prov, temperature + humidity + load)
        c.thing.saysNothing()
    }

    @Test("what is asked of the bare address is answered to whoever asked")
    func bareRequester() {
        let c = online()
        c.server.asksToRead(from: bob)
        c.thing.asksWhetherMayRead(bob)
        c.server.allowsReading(bob)
        c.thing.accepts(bob)
        c.thing.givesFields(bob, temperature + humidity + load)
    }
}

extension Field {
    var text: String { String(decoding: name.bytes.array, as: UTF8.self) }
}
