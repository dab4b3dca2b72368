import Fixed
import Foundation
import Testing
import Thing

/// Who proves what to whom (RFC 5802, 7677, 5929, 4616).
@Suite("Authentication") struct AuthenticationTests {
    /// As far as the choice of a mechanism.
    private func offered(
        _ names: [String], binding: String = "", identity: Identity = .usual, pace: Pace = .whole
    ) -> Conversation {
        let c = Conversation(pace, identity: identity)
        c.connect(secure: true, binding: binding)
        c.thing.opens()
        offer(names, c)
        return c
    }

    private func offer(_ names: [String], _ c: Conversation) {
        c.server.opens("<mechanisms xmlns='\(sasl)'>" + names.map { "<mechanism>\($0)</mechanism>" }.joined() + "</mechanisms>")
    }

    /// Connects again after a loss, as far as the choice of a mechanism.
    private func again(_ c: Conversation, _ names: [String], binding: String = "") {
        c.disconnect(.closedByUs)
        c.said = []
        c.time.passes(.minutes(5))
        c.connect(secure: true, binding: binding)
        c.thing.opens()
        offer(names, c)
    }

    static let all = ["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "X-OTHER"]

    @Test("the strongest mechanism that both can is chosen", arguments: [
        (all, "binding", "SCRAM-SHA-256-PLUS"),
        (all, "", "SCRAM-SHA-256"),
        (["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1"], "binding", "SCRAM-SHA-1-PLUS"),
        (["SCRAM-SHA-1", "SCRAM-SHA-256"], "binding", "SCRAM-SHA-256"),
        (["PLAIN", "SCRAM-SHA-1"], "", "SCRAM-SHA-1"),
        (["  SCRAM-SHA-1\n"], "", "SCRAM-SHA-1"),
    ])
    func strongest(_ offer: [String], _ binding: String, _ chosen: String) {
        let c = offered(offer, binding: binding, identity: .of(allowsPlain: true))
        _ = c.listensToAuth(chosen)
        c.thing.saysNothing()
    }

    @Test("the gs2 header says truly what could be bound", arguments: Pace.allCases)
    func gs2(_ pace: Pace) {
        // Bound; the server offers none though we could; we could not.
        let bound = offered(Self.all, binding: "finished", pace: pace)
        bound.authenticate("SCRAM-SHA-256-PLUS", gs2: "p=tls-unique,,", channel: "finished")
        bound.thing.opens()
        let could = offered(["SCRAM-SHA-256"], binding: "finished", pace: pace)
        could.authenticate("SCRAM-SHA-256", gs2: "y,,")
        could.thing.opens()
        let cannot = offered(Self.all, pace: pace)
        cannot.authenticate("SCRAM-SHA-256", gs2: "n,,")
        cannot.thing.opens()
    }

    @Test("SCRAM-SHA-1 proves and verifies too", arguments: Pace.allCases)
    func sha1(_ pace: Pace) {
        let c = offered(["SCRAM-SHA-1"], pace: pace)
        c.authenticate("SCRAM-SHA-1")
        c.thing.opens()
    }

    @Test("a signature inside the second challenge is answered empty", arguments: Pace.allCases)
    func signatureAsChallenge(_ pace: Pace) {
        let c = offered(["SCRAM-SHA-256"], pace: pace)
        var login = LoginServer("SCRAM-SHA-256")
        let challenge = login.challenge(c.listensToAuth("SCRAM-SHA-256"))
        c.server.sends("<challenge xmlns='\(sasl)'>\(base64(challenge))</challenge>")
        let final = login.judge(c.listensToResponse()) ?? ""
        c.server.sends("<challenge xmlns='\(sasl)'>\(base64(final))</challenge>")
        c.thing.says("<response xmlns='\(sasl)'/>")
        c.server.sends("<success xmlns='\(sasl)'/>")
        c.thing.opens()
    }

    @Test("PBKDF2 is run once, not at each login", arguments: Pace.allCases)
    func keysAreKept(_ pace: Pace) {
        let c = Conversation(pace)
        c.goOnline()
        #expect(c.laboratory.derivations == 1)
        c.disconnect(.reset)
        c.time.passes(.seconds(2))
        c.goOnline(version: "v1")
        #expect(c.laboratory.derivations == 1)
    }

    @Test("another salt or count means other keys", arguments: [("other salt", 4096), ("saltsaltsalt", 5000)])
    func otherSalt(_ salt: String, _ iterations: Int) {
        let c = offered(["SCRAM-SHA-256"])
        c.authenticate()
        again(c, ["SCRAM-SHA-256"])
        c.authenticate(by: LoginServer("SCRAM-SHA-256", salt: salt, iterations: iterations))
        c.thing.opens()
        #expect(c.laboratory.derivations == 2)
    }

    @Test("a server that cannot sign is not believed", arguments: [
        "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "v=", "", "e=other-error", "v=!!!!",
    ])
    func wrongSignature(_ final: String) {
        let c = offered(["SCRAM-SHA-256"])
        var login = LoginServer("SCRAM-SHA-256")
        let challenge = login.challenge(c.listensToAuth("SCRAM-SHA-256"))
        c.server.sends("<challenge xmlns='\(sasl)'>\(base64(challenge))</challenge>")
        _ = c.listensToResponse()
        c.server.sends("<success xmlns='\(sasl)'>\(base64(final))</success>")
        c.thing.ends()
        #expect(c.log.contains("does not prove that it knows the password"))
        #expect(!c.stateChanged, "nothing is learnt from a liar")
    }

    @Test("success in place of a challenge is not success", arguments: ["", "=", "dj0="])
    func earlySuccess(_ data: String) {
        let c = offered(["SCRAM-SHA-256"])
        _ = c.listensToAuth("SCRAM-SHA-256")
        c.server.sends("<success xmlns='\(sasl)'>\(data)</success>")
        c.thing.ends()
    }

    @Test("a challenge that is not SCRAM's ends the login", arguments: [
        "r=$nonce,s=c2FsdA==,i=4095", "r=$nonce,s=c2FsdA==,i=200001", "r=$nonce,s=c2FsdA==,i=99999999999999999999",
        "r=$nonce,s=c2FsdA==", "r=foreign,s=c2FsdA==,i=4096", "r=$nonce,s=,i=4096", "m=x,r=$nonce,s=c2FsdA==,i=4096", "", ",,,",
        "r=$nonce" + String(repeating: "n", count: 480) + ",s=c2FsdA==,i=4096",
    ])
    func badChallenge(_ challenge: String) {
        let c = offered(["SCRAM-SHA-256"])
        let first = c.listensToAuth("SCRAM-SHA-256")
        let nonce = first.components(separatedBy: "r=").last! + "more"
        let text = challenge.replacingOccurrences(of: "$nonce", with: nonce)
        c.server.sends("<challenge xmlns='\(sasl)'>\(base64(text))</challenge>")
        c.thing.ends()
        #expect(c.laboratory.derivations == 0)
    }

    @Test("a third challenge ends the login")
    func endlessChallenges() {
        let c = offered(["SCRAM-SHA-256"])
        var login = LoginServer("SCRAM-SHA-256")
        let challenge = login.challenge(c.listensToAuth("SCRAM-SHA-256"))
        c.server.sends("<challenge xmlns='\(sasl)'>\(base64(challenge))</challenge>")
        _ = c.listensToResponse()
        c.server.sends("<challenge xmlns='\(sasl)'>\(base64(challenge))</challenge>")
        c.thing.ends()
    }

    @Test("what is weaker than before is not used", arguments: Pace.allCases)
    func downgrade(_ pace: Pace) {
        let c = offered(Self.all, binding: "finished", identity: .of(allowsPlain: true), pace: pace)
        c.authenticate("SCRAM-SHA-256-PLUS", gs2: "p=tls-unique,,", channel: "finished")
        for weaker in [["SCRAM-SHA-256", "SCRAM-SHA-1"], ["PLAIN"], ["SCRAM-SHA-1-PLUS"], []] {
            again(c, weaker, binding: "finished")
            c.thing.ends()
        }
        #expect(c.log.contains("offers only weaker ways to log in than before"))
        again(c, Self.all, binding: "finished")
        _ = c.listensToAuth("SCRAM-SHA-256-PLUS")
    }

    @Test("the pin survives a restart", arguments: Pace.allCases)
    func pinIsKept(_ pace: Pace) {
        let c = offered(["SCRAM-SHA-256"], pace: pace)
        c.authenticate()
        let other = Conversation(pace)
        #expect(other.restore(c.record()))
        other.connect(secure: true)
        other.thing.opens()
        offer(["SCRAM-SHA-1"], other)
        other.thing.ends()
    }

    @Test("PLAIN is used only where the configuration allows it", arguments: Pace.allCases)
    func plain(_ pace: Pace) {
        let forbidden = offered(["PLAIN"], pace: pace)
        forbidden.thing.ends()
        #expect(forbidden.log.contains("no way to log in that we may use"))
        let allowed = offered(["PLAIN"], identity: .of(allowsPlain: true), pace: pace)
        #expect(allowed.listensToAuth("PLAIN") == "\0thing\0secret")
        allowed.server.sends("<success xmlns='\(sasl)'/>")
        allowed.thing.opens()
    }

    @Test("a refused password ends the program, since trying again is in vain", arguments: Pace.allCases)
    func refused(_ pace: Pace) {
        let c = offered(["SCRAM-SHA-256"], pace: pace)
        _ = c.listensToAuth("SCRAM-SHA-256")
        c.server.sends("<failure xmlns='\(sasl)'><not-authorized/></failure>")
        c.thing.ends()
        c.disconnect(.closedByUs)
        #expect(c.wish == .exit(.credentialsRefused))
        #expect(c.log.contains("refuses our account or password: not-authorized"))
        #expect(!c.log.contains("secret"))
    }

    @Test("a passing trouble of the server's is no refusal", arguments: ["temporary-auth-failure", "aborted", "made-up"])
    func temporary(_ condition: String) {
        let c = offered(["SCRAM-SHA-256"])
        _ = c.listensToAuth("SCRAM-SHA-256")
        c.server.sends("<failure xmlns='\(sasl)'><\(condition)/></failure>")
        c.thing.ends()
        c.disconnect(.closedByUs)
        c.time.passes(.seconds(2))
        #expect(c.wish == .connect)
    }

    @Test("kept keys that are refused are tried anew from the password, once", arguments: Pace.allCases)
    func keysGoneStale(_ pace: Pace) {
        let c = offered(["SCRAM-SHA-256"], pace: pace)
        c.authenticate()
        // The account's password was changed on both sides, its salt was not.
        var login = LoginServer("SCRAM-SHA-256")
        for attempt in 1...2 {
            again(c, ["SCRAM-SHA-256"])
            let challenge = login.challenge(c.listensToAuth("SCRAM-SHA-256"))
            c.server.sends("<challenge xmlns='\(sasl)'>\(base64(challenge))</challenge>")
            _ = c.listensToResponse()
            #expect(c.laboratory.derivations == attempt)
            c.server.sends("<failure xmlns='\(sasl)'><not-authorized/></failure>")
            c.thing.ends()
        }
        c.disconnect(.closedByUs)
        #expect(c.wish == .exit(.credentialsRefused))
    }
}
