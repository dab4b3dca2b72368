import Support

/// What somebody says to somebody, on its way.
struct Stanza {
    var name: String
    var type = ""
    var id = ""
    /// Put in by the sender's server: nobody can lie about it.
    var from = ""
    var to = ""
    var inner = ""
    /// As parsed, where the Thing said it.
    var node: Node?
    /// What the oracle learns when the Thing has read it. What carries no word gives no right.
    var word: Word?

    var xml: String {
        func attribute(_ name: String, _ value: String) -> String { value.isEmpty ? "" : " \(name)='\(escaped(value))'" }
        let head = "<\(name)\(attribute("type", type))\(attribute("id", id))\(attribute("from", from))\(attribute("to", to))"
        return inner.isEmpty ? head + "/>" : "\(head)>\(inner)</\(name)>"
    }

    var isRequest: Bool { name == "iq" && (type == "get" || type == "set") }

    /// The answer that nobody is there.
    var bounce: Stanza {
        Stanza(
            name: name, type: "error", id: id, from: to, to: from,
            inner: "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
    }

    static func iq(_ type: String, id: String, to: String, _ inner: String, _ word: Word? = nil) -> Stanza {
        Stanza(name: "iq", type: type, id: id, to: to, inner: inner, word: word)
    }
    static func presence(_ type: String = "", to: String = "", _ inner: String = "") -> Stanza {
        Stanza(name: "presence", type: type, to: to, inner: inner)
    }
    static func message(_ type: String = "", id: String = "", to: String, _ inner: String, _ word: Word? = nil) -> Stanza {
        Stanza(name: "message", type: type, id: id, to: to, inner: inner, word: word)
    }
}

func stanzaError(_ condition: String, _ type: String = "cancel") -> String {
    "<error type='\(type)'><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
}

/// What a person was asked about.
enum Matter {
    case friendship
    /// These fields; nil for all that were not decided.
    case deed(Oracle.Operation, [String]?)
}

/// What a person tells the Thing of somebody.
enum Saying {
    /// To a question of that number, about somebody.
    case answer(Int, String, Matter, Bool)
    /// Nil: any field.
    case rule(String, [Oracle.Operation], String?, Bool)
    /// Nil: everybody.
    case forget(String?)
}

/// What is true of a stanza, known to whoever sent it and to the oracle alone.
enum Word {
    /// Somebody wants to read.
    case read(ReadRequest)
    /// Somebody wants to set something.
    case set(SetRequest)
    /// Somebody wants to be told of changes, or not any more.
    case subscribe(ReadRequest)
    case unsubscribe(seqnr: String)
    /// The parent's answer to a question.
    case answer(ParentAnswer)
    /// The parent takes back all it said.
    case clear
    case unfriend(String)
    /// What a person says, as it means it.
    case said(Saying)
    case befriend(String)
    /// What somebody wants of whose the Thing is.
    case deed(Deed)
    /// The roster, as the server has it now.
    case roster([String: String])
    /// An item of it changed; `remove` for one that is gone.
    case push(String, String)
}

func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: { "<&'\">".utf8.contains($0) }) else { return text }
    return text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("'", with: "&apos;").replacing("\"", with: "&quot;")
}

func account(of jid: String) -> String { String(jid.prefix { $0 != "/" }) }
func resource(of jid: String) -> String { String(jid.drop { $0 != "/" }.dropFirst()) }

enum Space {
    static let provisioning = "urn:xmpp:iot:provisioning"
    static let control = "urn:xmpp:iot:control"
    static let events = "urn:xmpp:iot:events"
    static let discovery = "urn:xmpp:iot:discovery"
    static let data = "urn:xmpp:iot:sensordata"
    static let roster = "jabber:iq:roster"
    static let info = "http://jabber.org/protocol/disco#info"
}
