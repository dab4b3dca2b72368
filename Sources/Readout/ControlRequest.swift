import Access
import Fixed
import XML
import XMPP

/// One parameter of a set: the field, and what it is to be.
public struct Setting: Sendable {
    /// Why it cannot be done, found when the request was read, told only to whoever may write it.
    public enum Fault: UInt8, Sendable {
        case none
        /// Of another type than the output, unreadable, too fine, or beyond the range.
        case unfit
        case twice
    }

    /// By its place in the catalogue.
    public var field: UInt8
    public var fault = Fault.none
    /// In the output's own units.
    public var steps: Int64
    /// What it was before, where that could be read.
    public var before: Int64?

    public init(_ field: Int, _ steps: Int64?) {
        self.field = UInt8(truncatingIfNeeded: field)
        self.steps = steps ?? 0
        if steps == nil { fault = .unfit }
    }
}

/// The parameters that are to be set together, in the order of the document.
public struct Settings: Sendable {
    /// Parameters of one request, or of one form.
    public static var capacity: Int { 16 }

    private var places = InlineArray<16, Setting>(repeating: Setting(0, 0))
    public private(set) var count = 0

    public init() {}

    public var indices: Range<Int> { 0..<count }
    /// Only indices below `count` may be used.
    public subscript(index: Int) -> Setting {
        get {
            precondition(index >= 0 && index < count)
            return places[index]
        }
        set {
            precondition(index >= 0 && index < count)
            places[index] = newValue
        }
    }

    /// Adds a parameter. False where there is no place for it. Of one that is there already nothing
    /// can be said any more but that.
    mutating func add(_ setting: Setting) -> Bool {
        for i in indices where places[i].field == setting.field {
            places[i].fault = .twice
            return true
        }
        guard count < Self.capacity else { return false }
        places[count] = setting
        count &+= 1
        return true
    }

    /// Fills in the parameters of a form, in the catalogue's order, as many as there is room for.
    public mutating func fill(with fields: FieldSet) {
        for i in 0..<FieldSet.capacity where fields.contains(i) { _ = add(Setting(i, 0)) }
    }

    /// Leaves only those of `fields`.
    public mutating func keep(_ fields: FieldSet) {
        var kept = 0
        for i in indices where fields.contains(Int(places[i].field)) {
            places[kept] = places[i]
            kept &+= 1
        }
        count = kept
    }

    /// The fields, as a set.
    public var fields: FieldSet {
        var fields = FieldSet()
        for i in indices { fields.insert(Int(places[i].field)) }
        return fields
    }
}

/// What somebody wants to set, or the form for it (XEP-0325 `<set/>`, `<getForm/>`).
public struct ControlRequest: Sendable {
    /// Why a request cannot be looked at at all, whoever made it.
    public enum Fault: Error {
        case malformed
        /// It names no parameter.
        case empty
        /// More parameters than `Settings.capacity`.
        case tooMany

        public var error: StanzaError {
            switch self {
            case .malformed: return StanzaError(.modify, "bad-request", "the request is malformed")
            case .empty: return StanzaError(.modify, "bad-request", "no parameter is named")
            case .tooMany: return StanzaError(.modify, "not-acceptable", "more parameters than are set at once")
            }
        }
    }

    public static var namespace: StaticString { "urn:xmpp:iot:control" }

    public internal(set) var settings = Settings()
    /// What the door is asked.
    public private(set) var inquiry: Inquiry
    public let isForm: Bool
    /// It names a parameter or a node that does not exist here.
    public private(set) var namesUnknown = false

    /// For one parameter, named by its field.
    public init(_ field: Int, _ steps: Int64?) {
        var fields = FieldSet()
        fields.insert(field)
        _ = settings.add(Setting(field, steps))
        inquiry = Inquiry(.write, fields: fields)
        isForm = false
    }

    /// For one parameter that there is not.
    public init() {
        inquiry = Inquiry(.write, fields: FieldSet())
        isForm = false
        namesUnknown = true
    }

    /// Reads a `<set/>` or a `<getForm/>`.
    public init(_ element: borrowing Element, _ catalogue: borrowing Catalogue) throws(Fault) {
        isForm = element.name.equals("getForm")
        inquiry = Inquiry(.write, fields: FieldSet(), namesFields: !isForm)
        try readNodes(of: element, catalogue)
        if isForm {
            inquiry.fields = catalogue.outputs.intersection(catalogue.fields(onNodes: inquiry.nodes))
        } else {
            var anything = false
            var next = element.firstChild
            while let child = next {
                if child.matches("x", Namespace.dataForms) {
                    anything = try readForm(child, catalogue) || anything
                } else if child.namespace.equals(Self.namespace), !child.name.equals("node") {
                    // What is not understood may be what mattered: nothing is done in part.
                    guard let notation = Self.notation(child.name), let name = child.attribute("name") else {
                        throw .malformed
                    }
                    try add(name, child.value("value"), notation, catalogue)
                    anything = true
                }
                next = child.next(in: element)
            }
            guard anything else { throw .empty }
            inquiry.fields = settings.fields
        }
        if namesUnknown { inquiry.hasMore = true }
        for i in 0..<Provisioning.tokens where element.attribute(Provisioning.token(i)) != nil { inquiry.hasMore = true }
    }

    private mutating func readNodes(of element: borrowing Element, _ catalogue: borrowing Catalogue) throws(Fault) {
        var nodes: UInt8 = 0
        var next = element.firstChild
        while let child = next {
            if child.matches("node", Self.namespace) {
                guard let name = child.attribute("nodeId"), name.count > 0 else { throw .malformed }
                inquiry.namesNodes = true
                if let node = catalogue.node(named: name) { nodes |= 1 << UInt8(node) } else { namesUnknown = true }
            }
            next = child.next(in: element)
        }
        if inquiry.namesNodes { inquiry.nodes = nodes }
    }

    /// The fields of a submitted form. One without a value is left as it is; what is hidden is the form's own.
    private mutating func readForm(
        _ form: borrowing Element, _ catalogue: borrowing Catalogue
    ) throws(Fault) -> Bool {
        guard form.value("type", is: "submit") else { throw .malformed }
        var anything = false
        var next = form.firstChild
        while let field = next {
            if field.matches("field", Namespace.dataForms), !DataForm.isHidden(field),
                let value = field.child("value", Namespace.dataForms), value.text.trimmed.count > 0
            {
                guard let name = field.attribute("var") else { throw .malformed }
                try add(name, value.text, .plain, catalogue)
                anything = true
            }
            next = field.next(in: form)
        }
        return anything
    }

    private mutating func add(
        _ name: Span<UInt8>, _ text: Span<UInt8>, _ notation: Output.Notation, _ catalogue: borrowing Catalogue
    ) throws(Fault) {
        guard name.count > 0 else { throw .malformed }
        let fields = catalogue.fields(named: name).intersection(catalogue.outputs)
            .intersection(catalogue.fields(onNodes: inquiry.nodes))
        if fields.isEmpty { namesUnknown = true }
        for i in 0..<catalogue.count where fields.contains(i) {
            guard settings.add(Setting(i, catalogue[i].output?.steps(text, as: notation))) else { throw .tooMany }
        }
    }

    /// Nil for what XEP-0325 does not know.
    private static func notation(_ name: Span<UInt8>) -> Output.Notation? {
        switch name {
        case "boolean": return .boolean
        case "int": return .int
        case "long": return .long
        case "double": return .double
        case "string", "date", "dateTime", "duration", "time", "color": return .other
        default: return nil
        }
    }
}
