import Fixed
import XMPP

/// A standing word of the parent about one friend: made by the parent, taken back by
/// the parent, and given way to nothing.
public struct Rule: Sendable {
    /// Of the friendship it is about (`Roster.seal`).
    public var seal: UInt32
    /// The operations it speaks of, a bit for each by its raw value.
    public var operations: UInt8
    public var allows: Bool
    /// The field it names; empty for any field.
    public var name: Text<64>
    /// The fields of that name; `anyField` for any.
    public var fields: FieldSet

    /// For any field.
    public init(_ seal: UInt32, _ operations: UInt8, allows: Bool) {
        self.init(seal, operations, allows: allows, name: Text(), fields: .anyField)
    }

    /// For the fields of that name. A name that no field has now may have one after
    /// another start; the rule is kept for it.
    public init(_ seal: UInt32, _ operations: UInt8, allows: Bool, name: Text<64>, fields: FieldSet) {
        self.seal = seal
        self.operations = operations
        self.allows = allows
        self.name = name
        self.fields = fields
    }

    public func speaks(of operation: Operation) -> Bool { operations & Rule.bit(operation) != 0 }
    public static func bit(_ operation: Operation) -> UInt8 { 1 << operation.rawValue }
    public static var readAndSubscribe: UInt8 { bit(.read) | bit(.subscribe) }
    public static var everything: UInt8 { bit(.read) | bit(.write) | bit(.subscribe) }
}

/// The parent's standing rules. For each friend, operation and name there is one at
/// most, the latest; one that names a field goes before one for any field.
public struct Rules: ~Copyable {
    public static var capacity: Int { 48 }

    /// What the rules say of some fields; what is in neither set has no rule.
    struct Word: Sendable {
        var allowed = FieldSet()
        var denied = FieldSet()
        /// There is a rule for any field, which says so even of what does not exist.
        var allowsUnknown = false
        var deniesUnknown = false

        /// The parent need not be asked: all that was named has a rule. Of a request
        /// that names nothing, what has one is an answer.
        func decides(_ inquiry: Inquiry) -> Bool {
            if inquiry.fields.isEmpty { return allowsUnknown || deniesUnknown }
            if !inquiry.namesFields && !allowed.isEmpty { return true }
            return inquiry.fields.subtracting(allowed).subtracting(denied).isEmpty
        }
    }

    private let place = InPlace()
    private var rules = List<48, Rule>(filler: Rule(0, 0, allows: false))

    init() {}

    var count: Int { rules.count }
    var indices: Range<Int> { rules.indices }
    subscript(index: Int) -> Rule { rules[index] }

    /// What they say of the inquiry's fields.
    func word(on inquiry: Inquiry, by seal: UInt32) -> Word {
        var word = word(on: inquiry.operation, by: seal)
        word.allowed = word.allowed.intersection(inquiry.fields)
        word.denied = word.denied.intersection(inquiry.fields)
        return word
    }

    /// What they say of every field.
    @inline(never)
    func word(on operation: Operation, by seal: UInt32) -> Word {
        var word = Word()
        for i in rules.indices {
            guard rules[i].seal == seal, rules[i].speaks(of: operation) else { continue }
            if rules[i].name.isEmpty {
                word.allowsUnknown = rules[i].allows
                word.deniesUnknown = !rules[i].allows
            } else if rules[i].allows {
                word.allowed = word.allowed.union(rules[i].fields)
            } else {
                word.denied = word.denied.union(rules[i].fields)
            }
        }
        if word.allowsUnknown { word.allowed = FieldSet.anyField.subtracting(word.denied) }
        if word.deniesUnknown { word.denied = FieldSet.anyField.subtracting(word.allowed) }
        return word
    }

    /// Adds a rule; whatever was said before of the same friend, name and operations
    /// counts no longer. A rule for any field takes back those for single ones, unless
    /// it spares them. False, and nothing changed, where there is no room.
    mutating func add(_ rule: Rule, sparingNames: Bool = false) -> Bool {
        // What it replaces is counted first: a full table may still have room for it.
        var replaced = 0
        for i in rules.indices where covers(rule, i, sparingNames) && rules[i].operations & ~rule.operations == 0 { replaced &+= 1 }
        guard rules.count &- replaced < Self.capacity else { return false }
        var i = rules.count
        while i > 0 {
            i &-= 1
            guard covers(rule, i, sparingNames) else { continue }
            rules[i].operations &= ~rule.operations
            if rules[i].operations == 0 { rules.remove(at: i) }
        }
        return rules.append(rule)
    }

    private func covers(_ rule: Rule, _ index: Int, _ sparingNames: Bool) -> Bool {
        rules[index].seal == rule.seal
            && (rule.name.isEmpty && !sparingNames || rules[index].name == rule.name)
    }

    /// Takes back the rules about a friendship. True where there were any.
    mutating func remove(about seal: UInt32) -> Bool {
        let before = rules.count
        var i = before
        while i > 0 {
            i &-= 1
            if rules[i].seal == seal { rules.remove(at: i) }
        }
        return rules.count != before
    }

    mutating func removeAll() { rules.removeAll() }
}

extension AccessTable {
    public static var ruleCapacity: Int { Rules.capacity }
    public var ruleIndices: Range<Int> { rules.indices }
    public func rule(_ index: Int) -> Rule { rules[index] }

    /// The parent says how it is to be from now on. Permits that this contradicts lapse.
    /// A rule for any field is for all that has no rule of its own where it spares those.
    /// False, and nothing changed, where there is no room for another rule.
    public mutating func add(_ rule: Rule, sparingNames: Bool = false, roster: borrowing Roster) -> Bool {
        guard rule.seal != 0, rule.operations != 0 else { return false }
        if rules.count == Rules.capacity { forgetStrangers(roster) }
        guard rules.add(rule, sparingNames: sparingNames) else { return false }
        changed = true
        return true
    }

    /// The fields of an inquiry of which no rule says anything.
    public func undecided(_ inquiry: Inquiry, by seal: UInt32) -> FieldSet {
        let said = rules.word(on: inquiry, by: seal)
        return inquiry.fields.subtracting(said.allowed).subtracting(said.denied)
    }

    /// The rules alone answer this.
    public func isDecided(_ inquiry: Inquiry, by seal: UInt32) -> Bool {
        rules.word(on: inquiry, by: seal).decides(inquiry)
    }

    /// The parent takes back its rules about one friend, and its answers about him. Permits
    /// lapse once the friendship has a new seal (`Roster.reseal`).
    public mutating func forget(_ seal: UInt32) {
        _ = rules.remove(about: seal)
        forgetDecisions(of: seal)
        changed = true
    }

    /// What is left of friendships that ended.
    private mutating func forgetStrangers(_ roster: borrowing Roster) {
        var i = rules.count
        while i > 0 {
            i &-= 1
            if i < rules.count, !roster.knows(rules[i].seal) { _ = rules.remove(about: rules[i].seal) }
        }
    }
}
