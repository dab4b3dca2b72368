import Fixed
import XMPP

/// The one door. Every read, write, subscription and chat answer passes `decide`,
/// and what is not allowed is denied.
///
/// It remembers what the parent said: its standing rules, which nothing but the
/// parent takes back, and its answers to single questions, of which the least
/// recently used gives way to a new one. Both speak of a friendship, not of an
/// address: a friendship that ended takes them with it, and one that begins anew
/// between the same two begins without them.
public struct AccessTable: ~Copyable {
    /// Answers that are remembered.
    public static var capacity: Int { 48 }

    /// An answer of the parent, with all that it was asked.
    struct Decision: Sendable {
        var seal: UInt32
        var inquiry: Inquiry
        /// What the parent named, whether or not it was asked about; `anyField` where it named nothing.
        var granted: FieldSet
        /// When it was last used, on a clock of its own.
        var used: UInt32
    }

    private let place = InPlace()
    /// Grows whenever the parent takes back what it said; older permits lapse.
    public internal(set) var epoch: UInt32 = 0
    /// Something is new and worth keeping.
    public var changed = false
    private var clock: UInt32 = 0
    private(set) var decisions = List<48, Decision>(
        filler: Decision(seal: 0, inquiry: Inquiry(.read, fields: FieldSet()), granted: FieldSet(), used: 0))
    var rules = Rules()

    public init() {}

    /// May `address` do this?
    @inline(never)
    public mutating func decide(
        _ inquiry: Inquiry, by address: BareJID, roster: borrowing Roster, parent: BareJID
    ) -> Verdict {
        guard !parent.isEmpty else { return .denied(.notFriend, .parent) }
        if address == parent {
            // Whom we asked for leave needs none. A component has no roster entry.
            guard parent.isDomain || roster.isFriend(address) else { return .denied(.notFriend, .parent) }
            return .allowed(
                permit(inquiry, address, inquiry.fields, seal: 0, byRules: FieldSet(), includesUnknown: true), .parent)
        }
        guard roster.isFriend(address), let seal = roster.seal(of: address) else { return .denied(.notFriend, .kept) }
        let said = rules.word(on: inquiry, by: seal)
        if said.decides(inquiry) {
            if said.allowed.isEmpty && !said.allowsUnknown { return .denied(.byParent, .rule) }
            return .allowed(
                permit(
                    inquiry, address, said.allowed, seal: seal, byRules: said.allowed,
                    includesUnknown: said.allowsUnknown), .rule)
        }
        guard let index = index(of: inquiry, seal) else { return .ask }
        clock &+= 1
        decisions[index].used = clock
        return verdict(inquiry, decisions[index].granted, address, seal, said, .kept)
    }

    /// The parent's answer to a question that was put in `asked`: what it granted, or
    /// nil where there was no answer, which is not kept. Neither is one that
    /// came after the parent took back all it had said, or about a friendship that is
    /// another one by now.
    @inline(never)
    public mutating func settle(
        _ inquiry: Inquiry, granted: FieldSet?, to address: BareJID, asked askedEpoch: UInt32,
        under askedSeal: UInt32, roster: borrowing Roster
    ) -> Verdict {
        guard roster.isFriend(address), let seal = roster.seal(of: address) else { return .denied(.notFriend, .fresh) }
        guard let granted, askedEpoch == epoch, askedSeal == seal else { return .denied(.noDecision, .fresh) }
        keep(Decision(seal: seal, inquiry: inquiry, granted: granted, used: 0))
        return verdict(inquiry, granted, address, seal, rules.word(on: inquiry, by: seal), .fresh)
    }

    /// Is the permit still good? To be asked before each message that carries values,
    /// and before each output is set.
    @inline(never)
    public func stands(_ permit: Permit, roster: borrowing Roster, parent: BareJID) -> Bool {
        guard permit.epoch == epoch, !parent.isEmpty else { return false }
        if permit.holder == parent { return permit.seal == 0 && (parent.isDomain || roster.isFriend(parent)) }
        guard roster.isFriend(permit.holder), permit.seal != 0, roster.seal(of: permit.holder) == permit.seal
        else { return false }
        let said = rules.word(on: permit.operation, by: permit.seal)
        return permit.fields.intersection(said.denied).isEmpty
            && permit.byRules.subtracting(said.allowed).isEmpty
    }

    /// The parent takes back all its answers (XEP-0324 clearCache). Its rules stand:
    /// they are no answers, and it has words of its own to take them back.
    public mutating func clear() {
        epoch &+= 1
        decisions.removeAll()
        changed = true
    }

    /// Another parent, or one that takes everything back: nothing that was said counts any more.
    public mutating func removeAll() {
        clear()
        rules.removeAll()
    }

    // MARK: Memory

    private func verdict(
        _ inquiry: Inquiry, _ granted: FieldSet, _ address: BareJID, _ seal: UInt32, _ said: Rules.Word,
        _ ground: Ground
    ) -> Verdict {
        let fields = inquiry.fields.intersection(granted).union(said.allowed).subtracting(said.denied)
        // A yes to everything, where nothing that was asked for exists, is still a yes:
        // it may be told that there is no such thing, and nobody else may.
        guard !fields.isEmpty || inquiry.fields.isEmpty && granted == .anyField else {
            return .denied(.byParent, ground)
        }
        return .allowed(
            permit(
                inquiry, address, fields, seal: seal, byRules: said.allowed.subtracting(granted),
                includesUnknown: said.allowsUnknown || granted == .anyField && !said.deniesUnknown), ground)
    }

    private func permit(
        _ inquiry: Inquiry, _ holder: BareJID, _ fields: FieldSet, seal: UInt32, byRules: FieldSet,
        includesUnknown: Bool
    ) -> Permit {
        Permit(
            holder: holder, operation: inquiry.operation, fields: fields, epoch: epoch, seal: seal, byRules: byRules,
            includesUnknown: includesUnknown)
    }

    /// Forgets the answers about one friendship.
    mutating func forgetDecisions(of seal: UInt32) {
        var i = decisions.count
        while i > 0 {
            i &-= 1
            if decisions[i].seal == seal { decisions.remove(at: i) }
        }
    }

    private func index(of inquiry: Inquiry, _ seal: UInt32) -> Int? {
        guard inquiry.isKeepable else { return nil }
        for i in decisions.indices where decisions[i].seal == seal {
            if decisions[i].inquiry == inquiry { return i }
        }
        return nil
    }

    /// Keeps an answer in place of an earlier one to the same question, else at a free
    /// place, else at that of the answer that was not used for the longest time.
    mutating func keep(_ decision: Decision) {
        guard decision.inquiry.isKeepable else { return }
        clock &+= 1
        changed = true
        var decision = decision
        decision.used = clock
        if let same = index(of: decision.inquiry, decision.seal) {
            decisions[same] = decision
        } else if !decisions.append(decision) {
            var oldest = 0
            for i in decisions.indices where clock &- decisions[i].used > clock &- decisions[oldest].used { oldest = i }
            decisions[oldest] = decision
        }
    }
}
