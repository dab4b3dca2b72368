import Fixed
import Readout
import Support
import Testing
import Thing

/// Readouts that are put off until a time (XEP-0323 `when`): asked of the door when they
/// are wanted, and again when they begin.
@Suite("Reading later") struct ScheduledReadingTests {
    private let inThreeMinutes = "momentary='true' when='2026-01-01T00:03:00Z'"

    private func online(_ pace: Pace = .whole, _ items: String = item(parent) + item(bob) + item(carol)) -> Conversation {
        let c = Conversation(pace)
        c.goOnline(items)
        return c
    }

    /// Bob may read in three minutes.
    private func putOff(_ pace: Pace = .whole) -> Conversation {
        let c = online(pace)
        c.server.asksToRead(from: desk, types: inThreeMinutes)
        c.thing.asksWhetherMayRead(bob)
        c.server.allowsReading(bob)
        c.thing.queues(desk)
        c.thing.saysNothing()
        return c
    }

    private func clearsCache(_ c: Conversation) {
        c.server.sends("<iq type='set' id='clear' from='\(phone)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        c.thing.says("<iq type='result' id='clear' to='\(phone)'><clearCacheResponse xmlns='urn:xmpp:iot:provisioning'/></iq>")
    }

    @Test("accepted as queued at once, started at the time, and read then", arguments: Pace.allCases)
    func scheduled(_ pace: Pace) {
        let c = putOff(pace)
        #expect(c.passes.isEmpty)
        #expect(c.time.untilWake.map { $0 <= .minutes(3) } == true)
        c.time.passes(.milliseconds(179_999))
        c.thing.saysNothing()
        c.sensors[0] = .number(5, scale: 1)
        c.time.passes(.milliseconds(1))
        c.thing.starts(desk)
        let fields = number("Temperature", "0.5", "°C") + humidity + load
        c.thing.says("<message to='\(desk)'><fields xmlns='urn:xmpp:iot:sensordata' seqnr='1' done='true'>"
            + "<node nodeId='thing'><timestamp value='2026-01-01T00:03:00Z'>\(fields)</timestamp></node></fields></message>")
        c.thing.saysNothing()
        #expect(c.passes.count == 1)
        c.thing.hasAnsweredEverything()
    }

    @Test("the time may come in any zone, with a fraction, or without a zone", arguments: [
        "2026-01-01T02:03:00+02:00", "2025-12-31T13:03:00-11:00", "2026-01-01T00:03:00.999Z", "2026-01-01T00:03:00", " 2026-01-01T00:03:00Z ",
    ])
    func zones(_ when: String) {
        let c = online()
        c.server.asksToRead(from: phone, types: "when='\(when)'")
        c.thing.queues(phone)
        c.time.passes(.milliseconds(179_999))
        c.thing.saysNothing()
        c.time.passes(.milliseconds(1))
        c.thing.starts(phone)
        c.thing.givesFields(phone, temperature + humidity + load)
    }

    @Test("a time that is past is now", arguments: ["2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
    func past(_ when: String) {
        let c = online()
        c.server.asksToRead(from: phone, types: "when='\(when)'")
        c.thing.accepts(phone)
        c.thing.givesFields(phone, temperature + humidity + load)
    }

    @Test("what is no time is a bad request, for each of the three", arguments: ["when", "from", "to"], ["", "soon", "2026-02-30T00:00:00Z", "99999-01-01T00:00:00Z", "2026-01-01T00:00:00+15:00"])
    func nonsense(_ name: String, _ time: String) {
        let c = online()
        c.server.asksToRead(from: desk, types: "\(name)='\(time)'")
        c.thing.refuses(desk, "modify", "bad-request", "the request is malformed")
        c.thing.saysNothing()
    }

    @Test("nothing is put off for more than a day")
    func tooFar() {
        let c = online()
        c.server.asksToRead(from: phone, types: "when='2026-01-02T00:00:01Z'")
        c.thing.refuses(phone, "modify", "not-acceptable", "readouts are put off for 24 hours at most")
        c.server.asksToRead(from: phone, id: "r2", types: "when='9999-12-31T23:59:59Z'")
        c.thing.refuses(phone, id: "r2", "modify", "not-acceptable", "readouts are put off for 24 hours at most")
        c.server.asksToRead(from: phone, id: "r3", types: "when='2026-01-02T00:00:00Z'")
        c.thing.queues(phone, id: "r3")
        for _ in 0..<479 {
            c.time.passes(.minutes(3))
            c.server.sends(raw: " ")
        }
        c.thing.saysNothing()
        c.time.passes(.minutes(3))
        c.thing.starts(phone)
        c.thing.givesFields(phone, temperature + humidity + load)
    }

    @Test("with a clock that is not set nothing can be put off")
    func noClock() {
        let c = online()
        c.use { $0.setWallClock(unixMilliseconds: 1_000_000, at: c.now) }
        c.server.asksToRead(from: phone, types: "when='1970-01-01T01:00:00Z'")
        c.thing.refuses(phone, "wait", "not-acceptable", "my clock is not set")
        c.server.asksToRead(from: phone, id: "r2")
        c.thing.accepts(phone, id: "r2")
        c.thing.says("<message to='\(phone)'><fields xmlns='urn:xmpp:iot:sensordata' seqnr='1' done='true'><node nodeId='thing'>"
            + "<timestamp value='1970-01-01T00:16:40Z'>"
            + (temperature + humidity + load).replacing("automaticReadout='true'", with: "automaticReadout='true' timeOffset='true'")
            + "</timestamp></node></fields></message>")
    }

    @Test("the time is the wall clock's, also where that is set meanwhile")
    func clockIsSet() {
        let c = putOff()
        c.use { $0.setWallClock(unixMilliseconds: 1_767_225_600_000 + 120_000, at: c.now) }
        c.settle()
        c.time.passes(.milliseconds(59_999))
        c.thing.saysNothing()
        c.time.passes(.milliseconds(1))
        c.thing.starts(desk)
        c.thing.givesFields(desk, temperature + humidity + load)
    }

    @Test("whoever may not read now is not put off", arguments: Pace.allCases)
    func denied(_ pace: Pace) {
        let c = online(pace)
        c.server.asksToRead(from: desk, types: inThreeMinutes)
        c.thing.asksWhetherMayRead(bob)
        c.server.answersReading(bob, result: "false")
        c.thing.refuses(desk, "cancel", "forbidden", "not allowed")
        c.server.asksToRead(from: eve, id: "r2", types: inThreeMinutes)
        c.thing.refuses(eve, id: "r2", "cancel", "forbidden", "only friends may ask")
        c.time.passes(.minutes(3))
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("what the parent took back meanwhile is asked anew: yes, no, or silence", arguments: ["true", "false", ""], Pace.allCases)
    func askedAnew(_ answer: String, _ pace: Pace) {
        let c = putOff(pace)
        clearsCache(c)
        c.time.passes(.minutes(3))
        c.thing.asksWhetherMayRead(bob)
        c.thing.saysNothing()
        if answer.isEmpty { c.time.passes(.seconds(30)) } else { c.server.answersReading(bob, result: answer) }
        switch answer {
        case "true":
            c.thing.starts(desk)
            c.thing.givesFields(desk, temperature + humidity + load)
        case "false": c.thing.fails(desk, "not allowed")
        default: c.thing.fails(desk, "no decision: my parent did not answer")
        }
        c.thing.saysNothing()
        #expect(c.passes.count == (answer == "true" ? 1 : 0))
        c.thing.hasAnsweredEverything()
    }

    @Test("taken back, and nobody there to ask when it begins: no decision")
    func nobodyToAsk() {
        let c = putOff()
        clearsCache(c)
        c.server.parentLeaves()
        c.time.passes(.seconds(6))
        c.said = []
        c.time.passes(.minutes(3))
        c.thing.fails(desk, "no decision: my parent did not answer")
        c.thing.saysNothing()
        #expect(c.passes.isEmpty)
    }

    @Test("with the parent away what it said stands, and the readout begins")
    func parentAway() {
        let c = putOff()
        c.server.parentLeaves()
        c.time.passes(.seconds(6))
        c.said = []
        c.time.passes(.minutes(3))
        c.thing.starts(desk)
        c.thing.givesFields(desk, temperature + humidity + load)
    }

    @Test("a friend who is one no longer hears nothing, not even where he becomes one again", arguments: ["remove", "to", "from", "none"], [true, false])
    func unfriended(_ subscription: String, _ again: Bool) {
        let c = putOff()
        c.server.pushes(item(bob, subscription))
        c.thing.says("<iq type='result' id='push'/>")
        if again {
            c.server.pushes(item(bob))
            c.thing.says("<iq type='result' id='push'/>")
        }
        c.time.passes(.minutes(3))
        c.thing.saysNothing()
        #expect(c.passes.isEmpty)
    }

    @Test("cancelled in the queue, by the very client alone", arguments: [false, true], Pace.allCases)
    func cancelled(_ whileAsked: Bool, _ pace: Pace) {
        let c = putOff(pace)
        if whileAsked {
            clearsCache(c)
            c.time.passes(.minutes(3))
            c.thing.asksWhetherMayRead(bob)
        }
        c.server.sends("<iq type='get' id='c1' from='\(sofa)'><cancel xmlns='urn:xmpp:iot:sensordata' seqnr='1'/></iq>")
        c.thing.refuses(sofa, id: "c1", "cancel", "item-not-found", "nothing is being read under that seqnr")
        c.server.sends("<iq type='get' id='c2' from='\(desk)'><cancel xmlns='urn:xmpp:iot:sensordata' seqnr='1'/></iq>")
        c.thing.says("<iq type='result' id='c2' to='\(desk)'><cancelled xmlns='urn:xmpp:iot:sensordata' seqnr='1'/></iq>")
        if whileAsked { c.server.allowsReading(bob) }
        c.time.passes(.minutes(3))
        c.thing.saysNothing()
        #expect(c.passes.isEmpty)
        c.thing.hasAnsweredEverything()
    }

    @Test("two for each friend and four in all are put off; who reads now still has a place")
    func capacities() {
        let c = online()
        for n in 1...2 {
            c.server.asksToRead(from: phone, id: "p\(n)", seqnr: "\(n)", types: inThreeMinutes)
            c.thing.queues(phone, id: "p\(n)", seqnr: "\(n)")
        }
        c.server.asksToRead(from: tablet, id: "p3", seqnr: "3", types: inThreeMinutes)
        c.thing.refuses(tablet, id: "p3", "wait", "resource-constraint", "no room at the moment")
        for n in 1...2 {
            c.server.asksToRead(from: desk, id: "d\(n)", seqnr: "\(n)", types: inThreeMinutes)
            if n == 1 {
                c.thing.asksWhetherMayRead(bob)
                c.server.allowsReading(bob)
            }
            c.thing.queues(desk, id: "d\(n)", seqnr: "\(n)")
        }
        c.server.asksToRead(from: lab, id: "l1", types: inThreeMinutes)
        c.thing.refuses(lab, id: "l1", "wait", "resource-constraint", "no room at the moment")
        c.server.asksToRead(from: desk, id: "d3", seqnr: "3")
        c.thing.accepts(desk, id: "d3", seqnr: "3")
        c.thing.givesFields(desk, seqnr: "3", temperature + humidity + load)
        // A friendship that ends makes room at once.
        c.server.pushes(item(bob, "from"))
        c.thing.says("<iq type='result' id='push'/>")
        c.server.asksToRead(from: lab, id: "l2", types: inThreeMinutes)
        c.thing.asksWhetherMayRead(carol)
        c.server.allowsReading(carol)
        c.thing.queues(lab, id: "l2")
        c.time.passes(.minutes(3))
        let heard = Set(c.thing.hearOut().compactMap { $0.attributes["to"] })
        #expect(heard == [phone, lab])
        c.thing.hasAnsweredEverything()
    }

    @Test("a client that went away is not written to; a request that waits is answered all the same")
    func gone() {
        let c = putOff()
        c.server.asksToRead(from: desk, id: "r2", seqnr: "2", inside: "<field name='Load'/>")
        c.thing.asksWhetherMayRead(bob, inside: "<field name='Load'/>")
        c.server.sends("<presence type='unavailable' from='\(desk)'/>")
        c.server.answersReading(bob, result: "false")
        c.thing.refuses(desk, id: "r2", "cancel", "forbidden", "not allowed")
        c.time.passes(.minutes(3))
        c.thing.saysNothing()
        #expect(c.passes.isEmpty)
        c.thing.hasAnsweredEverything()
    }

    @Test("it does not outlast the connection")
    func lost() {
        let c = putOff()
        c.disconnect(.reset)
        c.time.passes(.seconds(2))
        c.goOnline(item(parent) + item(bob), version: "v1")
        c.time.passes(.minutes(3))
        c.thing.saysNothing()
        #expect(c.passes.isEmpty)
    }

    @Test("the same number is taken while it waits, and free once it was read")
    func sequence() {
        let c = putOff()
        c.server.asksToRead(from: desk, id: "r2")
        c.thing.refuses(desk, id: "r2", "cancel", "conflict", "that seqnr is being read already")
        c.time.passes(.minutes(3))
        c.said = []
        c.server.asksToRead(from: desk, id: "r3")
        c.thing.accepts(desk, id: "r3")
    }
}

extension Speaker {
    func queues(_ jid: String, id: String = "r1", seqnr: String = "1", sourceLocation: SourceLocation = #_sourceLocation) {
        says("<iq type='result' id='\(id)' to='\(jid)'><accepted xmlns='urn:xmpp:iot:sensordata' seqnr='\(seqnr)' queued='true'/></iq>", sourceLocation: sourceLocation)
    }

    func starts(_ jid: String, seqnr: String = "1", sourceLocation: SourceLocation = #_sourceLocation) {
        says("<message to='\(jid)'><started xmlns='urn:xmpp:iot:sensordata' seqnr='\(seqnr)'/></message>", sourceLocation: sourceLocation)
    }

    /// The last word to somebody who was accepted.
    func fails(_ jid: String, seqnr: String = "1", _ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
        says("<message to='\(jid)'><failure xmlns='urn:xmpp:iot:sensordata' seqnr='\(seqnr)' done='true'>"
            + "<error nodeId='thing' timestamp='*'>\(words)</error></failure></message>", sourceLocation: sourceLocation)
    }
}
