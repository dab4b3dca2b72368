import Fixed
import XMPP

/// Leave to do one thing: made by `AccessTable` alone, and demanded by whoever
/// writes a value to a stanza or to an output.
public struct Permit: Sendable {
    public let holder: BareJID
    public let operation: Operation
    /// The fields it is for, and no others.
    public let fields: FieldSet
    let epoch: UInt32
    /// Of the friendship it rests on; a new friendship between the same two has another.
    let seal: UInt32
    /// The fields that standing rules alone allow: it falls with them.
    let byRules: FieldSet
    /// It is for whatever was asked, so that the holder may know what of it does not exist.
    public let includesUnknown: Bool

    init(
        holder: BareJID, operation: Operation, fields: FieldSet, epoch: UInt32, seal: UInt32, byRules: FieldSet,
        includesUnknown: Bool = false
    ) {
        self.holder = holder
        self.operation = operation
        self.fields = fields
        self.epoch = epoch
        self.seal = seal
        self.byRules = byRules
        self.includesUnknown = includesUnknown
    }
}

/// Why something is not allowed.
public enum Denial: Sendable {
    /// Not subscribed to each other's presence.
    case notFriend
    /// The parent said no.
    case byParent
    /// The parent is away, silent, or answered with something that is no answer.
    case noDecision
    /// The parent, a person, has been asked and has not answered yet.
    case undecided

    /// What the one who asked is told. The words are the same whether or not
    /// what was asked for exists.
    public var error: StanzaError {
        switch self {
        case .notFriend: return StanzaError(.cancel, "forbidden", "only friends may ask")
        case .byParent: return StanzaError(.cancel, "forbidden", "not allowed")
        case .noDecision:
            return StanzaError(.wait, "remote-server-timeout", "no decision: my parent did not answer")
        case .undecided:
            return StanzaError(.wait, "remote-server-timeout", "no decision yet: my parent has been asked")
        }
    }

    /// For the log.
    public var words: StaticString {
        switch self {
        case .notFriend: return "not a friend"
        case .byParent: return "the parent said no"
        case .noDecision: return "no decision by the parent"
        case .undecided: return "the parent has not decided yet"
        }
    }
}

/// Where a verdict comes from: for the audit.
public enum Ground: Sendable {
    /// The parent itself asks.
    case parent
    /// One of the parent's standing rules.
    case rule
    /// An answer of the parent that was kept.
    case kept
    /// The parent has just said so.
    case fresh

    public var word: StaticString {
        switch self {
        case .parent: return "the parent itself"
        case .rule: return "rule"
        case .kept: return "kept"
        case .fresh: return "fresh"
        }
    }
}

/// What the door says.
public enum Verdict: Sendable {
    case allowed(Permit, Ground)
    case denied(Denial, Ground)
    /// The parent is to be asked; its answer goes to `settle`.
    case ask
}
