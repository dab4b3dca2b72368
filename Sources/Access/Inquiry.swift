import Fixed

/// What a friend wants to do.
public enum Operation: UInt8, Sendable {
    case read = 0, write, subscribe

    /// For the log and for people.
    public var word: StaticString {
        switch self {
        case .read: return "read"
        case .write: return "write"
        case .subscribe: return "subscribe"
        }
    }
}

/// What somebody wants, in all that the parent is asked about it: the key under
/// which its answer is kept.
public struct Inquiry: Equatable, Sendable {
    public var operation: Operation
    /// The field types wanted, as bits in the order of XEP-0323; 0 for a write.
    public var types: UInt16
    /// The fields it is about, of those that there are. All of them where none was named.
    public var fields: FieldSet
    /// Fields were named, so that the parent is asked for those alone.
    public var namesFields: Bool
    /// The nodes it is about, by their places, as bits; all where none was named.
    public var nodes: UInt8
    public var namesNodes: Bool
    /// There is more to tell the parent than stands here: tokens (XEP-0324 §3.6), or
    /// names unknown to this Thing.
    public var hasMore: Bool
    /// The digest of that; empty where there is nothing more.
    public var more = Digest()

    public init(
        _ operation: Operation, types: UInt16 = 0, fields: FieldSet, namesFields: Bool = true,
        nodes: UInt8 = .max, namesNodes: Bool = false, hasMore: Bool = false
    ) {
        self.operation = operation
        self.types = types
        self.fields = fields
        self.namesFields = namesFields
        self.nodes = nodes
        self.namesNodes = namesNodes
        self.hasMore = hasMore
    }

    /// An answer to it can be found again.
    var isKeepable: Bool { hasMore != more.isEmpty }
}
