import Fixed

// What the table remembers, as bytes that outlive the program. Each is read again as
// if a stranger had written it, and is about the friendship it is read under.

extension AccessTable {
    /// Bytes of the longest answer.
    public static var decisionBytes: Int { 69 }

    /// Writes the rule at a place of `ruleIndices`: operations(1) allows(1) name.
    public func writeRule(_ index: Int, to text: inout Text<66>) {
        text.append(rules[index].operations)
        text.append(rules[index].allows ? 1 : 0)
        text.append(rules[index].name.bytes)
    }

    /// What `writeRule` wrote, but for the fields of its name; nil for anything else.
    public static func rule(from record: Span<UInt8>, for seal: UInt32) -> Rule? {
        guard record.count >= 2, record[0] != 0, record[0] & ~Rule.everything == 0, record[1] < 2,
            let name = Text<64>(record.extracting(droppingFirst: 2))
        else { return nil }
        var rule = Rule(seal, record[0], allows: record[1] == 1)
        guard !name.isEmpty else { return rule }
        rule.name = name
        rule.fields = FieldSet()
        return rule
    }

    public var decisionIndices: Range<Int> { decisions.indices }
    /// The seal of the friendship that the answer at a place of `decisionIndices` is about.
    public func seal(ofDecision index: Int) -> UInt32 { decisions[index].seal }

    /// Writes an answer: operation(1) types(2) flags(1) nodes(1) fields(16) granted(16) more(0 or 32).
    public func writeDecision(_ index: Int, to text: inout Text<69>) {
        let inquiry = decisions[index].inquiry
        text.append(inquiry.operation.rawValue)
        text.append(UInt8(truncatingIfNeeded: inquiry.types >> 8))
        text.append(UInt8(truncatingIfNeeded: inquiry.types))
        text.append((inquiry.namesFields ? 1 : 0) | (inquiry.namesNodes ? 2 : 0))
        text.append(inquiry.nodes)
        inquiry.fields.write(to: &text)
        decisions[index].granted.write(to: &text)
        text.append(inquiry.more.bytes)
    }

    /// Remembers again what `writeDecision` wrote. False, and nothing, for anything else.
    public mutating func restoreDecision(_ record: Span<UInt8>, for seal: UInt32) -> Bool {
        guard record.count == 37 || record.count == 69, let operation = Operation(rawValue: record[0]), record[3] < 4,
            let fields = FieldSet(record: record.extracting(5..<21)),
            let granted = FieldSet(record: record.extracting(21..<37))
        else { return false }
        var inquiry = Inquiry(
            operation, types: UInt16(record[1]) << 8 | UInt16(record[2]), fields: fields,
            namesFields: record[3] & 1 != 0, nodes: record[4], namesNodes: record[3] & 2 != 0,
            hasMore: record.count == 69)
        inquiry.more.append(record.extracting(droppingFirst: 37))
        keep(Decision(seal: seal, inquiry: inquiry, granted: granted, used: 0))
        return true
    }
}
