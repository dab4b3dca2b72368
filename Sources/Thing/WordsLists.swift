import Access
import Fixed
import Readout
import XML
import XMPP

// Lists for the parent: what is open, friends, rules. What does not fit one message is
// counted at its end.

extension Core {
    /// Bytes after which a list ends.
    private static var listBytes: Int { 4_000 }

    /// What is open, each with how it is answered, within a transaction. It counts as shown.
    mutating func putPending(now: Instant) {
        // What is not said is not shown.
        if isHushed { return }
        dropStalePetitions(now: now)
        if openCount == 0 { return out.put("Nothing is open.") }
        let room = out.room
        var left = 0
        for i in 0..<openCount {
            if room &- out.room > Self.listBytes / 2 {
                left &+= 1
                continue
            }
            if i > 0 { out.put("\n") }
            putPetition(i, asking: true)
        }
        putMore(left)
    }

    mutating func listFriends(_ from: JID) {
        beginWords(to: from)
        let room = out.room
        var left = 0
        for i in roster.indices where roster[i].address != parent.address {
            if room &- out.room > Self.listBytes {
                left &+= 1
                continue
            }
            if out.room < room { out.put("\n") }
            put(i)
            if roster[i].subscription != .both { out.put(" (has not answered yet)") }
        }
        if out.room == room { out.put("I have no friend but you.") }
        putMore(left)
        endWords()
    }

    /// All rules, or those about whom `name` names.
    mutating func listRules(_ name: Span<UInt8>, _ from: JID) {
        var only: Int?
        if name.count > 0 {
            guard let contact = contact(named: name, from) else { return }
            only = contact
        }
        beginWords(to: from)
        let room = out.room
        var left = 0
        for i in roster.indices where only == nil || only == i {
            let seal = roster[i].seal
            for r in access.ruleIndices where access.rule(r).seal == seal {
                if room &- out.room > Self.listBytes {
                    left &+= 1
                    continue
                }
                if out.room < room { out.put("\n") }
                let rule = access.rule(r)
                put(i)
                putRule(rule.operations, rule.allows, rule.name)
            }
        }
        if out.room == room { out.put("There are no rules. What friends would like, I ask you.") }
        putMore(left)
        endWords()
    }

    /// " may read or set LED"
    mutating func putRule(_ operations: UInt8, _ allows: Bool, _ name: Text<64>) {
        out.put(allows ? " may " : " may not ")
        let reads = operations & Rule.readAndSubscribe != 0
        let writes = operations & Rule.bit(.write) != 0
        if reads { out.put("read ") }
        if reads && writes { out.put("or ") }
        if writes { out.put("set ") }
        if name.isEmpty { out.put(allows ? "everything" : "anything") } else { out.put(escaped: name.bytes) }
    }

    private mutating func putMore(_ left: Int) {
        guard left > 0 else { return }
        out.put("\nand ")
        out.put(decimal: left)
        out.put(" more")
    }
}
