import Access
import Fixed
import Readout
import Support
import Testing
import XMPP

@Suite("A readout ends with all that is permitted, or with why not")
struct ReadoutsTests {
    /// A readout by the parent of a Thing, from request to last message.
    private struct Laboratory: ~Copyable {
        var readouts = Readouts()
        var access = AccessTable()
        var roster: Roster
        let catalogue: Catalogue
        let parent = bare("parent@x")
        /// When the pass is begun.
        var taken = DateTime(unixSeconds: 1_767_225_600)

        init(_ names: [String], elsewhere: [String] = []) throws {
            roster = try Support.roster([("parent@x", "both"), ("friend@x", "both"), ("other@x", "both")])
            var catalogue = ReadoutTests.catalogue(names)
            for name in elsewhere {
                var field = field(name)
                field.node = UInt8(catalogue.addNode(Text("lamp@x")) ?? 0)
                _ = catalogue.declare(field)
            }
            self.catalogue = catalogue
        }

        /// A request that the door lets through, for those fields of it.
        mutating func begin(_ text: String, by jid: String, granted: FieldSet = .anyField, _ children: String = "") throws {
            let request = try ReadoutTests.request(text, children, catalogue)
            guard case .allowed(let permit, _) = access.settle(
                request.inquiry, granted: granted, to: full(jid).bare, asked: access.epoch, under: roster.seal(of: full(jid).bare) ?? 0, roster: roster)
            else {
                Issue.record("denied")
                return
            }
            readouts.begin(request, by: full(jid), id: Text("i&1"), permit: permit, at: taken)
        }

        /// The pass over the sensors: `answers` by place, silence for the others.
        mutating func sample(_ answers: [Int: Reading]) -> [Int] {
            readouts.startPass(at: taken, now: at(0))
            let wanted = places(readouts.sampler.takeRequest(now: at(0)))
            for (index, reading) in answers where readouts.sampler.sampled(index, reading) { readouts.passComplete() }
            if readouts.sampler.isOverdue(now: at(6)) { readouts.passComplete() }
            return wanted
        }

        /// All messages that are written, each as one string.
        mutating func messages() -> [String] {
            var all: [String] = []
            while true {
                var out = Outbox()
                guard readouts.transmit(access, roster: roster, parent: parent, at: taken, catalogue, to: &out), all.count < 200 else { break }
                all.append(string(out.bytes))
            }
            readouts.releasePass()
            return all
        }
    }

    private func value(_ mantissa: Int64, _ scale: UInt8) -> Reading { .value(.numeric(Decimal(mantissa, scale: scale))) }
    private let accepted = "<iq type='result' id='i&amp;1' to='friend@x/r'><accepted xmlns='urn:xmpp:iot:sensordata' seqnr='7'/></iq>"
    private let time = "2026-01-01T00:00:00Z"

    @Test("Values with their digits, units and time, in one write with the acceptance")
    func values() throws {
        var lab = try Laboratory(["T", "H <&>", "On"])
        try lab.begin("seqnr='7'", by: "friend@x/r")
        #expect(lab.sample([0: value(2340, 2), 1: value(-5, 2), 2: .value(.boolean(true))]) == [0, 1, 2])
        #expect(lab.messages() == [
            accepted + "<message to='friend@x/r'><fields xmlns='urn:xmpp:iot:sensordata' seqnr='7' done='true'>"
                + "<node nodeId='ward'><timestamp value='\(time)'>"
                + "<numeric name='T' momentary='true' automaticReadout='true' value='23.40' unit='\u{B0}C'/>"
                + "<numeric name='H &lt;&amp;>' momentary='true' automaticReadout='true' value='-0.05' unit='\u{B0}C'/>"
                + "<boolean name='On' momentary='true' automaticReadout='true' value='true'/>"
                + "</timestamp></node></fields></message>"
        ])
        let isEmpty = lab.readouts.isEmpty
        #expect(isEmpty)
    }

    @Test("Only what was asked for and granted is read, and nothing else is even sampled")
    func restricted() throws {
        var lab = try Laboratory(["A", "B", "C"])
        try lab.begin("seqnr='7'", by: "friend@x/r", granted: set([1, 2]), "<field name='A'/><field name='B'/>")
        #expect(lab.sample([0: value(1, 0), 1: value(2, 0), 2: value(3, 0)]) == [1])
        let messages = lab.messages()
        #expect(messages.count == 1 && messages[0].contains("name='B'") && messages[0].contains("done='true'"))
        #expect(!messages[0].contains("name='A'") && !messages[0].contains("name='C'"))
    }

    @Test("A Thing without fields gives an answer without values")
    func nothingThere() throws {
        var lab = try Laboratory([])
        try lab.begin("seqnr='7'", by: "friend@x/r")
        #expect(lab.sample([:]) == [])
        let messages = lab.messages()
        #expect(messages.count == 1 && !messages[0].contains("name=") && messages[0].contains("done='true'"))
    }

    @Test("What failed is told beside what worked, and `done` comes once, at the end")
    func failures() throws {
        var lab = try Laboratory(["A", "B", "C & D"])
        try lab.begin("seqnr='7'", by: "friend@x/r")
        _ = lab.sample([0: value(1, 0), 1: .failed(.notANumber)])
        let messages = lab.messages()
        #expect(messages.count == 2)
        #expect(messages.first?.contains("name='A'") == true && messages.first?.contains("done=") == false)
        #expect(messages.last == "<message to='friend@x/r'><failure xmlns='urn:xmpp:iot:sensordata' seqnr='7' done='true'>"
            + "<error nodeId='ward' timestamp='\(time)'>B: the sensor's answer is not a value</error>"
            + "<error nodeId='ward' timestamp='\(time)'>C &amp; D: the sensor did not answer in time</error></failure></message>")
    }

    @Test("Where everything failed there is no value at all")
    func allFailed() throws {
        var lab = try Laboratory(["A", "B"])
        try lab.begin("seqnr='7'", by: "friend@x/r")
        _ = lab.sample([:])
        let messages = lab.messages()
        #expect(messages.count == 1 && messages[0].hasPrefix(accepted + "<message") && !messages[0].contains("<fields"))
        #expect(messages[0].contains("done='true'") && messages[0].components(of: "<error ") == 2)
    }

    @Test("Many fields come in several messages: each once, in order, `done` on the last alone")
    func many() throws {
        let names = (0..<FieldSet.capacity).map { "Field \($0) \(String(repeating: "<", count: 50))" }
        var lab = try Laboratory(names)
        try lab.begin("seqnr='7'", by: "friend@x/r")
        var answers: [Int: Reading] = [:]
        for n in names.indices where n % 3 != 0 { answers[n] = value(Int64(n), 0) }
        _ = lab.sample(answers)
        let messages = lab.messages()
        #expect(messages.count > 4 && messages.allSatisfy { $0.utf8.count <= Outbox.reserve })
        #expect(messages.map { $0.contains("done='true'") } == Array(repeating: false, count: messages.count - 1) + [true])
        #expect(messages.filter { $0.contains("<accepted") }.count == 1 && messages[0].contains("<accepted"))
        let whole = messages.joined()
        for n in names.indices {
            #expect(whole.components(of: "name='Field \(n) ") == (n % 3 == 0 ? 0 : 1))
            #expect(whole.components(of: ">Field \(n) ") == (n % 3 == 0 ? 1 : 0))
        }
    }

    @Test("A friendship that ends: before the first word it is refused, in the middle there is silence")
    func revoked() throws {
        let names = (0..<100).map { "Field \($0)" }
        for begun in [false, true] {
            var lab = try Laboratory(names)
            try lab.begin("seqnr='7'", by: "friend@x/r")
            var answers: [Int: Reading] = [:]
            for n in names.indices { answers[n] = value(1, 0) }
            _ = lab.sample(answers)
            var out = Outbox()
            if begun {
                let wrote = lab.readouts.transmit(lab.access, roster: lab.roster, parent: lab.parent, at: lab.taken, lab.catalogue, to: &out)
                #expect(wrote && string(out.bytes).contains("name='Field 0'"))
            }
            try apply("jid='friend@x' subscription='from'", to: &lab.roster)
            let messages = lab.messages()
            #expect(!messages.joined().contains("Field"))
            #expect(messages.joined().contains("type='error'") == !begun)
            let isEmpty = lab.readouts.isEmpty
            #expect(isEmpty)
        }
    }

    @Test("When the parent takes all back, a friend is told that this was all, and gets nothing more")
    func cleared() throws {
        for begun in [false, true] {
            var lab = try Laboratory((0..<100).map { "Field \($0)" })
            try lab.begin("seqnr='7'", by: "friend@x/r")
            var answers: [Int: Reading] = [:]
            for n in 0..<100 { answers[n] = value(1, 0) }
            _ = lab.sample(answers)
            var out = Outbox()
            if begun {
                let wrote = lab.readouts.transmit(lab.access, roster: lab.roster, parent: lab.parent, at: lab.taken, lab.catalogue, to: &out)
                #expect(wrote)
            }
            lab.access.clear()
            let messages = lab.messages()
            #expect(messages.count == 1)
            if begun {
                #expect(messages.first == "<message to='friend@x/r'><failure xmlns='urn:xmpp:iot:sensordata' seqnr='7' done='true'>"
                    + "<error nodeId='ward' timestamp='\(time)'>no longer allowed</error></failure></message>")
            } else {
                #expect(messages.first?.contains("remote-server-timeout") == true)
            }
            let isEmpty = lab.readouts.isEmpty
            #expect(isEmpty)
        }
    }

    @Test("Every type and every quality of a value is written under its name; what was read before the clock was set says so")
    func types() throws {
        var lab = try Laboratory((0..<12).map { "F\($0)" })
        lab.taken = DateTime(unixSeconds: 1_000)
        try lab.begin("seqnr='7'", by: "friend@x/r")
        _ = lab.sample([
            0: .value(.int(-2_147_483_648)), 1: .value(.long(.min)), 2: .value(.string("a&b")), 3: .value(.text(Text("c<d"))),
            4: .value(.enumeration("on")), 5: .value(.date(20_454)), 6: .value(.dateTime(DateTime(unixSeconds: 1_767_225_600))),
            7: .value(.time(86_399)), 8: .value(.duration(-90)), 9: .value(.boolean(false)), 10: value(1, 3),
            11: .value(.int(1), Quality(bits: 0x3FFF)),
        ])
        let said = lab.messages().joined()
        let marks = "momentary='true' automaticReadout='true' timeOffset='true'"
        for piece in [
            "<int name='F0' \(marks) value='-2147483648'/>", "<long name='F1' \(marks) value='-9223372036854775808'/>",
            "<string name='F2' \(marks) value='a&amp;b'/>", "<string name='F3' \(marks) value='c&lt;d'/>",
            "<enum name='F4' \(marks) value='on' dataType='\u{B0}C'/>", "<date name='F5' \(marks) value='2026-01-01'/>",
            "<dateTime name='F6' \(marks) value='2026-01-01T00:00:00Z'/>", "<time name='F7' \(marks) value='23:59:59Z'/>",
            "<duration name='F8' \(marks) value='-PT90S'/>", "<boolean name='F9' \(marks) value='false'/>",
            "<numeric name='F10' \(marks) value='0.001' unit='\u{B0}C'/>",
            "<int name='F11' momentary='true' missing='true' inProgress='true' automaticEstimate='true' manualEstimate='true' "
                + "manualReadout='true' automaticReadout='true' timeOffset='true' warning='true' error='true' signed='true' "
                + "invoiced='true' endOfSeries='true' powerFailure='true' invoiceConfirmed='true' value='1'/>",
        ] {
            #expect(said.contains(piece), "\(piece)\n\(said)")
        }
    }

    @Test("Each value stands on its own node, under its own time")
    func nodes() throws {
        var lab = try Laboratory(["A", "B"], elsewhere: ["C", "D"])
        try lab.begin("seqnr='7'", by: "friend@x/r")
        lab.readouts.startPass(at: lab.taken, now: at(0))
        _ = lab.readouts.sampler.takeRequest(now: at(0))
        for i in 0..<3 { _ = lab.readouts.sampler.sampled(i, value(Int64(i), 0), at: i == 2 ? DateTime(unixSeconds: 1_767_000_000) : nil) }
        let last = lab.readouts.sampler.sampled(3, .failed(.gone))
        #expect(last)
        lab.readouts.passComplete()
        let said = lab.messages().joined()
        func numeric(_ name: String, _ value: Int) -> String {
            "<numeric name='\(name)' momentary='true' automaticReadout='true' value='\(value)' unit='\u{B0}C'/>"
        }
        #expect(said.contains("<node nodeId='ward'><timestamp value='\(time)'>\(numeric("A", 0))\(numeric("B", 1))</timestamp></node>"
            + "<node nodeId='lamp@x'><timestamp value='2025-12-29T09:20:00Z'>\(numeric("C", 2))</timestamp></node></fields>"))
        #expect(said.contains("<error nodeId='lamp@x' timestamp='\(time)'>D: the sensor is gone</error>"))
    }

    @Test("What is outside of the time that was asked for is not told, momentary values and failures included")
    func inTime() throws {
        for (range, told) in [
            ("from='2026-01-01T00:00:00Z'", true), ("from='2026-01-01T00:00:01Z'", false), ("to='2026-01-01T00:00:00Z'", true),
            ("to='2025-12-31T23:59:59Z'", false), ("from='2026-01-01T01:00:00+01:00' to='2026-01-01T01:00:00+01:00'", true),
            ("from='2026-01-01T00:00:01Z' to='2025-12-31T23:59:59Z'", false),
        ] {
            var lab = try Laboratory(["A", "B"])
            try lab.begin("seqnr='7' \(range)", by: "friend@x/r")
            _ = lab.sample([0: value(1, 0)])
            let said = lab.messages().joined()
            #expect(said.contains("name='A'") == told && said.contains("<error") == told, "\(range)")
            #expect(said.components(of: "done='true'") == 1)
        }
    }

    @Test("Long answers take turns, message by message")
    func turns() throws {
        var lab = try Laboratory((0..<100).map { "Field \($0)" })
        try lab.begin("seqnr='1'", by: "friend@x/r")
        try lab.begin("seqnr='2'", by: "other@x/r")
        var answers: [Int: Reading] = [:]
        for n in 0..<100 { answers[n] = value(1, 0) }
        _ = lab.sample(answers)
        let turns = lab.messages().map { $0.contains("to='friend@x/r'") }
        #expect(turns.count > 6 && turns == turns.indices.map { $0 % 2 == 0 })
    }

    @Test("Without room the message comes later, whole")
    func noRoom() throws {
        var lab = try Laboratory(["A"])
        try lab.begin("seqnr='7'", by: "friend@x/r")
        _ = lab.sample([0: value(1, 0)])
        var out = Outbox()
        while out.room > 200 { out.put(0x20) }
        out.commit()
        let before = out.count
        let wrote = lab.readouts.transmit(lab.access, roster: lab.roster, parent: lab.parent, at: lab.taken, lab.catalogue, to: &out)
        let after = out.count
        #expect(!wrote && before == after)
        #expect(lab.messages().count == 1)
    }

    @Test("Two who wait share a pass; each gets what it may have")
    func shared() throws {
        var lab = try Laboratory(["A", "B"])
        try lab.begin("seqnr='7'", by: "friend@x/r", granted: set([0]))
        try lab.begin("seqnr='8'", by: "other@x/p", granted: set([1]))
        #expect(lab.sample([0: value(10, 0), 1: value(20, 0)]) == [0, 1])
        let messages = lab.messages()
        #expect(messages.count == 2)
        #expect(messages[0].contains("to='friend@x/r'") && messages[0].contains("value='10'") && !messages[0].contains("value='20'"))
        #expect(messages[1].contains("to='other@x/p'") && messages[1].contains("value='20'") && !messages[1].contains("value='10'"))
    }

    @Test("Full is an ordinary answer: for each friend, for all, and for the same number twice")
    func noPlace() throws {
        var lab = try Laboratory(["A"])
        func obstacle(_ jid: String, _ sequence: Int32, _ more: String = "") -> String? {
            let request = try? request("seqnr='\(sequence)' \(more)", "", lab.catalogue)
            return request.flatMap { lab.readouts.obstacle(for: full(jid), $0)?.condition.description }
        }
        #expect(obstacle("friend@x/r", 1) == nil)
        try lab.begin("seqnr='1'", by: "friend@x/r")
        #expect(obstacle("friend@x/r", 1) == "conflict")
        #expect(obstacle("friend@x/R", 1) == nil && obstacle("friend@x/r", 2) == nil)
        try lab.begin("seqnr='2'", by: "friend@x/r")
        try lab.begin("seqnr='1'", by: "friend@x/other")
        #expect(obstacle("friend@x/r", 3) == "resource-constraint" && obstacle("friend@x/third", 1) == "resource-constraint")
        #expect(obstacle("other@x/p", 1) == nil)
        for n in 0..<5 { try lab.begin("seqnr='\(n)'", by: "other@x/p") }
        #expect(obstacle("somebody@x/r", 1) == "resource-constraint")
        lab.readouts.removeAll()
        #expect(obstacle("friend@x/r", 1) == nil)
        // What is put off leaves room for who wants to read now.
        let later = "when='2026-01-01T01:00:00Z'"
        for friend in ["friend@x/r", "other@x/r"] {
            for n in 1...2 { try lab.begin("seqnr='\(n)' \(later)", by: friend) }
            #expect(obstacle(friend, 3, later) == "resource-constraint" && obstacle(friend, 3) == nil)
        }
        #expect(obstacle("parent@x/p", 1, later) == "resource-constraint" && obstacle("parent@x/p", 1) == nil)
    }
}

extension String {
    /// How often `piece` occurs.
    func components(of piece: String) -> Int { split(separator: piece, omittingEmptySubsequences: false).count - 1 }
}
