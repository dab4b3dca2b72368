import Fixed
import Foundation
import Readout
import Testing
import Thing
import XMPP

/// One line in the log for each decision, and where it is wanted a message to the
/// parent (XEP-0337).
@Suite("Audit") struct AuditTests {
    private func online(audit: Bool = true, parent: String = component, _ items: String = item(bob) + item(carol)) -> Conversation {
        var identity = Identity.of(parent: parent)
        identity.audit = audit
        let c = Conversation(identity: identity)
        c.goOnline(items, parentIsHere: false)
        c.said = []
        return c
    }

    /// Bob reads, and the parent says so or not.
    private func reads(_ c: Conversation, result: String = "true", inside: String = "<field name='Temperature'/>", tokens: String = "") {
        c.server.asksToRead(from: desk, types: "momentary='true' \(tokens)", inside: inside)
        if let q = c.said.compactMap({ u -> Node? in if case .element(let n, _) = u, n.child("canRead") != nil { n } else { nil } }).first {
            c.names["q"] = q.attributes["id"]
            c.said = []
            c.server.answersReading(bob, from: component, result: result)
        }
    }

    private func logs(_ c: Conversation) -> [Node] { c.thing.hearOut().flatMap { $0.all("log") } }

    @Test("allowed and denied, fresh and kept: the parent is told who, what and by whom")
    func told() {
        let c = online()
        reads(c)
        let fresh = logs(c)
        #expect(fresh.count == 1)
        #expect(fresh.first?.namespace == "urn:xmpp:eventlog")
        #expect(fresh.first?.attributes == [
            "timestamp": "2026-01-01T00:00:00Z", "id": "AccessAllowed", "type": "Informational", "level": "Minor",
            "module": "Access", "subject": bob, "object": "Temperature",
        ])
        #expect(fresh.first?.child("message")?.text == "\(bob) may read Temperature (fresh)")
        #expect(fresh.first?.child("tag")?.attributes == ["name": "operation", "value": "read"])
        reads(c)
        #expect(logs(c).first?.child("message")?.text == "\(bob) may read Temperature (kept)")
        reads(c, result: "false", inside: "<field name='Load'/>")
        let denied = logs(c)
        #expect(denied.first?.attributes["id"] == "AccessDenied" && denied.first?.attributes["type"] == "Notice")
        #expect(denied.first?.child("message")?.text == "\(bob) may not read Load (the parent said no)")
        #expect(c.log.contains("access: \(bob) may not read Load (the parent said no, fresh)"))
    }

    @Test("where it is not wanted, the parent hears nothing of it; the log has its line all the same")
    func notWanted() {
        let c = online(audit: false)
        reads(c)
        #expect(logs(c).isEmpty)
        #expect(c.log.count("access: ") == 1)
    }

    @Test("the parent's own reading is no news to it, and a message about it would make no end")
    func ownReading() {
        let c = online()
        c.server.asksToRead(from: component)
        #expect(logs(c).isEmpty)
        #expect(c.log.contains("access: \(component) may read"))
    }

    @Test("tokens are nobody's but the parent's to know, and in no log")
    func secrets() {
        let c = online()
        reads(c, tokens: "userToken='s3cr3t-token'")
        let text = c.said.map(\.text).joined()
        #expect(text.contains("urn:xmpp:eventlog") && !text.contains("s3cr3t-token"))
        #expect(!c.log.contains("s3cr3t-token"))
    }

    @Test("a flood of decisions: eight at once, then one in two seconds, and how many were not told")
    func flood() {
        let c = online()
        reads(c)
        c.said = []
        for i in 0..<100 { c.server.asksToRead(from: desk, id: "f\(i)", inside: "<field name='Temperature'/>") }
        var told = logs(c)
        #expect(told.count == 7)
        c.time.passes(.seconds(40))
        told = logs(c)
        let missed = told.first { $0.attributes["id"] == "DecisionsNotTold" }
        #expect(missed?.child("message")?.text == "85 more decisions were not sent")
        #expect(told.count == 9)
        c.time.passes(.seconds(15))
        c.said = []
        c.time.passes(.seconds(15))
        c.thing.saysNothing()
        c.thing.hasAnsweredEverything()
    }

    @Test("a parent that is away is not written to, and is told of nothing late")
    func away() {
        let c = online(parent: "owner@home.example", item("owner@home.example") + item(bob))
        c.server.asksToRead(from: desk)
        #expect(logs(c).isEmpty)
        c.server.parentArrives()
        c.time.passes(.seconds(20))
        #expect(logs(c).isEmpty)
    }
}
