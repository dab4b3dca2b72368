import Fixed
import XML

/// What the Thing is and can, for whoever may know (XEP-0030), and its digest in
/// presence (XEP-0115). Features are listed here, once, in the order of their octets.
public struct Disco: Sendable {
    /// What identifies this software in XEP-0115's `node`.
    public static var node: StaticString { "urn:x-ward" }
    static var featureCount: Int { 11 }

    static func feature(_ index: Int) -> StaticString {
        switch index {
        case 0: return Namespace.capabilities
        case 1: return Namespace.commands
        case 2: return Namespace.discoInfo
        case 3: return Namespace.version
        case 4: return Namespace.dataForms
        case 5: return "urn:xmpp:iot:chat"
        case 6: return "urn:xmpp:iot:control"
        case 7: return "urn:xmpp:iot:events"
        case 8: return "urn:xmpp:iot:provisioning"
        case 9: return "urn:xmpp:iot:sensordata"
        default: return Namespace.ping
        }
    }

    /// The verification string (XEP-0115 §5): SHA-1 in Base64.
    public let verification: Text<28>

    public init<Crypto: Cryptography>(_: Crypto.Type) {
        var text = Text<512>()
        text.put("client/bot//Ward<")
        for i in 0..<Self.featureCount {
            text.put(Self.feature(i))
            text.put("<")
        }
        var verification = Text<28>()
        let digest = Crypto.digest(.sha1, of: text.bytes)
        Base64.encode(digest.bytes, to: &verification)
        self.verification = verification
    }

    /// Writes the `<c/>` of a presence.
    public func writeCapabilities(to out: inout Outbox) {
        out.put("<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='")
        out.put(Self.node)
        out.put("' ver='")
        out.put(verification.bytes)
        out.put("'/>")
    }

    /// Answers a disco#info query.
    public func answer(_ iq: borrowing Element, _ query: borrowing Element, _ out: inout Outbox) {
        let asked = query.value("node")
        if asked.count > 0 {
            var known = Text<64>()
            known.put(Self.node)
            known.put("#")
            known.put(verification.bytes)
            guard asked.equals(known.bytes) else {
                out.refuse(StanzaError(.cancel, "item-not-found"), iq)
                return
            }
        }
        out.begin()
        out.openReply("result", id: iq.value("id"), to: iq.value("from"))
        out.put("><query xmlns='http://jabber.org/protocol/disco#info'")
        if asked.count > 0 { out.put(attribute: "node", asked) }
        out.put("><identity category='client' type='bot' name='Ward'/>")
        for i in 0..<Self.featureCount {
            out.put("<feature var='")
            out.put(Self.feature(i))
            out.put("'/>")
        }
        out.put("</query></iq>")
        out.commit()
    }
}
