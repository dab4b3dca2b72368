import Access
import Fixed

/// The fields a Thing has, declared once at the start, and the nodes they belong
/// to. Their places are stable for the program's life and are what `FieldSet` speaks of.
public struct Catalogue: ~Copyable {
    private let place = InPlace()
    private var fields = List<128, Field>(filler: Field())
    /// The Thing's own, and one for each friend that is mirrored.
    private var nodes = List<5, Text<64>>(filler: Text())

    /// `node` is the Thing's own (XEP-0323 `nodeId`).
    public init(node: Text<64>) { nodes.append(node) }

    public var count: Int { fields.count }
    public subscript(index: Int) -> Field {
        @inline(__always) get { fields[index] }
    }

    /// All fields there are.
    public var all: FieldSet { fields(onNodes: .max) }

    /// Adds a field. False where there is no place, no name, or the name is taken on its node.
    public mutating func declare(_ field: Field) -> Bool {
        guard !field.name.isEmpty, Int(field.node) < nodes.count, index(of: field.name.bytes, on: field.node) == nil
        else { return false }
        return fields.append(field)
    }

    /// A friend said in which unit the field is that we mirror.
    mutating func setUnit(_ unit: Text<16>, of index: Int) {
        if fields.indices.contains(index) { fields[index].unit = unit }
    }

    // MARK: Nodes

    public var nodeCount: Int { nodes.count }
    /// The name of the node at a place below `nodeCount`.
    public func node(_ index: Int) -> Text<64> { nodes[index] }

    /// The place of the node of exactly that name.
    @inline(never)
    public func node(named name: Span<UInt8>) -> Int? {
        for i in nodes.indices where nodes[i].bytes.equals(name) { return i }
        return nil
    }

    /// The place of that node, which is added where it is new; nil where there is no place for it.
    public mutating func addNode(_ name: Text<64>) -> Int? {
        if let known = node(named: name.bytes) { return known }
        return nodes.append(name) ? nodes.count &- 1 : nil
    }

    // MARK: By name

    /// The place of the field of exactly that name on a node.
    @inline(never)
    public func index(of name: Span<UInt8>, on node: UInt8 = 0) -> Int? {
        for i in fields.indices where fields[i].node == node && fields[i].name.bytes.equals(name) { return i }
        return nil
    }

    /// The fields of exactly that name, whatever their node.
    @inline(never)
    public func fields(named name: Span<UInt8>) -> FieldSet {
        var set = FieldSet()
        for i in fields.indices where fields[i].name.bytes.equals(name) { set.insert(i) }
        return set
    }

    /// The fields of some nodes, given as bits by their places.
    @inline(never)
    public func fields(onNodes mask: UInt8) -> FieldSet {
        var set = FieldSet()
        for i in fields.indices where mask & (1 &<< fields[i].node) != 0 { set.insert(i) }
        return set
    }

    /// The fields that can be set.
    public var outputs: FieldSet {
        var set = FieldSet()
        for i in fields.indices where fields[i].output != nil { set.insert(i) }
        return set
    }

    /// A number that another catalogue very likely does not have: what is remembered by
    /// places of fields is good for the same fields alone (FNV-1a, 64 bits).
    public var fingerprint: UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        for i in fields.indices {
            for byte in 0..<fields[i].name.count { sum = (sum ^ UInt64(fields[i].name.bytes[byte])) &* 0x100_0000_01B3 }
            sum = (sum ^ UInt64(fields[i].node)) &* 0x100_0000_01B3
            sum = (sum ^ (fields[i].output == nil ? 0xFE : 0xFF)) &* 0x100_0000_01B3
        }
        for i in nodes.indices {
            for byte in 0..<nodes[i].count { sum = (sum ^ UInt64(nodes[i].bytes[byte])) &* 0x100_0000_01B3 }
            sum = (sum ^ 0xFF) &* 0x100_0000_01B3
        }
        return sum
    }
}
