import Fixed
import Foundation
import Support
import Testing
import Thing

/// The Thing passes from one owner to nobody, or to the next: whole, and by their word alone.
@Suite("Passing on") struct DisownTests {
    @Test("given up, it is nobody's: friends go, the KEY is new, and what was said before counts no more", arguments: Pace.allCases)
    func disown(_ pace: Pace) {
        let (c, old) = Conversation.owned(pace)
        let new = c.disowns()
        #expect(!c.isOwned)
        #expect(new != old && new.count == 24)
        // The old owner and his friend are strangers.
        for words in ["pending", "allow bob *", "disown", "Temperature?", "claim \(old)"] { c.chat(words, from: phone) }
        c.chat("Temperature?", from: desk)
        c.thing.saysNothing()
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "cancel", "forbidden", "only friends may ask")
        c.server.asksToRead(from: phone)
        c.thing.refuses(phone, "cancel", "forbidden", "only friends may ask")
        // The next one has the new KEY.
        c.chat("claim \(new)", from: lab)
        #expect(c.isOwned)
        c.thing.hasAnsweredEverything()
    }

    @Test("nothing of the old owner or his friends is kept, from the very moment on")
    func nothingIsKept() {
        let (c, _) = Conversation.owned()
        c.chat("allow bob Temperature", from: phone)
        c.said = []
        #expect(c.record().contains(Array(parent.utf8)))
        #expect(c.record().contains(Array(bob.utf8)))
        c.chat("disown", from: phone)
        c.chat("disown \(c.numberAsked(of: phone))", from: phone)
        #expect(c.mustBeKept)
        for _ in 0..<2 {
            let record = c.record()
            #expect(!record.contains(Array("owner@".utf8)))
            #expect(!record.contains(Array("far.example".utf8)))
            // Nor while they are still in the roster at the server.
            c.said.removeAll()
            c.names["roster"] = c.rosterID
            c.givesRoster(item(parent) + item(bob))
        }
    }

    @Test("a friend of before is none, even if he speaks in one breath with the roster that still names him", arguments: Pace.allCases)
    func oneBreath(_ pace: Pace) {
        let (c, _) = Conversation.owned(pace)
        c.chat("transfer \(carol)", from: phone)
        c.chat("accept", from: lab)
        c.names["roster"] = c.rosterID
        c.said = []
        let roster = "<query xmlns='jabber:iq:roster'>\(item(parent))\(item(bob))</query>"
        c.server.sends(
            "<iq type='result' id='$roster'>\(roster)</iq>"
                + "<message type='chat' from='\(desk)'><body>hello</body></message>"
                + "<iq type='get' id='once' from='\(desk)'><req xmlns='urn:xmpp:iot:sensordata' seqnr='1' momentary='true'/></iq>")
        let heard = c.thing.hearOut()
        #expect(!heard.contains { $0.name == "message" })
        #expect(heard.filter { $0.attributes["to"] == desk }.map { $0.attributes["type"] } == ["error"])
    }

    @Test("it takes the number: no other, and not for longer than five minutes")
    func confirmation() {
        let (c, _) = Conversation.owned()
        c.chat("disown", from: phone)
        let number = c.numberAsked(of: phone)
        for words in ["disown yes", "disown 0", "disown \(number)0"] {
            c.chat(words, from: phone)
            #expect(c.isOwned)
        }
        // Each of these asked anew.
        c.said = []
        c.chat("disown \(number)", from: phone)
        #expect(c.isOwned)
        let last = c.numberAsked(of: phone)
        c.idles(minutes: 6)
        c.said = []
        c.chat("disown \(last)", from: phone)
        #expect(c.isOwned)
        c.chat("disown \(c.numberAsked(of: phone))", from: phone, more: "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>")
        #expect(c.isOwned)
    }

    @Test("nobody but the owner can give it up", arguments: [
        desk, eve, "owner@home.example.evil/phone", "owner@home.exampl/phone", "owner@evil.example/phone", "home.example/owner@home.example",
        "\u{3BF}wner@home.example/phone", "registry.home.example",
    ])
    func others(_ sender: String) {
        let (c, _) = Conversation.owned()
        c.chat("disown", from: phone)
        let number = c.numberAsked(of: phone)
        c.said = []
        for words in ["disown \(number)", "disown", "transfer eve@evil.example", "accept", "parent eve@evil.example"] { c.chat(words, from: sender) }
        #expect(!c.thing.hearOut().contains { $0.attributes["to"] == "eve@evil.example" })
        #expect(c.isOwned)
        c.chat("disown \(number)", from: phone)
        #expect(!c.isOwned)
    }

    @Test("who is named as the next owner has it once he accepts; everything of the old one goes")
    func transfer() {
        let (c, _) = Conversation.owned()
        c.chat("transfer \(carol)", from: phone)
        c.thing.tells("\(parent) would give me to you. If you would be my owner, say: accept", to: carol)
        c.thing.tells("I have told \(carol). Once he says accept, I am his; until then I stay yours. To take it back, say: transfer cancel", to: phone)
        // Not by anybody else, nor by what was long on its way.
        for sender in [eve, desk, phone, "carol@near.example.evil/lab", "carol@near.exampl/lab", "near.example"] {
            c.chat("accept", from: sender)
        }
        c.chat("accept", from: lab, more: "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>")
        c.said = []
        #expect(c.record().contains(Array(carol.utf8)))
        c.chat("accept", from: lab)
        c.thing.tells("I belong to \(carol) now. Farewell.", to: parent)
        #expect(c.mustBeKept)
        #expect(!c.record().contains(Array("owner@".utf8)))
        c.emptiesRoster([parent, bob])
        c.welcomes(carol)
        c.said = []
        for words in ["disown", "transfer \(bob)", "pending"] { c.chat(words, from: phone) }
        c.thing.saysNothing()
        c.chat("disown", from: lab)
        #expect(c.numberAsked(of: lab).count == 4)
    }

    @Test("an offer outlives a power cut, and can be taken back")
    func offer() {
        let (c, _) = Conversation.owned()
        c.chat("transfer \(carol)", from: phone)
        let record = c.record()
        c.said = []
        c.chat("transfer cancel", from: phone)
        c.thing.tells("Nobody is offered me any more. I stay yours.", to: phone)
        c.chat("accept", from: lab)
        c.thing.saysNothing()
        let again = Conversation(identity: .unclaimed())
        #expect(again.restore(record))
        again.goOnline(item(parent) + item(bob), version: "v1", parentIsHere: false)
        again.chat("accept", from: lab)
        again.thing.tells("I belong to \(carol) now. Farewell.", to: parent)
    }

    @Test("it cannot be offered to a service, to the owner, to itself, or to no address", arguments: [
        "prov.home.example", parent, "thing@home.example", "carol", "carol@near.example/lab",
    ])
    func badOffer(_ address: String) {
        let (c, _) = Conversation.owned()
        c.chat("transfer \(address)", from: phone)
        c.thing.tells("I cannot. Say a whole address, as in: transfer bob@example.org", to: phone)
        c.thing.saysNothing()
    }

    @Test("the owner names who decides in his place, once; and that one cannot be rid of him")
    func delegate() {
        let (c, _) = Conversation.owned()
        c.chat("parent \(component)", from: phone)
        let number = c.numberAsked(of: phone)
        c.chat("parent \(carol) \(number)", from: phone)
        let asked = c.numberAsked(of: phone)
        c.chat("parent \(carol) \(number)", from: phone)
        c.said = []
        c.chat("parent \(component)", from: phone)
        c.chat("parent \(component) \(c.numberAsked(of: phone))", from: phone)
        #expect(asked != "")
        c.thing.tells("\(component) decides for me from now on.", to: phone)
        c.hasSaidPresence()
        // A stranger is asked about there.
        c.server.sends("<presence type='subscribe' from='\(carol)'/>")
        c.thing.asksAbout(carol, to: component)
        // It cannot unfriend the owner, nor give the Thing up.
        c.server.sends("<message from='\(component)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(parent)'/></message>")
        c.chat("disown", from: component)
        c.thing.tells("I am a Thing, and did not understand that. Say # for what I do.", to: component)
        c.hasSaidPresence()
        c.thing.saysNothing()
        // And it stays.
        c.chat("parent \(carol)", from: phone)
        c.thing.tells("\(component) decides for me, until you disown me.", to: phone)
        // Also over a power cut.
        let again = Conversation(identity: .unclaimed())
        #expect(again.restore(c.record()))
        again.goOnline(item(parent) + item(bob), version: "v1", parentIsHere: false)
        again.said = []
        again.server.sends("<presence type='subscribe' from='\(carol)'/>")
        again.thing.asksAbout(carol, to: component)
    }

    @Test("by buttons: the owner sees three more, which do the same as the words")
    func buttons() {
        let (c, _) = Conversation.owned()
        let ns = "http://jabber.org/protocol/commands"
        func submit(_ node: String, from: String = phone, _ fields: String = "") -> Node? {
            let form = fields.isEmpty ? "" : "<x xmlns='jabber:x:data' type='submit'>\(fields)</x>"
            c.server.sends("<iq type='set' id='x1' from='\(from)'><command xmlns='\(ns)' node='\(node)'>\(form)</command></iq>")
            return c.thing.hearOut().last { $0.name == "iq" && $0.attributes["id"] == "x1" }
        }
        func value(_ name: String, _ value: String) -> String { "<field var='\(name)'><value>\(value)</value></field>" }
        for node in ["parent", "transfer", "disown"] {
            #expect(submit(node)?.child("command")?.child("x") != nil)
            #expect(submit(node, from: desk)?.child("error") != nil)
        }
        _ = submit("disown", value("sure", "0"))
        #expect(c.isOwned)
        _ = submit("transfer", value("address", carol))
        c.chat("accept", from: desk)
        #expect(c.record().contains(Array(carol.utf8)))
        _ = submit("parent", value("address", component) + value("sure", "1"))
        #expect(c.record().contains(Array(component.utf8)))
        // Who decides is not who owns: those buttons are the parent's now.
        #expect(submit("friends")?.child("error") != nil)
        #expect(submit("disown", from: component, value("sure", "1"))?.child("error") != nil)
        #expect(c.isOwned)
        let note = submit("disown", value("sure", "true"))?.child("command")?.child("note")?.text ?? ""
        #expect(note.hasPrefix("I am nobody's now. My new KEY, shown this once: "))
        #expect(!c.isOwned)
        c.thing.hasAnsweredEverything()
    }

    @Test("whoever waits for an answer gets one before he is forgotten")
    func waiting() {
        let (c, _) = Conversation.owned()
        c.server.asksToRead(from: desk)
        c.server.asksToRead(from: desk, id: "r2", seqnr: "2", types: "momentary='true' when='2026-01-01T10:00:00Z'")
        c.server.sends("<presence type='subscribe' from='\(carol)'/>")
        c.said = []
        c.chat("disown", from: phone)
        c.chat("disown \(c.numberAsked(of: phone))", from: phone)
        #expect(c.thing.hearOut().contains { $0.name == "presence" && $0.attributes["type"] == "unsubscribed" && $0.attributes["to"] == carol })
        c.thing.hasAnsweredEverything()
    }

    @Test("a reset is as good as being given up: nothing of before is kept but how to log in")
    func reset() {
        let (c, _) = Conversation.owned()
        let again = Conversation(identity: .unclaimed())
        #expect(again.restore(c.record()))
        again.use { $0.reset() }
        let key = again.key
        #expect(key.count == 24)
        again.use { $0.keyWasShown() }
        let record = again.record()
        #expect(!record.contains(Array("owner@".utf8)))
        let third = Conversation(identity: .unclaimed())
        #expect(third.restore(record))
        third.logIn()
        third.asksForRoster()
        third.givesRoster(item(parent))
        third.said = []
        third.server.pushes(item(parent, "remove"))
        third.said = []
        third.names["roster"] = third.rosterID
        third.givesRoster("")
        third.chat("claim \(key)", from: lab)
        #expect(third.isOwned)
    }
}
