import Access
import Fixed
import Support
import Testing
import XMPP

@Suite("The parent is asked where it is, and its word is taken only from itself")
struct ParentTests {
    private func account() -> Parent { Parent(bare("parent@x")) }

    @Test("Of several clients the one with the highest priority is asked, among equals the latest")
    func target() {
        var parent = account()
        #expect(target(parent) == nil)
        #expect(come("parent@x/a", 0, to: &parent) == .arrived)
        #expect(target(parent) == "a")
        #expect(come("parent@x/b", 0, to: &parent) == .arrived)
        #expect(target(parent) == "b")
        #expect(come("parent@x/c", -1, to: &parent) == .arrived)
        #expect(target(parent) == "b")
        // Known already: its priority is new, itself is not.
        #expect(come("parent@x/a", 5, to: &parent) == .none)
        #expect(target(parent) == "a")
        parent.isDeaf(full("parent@x/a"))
        #expect(target(parent) == "b")
    }

    @Test("It has left when the last client has; presence without a resource speaks for all")
    func leaving() {
        var parent = account()
        _ = come("parent@x/a", 0, to: &parent)
        _ = come("parent@x/b", 0, to: &parent)
        #expect(go("parent@x/b", from: &parent) == .none)
        #expect(go("parent@x/b", from: &parent) == .none)
        #expect(target(parent) == "a")
        #expect(go("parent@x/a", from: &parent) == .left)
        #expect(go("parent@x/a", from: &parent) == .none)
        _ = come("parent@x/a", 0, to: &parent)
        _ = come("parent@x/b", 0, to: &parent)
        #expect(go("parent@x", from: &parent) == .left)
        #expect(target(parent) == nil)
    }

    @Test("Others' presence is not the parent's", arguments: [
        "parent@x.evil/a", "parents@x/a", "x/parent@x", "parent@y/a", "x", "parent@x",
    ])
    func others(address: String) {
        var parent = account()
        #expect(come(address, 100, to: &parent) == .none)
        #expect(target(parent) == nil)
        let isOnline = parent.isOnline
        #expect(!isOnline)
    }

    @Test("A component is always there, whatever presence says")
    func component() {
        var parent = Parent(bare("prov.x"))
        #expect(target(parent) == "")
        #expect(come("prov.x/r", 1, to: &parent) == .none)
        parent.isDeaf(full("prov.x"))
        #expect(go("prov.x", from: &parent) == .none)
        #expect(target(parent) == "")
        let isComponent = parent.isComponent && parent.isOnline
        #expect(isComponent)
    }

    @Test("Unclaimed, there is nobody to be asked, and nobody's presence makes one")
    func unclaimed() {
        var parent = Parent(BareJID())
        let exists = parent.exists || parent.isOnline || parent.isComponent
        #expect(!exists && target(parent) == nil)
        let change = parent.presence(from: JID(bare: BareJID(), resource: JID.Resource("r")), available: true, priority: 0)
        #expect(change == .none && target(parent) == nil)
    }

    @Test("More clients than places: the newest are kept")
    func many() {
        var parent = account()
        for n in 0..<20 { #expect(come("parent@x/\(n)", 0, to: &parent) == .arrived) }
        #expect(target(parent) == "19")
        for n in 12..<20 { parent.isDeaf(full("parent@x/\(n)")) }
        #expect(target(parent) == nil)
    }

    @Test("Replaced or offline, what was known of its clients is void")
    func replaced() {
        var parent = account()
        _ = come("parent@x/a", 0, to: &parent)
        parent.forgetPresence()
        #expect(target(parent) == nil)
        _ = come("parent@x/a", 0, to: &parent)
        parent.replace(bare("other@x"))
        #expect(target(parent) == nil)
        #expect(come("parent@x/a", 0, to: &parent) == .none)
        #expect(come("other@x/a", 0, to: &parent) == .arrived)
    }

    private func target(_ parent: borrowing Parent) -> String? { parent.target.map { string($0.resource.bytes) } }
    /// A client that announces provisioning, unless it is another's.
    private func come(_ address: String, _ priority: Int, to parent: inout Parent) -> Parent.Change {
        let change = parent.presence(from: full(address), available: true, priority: priority)
        if change == .arrived { says("<feature var='urn:xmpp:iot:provisioning'/>", address, to: &parent) }
        return change
    }

    /// Asks the client what it is, and has it answer.
    private func says(_ features: String, _ address: String, to parent: inout Parent, type: String = "result") {
        guard let client = parent.unknownClient else { return }
        parent.asked(client, id: Text("d1"), now: at(0))
        let answer = "<iq type='\(type)' id='d1' from='\(address)'><query xmlns='http://jabber.org/protocol/disco#info'>\(features)</query></iq>"
        _ = try? withStanza(answer) { parent.discovered(by: $0) }
    }

    private func voice(_ parent: borrowing Parent) -> String {
        switch parent.voice {
        case .service(let jid): return "service " + string(jid.resource.bytes)
        case .person: return "person"
        case .unknown: return "unknown"
        case .away: return "away"
        }
    }

    @Test("Who announces provisioning is asked by its questions; where nobody does, there is a person")
    func kinds() {
        var parent = account()
        #expect(voice(parent) == "away")
        _ = parent.presence(from: full("parent@x/chat"), available: true, priority: 9)
        #expect(voice(parent) == "unknown" && target(parent) == nil)
        says("<feature var='urn:xmpp:iot:provisioning:not'/><identity var='urn:xmpp:iot:provisioning'/>", "parent@x/chat", to: &parent)
        #expect(voice(parent) == "person" && target(parent) == nil)
        #expect(come("parent@x/bot", -5, to: &parent) == .arrived)
        #expect(voice(parent) == "service bot")
        parent.isDeaf(full("parent@x/bot"))
        #expect(voice(parent) == "person")
        _ = go("parent@x/chat", from: &parent)
        #expect(voice(parent) == "away")
    }

    @Test("What a client is it says itself, in answer to our question, or it is taken for a person's")
    func discovery() throws {
        let yes = "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:xmpp:iot:provisioning'/></query>"
        for (answer, expected) in [
            ("type='result' id='d1' from='parent@x/other'", "unknown"), ("type='result' id='d1' from='parent@x'", "unknown"),
            ("type='result' id='d1' from='eve@evil/chat'", "unknown"), ("type='result' id='d2' from='parent@x/chat'", "unknown"),
            ("type='error' id='d1' from='parent@x/chat'", "person"), ("type='result' id='d1' from='parent@x/chat'", "service chat"),
        ] {
            var parent = account()
            _ = parent.presence(from: full("parent@x/chat"), available: true, priority: 0)
            guard let client = parent.unknownClient else { throw NotAStanza() }
            parent.asked(client, id: Text("d1"), now: at(0))
            let isAsked = parent.unknownClient == nil
            #expect(isAsked)
            _ = try withStanza("<iq \(answer)>\(yes)</iq>") { parent.discovered(by: $0) }
            #expect(voice(parent) == expected, "\(answer)")
        }
        var silent = account()
        _ = silent.presence(from: full("parent@x/chat"), available: true, priority: 0)
        silent.asked(full("parent@x/chat"), id: Text("d1"), now: at(0))
        var overdue = silent.discoveryIsOverdue(now: at(9))
        #expect(!overdue && voice(silent) == "unknown")
        overdue = silent.discoveryIsOverdue(now: at(10))
        #expect(overdue && voice(silent) == "person")
    }
    private func go(_ address: String, from parent: inout Parent) -> Parent.Change {
        parent.presence(from: full(address), available: false, priority: 0)
    }
}

@Suite("An answer counts only where it is one")
struct ProvisioningTests {
    private let question = Question(id: Text("q7"), to: full("parent@x/phone"), epoch: 0, now: at(0))

    @Test("It comes from the very address that was asked, with the id that was asked", arguments: [
        ("id='q7' from='parent@x/phone'", true), ("id='q7' from='PARENT@X/phone'", true), ("id='q7' from='parent@x/Phone'", false),
        ("id='q7' from='parent@x'", false), ("id='q7' from='parent@x/other'", false), ("id='q8' from='parent@x/phone'", false),
        ("id='q7'", false), ("from='parent@x/phone'", false), ("id='' from='parent@x/phone'", false), ("id='q7' from=''", false),
        ("id='q7' from='parent@x.evil/phone'", false), ("id='q77' from='parent@x/phone'", false), ("id='Q7' from='parent@x/phone'", false),
    ])
    func isAnswered(attributes: String, answers: Bool) throws {
        #expect(try withStanza("<iq type='result' \(attributes)/>") { question.isAnswered(by: $0) } == answers)
    }

    @Test("Yes, no, or no answer", arguments: [
        ("type='result'", "jid='c@x' result='true'", true), ("type='result'", "jid='c@x' result='1'", true),
        ("type='result'", "jid='c@x' result='false'", false), ("type='result'", "jid='c@x' result='0'", false),
        ("type='result'", "jid='C@X/home' result='true'", true),
        ("type='result'", "jid='c@x' result='yes'", nil), ("type='result'", "jid='c@x' result='TRUE'", nil),
        ("type='result'", "jid='c@x' result=''", nil), ("type='result'", "jid='c@x'", nil), ("type='result'", "result='true'", nil),
        ("type='result'", "jid='' result='true'", nil), ("type='result'", "jid='d@x' result='true'", nil),
        ("type='result'", "jid='c@x.evil' result='true'", nil), ("type='result'", "jid='x' result='true'", nil),
        ("type='error'", "jid='c@x' result='true'", nil), ("type='set'", "jid='c@x' result='true'", nil), ("", "jid='c@x' result='true'", nil),
    ] as [(String, String, Bool?)])
    func verdict(type: String, attributes: String, expected: Bool?) throws {
        let iq = "<iq \(type)><isFriendResponse xmlns='urn:xmpp:iot:provisioning' \(attributes)/></iq>"
        #expect(try withStanza(iq) { Provisioning.verdict(in: $0, "isFriendResponse", about: bare("c@x")) } == expected)
    }

    @Test("Another element, another namespace or another depth is none", arguments: [
        "<isFriendResponse jid='c@x' result='true'/>", "<canReadResponse xmlns='urn:xmpp:iot:provisioning' jid='c@x' result='true'/>",
        "<isFriend xmlns='urn:xmpp:iot:provisioning' jid='c@x' result='true'/>", "",
        "<x><isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='c@x' result='true'/></x>",
        "<p:isFriendResponse xmlns:p='urn:xmpp:iot:provisionin' jid='c@x' result='true'/>",
        "<p:isFriendResponse xmlns:p='urn:xmpp:iot:provisioning' p:jid='c@x' p:result='true'/>",
    ])
    func elsewhere(child: String) throws {
        let verdict = try withStanza("<iq type='result'>\(child)</iq>") {
            Provisioning.verdict(in: $0, "isFriendResponse", about: bare("c@x"))
        }
        #expect(verdict == nil)
    }

    @Test("Deaf is who says that it knows no such question", arguments: [
        ("type='error'", "service-unavailable", true), ("type='error'", "feature-not-implemented", true),
        ("type='error'", "forbidden", false), ("type='error'", "remote-server-timeout", false), ("type='result'", "service-unavailable", false),
    ])
    func deaf(type: String, condition: String, expected: Bool) throws {
        let iq = "<iq \(type)><error type='cancel'><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
        #expect(try withStanza(iq) { Provisioning.isDeaf($0) } == expected)
    }

    @Test("The question names the stranger's bare address, escaped like everything")
    func asking() {
        var out = Outbox()
        let to = full("parent@x/it's <here>")
        let fits = Provisioning.askFriend(bare("c@x"), Question(id: Text("q1"), to: to, epoch: 0, now: at(0)), to: &out)
        #expect(fits && string(out.bytes) == "<iq type='get' id='q1' to=\"parent@x/it's &lt;here>\">"
            + "<isFriend xmlns='urn:xmpp:iot:provisioning' jid='c@x'/></iq>")
    }

    @Test("Without room nothing is sent, so that it can be asked later")
    func noRoom() {
        var out = Outbox()
        while out.room > 40 { out.put(0x20) }
        out.commit()
        let before = out.count
        let fits = Provisioning.askFriend(bare("c@x"), question, to: &out)
        let after = out.count
        #expect(!fits && before == after)
    }
}
