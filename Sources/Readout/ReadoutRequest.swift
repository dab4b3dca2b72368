import Access
import Fixed
import XML
import XMPP

/// The field types a request may want (XEP-0323 §3.2), as bits.
public struct FieldTypes: Equatable, Sendable {
    public var bits: UInt16
    public init(bits: UInt16 = 0) { self.bits = bits }

    static var count: Int { 14 }

    /// The attribute that names the type at `index`.
    static func name(_ index: Int) -> StaticString {
        switch index {
        case 0: return "momentary"
        case 1: return "peak"
        case 2: return "status"
        case 3: return "computed"
        case 4: return "identity"
        case 5: return "historicalSecond"
        case 6: return "historicalMinute"
        case 7: return "historicalHour"
        case 8: return "historicalDay"
        case 9: return "historicalWeek"
        case 10: return "historicalMonth"
        case 11: return "historicalQuarter"
        case 12: return "historicalYear"
        default: return "historicalOther"
        }
    }

    public static var momentary: FieldTypes { FieldTypes(bits: 1) }
    static var historical: FieldTypes { FieldTypes(bits: 0x3FE0) }
    public static var all: FieldTypes { FieldTypes(bits: 0x3FFF) }

    public var includesMomentary: Bool { bits & 1 != 0 }

    /// Writes ` momentary='true' …`, one attribute for each type.
    func write(to out: inout Outbox) {
        for i in 0..<Self.count where bits & (1 << UInt16(i)) != 0 {
            out.put(" ")
            out.put(Self.name(i))
            out.put("='true'")
        }
    }
}

/// What somebody wants to read (XEP-0323 `<req/>`).
public struct ReadoutRequest: Sendable {
    /// Why a request cannot be served, whoever made it.
    public enum Fault: Error {
        /// An attribute is missing or is not of its type.
        case malformed
        /// `when`: this Thing reads now or not at all.
        case scheduled

        public var error: StanzaError {
            switch self {
            case .malformed: return StanzaError(.modify, "bad-request", "the request is malformed")
            case .scheduled: return StanzaError(.cancel, "feature-not-implemented", "readouts are not scheduled here")
            }
        }
    }

    /// The caller's number for this readout, an xs:int.
    public let sequence: Int32
    public let types: FieldTypes
    /// The fields asked for that there are. All of them where none was named.
    public let fields: FieldSet
    /// Fields were named, so that the parent is asked for those alone.
    public let namesFields: Bool
    /// This Thing's own node was named, or none.
    public let coversNode: Bool
    public let namesNode: Bool
    /// Everything the parent has to be told stands in here: there were no tokens
    /// (XEP-0324 §3.6) and no names unknown to this Thing.
    let isWhole: Bool

    /// For nothing, in unused places.
    init() {
        sequence = 0
        types = FieldTypes()
        fields = FieldSet()
        namesFields = true
        coversNode = false
        namesNode = true
        isWhole = false
    }

    /// Reads a `<req/>`.
    public init(_ element: borrowing Element, _ catalogue: borrowing Catalogue) throws(Fault) {
        guard let sequence = Self.int(element.value("seqnr")) else { throw .malformed }
        self.sequence = sequence
        guard element.attribute("when") == nil else { throw .scheduled }

        var types = FieldTypes()
        for i in 0..<FieldTypes.count {
            if try Self.flag(element, FieldTypes.name(i)) { types.bits |= 1 << UInt16(i) }
        }
        if try Self.flag(element, "all") { types = .all }
        if try Self.flag(element, "historical") { types.bits |= FieldTypes.historical.bits }
        // A request for no type in particular is for what there is now.
        self.types = types.bits == 0 ? .momentary : types

        var fields = FieldSet()
        var namesFields = false
        var namesNode = false
        var coversNode = false
        var isWhole = true
        var next = element.firstChild
        while let child = next {
            if child.namespace.equals("urn:xmpp:iot:sensordata") {
                if child.name.equals("field") {
                    guard let name = child.attribute("name"), name.count > 0 else { throw .malformed }
                    namesFields = true
                    if let index = catalogue.index(of: name) { fields.insert(index) } else { isWhole = false }
                } else if child.name.equals("node") {
                    guard let name = child.attribute("nodeId"), name.count > 0 else { throw .malformed }
                    namesNode = true
                    if name.equals(catalogue.node.bytes) { coversNode = true } else { isWhole = false }
                }
            }
            next = child.next(in: element)
        }
        self.fields = namesFields ? fields : catalogue.all
        self.namesFields = namesFields
        self.namesNode = namesNode
        self.coversNode = coversNode || !namesNode
        for i in 0..<Self.tokens where element.attribute(Self.token(i)) != nil { isWhole = false }
        self.isWhole = isWhole
    }

    /// What of the request this Thing can answer with: its fields hold momentary values alone.
    public var answerable: FieldSet {
        types.includesMomentary && coversNode ? fields : FieldSet()
    }

    /// Something was named, and nothing of it exists here.
    public var namesNothingKnown: Bool { !coversNode || (namesFields && fields.isEmpty) }

    /// Writes the canRead question about `requester` (XEP-0324 §3.7), with the tokens
    /// and all names of `req`, which this was read from, as they came: who may not
    /// read learns nothing of what exists. False, and nothing, where there is no room.
    public func ask(
        about requester: BareJID, carrying req: borrowing Element, _ question: Question, to out: inout Outbox
    ) -> Bool {
        out.begin()
        open(about: requester, question, to: &out)
        for i in 0..<Self.tokens {
            if let token = req.attribute(Self.token(i)) { out.put(attribute: Self.token(i), token) }
        }
        out.put(">")
        var next = req.firstChild
        while let child = next {
            if child.namespace.equals("urn:xmpp:iot:sensordata") {
                if child.name.equals("node") { name("node", "nodeId", child.value("nodeId"), to: &out) }
                if child.name.equals("field") { name("field", "name", child.value("name"), to: &out) }
            }
            next = child.next(in: req)
        }
        out.put("</canRead></iq>")
        return out.commit()
    }

    /// Writes it once more, to another of the parent's clients. False also where not
    /// all of the question was kept: it is not asked again in part.
    public func askAgain(
        about requester: BareJID, _ question: Question, _ catalogue: borrowing Catalogue, to out: inout Outbox
    ) -> Bool {
        guard isWhole else { return false }
        out.begin()
        open(about: requester, question, to: &out)
        out.put(">")
        if namesNode { name("node", "nodeId", catalogue.node.bytes, to: &out) }
        if namesFields {
            for i in 0..<catalogue.count where fields.contains(i) {
                name("field", "name", catalogue[i].name.bytes, to: &out)
            }
        }
        out.put("</canRead></iq>")
        return out.commit()
    }

    private func name(
        _ element: StaticString, _ attribute: StaticString, _ value: Span<UInt8>, to out: inout Outbox
    ) {
        out.put("<")
        out.put(element)
        out.put(attribute: attribute, value)
        out.put("/>")
    }

    private static var tokens: Int { 3 }

    private static func token(_ index: Int) -> StaticString {
        switch index {
        case 0: return "serviceToken"
        case 1: return "deviceToken"
        default: return "userToken"
        }
    }

    private func open(about requester: BareJID, _ question: Question, to out: inout Outbox) {
        Provisioning.open(question, to: &out)
        out.put("<canRead xmlns='urn:xmpp:iot:provisioning'")
        out.put(attribute: "jid", requester.bytes)
        types.write(to: &out)
    }

    /// What the parent's answer grants, before it is cut to what was asked: nil
    /// where it is no answer, the empty set where it is no.
    public static func grant(
        in iq: borrowing Element, about requester: BareJID, _ catalogue: borrowing Catalogue
    ) -> FieldSet? {
        guard let yes = Provisioning.verdict(in: iq, "canReadResponse", about: requester) else { return nil }
        guard yes, let answer = iq.child("canReadResponse", Provisioning.namespace) else { return FieldSet() }
        var fields = FieldSet()
        var listsFields = false
        var listsNodes = false
        var coversNode = false
        var next = answer.firstChild
        while let child = next {
            if child.name.equals("field") {
                listsFields = true
                if let index = catalogue.index(of: child.value("name")) { fields.insert(index) }
            } else if child.name.equals("node") {
                listsNodes = true
                if child.value("nodeId").equals(catalogue.node.bytes) { coversNode = true }
            }
            next = child.next(in: answer)
        }
        guard coversNode || !listsNodes else { return FieldSet() }
        // No list is all that was asked; that is the protocol's meaning, not ours.
        return listsFields ? fields : .anyField
    }

    /// An xs:boolean attribute; absent is false.
    private static func flag(_ element: borrowing Element, _ name: StaticString) throws(Fault) -> Bool {
        guard let word = element.attribute(name) else { return false }
        guard let value = Provisioning.boolean(word.trimmed) else { throw .malformed }
        return value
    }

    /// An xs:int; nil for anything else.
    public static func int(_ word: Span<UInt8>) -> Int32? {
        let text = word.trimmed
        guard text.count > 0 else { return nil }
        let negative = text[0] == 0x2D
        let digits = text.extracting(droppingFirst: negative || text[0] == 0x2B ? 1 : 0)
        guard let magnitude = digits.wideDecimalNumber else { return nil }
        return Int32(exactly: negative ? 0 &- magnitude : magnitude)
    }
}
