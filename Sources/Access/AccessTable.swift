import Fixed
import XMPP

/// What a friend wants to do.
public enum Operation: UInt8, Sendable {
    case read
}

/// Leave to do one thing: made by `AccessTable` alone, and demanded by whoever
/// writes a value to a stanza.
public struct Permit: Sendable {
    public let holder: BareJID
    public let operation: Operation
    /// The fields it is for, and no others.
    public let fields: FieldSet
    let epoch: UInt32

    init(holder: BareJID, operation: Operation, fields: FieldSet, epoch: UInt32) {
        self.holder = holder
        self.operation = operation
        self.fields = fields
        self.epoch = epoch
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

    /// What the one who asked is told. The words are the same whether or not
    /// what was asked for exists.
    public var error: StanzaError {
        switch self {
        case .notFriend: return StanzaError(.cancel, "forbidden", "only friends may ask")
        case .byParent: return StanzaError(.cancel, "forbidden", "not allowed")
        case .noDecision:
            return StanzaError(.wait, "remote-server-timeout", "no decision: my parent did not answer")
        }
    }

    /// For the log.
    public var words: StaticString {
        switch self {
        case .notFriend: return "not a friend"
        case .byParent: return "the parent said no"
        case .noDecision: return "no decision by the parent"
        }
    }
}

/// What the door says.
public enum Verdict: Sendable {
    case allowed(Permit)
    case denied(Denial)
    /// The parent is to be asked; its answer goes to `settle`.
    case ask
}

/// The one door. Every read passes `decide`, and what is not allowed is denied.
///
/// Nothing is remembered here yet: every question of a friend goes to the parent.
public struct AccessTable: ~Copyable {
    /// Grows whenever the parent takes back what it said; older permits lapse.
    public private(set) var epoch: UInt32 = 0

    public init() {}

    /// May `address` do this to `fields`?
    @inline(never)
    public func decide(
        _ operation: Operation, _ fields: FieldSet, by address: BareJID,
        roster: borrowing Roster, parent: BareJID
    ) -> Verdict {
        guard !parent.isEmpty else { return .denied(.notFriend) }
        if address == parent {
            // Whom we asked for leave needs none. A component has no roster entry.
            guard parent.isDomain || roster.isFriend(address) else { return .denied(.notFriend) }
            return .allowed(Permit(holder: address, operation: operation, fields: fields, epoch: epoch))
        }
        guard roster.isFriend(address) else { return .denied(.notFriend) }
        return .ask
    }

    /// The parent's answer to a question put in `asked`: what it granted, cut to
    /// what was asked; nil where there was no answer.
    public func settle(
        _ operation: Operation, asked fields: FieldSet, granted: FieldSet?, to address: BareJID,
        asked askedEpoch: UInt32, roster: borrowing Roster
    ) -> Verdict {
        guard roster.isFriend(address) else { return .denied(.notFriend) }
        guard let granted, askedEpoch == epoch else { return .denied(.noDecision) }
        return .allowed(Permit(
            holder: address, operation: operation, fields: fields.intersection(granted), epoch: epoch))
    }

    /// Is the permit still good? To be asked before each message that carries values.
    @inline(never)
    public func stands(_ permit: Permit, roster: borrowing Roster, parent: BareJID) -> Bool {
        guard permit.epoch == epoch, !parent.isEmpty else { return false }
        return permit.holder == parent && parent.isDomain || roster.isFriend(permit.holder)
    }

    /// The parent takes back all it said (XEP-0324 clearCache).
    public mutating func clear() { epoch &+= 1 }
}
