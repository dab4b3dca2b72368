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
    public static var peak: FieldTypes { FieldTypes(bits: 2) }
    static var historical: FieldTypes { FieldTypes(bits: 0x3FE0) }
    public static var all: FieldTypes { FieldTypes(bits: 0x3FFF) }

    public var includesMomentary: Bool { bits & 1 != 0 }
    public var includesPeak: Bool { bits & 2 != 0 }
    public func includes(_ other: FieldTypes) -> Bool { bits & other.bits != 0 }

    /// Writes ` momentary='true' …`, one attribute for each type.
    public func write(to out: inout Outbox) {
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

        public var error: StanzaError { StanzaError(.modify, "bad-request", "the request is malformed") }
    }

    /// The caller's number for this readout, an xs:int.
    public let sequence: Int32
    /// What the door is asked.
    public let inquiry: Inquiry
    /// Values from this second on are wanted, and up to that one.
    let from: Int64
    let to: Int64
    /// When the readout is to begin; nil for now.
    public let when: DateTime?
    /// It came as a line of chat, and is answered by such: `sequence` means nothing.
    public let isInWords: Bool

    /// For nothing, in unused places.
    init() { self.init(Inquiry(.read, fields: FieldSet())) }

    /// For what somebody asked in words.
    public init(_ inquiry: Inquiry) {
        sequence = 0
        self.inquiry = inquiry
        from = .min
        to = .max
        when = nil
        isInWords = true
    }

    /// Reads a `<req/>`.
    public init(_ element: borrowing Element, _ catalogue: borrowing Catalogue) throws(Fault) {
        guard let sequence = Self.int(element.value("seqnr")) else { throw .malformed }
        self.sequence = sequence
        from = try Self.time(element, "from")?.unixSeconds ?? .min
        to = try Self.time(element, "to")?.unixSeconds ?? .max
        when = try Self.time(element, "when")
        isInWords = false

        var types = FieldTypes()
        for i in 0..<FieldTypes.count {
            if try Self.flag(element, FieldTypes.name(i)) { types.bits |= 1 << UInt16(i) }
        }
        if try Self.flag(element, "all") { types = .all }
        if try Self.flag(element, "historical") { types.bits |= FieldTypes.historical.bits }
        // A request for no type in particular is for what there is now.
        if types.bits == 0 { types = .momentary }

        var named = FieldSet()
        var nodes: UInt8 = 0
        var namesFields = false
        var namesNodes = false
        var hasMore = false
        var next = element.firstChild
        while let child = next {
            if child.namespace.equals(element.namespace) {
                if child.name.equals("field") {
                    guard let name = child.attribute("name"), name.count > 0 else { throw .malformed }
                    namesFields = true
                    let fields = catalogue.fields(named: name)
                    if fields.isEmpty { hasMore = true }
                    named = named.union(fields)
                } else if child.name.equals("node") {
                    guard let name = child.attribute("nodeId"), name.count > 0 else { throw .malformed }
                    namesNodes = true
                    if let node = catalogue.node(named: name) { nodes |= 1 << UInt8(node) } else { hasMore = true }
                }
            }
            next = child.next(in: element)
        }
        for i in 0..<Provisioning.tokens where element.attribute(Provisioning.token(i)) != nil { hasMore = true }
        if !namesNodes { nodes = .max }
        let there = catalogue.fields(onNodes: nodes)
        inquiry = Inquiry(
            .read, types: types.bits, fields: namesFields ? named.intersection(there) : there,
            namesFields: namesFields, nodes: nodes, namesNodes: namesNodes, hasMore: hasMore)
    }

    public var types: FieldTypes { FieldTypes(bits: inquiry.types) }

    /// Not every instant's value is wanted.
    var isRestrictedInTime: Bool { from != .min || to != .max }

    /// A value of that instant is wanted.
    func includes(_ time: DateTime) -> Bool { from <= time.unixSeconds && time.unixSeconds <= to }

    /// Something was named, and nothing of it exists here.
    public var namesNothingKnown: Bool {
        inquiry.fields.isEmpty && (inquiry.namesFields || inquiry.namesNodes)
    }

    /// An xs:boolean attribute; absent is false.
    @inline(never)
    private static func flag(_ element: borrowing Element, _ name: StaticString) throws(Fault) -> Bool {
        guard let word = element.attribute(name) else { return false }
        guard let value = Provisioning.boolean(word.trimmed) else { throw .malformed }
        return value
    }

    /// An xs:dateTime attribute.
    @inline(never)
    private static func time(_ element: borrowing Element, _ name: StaticString) throws(Fault) -> DateTime? {
        guard let word = element.attribute(name) else { return nil }
        guard let time = DateTime(word) else { throw .malformed }
        return time
    }

    /// An xs:int; nil for anything else.
    @inline(never)
    public static func int(_ word: Span<UInt8>) -> Int32? {
        let text = word.trimmed
        guard text.count > 0 else { return nil }
        let negative = text[0] == 0x2D
        let digits = text.extracting(droppingFirst: negative || text[0] == 0x2B ? 1 : 0)
        guard let magnitude = digits.wideDecimalNumber else { return nil }
        return Int32(exactly: negative ? 0 &- magnitude : magnitude)
    }
}
