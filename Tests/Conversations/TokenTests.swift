import Fixed
import Testing
import XMPP

/// Tokens go to the parent as they came, and the parent's challenge goes back to whoever showed them.
@Suite("Token") struct TokenTests {
    private func online(_ pace: Pace = .whole) -> Conversation {
        let c = Conversation(pace)
        c.goOnline(item(parent) + item(bob) + item(carol))
        return c
    }

    /// Bob shows a token, and the parent is asked with it.
    private func show(_ c: Conversation, _ token: String = "T-1", from: String = desk) {
        c.server.asksToRead(from: from, types: "deviceToken='\(token)'")
        c.thing.asksWhetherMayRead(bob, types: "momentary='true' deviceToken='\(token)'")
    }

    private func challenge(_ c: Conversation, _ token: String = "T-1", from: String = phone, id: String = "ch") {
        c.server.sends("<iq type='get' id='\(id)' from='\(from)'><tokenChallenge xmlns='urn:xmpp:iot:provisioning' token='\(token)'>a&lt;b</tokenChallenge></iq>")
    }

    private func handsOn(_ c: Conversation, to: String = desk, _ token: String = "T-1") {
        c.names["t"] = nil
        c.thing.says("<iq type='get' id='$t' to='\(to)'><tokenChallenge xmlns='urn:xmpp:iot:provisioning' token='\(token)'>a&lt;b</tokenChallenge></iq>")
    }

    private func response(_ from: String) -> String {
        "<iq type='result' id='$t' from='\(from)'><tokenChallengeResponse xmlns='urn:xmpp:iot:provisioning'>c&amp;d</tokenChallengeResponse></iq>"
    }

    @Test("a challenge goes to the very client that showed the token, and its answer back", arguments: Pace.allCases)
    func roundTrip(_ pace: Pace) {
        let c = online(pace)
        show(c)
        challenge(c)
        handsOn(c)
        c.server.sends(raw: c.filledIn(response(desk)))
        c.thing.says("<iq type='result' id='ch' to='\(phone)'><tokenChallengeResponse xmlns='urn:xmpp:iot:provisioning'>c&amp;d</tokenChallengeResponse></iq>")
        c.server.allowsReading(bob)
        c.thing.accepts(desk)
        c.thing.givesFields(desk, temperature + humidity + load)
        c.thing.hasAnsweredEverything()
    }

    @Test("nobody but that client answers it", arguments: [sofa, bob, lab, eve, phone])
    func forged(_ sender: String) {
        let c = online()
        show(c)
        challenge(c)
        handsOn(c)
        c.server.sends(raw: c.filledIn(response(sender)))
        c.thing.saysNothing()
        c.time.passes(.seconds(20))
        c.thing.refuses(phone, id: "ch", "wait", "remote-server-timeout")
        c.server.sends(raw: c.filledIn(response(desk)))
        c.thing.saysNothing()
    }

    @Test("only the parent challenges: friends are forbidden, and strangers find nobody", arguments: [
        (lab, "forbidden"), (desk, "forbidden"), (eve, "service-unavailable"), ("owner@home.example.evil.example/phone", "service-unavailable"),
    ])
    func others(_ sender: String, _ condition: String) {
        let c = online()
        show(c)
        challenge(c, from: sender)
        c.thing.refuses(sender, id: "ch", "cancel", condition)
        c.thing.saysNothing()
    }

    @Test("a token that we did not bring in the last minute is not ours to answer for")
    func unknown() {
        let c = online()
        show(c)
        challenge(c, "T-2")
        c.thing.refuses(phone, id: "ch", "cancel", "forbidden")
        c.server.allowsReading(bob)
        c.said = []
        c.time.passes(.seconds(60))
        c.said = []
        challenge(c)
        c.thing.refuses(phone, id: "ch", "cancel", "forbidden")
        // Shown again it is answered from memory: it did not go to the parent.
        c.server.asksToRead(from: desk, id: "again", types: "deviceToken='T-1'")
        c.said = []
        challenge(c)
        c.thing.refuses(phone, id: "ch", "cancel", "forbidden")
        c.thing.hasAnsweredEverything()
    }

    @Test("an error of the holder is forbidden for the challenger; a second challenge waits its turn")
    func errors() {
        let c = online()
        show(c)
        challenge(c)
        handsOn(c)
        challenge(c, id: "ch2")
        c.thing.refuses(phone, id: "ch2", "wait", "resource-constraint", "no room at the moment")
        c.server.sends(raw: c.filledIn("<iq type='error' id='$t' from='\(desk)'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"))
        c.thing.refuses(phone, id: "ch", "cancel", "forbidden")
        challenge(c, id: "ch3")
        handsOn(c)
        c.server.pushes(item(bob, "remove"))
        c.said = []
        c.time.passes(.seconds(31))
        c.said = []
        c.thing.hasAnsweredEverything()
    }
}
