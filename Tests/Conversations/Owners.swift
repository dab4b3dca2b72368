import Fixed
import Foundation
import Ownership
import Testing
import Thing
import XMPP

// What the conversations about ownership have in common. The owner is `parent`, with his
// phone; `carol` would be the next one; `eve` is a thief.

let registry = "registry.home.example"
let discovery = "urn:xmpp:iot:discovery"
let welcome = "I am yours now. Let us be friends: accept my request, and say # for what I do."

extension Identity {
    /// Of a Thing that anybody can claim who knows its KEY.
    static func unclaimed(registry: String = "", tags: [(String, String)] = [("SN", "42"), ("MODEL", "Bench; 1"), ("V", "1.20")]) -> Identity {
        var identity = Identity.of(parent: "")
        if !registry.isEmpty { identity.registry = bare(registry) }
        for (name, value) in tags { #expect(identity.tags.add(name.utf8Bytes.span, value.utf8Bytes.span) == nil) }
        return identity
    }
}

extension Conversation {
    /// The lines of the sticker; nil where there is no KEY to be shown.
    func sticker() -> [String]? {
        var sink = RecordBytes()
        laboratory.enter()
        guard core.writeSticker(to: &sink) else { return nil }
        return String(decoding: sink.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    var isOwned: Bool { core.isOwned }
    var mustBeKept: Bool { core.mustBeKept }

    /// The KEY on the sticker, in groups.
    var key: String { sticker()?.first { $0.hasPrefix("KEY ") }.map { String($0.dropFirst(4)) } ?? "none" }

    /// Online and nobody's, with a KEY that is known here.
    static func unclaimed(_ pace: Pace = .whole, registry: String = "") -> (Conversation, key: String) {
        let c = Conversation(pace, identity: .unclaimed(registry: registry))
        c.use { $0.makeKey() }
        let key = c.key
        c.goOnlineUnclaimed()
        return (c, key)
    }

    /// Online as nobody's Thing, with an empty roster.
    func goOnlineUnclaimed(version: String = "", sourceLocation: SourceLocation = #_sourceLocation) {
        logIn(sourceLocation: sourceLocation)
        asksForRoster(version: version, sourceLocation: sourceLocation)
        givesRoster("")
        thing.says("<presence><status>unclaimed</status>\(caps)</presence>", sourceLocation: sourceLocation)
    }

    /// Somebody's message in a chat.
    func chat(_ words: String, from: String, more: String = "") {
        server.sends("<message type='chat' from='\(from)'><body>\(words)</body>\(more)</message>")
    }

    /// A friend request with a text.
    func request(_ words: String, from: String) {
        server.sends("<presence type='subscribe' from='\(from)'><status>\(words)</status></presence>")
    }

    /// The Thing makes sure that its roster is empty, finds these, and takes them out.
    func emptiesRoster(_ contacts: [String] = [], sourceLocation: SourceLocation = #_sourceLocation) {
        asksForRoster(sourceLocation: sourceLocation)
        givesRoster(contacts.map { item($0) }.joined())
        guard !contacts.isEmpty else { return }
        for contact in contacts {
            thing.says(
                "<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item subscription='remove' jid='\(contact)'/></query></iq>",
                sourceLocation: sourceLocation)
        }
        for (i, contact) in contacts.enumerated() {
            server.pushes(item(contact, "remove"), id: "gone\(i)")
            thing.says("<iq type='result' id='gone\(i)'/>", sourceLocation: sourceLocation)
            if i < contacts.count - 1 { thing.saysNothing(sourceLocation: sourceLocation) }
        }
        asksForRoster(sourceLocation: sourceLocation)
        givesRoster("")
    }

    /// The new owner hears of it, and becomes a friend.
    func welcomes(_ owner: String = parent, sourceLocation: SourceLocation = #_sourceLocation) {
        thing.says("<presence type='subscribed' to='\(owner)'/>", sourceLocation: sourceLocation)
        thing.says("<presence type='subscribe' to='\(owner)'/>", sourceLocation: sourceLocation)
        thing.tells(welcome, to: owner, sourceLocation: sourceLocation)
        hasSaidPresence()
        server.pushes(item(owner))
        thing.says("<iq type='result' id='push'/>", sourceLocation: sourceLocation)
    }

    /// Online, owned by `parent`, who is there with his phone, and with these friends.
    static func owned(_ pace: Pace = .whole, friends: [String] = [bob], registry: String = "") -> (Conversation, key: String) {
        let (c, key) = unclaimed(pace)
        c.chat("claim \(key)", from: phone)
        c.emptiesRoster()
        c.welcomes()
        c.server.parentArrives(isPerson: true)
        for friend in friends { c.server.pushes(item(friend)) }
        c.said = []
        return (c, key)
    }

    /// The old owner gives the Thing up. The new KEY.
    func disowns(_ owner: String = phone, friends: [String] = [parent, bob], sourceLocation: SourceLocation = #_sourceLocation) -> String {
        chat("disown", from: owner)
        chat("disown \(numberAsked(of: owner, sourceLocation: sourceLocation))", from: owner)
        names["roster"] = nil
        asksForRoster(sourceLocation: sourceLocation)
        let words = thing.words(to: owner, sourceLocation: sourceLocation)
        thing.says("<iq type='get' id='$shown'><ping xmlns='urn:xmpp:ping'/></iq>", sourceLocation: sourceLocation)
        server.sends("<iq type='result' id='$shown'/>")
        givesRoster(friends.map { item($0) }.joined())
        for friend in friends {
            thing.says(
                "<iq type='set' id='*'><query xmlns='jabber:iq:roster'><item subscription='remove' jid='\(friend)'/></query></iq>",
                sourceLocation: sourceLocation)
        }
        for friend in friends { server.pushes(item(friend, "remove")) }
        said = []
        names["roster"] = rosterID
        givesRoster("")
        thing.saysNothing(sourceLocation: sourceLocation)
        return words.split(separator: " ").map(String.init).first { $0.count == 24 && $0.contains("-") } ?? "none"
    }

    /// What its presence says in words is of no interest.
    func hasSaidPresence() {
        said.removeAll { if case .element(let node, _) = $0 { node.name == "presence" && node.attributes["type"] == nil } else { false } }
    }

    /// The number that the Thing wants to be repeated.
    func numberAsked(of owner: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
        let words = thing.words(to: owner, sourceLocation: sourceLocation)
        return words.split(separator: " ").last.map(String.init) ?? "none"
    }
}

extension Speaker {
    /// The next thing said is a message of these words.
    func tells(_ words: String, to jid: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(self.words(to: jid, sourceLocation: sourceLocation) == words, sourceLocation: sourceLocation)
    }

    /// The words of the next thing said, which is a message.
    func words(to jid: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
        guard let next = conversation.said.first, case .element(let node, let text) = next, node.name == "message",
            node.attributes["to"] == jid
        else {
            Issue.record("no message to \(jid): \(conversation.said.first?.text ?? "silence")", sourceLocation: sourceLocation)
            return ""
        }
        _ = text
        conversation.said.removeFirst()
        return node.child("body")?.text ?? ""
    }
}
