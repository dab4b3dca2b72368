import Access
import Fixed
import Foundation
import Readout
import Testing
import Thing

/// A person as parent, who has a chat client and nothing else: asked in words, answered by words.
@Suite("A person as parent") struct PersonTests {
    private func online(
        _ pace: Pace = .whole, _ items: String = item(parent) + item(bob) + item(carol), fields: [Field] = Field.usual,
        isHere: Bool = true
    ) -> Conversation {
        let c = Conversation(pace, fields: fields)
        c.goOnline(items, parentIsHere: false)
        if isHere { c.personArrives() }
        return c
    }

    private let undecided = "no decision yet: my parent has been asked"
    private let noDecision = "no decision: my parent did not answer"

    // MARK: Friend requests

    @Test("a stranger is asked about in words, once; yes with the number makes him a friend", arguments: Pace.allCases)
    func friendship(_ pace: Pace) {
        let c = online(pace, item(parent))
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asks("\(bob) would like to be my friend. Answer: yes 1, or no 1")
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.idles(minutes: 60)
        c.thing.saysNothing(but: "presence", "iq")
        c.person("yes 1")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
        c.thing.answers("\(bob) may be my friend.")
        c.person("yes 1")
        c.thing.answers("There is nothing with that number.\nNothing is open.")
        c.thing.saysNothing()
    }

    @Test("no refuses a stranger, who is told so", arguments: ["no 1", "No", " NO   1 "])
    func refused(_ word: String) {
        let c = online(.whole, item(parent))
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asks("\(bob) would like to be my friend. Answer: yes 1, or no 1")
        c.person(word)
        c.thing.says("<presence type='unsubscribed' to='\(bob)'/>")
        c.thing.answers("\(bob) may not be my friend.")
        c.thing.saysNothing()
    }

    @Test("strangers wait while the parent is away, and are told of in one message when it comes")
    func waiting() {
        let c = online(.whole, item(parent), isHere: false)
        c.server.sends("<presence type='subscribe' from='\(bob)'/><presence type='subscribe' from='\(carol)'/>")
        c.idles(minutes: 60)
        c.thing.saysNothing(but: "presence", "iq")
        c.personArrives()
        c.thing.passesOver("presence")
        c.thing.asks("\(bob) would like to be my friend. Answer: yes 1, or no 1\n\(carol) would like to be my friend. Answer: yes 2, or no 2")
        c.person("no 1")
        c.thing.says("<presence type='unsubscribed' to='\(bob)'/>")
        c.thing.answers("\(bob) may not be my friend.")
        c.server.parentLeaves()
        c.personArrives()
        c.thing.passesOver("presence")
        c.thing.asks("\(carol) would like to be my friend. Answer: yes 2, or no 2")
        c.thing.saysNothing()
    }

    @Test("whoever only looks like another is spelt out", arguments: [
        ("b\u{43E}b@far.example", "b\\u{43e}b@far.example"), ("bob@fаr.example", "bob@f\\u{430}r.example"),
        ("b\u{202E}ob@far.example", "b\\u{202e}ob@far.example"), ("\u{1D41B}ob@far.example", "\\u{1d41b}ob@far.example"),
    ])
    func lookAlikes(_ address: String, _ shown: String) {
        let c = online(.whole, item(parent))
        c.server.sends("<presence type='subscribe' from='\(address)'/>")
        c.thing.asks("\(shown) would like to be my friend. Answer: yes 1, or no 1")
        c.person("yes 1")
        c.thing.says("<presence type='subscribed' to='\(address)'/>")
    }

    @Test("a storm of strangers is a handful of messages, and none is lost by it")
    func storm() {
        let c = online(.whole, item(parent))
        for second in 0..<600 {
            c.server.sends("<presence type='subscribe' from='s\(second)@evil.example'/>")
            if second >= 10 { c.server.sends("<presence type='unsubscribe' from='s\(second - 10)@evil.example'/>") }
            c.time.passes(.seconds(1))
        }
        let told = c.thing.hearOut().filter { $0.child("body") != nil }
        #expect(told.count <= 8, "\(told.count) messages in ten minutes")
        c.person("pending")
        let list = c.thing.hearOut().compactMap { $0.child("body")?.text }.joined()
        #expect(list.contains("s599@evil.example"))
        #expect(!list.contains("s500@evil.example"), "whoever went is open no longer")
    }

    // MARK: Reads

    @Test("an undecided read: the friend is told to wait, the parent is asked once, and its yes stands", arguments: Pace.allCases)
    func read(_ pace: Pace) {
        let c = online(pace)
        c.asks(for: "Temperature", id: "r1")
        c.thing.refuses(desk, id: "r1", "wait", "remote-server-timeout", undecided)
        c.thing.asks("\(bob) would like to read Temperature. Answer: yes 1, or no 1")
        for n in 2..<30 {
            c.asks(for: "Temperature", id: "r\(n)")
            c.thing.refuses(desk, id: "r\(n)", "wait", "remote-server-timeout", undecided)
        }
        c.idles(minutes: 20)
        c.thing.saysNothing(but: "presence", "iq")
        #expect(c.passes.isEmpty)
        c.person("yes 1")
        c.thing.answers("\(bob) may read Temperature.")
        c.thing.saysNothing()
        c.asks(for: "Temperature", id: "r30")
        c.thing.accepts(desk, id: "r30")
        c.thing.givesFields(desk, temperature)
        c.asks(for: "Humidity", id: "r31")
        c.thing.refuses(desk, id: "r31", "wait", "remote-server-timeout", undecided)
        c.thing.asks("\(bob) would like to read Humidity. Answer: yes 2, or no 2")
        c.person("no 2")
        c.thing.answers("\(bob) may not read Humidity.")
        c.asks(for: "Humidity", id: "r32")
        c.thing.refuses(desk, id: "r32", "cancel", "forbidden", "not allowed")
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("a read of everything is asked about as that, and its yes is a rule for everything")
    func everything() {
        let c = online()
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.thing.asks("\(bob) would like to read everything. Answer: yes 1, or no 1")
        c.person("yes 1")
        c.thing.answers("\(bob) may read everything.")
        c.server.asksToRead(from: desk)
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature + humidity + load)
    }

    @Test("a yes to everything leaves what was denied by name")
    func everythingElse() {
        let c = online()
        c.person("deny bob Humidity")
        c.thing.answers("\(bob) may not read or set Humidity.")
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.thing.asks("\(bob) would like to read everything you have not decided yet. Answer: yes 1, or no 1")
        c.person("yes")
        c.thing.answers("\(bob) may read everything you have not decided yet.")
        c.server.asksToRead(from: desk)
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature + load)
    }

    @Test("one who asks for more meanwhile is asked about anew: the old number means nothing")
    func widened() {
        let c = online()
        c.asks(for: "Temperature")
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.thing.asks("\(bob) would like to read Temperature. Answer: yes 1, or no 1")
        c.asks(for: "Load")
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.person("yes 1")
        c.thing.answers("There is nothing with that number.\n\(bob) would like to read Temperature, Load. Answer: yes 2, or no 2")
        c.asks(for: "Temperature")
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.time.passes(.seconds(10))
        c.thing.saysNothing(but: "presence")
        c.person("yes 2")
        c.thing.answers("\(bob) may read Temperature, Load.")
    }

    @Test("a yes without a number is not taken for what has just come in place of something else")
    func inDoubt() {
        let c = online(.whole, item(parent))
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asks("\(bob) would like to be my friend. Answer: yes 1, or no 1")
        c.server.sends("<presence type='unsubscribe' from='\(bob)'/><presence type='subscribe' from='mallory@evil.example'/>")
        c.time.passes(.seconds(6))
        c.thing.asks("mallory@evil.example would like to be my friend. Answer: yes 2, or no 2")
        c.person("yes")
        c.thing.answers("Yes to which?\nmallory@evil.example would like to be my friend. Answer: yes 2, or no 2")
        c.person("yes 1")
        c.thing.answers("There is nothing with that number.\nmallory@evil.example would like to be my friend. Answer: yes 2, or no 2")
        c.thing.saysNothing()
        c.idles(minutes: 2)
        _ = c.thing.hearOut()
        c.person("no")
        c.thing.says("<presence type='unsubscribed' to='mallory@evil.example'/>")
        c.thing.answers("mallory@evil.example may not be my friend.")
    }

    @Test("two friends, two questions: a yes needs its number, and each number is one friend's")
    func two() {
        let c = online()
        c.asks(for: "Temperature")
        c.asks(for: "Temperature", from: lab)
        _ = c.thing.hearOut()
        c.time.passes(.seconds(6))
        _ = c.thing.hearOut()
        c.person("yes")
        c.thing.answers("Yes to which?\n\(bob) would like to read Temperature. Answer: yes 1, or no 1\n\(carol) would like to read Temperature. Answer: yes 2, or no 2")
        c.person("yes 2")
        c.thing.answers("\(carol) may read Temperature.")
        c.asks(for: "Temperature")
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.asks(for: "Temperature", from: lab)
        c.thing.accepts(lab)
        c.thing.givesFields(lab, temperature)
    }

    @Test("the parent away: kept rules apply, and without one it is denied now, and nothing is asked later")
    func away() {
        let c = online()
        c.person("allow bob Temperature")
        c.thing.answers("\(bob) may read Temperature.")
        c.server.sends("<presence type='unavailable' from='\(phone)'/>")
        c.asks(for: "Temperature")
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature)
        c.asks(for: "Humidity")
        c.thing.refuses(desk, "wait", "remote-server-timeout", noDecision)
        c.personArrives()
        c.idles(minutes: 1)
        c.thing.saysNothing(but: "presence")
    }

    @Test("what does not exist is answered like what is undecided, and the parent is not troubled")
    func unknown() {
        let c = online()
        c.asks(for: "Colour")
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.idles(minutes: 1)
        c.thing.saysNothing(but: "presence")
    }

    // MARK: Commands

    @Test("rules by name, by everything, for one of two that are called alike, in any case of letters")
    func rules() {
        let c = online(.whole, item(parent) + item(bob) + item("bob@near.example") + item(carol))
        c.person("allow bob Temperature")
        c.thing.answers("Which one?\n\(bob)\nbob@near.example")
        c.person("ALLOW Bob@FAR.example temperature")
        c.thing.answers("\(bob) may read Temperature.")
        c.person("allow carol *")
        c.thing.answers("\(carol) may read everything.")
        c.person("deny carol read Load")
        c.thing.answers("\(carol) may not read Load.")
        c.person("rules")
        c.thing.answers("\(bob) may read Temperature\n\(carol) may read everything\n\(carol) may not read Load")
        c.person("rules bob@near.example")
        c.thing.answers("There are no rules. What friends would like, I ask you.")
        c.server.asksToRead(from: lab)
        c.thing.accepts(lab)
        c.thing.givesFields(lab, temperature + humidity)
        c.server.asksToRead(from: "bob@near.example/x")
        c.thing.refuses("bob@near.example/x", "wait", "remote-server-timeout", undecided)
        c.thing.asks("bob@near.example would like to read everything. Answer: yes 1, or no 1")
        c.person("forget carol")
        c.thing.answers("I have forgotten all you said of \(carol), and ask you again.")
        c.server.asksToRead(from: lab)
        c.thing.refuses(lab, "wait", "remote-server-timeout", undecided)
        c.person("forget *")
        c.thing.answers("I have forgotten all you said of anybody, and ask you again.")
        c.person("rules")
        c.thing.answers("There are no rules. What friends would like, I ask you.")
    }

    @Test("nothing is guessed: who and what is meant must be there", arguments: [
        ("allow bo Temperature", "I have no friend of that name. Say friends for a list."),
        ("allow bob@far.example.evil *", "I have no friend of that name. Say friends for a list."),
        ("allow owner *", "I have no friend of that name. Say friends for a list."),
        ("allow eve *", "I have no friend of that name. Say friends for a list."),
        ("allow bob Temp", "I have no such field. I have: Temperature, Humidity, Load"),
        ("allow bob write Temperature", "Nothing of me can be set."),
        ("allow bob", "Say a name, and a field or *, as in: allow alice Temperature"),
        ("allow", "Say a name, and a field or *, as in: allow alice Temperature"),
        ("yes", "Nothing is open."), ("no 7", "There is nothing with that number.\nNothing is open."),
        ("yes 99999999999999999999", "There is nothing with that number.\nNothing is open."),
    ])
    func precise(_ words: String, _ answer: String) {
        let c = online()
        c.person(words)
        c.thing.answers(answer)
        c.thing.saysNothing()
    }

    @Test("friends, unfriend, befriend, help")
    func friends() {
        let c = online()
        c.person("friends")
        c.thing.answers("\(bob)\n\(carol)")
        c.person("unfriend bob")
        c.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query></iq>")
        c.thing.answers("\(bob) is my friend no more.")
        c.person("befriend lamp@home.example")
        c.thing.says("<presence type='subscribe' to='lamp@home.example'/>")
        c.thing.answers("I ask lamp@home.example to be my friend.")
        c.person("befriend lamp")
        c.thing.answers("I cannot. Say a whole address, as in: befriend bob@example.org")
        c.person("#")
        #expect(c.thing.hearOut().first?.child("body")?.text.contains("allow alice *") == true)
    }

    // MARK: Who is listened to

    @Test("only the very parent, as a friend, in a message meant to be said", arguments: [
        "<message type='chat' from='\(desk)'><body>$w</body></message>",
        "<message type='chat' from='\(eve)'><body>$w</body></message>",
        "<message type='chat' from='owner@home.example.evil/phone'><body>$w</body></message>",
        "<message type='chat' from='xowner@home.example/phone'><body>$w</body></message>",
        "<message type='chat' from='home.example/owner@home.example'><body>$w</body></message>",
        "<message type='chat' from='thing@home.example/ward'><body>$w</body></message>",
        "<message type='chat'><body>$w</body></message>",
        "<message type='error' from='\(phone)'><body>$w</body></message>",
        "<message type='groupchat' from='\(phone)'><body>$w</body></message>",
        "<message type='headline' from='\(phone)'><body>$w</body></message>",
        "<message type='chat' from='\(phone)'><subject>$w</subject></message>",
        "<message type='chat' from='\(phone)'><body xmlns='urn:other'>$w</body></message>",
        "<message type='chat' from='\(phone)'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' type='chat' from='\(phone)'><body>$w</body></message></forwarded></received></message>",
        "<message type='chat' from='\(phone)'><fields xmlns='urn:xmpp:iot:sensordata' seqnr='1'/><body>$w</body></message>",
        "<message type='chat' from='\(phone)'><delay xmlns='urn:xmpp:delay' stamp='2025-12-31T00:00:00Z'/><body>$w</body></message>",
        "<message type='chat' from='\(phone)'><body>\(String(repeating: "x", count: 600))</body></message>",
    ], ["yes 1", "allow bob *", "unfriend bob", "forget *"])
    func authority(_ message: String, _ words: String) {
        let c = online()
        c.person("allow carol Load")
        c.server.asksToRead(from: desk)
        c.time.passes(.seconds(10))
        _ = c.thing.hearOut()
        c.names["w"] = words
        c.server.sends(message)
        let after = c.thing.hearOut()
        #expect(!after.contains { $0.name != "message" }, "nothing but words, if any")
        c.server.asksToRead(from: desk, id: "again")
        c.thing.refuses(desk, id: "again", "wait", "remote-server-timeout", undecided)
        c.person("rules")
        c.thing.answers("\(carol) may read Load")
    }

    @Test("a parent that is no friend now takes back what it gave, and gives nothing")
    func notFriend() {
        let c = online()
        c.person("allow bob Temperature")
        c.thing.answers("\(bob) may read Temperature.")
        c.server.pushes(item(parent, "to"))
        c.said = []
        for words in ["allow bob *", "yes 1", "rules", "friends", "?", "befriend \(eve)"] { c.person(words) }
        #expect(c.passes.isEmpty && !c.thing.hearOut().contains { $0.name == "presence" })
        c.asks(for: "Humidity")
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.idles(minutes: 1)
        c.thing.saysNothing(but: "presence")
        c.person("deny bob *")
        c.thing.answers("\(bob) may not read or set anything.")
        c.asks(for: "Temperature")
        c.thing.refuses(desk, "cancel", "forbidden", "not allowed")
    }

    @Test("what may have been lost with the connection is told again, once")
    func lost() {
        let c = online(.whole, item(parent))
        c.outlet = 0
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.outlet = nil
        c.disconnect(.reset)
        c.time.passes(.seconds(10))
        c.said = []
        c.goOnline(item(parent), version: "v1", parentIsHere: false)
        c.personArrives()
        c.thing.asks("\(bob) would like to be my friend. Answer: yes 1, or no 1")
        c.idles(minutes: 10)
        c.thing.saysNothing(but: "presence", "iq")
    }

    @Test("a yes that comes late changes nothing, and is asked for again")
    func late() {
        let c = online()
        c.asks(for: "Temperature")
        _ = c.thing.hearOut()
        c.server.sends("<message type='chat' from='\(phone)'><body>yes 1</body><delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/></message>")
        c.thing.answers("That was long on its way, so I did nothing. Please say it again.")
        c.asks(for: "Temperature")
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.thing.saysNothing()
    }

    @Test("a program that answers everything gets a few words and then silence", arguments: ["I am on holiday.", "What?", "Hello\u{20}"])
    func loops(_ words: String) {
        let c = online()
        var answers = 0
        for _ in 0..<1_000 {
            c.person(words)
            answers += c.thing.hearOut().count { $0.child("body") != nil }
            c.time.passes(.milliseconds(100))
        }
        #expect(answers <= 10)
        c.person("friends")
        c.thing.answers("\(bob)\n\(carol)")
    }

    @Test("even commands are answered at a pace, and done all the same")
    func pace() {
        let c = online()
        for _ in 0..<500 { c.person("friends") }
        #expect(c.thing.hearOut().count == 20)
        c.person("deny bob *")
        c.thing.saysNothing()
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "cancel", "forbidden", "not allowed")
        c.idles(minutes: 1)
        c.person("friends")
        c.thing.answers("\(bob)\n\(carol)")
    }

    // MARK: Restarts

    @Test("numbers go on after a restart: a yes to what was asked before it admits nobody")
    func restart() {
        let first = online(.whole, item(parent))
        first.server.sends("<presence type='subscribe' from='\(bob)'/>")
        #expect(first.stateChanged, "the number is kept before it is told")
        let record = first.record()
        let c = Conversation()
        #expect(c.restore(record))
        c.goOnline(item(parent), version: "v1", parentIsHere: false)
        c.personArrives()
        c.server.sends("<presence type='subscribe' from='mallory@evil.example'/>")
        c.thing.asks("mallory@evil.example would like to be my friend. Answer: yes 2, or no 2")
        c.person("yes 1")
        c.thing.answers("There is nothing with that number.\nmallory@evil.example would like to be my friend. Answer: yes 2, or no 2")
        c.thing.saysNothing()
    }

    @Test("rules stand after a restart")
    func standing() {
        let first = online()
        first.person("allow bob Temperature")
        first.thing.answers("\(bob) may read Temperature.")
        let c = Conversation()
        #expect(c.restore(first.record()))
        c.goOnline(item(parent) + item(bob), version: "v1", parentIsHere: false)
        c.asks(for: "Temperature")
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature)
    }

    @Test("full tables say so, and nothing is lost by it")
    func full() {
        let many = (0..<100).map { Field("Field \($0)", "") }
        let c = online(fields: many)
        for n in 0..<48 {
            c.person("allow bob Field \(n)")
            c.thing.answers("\(bob) may read Field \(n).")
            c.time.passes(.seconds(5))
        }
        _ = c.thing.hearOut()
        c.person("allow bob Field 99")
        c.thing.answers("I have no room for another rule. Say rules, and forget some first.")
        c.person("rules bob")
        let list = c.thing.hearOut().first?.child("body")?.text ?? ""
        #expect(list.split(separator: "\n").count == 48)
        c.person("allow bob *")
        c.thing.answers("\(bob) may read everything.")
    }

    @Test("of very many fields in one request as many are asked about as can be shown")
    func manyFields() {
        let many = (0..<100).map { Field("Field \($0)", "") }
        let c = online(fields: many)
        let all = many.map { "<field name='\($0.name.string)'/>" }.joined()
        c.server.asksToRead(from: desk, inside: all)
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.thing.asks("\(bob) would like to read " + (0..<12).map { "Field \($0)" }.joined(separator: ", ") + ". Answer: yes 1, or no 1")
        c.person("yes 1")
        c.thing.answers("\(bob) may read " + (0..<12).map { "Field \($0)" }.joined(separator: ", ") + ".")
        c.time.passes(.seconds(20))
        _ = c.thing.hearOut()
        c.server.asksToRead(from: desk, inside: all)
        c.thing.refuses(desk, "wait", "remote-server-timeout", undecided)
        c.thing.asks("\(bob) would like to read " + (12..<24).map { "Field \($0)" }.joined(separator: ", ") + ". Answer: yes 2, or no 2")
    }
}

extension Conversation {
    /// A chat client of the parent comes online, which knows nothing of provisioning.
    func personArrives(_ jid: String = phone) { server.parentArrives(jid, isPerson: true) }

    /// The parent says something in its chat client.
    func person(_ words: String, from: String = phone) {
        server.sends("<message type='chat' from='\(from)'><body>\(words)</body></message>")
    }

    /// Nothing happens but that the server shows that it is there.
    func idles(minutes: Int) { idles(seconds: Int64(minutes) * 60) }

    func idles(seconds: Int64) {
        var rest = seconds
        while rest > 0 {
            time.passes(.seconds(min(rest, 60)))
            server.sends(raw: " ")
            rest -= 60
        }
    }

    /// A friend asks for one field.
    func asks(for field: String, from: String = desk, id: String = "r1") {
        server.asksToRead(from: from, id: id, inside: "<field name='\(field)'/>")
    }
}

extension Speaker {
    /// A question to the parent in words, to whichever of its clients.
    func asks(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
        answers(words, to: parent, sourceLocation: sourceLocation)
    }

    /// Words in a chat.
    func answers(_ words: String, to jid: String = phone, sourceLocation: SourceLocation = #_sourceLocation) {
        // A row ends by CRLF, which is written so that XML leaves it alone.
        let body = words.replacingOccurrences(of: "\r\n", with: "&#13;&#10;")
        says("<message type='chat' to='\(jid)'><body>\(body)</body></message>", sourceLocation: sourceLocation)
    }

    /// Nothing but elements of these names, which are let pass.
    func saysNothing(but names: String..., sourceLocation: SourceLocation = #_sourceLocation) {
        passesOver(names)
        saysNothing(sourceLocation: sourceLocation)
    }

    /// What was said of these names is of no interest.
    func passesOver(_ names: String...) { passesOver(names) }

    private func passesOver(_ names: [String]) {
        conversation.said.removeAll { if case .element(let node, _) = $0 { names.contains(node.name) } else { false } }
    }
}

extension Text {
    var string: String { String(decoding: bytes.array, as: UTF8.self) }
}
