import Support

/// A request to read, as whoever made it means it.
struct ReadRequest {
    var seqnr: String
    /// Empty: all there are.
    var fields: [String] = []
    /// As named in the request; none: what there is now.
    var types: [String] = []
    /// Seconds from now at which it is to begin.
    var delay: Int64?
    var tokens: [String] = ["", "", ""]

    /// With all that the names stand for (XEP-0323 §3.2).
    var wanted: Set<String> {
        if types.isEmpty { return ["momentary"] }
        if types.contains("all") { return Set(People.types) }
        return Set(types).union(types.contains("historical") ? People.types.filter { $0.hasPrefix("historical") } : [])
    }
}

/// What the parent means by an answer, however it was written.
struct ParentAnswer {
    enum Meaning {
        /// An error, nonsense, an answer about somebody else: nothing was decided.
        case nothing
        case no
        /// All that was asked.
        case yes
        /// These of what was asked, and no others.
        case only([String])
    }
    var question: String
    var meaning: Meaning
}

/// Keeps what the parent really said, as far as the Thing can know it, and judges
/// all that the Thing says by that. It shares no code with the Thing.
final class Oracle: Judge {
    /// What stands, until it is taken back. A record that is kept holds this much.
    struct Memory {
        struct Grant {
            let operation: Operation
            let friend: String
            let fields: Set<String>
            let types: Set<String>
            let tokens: [String]
            var turn = 0
            /// Kept across a restart.
            var isRestored = false
        }
        var grants: [Grant] = []
        /// Whom the parent refused something.
        var denied: Set<String> = []
        /// The parent's word on who may be a friend.
        var friends: [String: Bool] = [:]
        /// Whom it dropped, and the server has not yet.
        var dropped: Set<String> = []
        /// Its standing rules, by whom they are about.
        var rules: [String: Rules] = [:]

        func denies(_ jid: String) -> Bool { denied.contains(jid) || rules[jid]?.deniesAnything == true || friends[jid] == false }
    }

    enum Operation { case read, write }

    struct Rules {
        private var named: [Operation: [String: Bool]] = [:]
        private var others: [Operation: Bool] = [:]

        func allows(_ operation: Operation, _ field: String) -> Bool { (named[operation]?[field] ?? others[operation]) == true }
        var deniesAnything: Bool { others.values.contains(false) || named.values.contains { $0.values.contains(false) } }
        var allowsReading: Bool { others[.read] == true || named[.read]?.values.contains(true) == true }

        mutating func set(_ operation: Operation, _ field: String?, _ allows: Bool, sparingNames: Bool = false) {
            if let field { return named[operation, default: [:]][field] = allows }
            if !sparingNames { named[operation] = nil }
            others[operation] = allows
        }
    }

    struct Asked {
        /// Nil: whether somebody may be a friend.
        let operation: Operation?
        let about: String
        let to: String
        let fields: [String]
        let types: Set<String>
        let tokens: [String]
        let turn: Int
        var isVoid = false
    }

    /// Several stanzas were read at once: what was taken back may have been so before it was asked for.
    private var isInDoubt = false
    /// Counts what was read at once.
    private var turn = 0

    unowned let world: Gate
    private(set) var memory = Memory()
    /// What the record holds that was kept last.
    private var recorded = Memory()
    /// The roster, as the server told it on this stream; nil before.
    private(set) var told: [String: String]?
    private var asked: [String: Asked] = [:]
    private var readings: [Readout] = []
    /// Requests that have had no answer, by sender and id.
    private(set) var unanswered: [String: Int] = [:]
    /// Of these, those of friends: they may hear how it ended, whatever has become of the friendship.
    private var askedAsFriend: Set<String> = []
    /// Who ended it himself, and has not asked again since; and who ever did, for his removal may
    /// have been lost on the way and be said again.
    private var enders: Set<String> = []
    private var everEnded: Set<String> = []
    /// Questions in words that have had their answer, by number.
    private var settled: [Int: Bool] = [:]
    /// Whom the parent dropped last.
    private var unfriended = ""
    /// Whom the parent told us to befriend.
    private var befriended: Set<String> = []
    /// What was measured, and when.
    private var measured: [String: (field: String, time: Int64)] = [:]

    /// One readout under way.
    final class Readout {
        let reader: String, id: String, request: ReadRequest, since: Int64
        var isAccepted = false
        /// To be told of changes, until it is taken back.
        var isSubscription = false
        /// Put off, and not begun.
        var isQueued = false
        /// The parent was asked since it began.
        var isAsked = false
        init(_ reader: String, _ id: String, _ request: ReadRequest, _ since: Int64) {
            self.reader = reader
            self.id = id
            self.request = request
            self.since = since
        }
    }

    init(world: Gate) { self.world = world }

    private(set) lazy var telling = TellingOracle(oracle: self)
    private(set) lazy var writing = WriteOracle(oracle: self)

    /// A grant of this stands, or the parent itself wants it.
    func permits(_ operation: Operation, _ field: String, to jid: String, tokens: [String]) -> Bool {
        if isParent(jid) { return true }
        if isFriend(jid), memory.rules[account(of: jid)]?.allows(operation, field) == true { return true }
        return isFriend(jid) && memory.grants.contains {
            $0.operation == operation && $0.friend == account(of: jid) && $0.fields.contains(field) && $0.tokens == tokens
        }
    }

    var openReadouts: Int { readings.count { !$0.isQueued } }
    func measured(_ value: String, of field: String) { measured[value] = (field, world.now) }

    // MARK: What the Thing has read

    func streamEnded() {
        told = nil
        unanswered = [:]
        askedAsFriend = []
        readings = []
        writing.streamEnded()
        telling.streamEnded()
    }

    func kept(_ record: [UInt8]) { recorded = memory }
    func unkept(_ record: [UInt8]) {}
    /// Whatever was taken back until now is known to be so, and must not come again.
    func sending() { recorded = memory }
    func setting(_ name: String, to value: String, before: String) { writing.setting(name, to: value, before: before) }
    func failed(_ name: String, _ value: String) { writing.failed(name, value) }

    func started(with record: [UInt8]?) {
        memory = record == nil ? Memory() : recorded
        for i in memory.grants.indices { memory.grants[i].isRestored = true }
        asked = [:]
        writing.powerCut()
        telling.powerCut()
        befriended = []
    }

    func beginTurn() { turn += 1 }

    func read(_ stanza: Stanza, _ part: Part) {
        isInDoubt = part == .gains
        if part != .losses {
            gain(stanza)
            if stanza.isRequest {
                let key = "\(stanza.from) \(stanza.id)"
                unanswered[key, default: 0] += 1
                if isFriend(stanza.from) { askedAsFriend.insert(key) }
            }
        }
        if part != .gains { lose(stanza) }
    }

    private func gain(_ stanza: Stanza) {
        switch stanza.word {
        case .read(let request): readings.append(Readout(stanza.from, stanza.id, request, world.now))
        case .subscribe(let request): telling.wanted(request, by: stanza.from, id: stanza.id)
        case .set(let request): writing.wanted(request, by: stanza.from, id: stanza.id)
        case .answer(let answer): answered(answer, by: stanza.from)
        case .befriend(let jid):
            befriended.insert(jid)
        case .roster(let roster): told = roster.merging(told ?? [:]) { new, old in old == "both" ? old : new }
        case .push(let jid, let subscription): if subscription == "both" { told?[jid] = subscription }
        case .unfriend(let jid):
            enders.insert(jid)
            unfriended = jid
        case .said(let saying): said(saying, gains: true)
        case .clear, .unsubscribe, .deed, nil: break
        }
        telling.gain(stanza)
        if stanza.name == "presence", stanza.type == "unsubscribe" || stanza.type == "unsubscribed" {
            enders.insert(account(of: stanza.from))
            everEnded.insert(account(of: stanza.from))
        }
        if stanza.name == "presence", stanza.type == "unavailable" {
            // Nobody is left to whom the rest could be told.
            readings.removeAll { $0.isAccepted && ($0.reader == stanza.from || account(of: $0.reader) == stanza.from) }
        }
        if stanza.name == "presence", stanza.type == "subscribe", !isInDoubt { enders.remove(account(of: stanza.from)) }
    }

    private func lose(_ stanza: Stanza) {
        let sender = account(of: stanza.from)
        if stanza.name == "presence", stanza.type == "unsubscribe" || stanza.type == "unsubscribed",
            sender != world.parentAddress, isContact(sender)
        {
            // Half a friendship is none: what was said of it ends with it.
            forget(sender)
        }
        switch stanza.word {
        case .clear:
            world.tally.add(.clears)
            if !readings.isEmpty { world.tally.add(.clearsInReadout) }
            // What came of the same turn may have come after it.
            memory.grants.removeAll { $0.turn < turn }
            memory.denied = []
            memory.friends = [:]
            for (id, question) in asked where question.turn < turn { asked[id]?.isVoid = true }
        case .unfriend(let jid):
            world.tally.add(.unfriends)
            befriended.remove(jid)
            memory.friends[jid] = false
            // Of whom the server has not told yet that he is one, the Thing can drop nothing.
            if isContact(jid) { memory.dropped.insert(jid) }
            forget(jid)
        case .roster(let roster):
            told = roster
            for jid in memory.grants.map(\.friend) + memory.rules.keys where roster[jid] == nil { forget(jid) }
            memory.dropped.formIntersection(roster.keys)
        case .push(let jid, let subscription):
            let before = told?[jid] ?? "remove"
            if before == "both" && subscription != "both" { world.tally.add(.friendshipsEnded) }
            told?[jid] = subscription
            if subscription == "remove" || subscription == "none" && before != "none" { forget(jid) }
            if subscription == "remove" { memory.dropped.remove(jid) }
        case .said(let saying): said(saying, gains: false)
        case .read, .set, .subscribe, .unsubscribe, .answer, .befriend, .deed, nil: break
        }
        telling.lose(stanza)
    }

    private func forget(_ jid: String) {
        if !isFriend(jid) { telling.forget(jid) }
        if told?[jid] != "both" { readings.removeAll { $0.isAccepted && account(of: $0.reader) == jid } }
        if memory.grants.contains(where: { $0.friend == jid }) { world.tally.add(.revocations) }
        memory.grants.removeAll { $0.friend == jid }
        if memory.rules[jid]?.deniesAnything == true { memory.denied.insert(jid) }
        memory.rules[jid] = nil
    }

    /// The word of a person: what it gives, or what it takes.
    private func said(_ saying: Saying, gains: Bool) {
        if case .answer(let number, _, _, let yes) = saying {
            // The first answer to a question ends it.
            if gains && settled[number] == nil { settled[number] = yes }
            guard settled[number] == yes else { return }
        }
        switch saying {
        case .answer(_, let jid, .friendship, let yes):
            guard gains else { return }
            memory.friends[jid] = yes
            if yes { memory.dropped.remove(jid) }
        case .answer(_, let jid, .deed(let operation, let names), let yes):
            guard gains, isContact(jid) else { return }
            world.tally.add(yes ? .wordsOfYes : .wordsOfNo)
            // What was asked had no rule: a no takes nothing away, and may be to what is not asked any more.
            guard yes else { memory.denied.insert(jid); return }
            var rules = memory.rules[jid] ?? Rules()
            for name in names ?? [] { rules.set(operation, name, yes) }
            if names == nil { rules.set(operation, nil, yes, sparingNames: true) }
            memory.rules[jid] = rules
        case .rule(let jid, let operations, let name, let allows):
            guard allows || !gains, isContact(jid) else { return }
            world.tally.add(.rules)
            var rules = memory.rules[jid] ?? Rules()
            for operation in operations { rules.set(operation, name, allows) }
            memory.rules[jid] = rules
        case .forget(let jid):
            guard !gains else { return }
            for jid in jid.map({ [$0] }) ?? Array(memory.rules.keys) + memory.grants.map(\.friend) { forget(jid) }
        }
    }

    /// In the roster, if only because the Thing has asked.
    private func isContact(_ jid: String) -> Bool { told?[jid] ?? "remove" != "remove" }

    private func answered(_ answer: ParentAnswer, by client: String) {
        guard let question = asked[answer.question], question.to == client else { return }
        guard !question.isVoid else { return world.tally.add(.answersTooLate) }
        // One question, one answer.
        asked[answer.question]?.isVoid = true
        guard let operation = question.operation else {
            switch answer.meaning {
            case .nothing: world.tally.add(.noAnswers)
            case .no: memory.friends[question.about] = false
            case .yes, .only:
                memory.friends[question.about] = true
                memory.dropped.remove(question.about)
            }
            return
        }
        let all = Set(question.fields.isEmpty ? (operation == .write ? People.outputs : People.fields) : question.fields)
        let granted: Set<String>
        switch answer.meaning {
        case .nothing: return world.tally.add(.noAnswers)
        case .no: granted = []
        case .yes: granted = all
        case .only(let list): granted = all.intersection(list)
        }
        guard !granted.isEmpty else {
            world.tally.add(.denials)
            memory.denied.insert(question.about)
            return
        }
        world.tally.add(granted.count < all.count ? .partialGrants : .grants)
        memory.grants.append(
            .init(operation: operation, friend: question.about, fields: granted, types: question.types, tokens: question.tokens, turn: turn))
    }

    // MARK: What the Thing says

    func heard(_ utterance: Utterance) {
        guard let (node, text) = world.noted(utterance) else { return }
        let to = node.attributes["to"] ?? ""
        switch node.name {
        case "iq": iq(node, to, text)
        case "presence": presence(node, to)
        case "message": message(node, to, text)
        default: break
        }
    }

    func isParent(_ jid: String) -> Bool {
        account(of: jid) == world.parentAddress && (world.parentIsComponent || isFriend(jid))
    }
    /// Whoever could give leave is answered, however its friendship stands.
    private func isParentsAddress(_ jid: String) -> Bool { account(of: jid) == world.parentAddress }
    private func isFriend(_ jid: String) -> Bool {
        told?[account(of: jid)] == "both" && !memory.dropped.contains(account(of: jid))
    }
    /// Our server and our own account.
    private func isHome(_ jid: String) -> Bool { ["", People.thing, "home.example"].contains(jid) }

    private func iq(_ node: Node, _ to: String, _ text: String) {
        let type = node.attributes["type"] ?? "", id = node.attributes["id"] ?? ""
        if type == "get" || type == "set" { return request(node, to, id) }
        let key = "\(to) \(id)"
        switch unanswered[key] {
        case nil where told == nil && to.isEmpty: break
        case nil: world.violation("an answer to nothing, or the second one: \(text)")
        case 1: unanswered[key] = nil
        case let n?: unanswered[key] = n - 1
        }
        if let seqnr = node.child("cancelled")?.attributes["seqnr"] {
            readings.removeAll { $0.reader == to && $0.request.seqnr == seqnr && $0.isAccepted }
        }
        writing.answered(node, to: to, id: id, text)
        telling.answered(node, to: to, id: id)
        let reading = readings.first { $0.reader == to && $0.id == id && !$0.isAccepted }
        guard type == "result" else {
            if let reading { readings.removeAll { $0 === reading } }
            return refused(node, to, isReading: reading != nil, text)
        }
        guard isHome(to) || isParentsAddress(to) || isFriend(to) || askedAsFriend.contains(key) else {
            return world.violation("a result for \(to), who is nobody to us: \(text)")
        }
        if node.child("accepted") != nil, let reading {
            reading.isAccepted = true
            if node.child("accepted")?.attributes["queued"] == "true" {
                world.tally.add(.scheduled)
                reading.isQueued = true
                if reading.request.delay == nil { world.violation("a readout is put off that was wanted now: \(text)") }
            }
            guard !isParent(to) else { return }
            if !reading.isAsked { world.tally.add(.keptDecisions) }
            if memory.rules[account(of: to)]?.allowsReading == true { return world.tally.add(.readoutsByRule) }
            if !memory.grants.contains(where: { $0.operation == .read && $0.friend == account(of: to) && $0.tokens == reading.request.tokens }) {
                world.violation("a readout was accepted without the parent's leave: \(text)")
            }
        }
    }

    private func refused(_ node: Node, _ to: String, isReading: Bool, _ text: String) {
        guard isReading, let error = node.child("error") else { return }
        world.tally.add(.refusals)
        if error.child("forbidden") != nil, !isInDoubt, isFriend(to), !memory.denies(account(of: to)) {
            world.violation("\(to) is denied what the parent never denied: \(text)")
        }
        if error.child("remote-server-timeout") != nil { world.tally.add(.noDecisions) }
    }

    private func request(_ node: Node, _ to: String, _ id: String) {
        for (kind, operation) in [("isFriend", nil), ("canRead", .read), ("canControl", .write)] as [(String, Operation?)] {
            guard let question = node.child(kind) else { continue }
            world.tally.add(.questions)
            if account(of: to) != world.parentAddress { world.violation("\(to), who is not the parent, is asked \(kind)") }
            if asked[id] != nil { world.violation("the id \(id) is used again") }
            asked[id] = Asked(
                operation: operation, about: question.attributes["jid"] ?? "", to: to,
                fields: question.children.filter { $0.name == "field" || $0.name == "parameter" }.compactMap { $0.attributes["name"] },
                types: Set(question.attributes.filter { $0.value == "true" }.keys),
                tokens: People.tokens.map { question.attributes[$0] ?? "" }, turn: turn)
            for reading in readings where account(of: reading.reader) == question.attributes["jid"] { reading.isAsked = true }
            world.overheard(id: id, about: question.attributes["jid"] ?? "", kind: kind)
        }
        guard let item = node.child("query")?.child("item") else { return }
        let jid = item.attributes["jid"] ?? ""
        if memory.friends[jid] != false && !enders.contains(jid) && !everEnded.contains(jid) {
            world.violation("\(jid) is removed from the roster, and nobody wanted that")
        }
    }

    private func presence(_ node: Node, _ to: String) {
        let type = node.attributes["type"] ?? ""
        guard !to.isEmpty, type != "error", type != "unavailable" else { return }
        let isApproved = to == world.parentAddress || memory.friends[to] == true || befriended.contains(to)
            || ["from", "both"].contains(told?[to] ?? "")
        switch type {
        case "subscribed":
            world.tally.add(.friendships)
            if !isApproved { world.violation("\(to) is made a friend without the parent's yes") }
        case "subscribe":
            if !isApproved { world.violation("\(to) is asked for a friendship without the parent's yes") }
        case "unsubscribed":
            world.tally.add(.strangersRefused)
            if memory.friends[to] != false && unfriended != to && !enders.contains(to) {
                world.violation("\(to) is refused, whom the parent did not refuse")
            }
        default: if !isParent(to) { world.violation("presence for \(to) alone") }
        }
    }

    private func message(_ node: Node, _ to: String, _ text: String) {
        guard isFriend(to) || isParentsAddress(to) else {
            return world.violation("a message for \(to), who is no friend: \(text)")
        }
        if let started = node.child("started") {
            guard let reading = readings.first(where: { $0.reader == to && $0.request.seqnr == started.attributes["seqnr"] && $0.isQueued })
            else { return world.violation("a readout begins that was not put off: \(text)") }
            world.tally.add(.started)
            reading.isQueued = false
            return
        }
        if let body = node.child("body")?.text { telling.said(body, to: to, text) }
        guard let data = node.child("fields") ?? node.child("failure") else { return }
        let seqnr = data.attributes["seqnr"] ?? ""
        guard let reading = readings.first(where: { $0.reader == to && $0.request.seqnr == seqnr && $0.isAccepted })
            ?? telling.subscription(of: to, seqnr, text)
        else {
            return world.violation("\(to) gets data of a readout that is not under way: \(text)")
        }
        for value in data.all("timestamp").flatMap(\.children) { judge(value, of: reading, text) }
        if data.attributes["done"] == "true" {
            world.tally.add(.readoutsDone)
            readings.removeAll { $0 === reading }
        }
    }

    private func judge(_ value: Node, of reading: Readout, _ text: String) {
        let name = value.attributes["name"] ?? ""
        let types = Set(People.types.filter { value.attributes[$0] == "true" })
        if types.isEmpty || !types.isSubset(of: reading.request.wanted) {
            world.violation("\(types.sorted()) is no type that was asked for: \(text)")
        }
        if !types.contains("momentary") { world.tally.add(.valuesOfOld) }
        if reading.isQueued { world.violation("a readout that was put off tells values before it began: \(text)") }
        world.tally.add(isParent(reading.reader) ? .valuesForParent : .values)
        if !reading.request.fields.isEmpty && !reading.request.fields.contains(name) {
            world.violation("\(name) was not asked for: \(text)")
        }
        if People.outputs.contains(name) {
            // What it was set to, which is judged elsewhere.
        } else if let origin = measured[value.attributes["value"] ?? ""] {
            if origin.field != name { world.violation("a value of \(origin.field) is called \(name): \(text)") }
            if origin.time < reading.since && types.contains("momentary") && !reading.isSubscription { world.violation("a value from before it was asked for: \(text)") }
        } else {
            world.violation("a value that was never measured: \(text)")
        }
        guard !isParent(reading.reader) else { return }
        let friend = account(of: reading.reader)
        if memory.rules[friend]?.allows(.read, name) == true { return }
        let grants = memory.grants.filter {
            $0.operation == .read && $0.friend == friend && $0.fields.contains(name) && types.isSubset(of: $0.types) && $0.tokens == reading.request.tokens
        }
        if !grants.isEmpty && grants.allSatisfy(\.isRestored) { world.tally.add(.valuesByKeptRecord) }
        if grants.isEmpty { world.violation("\(friend) gets \(name) without a permission that stands: \(text)") }
    }
}
