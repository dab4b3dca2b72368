import Fixed
import Foundation
import Testing
import Thing

/// How a Thing comes back, and how long it waits before.
@Suite("Recovery") struct RecoveryTests {
    /// How long until the Thing wants to connect.
    private func delay(_ c: Conversation) -> Int64 {
        let before = c.now
        for _ in 0..<100 where c.wish != .connect {
            guard let interval = c.time.untilWake else { break }
            c.time.passes(interval)
        }
        #expect(c.wish == .connect)
        return c.now.since(before).milliseconds
    }

    @Test("waits double from one second to five minutes, and each is at least half of that", arguments: [1, 2, 3, 4, 5])
    func backoff(_ seed: UInt64) {
        let c = Conversation(seed: seed)
        var longest: Int64 = 1000
        for attempt in 0..<14 {
            #expect(c.wish == .connect)
            c.use { $0.connecting() }
            c.disconnect(.refused)
            #expect(c.wish == .none)
            let waited = delay(c)
            #expect(waited >= longest / 2 && waited <= longest, "attempt \(attempt): \(waited) ms")
            longest = min(longest * 2, 300_000)
        }
    }

    @Test("two Things do not come back in step")
    func jitter() {
        let delays = (1...40).map { seed in
            let c = Conversation(seed: UInt64(seed))
            for _ in 0..<6 {
                c.use { $0.connecting() }
                c.disconnect(.unreachable)
                _ = delay(c)
            }
            c.use { $0.connecting() }
            c.disconnect(.unreachable)
            return delay(c)
        }
        #expect(Set(delays).count > 30)
    }

    @Test("half a minute online, and the waits begin anew", arguments: Pace.allCases)
    func reset(_ pace: Pace) {
        let c = Conversation(pace)
        for _ in 0..<8 {
            c.use { $0.connecting() }
            c.disconnect(.refused)
            _ = delay(c)
        }
        c.goOnline()
        c.time.passes(.seconds(29))
        c.disconnect(.reset)
        c.said = []
        #expect(delay(c) > 30_000, "29 s are not steady")
        c.goOnline(version: "v1")
        c.time.passes(.seconds(31))
        c.said = []
        c.disconnect(.reset)
        #expect(delay(c) <= 1000)
    }

    @Test("an idle Thing is woken by nothing but the keepalive", arguments: Pace.allCases)
    func idle(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline()
        c.time.passes(.seconds(10))
        #expect(c.time.untilWake == .seconds(230))
        let before = c.wakeUps
        c.time.passes(.seconds(229))
        #expect(c.wakeUps == before)
        c.thing.saysNothing()
        c.time.passes(.seconds(1))
        #expect(c.wakeUps == before + 1)
        c.names["ping"] = nil
        c.thing.says("<iq type='get' id='$ping'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.server.sends(raw: "<iq type='result' id='$ping' from='home.example'/>")
        #expect(c.time.untilWake == .minutes(4))
        c.thing.saysNothing()
    }

    @Test("any word from the server, even a space, puts the ping off", arguments: [" ", "<message from='\(eve)'/>"])
    func heard(_ word: String) {
        let c = Conversation()
        c.goOnline()
        for _ in 0..<10 {
            c.time.passes(.seconds(200))
            c.server.sends(raw: word)
        }
        c.thing.saysNothing()
    }

    @Test("a link without an answer to the ping is dead", arguments: Pace.allCases)
    func dead(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline()
        c.time.passes(.minutes(4))
        c.thing.says("<iq type='get' id='$ping'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.time.passes(.milliseconds(29_999))
        #expect(c.wish == .none)
        c.time.passes(.milliseconds(1))
        #expect(c.wish == .close)
        c.thing.saysNothing()
        c.disconnect(.timedOut)
        #expect(delay(c) <= 1000)
    }

    @Test("an error in answer to the ping is a sign of life too")
    func pingError() {
        let c = Conversation()
        c.goOnline()
        c.time.passes(.minutes(4))
        c.thing.says("<iq type='get' id='$ping'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.server.sends("<iq type='error' id='$ping'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        c.time.passes(.seconds(60))
        #expect(c.wish == .none)
    }

    private static func error(_ condition: String, _ content: String = "") -> String {
        "<stream:error><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-streams'>\(content)</\(condition)></stream:error>"
    }

    @Test("who was thrown out by another with our name waits long, so as not to throw it out in turn", arguments: Pace.allCases)
    func conflict(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline()
        c.time.passes(.minutes(2))
        c.server.sends(raw: Self.error("conflict"))
        #expect(c.log.contains("in use elsewhere"))
        c.disconnect(.closedByUs)
        let waited = delay(c)
        #expect(waited >= 120_000 && waited <= 300_000)
    }

    @Test("another host is followed inside TLS", arguments: ["other.example", "other.example:5223", "[::1]:5222", " [::1]\n"])
    func seeOtherHost(_ host: String) {
        let c = Conversation()
        c.goOnline()
        c.server.sends(raw: Self.error("see-other-host", host))
        c.disconnect(.closedByUs)
        _ = delay(c)
        #expect(c.redirection == host.trimmingCharacters(in: .whitespacesAndNewlines))
        c.said = []
        c.goOnline(version: "v1")
        #expect(c.redirection == "", "once it was reached, it is not gone to again")
    }

    @Test("another host is followed once in a row", arguments: Pace.allCases)
    func redirectedTwice(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect(secure: true)
        c.server.sends(raw: "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>" + Self.error("see-other-host", "a.example"))
        #expect(c.redirection == "a.example")
        c.disconnect(.closedByUs)
        _ = delay(c)
        c.connect(secure: true)
        c.server.sends(raw: "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>" + Self.error("see-other-host", "b.example"))
        #expect(c.redirection == "")
    }

    @Test("another host that cannot be had is not gone to a second time", arguments: Pace.allCases)
    func deadEnd(_ pace: Pace) {
        for way in 0..<3 {
            let c = Conversation(pace)
            c.goOnline()
            c.server.sends(raw: Self.error("see-other-host", "gone.example"))
            c.disconnect(.closedByUs)
            _ = delay(c)
            #expect(c.redirection == "gone.example")
            c.said = []
            switch way {
            case 0:
                c.use { $0.connecting() }
                c.disconnect(.refused)
            case 1:
                c.connect(secure: true)
                c.disconnect(.closedByPeer)
            default:
                c.connect(secure: true)
                c.server.opens(mechanisms("ONLY-ODD-ONES"))
                #expect(c.wish == .close)
                c.disconnect(.closedByUs)
            }
            _ = delay(c)
            #expect(c.redirection == "", "way \(way)")
        }
    }

    @Test("another host is not believed in the clear")
    func redirectedInTheClear() {
        let c = Conversation()
        c.connect()
        c.server.sends(raw: "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>" + Self.error("see-other-host", "evil.example"))
        #expect(c.redirection == "")
    }

    @Test("what is no host is not followed", arguments: ["", "a b", "a/b", "a@b", "é.example", String(repeating: "a", count: 129)])
    func noHost(_ host: String) {
        let c = Conversation()
        c.goOnline()
        c.server.sends(raw: Self.error("see-other-host", host))
        #expect(c.redirection == "")
    }

    @Test("a close that the server does not let finish comes to an end")
    func closeThatHangs() {
        let c = Conversation()
        c.goOnline()
        c.outlet = 0
        c.server.sends(raw: "</stream:stream>")
        #expect(c.wish == .close)
        let before = c.wakeUps
        c.time.passes(.seconds(60))
        #expect(c.wakeUps <= before + 2)
        #expect(c.wish == .close)
        #expect(c.outgoingCount == 0, "nothing is left to wait for")
    }

    @Test("a new configuration makes the connection anew, and friends stay", arguments: Pace.allCases)
    func reconfigure(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob))
        c.use { $0.reconfigure(.of(password: "other"), now: c.now) }
        c.settle()
        c.thing.ends()
        c.disconnect(.closedByUs)
        _ = delay(c)
        c.connect(secure: true)
        c.thing.opens()
        c.server.opens(mechanisms("SCRAM-SHA-256"))
        c.authenticate(by: LoginServer("SCRAM-SHA-256", password: "other"))
        c.bind()
        c.asksForRoster(version: "v1")
    }

    @Test("a connection that was on its way for the old configuration is not used for the new one")
    func reconfigureOnTheWay() {
        let connecting = Conversation()
        connecting.use { $0.connecting() }
        let securing = Conversation()
        NegotiationTests.Stage.handshake.reach(securing)
        let opening = Conversation()
        NegotiationTests.Stage.openingInTLS.reach(opening)
        for c in [connecting, securing, opening] {
            c.use { $0.reconfigure(.of("thing@other.example", allowsPlain: true), now: c.now) }
            c.settle()
            #expect(c.wish == .close)
            c.disconnect(.closedByUs)
            c.said = []
            _ = delay(c)
            c.connect()
            #expect(c.thing.opens().contains("to='other.example'"))
        }
    }

    @Test("another account knows nobody", arguments: Pace.allCases)
    func otherAccount(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob))
        c.use { $0.reconfigure(.of("thing@other.example"), now: c.now) }
        c.settle()
        c.thing.ends()
        c.disconnect(.closedByUs)
        _ = delay(c)
        c.connect(secure: true)
        #expect(c.thing.opens().contains("to='other.example'"))
        c.server.opens(mechanisms("SCRAM-SHA-1"))
        c.authenticate("SCRAM-SHA-1")
        c.bind(as: "thing@other.example/ward")
        c.asksForRoster(version: "")
    }

    @Test("with another parent the old one is obeyed no more", arguments: Pace.allCases)
    func otherParent(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob) + item(carol))
        c.use { $0.reconfigure(.of(parent: carol), now: c.now) }
        c.settle()
        c.thing.ends()
        c.disconnect(.closedByUs)
        _ = delay(c)
        c.logIn()
        c.asksForRoster(version: "v1")
        c.server.sends(raw: "<iq type='result' id='$roster'/>")
        c.thing.says("<presence>\(caps)</presence>")
        c.server.parentArrives()
        c.server.sends("<message from='\(phone)'><unfriend xmlns='urn:xmpp:iot:provisioning' jid='\(bob)'/></message>")
        c.thing.saysNothing()
        c.server.parentArrives(lab)
        c.server.asksToRead(from: phone)
        c.thing.asksWhetherMayRead(parent, to: lab)
    }
}
