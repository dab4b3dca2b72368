import Fixed
import TLS
import Testing
import XML
import XMPP

@Suite("Every question gets one well-formed answer, addressed to who asked")
struct AnswerTests {
    /// What is in the outbox, which must be one stanza, by name and attributes.
    private func stanza(_ out: borrowing Outbox) throws -> [String] {
        try withStanza(string(out.bytes)) { root in
            var parts = [string(root.name), string(root.value("type")), string(root.value("id")), string(root.value("to"))]
            if let error = root.child("error", Namespace.client), let condition = error.firstChild {
                parts += [string(error.value("type")), string(condition.name), string(condition.namespace)]
            }
            return parts
        }
    }

    @Test("An error keeps the id and the address, whatever they hold")
    func refuse() throws {
        var out = Outbox()
        let written = try withStanza("<iq type='get' id='a&apos;&lt;&amp;' from='c@x/&quot;&gt;'/>") {
            out.refuse(.serviceUnavailable, $0)
        }
        #expect(written)
        #expect(try stanza(out)
            == ["iq", "error", "a'<&", "c@x/\">", "cancel", "service-unavailable", "urn:ietf:params:xml:ns:xmpp-stanzas"])
    }

    @Test("An acknowledgement likewise; without an address it goes to the server")
    func acknowledge() throws {
        var out = Outbox()
        let written = try withStanza("<iq type='set' id='7'/>") { out.acknowledge($0) }
        #expect(written && string(out.bytes) == "<iq type='result' id='7'/>")
    }

    @Test("Without room nothing is written, not even half")
    func noRoom() throws {
        var out = Outbox()
        while out.room > 30 { out.put(0x20) }
        out.commit()
        let before = out.count
        let written = try withStanza("<iq id='7' from='c@x/r'/>") { out.refuse(.badRequest, $0) || out.acknowledge($0) }
        let after = out.count
        #expect(!written && before == after)
        let isReady = out.isReady
        #expect(!isReady)
    }

    @Test("The longest id and address a stanza can bring fit the room that is kept for an answer")
    func reserve() throws {
        let count = Reader.Limits.attributeBytes
        func repeated(_ piece: String) -> String { String(repeating: piece, count: count / piece.utf8.count) }
        for value in ["'\(repeated("\""))'", "\"\(repeated("'"))\"", "'\(repeated("&apos;\""))'", "'\(repeated(">"))'", "'\(repeated("&amp;"))'"] {
            var out = Outbox()
            let written = try withStanza("<iq id=\(value) from=\(value)/>") { out.refuse(.notAcceptable, $0) }
            let count = out.count
            #expect(written && count < Outbox.reserve)
        }
    }

    @Test("disco#info lists the features whose digest presence carries (XEP-0115 §5)")
    func discovery() throws {
        let disco = Disco(MbedCryptography.self)
        var out = Outbox()
        try withStanza("<iq type='get' id='d' from='c@x/r'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>") { iq in
            guard let query = iq.firstChild else { throw NotAStanza() }
            disco.answer(iq, query, &out)
        }
        // The verification string made anew, from what was answered.
        let verification = try withStanza(string(out.bytes)) { iq in
            guard let query = iq.child("query", Namespace.discoInfo) else { throw NotAStanza() }
            var identities: [String] = []
            var features: [String] = []
            collect(query, &identities, &features)
            #expect(identities.count == 1 && features.contains("urn:xmpp:iot:sensordata") && features.contains("urn:xmpp:ping"))
            let text = (identities.sorted() + features.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
                .map { $0 + "<" }.joined()
            var base64 = Text<28>()
            let digest = MbedCryptography.digest(.sha1, of: text.utf8Bytes.span)
            Base64.encode(digest.bytes, to: &base64)
            return string(base64.bytes)
        }
        #expect(verification == string(disco.verification.bytes))

        var presence = Outbox()
        disco.writeCapabilities(to: &presence)
        presence.commit()
        #expect(string(presence.bytes).contains("ver='\(verification)'"))
    }

    @Test("A node that is not ours is not found; ours is echoed")
    func nodes() throws {
        let disco = Disco(MbedCryptography.self)
        func answer(_ node: String) throws -> String {
            var out = Outbox()
            let query = "<query xmlns='http://jabber.org/protocol/disco#info' node='\(node)'/>"
            try withStanza("<iq type='get' id='d' from='c@x/r'>\(query)</iq>") { iq in
                guard let query = iq.firstChild else { throw NotAStanza() }
                disco.answer(iq, query, &out)
            }
            return string(out.bytes)
        }
        let own = "\(Disco.node)#\(string(disco.verification.bytes))"
        #expect(try answer(own).contains("node='\(own)'") && answer(own).contains("<feature "))
        #expect(try answer("other").contains("item-not-found") && !answer("other").contains("<feature "))
        #expect(try answer(own + "x").contains("item-not-found"))
    }

    private func collect(_ query: borrowing Element, _ identities: inout [String], _ features: inout [String]) {
        if let first = query.firstChild { collect(first, in: query, &identities, &features) }
    }

    private func collect(
        _ element: borrowing Element, in query: borrowing Element, _ identities: inout [String], _ features: inout [String]
    ) {
        if element.name.equals("feature") { features.append(string(element.value("var"))) }
        if element.name.equals("identity") {
            identities.append("\(string(element.value("category")))/\(string(element.value("type")))//\(string(element.value("name")))")
        }
        if let next = element.next(in: query) { collect(next, in: query, &identities, &features) }
    }
}
