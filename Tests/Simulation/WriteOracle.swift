import Support

/// Parameters that somebody wants set, or the form for it.
struct SetRequest {
    var settings: [String: String] = [:]
    var tokens = ["", "", ""]
    var isForm = false
}

/// Judges what is done to outputs: each by a grant that stands, for whoever wants it,
/// and set back where it does not come to its end.
final class WriteOracle {
    private final class Change {
        let requester: String, id: String, request: SetRequest, since: Int64
        /// What has been done of it, with the values before.
        var done: [(name: String, before: String)] = []
        /// Its stream is gone: it may be undone, and no more.
        var isStranded = false
        init(_ requester: String, _ id: String, _ request: SetRequest, _ since: Int64) {
            self.requester = requester
            self.id = id
            self.request = request
            self.since = since
        }
    }

    private unowned let oracle: Oracle
    private var world: Gate { oracle.world }
    private var changes: [Change] = []

    init(oracle: Oracle) { self.oracle = oracle }

    func wanted(_ request: SetRequest, by jid: String, id: String) {
        changes.removeAll { ($0.isStranded || $0.id.isEmpty) && $0.since + 300_000 < world.now }
        changes.append(Change(jid, id, request, world.now))
    }

    func streamEnded() { for change in changes { change.isStranded = true } }
    func powerCut() { changes = [] }

    private func mayWrite(_ change: Change, _ name: String) -> Bool {
        oracle.permits(.write, name, to: change.requester, tokens: change.request.tokens)
    }

    /// The platform is to set an output that is `before` now.
    func setting(_ name: String, to value: String, before: String) {
        for change in changes where !change.isStranded && change.request.settings[name] == value {
            guard !change.done.contains(where: { $0.name == name }), mayWrite(change, name) else { continue }
            change.done.append((name, before))
            world.tally.add(.writes)
            return
        }
        for change in changes {
            guard let i = change.done.lastIndex(where: { $0.name == name && $0.before == value }) else { continue }
            change.done.remove(at: i)
            world.tally.add(.setBack)
            return
        }
        world.violation("\(name) is set to \(value), which nobody wants who may")
    }

    /// It did not take the value.
    func failed(_ name: String, _ value: String) {
        for change in changes where change.request.settings[name] == value {
            guard let i = change.done.lastIndex(where: { $0.name == name }) else { continue }
            change.done.remove(at: i)
            return
        }
    }

    func answered(_ node: Node, to jid: String, id: String, _ text: String) {
        guard !id.isEmpty, let i = changes.firstIndex(where: { $0.requester == jid && $0.id == id && !$0.isStranded }) else { return }
        let change = changes.remove(at: i)
        guard node.attributes["type"] == "result" else {
            // Nothing of it is left, or it is said.
            if !change.done.isEmpty && !text.contains("not all outputs could be set back") {
                world.violation("a write that was refused left \(change.done.map(\.name)) as it wanted: \(text)")
            }
            return
        }
        if change.request.isForm {
            world.tally.add(.forms)
            for field in node.all("field") {
                if let name = field.attributes["var"], field.attributes["type"] != "hidden", !mayWrite(change, name) {
                    world.violation("a form for \(jid) shows \(name) without leave: \(text)")
                }
            }
            return
        }
        let listed = node.all("parameter").compactMap { $0.attributes["name"] }
        for name in listed.isEmpty ? change.request.settings.keys.sorted() : listed where !change.done.contains(where: { $0.name == name }) {
            world.violation("\(name) was not set, though it is said: \(text)")
        }
        for (name, _) in change.done where !listed.isEmpty && !listed.contains(name) {
            world.violation("\(name) was set, and it is not said: \(text)")
        }
    }
}
