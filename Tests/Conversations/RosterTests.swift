import Fixed
import Testing
import Thing

/// What the Thing believes about who its friends are (RFC 6121 §2).
@Suite("Roster") struct RosterTests {
    /// Whether somebody counts as a friend: asked about by canRead, or refused unseen.
    private func isFriend(_ jid: String, _ c: Conversation, sourceLocation: SourceLocation = #_sourceLocation) -> Bool {
        c.said = []
        let id = "f\(c.answers)"
        c.server.asksToRead(from: jid, id: id, seqnr: "7")
        let said = c.thing.hearOut()
        #expect(said.count == 1, sourceLocation: sourceLocation)
        guard let question = said.first?.child("canRead") else { return false }
        #expect(jid.hasPrefix(question.attributes["jid"] ?? "?"), sourceLocation: sourceLocation)
        // An end to it, so that the next one can be asked.
        c.server.answersReading(question.attributes["jid"]!, id: said[0].attributes["id"]!, result: "false")
        c.said = []
        return true
    }

    @Test("the roster is heard before anybody is told that the Thing is online", arguments: Pace.allCases)
    func beforePresence(_ pace: Pace) {
        let c = Conversation(pace)
        c.logIn()
        c.asksForRoster()
        c.thing.saysNothing()
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "cancel", "forbidden", "only friends may ask")
        c.givesRoster(item(parent) + item(bob))
        c.thing.says("<presence>\(caps)</presence>")
        c.thing.saysNothing()
        c.server.parentArrives()
        #expect(isFriend(desk, c))
        #expect(!isFriend(eve, c))
    }

    @Test("without roster versioning no version is asked for", arguments: Pace.allCases)
    func noVersions(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect(secure: true)
        c.thing.opens()
        c.server.opens(mechanisms("SCRAM-SHA-256"))
        c.authenticate()
        c.bind(features: "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
        c.asksForRoster(version: nil)
        c.server.sends(raw: "<iq type='result' id='$roster'><query xmlns='jabber:iq:roster'>\(item(parent))\(item(bob))</query></iq>")
        c.thing.says("<presence>\(caps)</presence>")
        c.server.parentArrives()
        #expect(isFriend(desk, c))
    }

    @Test("an empty result means that nothing has changed, also after a restart", arguments: Pace.allCases)
    func unchanged(_ pace: Pace) {
        let first = Conversation(pace)
        first.goOnline(item(parent) + item(bob))
        first.server.pushes(item(carol), version: "v2")
        let c = Conversation(pace)
        #expect(c.restore(first.record()))
        c.logIn()
        c.asksForRoster(version: "v2")
        c.server.sends(raw: "<iq type='result' id='$roster'/>")
        c.thing.says("<presence>\(caps)</presence>")
        c.server.parentArrives()
        #expect(isFriend(desk, c))
        #expect(isFriend(lab, c))
        #expect(!isFriend(eve, c))
    }

    @Test("a kept roster is believed only once the server has confirmed it", arguments: [true, false], Pace.allCases)
    func unconfirmed(_ restarted: Bool, _ pace: Pace) {
        var c = Conversation(pace)
        c.goOnline(item(parent) + item(bob))
        if restarted {
            let record = c.record()
            c = Conversation(pace)
            #expect(c.restore(record))
        } else {
            c.disconnect(.reset)
            c.time.passes(.seconds(2))
        }
        c.logIn()
        c.asksForRoster(version: "v1")
        // Nobody comes in by what may have been taken back long ago, the parent not either.
        c.server.parentArrives()
        for jid in [desk, phone] {
            c.server.asksToRead(from: jid)
            c.thing.refuses(jid, "cancel", "forbidden", "only friends may ask")
        }
        c.thing.saysNothing()
        c.givesRoster(item(parent), version: "v2")
        c.thing.says("<presence>\(caps)</presence>")
        let wasAsked = c.takeDiscovery(of: phone) != nil
        #expect(wasAsked)
        #expect(!isFriend(desk, c))
    }

    @Test("whoever is not in a whole roster is forgotten", arguments: Pace.allCases)
    func replaced(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob))
        c.disconnect(.reset)
        c.time.passes(.seconds(2))
        c.goOnline(item(parent) + item(carol), version: "v1")
        #expect(!isFriend(desk, c))
        #expect(isFriend(lab, c))
    }

    @Test("a roster without a single contact forgets all", arguments: Pace.allCases)
    func emptied(_ pace: Pace) {
        let c = Conversation(pace, identity: .of(parent: component))
        c.goOnline(item(bob), parentIsHere: false)
        c.said = []
        c.disconnect(.reset)
        c.time.passes(.seconds(2))
        c.logIn()
        c.asksForRoster(version: "v1")
        c.givesRoster("", version: "v2")
        c.said = []
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "cancel", "forbidden", "only friends may ask")
    }

    @Test("a server that does not give the roster is left", arguments: [
        "<iq type='error' id='$roster'><error type='cancel'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
    ])
    func refused(_ answer: String) {
        let c = Conversation()
        c.logIn()
        c.asksForRoster()
        c.server.sends(raw: answer)
        c.thing.ends()
        #expect(c.log.contains("does not give us the roster"))
    }

    @Test("nobody but our server can give us a roster", arguments: [eve, "evil.example", "thing@home.example/other", "home.example.evil", phone])
    func forgedResult(_ sender: String) {
        let c = Conversation()
        c.logIn()
        c.asksForRoster()
        c.server.sends(raw: "<iq type='result' id='$roster' from='\(sender)'><query xmlns='jabber:iq:roster' ver='x'>\(item("eve@evil.example"))</query></iq>")
        c.thing.saysNothing()
        c.givesRoster(item(parent))
        c.thing.says("<presence>\(caps)</presence>")
        c.server.parentArrives()
        #expect(!isFriend(eve, c))
    }

    @Test("a roster of a thousand is read in the memory of one contact; the parent finds its place", arguments: Pace.allCases)
    func large(_ pace: Pace) {
        let c = Conversation(pace)
        c.logIn()
        c.asksForRoster()
        let before = c.readerPeak
        let crowd = (0..<1000).map { item("friend\($0)@far.example", more: " name='Somebody &amp; others'") }
        c.givesRoster(crowd.joined() + item(parent))
        c.thing.says("<presence>\(caps)</presence>")
        #expect(c.readerPeak <= before + 4096)
        #expect(c.log.contains("contacts left out: 969"))
        c.server.parentArrives()
        #expect(isFriend("friend0@far.example/x", c))
        #expect(isFriend("friend30@far.example/x", c))
        #expect(!isFriend("friend31@far.example/x", c), "who found no place is no friend")
        c.server.asksToRead(from: phone, id: "p")
        c.thing.accepts(phone, id: "p")
    }

    @Test("contacts with groups and names of any kind are read", arguments: Pace.allCases)
    func groups(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline(
            "<item jid='\(parent)' subscription='both' name='&lt;Owner&gt;'><group>Family</group><group>Ünïcode &#x1F600;</group></item>"
                + "<item jid='BOB@Far.Example' subscription='both' approved='true'/>")
        #expect(isFriend(desk, c), "addresses are compared after folding")
    }

    @Test("a push from our server changes the roster and is acknowledged", arguments: [nil, "thing@home.example"], Pace.allCases)
    func push(_ sender: String?, _ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline()
        c.server.pushes(item(bob), from: sender, version: "v2")
        let to = sender.map { " to='\($0)'" } ?? ""
        c.thing.says("<iq type='result' id='push'\(to)/>")
        c.thing.saysNothing()
        #expect(isFriend(desk, c))
        c.server.pushes(item(bob, "remove"), from: sender, version: "v3")
        c.thing.says("<iq type='result' id='push'\(to)/>")
        #expect(!isFriend(desk, c))
        c.said = []
        c.disconnect(.reset)
        c.time.passes(.seconds(2))
        c.goOnline(version: "v3")
    }

    @Test("a forged push changes nothing", arguments: [
        eve, "eve@evil.example", "home.example", "thing@home.example/ward", "thing@home.example/other", phone, parent,
        "thing@home.example.evil", "@", "thing@@home.example",
    ], Pace.allCases)
    func forged(_ sender: String, _ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob))
        c.server.pushes(item("eve@evil.example") , from: sender, version: "evil")
        c.thing.refuses(sender, id: "push", "cancel", "service-unavailable")
        c.server.pushes(item(bob, "remove"), from: sender)
        c.thing.refuses(sender, id: "push", "cancel", "service-unavailable")
        #expect(!isFriend(eve, c))
        #expect(isFriend(desk, c))
        c.said = []
        c.disconnect(.reset)
        c.time.passes(.seconds(2))
        c.goOnline(item(parent) + item(bob), version: "v1")
    }

    @Test("a push that is not one item is refused and changes nothing", arguments: [
        item(bob) + item(carol), "", "<item subscription='both'/>", "<item jid='' subscription='both'/>",
        "<item jid='@x' subscription='both'/>", item(bob, "friends"), item(bob, "BOTH"),
        "<item xmlns='urn:other' jid='\(bob)' subscription='both'/>",
    ])
    func malformed(_ items: String) {
        let c = Conversation()
        c.goOnline()
        c.server.pushes(items, version: "v2")
        c.thing.refusesUnaddressed("push", "modify", "bad-request")
        #expect(!isFriend(desk, c))
        #expect(!isFriend(lab, c))
        c.said = []
        c.disconnect(.reset)
        c.time.passes(.seconds(2))
        c.goOnline(version: "v1")
    }

    @Test("half a subscription is no friendship", arguments: ["to", "from", "none"])
    func half(_ subscription: String) {
        let c = Conversation()
        c.goOnline(item(parent) + item(bob, subscription))
        c.said = []
        #expect(!isFriend(desk, c))
    }

    @Test("a contact that is one resource is nobody's friendship")
    func resourceContact() {
        let c = Conversation()
        c.goOnline(item(parent) + item(desk))
        c.server.pushes(item("eve@evil.example/x"))
        c.thing.says("<iq type='result' id='push'/>")
        #expect(!isFriend(desk, c))
        #expect(!isFriend(eve, c))
    }

    @Test("the roster can be asked of us by nobody")
    func rosterGet() {
        let c = Conversation()
        c.goOnline()
        c.server.sends("<iq type='get' id='1' from='\(phone)'><query xmlns='jabber:iq:roster'/></iq>")
        c.thing.refuses(phone, id: "1", "cancel", "service-unavailable")
    }
}
