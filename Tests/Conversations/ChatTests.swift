import Access
import Fixed
import Foundation
import Readout
import Testing
import Thing

/// Reading and setting in words (`urn:xmpp:iot:chat`): through the same door, and never in a circle.
@Suite("Chat") struct ChatTests {
    private func online(person: Bool = false, fields: [Field] = Field.usual + [.lamp], rules: [String] = []) -> Conversation {
        let c = Conversation(fields: fields)
        c.goOnline(item(parent) + item(bob) + item(carol), parentIsHere: false)
        c.server.parentArrives(isPerson: person || !rules.isEmpty)
        for rule in rules { c.person(rule) }
        c.said = []
        return c
    }

    private let lamp = "Lamp\t23.43"

    // MARK: Reading

    @Test("? tells all values, in columns and rows", arguments: ["?", " ? "])
    func values(_ line: String) {
        let c = online(rules: ["allow bob *"])
        c.sensors[1] = .value(.string("wet"))
        c.friend(line)
        c.thing.answers("Temperature\t23.40\t°C\r\nHumidity\twet\r\nLoad\t23.42\r\n\(lamp)", to: desk)
        c.thing.saysNothing()
    }

    @Test("one field by its name, in any case of letters, with its node or without", arguments: [
        "Temperature?", "temperature ?", "thing.Temperature?", "Temperature@thing?", "TEMPERATURE@THING?",
    ])
    func oneField(_ line: String) {
        let c = online(rules: ["allow bob Temperature"])
        c.friend(line)
        c.thing.answers("Temperature\t23.40\t°C", to: desk)
        c.thing.saysNothing()
    }

    @Test("of all values those that may be read")
    func some() {
        let c = online(rules: ["allow bob Load"])
        c.friend("?")
        c.thing.answers("Load\t23.42", to: desk)
        c.thing.saysNothing()
    }

    @Test("what would end a column or a row is spelt out")
    func escapes() {
        let c = online(rules: ["allow bob *"])
        c.sensors[0] = .value(.string("a\tb\r\nc\\d<&>"))
        c.friend("Temperature?")
        c.thing.answers("Temperature\ta\\tb\\r\\nc\\\\d&lt;&amp;&gt;", to: desk)
    }

    @Test("a sensor that fails is a row that says so")
    func failure() {
        let c = online(rules: ["allow bob *"])
        c.sensors[1] = .failed(.notAnswering)
        c.friend("?")
        c.thing.answers("Temperature\t23.40\t°C\r\nLoad\t23.42\r\n\(lamp)", to: desk)
        c.thing.answers("Humidity\tthe sensor does not answer", to: desk)
        c.thing.saysNothing()
    }

    @Test("?? tells what was kept besides")
    func kept() {
        let c = Conversation()
        c.use { $0.keepHistory(every: 60, rows: 2) }
        c.goOnline(item(parent) + item(bob), parentIsHere: false)
        c.server.parentArrives(isPerson: true)
        c.person("allow bob Load")
        c.time.passes(.seconds(59))
        c.said = []
        c.friend("Load??")
        let said = c.thing.hearOut().compactMap { $0.child("body")?.text }
        #expect(said.count == 2)
        #expect(said.first?.hasSuffix("Z\tLoad\t23.42") == true, "\(said)")
        #expect(said.last == "Load\t23.42")
    }

    @Test("a service as parent is asked, and the answer is waited for")
    func service() {
        let c = online()
        c.friend("Temperature?")
        c.thing.asksWhetherMayRead(bob, inside: "<field name='Temperature'/>")
        c.thing.saysNothing()
        c.server.allowsReading(bob)
        c.thing.answers("Temperature\t23.40\t°C", to: desk)
        c.friend("Humidity?")
        c.thing.asksWhetherMayRead(bob, inside: "<field name='Humidity'/>")
        c.server.answersReading(bob, result: "false")
        c.thing.answers("not allowed", to: desk)
        c.friend("Temperature?")
        c.thing.answers("Temperature\t23.40\t°C", to: desk)
    }

    @Test("a person as parent is asked in words, and the friend is told to wait")
    func person() {
        let c = online(person: true)
        c.friend("Temperature?")
        c.thing.answers("no decision yet: my parent has been asked", to: desk)
        c.thing.asks("\(bob) would like to read Temperature. Answer: yes 1, or no 1")
        c.person("yes 1")
        c.thing.answers("\(bob) may read Temperature.")
        c.friend("Temperature?")
        c.thing.answers("Temperature\t23.40\t°C", to: desk)
        c.thing.saysNothing()
    }

    @Test("the parent reads and sets by the same lines")
    func parentReads() {
        let c = online(person: true)
        c.person("Load?")
        c.thing.answers("Load\t23.42")
        c.person("Lamp=7")
        c.thing.answers("Lamp\t7")
        #expect(c.written == ["3=7"])
        c.person("Colour?")
        c.thing.answers("no such field or node")
    }

    @Test("whether something is denied or is not there makes no difference to whoever may not know", arguments: ["Humidity", "Colour"])
    func oracle(_ name: String) {
        let denied = online(rules: ["deny bob *"])
        denied.friend("\(name)?")
        denied.thing.answers("not allowed", to: desk)
        denied.friend("\(name)=1")
        denied.thing.answers("not allowed", to: desk)
        let undecided = online(person: true)
        undecided.friend("\(name)?")
        undecided.thing.answers("no decision yet: my parent has been asked", to: desk)
        let service = online()
        service.friend("\(name)?")
        service.thing.asksWhetherMayRead(bob, inside: name == "Colour" ? "" : "<field name='\(name)'/>")
        service.server.answersReading(bob, result: "false")
        service.thing.answers("not allowed", to: desk)
    }

    // MARK: Setting

    @Test("=? tells what can be set, and a line sets it", arguments: ["Lamp=75", "Lamp!75", "lamp = 75", "Lamp@thing=75"])
    func set(_ line: String) {
        let c = online(rules: ["allow bob read write Lamp"])
        c.friend("=?")
        c.thing.answers(lamp, to: desk)
        c.friend("Lamp=?")
        c.thing.answers(lamp, to: desk)
        c.friend(line)
        c.thing.answers("Lamp\t75", to: desk)
        #expect(c.written == ["3=75"])
        c.friend("Lamp?")
        c.thing.answers("Lamp\t75", to: desk)
        c.thing.saysNothing()
    }

    @Test("who may read may not set for that")
    func readOnly() {
        let c = online(rules: ["allow bob *"])
        c.friend("Lamp=75")
        c.thing.answers("no decision yet: my parent has been asked", to: desk)
        c.thing.asks("\(bob) would like to set Lamp. Answer: yes 1, or no 1")
        #expect(c.written.isEmpty)
        c.person("yes 1")
        c.thing.answers("\(bob) may set Lamp.")
        c.friend("Lamp=75")
        c.thing.answers("Lamp\t75", to: desk)
    }

    @Test("a value that does not fit sets nothing", arguments: ["256", "-1", "x", "1.5"])
    func unfit(_ value: String) {
        let c = online(rules: ["allow bob write Lamp"])
        c.friend("Lamp=\(value)")
        c.thing.answers("not a value that it takes: Lamp takes 0 ... 255", to: desk)
        #expect(c.written.isEmpty)
    }

    @Test("what cannot be set is no parameter, even to whoever may set anything")
    func noOutput() {
        let c = online(rules: ["allow bob write *"])
        c.friend("Temperature=1")
        c.thing.answers("no such parameter or node", to: desk)
        #expect(c.written.isEmpty)
    }

    @Test("a service as parent decides on setting, too")
    func serviceSets() {
        let c = online()
        c.friend("Lamp=9")
        c.names["q"] = nil
        c.thing.says("<iq type='get' id='$q' to='\(phone)'><canControl xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'><parameter name='Lamp'/></canControl></iq>")
        #expect(c.written.isEmpty)
        c.server.sends("<iq type='result' id='$q' from='\(phone)'><canControlResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)' result='true'/></iq>")
        c.thing.answers("Lamp\t9", to: desk)
        #expect(c.written == ["3=9"])
    }

    // MARK: What is not listened to

    @Test("nothing is set and nothing told by what is late, an error, a crowd, or somebody else", arguments: [
        "<message type='chat' from='\(desk)'><body>$w</body><delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/></message>",
        "<message type='error' from='\(desk)'><body>$w</body></message>",
        "<message type='groupchat' from='\(desk)'><body>$w</body></message>",
        "<message type='headline' from='\(desk)'><body>$w</body></message>",
        "<message type='chat' from='\(eve)'><body>$w</body></message>",
        "<message type='chat' from='bob@far.example.evil/desk'><body>$w</body></message>",
        "<message type='chat' from='\(thingJID)'><body>$w</body></message>",
        "<message type='chat' from='\(desk)'><set xmlns='urn:xmpp:iot:control'/><body>$w</body></message>",
    ], ["Lamp=75", "?", "Temperature?"])
    func notHeard(_ message: String, _ words: String) {
        let c = online(rules: ["allow bob read write *"])
        c.names["w"] = words
        c.server.sends(message)
        c.thing.saysNothing(but: "presence")
        #expect(c.written.isEmpty && c.passes.isEmpty)
    }

    @Test("two Things that hear each other's words soon fall silent, and set nothing", arguments: [
        "?", "Lamp=1", "Hello, Thing.", "#", "Lamp\t1", "not allowed", "Temperature\t23.40\t°C\nHumidity\t1",
    ], [true, false])
    func twoThings(_ first: String, _ isFree: Bool) {
        let rules = isFree ? ["allow bob read write *"] : ["deny bob *"]
        let one = online(rules: rules)
        let other = online(rules: rules)
        one.friend(first.replacingOccurrences(of: "\t", with: "&#9;").replacingOccurrences(of: "\n", with: "&#10;"))
        var words = 0
        for _ in 0..<100 {
            let fromOne = one.bodies()
            let fromOther = other.bodies()
            words += fromOne.count + fromOther.count
            for body in fromOne { other.friend(body) }
            for body in fromOther { one.friend(body) }
        }
        #expect(words <= 22, "\(words) messages")
        #expect(one.written.count + other.written.count <= 1)
        #expect(one.bodies().isEmpty && other.bodies().isEmpty)
    }

    @Test("somebody who asks without end is answered at a pace, and not more often where it is refused")
    func pace() {
        let free = online(rules: ["allow bob *"])
        for _ in 0..<200 { free.friend("Load?") }
        #expect(free.bodies().count == 20)
        let denied = online(rules: ["deny bob *"])
        for second in 0..<1_800 {
            denied.friend(second % 2 == 0 ? "Load?" : "Colour?")
            denied.time.passes(.seconds(1))
        }
        #expect(denied.bodies().count == 10)
        denied.friend("#", from: lab)
        #expect(denied.bodies().count == 1, "another friend is answered")
    }

    @Test("sentences are none of its lines", arguments: ["Hello!", "hello! how are you", "1 + 1 = 2 or so", "Nice.", "=75", "!"])
    func sentences(_ words: String) {
        let c = online(rules: ["allow bob read write *"])
        c.friend(words)
        c.thing.answers("I am a Thing, and did not understand that. Say # for what I do.", to: desk)
        #expect(c.written.isEmpty)
    }

    @Test("one who is a friend no more gets no values, even of a reading under way")
    func cutOff() {
        let c = online(rules: ["allow bob *"])
        c.sensors[0] = nil as Reading?
        c.friend("?")
        c.server.pushes(item(bob, "none"))
        c.sensor(0, says: .number(1))
        #expect(!c.thing.hearOut().contains { $0.child("body") != nil })
    }

    @Test("one who is a friend no more is not told what came of his question either", arguments: [true, false])
    func formerFriend(_ isAnswered: Bool) {
        let c = online()
        c.friend("Temperature?")
        c.thing.asksWhetherMayRead(bob, inside: "<field name='Temperature'/>")
        c.server.pushes(item(bob, "none"))
        if isAnswered { c.server.allowsReading(bob) } else { c.time.passes(.seconds(40)) }
        #expect(c.bodies().isEmpty && c.passes.isEmpty)
    }

    @Test("a rule taken back in mid-reading stops it")
    func takenBack() {
        let c = online(rules: ["allow bob *"])
        c.sensors[0] = nil as Reading?
        c.friend("?")
        c.person("deny bob *")
        c.said = []
        c.sensor(0, says: .number(1))
        #expect(!c.bodies().contains { $0.contains("\t") })
    }
}

extension Conversation {
    /// A friend says something in a chat client.
    func friend(_ words: String, from: String = desk) {
        server.sends("<message type='chat' from='\(from)'><body>\(words)</body></message>")
    }

    /// What was said in words meanwhile, as XML.
    func bodies() -> [String] {
        thing.hearOut().compactMap { $0.child("body")?.text }.map {
            $0.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
                .replacingOccurrences(of: "\r\n", with: "&#13;&#10;").replacingOccurrences(of: "\n", with: "&#10;")
                .replacingOccurrences(of: "\t", with: "&#9;")
        }
    }
}

extension Field {
    static var lamp: Field { Field(name: Text(utf8: "Lamp"), unit: Text(), output: Output(.int, 0...255)) }
}
