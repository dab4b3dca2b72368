import Fixed
import Readout
import Support
import Testing
import Thing

/// What was kept, told by the same permits as what is (XEP-0323 `historical…`, `peak`,
/// `from`, `to`).
@Suite("Reading what was") struct HistoryReadingTests {
    /// Keeps a row a minute from the start on, and is online at once.
    private func online(
        _ pace: Pace = .whole, every seconds: Int = 60, rows: Int = 100, fields: [Field] = Field.usual, minutes: Int64 = 0
    ) -> Conversation {
        let c = Conversation(pace, fields: fields)
        c.use { $0.keepHistory(every: seconds, rows: rows) }
        c.settle()
        c.goOnline(item(parent) + item(bob) + item(carol))
        pass(minutes, of: c)
        return c
    }

    /// Minutes in which the connection is heard of.
    private func pass(_ minutes: Int64, of c: Conversation) {
        for _ in 0..<minutes {
            c.time.passes(.minutes(1))
            c.server.sends(raw: " ")
        }
    }

    private func kept(_ name: String, _ value: String, _ unit: String?, _ type: String = "historicalMinute") -> String {
        "<numeric name='\(name)' \(type)='true' automaticReadout='true' value='\(value)'\(unit.map { " unit='\($0)'" } ?? "")/>"
    }

    private func row(_ minute: Int, _ fields: String) -> String {
        "<timestamp value='2026-01-01T0\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60):00Z'>\(fields)</timestamp>"
    }

    @Test("each minute's values come under their time, the oldest first", arguments: Pace.allCases)
    func rows(_ pace: Pace) {
        let c = online(pace)
        for minute in 1...2 {
            c.sensors[0] = .number(Int64(-minute), scale: 1)
            c.sensors[1] = minute == 1 ? .value(.boolean(true)) : .failed(.gone)
            c.sensors[2] = .value(.string("words"))
            c.time.passes(.minutes(1))
        }
        c.said = []
        c.server.asksToRead(from: phone, types: "historicalMinute='true'")
        c.thing.accepts(phone)
        c.thing.givesRows(
            phone,
            row(0, kept("Temperature", "23.40", "°C") + kept("Humidity", "23.41", "%") + kept("Load", "23.42", nil))
                + row(1, kept("Temperature", "-0.1", "°C") + "<boolean name='Humidity' historicalMinute='true' automaticReadout='true' value='true'/>")
                + row(2, kept("Temperature", "-0.2", "°C")))
        c.thing.saysNothing()
        #expect(c.passes.count == 3, "what was is told without reading anything")
        c.thing.hasAnsweredEverything()
    }

    @Test("what was comes before what is, and done with the last of it", arguments: Pace.allCases)
    func before(_ pace: Pace) {
        let c = online(pace, minutes: 1)
        c.server.asksToRead(from: phone, types: "historical='1' momentary='1'", inside: "<field name='Load'/>")
        c.thing.accepts(phone)
        c.thing.givesRows(phone, row(0, kept("Load", "23.42", nil)) + row(1, kept("Load", "23.42", nil)), done: false)
        c.thing.givesFields(phone, load)
        c.thing.saysNothing()
    }

    @Test("only the time asked for is told", arguments: [
        ("from='2026-01-01T00:01:00Z'", [1, 2, 3]), ("to='2026-01-01T00:01:00Z'", [0, 1]), ("from='2026-01-01T00:01:01Z' to='2026-01-01T00:02:59Z'", [2]),
        ("from='2026-01-01T01:01:00+01:00' to='2026-01-01T00:01:00.5Z'", [1]), ("from='2026-01-01T00:03:01Z'", []), ("to='2025-12-31T23:59:59Z'", []),
        ("from='2026-01-01T00:02:00Z' to='2026-01-01T00:01:00Z'", []),
    ])
    func ranges(_ range: String, _ minutes: [Int]) {
        let c = online(minutes: 3)
        c.server.asksToRead(from: phone, types: "historicalMinute='true' \(range)", inside: "<field name='Load'/>")
        c.thing.accepts(phone)
        c.thing.givesRows(phone, minutes.map { row($0, kept("Load", "23.42", nil)) }.joined())
        c.thing.saysNothing()
    }

    @Test("a peak is the least and the greatest, each with its time")
    func peaks() {
        let c = online()
        for value in [5, -7, 9, -7] {
            c.sensors[0] = .number(Int64(value))
            c.sensors[1] = .failed(.gone)
            c.time.passes(.minutes(1))
        }
        c.said = []
        c.server.asksToRead(from: phone, types: "peak='true'")
        c.thing.accepts(phone)
        c.thing.givesRows(
            phone,
            row(2, kept("Temperature", "-7", "°C", "peak")) + row(0, kept("Temperature", "23.40", "°C", "peak"))
                + row(0, kept("Humidity", "23.41", "%", "peak")) + row(0, kept("Load", "23.42", nil, "peak")))
        c.server.asksToRead(from: phone, types: "peak='true' from='2026-01-01T00:03:00Z'", inside: "<field name='Temperature'/><field name='Humidity'/>")
        c.thing.accepts(phone)
        c.thing.givesRows(phone, row(4, kept("Temperature", "-7", "°C", "peak")) + row(3, kept("Temperature", "9", "°C", "peak")))
    }

    @Test("of the types asked for, that of its interval is answered, and what was not kept is answered empty", arguments: [
        (1, "historicalSecond"), (60, "historicalMinute"), (3_600, "historicalHour"), (86_400, "historicalDay"), (90, "historicalOther"), (0, "identity"),
    ])
    func types(_ seconds: Int, _ type: String) {
        let all = ["historicalSecond", "historicalMinute", "historicalHour", "historicalDay", "historicalWeek", "historicalMonth", "historicalQuarter", "historicalYear", "historicalOther", "identity", "status", "computed"]
        for asked in all {
            let c = online(every: seconds)
            c.server.asksToRead(from: phone, types: "\(asked)='true'", inside: "<field name='Load'/>")
            c.thing.accepts(phone)
            c.thing.givesRows(phone, asked == type && seconds > 0 ? row(0, kept("Load", "23.42", nil, type)) : "")
            c.thing.saysNothing()
        }
    }

    @Test("it goes on without a connection, one pass a minute and no more")
    func offline() {
        let c = Conversation()
        c.use { $0.keepHistory(every: 60, rows: 100) }
        c.settle()
        #expect(c.passes.count == 1)
        c.time.passes(.minutes(10))
        #expect(c.passes.count == 11)
        #expect(c.wakeUps < 60)
        c.goOnline()
        c.disconnect(.reset)
        c.sensors[0] = .some(nil)
        c.time.passes(.seconds(61))
        c.goOnline(version: "v1")
        c.time.passes(.seconds(10))
        c.said = []
        c.server.asksToRead(from: phone, types: "historical='1' from='2026-01-01T00:10:00Z'")
        c.thing.accepts(phone)
        c.thing.givesRows(
            phone,
            row(10, kept("Temperature", "23.40", "°C") + kept("Humidity", "23.41", "%") + kept("Load", "23.42", nil))
                + row(11, kept("Humidity", "23.41", "%") + kept("Load", "23.42", nil)))
    }

    @Test("a row that is due shares the pass of who reads, and a minute missed is a gap")
    func shared() {
        let c = online(fields: [Field("Load", "")])
        c.sensors[0] = .some(nil)
        c.time.passes(.seconds(57))
        c.server.asksToRead(from: phone)
        c.time.passes(.seconds(4))
        #expect(c.passes.count == 2, "the sensors are busy")
        c.server.asksToRead(from: tablet, id: "r2")
        c.time.passes(.seconds(2))
        #expect(c.passes.count == 3, "one pass for the row and for who waits")
        c.sensor(0, says: .number(7))
        c.said = []
        c.sensors[0] = .number(8)
        c.time.passes(.seconds(57))
        c.server.asksToRead(from: phone, types: "historical='1'")
        c.thing.accepts(phone)
        c.thing.givesRows(
            phone,
            row(0, kept("Load", "23.40", nil)) + "<timestamp value='2026-01-01T00:01:03Z'>\(kept("Load", "7", nil))</timestamp>"
                + row(2, kept("Load", "8", nil)))
    }

    @Test("what was read before the clock was set is told so, and dated rightly once it is")
    func dates() {
        let c = Conversation(fields: [Field("Load", "")])
        c.use { $0.setWallClock(unixMilliseconds: 7_000, at: c.now) }
        c.use { $0.keepHistory(every: 60, rows: 100) }
        c.settle()
        c.goOnline()
        c.server.asksToRead(from: phone, types: "historical='1'")
        c.thing.accepts(phone)
        c.thing.givesRows(
            phone, "<timestamp value='1970-01-01T00:00:07Z'>"
                + kept("Load", "23.40", nil).replacing("automaticReadout='true'", with: "automaticReadout='true' timeOffset='true'") + "</timestamp>")
        c.time.passes(.minutes(1))
        c.use { $0.setWallClock(unixMilliseconds: 1_767_225_660_000, at: c.now) }
        c.settle()
        c.server.asksToRead(from: phone, types: "historical='1'")
        c.thing.accepts(phone)
        c.thing.givesRows(phone, row(0, kept("Load", "23.40", nil)) + row(1, kept("Load", "23.40", nil)))
    }

    @Test("a friend gets the history of what it may read, and leave to read what is is no leave to read what was")
    func permitted() {
        let c = online(minutes: 1)
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.server.allowsReading(bob)
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature + humidity + load)
        c.server.asksToRead(from: desk, types: "historicalMinute='true'")
        c.thing.asksWhetherMayRead(bob, types: "historicalMinute='true'")
        c.server.allowsReading(bob, inside: "<field name='Load'/>")
        c.thing.accepts(desk)
        c.thing.givesRows(desk, row(0, kept("Load", "23.42", nil)) + row(1, kept("Load", "23.42", nil)))
        c.server.asksToRead(from: desk, types: "peak='true'")
        c.thing.asksWhetherMayRead(bob, types: "peak='true'")
        c.server.answersReading(bob, result: "false")
        c.thing.refuses(desk, "cancel", "forbidden", "not allowed")
        c.thing.saysNothing()
    }

    @Test("a long history comes in several messages, whole, done in the last, while others are answered in between", arguments: Pace.allCases)
    func long(_ pace: Pace) {
        let c = online(pace, minutes: 120)
        c.outlet = 0
        c.server.asksToRead(from: phone, types: "historicalMinute='true' peak='true' momentary='true'")
        c.server.asksToRead(from: tablet, id: "r2", inside: "<field name='Load'/>")
        c.outlet = nil
        c.settle()
        let messages = c.thing.hearOut()
        let long = messages.filter { $0.attributes["to"] == phone && $0.name == "message" }
        #expect(long.count > 8)
        for (i, message) in long.enumerated() {
            #expect((message.children.first?.attributes["done"] == "true") == (i == long.count - 1))
        }
        let times = long.flatMap { $0.all("timestamp") }.compactMap { $0.attributes["value"] }
        // 100 rows, some of them in two messages, two peaks that are one, and what is now.
        #expect(Set(times).count == 100 && times.first == "2026-01-01T00:21:00Z")
        let values = long.flatMap { $0.all("numeric") }
        #expect(values.filter { $0.attributes["historicalMinute"] == "true" }.count == 300)
        #expect(values.filter { $0.attributes["peak"] == "true" }.count == 3)
        #expect(values.filter { $0.attributes["momentary"] == "true" }.count == 3)
        let other = messages.firstIndex { $0.attributes["to"] == tablet && $0.name == "message" }
        let last = messages.lastIndex { $0.attributes["to"] == phone }
        // Byte by byte the second request is heard only once much of the answer has gone.
        if pace == .whole { #expect(other.map { $0 < last ?? 0 } == true) }
        c.thing.hasAnsweredEverything()
    }

    @Test("taken back in the middle of a long history: the friend is told that this was all, and hears no more", arguments: [true, false])
    func cutOff(_ isFriend: Bool) {
        let c = online(minutes: 120)
        c.server.asksToRead(from: desk, types: "historical='1'")
        c.names["q"] = c.thing.hearOut().first?.attributes["id"] ?? ""
        c.outlet = 0
        c.server.allowsReading(bob)
        c.outlet = nil
        if isFriend {
            c.server.sends("<iq type='set' id='clear' from='\(phone)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        } else {
            c.server.pushes(item(bob, "remove"), id: "clear")
        }
        let said = c.thing.hearOut()
        let values = said.flatMap { $0.all("numeric") }.count
        #expect(values > 0 && values < 300)
        #expect(said.last?.all("error").first?.text == (isFriend ? "no longer allowed" : nil))
        #expect(said.flatMap { $0.all("failure") }.count == (isFriend ? 1 : 0))
        let word = said.firstIndex { $0.attributes["id"] == "clear" } ?? 0
        #expect(said[word...].allSatisfy { $0.all("numeric").isEmpty })
        c.thing.hasAnsweredEverything()
    }

    @Test("cancelled in the middle of a long history: not a word more")
    func cancelled() {
        let c = online(minutes: 120)
        c.outlet = 0
        c.server.asksToRead(from: phone, types: "historical='1'")
        c.outlet = nil
        c.server.sends("<iq type='get' id='c' from='\(phone)'><cancel xmlns='urn:xmpp:iot:sensordata' seqnr='1'/></iq>")
        let said = c.thing.hearOut()
        #expect(said.last?.attributes["id"] == "c" && said.last?.child("cancelled") != nil)
        let values = said.flatMap { $0.all("numeric") }.count
        #expect(values > 0 && values < 300)
    }
}

extension Speaker {
    /// One message of what was kept.
    func givesRows(_ jid: String, _ rows: String, done: Bool = true, sourceLocation: SourceLocation = #_sourceLocation) {
        let node = rows.isEmpty ? "" : "<node nodeId='thing'>\(rows)</node>"
        says("<message to='\(jid)'><fields xmlns='urn:xmpp:iot:sensordata' seqnr='1'\(done ? " done='true'" : "")>\(node)</fields></message>", sourceLocation: sourceLocation)
    }
}
