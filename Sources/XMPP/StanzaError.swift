import Fixed
import XML

/// A stanza error (RFC 6120 §8.3): what is answered instead of a result.
public struct StanzaError: Sendable {
    public enum Kind: Sendable {
        case cancel, modify, auth, wait

        var word: StaticString {
            switch self {
            case .cancel: return "cancel"
            case .modify: return "modify"
            case .auth: return "auth"
            case .wait: return "wait"
            }
        }
    }

    public let kind: Kind
    /// A defined condition of RFC 6120 §8.3.3.
    public let condition: StaticString
    /// For people; empty for none.
    public let text: StaticString

    public init(_ kind: Kind, _ condition: StaticString, _ text: StaticString = "") {
        self.kind = kind
        self.condition = condition
        self.text = text
    }

    public static var serviceUnavailable: StanzaError { StanzaError(.cancel, "service-unavailable") }
    public static var badRequest: StanzaError { StanzaError(.modify, "bad-request") }
    /// Larger, deeper or with more of something than is read here.
    public static var notAcceptable: StanzaError { StanzaError(.modify, "not-acceptable", "the stanza is too large") }
    public static var resourceConstraint: StanzaError {
        StanzaError(.wait, "resource-constraint", "no room at the moment")
    }

    /// Writes the `<error/>` element.
    @inline(never)
    public func write(to out: inout Outbox) {
        out.put("<error type='")
        out.put(kind.word)
        out.put("'><")
        out.put(condition)
        out.put(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>")
        if text.utf8CodeUnitCount > 0 {
            out.put("<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>")
            out.put(escaped: text.bytes)
            out.put("</text>")
        }
        out.put("</error>")
    }
}

extension Buffer where capacity == 16_384 {
    /// `<iq type='…' id='…' to='…'`, without the closing bracket.
    @inline(never)
    public mutating func openReply(_ type: StaticString, id: Span<UInt8>, to: Span<UInt8>) {
        put("<iq type='")
        put(type)
        put(0x27)
        put(attribute: "id", id)
        if to.count > 0 { put(attribute: "to", to) }
    }

    /// ` name='jid'`.
    @inline(never)
    public mutating func put(attribute name: StaticString, _ jid: borrowing JID) {
        var text = Text<321>()
        jid.write(to: &text)
        put(attribute: name, text.bytes)
    }

    /// The whole reply: an error. False, and nothing, where there is no room.
    @discardableResult
    public mutating func refuse(_ error: StanzaError, id: Span<UInt8>, to: Span<UInt8>) -> Bool {
        begin()
        openReply("error", id: id, to: to)
        put(">")
        error.write(to: &self)
        put("</iq>")
        return commit()
    }

    /// The whole reply to `iq`: an error.
    @discardableResult
    public mutating func refuse(_ error: StanzaError, _ iq: borrowing Element) -> Bool {
        refuse(error, id: iq.value("id"), to: iq.value("from"))
    }

    /// The whole reply: an empty result.
    @discardableResult
    public mutating func acknowledge(id: Span<UInt8>, to: Span<UInt8>) -> Bool {
        begin()
        openReply("result", id: id, to: to)
        put("/>")
        return commit()
    }

    /// The whole reply to `iq`: an empty result.
    @discardableResult
    public mutating func acknowledge(_ iq: borrowing Element) -> Bool {
        acknowledge(id: iq.value("id"), to: iq.value("from"))
    }
}
