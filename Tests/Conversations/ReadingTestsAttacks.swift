import Fixed
import Readout
import Support
import Testing
import Thing

/// What is tried against the gate by reading: to make one yes answer another question, to
/// learn what exists, to get values after leave was taken back, to use up all places.
@Suite("Attacks by reading") struct ReadingAttackTests {
    private func online() -> Conversation {
        let c = Conversation()
        c.goOnline(item(parent) + item(bob) + item(carol))
        return c
    }

    /// Bob asks, and the parent says yes to all of it.
    private func allows(_ c: Conversation, _ types: String = "momentary='true'", _ inside: String = "", asked: String? = nil) {
        c.server.asksToRead(from: desk, types: types, inside: inside)
        c.thing.asksWhetherMayRead(bob, types: asked ?? types, inside: inside)
        c.server.allowsReading(bob)
        _ = c.thing.hearOut()
    }

    /// The parent is asked about it, whatever it said to other questions.
    private func isAsked(_ c: Conversation, by jid: String = desk, _ types: String = "momentary='true'", _ inside: String = "") {
        let friend = String(jid.split(separator: "/")[0])
        c.server.asksToRead(from: jid, id: "again", types: types, inside: inside)
        c.thing.asksWhetherMayRead(friend, types: types, inside: inside)
        c.thing.saysNothing()
        c.server.answersReading(friend, result: "false")
        c.thing.refuses(jid, id: "again", "cancel", "forbidden", "not allowed")
    }

    @Test("cache poisoning: a yes for one token is none for another, nor for no token", arguments: ["serviceToken", "deviceToken", "userToken"])
    func tokens(_ name: String) {
        let c = online()
        let types = "momentary='true' \(name)='good'"
        allows(c, types)
        for other in ["", " \(name)='evil'", " \(name)=''", " \(name)='good '", " \(name)='Good'", " serviceToken='x' \(name == "serviceToken" ? "userToken" : name)='good'"] {
            isAsked(c, "momentary='true'\(other)")
        }
        // The very same is what the parent said yes to, from whichever client it comes.
        c.server.asksToRead(from: sofa, id: "same", types: types)
        c.thing.accepts(sofa, id: "same")
        c.thing.givesFields(sofa, temperature + humidity + load)
    }

    @Test("cache poisoning: a yes about names that nobody knows is none about others, nor about what exists")
    func unknownNames() {
        let c = online()
        c.server.asksToRead(from: desk, inside: "<field name='Wind'/>")
        c.thing.asksWhetherMayRead(bob, inside: "<field name='Wind'/>")
        c.server.allowsReading(bob)
        c.thing.refuses(desk, "cancel", "item-not-found", "no such field or node")
        for inside in ["<field name='Rain'/>", "<field name='Temperature'/>", "<node nodeId='Wind'/>", "<field name='Wind'/><field name='Temperature'/>", "<field name='Wi'/><field name='nd'/>", ""] {
            isAsked(c, "momentary='true'", inside)
        }
    }

    @Test("cache poisoning: a yes for some fields, nodes or types is none for others", arguments: [
        ("momentary='true'", "<field name='Load'/>"), ("historicalMinute='true'", ""), ("momentary='true'", "<node nodeId='thing'/>"),
        ("momentary='true' peak='true'", "<field name='Load'/><field name='Humidity'/>"),
    ])
    func otherQuestions(_ types: String, _ inside: String) {
        let all = [
            ("momentary='true'", "<field name='Load'/>"), ("momentary='true'", "<field name='Temperature'/>"), ("momentary='true'", ""),
            ("historicalMinute='true'", ""), ("momentary='true' historicalMinute='true'", ""), ("peak='true'", "<field name='Load'/>"),
            ("momentary='true'", "<node nodeId='thing'/>"), ("momentary='true'", "<node nodeId='thing'/><field name='Load'/>"),
            ("momentary='true' peak='true'", "<field name='Load'/><field name='Humidity'/>"),
        ]
        let c = online()
        allows(c, types, inside)
        for other in all where other != (types, inside) { isAsked(c, other.0, other.1) }
        isAsked(c, by: lab, types, inside)
        c.server.asksToRead(from: desk, id: "same", types: types, inside: inside)
        #expect(c.thing.hearOut().first?.child("accepted") != nil)
    }

    @Test("an answer that names more than was asked opens nothing more")
    func more() {
        let c = online()
        c.server.asksToRead(from: desk, inside: "<field name='Load'/>")
        c.thing.asksWhetherMayRead(bob, inside: "<field name='Load'/>")
        c.server.allowsReading(bob, inside: "<field name='Load'/><field name='Temperature'/><field name='Humidity'/>")
        c.thing.accepts(desk)
        c.thing.givesFields(desk, load)
        isAsked(c, "momentary='true'", "<field name='Temperature'/>")
    }

    @Test("neither an error nor silence is kept as a no, and a no is kept")
    func noAnswer() {
        let c = online()
        for _ in 0..<2 {
            c.server.asksToRead(from: desk)
            c.thing.asksWhetherMayRead(bob)
            c.server.sends(raw: "<iq type='error' id='$q' from='\(phone)'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
            c.thing.refuses(desk, "wait", "remote-server-timeout", "no decision: my parent did not answer")
        }
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.time.passes(.seconds(30))
        c.thing.refuses(desk, "wait", "remote-server-timeout", "no decision: my parent did not answer")
        isAsked(c)
        c.server.asksToRead(from: desk, id: "no")
        c.thing.refuses(desk, id: "no", "cancel", "forbidden", "not allowed")
        c.thing.saysNothing()
    }

    @Test("an answer that races with clearCache is not kept")
    func race() {
        let c = online()
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.server.sends("<iq type='set' id='clear' from='\(phone)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        _ = c.thing.hearOut()
        c.server.allowsReading(bob)
        c.thing.refuses(desk, "wait", "remote-server-timeout", "no decision: my parent did not answer")
        isAsked(c)
    }

    @Test("leave taken back ends what was kept: the next read is asked about")
    func takenBack() {
        let c = online()
        allows(c)
        c.server.sends("<iq type='set' id='clear' from='\(phone)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        _ = c.thing.hearOut()
        isAsked(c)
    }

    @Test("a friendship that ended and began again does not bring back what was allowed")
    func friendAgain() {
        let c = online()
        allows(c)
        c.server.pushes(item(bob, "remove"))
        c.server.pushes(item(bob))
        _ = c.thing.hearOut()
        isAsked(c)
    }

    @Test("fan-out: one friend's many clients have three places together, and cannot keep the others out")
    func fanOut() {
        let c = online()
        c.sensors[0] = .some(nil)
        var refused = 0
        for n in 0..<20 {
            c.server.asksToRead(from: "\(bob)/\(n)", id: "n\(n)", seqnr: "\(n)", types: n % 2 == 0 ? "momentary='true'" : "momentary='true' when='2026-01-01T01:00:00Z'")
            refused += c.thing.hearOut().filter { $0.attributes["type"] == "error" }.count
        }
        #expect(refused == 17)
        c.server.asksToRead(from: lab, inside: "<field name='Load'/>")
        c.thing.asksWhetherMayRead(carol, inside: "<field name='Load'/>")
    }

    /// Whatever is asked, answered, cancelled, cleared and lost, in whatever order.
    @Test("every request is answered once in every order of things, and no value comes without leave", arguments: 0..<60 as Range<UInt64>, Pace.allCases)
    func everyOrder(_ seed: UInt64, _ pace: Pace) {
        var dice = Dice(seed: seed &* 77 &+ 5)
        let c = Conversation(pace, fields: (0..<40).map { Field("field \($0) " + String(repeating: "&", count: 40), "V") }, seed: seed)
        c.use { $0.keepHistory(every: 60, rows: 24) }
        c.settle()
        c.goOnline(item(parent) + item(bob) + item(carol))
        c.said = []
        var questions: [(id: String, friend: String, era: Int)] = []
        // Grows whenever leave is taken back: answers to older questions give none.
        var era = 0
        var isFriend = true
        var isAllowed = false
        var minute = 0
        c.onStanza = { node, text in
            if let question = node.child("canRead") {
                questions.append((node.attributes["id"] ?? "", question.attributes["jid"] ?? "", era))
            }
            if !node.all("numeric").isEmpty, node.attributes["to"]?.hasPrefix(bob) == true, !isFriend || !isAllowed {
                Issue.record("a value without leave: \(text.prefix(300))")
            }
        }
        for step in 0..<60 {
            switch dice.roll(12) {
            case 0...3:
                let types = dice.pick(["momentary='true'", "all='true'", "historical='1'", "peak='1' momentary='1'", "identity='1'"])
                let when = dice.roll(3) == 0 ? " when='2026-01-01T00:\(minute < 8 ? "0" : "")\(minute + 2):00Z'" : ""
                c.server.asksToRead(from: dice.pick([desk, sofa, lab, phone]), id: "s\(step)", seqnr: "\(dice.roll(3))", types: types + when)
            case 4, 5:
                guard !questions.isEmpty else { continue }
                let question = questions.remove(at: dice.roll(questions.count))
                let says = dice.roll(3) > 0
                if says && question.friend == bob && question.era == era { isAllowed = true }
                c.server.answersReading(question.friend, id: question.id, result: says ? "true" : "false")
            case 6: c.server.sends("<iq type='get' id='c\(step)' from='\(dice.pick([desk, sofa, phone]))'><cancel xmlns='urn:xmpp:iot:sensordata' seqnr='\(dice.roll(3))'/></iq>")
            case 7:
                isAllowed = false
                era += 1
                c.server.sends("<iq type='set' id='x\(step)' from='\(phone)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
            case 8:
                isFriend.toggle()
                isAllowed = false
                era += 1
                c.server.pushes(item(bob, isFriend ? "both" : "from"), id: "u\(step)")
            case 9:
                c.time.passes(.seconds(Int64(dice.roll(90))))
                c.server.sends(raw: " ")
                minute = Int((c.now.milliseconds - 1_000_000) / 60_000)
            case 10: c.sensors[dice.roll(40)] = dice.pick([.some(nil), .some(.number(5)), .some(.failed(.gone))])
            default: c.server.sends("<presence type='unavailable' from='\(dice.pick([desk, sofa, lab]))'/>")
            }
            if minute > 40 { break }
        }
        c.time.passes(.seconds(200))
        c.server.sends(raw: " ")
        c.time.passes(.seconds(200))
        c.thing.hasAnsweredEverything()
    }
}
