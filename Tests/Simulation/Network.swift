/// The servers, and what goes between them: RFC 6121 as far as a Thing and its
/// people see of it, and stanzas that are as late as they like, but in order.
final class Network {
    unowned let world: World
    private var members: [String: Member] = [:]
    private var lines: [String: Line] = [:]

    init(world: World) { self.world = world }

    /// An account, or a component; made on first mention.
    func member(_ address: String) -> Member {
        if let known = members[address] { return known }
        let new = Member(address)
        members[address] = new
        return new
    }

    /// `stanza` came from a client: its server puts in the sender and does its part.
    func sent(_ original: Stanza, by client: Client) {
        var stanza = original
        stanza.from = client.address
        let member = client.member
        switch stanza.name {
        case "presence": presence(stanza, by: client)
        case "iq" where stanza.to.isEmpty || stanza.to == member.address || stanza.to == member.domain:
            request(stanza, by: client)
        default: route(stanza)
        }
    }

    /// From one server to the other.
    private func route(_ stanza: Stanza) {
        let key = "\(account(of: stanza.from))>\(account(of: stanza.to))"
        let time = lines[key, default: Line()].arrival(world.now, latency: world.customs.betweenServers(&world.dice))
        world.at(time) { [unowned self] in arrived(stanza) }
    }

    private func arrived(_ stanza: Stanza) {
        guard let member = members[account(of: stanza.to)] else {
            if stanza.isRequest { route(stanza.bounce) }
            return
        }
        switch stanza.name {
        case "presence": inbound(stanza, member)
        case "iq":
            if let client = member.client(at: stanza.to) { client.receive(stanza) } else if stanza.isRequest { route(stanza.bounce) }
        default: message(stanza, member)
        }
    }

    private func message(_ stanza: Stanza, _ member: Member) {
        if let client = member.client(at: stanza.to) { return client.receive(stanza) }
        guard stanza.type != "error" else { return }
        let best = member.clients.filter { $0.available && $0.priority >= 0 }
        if let client = best.max(by: { $0.priority < $1.priority }) { return client.receive(stanza) }
        guard world.customs.keepsOffline, !member.isComponent else { return }
        var late = stanza
        late.inner += "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>"
        // Words that come late are no orders, and nothing is set by them.
        if late.inner.hasPrefix("<body>") {
            // A KEY is none the worse for it.
            if case .deed(.claim) = late.word {} else { late.word = nil }
        }
        if case .set = late.word { late.word = nil }
        member.offline.append(late)
    }

    // MARK: What a server does for its own

    private func request(_ stanza: Stanza, by client: Client) {
        let member = client.member
        guard let node = stanza.node, let query = node.children.first else { return }
        var reply = Stanza(name: "iq", type: "result", id: stanza.id, to: client.address)
        switch (stanza.type, query.name, query.namespace) {
        case ("get", "query", Space.roster):
            client.interested = true
            reply.word = .roster(member.roster)
            if query.attributes["ver"] != member.versionName || !world.customs.versions {
                let items = member.items.keys.sorted().compactMap { member.itemXML($0) }.joined()
                let version = world.customs.versions ? " ver='\(member.versionName)'" : ""
                reply.inner = "<query xmlns='\(Space.roster)'\(version)>\(items)</query>"
            }
        case ("set", "query", Space.roster):
            if let item = query.child("item"), item.attributes["subscription"] == "remove" {
                remove(item.attributes["jid"] ?? "", of: member)
            }
        case (_, "ping", _): break
        case ("get", _, _), ("set", _, _):
            reply.type = "error"
            reply.inner = stanza.bounce.inner
        default: return
        }
        client.receive(reply)
    }

    private func presence(_ stanza: Stanza, by client: Client) {
        let member = client.member
        switch stanza.type {
        case "", "unavailable":
            guard stanza.to.isEmpty else {
                client.directed.insert(stanza.to)
                return route(stanza)
            }
            if stanza.type == "" {
                let isFirst = !client.available
                client.available = true
                client.priority = stanza.node?.child("priority").flatMap { Int($0.text) } ?? client.priority
                client.presence = stanza.inner
                broadcast(client)
                if isFirst { welcome(client) }
            } else {
                gone(client)
            }
        case "subscribe", "subscribed", "unsubscribe", "unsubscribed":
            outbound(stanza, from: member, to: account(of: stanza.to))
        default: route(stanza)
        }
    }

    private func broadcast(_ client: Client) {
        for contact in client.member.contacts(where: \.seen) { route(client.announcement(to: contact)) }
    }

    /// A client has come online: whom it sees is asked for, and who waits is named again.
    private func welcome(_ client: Client) {
        let member = client.member
        for contact in member.contacts(where: \.sees) {
            route(Stanza(name: "presence", type: "probe", from: member.address, to: contact))
        }
        for contact in member.contacts(where: \.pending) {
            client.receive(member.requests[contact] ?? Stanza(name: "presence", type: "subscribe", from: contact, to: member.address))
        }
        for late in member.offline { client.receive(late) }
        member.offline = []
    }

    /// It says goodbye, or its server does.
    private func gone(_ client: Client) {
        guard client.available else { return }
        client.available = false
        let told = Set(client.member.contacts(where: \.seen)).union(client.directed)
        for contact in told.sorted() {
            route(Stanza(name: "presence", type: "unavailable", from: client.address, to: contact))
        }
    }

    /// The client's stream is over.
    func ended(_ client: Client) {
        gone(client)
        client.member.clients.removeAll { $0 === client }
    }

    // MARK: Subscriptions (RFC 6121 §3 and appendix A)

    private func outbound(_ stanza: Stanza, from member: Member, to contact: String) {
        let type = stanza.type
        var item = member.items[contact] ?? Item()
        switch type {
        case "subscribe":
            if !item.sees { item.asks = true }
        case "subscribed":
            // Nobody asked: without pre-approval there is nothing to approve.
            guard item.pending else { return }
            item.pending = false
            item.seen = true
        case "unsubscribe":
            guard item.sees || item.asks else { return }
            item.sees = false
            item.asks = false
        default:
            guard item.seen || item.pending else { return }
            item.seen = false
            item.pending = false
        }
        member.set(item, for: contact)
        if type == "unsubscribed" { leave(member, contact) }
        route(Stanza(name: "presence", type: type, from: member.address, to: contact, inner: stanza.inner, word: stanza.word))
        if type == "subscribed" {
            for client in member.clients where client.available { route(client.announcement(to: contact)) }
        }
    }

    private func leave(_ member: Member, _ contact: String) {
        for client in member.clients where client.available {
            route(Stanza(name: "presence", type: "unavailable", from: client.address, to: contact))
        }
    }

    private func remove(_ contact: String, of member: Member) {
        guard let item = member.items[contact] else { return }
        if item.sees || item.asks { route(Stanza(name: "presence", type: "unsubscribe", from: member.address, to: contact)) }
        if item.seen || item.pending {
            leave(member, contact)
            route(Stanza(name: "presence", type: "unsubscribed", from: member.address, to: contact))
        }
        member.set(nil, for: contact)
    }

    private func inbound(_ stanza: Stanza, _ member: Member) {
        let contact = account(of: stanza.from)
        if member.isComponent {
            for client in member.clients { client.receive(stanza) }
            return
        }
        var item = member.items[contact] ?? Item()
        switch stanza.type {
        case "subscribe":
            if item.seen {
                return route(Stanza(name: "presence", type: "subscribed", from: member.address, to: contact))
            }
            item.pending = true
            member.requests[contact] = stanza
            member.set(item, for: contact)
        case "subscribed":
            guard item.asks else { return }
            item.asks = false
            item.sees = true
            member.set(item, for: contact)
        case "unsubscribe":
            guard item.seen || item.pending else { return }
            item.seen = false
            item.pending = false
            member.set(item, for: contact)
            leave(member, contact)
        case "unsubscribed":
            guard item.sees || item.asks else { return }
            item.sees = false
            item.asks = false
            member.set(item, for: contact)
        case "probe":
            guard item.seen else {
                return route(Stanza(name: "presence", type: "unsubscribed", from: member.address, to: contact))
            }
            for client in member.clients where client.available { route(client.announcement(to: contact)) }
            return
        default:
            if let client = member.client(at: stanza.to) { return client.receive(stanza) }
        }
        // A change of subscription is for whoever follows the roster; the rest for who is there.
        let isChange = ["subscribed", "unsubscribe", "unsubscribed"].contains(stanza.type)
        for client in member.clients where client.available || isChange && client.interested { client.receive(stanza) }
    }
}
