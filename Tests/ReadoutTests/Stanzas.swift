import Access
import Fixed
import Readout
import XML
import XMPP

extension String {
    var utf8Bytes: [UInt8] { Array(utf8) }
}

/// An address that a test knows to be one.
func bare(_ text: String) -> BareJID { BareJID(text.utf8Bytes.span) ?? BareJID() }
func full(_ text: String) -> JID { JID(text.utf8Bytes.span) ?? JID() }

func string(_ bytes: Span<UInt8>) -> String {
    var copy: [UInt8] = []
    for i in bytes.indices { copy.append(bytes[i]) }
    return String(decoding: copy, as: UTF8.self)
}

func at(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1_000) }

struct NotAStanza: Error {}

/// Reads `text` as a stanza of a client's stream and hands its element on.
func withStanza<Result>(_ text: String, _ body: (borrowing Element) throws -> Result) throws -> Result {
    let bytes = ("<s xmlns='jabber:client'>" + text).utf8Bytes
    guard var reader = Reader(salt: 1) else { throw NotAStanza() }
    let (taken, opened) = reader.read(bytes.span)
    guard opened == .opened, reader.read(bytes.span.extracting(taken...)).event == .stanza, let root = reader.root
    else { throw NotAStanza() }
    return try body(root)
}

/// A roster as a server told it: addresses with their subscriptions.
func roster(_ items: [(String, String)], parent: BareJID = BareJID()) throws -> Roster {
    var roster = Roster()
    roster.beginRenewal()
    for (address, subscription) in items {
        try apply("jid='\(address)' subscription='\(subscription)'", to: &roster, parent: parent)
    }
    roster.endRenewal(version: "v1".utf8Bytes.span)
    return roster
}

@discardableResult
func apply(_ attributes: String, to roster: inout Roster, parent: BareJID = BareJID()) throws -> Roster.Change {
    try withStanza("<item xmlns='jabber:iq:roster' \(attributes)/>") { roster.apply($0, parent: parent) }
}

/// A catalogue of fields with these names, all in `°C`.
func catalogue(_ names: [String]) -> Catalogue {
    var catalogue = Catalogue(node: Text("ward"))
    for name in names { _ = catalogue.declare(field(name)) }
    return catalogue
}

func field(_ name: String, _ unit: String = "\u{B0}C") -> Field {
    Field(name: Text(name.utf8Bytes.span) ?? Text(), unit: Text(unit.utf8Bytes.span) ?? Text())
}

func set(_ places: [Int]) -> FieldSet {
    var set = FieldSet()
    for place in places { set.insert(place) }
    return set
}

func places(_ set: FieldSet) -> [Int] { (0..<FieldSet.capacity).filter(set.contains) }

/// A `<req/>` with these attributes and children, read.
func request(
    _ attributes: String, _ children: String = "", _ catalogue: borrowing Catalogue
) throws -> ReadoutRequest {
    try withStanza("<iq><req xmlns='urn:xmpp:iot:sensordata' \(attributes)>\(children)</req></iq>") { iq in
        guard let req = iq.firstChild else { throw NotAStanza() }
        return try ReadoutRequest(req, catalogue)
    }
}
