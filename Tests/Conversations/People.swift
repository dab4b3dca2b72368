import Testing
import Fixed
import Readout
import Thing
import XMPP

// Who is in these conversations. `bob` and `carol` are friends, or want to be;
// `eve` is nobody's friend.

let thingJID = "thing@home.example/ward"
let parent = "owner@home.example"
let phone = "owner@home.example/phone"
let tablet = "owner@home.example/tablet"
let component = "prov.home.example"
let bob = "bob@far.example"
let desk = "bob@far.example/desk"
let sofa = "bob@far.example/sofa"
let carol = "carol@near.example"
let lab = "carol@near.example/lab"
let eve = "eve@evil.example/x"

extension Identity {
    static var usual: Identity { of() }

    /// `parent` empty for an unclaimed Thing.
    static func of(
        _ address: String = "thing@home.example", parent: String = "owner@home.example",
        password: String = "secret", allowsPlain: Bool = false
    ) -> Identity {
        Identity(
            account: Account(
                address: BareJID(Array(address.utf8).span)!, resource: Text(utf8: "ward"),
                password: Text(utf8: password), allowsPlain: allowsPlain),
            parent: parent.isEmpty ? BareJID() : BareJID(Array(parent.utf8).span)!, logLevel: .debug)
    }
}

extension Field {
    static var usual: [Field] { [Field("Temperature", "°C"), Field("Humidity", "%"), Field("Load", "")] }

    init(_ name: String, _ unit: String) { self.init(name: Text(utf8: name), unit: Text(utf8: unit)) }
}

extension Reading {
    static func number(_ mantissa: Int64, scale: UInt8 = 0) -> Reading { .value(.numeric(Decimal(mantissa, scale: scale))) }
}

/// What the Thing announces (XEP-0030).
let thingFeatures = [
    "http://jabber.org/protocol/caps", "http://jabber.org/protocol/commands", "http://jabber.org/protocol/disco#info",
    "jabber:iq:version", "jabber:x:data", "urn:xmpp:iot:chat", "urn:xmpp:iot:control", "urn:xmpp:iot:events",
    "urn:xmpp:iot:provisioning", "urn:xmpp:iot:sensordata", "urn:xmpp:ping",
]

/// The capabilities in each presence.
let caps = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:x-ward' ver='$caps'/>"

func item(_ jid: String, _ subscription: String = "both", more: String = "") -> String {
    "<item jid='\(jid)' subscription='\(subscription)'\(more)/>"
}

extension Server {
    /// A roster push with the items of `items`.
    func pushes(_ items: String, id: String = "push", from: String? = nil, version: String? = nil) {
        let sender = from.map { " from='\($0)'" } ?? ""
        let ver = version.map { " ver='\($0)'" } ?? ""
        sends("<iq type='set' id='\(id)'\(sender)><query xmlns='jabber:iq:roster'\(ver)>\(items)</query></iq>")
    }

    /// The parent's client comes online, and is asked what it is: one that announces
    /// provisioning, or, in the hands of a person, a chat client that does not. Silent
    /// where that is to be asked in the test itself, or was asked before.
    func parentArrives(_ jid: String = phone, priority: Int? = nil, isPerson: Bool = false, isSilent: Bool = false) {
        sends("<presence from='\(jid)'>\(priority.map { "<priority>\($0)</priority>" } ?? "")</presence>")
        guard !isSilent, let id = conversation.takeDiscovery(of: jid) else { return }
        sends("<iq type='result' id='\(id)' from='\(jid)'><query xmlns='http://jabber.org/protocol/disco#info'>"
            + "<feature var='\(isPerson ? "urn:xmpp:ping" : "urn:xmpp:iot:provisioning")'/></query></iq>")
    }

    func parentLeaves(_ jid: String = phone) { sends("<presence type='unavailable' from='\(jid)'/>") }

    /// A friend, or not, asks for a reading.
    func asksToRead(
        from: String, id: String = "r1", seqnr: String = "1", types: String = "momentary='true'", inside: String = ""
    ) {
        sends("<iq type='get' id='\(id)' from='\(from)'><req xmlns='urn:xmpp:iot:sensordata' seqnr='\(seqnr)' \(types)>\(inside)</req></iq>")
    }

    /// The parent's answer to the canRead remembered as `id`.
    func allowsReading(_ jid: String, id: String = "$q", from: String = phone, inside: String = "") {
        answersReading(jid, id: id, from: from, result: "true", inside: inside)
    }

    func answersReading(_ jid: String, id: String = "$q", from: String = phone, result: String, inside: String = "") {
        sends("<iq type='result' id='\(id)' from='\(from)'><canReadResponse xmlns='urn:xmpp:iot:provisioning' jid='\(jid)' result='\(result)'>\(inside)</canReadResponse></iq>")
    }

    /// The parent's answer to the isFriend remembered as `id`.
    func answersFriend(_ jid: String, id: String = "$q", from: String = phone, result: String) {
        sends("<iq type='result' id='\(id)' from='\(from)'><isFriendResponse xmlns='urn:xmpp:iot:provisioning' jid='\(jid)' result='\(result)'/></iq>")
    }
}

extension Speaker {
    /// isFriend, its id remembered.
    func asksAbout(_ jid: String, to: String = phone, id: String = "q", sourceLocation: SourceLocation = #_sourceLocation) {
        conversation.names[id] = nil
        says("<iq type='get' id='$\(id)' to='\(to)'><isFriend xmlns='urn:xmpp:iot:provisioning' jid='\(jid)'/></iq>", sourceLocation: sourceLocation)
    }

    /// canRead, its id remembered.
    func asksWhetherMayRead(
        _ jid: String, to: String = phone, id: String = "q", types: String = "momentary='true'", inside: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        conversation.names[id] = nil
        says("<iq type='get' id='$\(id)' to='\(to)'><canRead xmlns='urn:xmpp:iot:provisioning' jid='\(jid)' \(types)>\(inside)</canRead></iq>", sourceLocation: sourceLocation)
    }

    func accepts(_ jid: String, id: String = "r1", seqnr: String = "1", sourceLocation: SourceLocation = #_sourceLocation) {
        says("<iq type='result' id='\(id)' to='\(jid)'><accepted xmlns='urn:xmpp:iot:sensordata' seqnr='\(seqnr)'/></iq>", sourceLocation: sourceLocation)
    }

    /// One message of fields.
    func givesFields(
        _ jid: String, seqnr: String = "1", _ fields: String, done: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let node = fields.isEmpty ? "" : "<node nodeId='thing'><timestamp value='*'>\(fields)</timestamp></node>"
        says("<message to='\(jid)'><fields xmlns='urn:xmpp:iot:sensordata' seqnr='\(seqnr)'\(done ? " done='true'" : "")>\(node)</fields></message>", sourceLocation: sourceLocation)
    }

    func reports(_ jid: String, seqnr: String = "1", _ failures: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        let errors = failures.map { "<error nodeId='thing' timestamp='*'>\($0)</error>" }.joined()
        says("<message to='\(jid)'><failure xmlns='urn:xmpp:iot:sensordata' seqnr='\(seqnr)' done='true'>\(errors)</failure></message>", sourceLocation: sourceLocation)
    }

    func refuses(
        _ jid: String, id: String = "r1", _ type: String, _ condition: String, _ text: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let words = text.map { "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>\($0)</text>" } ?? ""
        says("<iq type='error' id='\(id)' to='\(jid)'><error type='\(type)'><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\(words)</error></iq>", sourceLocation: sourceLocation)
    }
}

extension Speaker {
    /// An error for the server itself, which gave no address.
    func refusesUnaddressed(_ id: String, _ type: String, _ condition: String, sourceLocation: SourceLocation = #_sourceLocation) {
        says("<iq type='error' id='\(id)'><error type='\(type)'><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", sourceLocation: sourceLocation)
    }
}

let temperature = number("Temperature", "23.40", "°C")
let humidity = number("Humidity", "23.41", "%")
let load = number("Load", "23.42", nil)

func number(_ name: String, _ value: String, _ unit: String?) -> String {
    "<numeric name='\(name)' momentary='true' automaticReadout='true' value='\(value)'\(unit.map { " unit='\($0)'" } ?? "")/>"
}
