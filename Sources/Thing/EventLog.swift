import Access
import Fixed
import Readout
import XML
import XMPP

/// Decisions of which the parent is still to be told (XEP-0337). Nothing waits for it and
/// nothing grows: what finds no place is counted, and the number told with the next one.
struct EventLog: ~Copyable {
    struct Entry: Sendable {
        var seal: UInt32 = 0
        var isAllowed = false
        var operation = Operation.read
        var fields = FieldSet()
        /// Whose word it was, or why not.
        var why: StaticString = ""
        var time = DateTime(unixSeconds: 0)
    }

    static var capacity: Int { 8 }
    /// Messages that may be sent at once, and how long it takes until there may be one more.
    private static var burst: Int64 { 8 }
    private static var pause: Interval { .seconds(2) }

    private let place = InPlace()
    private(set) var entries = List<8, Entry>(filler: Entry())
    /// Decisions that were not told.
    private(set) var missed = 0
    /// When all of the burst may be used again.
    private var rested = Instant(milliseconds: .min / 2)

    mutating func add(_ entry: Entry) {
        if !entries.append(entry) { missed &+= 1 }
    }

    /// Nobody is there to be told.
    mutating func giveUp() {
        missed &+= entries.count
        entries.removeAll()
    }

    mutating func removeAll() {
        entries.removeAll()
        missed = 0
    }

    /// When the next message may be sent.
    private var next: Instant {
        Instant(milliseconds: rested.milliseconds &- (Self.burst &- 1) &* Self.pause.milliseconds)
    }

    func isDue(_ now: Instant) -> Bool { !entries.isEmpty && next <= now }

    /// The first entry has been told, and how many were not.
    mutating func told(now: Instant) {
        entries.remove(at: 0)
        missed = 0
        rested = max(rested, now) + Self.pause
    }

    var wake: Wake {
        if entries.isEmpty { return .onInput }
        return .at(next)
    }
}

extension Core {
    /// Puts a decision down for the parent, if it wants to know, is there, and has not
    /// made it about itself.
    mutating func logForParent(_ verdict: Verdict, _ inquiry: Inquiry, of friend: BareJID, now: Instant) {
        guard logsToParent, parent.isOnline, friend != parent.address, let seal = roster.seal(of: friend) else { return }
        var entry = EventLog.Entry()
        entry.seal = seal
        entry.operation = inquiry.operation
        entry.time = wallTime(now)
        switch verdict {
        case .allowed(let permit, let ground):
            entry.isAllowed = true
            entry.fields = permit.fields.intersection(inquiry.fields)
            entry.why = ground.word
        case .denied(let why, _):
            entry.fields = inquiry.fields
            entry.why = why.words
        case .ask: return
        }
        eventLog.add(entry)
    }

    /// Tells the parent of the next decision. True where it was told.
    mutating func tellDecision(now: Instant) -> Bool {
        if !parent.isOnline { eventLog.giveUp() }
        guard eventLog.isDue(now) else { return false }
        let entry = eventLog.entries[0]
        let missed = eventLog.missed
        let what = words(for: entry.fields)
        var who = BareJID()
        for i in roster.indices where roster[i].seal == entry.seal { who = roster[i].address }
        out.begin()
        out.put("<message")
        out.put(attribute: "to", parent.target ?? JID(bare: parent.address))
        out.put(" xml:lang='en'>")
        openLog(entry.time, entry.isAllowed ? "AccessAllowed' type='Informational" : "AccessDenied' type='Notice")
        // The friendship it was about may be over by now; then it is nobody's.
        if !who.isEmpty { out.put(attribute: "subject", who.bytes) }
        out.put(attribute: "object", what.bytes)
        out.put("><message>")
        out.put(escaped: who.bytes)
        out.put(entry.isAllowed ? " may " : " may not ")
        out.put(entry.operation.word)
        out.put(" ")
        out.put(escaped: what.bytes)
        out.put(" (")
        out.put(entry.why)
        out.put(")</message><tag name='operation' value='")
        out.put(entry.operation.word)
        out.put("'/></log>")
        if missed > 0 {
            openLog(wallTime(now), "DecisionsNotTold' type='Notice")
            out.put("><message>")
            out.put(decimal: missed)
            out.put(" more decisions were not sent</message></log>")
        }
        out.put("</message>")
        guard out.commit() else { return false }
        eventLog.told(now: now)
        return true
    }

    private mutating func openLog(_ time: DateTime, _ kind: StaticString) {
        out.put("<log xmlns='urn:xmpp:eventlog' module='Access' level='Minor' timestamp='")
        time.write(to: &out)
        out.put("' id='")
        out.put(kind)
        out.put("'")
    }

    /// The names of some fields, or how many there are.
    private func words(for fields: FieldSet) -> Text<288> {
        var text = Text<288>()
        if fields.count > 4 {
            text.put(decimal: fields.count)
            text.put(" fields")
            return text
        }
        for i in 0..<catalogue.count where fields.contains(i) {
            if !text.isEmpty { text.put(", ") }
            text.put(catalogue[i].name.bytes)
        }
        if text.isEmpty { text.put("what is not there") }
        return text
    }
}
