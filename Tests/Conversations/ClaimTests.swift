import Fixed
import Foundation
import Support
import Testing
import Thing

/// A Thing becomes the Thing of whoever knows its KEY, and of nobody else.
@Suite("Claiming") struct ClaimTests {
    private let wrong = "0000-0000-0000-0000-0000"

    @Test("who says the KEY in a chat is the owner, once nobody of before is left", arguments: Pace.allCases)
    func byChat(_ pace: Pace) {
        let (c, key) = Conversation.unclaimed(pace)
        c.chat("claim \(key)", from: phone)
        c.emptiesRoster([bob, "old@home.example"])
        c.welcomes()
        c.thing.saysNothing()
        #expect(c.isOwned)
        #expect(c.sticker() == nil)
        c.thing.hasAnsweredEverything()
    }

    @Test("a friend request whose text is the KEY makes its sender the owner")
    func byRequest() {
        let (c, key) = Conversation.unclaimed()
        c.request(key, from: parent)
        c.emptiesRoster()
        c.welcomes()
        c.thing.saysNothing()
    }

    @Test("the KEY may be written as people write, or be the sticker's whole text", arguments: 0..<6)
    func spellings(_ form: Int) {
        let (c, key) = Conversation.unclaimed()
        let plain = key.replacingOccurrences(of: "-", with: "")
        let sticker = c.sticker() ?? []
        #expect(sticker == [
            "IoTDisco;SN:42;MODEL:Bench\\; 1;#V:1.20;KEY:\(plain)", "iotdisco:SN=42;MODEL=Bench%3B%201;#V=1.20;KEY=\(plain)",
            "KEY \(key)", "xmpp:thing@home.example",
        ])
        let words = [
            "Claim  \(key.lowercased())", "claim \(plain)", "claim \(key.replacingOccurrences(of: "-", with: " "))",
            "claim \(key.replacingOccurrences(of: "0", with: "O").replacingOccurrences(of: "1", with: "l"))", sticker[0], "claim \(sticker[1])",
        ]
        c.chat(words[form], from: phone)
        c.asksForRoster()
        #expect(c.isOwned)
    }

    @Test("a wrong KEY is answered like anything else a stranger says: not at all")
    func wrongByChat() {
        let (c, _) = Conversation.unclaimed()
        for words in ["claim \(wrong)", "claim me", "claim", "hello", "accept", "disown", "transfer eve@evil.example", "parent eve@evil.example"] {
            c.chat(words, from: eve)
        }
        c.thing.saysNothing()
        #expect(!c.isOwned)
        #expect(c.log.count("a wrong KEY") == 1)
        #expect(!c.lines.contains { $0.contains(wrong) })
    }

    @Test("a request with a wrong KEY is refused as any other", arguments: ["", "hello", "0000-0000-0000-0000-0000"])
    func wrongByRequest(_ words: String) {
        let (c, _) = Conversation.unclaimed()
        c.request(words, from: "eve@evil.example")
        c.thing.says("<presence type='unsubscribed' to='eve@evil.example'/>")
        c.thing.saysNothing()
    }

    @Test("after five wrong KEYs none is looked at for a minute, then for two, up to an hour; the log says who")
    func lock() {
        let (c, key) = Conversation.unclaimed()
        for _ in 0..<5 { c.chat("claim \(wrong)", from: eve) }
        var wait: Int64 = 60
        for round in 0..<8 {
            c.chat("claim \(key)", from: phone)
            #expect(!c.isOwned, "round \(round)")
            c.idles(seconds: wait - 1)
            c.chat("claim \(key)", from: phone)
            #expect(!c.isOwned, "round \(round), a second too early")
            c.time.passes(.seconds(1))
            c.chat("claim \(wrong)", from: eve)
            wait = min(wait * 2, 3_600)
        }
        c.said = []
        c.idles(seconds: 3_600)
        c.said = []
        c.chat("claim \(key)", from: phone)
        #expect(c.isOwned)
        #expect(c.log.count("a wrong KEY") == 13)
    }

    @Test("the lock outlives a power cut, and then begins anew")
    func lockIsKept() {
        let (c, key) = Conversation.unclaimed()
        for n in 1...6 {
            c.chat("claim \(wrong)", from: eve)
            #expect(c.stateChanged == (n <= 5), "wrong KEY number \(n)")
            _ = c.record()
        }
        let again = Conversation(identity: .unclaimed())
        #expect(again.restore(c.record()))
        again.goOnlineUnclaimed(version: "v1")
        again.chat("claim \(key)", from: phone)
        #expect(!again.isOwned)
        again.time.passes(.seconds(60))
        again.said = []
        again.chat("claim \(key)", from: phone)
        #expect(again.isOwned)
    }

    @Test("small talk locks nobody out")
    func smallTalk() {
        let (c, key) = Conversation.unclaimed()
        for n in 0..<50 { c.chat("claim my dear \(n)", from: eve) }
        c.request("It is me, Eve", from: "eve@evil.example")
        c.said = []
        c.chat("claim \(key)", from: phone)
        #expect(c.isOwned)
    }

    @Test("a KEY is spent by the first claim, whoever knows it")
    func spent() {
        let (c, key) = Conversation.owned()
        c.chat("claim \(key)", from: eve)
        c.chat("claim \(key)", from: desk)
        c.said = []
        c.request(key, from: "eve@evil.example")
        // A stranger like any other: it waits for the owner's word.
        #expect(c.thing.words(to: parent).hasPrefix("eve@evil.example would like to be my friend"))
        c.thing.saysNothing()
    }

    @Test("a service cannot be the owner, nor can the Thing be its own", arguments: ["prov.home.example", "thing@home.example/other"])
    func notAPerson(_ sender: String) {
        let (c, key) = Conversation.unclaimed()
        c.chat("claim \(key)", from: sender)
        c.thing.saysNothing()
        #expect(!c.isOwned)
    }

    @Test("where the configuration says who the parent is, nobody can claim the Thing")
    func configured() {
        let c = Conversation()
        c.use { $0.makeKey() }
        #expect(c.sticker() == nil)
        c.goOnline()
        c.said = []
        c.chat("claim \(wrong)", from: eve)
        c.thing.saysNothing()
        for words in ["disown", "transfer bob@far.example", "parent prov.home.example"] {
            c.chat(words, from: phone)
            c.thing.tells("Whose I am stands in my configuration, and is changed there.", to: phone)
        }
    }

    @Test("of the KEY only a digest is kept once it was shown")
    func digest() {
        let (c, key) = Conversation.unclaimed()
        let plain = Array(key.replacingOccurrences(of: "-", with: "").utf8)
        #expect(c.record().contains(plain))
        c.use { $0.keyWasShown() }
        let record = c.record()
        #expect(!record.contains(plain))
        #expect(c.sticker() == nil)
        let again = Conversation(identity: .unclaimed())
        #expect(again.restore(record))
        again.use { $0.makeKey() }
        again.goOnlineUnclaimed(version: "v1")
        again.chat("claim \(key)", from: phone)
        #expect(again.isOwned)
    }

    @Test("the power cut behind a claim: the owner is asked to be a friend after the next login")
    func powerCut() {
        let (c, key) = Conversation.unclaimed()
        c.chat("claim \(key)", from: phone)
        #expect(c.mustBeKept)
        let again = Conversation(identity: .unclaimed())
        #expect(again.restore(c.record()))
        #expect(!c.mustBeKept)
        again.logIn()
        again.asksForRoster()
        again.givesRoster(item(bob))
        again.thing.says("<presence>\(caps)</presence>")
        again.thing.says("<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item subscription='remove' jid='\(bob)'/></query></iq>")
        // Nobody is a friend before all are gone.
        again.server.asksToRead(from: desk)
        again.thing.refuses(desk, "cancel", "forbidden", "only friends may ask")
        again.server.pushes(item(bob, "remove"))
        again.thing.says("<iq type='result' id='push'/>")
        again.asksForRoster()
        again.givesRoster("")
        again.welcomes()
    }
}

extension Array where Element == UInt8 {
    func contains(_ part: [UInt8]) -> Bool {
        guard part.count <= count else { return false }
        return (0...(count - part.count)).contains { self[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
