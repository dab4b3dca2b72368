import Access
import Fixed
import Readout
import Support
import XML
import XMPP

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
