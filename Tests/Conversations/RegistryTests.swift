import Fixed
import Foundation
import Support
import Testing
import Thing

/// The registry gives the Thing to whoever knows its tags and KEY (XEP-0347): that registry,
/// and none that looks like it.
@Suite("Registry") struct RegistryTests {
    private static let forgers = [
        desk, eve, phone, "home.example", "registry.home.example/x", "registry.home.example.evil", "registry.home.exampl",
        "registry@home.example", "registry.home.example@evil.example", "thing@home.example/other",
    ]

    private func plain(_ key: String) -> String { key.replacingOccurrences(of: "-", with: "") }

    private func tags(_ key: String) -> String {
        "<str name='SN' value='42'/><str name='MODEL' value='Bench; 1'/><num name='V' value='1.20'/><str name='KEY' value='\(key)'/>"
    }

    private func says(_ c: Conversation, _ errand: String, _ inside: String = "", sourceLocation: SourceLocation = #_sourceLocation) {
        c.names["e"] = nil
        c.thing.says("<iq type='set' id='$e' to='\(registry)'><\(errand) xmlns='\(discovery)'>\(inside)</\(errand)></iq>", sourceLocation: sourceLocation)
    }

    private func answers(_ c: Conversation, _ inside: String = "", id: String = "$e", from: String = registry) {
        c.server.sends("<iq type='result' id='\(id)' from='\(from)'>\(inside)</iq>")
    }

    private func tells(_ c: Conversation, _ word: String, from: String = registry, id: String = "k1") {
        c.server.sends("<iq type='set' id='\(id)' from='\(from)'><\(word) xmlns='\(discovery)'/></iq>")
    }

    /// Registered, and nobody's.
    private func registered(_ pace: Pace = .whole) -> (Conversation, key: String) {
        let (c, key) = Conversation.unclaimed(pace, registry: registry)
        says(c, "register", tags(plain(key)))
        answers(c)
        c.thing.saysNothing()
        return (c, key)
    }

    /// Owned through the registry, and shown to everybody there.
    private func given(_ claimed: String = "claimed jid='\(parent)'") -> Conversation {
        let (c, _) = registered()
        tells(c, claimed)
        c.asksForRoster()
        c.thing.says("<iq type='result' id='k1' to='\(registry)'/>")
        c.givesRoster("")
        c.said = []
        c.server.pushes(item(parent))
        c.server.parentArrives(isPerson: true)
        c.said = []
        return c
    }

    @Test("a Thing that nobody owns registers with its tags and KEY, after each login", arguments: Pace.allCases)
    func register(_ pace: Pace) {
        let (c, key) = registered(pace)
        c.disconnect()
        c.time.passes(.seconds(10))
        c.logIn()
        c.asksForRoster(version: "v1")
        c.givesRoster("")
        c.said.removeFirst()
        says(c, "register", tags(plain(key)))
    }

    @Test("who does not answer, or refuses, is asked again: after a minute, then after longer", arguments: [true, false])
    func again(_ isSilent: Bool) {
        let (c, key) = Conversation.unclaimed(registry: registry)
        for wait in [60, 120, 240] as [Int64] {
            says(c, "register", tags(plain(key)))
            if isSilent {
                c.idles(seconds: 30)
            } else {
                c.server.sends("<iq type='error' id='$e' from='\(registry)'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
            }
            c.idles(seconds: wait - 1)
            #expect(!c.said.contains { $0.text.contains("register") })
            c.idles(seconds: 1)
            c.said.removeAll { !$0.text.contains(discovery) }
        }
    }

    @Test("claimed: the Thing is his, says so to the registry, and takes its KEY out of it", arguments: ["", " public='true'", " public='1'"])
    func claimed(_ visible: String) {
        let (c, _) = registered()
        tells(c, "claimed jid='\(parent)'\(visible)")
        #expect(c.mustBeKept)
        c.asksForRoster()
        c.thing.says("<iq type='result' id='k1' to='\(registry)'/>")
        c.givesRoster("")
        c.thing.says("<presence type='subscribed' to='\(parent)'/>")
        c.thing.says("<presence type='subscribe' to='\(parent)'/>")
        c.thing.tells(welcome, to: parent)
        says(c, "update", tags(""))
        answers(c)
        // Our acknowledgement was lost: it is said again, and is as true.
        tells(c, "claimed jid='\(parent)'", id: "k2")
        #expect(c.thing.hearOut().contains { $0.attributes["id"] == "k2" && $0.attributes["type"] == "result" })
        #expect(c.isOwned)
        // Another one comes too late.
        tells(c, "claimed jid='eve@evil.example'", id: "k3")
        #expect(c.thing.hearOut().contains { $0.attributes["id"] == "k3" && $0.attributes["type"] == "error" })
        #expect(c.record().contains(Array(parent.utf8)))
    }

    @Test("whom it shows to nobody is told of no changes", arguments: ["false", "0"])
    func hidden(_ word: String) {
        let c = given("claimed jid='\(parent)' public='\(word)'")
        c.use { $0.retag(Identity.unclaimed(tags: [("SN", "43")]).tags, now: c.now) }
        c.settle()
        #expect(!c.said.contains { $0.text.contains(discovery) })
    }

    @Test("other tags are told, and so is the end of that")
    func update() {
        let c = given()
        answers(c, id: "none")
        let (again, _) = (Conversation(identity: .unclaimed(registry: registry)), 0)
        #expect(again.restore(c.record()))
        again.goOnline(item(parent), version: "v1", parentIsHere: false)
        says(again, "update", tags(""))
        answers(again)
        again.use { $0.retag(Identity.unclaimed(tags: [("SN", "42"), ("ROOM", "Kitchen")]).tags, now: again.now) }
        again.settle()
        again.hasSaidPresence()
        says(again, "update", "<str name='SN' value='42'/><str name='ROOM' value='Kitchen'/><str name='KEY' value=''/>")
        again.server.sends("<iq type='error' id='$e' from='\(registry)'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        again.use { $0.retag(Identity.unclaimed(tags: [("SN", "44")]).tags, now: again.now) }
        again.settle()
        #expect(!again.said.contains { $0.text.contains(discovery) })
        #expect(again.isOwned)
    }

    @Test("the answer to a registration may say whose the Thing is already")
    func claimedMeanwhile() {
        let (c, key) = Conversation.unclaimed(registry: registry)
        says(c, "register", tags(plain(key)))
        answers(c, "<claimed xmlns='\(discovery)' jid='\(parent)'/>")
        #expect(c.isOwned)
        c.emptiesRoster()
        c.thing.says("<presence type='subscribed' to='\(parent)'/>")
    }

    @Test("an owner who cannot be one is refused", arguments: ["", "prov.home.example", "thing@home.example", "@home.example", "a b@home.example"])
    func badOwner(_ owner: String) {
        let (c, _) = registered()
        tells(c, "claimed jid='\(owner)'")
        c.thing.refuses(registry, id: "k1", "cancel", "not-allowed")
        #expect(!c.isOwned)
    }

    @Test("nobody else can give the Thing away, show it to nobody, or take it", arguments: forgers)
    func forged(_ sender: String) {
        let (c, _) = registered()
        tells(c, "claimed jid='eve@evil.example'", from: sender)
        #expect(!c.isOwned)
        c.thing.refuses(sender, id: "k1", "cancel", "service-unavailable")
        answers(c, "<claimed xmlns='\(discovery)' jid='eve@evil.example'/>", from: sender)
        #expect(!c.isOwned)
        let owned = given()
        for word in ["removed", "disowned", "claimed jid='eve@evil.example'"] {
            tells(owned, word, from: sender)
            owned.thing.refuses(sender, id: "k1", "cancel", "service-unavailable")
        }
        owned.thing.saysNothing()
        #expect(owned.isOwned)
    }

    @Test("without a registry in the configuration nobody is one", arguments: forgers + [registry])
    func none(_ sender: String) {
        let (c, _) = Conversation.unclaimed()
        for word in ["claimed jid='eve@evil.example'", "disowned", "removed"] {
            tells(c, word, from: sender)
            c.thing.refuses(sender, id: "k1", "cancel", "service-unavailable")
        }
        #expect(!c.isOwned)
    }

    @Test("a registry that has not been told of the Thing cannot give it away, nor take it from who has it by his own KEY")
    func notTold() {
        let (c, key) = Conversation.unclaimed(registry: registry)
        c.said = []
        c.chat("claim \(key)", from: lab)
        #expect(c.isOwned)
        c.said = []
        for word in ["claimed jid='\(parent)'", "disowned", "removed"] {
            tells(c, word)
            c.thing.refuses(registry, id: "k1", "cancel", "not-allowed")
        }
        // What it was told meanwhile is taken out again.
        c.names["roster"] = c.rosterID
        c.givesRoster("")
        c.said.removeAll { !$0.text.contains(discovery) }
        says(c, "unregister")
        answers(c)
        #expect(!c.said.contains { $0.text.contains(discovery) })
    }

    @Test("removed: shown to nobody, and the owner is who he was")
    func removed() {
        let c = given()
        tells(c, "removed")
        c.thing.says("<iq type='result' id='k1' to='\(registry)'/>")
        #expect(c.isOwned)
        c.use { $0.retag(Identity.unclaimed(tags: [("SN", "43")]).tags, now: c.now) }
        c.settle()
        #expect(!c.said.contains { $0.text.contains(discovery) })
    }

    @Test("disowned: the owner is asked, and once he says so it is acknowledged; then registered anew with a new KEY")
    func disowned() {
        let c = given()
        tells(c, "disowned")
        let words = c.thing.words(to: parent)
        #expect(words.hasPrefix("The registry says that you give me up."))
        #expect(c.isOwned)
        c.thing.saysNothing()
        c.chat("disown \(words.split(separator: " ").last ?? "")", from: phone)
        #expect(!c.isOwned)
        let said = c.thing.hearOut()
        #expect(said.contains { $0.attributes["id"] == "k1" && $0.attributes["type"] == "result" && $0.attributes["to"] == registry })
        c.names["roster"] = c.rosterID
        c.givesRoster("")
        c.hasSaidPresence()
        says(c, "unregister")
        answers(c)
        says(c, "register", tags(plain(c.key)))
    }

    @Test("disowned, and the owner says nothing for two minutes: refused, and nothing changes")
    func disownedInVain() {
        let c = given()
        tells(c, "disowned")
        let number = c.numberAsked(of: parent)
        c.idles(minutes: 2)
        c.hasSaidPresence()
        #expect(c.thing.hearOut().contains { $0.attributes["id"] == "k1" && $0.attributes["type"] == "error" && $0.child("error")?.attributes["type"] == "wait" })
        c.chat("disown \(number)", from: phone)
        #expect(c.isOwned)
        c.thing.hasAnsweredEverything()
    }

    @Test("disowned while the owner is away: refused at once")
    func disownedWhileAway() {
        let c = given()
        c.server.parentLeaves()
        c.said = []
        tells(c, "disowned")
        c.thing.refuses(registry, id: "k1", "wait", "recipient-unavailable", "the owner is not here")
        #expect(c.isOwned)
    }

    @Test("each disowned gets its answer, also where the owner does something else meanwhile")
    func disownedTwice() {
        let c = given()
        tells(c, "disowned", id: "k1")
        tells(c, "disowned", id: "k2")
        c.chat("parent prov.home.example", from: phone)
        c.thing.hasAnsweredEverything()
        #expect(c.isOwned)
    }

    @Test("disowned by the registry, and given away or up meanwhile: the registry has its answer", arguments: [true, false])
    func disownedAndPassedOn(_ isTransfer: Bool) {
        let c = given()
        c.chat("transfer \(carol)", from: phone)
        tells(c, "disowned")
        if isTransfer {
            c.chat("accept", from: lab)
        } else {
            c.server.sends("<iq type='set' id='x1' from='\(phone)'><command xmlns='http://jabber.org/protocol/commands' node='disown'>"
                + "<x xmlns='jabber:x:data' type='submit'><field var='sure'><value>1</value></field></x></command></iq>")
        }
        c.thing.hasAnsweredEverything()
        #expect(c.isOwned == isTransfer)
        #expect(!c.record().contains(Array("owner@".utf8)))
    }

    @Test("an update that finds the Thing disowned: the owner is asked as well")
    func disownedMeanwhile() {
        let c = given()
        let again = Conversation(identity: .unclaimed(registry: registry))
        #expect(again.restore(c.record()))
        again.goOnline(item(parent), version: "v1", parentIsHere: false)
        says(again, "update", tags(""))
        answers(again, "<disowned xmlns='\(discovery)'/>")
        #expect(again.isOwned)
        again.chat("disown \(again.numberAsked(of: parent))", from: phone)
        #expect(!again.isOwned)
    }

    @Test("the power goes before the registry has forgotten us: it is told first thing, before the new KEY")
    func leaving() {
        let c = given()
        c.chat("disown", from: phone)
        c.chat("disown \(c.numberAsked(of: phone))", from: phone)
        let again = Conversation(identity: .unclaimed(registry: registry))
        #expect(again.restore(c.record()))
        again.logIn()
        again.asksForRoster()
        again.givesRoster("")
        again.said.removeAll { !$0.text.contains(discovery) }
        says(again, "unregister")
        // An old word of the registry's is void.
        tells(again, "claimed jid='\(parent)'")
        again.thing.refuses(registry, id: "k1", "cancel", "not-allowed")
        again.server.sends("<iq type='error' id='$e' from='\(registry)'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        says(again, "register", tags(plain(again.key)))
    }
}
