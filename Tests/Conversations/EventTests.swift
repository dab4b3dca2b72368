import Fixed
import Foundation
import Readout
import Testing
import Thing

/// Being told of changes: when, of what, and who is not (IoT Events, XEP-0324).
@Suite("Events") struct EventTests {
    /// Bob and Carol are friends; the parent is a component, which is always there.
    private func online(_ pace: Pace = .whole, _ items: String = item(bob) + item(carol), fields: [Field] = Field.usual) -> Conversation {
        let c = Conversation(pace, identity: .of(parent: component), fields: fields)
        c.goOnline(items, parentIsHere: false)
        c.said = []
        return c
    }

    /// Bob's desk has subscribed; nothing has been told yet.
    private func subscribed(_ attributes: String, _ inside: String, granted: String = "", pace: Pace = .whole) -> Conversation {
        let c = online(pace)
        c.server.subscribes(desk, attributes, inside)
        c.thing.asksWhetherMayRead(bob, to: component, inside: inside.isEmpty ? "" : names(in: inside))
        c.server.allowsReading(bob, from: component, inside: granted)
        c.thing.accepts(desk, id: "s1", seqnr: "7")
        return c
    }

    /// What the parent is told of the fields of a request.
    private func names(in inside: String) -> String {
        Node.parse("<r>\(inside)</r>")!.children.map { node in
            node.name == "node" ? "<node nodeId='\(node.attributes["nodeId"]!)'/>" : "<field name='\(node.attributes["name"]!)'/>"
        }.joined()
    }

    private func temperature(_ value: String) -> String { number("Temperature", value, "°C") }

    @Test("req: the values of now at once, under the subscription's number; then silence until something changes", arguments: Pace.allCases)
    func first(_ pace: Pace) {
        let c = subscribed("momentary='true' req='true'", "<field name='Temperature' changedBy='1'/><field name='Load'/>", pace: pace)
        c.thing.givesFields(desk, seqnr: "7", temperature("23.40") + load)
        c.waits(.minutes(10))
        c.thing.tellsNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("changedBy is exact to the last digit, and measured from what was told last", arguments: Pace.allCases)
    func changedBy(_ pace: Pace) {
        let c = subscribed("minInterval='PT1S'", "<field name='Temperature' changedBy='0.05'/>", pace: pace)
        c.thing.saysNothing()
        c.sensors[0] = .number(2344, scale: 2)
        c.time.passes(.seconds(30))
        c.thing.saysNothing()
        c.sensors[0] = .number(23_449_999, scale: 6)
        c.time.passes(.seconds(30))
        c.thing.saysNothing()
        c.sensors[0] = .number(2345, scale: 2)
        c.time.passes(.seconds(2))
        c.thing.givesFields(desk, seqnr: "7", temperature("23.45"))
        c.sensors[0] = .number(2341, scale: 2)
        c.time.passes(.seconds(30))
        c.thing.saysNothing()
        c.sensors[0] = .number(234, scale: 1)
        c.time.passes(.seconds(2))
        c.thing.givesFields(desk, seqnr: "7", temperature("23.4"))
        c.thing.saysNothing()
    }

    @Test("changedUp and changedDown count in their own direction alone; changedBy goes before them", arguments: [
        ("changedUp='1'", 2440 as Int64, 2240 as Int64), ("changedDown='1'", 2240, 2440),
    ])
    func direction(_ condition: String, _ far: Int64, _ wrong: Int64) {
        let c = subscribed("minInterval='PT1S'", "<field name='Temperature' \(condition)/>")
        c.sensors[0] = .number(wrong, scale: 2)
        c.time.passes(.seconds(20))
        c.thing.saysNothing()
        c.sensors[0] = .number(far, scale: 2)
        c.time.passes(.seconds(2))
        #expect(c.thing.tells().count == 1)
        let both = subscribed("minInterval='PT1S'", "<field name='Temperature' changedBy='1' \(condition.replacingOccurrences(of: "1", with: "50"))/>")
        both.sensors[0] = .number(wrong, scale: 2)
        both.time.passes(.seconds(2))
        #expect(both.thing.tells().count == 1)
    }

    @Test("currentValue is what the first change is measured from")
    func currentValue() {
        let c = subscribed("", "<field name='Temperature' changedBy='3' currentValue='20'/>")
        c.thing.givesFields(desk, seqnr: "7", temperature("23.40"))
        let near = subscribed("", "<field name='Temperature' changedBy='4' currentValue='20'/>")
        near.waits(.minutes(1))
        near.thing.tellsNothing()
    }

    @Test("truth, words and whole numbers change too", arguments: [
        (Reading.value(.boolean(false)), Reading.value(.boolean(true)), "boolean"),
        (.value(.string("idle")), .value(.string("busy")), "string"),
        (.value(.enumeration("On")), .value(.enumeration("Off")), "enum"),
        (.value(.int(5)), .value(.int(4)), "int"),
        (.value(.long(.min)), .value(.long(.max)), "long"),
        (.value(.duration(1)), .value(.duration(2)), "duration"),
    ])
    func types(_ before: Reading, _ after: Reading, _ element: String) {
        let c = online()
        c.sensors[2] = before
        c.server.subscribes(desk, "minInterval='PT1S'", "<field name='Load' changedBy='1'/>")
        c.thing.asksWhetherMayRead(bob, to: component, inside: "<field name='Load'/>")
        c.server.allowsReading(bob, from: component)
        c.thing.accepts(desk, id: "s1", seqnr: "7")
        c.time.passes(.seconds(30))
        c.thing.saysNothing()
        c.sensors[2] = after
        c.time.passes(.seconds(2))
        #expect(c.thing.tells().first?.all(element).count == 1)
    }

    @Test("minInterval holds back, maxInterval forces, to the second", arguments: Pace.allCases)
    func intervals(_ pace: Pace) {
        let c = subscribed("minInterval='PT20S' maxInterval='PT1M' req='1'", "<field name='Temperature' changedBy='1'/>", pace: pace)
        c.thing.givesFields(desk, seqnr: "7", temperature("23.40"))
        c.sensors[0] = .number(30)
        c.time.passes(.milliseconds(19_999))
        c.thing.saysNothing()
        c.time.passes(.milliseconds(1))
        c.thing.givesFields(desk, seqnr: "7", temperature("30"))
        c.time.passes(.milliseconds(59_999))
        c.thing.saysNothing()
        c.time.passes(.milliseconds(1))
        c.thing.givesFields(desk, seqnr: "7", temperature("30"))
        c.thing.saysNothing()
    }

    @Test("a field that says itself that it changed is told of at once, and no sooner than minInterval allows", arguments: Pace.allCases)
    func bySelf(_ pace: Pace) {
        let c = subscribed("minInterval='PT8S'", "<field name='Temperature' changedBy='1'/>", pace: pace)
        c.time.passes(.seconds(9))
        c.sensors[0] = .number(30)
        c.time.passes(.milliseconds(10))
        c.thing.saysNothing()
        c.changes(0)
        c.thing.givesFields(desk, seqnr: "7", temperature("30"))
        c.sensors[0] = .number(40)
        c.changes(0)
        c.thing.saysNothing()
        c.time.passes(.milliseconds(7_999))
        c.thing.saysNothing()
        c.time.passes(.milliseconds(1))
        c.thing.givesFields(desk, seqnr: "7", temperature("40"))
    }

    @Test("a change of what nobody watches wakes nobody, and neither does one of no field at all")
    func byItselfForNobody() {
        let c = subscribed("minInterval='PT8S'", "<field name='Temperature' changedBy='1'/>")
        c.time.passes(.seconds(9))
        let looks = c.passes.count
        for field in [1, 2, 99, -1] { c.changes(field) }
        #expect(c.passes.count == looks)
        c.thing.saysNothing()
    }

    @Test("without conditions the interval alone counts, and the sensors are left alone in between")
    func interval() {
        let c = subscribed("maxInterval='PT5M'", "")
        c.waits(.milliseconds(299_999))
        c.thing.tellsNothing()
        #expect(c.passes.count <= 6, "looked at for nobody: \(c.passes.count) times")
        c.time.passes(.milliseconds(1))
        #expect(c.thing.tells().first?.all("numeric").count == 3)
    }

    @Test("a sensor is not read more often than once a second, however short the interval asked for")
    func notTooOften() {
        let c = subscribed("minInterval='PT0.001S'", "<field name='Temperature' changedBy='1'/>")
        let before = c.passes.count
        c.time.passes(.seconds(60))
        #expect(c.passes.count - before <= 60)
    }

    @Test("several subscribers share a pass over the sensors")
    func shared() {
        let c = online()
        for (jid, friend) in [(desk, bob), (lab, carol)] {
            c.server.subscribes(jid, "minInterval='PT2S'", "<field name='Temperature' changedBy='1'/>")
            c.thing.asksWhetherMayRead(friend, to: component, inside: "<field name='Temperature'/>")
            c.server.allowsReading(friend, from: component)
            c.thing.accepts(jid, id: "s1", seqnr: "7")
        }
        let before = c.passes.count
        c.time.passes(.seconds(20))
        #expect(c.passes.count - before <= 11)
        c.sensors[0] = .number(99)
        c.time.passes(.seconds(2))
        #expect(Set(c.thing.tells().map { $0.attributes["to"] ?? "" }) == [desk, lab])
    }

    @Test("what failed is told with the event, and is no change")
    func failure() {
        let c = subscribed("minInterval='PT1S' maxInterval='PT1M'", "<field name='Temperature' changedBy='1'/><field name='Load'/>")
        c.sensors[0] = .failed(.notAnswering)
        c.time.passes(.seconds(59))
        c.said.removeAll { $0.text.contains("<presence") }
        c.thing.saysNothing()
        c.time.passes(.seconds(2))
        c.said.removeAll { $0.text.contains("<presence") }
        c.thing.givesFields(desk, seqnr: "7", load, done: false)
        c.thing.reports(desk, seqnr: "7", ["Temperature: the sensor does not answer"])
    }

    // MARK: What cannot be

    @Test("what can never come to an event is refused, and so is what is malformed", arguments: [
        ("", "", "modify", "bad-request"), ("momentary='true'", "<field name='Load'/>", "modify", "bad-request"),
        ("maxInterval='PT1S' minInterval='PT2S'", "", "modify", "bad-request"),
        ("maxInterval='PT0S'", "", "modify", "bad-request"), ("maxInterval='-PT5M'", "", "modify", "bad-request"),
        ("maxInterval='P1M'", "", "modify", "bad-request"), ("maxInterval='5'", "", "modify", "bad-request"),
        ("maxInterval='PT5M' maxAge='old'", "", "modify", "bad-request"), ("maxInterval='PT5M' req='yes'", "", "modify", "bad-request"),
        ("", "<field name='Load' changedBy='0'/>", "modify", "bad-request"), ("", "<field name='Load' changedBy='-1'/>", "modify", "bad-request"),
        ("", "<field name='Load' changedBy='1e3'/>", "modify", "bad-request"), ("", "<field name='Load' changedBy='1' currentValue='x'/>", "modify", "bad-request"),
        ("", "<field changedBy='1'/>", "modify", "bad-request"),
        ("maxInterval='PT5M' peak='true'", "", "cancel", "feature-not-implemented"),
        ("", (0..<9).map { "<field name='F\($0)' changedBy='1'/>" }.joined(), "wait", "resource-constraint"),
    ])
    func refused(_ attributes: String, _ inside: String, _ type: String, _ condition: String) {
        let c = online()
        c.server.subscribes(desk, attributes, inside)
        #expect(c.thing.tells().first?.child("error")?.child(condition) != nil)
        c.thing.hasAnsweredEverything()
        c.server.sends("<iq type='get' id='s2' from='\(desk)'><subscribe xmlns='urn:xmpp:iot:events' seqnr='x' maxInterval='PT5M'/></iq>")
        c.thing.refuses(desk, id: "s2", "modify", "bad-request", "the request is malformed")
        c.thing.saysNothing()
    }

    @Test("whoever is no friend learns nothing, and cannot unsubscribe anybody", arguments: Pace.allCases)
    func strangers(_ pace: Pace) {
        let c = subscribed("maxInterval='PT1M'", "", pace: pace)
        c.server.subscribes(eve, "maxInterval='PT0S'", "")
        c.thing.refuses(eve, id: "s1", "cancel", "forbidden", "only friends may ask")
        c.server.unsubscribes(eve)
        c.thing.refuses(eve, id: "u1", "cancel", "forbidden", "only friends may ask")
        c.server.unsubscribes(lab)
        c.thing.says("<iq type='result' id='u1' to='\(lab)'/>")
        c.server.unsubscribes(sofa)
        c.thing.says("<iq type='result' id='u1' to='\(sofa)'/>")
        c.waits(.minutes(1))
        #expect(c.thing.tells().first?.attributes["to"] == desk)
        c.thing.hasAnsweredEverything()
    }

    @Test("the parent says no: forbidden, and nothing ever", arguments: Pace.allCases)
    func denied(_ pace: Pace) {
        let c = online(pace)
        c.server.subscribes(desk, "maxInterval='PT1M' req='true'", "")
        c.thing.asksWhetherMayRead(bob, to: component)
        c.server.answersReading(bob, from: component, result: "false")
        c.thing.refuses(desk, id: "s1", "cancel", "forbidden", "not allowed")
        c.waits(.minutes(10))
        c.thing.tellsNothing()
        #expect(c.passes.isEmpty)
        c.thing.hasAnsweredEverything()
    }

    @Test("to read is not to subscribe: the one decision does not serve for the other")
    func ownDecision() {
        let c = online()
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob, to: component)
        c.server.allowsReading(bob, from: component)
        c.said = []
        c.server.subscribes(desk, "maxInterval='PT1M'", "")
        c.thing.asksWhetherMayRead(bob, to: component)
    }

    @Test("what the parent left out is neither told nor a reason to tell the rest")
    func partial() {
        let c = subscribed(
            "minInterval='PT1S'", "<field name='Temperature' changedBy='1'/><field name='Humidity' changedBy='1'/>",
            granted: "<field name='Temperature'/>")
        c.sensors[1] = .number(99)
        c.time.passes(.seconds(30))
        c.thing.saysNothing()
        c.sensors[0] = .number(99)
        c.time.passes(.seconds(2))
        c.thing.givesFields(desk, seqnr: "7", temperature("99"))
    }

    @Test("of what does not exist, only whoever may know is told so")
    func unknown() {
        let c = online()
        c.server.subscribes(desk, "maxInterval='PT1M'", "<field name='Wind'/>")
        c.thing.asksWhetherMayRead(bob, to: component, inside: "<field name='Wind'/>")
        c.server.allowsReading(bob, from: component)
        c.thing.refuses(desk, id: "s1", "cancel", "item-not-found", "no such field or node")
        c.server.subscribes(lab, "maxInterval='PT1M'", "<field name='Wind'/>")
        c.thing.asksWhetherMayRead(carol, to: component, inside: "<field name='Wind'/>")
        c.server.answersReading(carol, from: component, result: "false")
        c.thing.refuses(lab, id: "s1", "cancel", "forbidden", "not allowed")
    }

    // MARK: How it ends

    @Test("unsubscribed: an empty result, and no event more; the second time too", arguments: Pace.allCases)
    func unsubscribed(_ pace: Pace) {
        let c = subscribed("maxInterval='PT1M'", "", pace: pace)
        for id in ["u1", "u2"] {
            c.server.unsubscribes(desk, id: id)
            c.thing.says("<iq type='result' id='\(id)' to='\(desk)'/>")
        }
        c.waits(.minutes(10))
        c.thing.tellsNothing()
        #expect(c.passes.count <= 1)
    }

    @Test("unsubscribed while the parent thinks: both are answered, and its yes changes nothing", arguments: Pace.allCases)
    func unsubscribedEarly(_ pace: Pace) {
        let c = online(pace)
        c.server.subscribes(desk, "maxInterval='PT1M' req='true'", "")
        c.thing.asksWhetherMayRead(bob, to: component)
        c.server.unsubscribes(desk)
        c.thing.refuses(desk, id: "s1", "cancel", "not-acceptable", "cancelled")
        c.thing.says("<iq type='result' id='u1' to='\(desk)'/>")
        c.server.allowsReading(bob, from: component)
        c.waits(.minutes(10))
        c.thing.tellsNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("a client's new subscription takes the old one's place, under its own number")
    func replaced() {
        let c = subscribed("maxInterval='PT1M'", "")
        c.server.subscribes(desk, id: "s2", seqnr: "8", "maxInterval='PT2M'", "")
        c.thing.accepts(desk, id: "s2", seqnr: "8")
        c.waits(.milliseconds(119_999))
        c.thing.tellsNothing()
        c.time.passes(.milliseconds(1))
        #expect(c.thing.tells().first?.child("fields")?.attributes["seqnr"] == "8")
    }

    @Test("a friendship that ends takes its subscriptions along, and a new one does not bring them back", arguments: [
        item(bob, "remove"), item(bob, "to"), item(bob, "from"), item(bob, "none"),
    ])
    func unfriended(_ push: String) {
        let c = subscribed("maxInterval='PT1M' minInterval='PT1S'", "<field name='Temperature' changedBy='1'/>")
        c.server.pushes(push)
        c.said = []
        c.sensors[0] = .number(99)
        c.waits(.minutes(5))
        c.thing.tellsNothing()
        c.server.pushes(item(bob))
        c.server.sends("<presence from='\(desk)'/>")
        c.said = []
        c.sensors[0] = .number(12)
        c.waits(.minutes(5))
        c.thing.tellsNothing()
    }

    @Test("a friendship that ends in the middle of an event: not a message more")
    func unfriendedInTheMiddle() {
        let many = (0..<128).map { Field("A field of a long name, number \($0)", "°C") }
        let c = online(.whole, fields: many)
        c.server.subscribes(desk, "maxInterval='PT1M'", "")
        c.thing.asksWhetherMayRead(bob, to: component)
        c.server.allowsReading(bob, from: component)
        c.thing.accepts(desk, id: "s1", seqnr: "7")
        c.outlet = 100
        c.waits(.minutes(1))
        c.server.pushes(item(bob, "remove"))
        c.outlet = nil
        c.settle()
        let messages = c.thing.tells().filter { $0.name == "message" }
        #expect(!messages.isEmpty && messages.count < 16)
        #expect(messages.allSatisfy { $0.child("fields")?.attributes["done"] == nil })
    }

    @Test("the parent's unfriend ends them before the server has said so")
    func unfriendedByParent() {
        let c = subscribed("maxInterval='PT1M'", "")
        c.server.sends("<message from='\(component)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.said = []
        c.waits(.minutes(5))
        c.thing.tellsNothing()
    }

    @Test("clearCache: the parent is asked anew before the next event, and what it says now counts", arguments: ["true", "false"])
    func cleared(_ answer: String) {
        let c = subscribed("minInterval='PT1S'", "<field name='Temperature' changedBy='1'/>")
        c.server.sends("<iq type='set' id='c1' from='\(component)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        c.said = []
        c.sensors[0] = .number(99)
        c.time.passes(.seconds(10))
        c.thing.asksWhetherMayRead(bob, to: component, inside: "<field name='Temperature'/>")
        c.thing.saysNothing()
        c.server.answersReading(bob, from: component, result: answer)
        if answer == "true" { c.thing.givesFields(desk, seqnr: "7", temperature("99")) }
        c.sensors[0] = .number(12)
        c.time.passes(.seconds(10))
        if answer == "true" { c.thing.givesFields(desk, seqnr: "7", temperature("12")) }
        c.thing.saysNothing()
        #expect(c.log.contains("a subscription has ended: the parent said no") == (answer == "false"))
    }

    @Test("a person's rules: allow is enough to subscribe, deny ends it, forget asks anew", arguments: ["deny bob *", "deny bob Temperature", "forget bob"])
    func rules(_ word: String) {
        let c = Conversation()
        c.goOnline(item(parent) + item(bob), parentIsHere: false)
        c.server.parentArrives(isPerson: true)
        c.person("allow bob *")
        c.said = []
        c.server.subscribes(desk, "minInterval='PT1S' req='true'", "<field name='Temperature' changedBy='1'/>")
        c.thing.accepts(desk, id: "s1", seqnr: "7")
        c.thing.givesFields(desk, seqnr: "7", temperature("23.40"))
        c.sensors[0] = .number(99)
        c.person(word)
        c.said = []
        c.waits(.minutes(5))
        #expect(!c.thing.tells().contains { $0.child("fields") != nil })
    }

    @Test("after clearCache a parent that is silent is no yes; it is asked again, a minute later")
    func clearedAndSilent() {
        let c = subscribed("minInterval='PT1S'", "<field name='Temperature' changedBy='1'/>")
        c.server.sends("<iq type='set' id='c1' from='\(component)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        c.said = []
        c.sensors[0] = .number(99)
        c.time.passes(.seconds(45))
        c.thing.asksWhetherMayRead(bob, to: component, inside: "<field name='Temperature'/>")
        c.thing.saysNothing()
        c.time.passes(.seconds(60))
        c.thing.asksWhetherMayRead(bob, to: component, inside: "<field name='Temperature'/>")
        c.server.allowsReading(bob, from: component)
        c.thing.givesFields(desk, seqnr: "7", temperature("99"))
    }

    @Test("an answer that races clearCache is not the answer to what is asked after it")
    func clearedInBetween() {
        let c = online()
        c.server.subscribes(desk, "maxInterval='PT1M' req='true'", "")
        c.thing.asksWhetherMayRead(bob, to: component)
        c.server.sends("<iq type='set' id='c1' from='\(component)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        c.said = []
        c.server.allowsReading(bob, from: component)
        c.thing.refuses(desk, id: "s1", "wait", "remote-server-timeout", "no decision: my parent did not answer")
        c.waits(.minutes(5))
        c.thing.tellsNothing()
    }

    // MARK: Who is there

    @Test("nothing is sent to a client that is away, and what has changed is told when it is back", arguments: [
        "<presence type='unavailable' from='\(desk)'/>", "<presence type='unavailable' from='\(bob)'/>",
        "<message type='error' from='\(desk)'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
    ])
    func away(_ goodbye: String) {
        let c = subscribed("maxInterval='PT1M' minInterval='PT1S'", "<field name='Temperature' changedBy='1'/>")
        c.server.sends(goodbye)
        c.sensors[0] = .number(99)
        let before = c.passes.count
        c.waits(.minutes(30))
        c.thing.tellsNothing()
        #expect(c.passes.count == before, "the sensors are not read for nobody")
        c.server.sends("<presence from='\(sofa)'/>")
        c.thing.saysNothing()
        c.server.sends("<presence from='\(desk)'/>")
        c.thing.givesFields(desk, seqnr: "7", temperature("99"))
        c.thing.saysNothing()
    }

    @Test("a client that stumbles over an event is not away for that")
    func stumbled() {
        let c = subscribed("maxInterval='PT1M'", "")
        c.server.sends("<message type='error' from='\(desk)'><error type='cancel'><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
        c.waits(.minutes(1))
        #expect(c.thing.tells().count == 1)
    }

    @Test("another client's going is nobody's business")
    func otherClient() {
        let c = subscribed("maxInterval='PT1M'", "")
        c.server.sends("<presence type='unavailable' from='\(sofa)'/><presence type='unavailable' from='\(lab)'/>")
        c.waits(.minutes(1))
        #expect(c.thing.tells().count == 1)
    }

    @Test("the Thing's own connection breaks: who is back is told again, without subscribing")
    func reconnected() {
        let c = subscribed("maxInterval='PT1M'", "")
        c.disconnect()
        c.waits(.minutes(5))
        c.goOnline(item(bob) + item(carol), version: "v1", parentIsHere: false)
        c.said = []
        c.waits(.minutes(5))
        c.thing.tellsNothing()
        c.server.sends("<presence from='\(desk)'/>")
        #expect(c.thing.tells().first?.attributes["to"] == desk)
    }

    @Test("full is an answer: four for a friend, eight in all; whoever is away gives way")
    func full() {
        let friends = (0..<3).map { "f\($0)@far.example" }
        let c = online(.whole, friends.map { item($0) }.joined())
        var accepted = 0
        for friend in friends {
            for i in 0..<5 {
                c.server.subscribes("\(friend)/c\(i)", "maxInterval='PT1H'", "")
                if let q = c.thing.tells().first, q.child("canRead") != nil {
                    c.names["q"] = q.attributes["id"]
                    c.server.allowsReading(friend, from: component)
                    accepted += c.thing.tells().count { $0.child("accepted") != nil }
                } else if i < 4 {
                    c.said = []
                }
            }
        }
        c.thing.hasAnsweredEverything()
        c.server.subscribes("\(friends[2])/c9", "maxInterval='PT1H'", "")
        #expect(c.thing.tells().first?.child("error")?.child("resource-constraint") != nil)
        c.server.sends("<presence type='unavailable' from='\(friends[0])/c1'/>")
        c.server.subscribes("\(friends[2])/c9", "maxInterval='PT1H'", "")
        #expect(c.thing.tells().first?.child("accepted") != nil)
    }
}

extension Conversation {
    /// Time passes with a server that is there: it answers pings.
    func waits(_ interval: Interval) {
        let end = now + interval
        while now < end {
            time.passes(min(.seconds(20), end.since(now)))
            for case .element(let node, _) in said where node.child("ping") != nil {
                server.sends("<iq type='result' id='\(node.attributes["id"] ?? "")'/>")
            }
            said.removeAll { $0.text.contains("urn:xmpp:ping") }
        }
    }
}

extension Speaker {
    /// All that was said, but that the Thing wanted to know whether its server is there.
    func tells() -> [Node] { hearOut().filter { $0.child("ping") == nil } }

    func tellsNothing(sourceLocation: SourceLocation = #_sourceLocation) {
        for node in tells() { Issue.record("the Thing says: \(node)", sourceLocation: sourceLocation) }
    }
}

extension Server {
    /// A subscription by `desk` or another client.
    func subscribes(_ from: String, id: String = "s1", seqnr: String = "7", _ attributes: String, _ inside: String) {
        sends("<iq type='get' id='\(id)' from='\(from)'><subscribe xmlns='urn:xmpp:iot:events' seqnr='\(seqnr)' \(attributes)>\(inside)</subscribe></iq>")
    }

    func unsubscribes(_ from: String, id: String = "u1", seqnr: String = "7") {
        sends("<iq type='get' id='\(id)' from='\(from)'><unsubscribe xmlns='urn:xmpp:iot:events' seqnr='\(seqnr)'/></iq>")
    }
}
