import Support

/// A request to read, as whoever made it means it.
struct ReadRequest {
    var seqnr: String
    /// Empty: all there are.
    var fields: [String] = []
    var tokens: [String] = ["", "", ""]
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
final class Oracle {
    /// What stands, until it is taken back. A record that is kept holds this much.
    struct Memory {
        struct Grant {
            let friend: String
            let fields: Set<String>
            let types: Set<String>
            let tokens: [String]
            /// Kept across a restart.
            var isRestored = false
        }
        var grants: [Grant] = []
        /// Whom the parent refused something.
        var denied: Set<String> = []
        /// The parent's word on who may be a friend.
        var friends: [String: Bool] = [:]
    }

    struct Asked {
        let isFriend: Bool
        let about: String
        let to: String
        let fields: [String]
        let types: Set<String>
        let tokens: [String]
        var isVoid = false
    }

    enum Part { case all, gains, losses }

    unowned let world: World
    var memory = Memory()
    /// The roster, as the server told it on this stream; nil before.
    private(set) var told: [String: String]?
    private var asked: [String: Asked] = [:]
    private var readings: [Readout] = []
    /// Requests that have had no answer, by sender and id.
    private(set) var unanswered: [String: Int] = [:]
    /// Who ended it himself.
    private var enders: Set<String> = []
    /// Whom the parent told us to befriend.
    private var befriended: Set<String> = []
    /// What was measured, and when.
    private var measured: [String: (field: String, time: Int64)] = [:]

    /// One readout under way.
    private final class Readout {
        let reader: String, id: String, request: ReadRequest, since: Int64
        var isAccepted = false
        /// The parent was asked since it began.
        var isAsked = false
        init(_ reader: String, _ id: String, _ request: ReadRequest, _ since: Int64) {
            self.reader = reader
            self.id = id
            self.request = request
            self.since = since
        }
    }

    init(world: World) { self.world = world }

    var openReadouts: Int { readings.count }
    func measured(_ value: String, of field: String) { measured[value] = (field, world.now) }

    // MARK: What the Thing has read

    func streamEnded() {
        told = nil
        unanswered = [:]
        readings = []
    }

    /// The Thing starts, with what an earlier run had kept.
    func recall(_ kept: Memory) {
        memory = kept
        for i in memory.grants.indices { memory.grants[i].isRestored = true }
        asked = [:]
        befriended = []
    }

    func read(_ stanza: Stanza, _ part: Part) {
        if part != .losses {
            if stanza.isRequest { unanswered["\(stanza.from) \(stanza.id)", default: 0] += 1 }
            gain(stanza)
        }
        if part != .gains { lose(stanza) }
    }

    private func gain(_ stanza: Stanza) {
        switch stanza.word {
        case .read(let request): readings.append(Readout(stanza.from, stanza.id, request, world.now))
        case .answer(let answer): answered(answer, by: stanza.from)
        case .befriend(let jid): befriended.insert(jid)
        case .roster(let roster): told = roster.merging(told ?? [:]) { new, old in old == "both" ? old : new }
        case .push(let jid, let subscription): if subscription == "both" { told?[jid] = subscription }
        case .unfriend(let jid): enders.insert(jid)
        case .clear, nil: break
        }
        if stanza.name == "presence", stanza.type == "unsubscribe" || stanza.type == "unsubscribed" {
            enders.insert(account(of: stanza.from))
        }
    }

    private func lose(_ stanza: Stanza) {
        switch stanza.word {
        case .clear:
            world.tally.add(.clears)
            if !readings.isEmpty { world.tally.add(.clearsInReadout) }
            memory = Memory()
            for id in asked.keys { asked[id]?.isVoid = true }
        case .unfriend(let jid):
            world.tally.add(.unfriends)
            befriended.remove(jid)
            forget(jid)
            memory.friends[jid] = false
        case .roster(let roster):
            told = roster
            for grant in memory.grants where roster[grant.friend] ?? "none" == "none" { forget(grant.friend) }
        case .push(let jid, let subscription):
            if told?[jid] == "both" && subscription != "both" { world.tally.add(.friendshipsEnded) }
            told?[jid] = subscription
            if subscription == "none" || subscription == "remove" { forget(jid) }
        case .read, .answer, .befriend, nil: break
        }
    }

    private func forget(_ jid: String) {
        if memory.grants.contains(where: { $0.friend == jid }) { world.tally.add(.revocations) }
        memory.grants.removeAll { $0.friend == jid }
    }

    private func answered(_ answer: ParentAnswer, by client: String) {
        guard let question = asked[answer.question], question.to == client else { return }
        guard !question.isVoid else { return world.tally.add(.answersTooLate) }
        // One question, one answer.
        asked[answer.question]?.isVoid = true
        if question.isFriend {
            switch answer.meaning {
            case .nothing: world.tally.add(.noAnswers)
            case .no: memory.friends[question.about] = false
            case .yes, .only: memory.friends[question.about] = true
            }
            return
        }
        let all = Set(question.fields.isEmpty ? People.fields : question.fields)
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
            .init(friend: question.about, fields: granted, types: question.types, tokens: question.tokens))
    }

    // MARK: What the Thing says

    func heard(_ utterance: Utterance) {
        guard case .element(let node, let text) = utterance else {
            if case .garbage(let text) = utterance { world.violation("what the Thing says is not XML: \(text)") }
            return
        }
        world.digest(text)
        world.say("← \(text)")
        let to = node.attributes["to"] ?? ""
        switch node.name {
        case "iq": iq(node, to, text)
        case "presence": presence(node, to)
        case "message": message(node, to, text)
        default: break
        }
    }

    private func isParent(_ jid: String) -> Bool {
        account(of: jid) == world.parentAddress && (world.parentIsComponent || isFriend(jid))
    }
    private func isFriend(_ jid: String) -> Bool { told?[account(of: jid)] == "both" }
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
        let reading = readings.first { $0.reader == to && $0.id == id && !$0.isAccepted }
        guard type == "result" else {
            if let reading { readings.removeAll { $0 === reading } }
            return refused(node, to, isReading: reading != nil, text)
        }
        guard isHome(to) || isParent(to) || isFriend(to) else {
            return world.violation("a result for \(to), who is nobody to us: \(text)")
        }
        if node.child("accepted") != nil, let reading {
            reading.isAccepted = true
            guard !isParent(to) else { return }
            if !reading.isAsked { world.tally.add(.keptDecisions) }
            if !memory.grants.contains(where: { $0.friend == account(of: to) && $0.tokens == reading.request.tokens }) {
                world.violation("a readout was accepted without the parent's leave: \(text)")
            }
        }
    }

    private func refused(_ node: Node, _ to: String, isReading: Bool, _ text: String) {
        guard isReading, let error = node.child("error") else { return }
        world.tally.add(.refusals)
        if error.child("forbidden") != nil, isFriend(to), !memory.denied.contains(account(of: to)), memory.friends[account(of: to)] != false {
            world.violation("\(to) is denied what the parent never denied: \(text)")
        }
        if error.child("remote-server-timeout") != nil { world.tally.add(.noDecisions) }
    }

    private func request(_ node: Node, _ to: String, _ id: String) {
        for kind in ["isFriend", "canRead"] {
            guard let question = node.child(kind) else { continue }
            world.tally.add(.questions)
            if account(of: to) != world.parentAddress { world.violation("\(to), who is not the parent, is asked \(kind)") }
            if asked[id] != nil { world.violation("the id \(id) is used again") }
            asked[id] = Asked(
                isFriend: kind == "isFriend", about: question.attributes["jid"] ?? "", to: to,
                fields: question.children.filter { $0.name == "field" }.compactMap { $0.attributes["name"] },
                types: Set(question.attributes.filter { $0.value == "true" }.keys),
                tokens: People.tokens.map { question.attributes[$0] ?? "" })
            for reading in readings where account(of: reading.reader) == question.attributes["jid"] { reading.isAsked = true }
            world.overheard(id: id, about: question.attributes["jid"] ?? "", kind: kind)
        }
        guard let item = node.child("query")?.child("item") else { return }
        let jid = item.attributes["jid"] ?? ""
        if memory.friends[jid] != false && !enders.contains(jid) {
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
            if memory.friends[to] != false {
                world.violation("\(to) is refused, whom the parent did not refuse")
            }
        default: if !isParent(to) { world.violation("presence for \(to) alone") }
        }
    }

    private func message(_ node: Node, _ to: String, _ text: String) {
        guard isFriend(to) || isParent(to) else {
            return world.violation("a message for \(to), who is no friend: \(text)")
        }
        guard let data = node.child("fields") ?? node.child("failure") else { return }
        let seqnr = data.attributes["seqnr"] ?? ""
        guard let reading = readings.first(where: { $0.reader == to && $0.request.seqnr == seqnr && $0.isAccepted }) else {
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
        world.tally.add(isParent(reading.reader) ? .valuesForParent : .values)
        if !reading.request.fields.isEmpty && !reading.request.fields.contains(name) {
            world.violation("\(name) was not asked for: \(text)")
        }
        if let origin = measured[value.attributes["value"] ?? ""] {
            if origin.field != name { world.violation("a value of \(origin.field) is called \(name): \(text)") }
            if origin.time < reading.since { world.violation("a value from before it was asked for: \(text)") }
        } else {
            world.violation("a value that was never measured: \(text)")
        }
        guard !isParent(reading.reader) else { return }
        let friend = account(of: reading.reader)
        let grants = memory.grants.filter {
            $0.friend == friend && $0.fields.contains(name) && $0.types.contains("momentary") && $0.tokens == reading.request.tokens
        }
        if !grants.isEmpty && grants.allSatisfy(\.isRestored) { world.tally.add(.valuesByKeptRecord) }
        if grants.isEmpty { world.violation("\(friend) gets \(name) without a permission that stands: \(text)") }
    }
}
