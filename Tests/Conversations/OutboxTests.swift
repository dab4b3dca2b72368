import Fixed
import Readout
import Testing
import Thing

/// A network that takes its time: nothing is lost, nothing is out of order, and
/// nobody spins.
@Suite("Outbox") struct OutboxTests {
    private let fields = (0..<128).map { Field("field \($0) " + String(repeating: "n", count: 40), "V") }

    @Test("sent a byte at a time, a conversation is the same", arguments: Pace.allCases)
    func byteByByte(_ pace: Pace) {
        func play(_ writeSize: Int) -> [String] {
            let c = Conversation(pace, fields: fields)
            c.writeSize = writeSize
            c.goOnline(item(parent) + item(bob))
            c.server.sends("<presence type='subscribe' from='\(carol)'/>")
            c.thing.asksAbout(carol)
            c.server.answersFriend(carol, result: "true")
            c.server.asksToRead(from: desk)
            c.server.asksToRead(from: phone, id: "r2")
            c.server.sends((0..<50).map { "<iq type='get' id='h\($0)' from='\(desk)'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>" }.joined())
            c.time.passes(.minutes(5))
            let said = c.said.map(\.text)
            c.thing.hasAnsweredEverything()
            return said
        }
        #expect(play(1) == play(.max))
    }

    @Test("while nothing is sent, input waits; then all is answered, in order", arguments: Pace.allCases)
    func blocked(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob))
        c.outlet = 0
        c.server.sends((0..<200).map { "<iq type='get' id='h\($0)' from='\(desk)'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>" }.joined())
        c.server.sends("<presence type='subscribe' from='\(carol)'/>")
        #expect(c.untaken > 0)
        c.thing.saysNothing()
        let before = c.wakeUps
        c.time.passes(.seconds(120))
        #expect(c.wakeUps - before <= 3)
        c.outlet = nil
        c.settle()
        #expect(c.untaken == 0)
        for i in 0..<200 {
            c.thing.says("<iq type='result' id='h\(i)' to='\(desk)'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='bot' name='Ward'/>\(thingFeatures.map { "<feature var='\($0)'/>" }.joined())</query></iq>")
        }
        c.thing.asksAbout(carol)
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("long answers to many at once arrive whole, however little is sent at a time", arguments: [1_000, 3_000, 7_000])
    func dripping(_ amount: Int) {
        let c = Conversation(fields: fields)
        c.goOnline(item(parent) + item(bob) + item(carol))
        c.outlet = 0
        for (i, client) in [phone, tablet, parent + "/x"].enumerated() { c.server.asksToRead(from: client, id: "r\(i)") }
        var turns = 0
        while turns < 500, c.untaken > 0 || c.outgoingCount > 0 {
            turns += 1
            c.outlet = amount
            c.settle()
        }
        let said = c.thing.hearOut()
        for client in [phone, tablet, parent + "/x"] {
            let own = said.filter { $0.attributes["to"] == client }
            #expect(own.first?.name == "iq")
            #expect(own.flatMap { $0.all("numeric") }.compactMap { $0.attributes["name"] } == fields.map(\.text))
            #expect(own.last?.children.first?.attributes["done"] == "true")
        }
        c.thing.hasAnsweredEverything()
    }

    @Test("questions that come due while nothing is sent are put once there is room", arguments: Pace.allCases)
    func dueWhileBlocked(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob))
        c.server.asksToRead(from: desk)
        c.thing.asksWhetherMayRead(bob)
        c.outlet = 0
        c.server.sends((0..<200).map { "<iq type='get' id='h\($0)' from='\(desk)'><ping xmlns='urn:xmpp:ping'/></iq>" }.joined())
        let before = c.wakeUps
        c.time.passes(.seconds(100))
        #expect(c.wakeUps - before <= 4)
        c.outlet = nil
        c.settle()
        let last = c.thing.hearOut().filter { $0.attributes["id"] == "r1" }
        #expect(last.count == 1)
        c.thing.hasAnsweredEverything()
    }

    @Test("a link on which nothing can be sent is dead in the end", arguments: Pace.allCases)
    func stuck(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob))
        c.outlet = 0
        c.server.sends((0..<300).map { "<iq type='get' id='h\($0)' from='\(desk)'><ping xmlns='urn:xmpp:ping'/></iq>" }.joined())
        c.time.passes(.seconds(275))
        #expect(c.wish == .close)
        #expect(c.outgoingCount == 0)
    }
}
