import Access
import Fixed
import Foundation
import Readout
import Testing
import Thing

/// The parent's word by buttons: ad-hoc commands (XEP-0050) with forms (XEP-0004).
@Suite("Commands") struct CommandTests {
    private static let ns = "http://jabber.org/protocol/commands"
    private static let names = ["pending", "allow", "deny", "rules", "friends", "forget", "unfriend"]

    /// A Thing whose parent is a person, as buttons are for people.
    private func online(_ pace: Pace = .whole, _ friends: [String] = [bob, carol], fields: [Field] = Field.usual) -> Conversation {
        let c = Conversation(pace, fields: fields)
        c.goOnline(item(parent) + friends.map { item($0) }.joined(), parentIsHere: false)
        c.server.parentArrives(isPerson: true)
        return c
    }

    private func execute(_ c: Conversation, _ node: String, from: String = phone, more: String = "", _ inside: String = "") -> Node? {
        c.server.sends("<iq type='set' id='x1' from='\(from)'><command xmlns='\(Self.ns)' node='\(node)' \(more)>\(inside)</command></iq>")
        return c.thing.hearOut().last { $0.name == "iq" && $0.attributes["id"] == "x1" }
    }

    /// Submits a form with these values.
    private func submit(_ c: Conversation, _ node: String, from: String = phone, _ values: [(String, [String])]) -> Node? {
        let fields = values.map { name, values in "<field var='\(name)'>\(values.map { "<value>\($0)</value>" }.joined())</field>" }.joined()
        return execute(c, node, from: from, more: "sessionid='s1' action='complete'", "<x xmlns='jabber:x:data' type='submit'>\(fields)</x>")
    }

    private func note(_ answer: Node?) -> String? { answer?.child("command")?.child("note")?.text }
    private func field(_ answer: Node?, _ name: String) -> Node? {
        answer?.child("command")?.child("x")?.all("field").first { $0.attributes["var"] == name }
    }
    private func options(_ answer: Node?, _ name: String) -> [String] {
        (field(answer, name)?.all("option") ?? []).map { $0.child("value")?.text ?? "" }
    }

    @Test("the parent sees the commands, each with a name", arguments: Pace.allCases)
    func list(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<iq type='get' id='d' from='\(phone)'><query xmlns='http://jabber.org/protocol/disco#items' node='\(Self.ns)'/></iq>")
        let items = c.thing.hearOut().first?.all("item") ?? []
        #expect(items.map { $0.attributes["node"] } == Self.names)
        #expect(items.allSatisfy { $0.attributes["jid"] == thingJID && !($0.attributes["name"] ?? "").isEmpty })
        for node in Self.names + [Self.ns] {
            c.server.sends("<iq type='get' id='d' from='\(phone)'><query xmlns='http://jabber.org/protocol/disco#info' node='\(node)'/></iq>")
            let info = c.thing.hearOut().first
            #expect(info?.attributes["type"] == "result")
            #expect(info?.all("identity").first?.attributes["category"] == "automation")
            #expect(info?.all("feature").map { $0.attributes["var"] } == [Self.ns, "jabber:x:data"])
        }
        c.thing.hasAnsweredEverything()
    }

    @Test("to everybody else there is nothing here", arguments: [desk, eve, "home.example", "owner@home.example.evil/x", "owner@evil.example/phone"])
    func others(_ sender: String) {
        let c = online()
        c.server.sends("<iq type='get' id='d' from='\(sender)'><query xmlns='http://jabber.org/protocol/disco#items' node='\(Self.ns)'/></iq>")
        c.thing.refuses(sender, id: "d", "cancel", "service-unavailable")
        for node in Self.names {
            let answer = execute(c, node, from: sender)
            #expect(answer?.child("error")?.child("service-unavailable") != nil)
            _ = submit(c, node, from: sender, [("friend", [carol]), ("operation", ["everything"]), ("fields", ["*"]), ("1", ["yes"])])
        }
        c.said = []
        // Nothing of it had an effect.
        c.server.asksToRead(from: lab)
        c.thing.refuses(lab, "wait", "remote-server-timeout", "no decision yet: my parent has been asked")
        c.thing.hasAnsweredEverything()
    }

    @Test("allow: the form shows friends, deeds and fields; submitted, the rule stands", arguments: Pace.allCases)
    func allow(_ pace: Pace) {
        let c = online(pace)
        let form = execute(c, "allow", more: "action='execute'")
        let command = form?.child("command")
        #expect(command?.attributes["status"] == "executing")
        #expect((command?.attributes["sessionid"] ?? "").count > 8)
        #expect(command?.child("actions")?.attributes["execute"] == "complete")
        #expect(command?.child("x")?.attributes["type"] == "form")
        #expect(options(form, "friend") == [bob, carol], "the parent itself needs no leave")
        #expect(options(form, "operation") == ["read", "write", "everything"])
        #expect(options(form, "fields") == ["*", "Temperature", "Humidity", "Load"])
        let done = submit(c, "allow", [("friend", [bob]), ("operation", ["read"]), ("fields", ["Temperature", "Load"])])
        #expect(done?.child("command")?.attributes["status"] == "completed")
        #expect(done?.child("command")?.attributes["sessionid"] == "s1")
        #expect(note(done) == "So be it.")
        c.server.asksToRead(from: desk)
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature + load)
        c.thing.hasAnsweredEverything()
    }

    @Test("deny and forget are words against allow")
    func denyAndForget() {
        let c = online()
        _ = submit(c, "allow", [("friend", [bob]), ("operation", ["everything"]), ("fields", ["*"])])
        _ = submit(c, "deny", [("friend", [bob]), ("operation", ["read"]), ("fields", ["*"])])
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "cancel", "forbidden", "not allowed")
        let form = execute(c, "forget")
        #expect(options(form, "friend") == ["*", bob, carol])
        #expect(note(submit(c, "forget", [("friend", [bob])]))?.contains("forgotten") == true)
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "wait", "remote-server-timeout", "no decision yet: my parent has been asked")
    }

    @Test("a yes by button is a yes: to a friend request and to a wish", arguments: Pace.allCases)
    func pending(_ pace: Pace) {
        let c = online(pace)
        #expect(note(execute(c, "pending")) == "Nothing is open.")
        c.server.asksToRead(from: desk, inside: "<field name='Temperature'/>")
        c.server.sends("<presence type='subscribe' from='dave@far.example'/>")
        _ = c.thing.hearOut()
        let form = execute(c, "pending")
        let asked = form?.child("command")?.child("x")?.all("field") ?? []
        #expect(asked.map { $0.attributes["label"] } == ["dave@far.example would like to be my friend", "bob@far.example would like to read Temperature"])
        #expect(asked.allSatisfy { $0.all("option").map { $0.child("value")?.text } == ["yes", "no", "later"] && $0.child("value")?.text == "later" })
        let numbers = asked.compactMap { $0.attributes["var"] }
        #expect(numbers.count == 2)
        guard numbers.count == 2 else { return }
        #expect(note(submit(c, "pending", [(numbers[0], ["later"]), (numbers[1], ["yes"])])) == "Thank you.")
        c.server.asksToRead(from: desk, inside: "<field name='Temperature'/>")
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature)
        c.server.sends("<iq type='set' id='x1' from='\(phone)'><command xmlns='\(Self.ns)' node='pending' action='complete'><x xmlns='jabber:x:data' type='submit'><field var='\(numbers[0])'><value>no</value></field></x></command></iq>")
        c.thing.says("<presence type='unsubscribed' to='dave@far.example'/>")
        _ = c.thing.hearOut()
        #expect(note(submit(c, "pending", [(numbers[0], ["yes"])])) == "Something of that was not open any more.")
        c.thing.hasAnsweredEverything()
    }

    @Test("unfriend ends the friendship")
    func unfriend() {
        let c = online()
        c.server.sends("<iq type='set' id='x1' from='\(phone)'><command xmlns='\(Self.ns)' node='unfriend'><x xmlns='jabber:x:data' type='submit'><field var='friend'><value>\(bob)</value></field></x></command></iq>")
        c.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query></iq>")
        _ = c.thing.hearOut()
        for nobody in [parent, "dave@far.example", "@", ""] {
            let answer = submit(c, "unfriend", [("friend", [nobody])])
            #expect(answer?.child("command")?.child("note")?.attributes["type"] == "error", "\(nobody)")
            c.thing.saysNothing()
        }
    }

    @Test("rules and friends are lists")
    func lists() {
        let c = online()
        #expect(execute(c, "rules")?.all("value").map(\.text) == ["There are no rules. What friends would like, I ask you."])
        _ = submit(c, "allow", [("friend", [bob]), ("operation", ["read"]), ("fields", ["Temperature"])])
        _ = submit(c, "deny", [("friend", [carol]), ("operation", ["everything"]), ("fields", ["*"])])
        let rules = execute(c, "rules")
        #expect(rules?.child("command")?.attributes["status"] == "completed")
        #expect(rules?.child("command")?.child("x")?.attributes["type"] == "result")
        #expect(rules?.all("value").map(\.text) == ["bob@far.example may read Temperature", "carol@near.example may not read or set anything"])
        #expect(execute(c, "friends")?.all("value").map(\.text) == [bob, carol])
    }

    @Test("what is wrong in a form changes nothing, and says so", arguments: [
        [("friend", ["dave@far.example"]), ("operation", ["read"]), ("fields", ["*"])], [("friend", [parent]), ("operation", ["read"]), ("fields", ["*"])],
        [("friend", [bob]), ("operation", ["shout"]), ("fields", ["*"])], [("friend", [bob]), ("operation", ["read"]), ("fields", [])],
        [("friend", [bob]), ("operation", ["read"])], [("operation", ["read"]), ("fields", ["*"])], [],
        [("friend", [bob]), ("operation", ["read"]), ("fields", ["Temperature", "Nothing"])], [("friend", [bob]), ("fields", ["*"])],
    ] as [[(String, [String])]])
    func wrongForms(_ values: [(String, [String])]) {
        let c = online()
        for node in ["allow", "deny"] {
            let answer = submit(c, node, values)
            #expect(answer?.child("command")?.child("note")?.attributes["type"] == "error")
        }
        #expect(execute(c, "rules")?.all("value").map(\.text) == ["There are no rules. What friends would like, I ask you."])
        c.thing.hasAnsweredEverything()
    }

    @Test("cancel ends it; what is not known is refused; each request has its one answer")
    func steps() {
        let c = online()
        let cancelled = execute(c, "allow", more: "sessionid='s1' action='cancel'")
        #expect(cancelled?.child("command")?.attributes["status"] == "canceled")
        #expect(execute(c, "nothing")?.child("error")?.child("item-not-found") != nil)
        #expect(execute(c, "allow", more: "action='prev'")?.child("error")?.child("bad-request") != nil)
        #expect(execute(c, "allow", more: "sessionid='\(String(repeating: "s", count: 65))'")?.child("error")?.child("bad-request") != nil)
        #expect(execute(c, "allow", "<x xmlns='jabber:x:data' type='form'/>")?.child("error")?.child("bad-request") != nil)
        #expect(execute(c, "rules", "<x xmlns='jabber:x:data' type='submit'/>")?.child("command")?.child("note")?.attributes["type"] == "error")
        c.thing.hasAnsweredEverything()
    }

    @Test("full tables: every form fits the outbox, and says what it leaves out")
    func largestForms() {
        let friends = (0..<30).map { "f\($0)-\(String(repeating: "x", count: 100))@far.example" }
        let fields = (0..<120).map { Field("\(String(repeating: "&", count: 50))\($0)", "") }
        let c = online(.whole, friends, fields: fields)
        let id = String(repeating: "&amp;", count: 250)
        for node in Self.names {
            c.server.sends("<iq type='set' id='\(id)' from='\(phone)'><command xmlns='\(Self.ns)' node='\(node)'/></iq>")
            let answer = c.thing.hearOut().last { $0.name == "iq" }
            #expect(answer?.attributes["type"] == "result", "\(node)")
            if node == "allow" { #expect(answer?.all("field").filter { $0.attributes["type"] == "fixed" }.count == 2) }
            if node == "friends" { #expect(answer?.all("value").last?.text.hasSuffix(" more") == true) }
        }
        c.thing.hasAnsweredEverything()
    }

    @Test("whoever could give leave can take it back: buttons are there however the friendship with the parent stands")
    func formerParent() {
        let c = online()
        _ = submit(c, "allow", [("friend", [bob]), ("operation", ["read"]), ("fields", ["*"])])
        c.server.pushes(item(parent, "remove"))
        _ = c.thing.hearOut()
        #expect(note(submit(c, "deny", [("friend", [bob]), ("operation", ["everything"]), ("fields", ["*"])])) == "So be it.")
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "cancel", "forbidden", "not allowed")
    }
}
