import CExpat
import Fixed

/// One element of a stanza on the tape. It lives as long as the stanza does:
/// until the reader reads on.
public struct Element: ~Escapable {
    private let tape: OpaquePointer
    private let index: Int

    @_lifetime(immortal)
    init(tape: OpaquePointer, index: Int) {
        self.tape = tape
        self.index = index
    }

    private var record: ward_xml_element { unsafe ward_xml_elements(tape)[index] }

    public var name: Span<UInt8> {
        @_lifetime(copy self)
        get { piece(record.name) }
    }

    public var namespace: Span<UInt8> {
        @_lifetime(copy self)
        get { piece(record.ns) }
    }

    /// The character data in front of the first child.
    public var text: Span<UInt8> {
        @_lifetime(copy self)
        get { piece(record.text) }
    }

    /// True where name and namespace are these.
    @inline(never)
    public func matches(_ name: StaticString, _ namespace: StaticString) -> Bool {
        self.name.equals(name) && self.namespace.equals(namespace)
    }

    /// The value of the attribute without namespace of that name, or nil.
    @_lifetime(copy self)
    @inline(never)
    public func attribute(_ name: StaticString) -> Span<UInt8>? {
        let record = self.record
        guard let attributes = unsafe ward_xml_attributes(tape) else { return nil }
        for i in Int(record.attributes)..<Int(record.attributes) &+ Int(record.attribute_count)
        where unsafe Int(attributes[i].name.count) == name.utf8CodeUnitCount {
            if piece(unsafe attributes[i].name).equals(name) { return piece(unsafe attributes[i].value) }
        }
        return nil
    }

    /// The value of that attribute, empty where it is absent.
    @_lifetime(copy self)
    @inline(never)
    public func value(_ name: StaticString) -> Span<UInt8> {
        if let value = attribute(name) { return value }
        return unsafe _overrideLifetime(Span(), copying: self)
    }

    /// True where the attribute is there and says just that.
    @inline(never)
    public func value(_ name: StaticString, is literal: StaticString) -> Bool {
        value(name).equals(literal)
    }

    /// The first child element.
    public var firstChild: Element? {
        @_lifetime(copy self)
        get {
            let child = index &+ 1
            guard child < end else { return nil }
            return at(child)
        }
    }

    /// The element behind this one under `parent`.
    @_lifetime(copy self)
    public func next(in parent: borrowing Element) -> Element? {
        let sibling = end
        guard sibling < parent.end else { return nil }
        return at(sibling)
    }

    /// The first child of that name and namespace.
    @_lifetime(copy self)
    @inline(never)
    public func child(_ name: StaticString, _ namespace: StaticString) -> Element? {
        var child = index &+ 1
        let last = end
        while child < last {
            let element = at(child)
            if element.matches(name, namespace) { return element }
            child = element.end
        }
        return nil
    }

    /// Index behind all this element holds; of an element still open, the tape's end.
    private var end: Int {
        let next = Int(record.next)
        return next == 0 ? ward_xml_element_count(tape) : next
    }

    @_lifetime(copy self)
    private func at(_ index: Int) -> Element {
        unsafe _overrideLifetime(Element(tape: tape, index: index), copying: self)
    }

    @_lifetime(copy self)
    private func piece(_ piece: ward_xml_piece) -> Span<UInt8> {
        let start = unsafe ward_xml_text(tape) + Int(piece.at)
        return unsafe _overrideLifetime(
            Span(_unsafeStart: start, count: Int(piece.count)), copying: self)
    }
}
