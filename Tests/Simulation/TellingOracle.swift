import Support

/// Judges what is told unasked, and in words: events to those who subscribed to them and
/// are there, rows of values to those who chat.
final class TellingOracle {
    private unowned let oracle: Oracle
    private var world: Gate { oracle.world }
    private var subscriptions: [Oracle.Readout] = []
    /// Clients that are online, as far as the Thing can know.
    private var present: Set<String> = []

    /// What was to be set, by whom.
    private var wishes: Set<String> = []

    init(oracle: Oracle) { self.oracle = oracle }

    func wanted(_ request: ReadRequest, by jid: String, id: String) {
        subscriptions.removeAll { $0.reader == jid && $0.request.seqnr == request.seqnr }
        let subscription = Oracle.Readout(jid, id, request, world.now)
        subscription.isSubscription = true
        subscriptions.append(subscription)
        // Who speaks is there.
        present.insert(jid)
    }

    func gain(_ stanza: Stanza) {
        if case .set(let request) = stanza.word {
            for (name, value) in request.settings { wishes.insert("\(account(of: stanza.from)) \(name) \(value)") }
        }
        if stanza.name == "presence", stanza.type == "" { present.insert(stanza.from) }
    }

    func lose(_ stanza: Stanza) {
        if case .unsubscribe(let seqnr) = stanza.word {
            subscriptions.removeAll { $0.reader == stanza.from && $0.request.seqnr == seqnr }
        }
        if stanza.name == "presence", stanza.type == "" { present.insert(stanza.from) }
        if stanza.name == "presence", stanza.type == "unavailable" {
            present = present.filter { $0 != stanza.from && account(of: $0) != stanza.from }
        }
    }

    func streamEnded() { present = [] }
    func powerCut() { subscriptions = [] }
    func forget(_ jid: String) { subscriptions.removeAll { account(of: $0.reader) == jid } }

    func answered(_ node: Node, to jid: String, id: String) {
        guard let i = subscriptions.firstIndex(where: { $0.reader == jid && $0.id == id && !$0.isAccepted }) else { return }
        if node.child("accepted") != nil {
            world.tally.add(.subscriptions)
            subscriptions[i].isAccepted = true
        } else {
            subscriptions.remove(at: i)
        }
    }

    /// The subscription that an event for this client belongs to.
    func subscription(of jid: String, _ seqnr: String, _ text: String) -> Oracle.Readout? {
        guard let subscription = subscriptions.first(where: { $0.reader == jid && $0.request.seqnr == seqnr && $0.isAccepted })
        else { return nil }
        world.tally.add(.events)
        if !present.contains(jid) { world.violation("an event for \(jid), who is not there: \(text)") }
        return subscription
    }

    /// A message in words. Rows of a table tell values: "Temperature, 23, °C", or a time in front.
    func said(_ body: String, to jid: String, _ text: String) {
        for line in body.split(whereSeparator: \.isNewline) {
            let columns = line.split(separator: "\t").map(String.init)
            guard let at = columns.firstIndex(where: { People.fields.contains($0) }), columns.count > at + 1 else { continue }
            world.tally.add(.rows)
            let name = columns[at]
            // What somebody wanted to be set is told to him, and to nobody else.
            if wishes.contains("\(account(of: jid)) \(name) \(columns[at + 1])") { continue }
            if !oracle.permits(.read, name, to: jid, tokens: ["", "", ""]) {
                world.violation("\(jid) is told of \(name) without a permission that stands: \(text)")
            }
        }
    }
}
