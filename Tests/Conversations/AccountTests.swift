import Fixed
import Foundation
import Ownership
import Testing
import Thing
import XMPP

private let register = "jabber:iq:register"

extension Identity {
    /// A Thing that nobody has named yet; `domain` empty where it is to be found.
    static func unnamed(_ domain: String = "home.example", parent: String = "", serial: String = "") -> Identity {
        var identity = Identity.of(parent: parent, password: "")
        identity.account.address = domain.isEmpty ? BareJID() : bare(domain)
        if !serial.isEmpty { _ = identity.tags.add("SN", serial.utf8Bytes.span) }
        return identity
    }
}

extension Conversation {
    /// Name and password that the Thing last gave to its server.
    struct Given: Equatable {
        var name: String
        var password: String
    }

    /// On a stream inside TLS, up to the question what the server wants.
    func asksForAccount(to domain: String = "home.example", sourceLocation: SourceLocation = #_sourceLocation) {
        connect(secure: true, sourceLocation: sourceLocation)
        let header = thing.opens(sourceLocation: sourceLocation)
        // There is nobody yet who we could say we are.
        #expect(!header.contains("from="), sourceLocation: sourceLocation)
        server.opens(mechanisms("SCRAM-SHA-256") + "<register xmlns='http://jabber.org/features/iq-register'/>")
        names["get"] = nil
        thing.says("<iq type='get' id='$get' to='\(domain)'><query xmlns='\(register)'/></iq>", sourceLocation: sourceLocation)
    }

    /// The server wants a name and a password; answers what it is given.
    func givesAccount(sourceLocation: SourceLocation = #_sourceLocation) -> Given? {
        server.sends("<iq type='result' id='$get'><query xmlns='\(register)'><username/><password/></query></iq>")
        guard case .element(let node, _)? = said.first, node.attributes["type"] == "set", let query = node.child("query"),
            query.namespace == register, let name = query.child("username")?.text, let password = query.child("password")?.text
        else {
            Issue.record("no account is asked for: \(said.first?.text ?? "silence")", sourceLocation: sourceLocation)
            return nil
        }
        said.removeFirst()
        names["set"] = node.attributes["id"]
        return Given(name: name, password: password)
    }

    func makesAccount() { server.sends("<iq type='result' id='$set'/>") }

    func refusesAccount(_ type: String, _ condition: String, id: String = "$get") {
        server.sends("<iq type='error' id='\(id)'><error type='\(type)'>"
            + "<\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
    }

    /// The stream has ended, and the platform says so.
    func hangsUp(sourceLocation: SourceLocation = #_sourceLocation) {
        thing.ends(sourceLocation: sourceLocation)
        disconnect(.closedByUs)
        said = []
    }

    /// Logs in with that account, up to the request for the roster.
    func logsIn(_ account: Given, sourceLocation: SourceLocation = #_sourceLocation) {
        connect(secure: true, sourceLocation: sourceLocation)
        thing.opens(sourceLocation: sourceLocation)
        server.opens(mechanisms("SCRAM-SHA-256"))
        authenticate(by: LoginServer("SCRAM-SHA-256", password: account.password, user: account.name), sourceLocation: sourceLocation)
        bind(as: "\(account.name)@home.example/ward", sourceLocation: sourceLocation)
        asksForRoster(sourceLocation: sourceLocation)
    }

    /// The server does not know name or password.
    func refusesLogin(sourceLocation: SourceLocation = #_sourceLocation) {
        connect(secure: true, sourceLocation: sourceLocation)
        thing.opens(sourceLocation: sourceLocation)
        server.opens(mechanisms("SCRAM-SHA-256"))
        _ = listensToAuth("SCRAM-SHA-256", sourceLocation: sourceLocation)
        server.sends("<failure xmlns='\(sasl)'><not-authorized/></failure>")
        hangsUp(sourceLocation: sourceLocation)
    }

    var needsDomain: Bool { core.needsDomain }

    /// The network names that domain.
    func finds(_ domain: String) -> Bool { use { $0.found(domain: domain.utf8Bytes.span) } }

    /// How long the Thing waits now, in whole minutes.
    var minutesToWait: Int64 { (time.untilWake?.milliseconds ?? -1) / 60_000 }
}

/// A Thing that was sold without a name makes its own account (XEP-0077).
@Suite("An account of its own") struct AccountTests {
    @Test("from nothing to a login: asked, made, and logged in at once", arguments: Pace.allCases)
    func whole(_ pace: Pace) throws {
        let c = Conversation(pace, identity: .unnamed())
        c.asksForAccount()
        let given = try #require(c.givesAccount())
        #expect(given.name.count == 16 && given.password.count == 32)
        c.makesAccount()
        c.hangsUp()
        #expect(c.log.contains("the server made our account: \(given.name)@home.example"))
        #expect(!c.log.contains(given.password))
        // Without waiting.
        c.logsIn(given)
        c.server.sends("<iq type='result' id='$roster'><query xmlns='jabber:iq:roster'/></iq>")
        c.thing.says("<presence><status>unclaimed</status>\(caps)</presence>")
    }

    @Test("two Things choose different names and passwords")
    func unlike() throws {
        let one = Conversation(identity: .unnamed(), seed: 1)
        one.asksForAccount()
        let a = try #require(one.givesAccount())
        let two = Conversation(identity: .unnamed(), seed: 2)
        two.asksForAccount()
        let b = try #require(two.givesAccount())
        #expect(a.name != b.name && a.password != b.password)
        let alphabet = Set("abcdefghijklmnopqrstuvwxyz234567")
        #expect((a.name + a.password + b.name + b.password).allSatisfy { alphabet.contains($0) })
    }

    @Test("nothing of an account is said before TLS, nor to a server without it")
    func onlyInside() {
        let c = Conversation(identity: .unnamed())
        c.connect()
        c.thing.opens()
        c.server.opens("<register xmlns='http://jabber.org/features/iq-register'/>" + mechanisms("SCRAM-SHA-256"))
        c.thing.ends()
    }

    @Test("by STARTTLS as well")
    func startTLS() throws {
        let c = Conversation(identity: .unnamed())
        c.connect()
        c.thing.opens()
        c.server.opens("<starttls xmlns='\(tls)'/><register xmlns='http://jabber.org/features/iq-register'/>")
        c.thing.says("<starttls xmlns='\(tls)'/>")
        c.server.sends(raw: "<proceed xmlns='\(tls)'/>")
        c.secure()
        c.thing.opens()
        c.server.opens(mechanisms("SCRAM-SHA-256"))
        c.thing.says("<iq type='get' id='$get' to='home.example'><query xmlns='\(register)'/></iq>")
        #expect(c.givesAccount() != nil)
    }

    @Test("the choice is to be kept before the server is asked, and the account once it is there")
    func keptFirst() throws {
        let c = Conversation(identity: .unnamed())
        #expect(!c.stateChanged)
        c.outlet = 0
        c.connect(secure: true)
        c.outlet = nil
        c.settle()
        c.thing.opens()
        c.outlet = 0
        c.server.opens(mechanisms("SCRAM-SHA-256"))
        // The question has not left yet.
        #expect(c.said.isEmpty && c.stateChanged)
        let chosen = c.record()
        c.outlet = nil
        c.settle()
        c.thing.says("<iq type='get' id='$get' to='home.example'><query xmlns='\(register)'/></iq>")
        let given = try #require(c.givesAccount())
        #expect(String(decoding: chosen, as: UTF8.self).contains(given.name))
        #expect(String(decoding: chosen, as: UTF8.self).contains(given.password))
        #expect(!c.stateChanged)
        c.outlet = 0
        c.makesAccount()
        #expect(c.stateChanged)
        #expect(c.record() != chosen)
    }

    @Test("what cannot be kept is not given to the server")
    func unkept() {
        let c = Conversation(identity: .unnamed())
        c.asksForAccount()
        c.use { $0.stateKept(false) }
        c.server.sends("<iq type='result' id='$get'><query xmlns='\(register)'><username/><password/></query></iq>")
        c.hangsUp()
        #expect(c.log.contains("no account is made, since it could not be kept"))
        #expect(c.minutesToWait >= 5)
        // Once it can be, all goes on.
        c.use { $0.stateKept(true) }
        c.time.passes(.minutes(8))
        c.asksForAccount()
        #expect(c.givesAccount() != nil)
    }

    /// A Thing that begins with what an earlier one kept.
    private func restarted(_ record: [UInt8], _ identity: Identity = .unnamed()) -> Conversation {
        let c = Conversation(identity: identity, seed: 77)
        #expect(c.restore(record))
        return c
    }

    /// The power goes once a name has been given, and what was kept before that is there again: the same
    /// name and password are given once more.
    private func givenTwice() throws -> (Conversation, Conversation.Given) {
        let c = Conversation(identity: .unnamed())
        c.asksForAccount()
        let chosen = c.record()
        let given = try #require(c.givesAccount())
        let again = restarted(chosen)
        again.asksForAccount()
        #expect(again.givesAccount() == given)
        return (again, given)
    }

    @Test("a power cut before the server has heard of it: the same name is tried again")
    func cutBefore() throws { _ = try givenTwice() }

    @Test("a power cut before the server's answer: the name is taken, and a login shows that it is ours")
    func cutBetween() throws {
        let (again, given) = try givenTwice()
        again.refusesAccount("cancel", "conflict", id: "$set")
        again.hangsUp()
        again.logsIn(given)
        // From now on it is only logged in to.
        let last = restarted(again.record())
        last.logsIn(given)
    }

    @Test("a power cut behind the answer: the account is there, and is logged in to")
    func cutBehind() throws {
        let c = Conversation(identity: .unnamed())
        c.asksForAccount()
        let given = try #require(c.givesAccount())
        c.makesAccount()
        let again = restarted(c.record())
        again.logsIn(given)
    }

    @Test("a connection that ends before the answer: the same name again")
    func lost() throws {
        let c = Conversation(identity: .unnamed())
        c.asksForAccount()
        let given = try #require(c.givesAccount())
        c.disconnect(.reset)
        c.time.passes(.seconds(2))
        c.asksForAccount()
        #expect(c.givesAccount() == given)
    }

    @Test("a name that somebody else has: another is chosen, later")
    func taken() throws {
        let c = Conversation(identity: .unnamed())
        c.asksForAccount()
        let first = try #require(c.givesAccount())
        c.refusesAccount("cancel", "conflict", id: "$set")
        c.hangsUp()
        c.refusesLogin()
        #expect(c.minutesToWait >= 5)
        c.time.passes(.minutes(8))
        c.asksForAccount()
        let second = try #require(c.givesAccount())
        #expect(second.name != first.name && second.password != first.password)
        c.makesAccount()
        c.hangsUp()
        c.logsIn(second)
    }

    @Test("a server that lets Things make no accounts is told so in words, and asked again ever more seldom", arguments: [
        ("cancel", "not-allowed"), ("cancel", "service-unavailable"), ("auth", "forbidden"), ("cancel", "feature-not-implemented"),
    ])
    func refused(_ type: String, _ condition: String) {
        let c = Conversation(identity: .unnamed())
        var waited: [Int64] = []
        for _ in 0..<10 {
            c.asksForAccount()
            c.refusesAccount(type, condition)
            c.hangsUp()
            waited.append(c.minutesToWait)
            c.time.passes(.minutes(waited.last! + 1))
        }
        #expect(c.log.contains("error: the server does not let Things make accounts: \(condition)"))
        for (minutes, least) in zip(waited, [5, 10, 20, 40, 80, 160, 320, 480, 480, 480] as [Int64]) {
            #expect(minutes >= least && minutes <= least + least / 2, "\(waited)")
        }
    }

    @Test("one that says so by ending the stream as well", arguments: ["not-authorized", "policy-violation"])
    func refusedByStream(_ condition: String) {
        let c = Conversation(identity: .unnamed())
        c.asksForAccount()
        c.server.sends(raw: "<stream:error><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
        c.hangsUp()
        #expect(c.log.contains("the server does not let Things make accounts"))
        #expect(c.minutesToWait >= 5)
    }

    @Test("one that is busy is asked again with the same name")
    func busy() throws {
        let c = Conversation(identity: .unnamed())
        c.asksForAccount()
        let given = try #require(c.givesAccount())
        c.refusesAccount("wait", "resource-constraint", id: "$set")
        c.hangsUp()
        #expect(c.log.contains("the server makes no account for us at the moment: resource-constraint"))
        #expect(c.minutesToWait >= 5)
        c.time.passes(.minutes(8))
        c.asksForAccount()
        #expect(c.givesAccount() == given)
    }

    @Test("one that never answers is given up like any other")
    func silent() {
        let c = Conversation(identity: .unnamed())
        c.asksForAccount()
        c.time.passes(.seconds(31))
        c.hangsUp()
        #expect(c.log.contains("the server stopped answering while we logged in"))
    }

    @Test("what else comes while the account is made is not heard: no request, no roster, no claim")
    func deaf() throws {
        let c = Conversation(identity: .unnamed())
        c.asksForAccount()
        c.server.sends(raw: "<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='eve@evil.example' subscription='both'/></query></iq>")
        c.server.sends(raw: "<iq type='get' id='2' from='eve@evil.example/x'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.server.sends(raw: "<message from='eve@evil.example/x'><body>claim 0000-0000-0000-0000-0000</body></message>")
        c.server.sends(raw: "<presence type='subscribe' from='eve@evil.example'/>")
        c.server.sends(raw: "<success xmlns='\(sasl)'/>")
        c.thing.saysNothing()
        #expect(c.givesAccount() != nil)
    }

    // MARK: The account, once it is there

    /// A Thing whose account was made, as it was kept.
    private func made(_ identity: Identity = .unnamed()) throws -> (Conversation, Conversation.Given) {
        let c = Conversation(identity: identity)
        c.asksForAccount()
        let given = try #require(c.givesAccount())
        c.makesAccount()
        c.hangsUp()
        return (c, given)
    }

    @Test("an account that the server refuses is kept to by a Thing that somebody owns, for ever, and it does not end")
    func ownedStays() throws {
        let (c, given) = try made(.unnamed(parent: "owner@home.example"))
        var waited: [Int64] = []
        for _ in 0..<6 {
            c.refusesLogin()
            waited.append(c.minutesToWait)
            c.time.passes(.minutes(waited.last! + 1))
        }
        for (minutes, least) in zip(waited, [5, 10, 20, 40, 80, 160] as [Int64]) { #expect(minutes >= least, "\(waited)") }
        #expect(c.log.count("error: the account that we made is refused, and we keep to it: \(given.name)@home.example") == 6)
        c.logsIn(given)
    }

    @Test("by one that nobody owns twice, and then it makes another")
    func unownedMovesOn() throws {
        let (c, given) = try made()
        for _ in 0..<3 {
            c.refusesLogin()
            c.time.passes(.minutes(c.minutesToWait + 1))
        }
        #expect(c.log.contains("nobody owns us: we make another than \(given.name)@home.example"))
        c.asksForAccount()
        let other = try #require(c.givesAccount())
        #expect(other.name != given.name)
        // Nothing of the old one is kept any more.
        #expect(!String(decoding: c.record(), as: UTF8.self).contains(given.name))
    }

    @Test("a login in between begins the count anew")
    func notInARow() throws {
        let (c, given) = try made()
        for _ in 0..<3 {
            for _ in 0..<2 {
                c.refusesLogin()
                c.time.passes(.minutes(c.minutesToWait + 1))
            }
            c.logsIn(given)
            c.disconnect(.reset)
            c.said = []
            c.time.passes(.seconds(2))
        }
        #expect(c.log.count("and we keep to it") == 6 && !c.log.contains("we make another"))
    }

    // MARK: Records

    @Test("kept and taken up again it is the same, with what the account learnt")
    func roundTrip() throws {
        let (c, given) = try made()
        c.logsIn(given)
        c.server.sends("<iq type='result' id='$roster'><query xmlns='jabber:iq:roster' ver='v7'>\(item(bob))</query></iq>")
        let record = c.record()
        #expect(restarted(record).record() == record)
    }

    @Test("another domain's account is not taken up, nor is one by a Thing that was given its account")
    func elsewhere() throws {
        let (c, _) = try made()
        let record = c.record()
        #expect(!Conversation(identity: .unnamed("far.example")).restore(record))
        #expect(!Conversation(identity: .usual).restore(record))
        #expect(Conversation(identity: .unnamed("")).restore(record))
        #expect(Conversation(identity: .unnamed("HOME.example")).restore(record))
        let named = Conversation(identity: .usual)
        #expect(!Conversation(identity: .unnamed()).restore(named.record()))
    }

    @Test("with any byte changed, or cut anywhere, it is refused wholly or taken wholly")
    func damaged() throws {
        let (c, _) = try made()
        let record = c.record()
        let fresh = Conversation(identity: .unnamed()).record()
        func check(_ bytes: [UInt8], _ what: String) {
            let thing = Conversation(identity: .unnamed())
            if thing.restore(bytes) {
                let kept = thing.record()
                #expect(restarted(kept).record() == kept)
            } else {
                #expect(thing.record() == fresh, "\(what)")
            }
        }
        for place in record.indices {
            check(Array(record[..<place]), "cut at \(place)")
            for mask: UInt8 in [0x01, 0x20, 0x80, 0xFF] {
                var changed = record
                changed[place] ^= mask
                check(changed, "byte \(place) by \(mask)")
            }
        }
    }

    // MARK: Another configuration

    @Test("another configuration of the same domain keeps the account; another domain or an account that is given does not")
    func reconfigured() throws {
        let (c, given) = try made()
        c.use { $0.reconfigure(.unnamed(parent: "owner@home.example"), now: c.now) }
        c.settle()
        c.logsIn(given)
        c.disconnect()
        c.said = []
        c.use { $0.reconfigure(.unnamed("far.example"), now: c.now) }
        c.settle()
        c.asksForAccount(to: "far.example")
        #expect(c.givesAccount()?.name != given.name)
        c.disconnect()
        c.said = []
        c.use { $0.reconfigure(.usual, now: c.now) }
        c.settle()
        c.logIn()
    }

    // MARK: A domain that is found

    @Test("without a domain one is found first, and is forgotten where no server shows that it is that domain's")
    func found() throws {
        let c = Conversation(identity: .unnamed(""))
        #expect(c.needsDomain)
        for bad in ["", "a@home.example", "home.example/x", "a b", String(repeating: "d", count: 176)] {
            #expect(!c.finds(bad), "\(bad)")
        }
        #expect(c.needsDomain)
        #expect(c.finds("Evil.example"))
        #expect(!c.needsDomain)
        #expect(c.use { string($0.domain) } == "evil.example")
        c.connect()
        c.disconnect(.tls(words: StaticWords("the certificate is for another name")))
        c.said = []
        #expect(c.needsDomain)
        c.time.passes(.seconds(2))
        #expect(c.finds("home.example"))
        c.asksForAccount()
        let given = try #require(c.givesAccount())
        c.makesAccount()
        c.hangsUp()
        #expect(!c.needsDomain)
        // It has an account there now, and looks for no other domain, in this life or the next.
        #expect(!c.finds("far.example"))
        c.connect()
        c.disconnect(.refused)
        #expect(!c.needsDomain)
        let again = restarted(c.record(), .unnamed(""))
        #expect(!again.needsDomain)
        again.logsIn(given)
    }

    @Test("a name that was chosen there outlasts a network that is slow to come back, and not one that never does")
    func foundAndCut() throws {
        let c = Conversation(identity: .unnamed(""))
        #expect(c.finds("home.example"))
        c.asksForAccount()
        let given = try #require(c.givesAccount())
        let record = c.record()
        let again = restarted(record, .unnamed(""))
        for _ in 0..<11 {
            again.connect()
            again.disconnect(.unreachable)
            again.said = []
            #expect(!again.needsDomain && !again.stateChanged)
            again.time.passes(.minutes(6))
        }
        again.asksForAccount()
        #expect(again.givesAccount() == given)
        again.disconnect(.reset)
        again.said = []
        for _ in 0..<12 {
            #expect(!again.needsDomain)
            again.time.passes(.minutes(6))
            again.connect()
            again.disconnect(.unreachable)
            again.said = []
        }
        #expect(again.needsDomain)
    }

    @Test("a domain that is found in vain costs no write")
    func foundAgainAndAgain() {
        let c = Conversation(identity: .unnamed(""))
        for _ in 0..<5 {
            #expect(c.finds("home.example"))
            c.connect()
            c.disconnect(.refused)
            #expect(c.needsDomain && !c.stateChanged)
            c.time.passes(.minutes(6))
        }
    }

    @Test("and where its server lets Things make no accounts")
    func foundInVain() {
        let c = Conversation(identity: .unnamed(""))
        #expect(c.finds("home.example"))
        c.asksForAccount()
        c.refusesAccount("cancel", "not-allowed")
        c.hangsUp()
        #expect(c.needsDomain && c.minutesToWait >= 5)
        #expect(!String(decoding: c.record(), as: UTF8.self).contains("home.example"))
    }

    // MARK: What is shown of it

    @Test("its sticker shows an address once there is an account, and not before")
    func sticker() throws {
        let c = Conversation(identity: .unnamed())
        c.use { $0.makeKey() }
        func address() -> String? { c.sticker()?.first { $0.hasPrefix("xmpp:") } }
        #expect(c.sticker() != nil && address() == nil)
        c.asksForAccount()
        let given = try #require(c.givesAccount())
        #expect(address() == nil)
        c.makesAccount()
        #expect(address() == "xmpp:\(given.name)@home.example")
    }

    // MARK: Its node

    @Test("its node is named by the serial number, and without one is just a thing's", arguments: [
        ("SN-17", "SN-17"), ("", "thing"), (String(repeating: "9", count: 65), "thing"),
    ])
    func node(_ serial: String, _ node: String) throws {
        let identity = Identity.unnamed(parent: "owner@home.example", serial: serial)
        let (c, given) = try made(identity)
        c.logsIn(given)
        c.server.sends("<iq type='result' id='$roster'><query xmlns='jabber:iq:roster'>\(item(parent))</query></iq>")
        c.said = []
        c.server.parentArrives()
        c.said = []
        c.server.sends("<iq type='get' id='9' from='\(phone)'><req xmlns='urn:xmpp:iot:sensordata' seqnr='1' momentary='true'/></iq>")
        let nodes = c.thing.hearOut().flatMap { $0.all("node") }.compactMap { $0.attributes["nodeId"] }
        #expect(!nodes.isEmpty && nodes.allSatisfy { $0 == node })
    }
}
