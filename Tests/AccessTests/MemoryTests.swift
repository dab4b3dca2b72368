import Fixed
import Support
import Testing
import XMPP

@testable import Access

@Suite("What the parent said is remembered, for just that question")
struct MemoryTests {
    private final class Door {
        var table = AccessTable()
        var list: Roster

        init(_ friends: Int = 2) throws {
            list = try roster([("parent@x", "both")] + (0..<friends).map { ("friend\($0)@x", "both") })
        }

        func decide(_ inquiry: Inquiry, by friend: Int = 0) -> String {
            words(table.decide(inquiry, by: bare("friend\(friend)@x"), roster: list, parent: bare("parent@x")))
        }

        func settle(_ inquiry: Inquiry, _ granted: FieldSet?, to friend: Int = 0, epoch: UInt32? = nil) {
            _ = table.settle(inquiry, granted: granted, to: bare("friend\(friend)@x"), asked: epoch ?? table.epoch, under: seal(friend), roster: list)
        }

        func add(_ rule: Rule) -> Bool { table.add(rule, roster: list) }

        func stands(_ permit: Permit) -> Bool { table.stands(permit, roster: list, parent: bare("parent@x")) }

        func permit(_ inquiry: Inquiry) throws -> Permit {
            guard case .allowed(let permit, _) = table.decide(inquiry, by: bare("friend0@x"), roster: list, parent: bare("parent@x"))
            else { throw NotAStanza() }
            return permit
        }

        var kept: Int { table.decisions.count }

        func seal(_ friend: Int = 0) -> UInt32 { list.seal(of: bare("friend\(friend)@x")) ?? 0 }
    }

    private let asked = Inquiry(.read, types: 1, fields: set([1, 2, 3]))

    @Test("A yes and a no are both kept, as they were given")
    func kept() throws {
        let door = try Door()
        #expect(door.decide(asked) == "ask")
        door.settle(asked, set([2, 9]))
        #expect(door.decide(asked) == "friend0@x read [2] (kept)")
        door.settle(asked, FieldSet())
        #expect(door.decide(asked) == "the parent said no (kept)")
        door.settle(asked, .anyField)
        #expect(door.decide(asked) == "friend0@x read [1, 2, 3] (kept)")
    }

    @Test("An answer serves no other friend, operation, type, node, field or token")
    func key() throws {
        let door = try Door()
        door.settle(asked, .anyField)
        #expect(door.decide(asked, by: 1) == "ask")
        let changes: [(inout Inquiry) -> Void] = [
            { $0.operation = .write }, { $0.operation = .subscribe }, { $0.types = 3 }, { $0.fields.insert(4) },
            { $0.fields.remove(1) }, { $0.namesFields = false }, { $0.nodes = 1 }, { $0.namesNodes = true },
            { $0.hasMore = true; $0.more = Text("digest of a token") },
        ]
        for (i, change) in changes.enumerated() {
            var other = asked
            change(&other)
            #expect(door.decide(other) == "ask", "change \(i)")
        }
        var tokenA = asked, tokenB = asked
        (tokenA.hasMore, tokenB.hasMore) = (true, true)
        (tokenA.more, tokenB.more) = (Text("A"), Text("B"))
        door.settle(tokenA, .anyField)
        #expect(door.decide(tokenA) == "friend0@x read [1, 2, 3] (kept)")
        #expect(door.decide(tokenB) == "ask")
    }

    @Test("What is not kept whole is not kept at all")
    func unkeepable() throws {
        let door = try Door()
        var half = asked
        half.hasMore = true
        door.settle(half, .anyField)
        #expect(door.decide(half) == "ask" && door.kept == 0)
    }

    @Test("Errors, silence and answers from before a clearing are not kept")
    func undecided() throws {
        let door = try Door()
        door.settle(asked, nil)
        #expect(door.decide(asked) == "ask")
        let before = door.table.epoch
        door.table.clear()
        door.settle(asked, .anyField, epoch: before)
        #expect(door.decide(asked) == "ask")
        door.settle(asked, .anyField)
        door.table.clear()
        #expect(door.decide(asked) == "ask")
    }

    @Test("Full, the answer that was not used for the longest time gives way")
    func leastRecentlyUsed() throws {
        let door = try Door()
        let all = (0..<AccessTable.capacity).map { Inquiry(.read, types: UInt16($0 + 1), fields: set([1])) }
        for inquiry in all { door.settle(inquiry, .anyField) }
        // Everything but the sixth is used once more.
        for (i, inquiry) in all.enumerated() where i != 5 { #expect(door.decide(inquiry).hasSuffix("(kept)")) }
        door.settle(asked, .anyField, to: 1)
        #expect(door.decide(all[5]) == "ask")
        for (i, inquiry) in all.enumerated() where i != 5 { #expect(door.decide(inquiry).hasSuffix("(kept)")) }
        #expect(door.decide(asked, by: 1) == "friend1@x read [1, 2, 3] (kept)")
        #expect(door.kept == AccessTable.capacity)
    }

    @Test("A friendship that ended takes all that was said of it along")
    func friendshipEnds() throws {
        let door = try Door()
        door.settle(asked, .anyField)
        _ = door.add(Rule(door.seal(), Rule.everything, allows: true))
        for end in ["jid='friend0@x' subscription='remove'", "jid='friend0@x' subscription='to'"] {
            #expect(door.decide(asked).hasPrefix("friend0@x read"))
            try apply(end, to: &door.list)
            #expect(door.decide(asked) == "not a friend")
            try apply("jid='friend0@x' subscription='both'", to: &door.list)
            #expect(door.decide(asked) == "ask")
            door.settle(asked, .anyField)
        }
    }

    // MARK: Standing rules

    private func rule(_ door: Door, _ places: [Int]?, allows: Bool, _ operations: UInt8 = Rule.readAndSubscribe) -> Rule {
        guard let places else { return Rule(door.seal(), operations, allows: allows) }
        var name = Text<64>()
        name.put("f\(places)".utf8Bytes.span)
        return Rule(door.seal(), operations, allows: allows, name: name, fields: set(places))
    }

    @Test("A rule for a field goes before one for any field, and the latest word counts")
    func precedence() throws {
        let door = try Door()
        func add(_ places: [Int]?, allows: Bool) -> Bool { door.add(rule(door, places, allows: allows)) }
        #expect(add([1], allows: true))
        #expect(door.decide(asked) == "ask")
        #expect(door.decide(Inquiry(.read, types: 1, fields: set([1]))) == "friend0@x read [1] (rule)")
        // Of a request that names nothing, what has a rule is an answer.
        #expect(door.decide(Inquiry(.read, types: 1, fields: set([1, 2, 3]), namesFields: false)) == "friend0@x read [1] (rule)")
        #expect(add([2], allows: false))
        #expect(add([3], allows: false))
        #expect(door.decide(asked) == "friend0@x read [1] (rule)")
        #expect(add([1], allows: false))
        #expect(door.decide(asked) == "the parent said no (rule)")
        #expect(add(nil, allows: true))
        #expect(door.decide(asked) == "friend0@x read [1, 2, 3] (rule)")
        #expect(add([2], allows: false))
        #expect(door.decide(asked) == "friend0@x read [1, 3] (rule)")
        #expect(door.decide(asked, by: 1) == "ask")
        #expect(door.decide(Inquiry(.write, fields: set([1]))) == "ask")
        #expect(add(nil, allows: false))
        #expect(door.decide(asked) == "the parent said no (rule)")
    }

    @Test("What does not exist is told to whoever may read anything, and refused to whoever may read nothing")
    func unknownNames() throws {
        let door = try Door()
        var unknown = Inquiry(.read, types: 1, fields: FieldSet(), hasMore: true)
        unknown.more = Text("names")
        #expect(door.decide(unknown) == "ask")
        _ = door.add(rule(door, [1], allows: true))
        #expect(door.decide(unknown) == "ask")
        _ = door.add(rule(door, nil, allows: true))
        #expect(door.decide(unknown) == "friend0@x read [] (rule)")
        _ = door.add(rule(door, nil, allows: false))
        #expect(door.decide(unknown) == "the parent said no (rule)")
    }

    @Test("A rule takes a permit back at once; one that is taken back itself does too")
    func permitsFollowRules() throws {
        let door = try Door()
        door.settle(asked, .anyField)
        let byAnswer = try door.permit(asked)
        _ = door.add(rule(door, [9], allows: false))
        #expect(door.stands(byAnswer))
        _ = door.add(rule(door, [2], allows: false))
        #expect(!door.stands(byAnswer))

        _ = door.add(rule(door, nil, allows: true))
        let byRule = try door.permit(asked)
        #expect(door.stands(byRule))
        door.table.forget(door.seal())
        #expect(!door.stands(byRule))
        #expect(door.decide(asked) == "ask")
        let before = byAnswer
        door.list.reseal(bare("friend0@x"))
        #expect(!door.stands(before))
    }

    @Test("Rules never give way: full is an answer, and the answers' turnover leaves them alone")
    func rulesStay() throws {
        let door = try Door()
        for i in 0..<AccessTable.ruleCapacity {
            #expect(door.add(rule(door, [i], allows: true)))
        }
        #expect(!door.add(rule(door, [100], allows: true)))
        // What replaces an earlier word needs no room of its own.
        #expect(door.add(rule(door, [7], allows: false)))
        for i in 0..<200 { door.settle(Inquiry(.read, types: UInt16(i), fields: set([120])), .anyField) }
        for i in 0..<AccessTable.ruleCapacity where i != 7 {
            #expect(door.decide(Inquiry(.read, fields: set([i]))) == "friend0@x read [\(i)] (rule)")
        }
        #expect(door.decide(Inquiry(.read, fields: set([7]))) == "the parent said no (rule)")
        // A friendship that is over makes room.
        try apply("jid='friend0@x' subscription='remove'", to: &door.list)
        #expect(door.add(Rule(door.seal(1), Rule.everything, allows: true)))
    }

    @Test("clearCache leaves the parent's rules standing; another parent leaves nothing")
    func clearing() throws {
        let door = try Door()
        _ = door.add(rule(door, nil, allows: true))
        door.table.clear()
        #expect(door.decide(asked) == "friend0@x read [1, 2, 3] (rule)")
        door.table.removeAll()
        #expect(door.decide(asked) == "ask")
    }

    // MARK: The record

    @Test("What is remembered outlives the program, and nothing else comes out of its record")
    func record() throws {
        let door = try Door()
        var token = asked
        (token.hasMore, token.more) = (true, Text("0123456789abcdef0123456789abcdef"))
        door.settle(asked, set([1]))
        door.settle(token, .anyField)
        _ = door.add(rule(door, [2], allows: false))
        let other = try Door()
        for i in door.table.decisionIndices {
            var bytes = Text<69>()
            door.table.writeDecision(i, to: &bytes)
            let taken = other.table.restoreDecision(bytes.bytes, for: other.seal())
            #expect(taken)
            // Cut short anywhere it is nothing.
            for n in 0..<bytes.count where n != 37 {
                var part = bytes
                part.truncate(to: n)
                let taken = other.table.restoreDecision(part.bytes, for: other.seal(1))
                #expect(!taken)
            }
        }
        for i in door.table.ruleIndices {
            var bytes = Text<66>()
            door.table.writeRule(i, to: &bytes)
            guard var rule = AccessTable.rule(from: bytes.bytes, for: other.seal()) else { throw NotAStanza() }
            #expect(rule.fields.isEmpty)
            rule.fields = set([2])
            #expect(other.add(rule))
        }
        #expect(other.decide(asked) == door.decide(asked))
        #expect(other.decide(token) == "friend0@x read [1, 3] (kept)")
        for bad: [UInt8] in [[], [0, 1], [8, 1], [1, 2], [1], [255, 1]] {
            #expect(AccessTable.rule(from: bad.span, for: 1) == nil)
        }
    }
}
