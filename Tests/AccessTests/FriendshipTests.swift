import Access
import Fixed
import Support
import Testing
import XMPP

@Suite("A request to be a friend waits for the parent's word, however long")
struct FriendshipTests {
    private func ask(
        _ address: String, _ friendship: inout Friendship, parent: String = "parent@x", hasRoom: Bool = true, now: Int64 = 0
    ) -> Friendship.SubscribeAction {
        let parent = Parent(bare(parent))
        return friendship.subscribeReceived(from: bare(address), parent: parent, hasRoom: hasRoom, now: at(now))
    }

    private func question(_ id: StaticString, _ now: Int64) -> Question {
        Question(id: Text(id), to: full("parent@x/p"), epoch: 0, now: at(now))
    }

    private func answer(
        _ friendship: inout Friendship, _ child: String, id: String = "q", from: String = "parent@x/p", type: String = "result",
        deaf: Bool = false, now: Int64
    ) throws -> Friendship.Outcome? {
        let iq = "<iq id='\(id)' from='\(from)' type='\(type)'>\(child)</iq>"
        return try withStanza(iq) { friendship.answered(by: $0, deaf: deaf, now: at(now)) }
    }

    private func response(_ jid: String, _ result: String) -> String {
        "<isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='\(jid)' result='\(result)'/>"
    }

    @Test("Without a parent it is refused; the parent itself is approved; others wait, once")
    func requests() {
        var friendship = Friendship()
        #expect(ask("c@x", &friendship, parent: "") == .refuse)
        #expect(ask("parent@x", &friendship) == .approve)
        #expect(ask("parent@x.evil", &friendship) == .wait)
        #expect(ask("c@x", &friendship) == .wait)
        #expect(ask("C@X", &friendship) == .waitsAlready)
        let count = friendship.count
        #expect(count == 2)
    }

    @Test("Yes and no settle it, each once", arguments: [("true", true), ("false", false)])
    func settled(result: String, yes: Bool) throws {
        var friendship = Friendship()
        _ = ask("c@x", &friendship)
        #expect(friendship.next(now: at(0)) == bare("c@x"))
        friendship.asked(bare("c@x"), question("q", 0))
        #expect(friendship.next(now: at(1_000)) == nil)
        let outcome = try answer(&friendship, response("c@x", result), now: 1)
        #expect(outcome == (yes ? .approve(bare("c@x")) : .refuse(bare("c@x"))))
        #expect(try answer(&friendship, response("c@x", "true"), now: 1) == nil)
        #expect(friendship.next(now: at(10_000)) == nil && friendship.count == 0)
    }

    @Test("A forged answer is none: the question stays open for the parent's own")
    func forged() throws {
        var friendship = Friendship()
        _ = ask("c@x", &friendship)
        friendship.asked(bare("c@x"), question("q", 0))
        #expect(try answer(&friendship, response("c@x", "true"), from: "c@x/r", now: 1) == nil)
        #expect(try answer(&friendship, response("c@x", "true"), from: "parent@x/other", now: 1) == nil)
        #expect(try answer(&friendship, response("c@x", "true"), id: "p", now: 1) == nil)
        #expect(try answer(&friendship, response("c@x", "true"), now: 1) == .approve(bare("c@x")))
    }

    @Test("An error, or a word about somebody else, is no decision: asked again later and later", arguments: [
        ("<error type='cancel'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>", "error"),
        ("<isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='d@x' result='true'/>", "result"), ("", "result"),
    ])
    func undecided(child: String, type: String) throws {
        var friendship = Friendship()
        _ = ask("c@x", &friendship)
        var now: Int64 = 0
        for patience: Int64 in [60, 120, 240, 480, 900, 900, 900] {
            #expect(friendship.next(now: at(now)) == bare("c@x"))
            friendship.asked(bare("c@x"), question("q", now))
            #expect(try answer(&friendship, child, type: type, now: now) == .undecided(bare("c@x")))
            #expect(friendship.next(now: at(now + patience - 1)) == nil)
            #expect(friendship.wake(parentIsThere: true) == .at(at(now + patience)))
            now += patience
        }
    }

    @Test("A client that knows no such question is passed over at once")
    func deaf() throws {
        var friendship = Friendship()
        _ = ask("c@x", &friendship)
        friendship.asked(bare("c@x"), question("q", 5))
        #expect(try answer(&friendship, "", type: "error", deaf: true, now: 5) == .undecided(bare("c@x")))
        #expect(friendship.next(now: at(5)) == bare("c@x"))
    }

    @Test("Silence is no decision either")
    func silence() {
        var friendship = Friendship()
        _ = ask("c@x", &friendship)
        friendship.asked(bare("c@x"), question("q", 0))
        #expect(friendship.wake(parentIsThere: false) == .at(at(30)))
        var overdue = friendship.overdue(now: at(29))
        #expect(overdue == nil)
        overdue = friendship.overdue(now: at(30))
        #expect(overdue == bare("c@x"))
        overdue = friendship.overdue(now: at(30))
        #expect(overdue == nil)
        #expect(friendship.next(now: at(89)) == nil && friendship.next(now: at(90)) == bare("c@x"))
    }

    @Test("While the parent is away nothing wakes; when it returns, everybody is asked about at once")
    func away() {
        var friendship = Friendship()
        _ = ask("c@x", &friendship)
        _ = ask("d@x", &friendship)
        #expect(friendship.wake(parentIsThere: false) == .onInput)
        friendship.asked(bare("c@x"), question("q", 0))
        _ = friendship.overdue(now: at(30))
        friendship.parentReturned(now: at(40))
        #expect(friendship.next(now: at(40)) == bare("c@x"))
        friendship.withdraw(bare("c@x"))
        #expect(friendship.next(now: at(40)) == bare("d@x"))
    }

    @Test("Offline, questions under way are forgotten, those who wait are not")
    func offline() throws {
        var friendship = Friendship()
        _ = ask("c@x", &friendship)
        friendship.asked(bare("c@x"), question("q", 0))
        friendship.forgetQuestions(now: at(3))
        #expect(try answer(&friendship, response("c@x", "true"), now: 4) == nil)
        #expect(friendship.next(now: at(3)) == bare("c@x"))
    }

    @Test("Full is an ordinary answer, and who is there already is not thrown out for it")
    func noPlace() {
        var friendship = Friendship()
        for n in 0..<Friendship.capacity { #expect(ask("c\(n)@x", &friendship) == .wait) }
        #expect(ask("late@x", &friendship) == .full)
        #expect(ask("c0@x", &friendship) == .waitsAlready)
        friendship.withdraw(bare("c5@x"))
        #expect(ask("late@x", &friendship, hasRoom: false) == .full)
        #expect(ask("late@x", &friendship) == .wait)
        #expect(ask("parent@x", &friendship) == .approve)
    }
}
