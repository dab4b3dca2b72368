// The door by itself, for counting what it costs: `Decisions hit|miss|evict N` asks a full
// table N times. Tools/bench runs it under callgrind, with two N, and takes the difference.

import Access
import Fixed
import Foundation
import XMPP

/// The table at its fullest: friends, standing rules, answers.
struct Door: ~Copyable {
    static let friends = 31
    let parent = Door.address(99)
    var roster = Roster()
    var table = AccessTable()
    private(set) var asked = 0

    init() {
        for i in 0..<Door.friends {
            roster.restore(Contact(address: Door.address(i), subscription: .both, asked: false))
        }
        roster.isCurrent = true
        // Rules about the one friend who is never asked about: they are looked through, and decide nothing.
        for i in 0..<AccessTable.ruleCapacity {
            var name = Text<64>()
            name.put("field ")
            name.put(decimal: i)
            var fields = FieldSet()
            fields.insert(i)
            _ = table.add(
                Rule(seal(Door.friends - 1), Rule.everything, allows: true, name: name, fields: fields), roster: roster)
        }
        for _ in 0..<AccessTable.capacity { answer() }
    }

    static func address(_ index: Int) -> BareJID {
        var text = Text<64>()
        text.put("friend-")
        text.put(decimal: index)
        text.put("@things.example")
        return BareJID(text.bytes) ?? BareJID()
    }

    func seal(_ friend: Int) -> UInt32 { roster.seal(of: Door.address(friend)) ?? 0 }

    /// A question that is told from others by its types, which say nothing to the door.
    static func inquiry(_ number: Int) -> Inquiry {
        var fields = FieldSet()
        fields.insert(0)
        return Inquiry(.read, types: UInt16(truncatingIfNeeded: number), fields: fields)
    }

    /// One more answer of the parent: where the table is full, the oldest gives way.
    mutating func answer() {
        let friend = asked % (Door.friends - 1)
        _ = table.settle(
            Door.inquiry(asked), granted: .anyField, to: Door.address(friend), asked: table.epoch, under: seal(friend),
            roster: roster)
        asked += 1
    }

    /// True where it was allowed.
    mutating func decide(_ number: Int, by friend: BareJID) -> Bool {
        if case .allowed = table.decide(Door.inquiry(number), by: friend, roster: roster, parent: parent) { return true }
        return false
    }
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let count = Int(arguments[2]), ["hit", "miss", "evict"].contains(arguments[1]) else {
    print("usage: Decisions hit|miss|evict N")
    exit(64)
}
var door = Door()
let last = door.asked - 1
let friend = Door.address(last % (Door.friends - 1))
var allowed = 0
for _ in 0..<count {
    switch arguments[1] {
    case "hit": if door.decide(last, by: friend) { allowed += 1 }
    case "miss": if door.decide(60_000, by: friend) { allowed += 1 }
    default: door.answer()
    }
}
// What was measured is what was meant.
exit(allowed == (arguments[1] == "hit" ? count : 0) ? 0 : 1)
