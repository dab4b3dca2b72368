import Access
import Fixed
import Foundation
import Readout
import Testing
import Thing

/// Writes through the one door (XEP-0325): first the parent's word, then the values,
/// then the outputs, all or nothing.
@Suite("Writing") struct WritingTests {
    /// Temperature can only be read; the others can be set.
    static let fields = [
        Field("Temperature", "°C"), Field("Lamp", "", Output(.int, 0...255)),
        Field("Fan", "%", Output(.double, 0...10_000, scale: 2)), Field("Relay", "", Output(.boolean, 0...1)),
    ]

    private func online(_ pace: Pace = .whole, parentIsHere: Bool = true) -> Conversation {
        let c = Conversation(pace, fields: Self.fields)
        c.sensors[1] = .value(.int(7))
        c.sensors[2] = .number(2_500, scale: 2)
        c.sensors[3] = .value(.boolean(false))
        c.goOnline(item(parent) + item(bob) + item(carol), parentIsHere: parentIsHere)
        return c
    }

    // MARK: Who may

    @Test("allowed: the parent is asked for the parameters by name, then the output is set, then it is said", arguments: Pace.allCases)
    func allowed(_ pace: Pace) {
        let c = online(pace)
        c.server.sets(from: desk, "<int name='Lamp' value='75'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/>")
        c.thing.saysNothing()
        #expect(c.written.isEmpty, "nothing moves before it is allowed")
        c.server.allowsWriting(bob)
        c.thing.hasSet(desk)
        #expect(c.written == ["1=75"])
        #expect(c.log.contains("bob@far.example may write Lamp (fresh)"))
        #expect(c.log.contains("set Lamp to 75 for bob@far.example"))
        c.server.sets(from: sofa, "<int name='Lamp' value='0'/>")
        c.thing.hasSet(sofa)
        #expect(c.written == ["1=75", "1=0"], "what was allowed is remembered")
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("denied: forbidden, and nothing moves", arguments: Pace.allCases)
    func denied(_ pace: Pace) {
        let c = online(pace)
        c.server.sets(from: desk, "<int name='Lamp' value='75'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/>")
        c.server.allowsWriting(bob, result: "false")
        c.thing.refuses(desk, id: "w1", "cancel", "forbidden", "not allowed")
        #expect(c.written.isEmpty)
    }

    @Test("leave to read is not leave to write")
    func readingIsNotWriting() {
        let c = online()
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.server.allowsReading(bob)
        _ = c.thing.hearOut()
        c.server.sets(from: desk, "<int name='Lamp' value='75'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/>")
        #expect(c.written.isEmpty)
    }

    @Test("whoever is no friend is refused before the request is looked at", arguments: [eve, "home.example", "owner@home.example.evil/x", "prov.home.example"])
    func strangers(_ sender: String) {
        let c = online()
        for inside in ["<int name='Lamp' value='75'/>", "<int name='Lamp' value='x'/>", "<nonsense/>", ""] {
            c.server.sets(from: sender, inside)
            c.thing.refuses(sender, id: "w1", "cancel", "forbidden", "only friends may ask")
        }
        c.server.setsByMessage(from: sender, "<int name='Lamp' value='75'/>")
        c.thing.saysNothing()
        #expect(c.written.isEmpty)
        c.thing.hasAnsweredEverything()
    }

    @Test("the parent sets without asking itself")
    func parentSets() {
        let c = online()
        c.server.sets(from: phone, "<boolean name='Relay' value='1'/>")
        c.thing.hasSet(phone)
        #expect(c.written == ["3=true"])
    }

    @Test("no answer of the parent in 30 s: no decision, nothing moves, and it is asked again the next time")
    func silentParent() {
        let c = online()
        c.server.sets(from: desk, "<int name='Lamp' value='75'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/>")
        c.time.passes(.seconds(29))
        c.thing.saysNothing()
        c.time.passes(.seconds(2))
        c.thing.refuses(desk, id: "w1", "wait", "remote-server-timeout", "no decision: my parent did not answer")
        c.server.allowsWriting(bob)
        c.server.sets(from: desk, "<int name='Lamp' value='75'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/>")
        #expect(c.written.isEmpty)
    }

    @Test("a partial grant is done in part, and that part is echoed", arguments: Pace.allCases)
    func partial(_ pace: Pace) {
        let c = online(pace)
        c.server.sets(from: desk, "<int name='Lamp' value='75'/><double name='Fan' value='1e1'/><boolean name='Relay' value='true'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/><parameter name='Fan'/><parameter name='Relay'/>")
        c.server.allowsWriting(bob, inside: "<parameter name='Relay'/><parameter name='Lamp'/><parameter name='Temperature'/>")
        c.thing.says("<iq type='result' id='w1' to='\(desk)'><setResponse xmlns='urn:xmpp:iot:control'><parameter name='Lamp'/><parameter name='Relay'/></setResponse></iq>")
        #expect(c.written == ["1=75", "3=true"])
    }

    // MARK: What

    @Test("a parameter that does not exist is told to whoever may write everything, and to nobody else")
    func unknownParameter() {
        for name in ["Nothing", "Temperature", "lamp"] {
            let c = online()
            c.server.sets(from: phone, "<int name='\(name)' value='1'/>")
            c.thing.refuses(phone, id: "w1", "cancel", "item-not-found", "no such parameter or node")
            c.server.sets(from: desk, "<int name='\(name)' value='1'/>")
            c.thing.asksWhetherMayWrite(bob, "<parameter name='\(name)'/>")
            c.server.allowsWriting(bob)
            c.thing.refuses(desk, id: "w1", "cancel", "item-not-found", "no such parameter or node")
            c.server.sets(from: lab, "<int name='\(name)' value='1'/>")
            c.thing.asksWhetherMayWrite(carol, "<parameter name='\(name)'/>")
            c.server.allowsWriting(carol, inside: "<parameter name='Lamp'/>")
            c.thing.refuses(lab, id: "w1", "cancel", "forbidden", "not allowed")
        }
    }

    @Test("beside one that is allowed, one that does not exist looks like one that is not allowed", arguments: ["Nothing", "Fan"])
    func oracle(_ name: String) {
        let c = online()
        c.server.sets(from: desk, "<int name='Lamp' value='75'/><int name='\(name)' value='1'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/><parameter name='\(name)'/>")
        c.server.allowsWriting(bob, inside: "<parameter name='Lamp'/>")
        c.thing.says("<iq type='result' id='w1' to='\(desk)'><setResponse xmlns='urn:xmpp:iot:control'><parameter name='Lamp'/></setResponse></iq>")
        #expect(c.written == ["1=75"])
    }

    @Test("a known parameter is not set beside one that does not exist, where the caller may know that")
    func unknownBeside() {
        let c = online()
        c.server.sets(from: phone, "<int name='Lamp' value='75'/><int name='Lump' value='1'/>")
        c.thing.refuses(phone, id: "w1", "cancel", "item-not-found", "no such parameter or node")
        #expect(c.written.isEmpty)
    }

    @Test("nodes: the Thing's own is one, any other does not exist")
    func nodes() {
        let c = online()
        c.server.sets(from: phone, "<node nodeId='thing'/><int name='Lamp' value='75'/>")
        c.thing.hasSet(phone)
        c.server.sets(from: phone, "<int name='Lamp' value='76'/><node nodeId='other'/>")
        c.thing.refuses(phone, id: "w1", "cancel", "item-not-found", "no such parameter or node")
        c.server.sets(from: phone, "<node nodeId='thing'/><node nodeId='other'/><int name='Lamp' value='76'/>")
        c.thing.refuses(phone, id: "w1", "cancel", "item-not-found", "no such parameter or node")
        #expect(c.written == ["1=75"])
    }

    static let bad: [(String, String, String)] = [
        ("<int name='Lamp' value='256'/>", "Lamp", "expected: int 0 ... 255"), ("<int name='Lamp' value='-1'/>", "Lamp", "expected: int 0 ... 255"),
        ("<int name='Lamp' value=''/>", "Lamp", "expected: int 0 ... 255"), ("<int name='Lamp'/>", "Lamp", "expected: int 0 ... 255"),
        ("<int name='Lamp' value='seven'/>", "Lamp", "expected: int 0 ... 255"), ("<int name='Lamp' value='7.0'/>", "Lamp", "expected: int 0 ... 255"),
        ("<int name='Lamp' value='0x7'/>", "Lamp", "expected: int 0 ... 255"), ("<int name='Lamp' value='99999999999999999999'/>", "Lamp", "expected: int 0 ... 255"),
        ("<boolean name='Lamp' value='true'/>", "Lamp", "expected: int 0 ... 255"), ("<string name='Lamp' value='7'/>", "Lamp", "expected: int 0 ... 255"),
        ("<double name='Lamp' value='7'/>", "Lamp", "expected: int 0 ... 255"), ("<color name='Lamp' value='3399FF'/>", "Lamp", "expected: int 0 ... 255"),
        ("<date name='Lamp' value='2026-01-01'/>", "Lamp", "expected: int 0 ... 255"), ("<time name='Lamp' value='10:00:00'/>", "Lamp", "expected: int 0 ... 255"),
        ("<dateTime name='Lamp' value='2026-01-01T10:00:00Z'/>", "Lamp", "expected: int 0 ... 255"), ("<duration name='Lamp' value='PT1S'/>", "Lamp", "expected: int 0 ... 255"),
        ("<double name='Fan' value='100.01'/>", "Fan", "expected: double 0.00 ... 100.00"), ("<double name='Fan' value='0.001'/>", "Fan", "expected: double 0.00 ... 100.00"),
        ("<double name='Fan' value='NaN'/>", "Fan", "expected: double 0.00 ... 100.00"), ("<double name='Fan' value='1e3'/>", "Fan", "expected: double 0.00 ... 100.00"),
        ("<double name='Fan' value='1e99999999999'/>", "Fan", "expected: double 0.00 ... 100.00"), ("<double name='Fan' value='5e-324'/>", "Fan", "expected: double 0.00 ... 100.00"),
        ("<boolean name='Relay' value='yes'/>", "Relay", "expected: boolean true or false"), ("<int name='Relay' value='1'/>", "Relay", "expected: boolean true or false"),
        ("<int name='Lamp' value='1'/><int name='Lamp' value='2'/>", "Lamp", "given twice"),
        ("<boolean name='Relay' value='true'/><double name='Fan' value='1'/><int name='Lamp' value='999'/>", "Lamp", "expected: int 0 ... 255"),
    ]

    @Test("a value that the output cannot take is a bad request that names the parameter, and nothing at all is set", arguments: bad)
    func badValues(_ inside: String, _ name: String, _ words: String) {
        let c = online()
        c.server.sets(from: phone, inside)
        c.thing.blames(phone, name, words)
        #expect(c.written.isEmpty)
        c.thing.hasAnsweredEverything()
    }

    @Test("numbers as they may be written", arguments: [
        ("<int name='Lamp' value='+7'/>", "1=7"), ("<long name='Lamp' value=' 007 '/>", "1=7"), ("<double name='Fan' value='12.50'/>", "2=12.50"),
        ("<double name='Fan' value='1.25E+1'/>", "2=12.50"), ("<double name='Fan' value='.5'/>", "2=0.50"), ("<int name='Fan' value='100'/>", "2=100.00"),
        ("<double name='Fan' value='0e300'/>", "2=0.00"), ("<double name='Fan' value='1000000e-4'/>", "2=100.00"), ("<boolean name='Relay' value='0'/>", "3=false"),
    ])
    func numbers(_ inside: String, _ written: String) {
        let c = online()
        c.server.sets(from: phone, inside)
        c.thing.hasSet(phone)
        #expect(c.written == [written])
    }

    @Test("whoever may not write a parameter does not learn that its value is bad (no oracle)")
    func authoriseBeforeValidate() {
        let c = online()
        c.server.sets(from: desk, "<int name='Lamp' value='256'/><boolean name='Relay' value='maybe'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/><parameter name='Relay'/>")
        c.server.allowsWriting(bob, result: "false")
        c.thing.refuses(desk, id: "w1", "cancel", "forbidden", "not allowed")
        c.server.sets(from: lab, "<int name='Lamp' value='25'/><boolean name='Relay' value='maybe'/>")
        c.thing.asksWhetherMayWrite(carol, "<parameter name='Lamp'/><parameter name='Relay'/>")
        c.server.allowsWriting(carol, inside: "<parameter name='Lamp'/>")
        c.thing.says("<iq type='result' id='w1' to='\(lab)'><setResponse xmlns='urn:xmpp:iot:control'><parameter name='Lamp'/></setResponse></iq>")
    }

    @Test("what is no set at all is a bad request", arguments: [
        "", "<node nodeId='thing'/>", "<int value='1'/>", "<int name='' value='1'/>", "<laser name='Lamp' value='1'/>",
        "<int name='Lamp' value='1'/><laser name='Lamp' value='1'/>", "<node/><int name='Lamp' value='1'/>",
        "<x xmlns='jabber:x:data' type='form'><field var='Lamp'><value>1</value></field></x>", "<x xmlns='jabber:x:data' type='submit'/>",
    ])
    func malformed(_ inside: String) {
        let c = online()
        c.server.sets(from: desk, inside)
        let heard = c.thing.hearOut()
        #expect(heard.count == 1 && heard[0].child("error")?.child("bad-request") != nil)
        #expect(c.written.isEmpty)
        c.thing.hasAnsweredEverything()
    }

    @Test("more parameters than are set at once")
    func tooMany() {
        let many = (0..<17).map { Field("Out\($0)", "", Output(.int, 0...1)) }
        let c = Conversation(fields: many)
        for i in many.indices { c.sensors[i] = .value(.int(0)) }
        c.goOnline(item(parent))
        c.server.sets(from: phone, (0..<17).map { "<int name='Out\($0)' value='1'/>" }.joined())
        c.thing.refuses(phone, id: "w1", "modify", "not-acceptable", "more parameters than are set at once")
        c.server.sets(from: phone, (0..<16).map { "<int name='Out\($0)' value='1'/>" }.joined())
        c.thing.hasSet(phone)
        #expect(c.written == (0..<16).map { "\($0)=1" })
    }

    // MARK: All or nothing

    @Test("several are set in the order of the document, and a form submitted is the same")
    func order() {
        let c = online()
        c.server.sets(from: phone, "<boolean name='Relay' value='true'/><double name='Fan' value='50'/><int name='Lamp' value='1'/>")
        c.thing.hasSet(phone)
        #expect(c.written == ["3=true", "2=50.00", "1=1"])
        c.server.sets(from: phone, "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>x</value></field>"
            + "<field var='session' type='hidden'><value>x</value></field><field var='Fan'><value>49.5</value></field>"
            + "<field var='Lamp'/><field var='Relay' type='boolean'><value>0</value></field></x>")
        c.thing.hasSet(phone)
        #expect(c.written.suffix(2) == ["2=49.50", "3=false"])
    }

    @Test("where an output refuses, those before it are set back, and the error names it", arguments: Pace.allCases)
    func refused(_ pace: Pace) {
        let c = online(pace)
        c.outputs[3] = .fails(.refused)
        c.server.sets(from: phone, "<double name='Fan' value='50'/><int name='Lamp' value='1'/><boolean name='Relay' value='true'/>")
        c.thing.blames(phone, "Relay", "the output refuses the value", "cancel", "internal-server-error", "nothing was changed")
        #expect(c.written == ["2=50.00", "1=1", "3=true", "1=7", "2=25.00"])
        c.thing.hasAnsweredEverything()
    }

    @Test("that setting back failed is said")
    func halfDone() {
        let c = online()
        c.outputs[3] = .isSilent
        c.server.sets(from: phone, "<int name='Lamp' value='1'/><boolean name='Relay' value='true'/>")
        c.thing.saysNothing()
        c.outputs[1] = .fails(.notAnswering)
        c.output(3, says: .refused)
        c.settle()
        c.thing.blames(phone, "Relay", "the output refuses the value", "cancel", "internal-server-error", "not all outputs could be set back")
        #expect(c.log.contains("could not be set back: Lamp"))
    }

    @Test("one alone that is refused: nothing was changed, and nothing need be read before")
    func oneRefused() {
        let c = online()
        c.outputs[1] = .fails(.refused)
        c.server.sets(from: phone, "<int name='Lamp' value='1'/>")
        c.thing.blames(phone, "Lamp", "the output refuses the value", "cancel", "internal-server-error", "nothing was changed")
        #expect(c.passes.isEmpty)
    }

    @Test("what could not be set back is not set at all")
    func unreadable() {
        let c = online()
        c.sensors[2] = .failed(.notAnswering)
        c.server.sets(from: phone, "<int name='Lamp' value='1'/><double name='Fan' value='50'/>")
        c.thing.blames(phone, "Fan", "its present value cannot be read", "cancel", "internal-server-error", "nothing was changed")
        #expect(c.written.isEmpty)
    }

    @Test("an output that never answers is given up, and the next write is not let near it before it has")
    func silentOutput() {
        let c = online()
        c.outputs[1] = .isSilent
        c.server.sets(from: phone, "<int name='Lamp' value='1'/>")
        c.time.passes(.seconds(7))
        c.thing.blames(phone, "Lamp", "the output did not answer in time", "cancel", "internal-server-error", "not all outputs could be set back")
        c.server.sets(from: phone, "<boolean name='Relay' value='true'/>")
        c.thing.refuses(phone, id: "w1", "wait", "conflict", "an output is still being set")
        c.output(1, says: nil)
        c.server.sets(from: phone, "<boolean name='Relay' value='true'/>")
        c.thing.hasSet(phone)
        c.thing.hasAnsweredEverything()
    }

    // MARK: Revocation

    @Test("an end of the friendship between the grant and the act stops it", arguments: ["remove", "from", "none"])
    func unfriended(_ subscription: String) {
        let c = online()
        c.outputs[2] = .isSilent
        c.server.sets(from: desk, "<double name='Fan' value='50'/><int name='Lamp' value='1'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Fan'/><parameter name='Lamp'/>")
        c.server.allowsWriting(bob)
        #expect(c.written == ["2=50.00"])
        c.server.pushes(item(bob, subscription))
        c.outputs[2] = .obeys
        c.output(2, says: nil)
        c.settle()
        #expect(c.written == ["2=50.00", "2=25.00"], "what was begun is set back")
        c.thing.says("<iq type='result' id='push'/>")
        c.thing.refuses(desk, id: "w1", "cancel", "forbidden", "only friends may ask")
    }

    @Test("what came of a line of chat is not told to whoever is no friend any more")
    func formerFriendsChat() {
        let c = online()
        c.outputs[1] = .isSilent
        c.server.sends("<message type='chat' from='\(desk)'><body>Lamp=75</body></message>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/>")
        c.server.allowsWriting(bob)
        #expect(c.written == ["1=75"])
        c.server.pushes(item(bob, "remove"))
        c.thing.says("<iq type='result' id='push'/>")
        c.output(1, says: nil)
        c.settle()
        c.thing.saysNothing()
    }

    @Test("clearCache between the grant and the act stops it")
    func cleared() {
        let c = online()
        c.outputs[2] = .isSilent
        c.server.sets(from: desk, "<double name='Fan' value='50'/><int name='Lamp' value='1'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Fan'/><parameter name='Lamp'/>")
        c.server.allowsWriting(bob)
        c.server.sends("<iq type='set' id='c1' from='\(phone)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        c.thing.says("<iq type='result' id='c1' to='\(phone)'><clearCacheResponse xmlns='urn:xmpp:iot:provisioning'/></iq>")
        c.outputs[2] = .obeys
        c.output(2, says: nil)
        c.settle()
        c.thing.refuses(desk, id: "w1", "cancel", "forbidden", "no longer allowed")
        #expect(c.written == ["2=50.00", "2=25.00"])
    }

    @Test("an answer to a question from before clearCache sets nothing")
    func raceWithClear() {
        let c = online()
        c.server.sets(from: desk, "<int name='Lamp' value='1'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/>")
        c.server.sends("<iq type='set' id='c1' from='\(phone)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        _ = c.thing.hearOut()
        c.server.allowsWriting(bob)
        c.thing.refuses(desk, id: "w1", "wait", "remote-server-timeout", "no decision: my parent did not answer")
        #expect(c.written.isEmpty)
    }

    @Test("the stream breaks in the middle: what was begun is set back, and nobody is answered on the next stream")
    func brokenStream() {
        let c = online()
        c.outputs[2] = .isSilent
        c.server.sets(from: phone, "<double name='Fan' value='50'/><int name='Lamp' value='1'/>")
        c.server.sets(from: desk, id: "w2", "<boolean name='Relay' value='true'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Relay'/>")
        #expect(c.written == ["2=50.00"])
        c.disconnect()
        c.outputs[2] = .obeys
        c.output(2, says: nil)
        c.settle()
        #expect(c.written == ["2=50.00", "2=25.00"])
        c.said = []
        c.time.passes(.seconds(5))
        c.goOnline(item(parent) + item(bob) + item(carol), version: "v1")
        c.thing.saysNothing()
        c.server.sets(from: phone, "<int name='Lamp' value='9'/>")
        c.thing.hasSet(phone)
    }

    // MARK: By message

    @Test("by message: the same effect, and never an answer", arguments: ["", "normal", "chat", "headline", "set", "nonsense"])
    func byMessage(_ type: String) {
        let c = online()
        c.server.setsByMessage(from: desk, type: type, "<int name='Lamp' value='75'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/>")
        c.server.allowsWriting(bob)
        #expect(c.written == ["1=75"])
        for inside in ["<int name='Lamp' value='x'/>", "<laser/>", ""] { c.server.setsByMessage(from: desk, type: type, inside) }
        c.outputs[1] = .fails(.refused)
        c.server.setsByMessage(from: desk, type: type, "<int name='Lamp' value='75'/>")
        c.thing.saysNothing()
    }

    @Test("by message and denied: nothing is said, nothing moves")
    func messageDenied() {
        let c = online()
        c.server.setsByMessage(from: desk, "<int name='Lamp' value='75'/>")
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/>")
        c.server.allowsWriting(bob, result: "false")
        c.thing.saysNothing()
        #expect(c.written.isEmpty)
        #expect(c.log.contains("a set by message came to nothing (forbidden), from bob@far.example"))
    }

    @Test("a message of type error sets nothing")
    func messageError() {
        let c = online()
        c.server.setsByMessage(from: phone, type: "error", "<int name='Lamp' value='75'/>")
        c.thing.saysNothing()
        #expect(c.written.isEmpty)
    }

    @Test("what was delayed on its way is not done, whoever sent it", arguments: [
        "<delay xmlns='urn:xmpp:delay' from='far.example' stamp='2026-01-01T00:00:00Z'/>", "<x xmlns='jabber:x:delay' stamp='20260101T00:00:00'/>",
    ], [phone, desk])
    func delayed(_ delay: String, _ sender: String) {
        let c = online()
        c.server.sends("<message from='\(sender)'><set xmlns='urn:xmpp:iot:control'><int name='Lamp' value='75'/></set>\(delay)</message>")
        c.server.sends("<message from='\(sender)'>\(delay)<set xmlns='urn:xmpp:iot:control'><int name='Lamp' value='75'/></set></message>")
        c.thing.saysNothing()
        #expect(c.log.count("a set that was delayed on its way is refused") == 2)
        c.server.sends("<iq type='set' id='w1' from='\(sender)'><set xmlns='urn:xmpp:iot:control'><int name='Lamp' value='75'/></set>\(delay)</iq>")
        // An IQ carries one thing, and a delay is another.
        c.thing.refuses(sender, id: "w1", "modify", "bad-request")
        #expect(c.written.isEmpty)
    }

    // MARK: Room

    @Test("writes at once are capped for each friend and in all, and each request has its one answer")
    func caps() {
        let c = online()
        for i in 0..<3 { c.server.sets(from: desk, id: "b\(i)", "<int name='Lamp' value='\(i)'/>") }
        c.thing.asksWhetherMayWrite(bob, "<parameter name='Lamp'/>")
        c.thing.refuses(desk, id: "b2", "wait", "resource-constraint", "no room at the moment")
        for i in 0..<2 { c.server.sets(from: lab, id: "c\(i)", "<int name='Lamp' value='\(10 + i)'/>") }
        c.thing.asksWhetherMayWrite(carol, "<parameter name='Lamp'/>", id: "q2")
        c.server.sets(from: phone, id: "p", "<int name='Lamp' value='99'/>")
        c.thing.refuses(phone, id: "p", "wait", "resource-constraint", "no room at the moment")
        c.server.allowsWriting(carol, id: "$q2")
        c.server.allowsWriting(bob)
        for (jid, id) in [(lab, "c0"), (lab, "c1"), (desk, "b0"), (desk, "b1")] { c.thing.hasSet(jid, id: id) }
        #expect(c.written == ["1=10", "1=11", "1=0", "1=1"])
        c.thing.hasAnsweredEverything()
    }

    @Test("a full outbox holds an answer back, and loses none", arguments: Pace.allCases)
    func fullOutbox(_ pace: Pace) {
        let c = online(pace)
        c.outlet = 0
        for i in 0..<80 { c.server.sends("<iq type='get' id='ping-\(i)-\(String(repeating: "x", count: 100))' from='\(desk)'><ping xmlns='urn:xmpp:ping'/></iq>") }
        c.server.sets(from: phone, "<int name='Lamp' value='5'/>")
        c.outlet = nil
        c.settle()
        #expect(c.written == ["1=5"])
        c.thing.hasAnsweredEverything()
    }

    // MARK: Forms

    @Test("a form of what this friend may write, with range, unit and present value", arguments: Pace.allCases)
    func form(_ pace: Pace) {
        let c = online(pace)
        c.server.asksForForm(from: desk)
        c.thing.asksWhetherMayWrite(bob, "")
        c.server.allowsWriting(bob, inside: "<parameter name='Fan'/><parameter name='Relay'/><parameter name='Temperature'/>")
        c.thing.says("<iq type='result' id='f1' to='\(desk)'><x xmlns='jabber:x:data' type='form'><title>thing</title>"
            + "<field var='Fan' type='text-single' label='Fan (%)'><desc>0.00 ... 100.00</desc><value>25.00</value>"
            + "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:double'><range min='0.00' max='100.00'/></validate>"
            + "<notSame xmlns='urn:xmpp:xdata:dynamic'/></field>"
            + "<field var='Relay' type='boolean' label='Relay'><value>false</value><notSame xmlns='urn:xmpp:xdata:dynamic'/></field></x></iq>")
        #expect(c.written.isEmpty)
        c.server.asksForForm(from: desk)
        let again = c.thing.hearOut()
        #expect(again.count == 1 && again[0].attributes["type"] == "result", "the parent's word on forms is remembered")
    }

    @Test("a present value that cannot be read is not shown, and the rest is")
    func formWithout() {
        let c = online()
        c.sensors[1] = .failed(.gone)
        c.server.asksForForm(from: phone)
        let form = c.thing.hearOut().first?.child("x")
        #expect(form?.all("field").map { $0.attributes["var"] } == ["Lamp", "Fan", "Relay"])
        #expect(form?.all("field").map { $0.child("value")?.text } == [nil, "25.00", "false"])
    }

    @Test("no leave, no form")
    func formDenied() {
        let c = online()
        c.server.asksForForm(from: desk)
        c.thing.asksWhetherMayWrite(bob, "")
        c.server.allowsWriting(bob, result: "false")
        c.thing.refuses(desk, id: "f1", "cancel", "forbidden", "not allowed")
        c.server.asksForForm(from: eve)
        c.thing.refuses(eve, id: "f1", "cancel", "forbidden", "only friends may ask")
        #expect(c.passes.isEmpty)
    }

    @Test("a Thing without outputs has an empty form")
    func nothingToWrite() {
        let c = Conversation()
        c.goOnline(item(parent) + item(bob))
        c.server.asksForForm(from: phone)
        c.thing.says("<iq type='result' id='f1' to='\(phone)'><x xmlns='jabber:x:data' type='form'><title>thing</title></x></iq>")
    }

    @Test("the largest form fits the outbox, and says what it leaves out")
    func largestForm() {
        let long = (0..<20).map { i in Field(String(repeating: "&", count: 60) + "\(10 + i)", "&&&&&&&&", Output(.double, -999_999_999...999_999_999, scale: 9)) }
        let c = Conversation(fields: long)
        for i in long.indices { c.sensors[i] = .number(-1, scale: 9) }
        c.goOnline(item(parent))
        c.outlet = 0
        c.server.asksForForm(from: phone)
        #expect(c.outgoingCount > 0 && c.outgoingCount <= 8_192)
        c.outlet = nil
        c.settle()
        let form = c.thing.hearOut().first?.child("x")
        #expect(form?.child("instructions")?.text == "What is not shown can be set by its name.")
        #expect((form?.all("field").count ?? 0) > 3)
    }
}

extension Field {
    init(_ name: String, _ unit: String, _ output: Output) {
        self.init(name: Text(utf8: name), unit: Text(utf8: unit), output: output)
    }
}

extension Server {
    func sets(from: String, id: String = "w1", _ inside: String) {
        sends("<iq type='set' id='\(id)' from='\(from)'><set xmlns='urn:xmpp:iot:control'>\(inside)</set></iq>")
    }

    func setsByMessage(from: String, type: String = "", _ inside: String) {
        sends("<message from='\(from)'\(type.isEmpty ? "" : " type='\(type)'")><set xmlns='urn:xmpp:iot:control'>\(inside)</set></message>")
    }

    func asksForForm(from: String, id: String = "f1", _ inside: String = "") {
        sends("<iq type='get' id='\(id)' from='\(from)'><getForm xmlns='urn:xmpp:iot:control'>\(inside)</getForm></iq>")
    }

    /// The parent's answer to the canControl remembered as `id`.
    func allowsWriting(_ jid: String, id: String = "$q", from: String = phone, result: String = "true", inside: String = "") {
        sends("<iq type='result' id='\(id)' from='\(from)'><canControlResponse xmlns='urn:xmpp:iot:provisioning' jid='\(jid)' result='\(result)'>\(inside)</canControlResponse></iq>")
    }
}

extension Speaker {
    /// canControl, its id remembered.
    func asksWhetherMayWrite(_ jid: String, _ inside: String, id: String = "q", sourceLocation: SourceLocation = #_sourceLocation) {
        conversation.names[id] = nil
        says("<iq type='get' id='$\(id)' to='\(phone)'><canControl xmlns='urn:xmpp:iot:provisioning' jid='\(jid)'>\(inside)</canControl></iq>", sourceLocation: sourceLocation)
    }

    func hasSet(_ jid: String, id: String = "w1", sourceLocation: SourceLocation = #_sourceLocation) {
        says("<iq type='result' id='\(id)' to='\(jid)'><setResponse xmlns='urn:xmpp:iot:control'/></iq>", sourceLocation: sourceLocation)
    }

    /// An error that names a parameter.
    func blames(
        _ jid: String, _ name: String, _ words: String, _ type: String = "modify", _ condition: String = "bad-request",
        _ text: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let more = text.map { "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>\($0)</text>" } ?? ""
        says("<iq type='error' id='w1' to='\(jid)'><error type='\(type)'><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\(more)<paramError xmlns='urn:xmpp:iot:control' var='\(name)'>\(words)</paramError></error></iq>", sourceLocation: sourceLocation)
    }
}
