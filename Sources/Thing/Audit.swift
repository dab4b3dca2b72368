import Access
import Fixed
import Readout
import XMPP

// Every word of the door leaves one line in the log: who, what, the verdict, whose
// word it was, and whether it was kept or fresh.

extension Core {
    /// Fields that are named in one line; of more than these only the number is told.
    private static var named: Int { 4 }

    @inline(never)
    mutating func audit(_ verdict: Verdict, _ inquiry: Inquiry, of friend: BareJID, now: Instant) {
        logForParent(verdict, inquiry, of: friend, now: now)
        var fields = inquiry.fields
        journal.begin(.info)
        journal.put("access: ")
        journal.put(quoted: friend.bytes)
        switch verdict {
        case .allowed(let permit, let ground):
            fields = permit.fields
            journal.put(" may ")
            put(inquiry.operation, fields)
            journal.put(" (")
            journal.put(ground.word)
        case .denied(let why, let ground):
            journal.put(" may not ")
            put(inquiry.operation, fields)
            journal.put(" (")
            journal.put(why.words)
            if case .byParent = why {
                journal.put(", ")
                journal.put(ground.word)
            }
        case .ask: break
        }
        journal.put(")")
        journal.end()
    }

    private mutating func put(_ operation: Operation, _ fields: FieldSet) {
        journal.put(operation.word)
        let count = fields.count
        if count > Self.named {
            journal.put(" ")
            journal.put(decimal: count)
            journal.put(" fields")
            return
        }
        var isFirst = true
        for i in 0..<catalogue.count where fields.contains(i) {
            journal.put(isFirst ? " " : ", ")
            isFirst = false
            journal.put(quoted: catalogue[i].name.bytes)
        }
        if isFirst { journal.put(" what is not there") }
    }
}
