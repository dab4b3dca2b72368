import Fixed
import Readout
import Testing
import Thing

/// Thousands of conversations in which anything may be said at any time. A seed
/// that fails is in the message, and says the same again.
@Suite("Fuzz") struct FuzzTests {
    /// Everybody in these worlds.
    static let people = [phone, tablet, parent, desk, sofa, bob, lab, carol, eve, "evil.example", "home.example", "thing@home.example", "thing@home.example/other", component]
    static let contacts = [parent, bob, carol, "eve@evil.example"]

    static let payloads = [
        "<req xmlns='urn:xmpp:iot:sensordata' seqnr='1' momentary='true'><node nodeId='thing'/><field name='Temperature'/></req>",
        "<req xmlns='urn:xmpp:iot:sensordata' seqnr='2147483647' all='true' serviceToken='t'/>",
        "<req xmlns='urn:xmpp:iot:sensordata' seqnr='-1' when='2030-01-01T00:00:00Z' historical='1'/>",
        "<set xmlns='urn:xmpp:iot:control'><node nodeId='thing'/><int name='Load' value='1'/><double name='Wind' value='1e-9'/></set>",
        "<set xmlns='urn:xmpp:iot:control'><x xmlns='jabber:x:data' type='submit'><field var='Load'><value>1</value></field></x></set>",
        "<getForm xmlns='urn:xmpp:iot:control'/>",
        "<subscribe xmlns='urn:xmpp:iot:events' seqnr='7' momentary='true' minInterval='PT1S' maxInterval='PT5S' req='true'><node nodeId='thing'/><field name='Load' changedBy='0.01' currentValue='-3'/></subscribe>",
        "<unsubscribe xmlns='urn:xmpp:iot:events' seqnr='7'/>",
        "<fields xmlns='urn:xmpp:iot:sensordata' seqnr='7' done='true'><node nodeId='bob'><timestamp value='2026-01-01T00:00:00+01:00'><duration name='Load' momentary='true' value='-P1DT2H3.5S'/></timestamp></node></fields>",
        "<command xmlns='http://jabber.org/protocol/commands' node='allow' action='execute'/>",
        "<command xmlns='http://jabber.org/protocol/commands' node='pending' sessionid='s'><x xmlns='jabber:x:data' type='submit'><field var='1'><value>yes</value></field></x></command>",
        "<ping xmlns='urn:xmpp:ping'/>", "<query xmlns='jabber:iq:version'/>",
        "<query xmlns='http://jabber.org/protocol/disco#info' node='urn:x-ward#abc'/>",
        "<query xmlns='jabber:iq:roster' ver='9'><item jid='eve@evil.example' subscription='to'><group>G</group></item></query>",
        "<clearCache xmlns='urn:xmpp:iot:provisioning'/>", "<unfriend xmlns='urn:xmpp:iot:provisioning' jid='bob@far.example'/>",
        "<friend xmlns='urn:xmpp:iot:provisioning' jid='eve@evil.example'/>",
        "<isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='bob@far.example' result='false'/>",
        "<canReadResponse xmlns='urn:xmpp:iot:provisioning' jid='bob@far.example' result='false'><field name='Humidity'/></canReadResponse>",
        "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
        "<priority>5</priority><status>&lt;&amp;&#x1F600;</status>", "<body><![CDATA[ ]] > ]]></body>", "",
    ]

    /// A text with a few of its characters changed, repeated, moved or left out.
    static func mutated(_ text: String, _ dice: inout Dice) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<(1 + dice.roll(4)) where !bytes.isEmpty {
            let at = dice.roll(bytes.count)
            switch dice.roll(6) {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: dice.next())
            case 1: bytes[at] = dice.pick(Array("<>&'\"/= ;:@-0195[]!?#x".utf8))
            case 2: bytes.remove(at: at)
            case 3: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 1 + dice.roll(30))], at: at)
            case 4: bytes.removeSubrange(at..<min(bytes.count, at + 1 + dice.roll(30)))
            default: bytes.insert(contentsOf: Array(dice.pick(payloads).utf8), at: at)
            }
        }
        return bytes
    }

    // MARK: A server that keeps the rules, and people who do not

    /// What is true in one such world, by the server's and the parent's own account.
    final class World {
        let c: Conversation
        var dice: Dice
        var roster = [parent: "both", bob: "both", carol: "from"]
        /// Whom the parent allowed which fields, and has not taken it back since.
        var grants: [(to: String, fields: Set<String>)] = []
        /// Questions that were put, by the parent's client that was asked.
        var questions: [(id: String, to: String, kind: String, about: String)] = []
        var violations: [String] = []
        var values = 0
        private var n = 0

        init(seed: UInt64) {
            dice = Dice(seed: seed)
            c = Conversation(dice.roll(8) == 0 ? .byteByByte : .whole, seed: seed)
            c.onStanza = { [unowned self] node, text in self.hear(node, text) }
        }

        private func bare(_ jid: String) -> String { String(jid.prefix { $0 != "/" }) }

        private func hear(_ node: Node, _ text: String) {
            for kind in ["canRead", "isFriend"] {
                if let question = node.child(kind) {
                    questions.append((node.attributes["id"] ?? "", node.attributes["to"] ?? "", kind, question.attributes["jid"] ?? ""))
                }
            }
            let fields = ["numeric", "string", "boolean"].flatMap { node.all($0) }.compactMap { $0.attributes["name"] }
            guard !fields.isEmpty else { return }
            values += fields.count
            let reader = bare(node.attributes["to"] ?? "")
            guard roster[reader] == "both" else {
                violations.append("a value for \(reader), who is no friend: \(text)")
                return
            }
            if reader == parent { return }
            let granted = grants.filter { $0.to == reader }.reduce(into: Set<String>()) { $0.formUnion($1.fields) }
            if !Set(fields).isSubset(of: granted) { violations.append("a value that was not allowed to \(reader): \(text)") }
        }

        private func id() -> String { n += 1; return "f\(n)" }

        func begin() {
            c.goOnline(roster.sorted { $0.key < $1.key }.map { item($0.key, $0.value) }.joined(), parentIsHere: dice.roll(4) != 0)
        }

        func step() {
            switch dice.roll(16) {
            case 0: c.time.passes(.milliseconds(Int64(dice.roll(40_000))))
            case 1: c.time.passes(.milliseconds(Int64(dice.roll(300))))
            case 2, 3, 4:
                let inside = (0..<dice.roll(3)).map { _ in dice.pick(["<field name='Temperature'/>", "<field name='Humidity'/>", "<field name='Wind'/>", "<node nodeId='thing'/>", "<node nodeId='x'/>", "<field/>"]) }.joined()
                c.server.asksToRead(from: dice.pick(dice.roll(2) == 0 ? people : [desk, phone, lab]), id: id(), seqnr: dice.pick(["1", "2", "3", "4", "x"]), types: dice.pick(["", "", "all='true'", "momentary='1'", "peak='true'", "momentary='?'"]), inside: inside)
            case 5, 6, 7: answerQuestion()
            case 8:
                c.server.sends("<presence from='\(dice.pick(people))' type='\(dice.pick(["subscribe", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "unavailable", "probe", "error"]))'/>")
            case 9: c.server.parentArrives(dice.pick([phone, tablet]), priority: dice.roll(10) - 3)
            case 10: c.server.parentLeaves(dice.pick([phone, tablet, parent]))
            case 11:
                let contact = dice.pick(contacts)
                let subscription = dice.pick(["both", "both", "both", "to", "from", "none", "remove"])
                roster[contact] = subscription == "remove" || subscription == "none" ? nil : subscription
                if subscription != "both" { grants.removeAll { $0.to == contact } }
                c.server.pushes(item(contact, subscription), id: id(), from: dice.pick([nil, "thing@home.example"]), version: dice.pick([nil, "v\(n)"]))
            case 12:
                let liar = dice.pick(people.filter { $0 != "thing@home.example" })
                c.server.pushes(item(dice.pick(contacts), dice.pick(["both", "remove"])), id: id(), from: liar)
            case 13: sensors()
            case 14: noise()
            default: trouble()
            }
            c.said = []
        }

        private func answerQuestion() {
            guard let question = questions.popLast() ?? nil else { return }
            let result = dice.pick(["true", "true", "true", "false", "maybe"])
            let about = dice.roll(10) == 0 ? dice.pick(contacts) : question.about
            let sender = dice.roll(5) == 0 ? dice.pick(people) : question.to
            let fields = dice.roll(3) == 0 ? [dice.pick(["Temperature", "Humidity", "Wind"])] : []
            if question.kind == "canRead", result == "true", about == question.about, sender == question.to {
                let granted = fields.isEmpty ? ["Temperature", "Humidity", "Load"] : fields
                grants.append((about, Set(granted)))
            }
            let inside = fields.map { "<field name='\($0)'/>" }.joined()
            c.server.sends("<iq type='result' id='\(question.id)' from='\(sender)'><\(question.kind)Response xmlns='urn:xmpp:iot:provisioning' jid='\(about)' result='\(result)'>\(inside)</\(question.kind)Response></iq>")
        }

        private func sensors() {
            let i = dice.roll(3)
            switch dice.roll(6) {
            case 0...3: c.sensors[i] = .number(Int64(dice.roll(1000)), scale: 1)
            case 4: c.sensors[i] = .failed(dice.pick([.notAnswering, .gone]))
            default: c.sensors[i] = .some(nil)
            }
            c.sensor(dice.roll(4), says: .number(7))
        }

        /// Any well-formed stanza from anybody who has no say.
        private func noise() {
            let sender = dice.pick([eve, "evil.example", sofa])
            let payload = String(decoding: FuzzTests.mutated(dice.pick(payloads), &dice), as: UTF8.self)
            let kind = dice.pick(["iq", "message", "presence"])
            let type = kind == "iq" ? dice.pick(["get", "set", "result", "error"]) : dice.pick(["", "chat", "error"])
            let stanza = "<\(kind) type='\(type)' id='\(id())' from='\(sender)'>\(payload)</\(kind)>"
            // No server lets anything else through; that is the other fuzz's matter. In
            // names Expat allows fewer letters than Foundation (XML 1.0, 4th edition).
            guard !payload.contains("\u{FFFD}"), !payload.contains("<!--"), !payload.contains("<?"), !payload.contains("<!D"), Node.parse(stanza) != nil,
                stanza.utf8.count < 8_000
            else { return }
            c.server.sends(stanza)
        }

        private func trouble() {
            switch dice.roll(4) {
            case 0:
                c.disconnect(.reset)
                c.said = []
                questions = []
                for _ in 0..<20 where c.wish != .connect { c.time.passes(.seconds(20)) }
                c.said = []
                c.logIn()
                c.said = []
                c.givesRosterAfter(roster.sorted { $0.key < $1.key }.map { item($0.key, $0.value) }.joined())
            case 1:
                let sender = dice.pick(people)
                c.server.sends("<iq type='set' id='\(id())' from='\(sender)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
                if bare(sender) == parent { grants = [] }
            case 2: c.server.sends("<message from='\(dice.pick(people))'><\(dice.pick(["friend", "unfriend"])) xmlns='urn:xmpp:iot:provisioning' jid='\(dice.pick(contacts))'/></message>")
            default: c.server.sends(raw: " ")
            }
        }
    }

    @Test("whatever people do, values go to friends whom the parent allowed, and every request is answered once", arguments: 0..<8)
    func people(_ part: UInt64) {
        var values = 0
        for seed in (part * 125)..<(part * 125 + 125) {
            let world = World(seed: seed)
            world.begin()
            for _ in 0..<40 { world.step() }
            // All that is under way comes to an end.
            world.c.time.passes(.minutes(2))
            world.c.said = []
            #expect(world.violations.isEmpty, "seed \(seed)")
            #expect(world.c.unanswered.isEmpty, "seed \(seed), \(world.c.wish): \(world.c.lines.suffix(3))")
            values += world.values
        }
        #expect(values > 120, "a test in which nobody gets anything proves nothing")
    }

    // MARK: A server that keeps no rules

    @Test("whatever bytes a server sends, the Thing goes on, and tells nobody anything", arguments: 0..<8)
    func bytes(_ part: UInt64) {
        for seed in (1_000 + part * 125)..<(1_000 + part * 125 + 125) {
            var dice = Dice(seed: seed)
            let c = Conversation(dice.roll(8) == 0 ? .byteByByte : .whole, seed: seed)
            c.auditsAnswers = false
            var leaks = 0
            c.onStanza = { node, _ in leaks += ["numeric", "string", "boolean"].flatMap { node.all($0) }.count }
            for _ in 0..<4 {
                converse(c, &dice)
                c.said = []
                c.disconnect(dice.pick([.reset, .closedByPeer, .closedByUs, .timedOut]))
                for _ in 0..<30 where c.wish == .none { c.time.passes(.seconds(20)) }
                if case .exit = c.wish { break }
                #expect(c.wish == .connect, "seed \(seed)")
            }
            #expect(leaks == 0, "seed \(seed)")
        }
    }

    /// One connection, up to some stage by the rules, and then not.
    private func converse(_ c: Conversation, _ dice: inout Dice) {
        let stage = dice.roll(6)
        c.connect(secure: true)
        if stage > 0 { c.server.opens(mechanisms("SCRAM-SHA-256")) }
        if stage > 1 {
            c.said.removeFirst()
            c.authenticate()
        }
        if stage > 2 { c.bind() }
        if stage > 3 {
            c.said = []
            c.givesRosterAfter(item(parent, "to") + item(bob, "from"))
        }
        if stage > 4 { c.server.parentArrives() }
        for _ in 0..<12 {
            let kind = dice.pick(["iq", "message", "presence"])
            let stanza: String
            switch dice.roll(4) {
            case 0 where stage < 4:
                stanza = dice.pick([
                    "<stream:features>\(afterLogin)</stream:features>", "<stream:features><starttls xmlns='\(tls)'/>\(mechanisms("PLAIN", "SCRAM-SHA-1"))</stream:features>",
                    "<challenge xmlns='\(sasl)'>\(base64("r=abc,s=c2FsdA==,i=4096"))</challenge>", "<success xmlns='\(sasl)'>dj1h</success>", "<failure xmlns='\(sasl)'><aborted/></failure>",
                    "<proceed xmlns='\(tls)'/>", "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
                ])
            case 1: stanza = "<stream:error><\(dice.pick(["conflict", "see-other-host", "reset"])) xmlns='urn:ietf:params:xml:ns:xmpp-streams'>x.example</reset></stream:error>"
            default:
                let type = dice.pick(["get", "set", "result", "error", "subscribe", "unavailable", ""])
                stanza = "<\(kind) type='\(type)' id='\(dice.roll(9))' from='\(dice.pick(Self.people))'>\(dice.pick(Self.payloads))</\(kind)>"
            }
            c.receive(dice.roll(3) == 0 ? Array(stanza.utf8) : Self.mutated(stanza, &dice))
            if dice.roll(6) == 0 { c.time.passes(.milliseconds(Int64(dice.roll(50_000)))) }
        }
    }
}

extension Conversation {
    /// The roster for whatever request for one was made last.
    func givesRosterAfter(_ items: String) {
        server.sends(raw: "<iq type='result' id='\(rosterID)'><query xmlns='jabber:iq:roster'>\(items)</query></iq>")
        said = []
    }
}
