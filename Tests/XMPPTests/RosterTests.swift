import Fixed
import Testing
import XML
import XMPP

@Suite("The roster is what the server says of friends, and nothing else makes one")
struct RosterTests {
    private let parent = BareJID("parent@x".utf8Bytes.span) ?? BareJID()

    @discardableResult
    private func apply(_ attributes: String, to roster: inout Roster) throws -> Roster.Change {
        try withStanza("<item xmlns='jabber:iq:roster' \(attributes)/>") { roster.apply($0, parent: parent) }
    }

    private func isFriend(_ address: String, in roster: borrowing Roster) throws -> Bool {
        roster.isFriend(try #require(address.bare))
    }

    private func heard(_ items: [String]) throws -> Roster {
        var roster = Roster()
        roster.beginRenewal()
        for item in items { try apply(item, to: &roster) }
        roster.endRenewal(version: "v1".utf8Bytes.span)
        return roster
    }

    @Test("A friend sees us and is seen", arguments: [
        ("subscription='both'", true), ("subscription='to'", false), ("subscription='from'", false), ("subscription='none'", false),
        ("", false), ("subscription=''", false), ("subscription='none' ask='subscribe'", false), ("subscription='from' ask='subscribe'", false),
    ])
    func friends(attributes: String, expected: Bool) throws {
        let roster = try heard(["jid='c@x' \(attributes)"])
        #expect(try isFriend("c@x", in: roster) == expected)
        #expect(try isFriend("C@X", in: roster) == expected)
        #expect(try !isFriend("d@x", in: roster) && !isFriend("c@x.evil", in: roster) && !isFriend("x", in: roster))
    }

    @Test("Nobody is one before this session has heard it")
    func notCurrent() throws {
        var roster = Roster()
        try apply("jid='c@x' subscription='both'", to: &roster)
        #expect(try !isFriend("c@x", in: roster))
        roster.isCurrent = true
        #expect(try isFriend("c@x", in: roster))
    }

    @Test("An item that makes no sense changes nothing", arguments: [
        "", "jid=''", "jid='@x' subscription='both'", "subscription='both'", "jid='c@x' subscription='BOTH'",
        "jid='c@x' subscription='both '", "jid='c@x' subscription='friend'", "jid='c d@x' subscription='both'",
    ])
    func malformed(attributes: String) throws {
        var roster = try heard(["jid='c@x' subscription='from'"])
        #expect(try apply(attributes, to: &roster) == .malformed)
        let count = roster.count
        #expect(try count == 1 && !isFriend("c@x", in: roster))
    }

    @Test("Neither is one of another namespace or name an item, nor a contact with a resource a friend")
    func notItems() throws {
        var roster = try heard([])
        for text in ["<item jid='c@x' subscription='both'/>", "<x xmlns='jabber:iq:roster' jid='c@x' subscription='both'/>"] {
            let change = try withStanza(text) { roster.apply($0, parent: parent) }
            #expect(change == .malformed)
        }
        #expect(try apply("jid='c@x/r' subscription='both'", to: &roster) == .none)
        #expect(try !isFriend("c@x", in: roster))
    }

    @Test("What changes is told: a friendship that ends is a removal, whatever is left of it")
    func changes() throws {
        var roster = try heard([])
        let c = try #require("c@x".bare)
        #expect(try apply("jid='c@x' subscription='none' ask='subscribe'", to: &roster) == .updated)
        #expect(roster.hasAsked(c) == true)
        #expect(try apply("jid='c@x' subscription='both'", to: &roster) == .updated)
        #expect(roster.hasAsked(c) == false)
        #expect(try apply("jid='c@x' subscription='from'", to: &roster) == .removed(c))
        #expect(try apply("jid='c@x' subscription='both'", to: &roster) == .updated)
        #expect(try apply("jid='c@x' subscription='remove'", to: &roster) == .removed(c))
        #expect(roster.contains(c) == false)
        #expect(try apply("jid='c@x' subscription='remove'", to: &roster) == .removed(c))
        #expect(try apply("jid='c@x' subscription='both'", to: &roster) == .updated)
        #expect(try apply("jid='c@x' subscription='none'", to: &roster) == .removed(c))
    }

    @Test("A new roster replaces the old one: who does not come any more is gone")
    func renewal() throws {
        var roster = try heard(["jid='a@x' subscription='both'", "jid='b@x' subscription='both'", "jid='c@x' subscription='to'"])
        #expect(string(roster.version.bytes) == "v1")
        roster.beginRenewal()
        try apply("jid='b@x' subscription='both'", to: &roster)
        roster.endRenewal(version: String(repeating: "v", count: 129).utf8Bytes.span)
        let count = roster.count
        #expect(try count == 1 && isFriend("b@x", in: roster) && !isFriend("a@x", in: roster))
        // A version too long to keep would ask for changes since another one.
        #expect(roster.version.isEmpty)
    }

    @Test("Full, it denies whom it cannot hold, and still has a place for the parent")
    func full() throws {
        let many = (0..<Roster.capacity + 5).map { "jid='c\($0)@x' subscription='both'" }
        var roster = try heard(many)
        let unplaced = roster.unplaced
        let count = roster.count
        #expect(count == Roster.capacity - 1 && unplaced == 6)
        #expect(try !isFriend("c36@x", in: roster) && isFriend("c30@x", in: roster))
        // What it holds can still change.
        #expect(try apply("jid='c30@x' subscription='from'", to: &roster) == .removed(try #require("c30@x".bare)))
        #expect(try apply("jid='c30@x' subscription='both'", to: &roster) == .updated)
        #expect(try apply("jid='parent@x' subscription='both'", to: &roster) == .updated)
        #expect(try isFriend("parent@x", in: roster))
        #expect(try apply("jid='late@x' subscription='both'", to: &roster) == .full)
        try apply("jid='c0@x' subscription='remove'", to: &roster)
        #expect(try apply("jid='late@x' subscription='both'", to: &roster) == .updated)
    }
}

@Suite("A silent connection is found dead, and attempts to connect spread out")
struct KeepaliveTests {
    private func at(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1_000) }

    @Test("A ping after silence, and the end where nothing follows")
    func silence() {
        var keepalive = Keepalive()
        keepalive.heard(now: at(100))
        #expect(keepalive.wake == .at(at(340)))
        var action = keepalive.poll(now: at(339))
        #expect(action == .none)
        action = keepalive.poll(now: at(340))
        #expect(action == .ping && keepalive.wake == .at(at(370)))
        action = keepalive.poll(now: at(369))
        #expect(action == .none)
        action = keepalive.poll(now: at(370))
        #expect(action == .dead)
    }

    @Test("Anything heard is a sign of life")
    func heard() {
        var keepalive = Keepalive()
        keepalive.heard(now: at(0))
        var action = keepalive.poll(now: at(240))
        #expect(action == .ping)
        keepalive.heard(now: at(269))
        #expect(keepalive.wake == .at(at(509)))
        action = keepalive.poll(now: at(270))
        #expect(action == .none)
    }

    @Test("Waits double from a second to five minutes, each between half and all of it")
    func backoff() {
        for chance in [0, 1, 499, 12_345, UInt32.max] {
            var backoff = Backoff()
            for whole: Int64 in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
                let delay = backoff.delay(chance: chance).milliseconds
                #expect(delay >= whole * 500 && delay <= whole * 1_000)
            }
            backoff.reset()
            let first = backoff.delay(chance: chance)
            #expect(first <= .seconds(1))
        }
        var seen: Set<Int64> = []
        for chance in UInt32(0)...500 {
            var backoff = Backoff()
            seen.insert(backoff.delay(chance: chance).milliseconds)
        }
        #expect(seen == Set(500...1_000))
    }

    @Test("After a conflict the wait is longer from the start, never shorter")
    func atLeast() {
        var backoff = Backoff()
        backoff.atLeast(.minutes(1))
        let first = backoff.delay(chance: 0), second = backoff.delay(chance: 0)
        #expect(first == .seconds(30) && second == .seconds(60))
        backoff.atLeast(.seconds(1))
        let third = backoff.delay(chance: 0)
        #expect(third == .seconds(120))
    }
}
