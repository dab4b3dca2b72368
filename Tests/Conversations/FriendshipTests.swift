import Fixed
import Testing
import Thing

/// How a stranger becomes a friend, and how a friend ceases to be, by the
/// parent's leave (RFC 6121 §3, XEP-0324).
@Suite("Friendship") struct FriendshipTests {
    private func online(_ pace: Pace = .whole, _ items: String = item(parent), parentIsHere: Bool = true) -> Conversation {
        let c = Conversation(pace)
        c.goOnline(items, parentIsHere: parentIsHere)
        return c
    }

    @Test("yes: both ways, and the parent was asked about the bare address", arguments: Pace.allCases)
    func yes(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.thing.saysNothing()
        c.server.answersFriend(bob, result: "true")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
        c.thing.saysNothing()
        c.server.pushes(item(bob, "from"), id: "1")
        c.thing.says("<iq type='result' id='1'/>")
        c.server.pushes(item(bob, "from", more: " ask='subscribe'"), id: "2")
        c.thing.says("<iq type='result' id='2'/>")
        c.server.sends("<presence type='subscribed' from='\(bob)'/>")
        c.server.pushes(item(bob), id: "3")
        c.thing.says("<iq type='result' id='3'/>")
        c.thing.saysNothing()
        #expect(c.log.contains("friends with bob@far.example"))
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
    }

    @Test("yes, to one whose presence is seen already, needs no second request", arguments: Pace.allCases)
    func yesToHalf(_ pace: Pace) {
        let c = online(pace, item(parent) + item(bob, "to"))
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.answersFriend(bob, result: "1")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.saysNothing()
    }

    @Test("no: refused, and nothing else", arguments: ["false", "0"], Pace.allCases)
    func no(_ word: String, _ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.answersFriend(bob, result: word)
        c.thing.says("<presence type='unsubscribed' to='\(bob)'/>")
        c.thing.saysNothing()
    }

    @Test("no, about one whom we had asked ourselves: taken off the roster too")
    func noToHalf() {
        let c = online(.whole, item(parent) + item(bob, "to"))
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.answersFriend(bob, result: "false")
        c.thing.says("<presence type='unsubscribed' to='\(bob)'/>")
        c.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query></iq>")
    }

    @Test("silence is no answer: asked again, less and less often", arguments: Pace.allCases)
    func silent(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        var waits: [Int64] = []
        for _ in 0..<6 {
            let before = c.now
            while c.said.isEmpty, let interval = c.time.untilWake {
                c.time.passes(interval)
                // The keepalive's own business.
                c.said.removeAll { utterance in
                    guard case .element(let node, _) = utterance, node.child("ping") != nil else { return false }
                    return true
                }
                c.server.sends(raw: " ")
            }
            c.thing.asksAbout(bob)
            waits.append(c.now.since(before).milliseconds / 1000)
        }
        #expect(waits == [90, 150, 270, 510, 930, 930])
        c.server.answersFriend(bob, result: "true")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
        c.thing.saysNothing()
    }

    @Test("an answer that comes after its time is no answer", arguments: Pace.allCases)
    func late(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.time.passes(.milliseconds(30_001))
        c.server.answersFriend(bob, result: "true")
        c.thing.saysNothing()
    }

    @Test("what is no answer leaves the request waiting", arguments: [
        "<iq type='error' id='$q' from='\(phone)'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
        "<iq type='result' id='$q' from='\(phone)'/>",
        "<iq type='result' id='$q' from='\(phone)'><isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='\(carol)' result='true'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='' result='true'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><isFriendResponse xmlns='urn:xmpp:iot:provisioning' result='true'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)' result='yes'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)' result='TRUE'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><isFriendResponse xmlns='urn:other' jid='\(bob)' result='true'/></iq>",
        "<iq type='result' id='$q' from='\(phone)'><canReadResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)' result='true'/></iq>",
        "<iq type='error' id='$q' from='\(phone)'><isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)' result='true'/></iq>",
    ])
    func noDecision(_ answer: String) {
        let c = online()
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.sends(raw: answer)
        c.thing.saysNothing()
        // The question is used up: the true answer to it comes too late.
        c.server.answersFriend(bob, result: "true")
        c.thing.saysNothing()
        c.time.passes(.minutes(1))
        c.thing.asksAbout(bob)
        c.server.answersFriend(bob, result: "false")
        c.thing.says("<presence type='unsubscribed' to='\(bob)'/>")
    }

    @Test("an answer counts only from the very address that was asked", arguments: [
        tablet, parent, eve, desk, "home.example", "owner@home.example.evil/phone", "owner@home.example/Phone", "@",
    ], Pace.allCases)
    func forged(_ sender: String, _ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.answersFriend(bob, from: sender, result: "true")
        c.server.sends(raw: "<iq type='result' id='$q'><isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='\(bob)' result='true'/></iq>")
        c.thing.saysNothing()
        c.server.answersFriend(bob, result: "false")
        c.thing.says("<presence type='unsubscribed' to='\(bob)'/>")
    }

    @Test("the address is what is compared, not its letters' case")
    func folded() {
        let c = online()
        c.server.sends("<presence type='subscribe' from='Bob@FAR.example'/>")
        c.thing.asksAbout(bob)
        c.server.answersFriend("BOB@far.example", from: "Owner@Home.Example/phone", result: "true")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
    }

    @Test("a second answer says nothing more", arguments: Pace.allCases)
    func twice(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.answersFriend(bob, result: "false")
        c.thing.says("<presence type='unsubscribed' to='\(bob)'/>")
        c.server.answersFriend(bob, result: "true")
        c.thing.saysNothing()
    }

    @Test("away: the request waits without a clock, and is put when the parent returns", arguments: Pace.allCases)
    func away(_ pace: Pace) {
        let c = online(pace, parentIsHere: false)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.saysNothing()
        #expect(c.log.contains("the parent is away: the request waits"))
        c.time.passes(.seconds(6))
        c.thing.says("<presence><status>parent away</status>\(caps)</presence>")
        let before = c.wakeUps
        c.time.passes(.seconds(200))
        #expect(c.wakeUps == before)
        c.server.parentArrives()
        c.thing.says("<presence>\(caps)</presence>")
        c.thing.asksAbout(bob)
        c.server.parentLeaves()
        c.thing.says("<presence><status>parent away</status>\(caps)</presence>")
        c.server.parentArrives()
        c.thing.says("<presence>\(caps)</presence>")
        c.thing.asksAbout(bob)
        c.server.answersFriend(bob, result: "true")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
        c.thing.saysNothing()
    }

    @Test("the client that was asked goes: another one is asked at once, and the first one's late word is nobody's", arguments: Pace.allCases)
    func askedOneLeaves(_ pace: Pace) {
        let c = online(pace)
        c.server.parentArrives(tablet)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob, to: tablet)
        c.server.parentLeaves(tablet)
        c.thing.asksAbout(bob, to: phone)
        c.server.answersFriend(bob, from: tablet, result: "true")
        c.thing.saysNothing()
        c.server.answersFriend(bob, from: phone, result: "false")
        c.thing.says("<presence type='unsubscribed' to='\(bob)'/>")
    }

    @Test("asked again when the parent returns, though its time has not come", arguments: Pace.allCases)
    func returns(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.time.passes(.seconds(31))
        c.server.parentLeaves()
        c.thing.says("<presence><status>parent away</status>\(caps)</presence>")
        c.server.parentArrives()
        c.thing.says("<presence>\(caps)</presence>")
        c.thing.asksAbout(bob)
    }

    @Test("of two clients, the one that knows such questions is asked, whichever answers deafly", arguments: ["service-unavailable", "feature-not-implemented"], Pace.allCases)
    func deaf(_ condition: String, _ pace: Pace) {
        let c = online(pace)
        c.server.parentArrives(tablet, priority: 5)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob, to: tablet)
        c.server.sends(raw: "<iq type='error' id='$q' from='\(tablet)'><error type='cancel'><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        c.thing.asksAbout(bob, to: phone)
        c.server.answersFriend(bob, result: "true")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
        // The next question goes there at once.
        c.server.sends("<presence type='subscribe' from='\(carol)'/>")
        c.thing.asksAbout(carol, to: phone)
        c.thing.saysNothing()
    }

    @Test("where all clients are deaf the request waits for another", arguments: Pace.allCases)
    func allDeaf(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.sends(raw: "<iq type='error' id='$q' from='\(phone)'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        c.time.passes(.seconds(200))
        c.thing.saysNothing()
        c.server.parentArrives(tablet)
        c.thing.asksAbout(bob, to: tablet)
    }

    @Test("the client with the highest priority is asked, the latest among equals", arguments: [
        (5, 1, phone), (1, 5, tablet), (0, 0, tablet), (-1, -5, phone),
    ])
    func priority(_ first: Int, _ second: Int, _ asked: String) {
        let c = online(.whole, parentIsHere: false)
        c.server.parentArrives(phone, priority: first)
        c.server.parentArrives(tablet, priority: second)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob, to: asked)
    }

    @Test("more clients of the parent than places: the newest counts")
    func manyClients() {
        let c = online()
        for i in 0..<20 { c.server.parentArrives("\(parent)/client\(i)") }
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob, to: "\(parent)/client19")
        for i in 0..<20 { c.server.parentLeaves("\(parent)/client\(i)") }
        c.thing.saysNothing()
        c.server.parentLeaves(parent)
        c.time.passes(.seconds(6))
        c.thing.says("<presence><status>parent away</status>\(caps)</presence>")
    }

    @Test("a component as parent is asked at its own address, is told of our presence, and needs no roster", arguments: Pace.allCases)
    func component(_ pace: Pace) {
        let prov = "prov.home.example"
        let c = Conversation(pace, identity: .of(parent: prov))
        c.logIn()
        c.asksForRoster()
        c.givesRoster("")
        c.thing.says("<presence>\(caps)</presence>")
        c.thing.says("<presence to='\(prov)'>\(caps)</presence>")
        c.thing.saysNothing()
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob, to: prov)
        c.server.answersFriend(bob, from: "prov.home.example/x", result: "true")
        c.server.answersFriend(bob, from: "owner@prov.home.example", result: "true")
        c.server.answersFriend(bob, from: "xprov.home.example", result: "true")
        c.thing.saysNothing()
        c.server.answersFriend(bob, from: prov, result: "true")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
        c.time.passes(.seconds(10))
        c.thing.saysNothing()
        c.server.sends("<message from='\(prov)'><friend xmlns='urn:xmpp:iot:provisioning' jid='\(carol)'/></message>")
        c.thing.says("<presence type='subscribe' to='\(carol)'/>")
    }

    @Test("a component that is deaf is still asked again, since there is nobody else")
    func deafComponent() {
        let prov = "prov.home.example"
        let c = Conversation(identity: .of(parent: prov))
        c.goOnline("", parentIsHere: false)
        c.said = []
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob, to: prov)
        c.server.sends(raw: "<iq type='error' id='$q' from='\(prov)'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        c.thing.saysNothing()
        c.time.passes(.minutes(1))
        c.thing.asksAbout(bob, to: prov)
    }

    @Test("the parent itself needs nobody's leave, and is asked for its presence", arguments: Pace.allCases)
    func parentSubscribes(_ pace: Pace) {
        let c = Conversation(pace)
        c.logIn()
        c.asksForRoster()
        c.givesRoster("")
        c.thing.says("<presence>\(caps)</presence>")
        c.thing.says("<presence type='subscribe' to='\(parent)'/>")
        c.server.pushes(item(parent, "none", more: " ask='subscribe'"))
        c.thing.says("<iq type='result' id='push'/>")
        c.server.sends("<presence type='subscribe' from='\(parent)'/>")
        c.thing.says("<presence type='subscribed' to='\(parent)'/>")
        c.thing.saysNothing()
    }

    @Test("an unclaimed Thing refuses everybody, and says that it is unclaimed", arguments: Pace.allCases)
    func unclaimed(_ pace: Pace) {
        let c = Conversation(pace, identity: .of(parent: ""))
        c.logIn()
        c.asksForRoster()
        c.givesRoster(item(bob))
        c.thing.says("<presence><status>unclaimed</status>\(caps)</presence>")
        c.server.sends("<presence type='subscribe' from='\(carol)'/>")
        c.thing.says("<presence type='unsubscribed' to='\(carol)'/>")
        c.server.sends("<presence type='subscribe' from='\(parent)'/>")
        c.thing.says("<presence type='unsubscribed' to='\(parent)'/>")
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "cancel", "forbidden", "only friends may ask")
        c.server.sends("<message from='\(parent)/x'><friend xmlns='urn:xmpp:iot:provisioning' jid='\(carol)'/></message>")
        c.time.passes(.minutes(3))
        c.thing.saysNothing()
    }

    @Test("one who asks again while waiting is asked about once", arguments: Pace.allCases)
    func repeated(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.server.sends("<presence type='subscribe' from='\(desk)'/><presence type='subscribe' from='\(sofa)'/>")
        c.thing.asksAbout(bob)
        c.thing.saysNothing()
    }

    @Test("the seventeenth who waits is told to try later", arguments: Pace.allCases)
    func pendingFull(_ pace: Pace) {
        let c = online(pace, parentIsHere: false)
        for i in 0..<16 { c.server.sends("<presence type='subscribe' from='friend\(i)@far.example'/>") }
        c.thing.saysNothing()
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.says("<presence type='error' to='\(bob)'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>no room at the moment</text></error></presence>")
        c.server.parentArrives()
        for i in 0..<16 { c.thing.asksAbout("friend\(i)@far.example", id: "q\(i)") }
        c.thing.saysNothing()
        for i in 0..<16 { c.server.answersFriend("friend\(i)@far.example", id: "$q\(i)", result: i % 2 == 0 ? "true" : "false") }
        for i in 0..<16 {
            if i % 2 == 0 {
                c.thing.says("<presence type='subscribed' to='friend\(i)@far.example'/>")
                c.thing.says("<presence type='subscribe' to='friend\(i)@far.example'/>")
            } else {
                c.thing.says("<presence type='unsubscribed' to='friend\(i)@far.example'/>")
            }
        }
    }

    private static let tooMany = "<presence type='error' to='\(bob)'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>no room at the moment</text></error></presence>"

    @Test("with a full roster nobody new is taken in, and is told to try later", arguments: Pace.allCases)
    func rosterFull(_ pace: Pace) {
        let crowd = (0..<31).map { item("friend\($0)@far.example") }.joined()
        let c = online(pace, item(parent) + crowd)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.says(Self.tooMany)
        c.thing.saysNothing()
        c.server.sends("<message from='\(phone)'><friend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.thing.saysNothing()
        #expect(c.log.contains("cannot befriend, though the parent wants it: bob@far.example"))
    }

    @Test("one for whom the last place was taken while the parent thought is told to try later")
    func rosterFilledMeanwhile() {
        let crowd = (0..<29).map { item("friend\($0)@far.example") }.joined()
        let c = online(.whole, item(parent) + crowd)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.pushes(item(carol))
        c.thing.says("<iq type='result' id='push'/>")
        c.server.answersFriend(bob, result: "true")
        c.thing.says(Self.tooMany)
        c.thing.saysNothing()
    }

    @Test("the parent sends us to somebody: we ask, and when they ask back the parent decides", arguments: Pace.allCases)
    func befriend(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<message from='\(phone)'><friend xmlns='urn:xmpp:iot:provisioning' jid='\(desk)'/></message>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
        c.server.pushes(item(bob, "none", more: " ask='subscribe'"))
        c.thing.says("<iq type='result' id='push'/>")
        c.server.sends("<message from='\(phone)'><friend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.thing.saysNothing()
    }

    @Test("the parent ends a friendship: off the roster, both ways", arguments: Pace.allCases)
    func unfriend(_ pace: Pace) {
        let c = online(pace, item(parent) + item(bob))
        c.server.sends("<message from='\(phone)' to='thing@home.example'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query></iq>")
        c.server.pushes(item(bob, "remove"))
        c.thing.says("<iq type='result' id='push'/>")
        c.thing.saysNothing()
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "cancel", "forbidden", "only friends may ask")
    }

    @Test("the parent's word against one who waits is a no")
    func unfriendPending() {
        let c = online()
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.sends("<message from='\(phone)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.thing.says("<presence type='unsubscribed' to='\(bob)'/>")
        c.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query></iq>")
        c.server.answersFriend(bob, result: "true")
        c.thing.saysNothing()
    }

    @Test("a no between our yes and the server's word of it is not lost")
    func unfriendInBetween() {
        let c = online()
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.answersFriend(bob, result: "true")
        c.said = []
        c.server.sends("<message from='\(phone)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query></iq>")
        c.thing.saysNothing()
    }

    @Test("the parent cannot be unfriended by message, nor the Thing befriend itself or a server")
    func nonsense() {
        let c = online()
        for order in ["<unfriend jid='\(parent)'", "<friend jid='thing@home.example'", "<friend jid='far.example'", "<friend jid='@'", "<friend", "<unfriend jid=''"] {
            c.server.sends("<message from='\(phone)'>\(order) xmlns='urn:xmpp:iot:provisioning'/></message>")
        }
        c.thing.saysNothing()
    }

    @Test("nobody but the parent gives such orders", arguments: [
        eve, desk, bob, "home.example", "owner@home.example.evil/phone", "thing@home.example/other", "home.example/phone", "@",
    ], ["friend", "unfriend"])
    func forgedOrders(_ sender: String, _ order: String) {
        let c = online(.whole, item(parent) + item(bob))
        for type in ["", " type='chat'", " type='headline'", " type='error'"] {
            c.server.sends("<message from='\(sender)'\(type)><\(order) xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
            c.server.sends("<message\(type)><\(order) xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        }
        c.server.sends("<message from='\(sender)'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='\(phone)'><\(order) xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message></forwarded></sent></message>")
        c.thing.saysNothing()
    }

    @Test("a parent that is not wholly a friend may take back all the same", arguments: Pace.allCases)
    func parentNotFriend(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline(item(parent, "from") + item(bob), parentIsHere: false)
        c.said = []
        c.server.sends("<message from='\(phone)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query></iq>")
        c.server.sends("<iq type='set' id='cc' from='\(phone)'><clearCache xmlns='urn:xmpp:iot:provisioning'/></iq>")
        c.thing.says("<iq type='result' id='cc' to='\(phone)'><clearCacheResponse xmlns='urn:xmpp:iot:provisioning'/></iq>")
        c.thing.saysNothing()
    }

    @Test("whom the parent drops is no friend from that word on, whether or not the server hears of it", arguments: [true, false])
    func dropped(_ restarted: Bool) {
        var c = online(.whole, item(parent) + item(bob))
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.server.allowsReading(bob)
        c.said = []
        c.server.sends("<message from='\(phone)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query></iq>")
        c.server.asksToRead(from: desk, id: "r2")
        c.thing.refuses(desk, id: "r2", "cancel", "forbidden", "only friends may ask")
        // The stream breaks before the server had it.
        if restarted {
            let record = c.record()
            c = Conversation()
            #expect(c.restore(record))
        } else {
            c.disconnect(.reset)
            c.time.passes(.seconds(2))
        }
        c.logIn()
        c.said = []
        c.givesRosterAfter(item(parent) + item(bob))
        c.server.parentArrives()
        c.server.asksToRead(from: desk, id: "r3")
        c.thing.refuses(desk, id: "r3", "cancel", "forbidden", "only friends may ask")
        c.server.pushes(item(bob, "remove"))
        c.thing.says("<iq type='result' id='push'/>")
        // He asks again, the parent allows it: a new friendship, of which nothing is known.
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.answersFriend(bob, result: "true")
        c.server.pushes(item(bob))
        c.said = []
        c.server.asksToRead(from: desk, id: "r4")
        c.thing.asksWhetherMayRead(bob)
    }

    @Test("who is being dropped and asks again is a stranger; the parent's yes counts")
    func droppedAndBack() {
        let c = online(.whole, item(parent) + item(bob))
        c.server.sends("<message from='\(phone)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.said = []
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.answersFriend(bob, result: "true")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
        c.thing.saysNothing()
    }

    @Test("a friend that ends its half ends the whole", arguments: ["unsubscribe", "unsubscribed"], Pace.allCases)
    func peerEnds(_ type: String, _ pace: Pace) {
        let c = online(pace, item(parent) + item(bob))
        c.server.sends("<presence type='\(type)' from='\(bob)'/>")
        c.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query></iq>")
        c.thing.saysNothing()
    }

    @Test("a stranger's end of what never was moves nothing", arguments: ["unsubscribe", "unsubscribed", "subscribed", "unavailable", "error", "probe", "made-up"])
    func strangerEnds(_ type: String) {
        let c = online(.whole, item(parent) + item(bob))
        c.server.sends("<presence type='\(type)' from='\(eve)'/>")
        c.thing.saysNothing()
    }

    @Test("the parent that leaves us is not driven out, and may still take back what it gave", arguments: ["unsubscribe", "unsubscribed"])
    func parentEnds(_ type: String) {
        let c = online(.whole, item(parent) + item(bob))
        c.server.sends("<presence type='\(type)' from='\(parent)'/>")
        c.server.pushes(item(parent, type == "unsubscribe" ? "to" : "from"))
        c.thing.says("<iq type='result' id='push'/>")
        c.thing.saysNothing()
        #expect(c.log.contains("the parent has ended the friendship with us"))
        c.server.sends("<message from='\(phone)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item jid='\(bob)' subscription='remove'/></query></iq>")
        c.thing.saysNothing()
    }

    @Test("one who takes the request back is not asked about, and no late yes helps", arguments: Pace.allCases)
    func withdrawn(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob)
        c.server.sends("<presence type='unsubscribe' from='\(bob)'/>")
        c.server.answersFriend(bob, result: "true")
        c.thing.saysNothing()
    }

    @Test("one who was allowed before is told again, without another question", arguments: ["from", "both"])
    func alreadyAllowed(_ subscription: String) {
        let c = online(.whole, item(parent) + item(bob, subscription, more: " ask='subscribe'"))
        c.said = []
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.saysNothing()
    }

    @Test("a request from an address that cannot be one is dropped", arguments: ["", "@", "a@", "@b", "a b@c", "/x", "bob@far..example", String(repeating: "a", count: 300) + "@far.example"])
    func badAddress(_ sender: String) {
        let c = online()
        c.server.sends("<presence type='subscribe' from='\(sender)'/>")
        c.thing.saysNothing()
    }

    @Test("our own account's presence is no request")
    func ownPresence() {
        let c = online()
        c.server.sends("<presence type='subscribe' from='thing@home.example/other'/><presence from='thing@home.example/other'/><presence type='subscribe'/>")
        c.thing.saysNothing()
    }

    @Test("a connection lost while the parent thinks: asked again, the old answer counts for nothing", arguments: Pace.allCases)
    func lostMeanwhile(_ pace: Pace) {
        let c = online(pace)
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.thing.asksAbout(bob, id: "old")
        c.disconnect(.reset)
        c.time.passes(.seconds(2))
        c.goOnline(version: "v1", parentIsHere: false)
        c.thing.saysNothing()
        c.server.parentArrives()
        c.thing.asksAbout(bob)
        // The server delivers what was pending once more.
        c.server.sends("<presence type='subscribe' from='\(bob)'/>")
        c.server.answersFriend(bob, id: "$old", result: "true")
        c.thing.saysNothing()
        c.server.answersFriend(bob, result: "true")
        c.thing.says("<presence type='subscribed' to='\(bob)'/>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
    }

    @Test("a power cut between the yes and the rest: the rest is done after the restart", arguments: Pace.allCases)
    func powerCut(_ pace: Pace) {
        let first = online(pace)
        first.server.sends("<presence type='subscribe' from='\(bob)'/>")
        first.thing.asksAbout(bob)
        first.server.answersFriend(bob, result: "true")
        first.server.pushes(item(bob, "from"), version: "v2")
        let c = Conversation(pace, seed: 2)
        #expect(c.restore(first.record()))
        c.logIn()
        c.asksForRoster(version: "v2")
        c.server.sends(raw: "<iq type='result' id='$roster'/>")
        c.thing.says("<presence>\(caps)</presence>")
        c.thing.says("<presence type='subscribe' to='\(bob)'/>")
        c.thing.saysNothing()
    }

    @Test("a roster full of half friendships is completed, however many they are")
    func manyHalves() {
        let long = String(repeating: "l", count: 160)
        let c = Conversation()
        c.logIn()
        c.asksForRoster()
        c.givesRoster(item(parent) + (0..<31).map { item("\(long)\($0)@far.example", "from") }.joined())
        let asked = c.thing.hearOut().filter { $0.attributes["type"] == "subscribe" }
        #expect(asked.count == 31)
    }
}
