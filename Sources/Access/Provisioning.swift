import Fixed
import XML
import XMPP

/// What Thing and parent say to each other (XEP-0324), as bytes.
public enum Provisioning {
    public static var namespace: StaticString { "urn:xmpp:iot:provisioning" }

    /// Attributes under which somebody shows who or what speaks through him (§3.6).
    public static var tokens: Int { 3 }
    public static func token(_ index: Int) -> StaticString {
        switch index {
        case 0: return "serviceToken"
        case 1: return "deviceToken"
        default: return "userToken"
        }
    }

    /// Writes the question whether `stranger` may be a friend.
    public static func askFriend(_ stranger: BareJID, _ question: Question, to out: inout Outbox) -> Bool {
        out.begin()
        open(question, to: &out)
        out.put("<isFriend xmlns='urn:xmpp:iot:provisioning'")
        out.put(attribute: "jid", stranger.bytes)
        out.put("/></iq>")
        return out.commit()
    }

    /// Writes `<iq type='get' …>` of a question.
    public static func open(_ question: Question, to out: inout Outbox) {
        out.put("<iq type='get'")
        out.put(attribute: "id", question.id.bytes)
        out.put(attribute: "to", question.to)
        out.put(">")
    }

    /// What a result says of `subject`: the parent's yes or no, or nil where it
    /// is no answer, or one about somebody else.
    public static func verdict(
        in iq: borrowing Element, _ response: StaticString, about subject: BareJID
    ) -> Bool? {
        guard iq.value("type", is: "result"), let answer = iq.child(response, namespace),
            let about = JID(answer.value("jid")), about.bare == subject
        else { return nil }
        return boolean(answer.value("result"))
    }

    /// True where an error says that the one asked knows nothing of such questions.
    public static func isDeaf(_ iq: borrowing Element) -> Bool {
        guard iq.value("type", is: "error"), let error = iq.child("error", Namespace.client) else { return false }
        return error.child("service-unavailable", Namespace.stanzaErrors) != nil
            || error.child("feature-not-implemented", Namespace.stanzaErrors) != nil
    }

    /// An xs:boolean; nil for anything else.
    public static func boolean(_ word: Span<UInt8>) -> Bool? {
        switch word {
        case "true", "1": return true
        case "false", "0": return false
        default: return nil
        }
    }
}
