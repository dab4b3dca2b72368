import Access
import Fixed

/// The fields a Thing has, declared once at the start. Their places are stable
/// for the program's life and are what `FieldSet` speaks of.
public struct Catalogue: ~Copyable {
    private var fields = List<128, Field>(filler: Field())
    /// The node all fields belong to (XEP-0323 `nodeId`).
    public private(set) var node: Text<64>

    public init(node: Text<64>) { self.node = node }

    public var count: Int { fields.count }
    public subscript(index: Int) -> Field { fields[index] }

    /// All fields there are.
    public var all: FieldSet {
        var set = FieldSet()
        for i in fields.indices { set.insert(i) }
        return set
    }

    /// Adds a field. False where there is no place, no name, or the name is taken.
    public mutating func declare(_ field: Field) -> Bool {
        guard !field.name.isEmpty, index(of: field.name.bytes) == nil else { return false }
        return fields.append(field)
    }

    /// Forgets all fields, for a new declaration.
    public mutating func removeAll() { fields.removeAll() }

    /// The place of the field of exactly that name.
    @inline(never)
    public func index(of name: Span<UInt8>) -> Int? {
        for i in fields.indices where fields[i].name.bytes.equals(name) { return i }
        return nil
    }
}
