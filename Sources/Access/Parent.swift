import Fixed
import XML
import XMPP

/// The Thing's best friend: who decides for it. An account, seen by its presence
/// and perhaps online with several clients at once, or a component of a server.
///
/// A client that announces XEP-0324 is asked by the questions of that protocol. Where
/// none of them does, there is a person behind them, who is asked in words.
public struct Parent: ~Copyable {
    private enum Kind: Sendable {
        /// It is to be asked what it is.
        case new
        case asked(id: Text<24>, until: Instant)
        /// It announces provisioning.
        case service
        /// It announced it, and then knew nothing of our question.
        case deaf
        /// A chat client: it announces nothing of the kind, or does not say what it is.
        case person
    }

    private struct Client: Sendable {
        var resource = JID.Resource()
        var priority = 0
        var kind = Kind.new
    }

    public enum Change: Equatable { case none, arrived, left }

    /// How the parent is to be spoken to, as far as we know.
    public enum Voice: Sendable {
        /// By questions of XEP-0324 to this very address.
        case service(JID)
        /// In words, to its bare address.
        case person
        /// Somebody is there; what, is being found out.
        case unknown
        case away
    }

    /// How long a client may take to say what it is.
    public static var discoveryPatience: Interval { .seconds(10) }

    /// Empty while the Thing is unclaimed.
    public private(set) var address: BareJID
    private let place = InPlace()
    private var clients = List<8, Client>(filler: Client())

    public init(_ address: BareJID) { self.address = address }

    public var exists: Bool { !address.isEmpty }
    /// A component has neither roster nor presence: it is asked at its own address.
    public var isComponent: Bool { exists && address.isDomain }
    /// Somebody is there to be asked, as far as we know.
    public var isOnline: Bool { isComponent || !clients.isEmpty }

    /// Another parent, from another configuration.
    public mutating func replace(_ address: BareJID) {
        self.address = address
        clients.removeAll()
    }

    /// We are offline ourselves: what we knew of its presence is void.
    public mutating func forgetPresence() { clients.removeAll() }

    /// Whom to put a question of XEP-0324 to: of the clients that announced it the one
    /// with the highest priority, the latest to arrive among equals.
    public var target: JID? {
        guard exists else { return nil }
        if isComponent { return JID(bare: address) }
        guard let best else { return nil }
        return JID(bare: address, resource: clients[best].resource)
    }

    /// There is a target: asked far more often than which, and an address is long.
    public var hasTarget: Bool { isComponent || exists && best != nil }

    private var best: Int? {
        var best: Int?
        for i in clients.indices {
            guard case .service = clients[i].kind else { continue }
            if let found = best, clients[found].priority > clients[i].priority { continue }
            best = i
        }
        return best
    }

    public var voice: Voice {
        if let target { return .service(target) }
        if !isOnline { return .away }
        var person = false
        for i in clients.indices {
            switch clients[i].kind {
            case .new, .asked: return .unknown
            case .person: person = true
            case .service, .deaf: break
            }
        }
        return person ? .person : .away
    }

    /// Presence from the parent's account.
    public mutating func presence(from jid: JID, available: Bool, priority: Int) -> Change {
        guard jid.bare == address, exists, !isComponent else { return .none }
        guard available else {
            let wasOnline = isOnline
            var i = clients.count
            while i > 0 {
                i &-= 1
                // Without a resource it speaks for all of them.
                if jid.isBare || clients[i].resource == jid.resource { clients.remove(at: i) }
            }
            return wasOnline && !isOnline ? .left : .none
        }
        guard !jid.isBare else { return .none }
        for i in clients.indices where clients[i].resource == jid.resource {
            clients[i].priority = priority
            return .none
        }
        // More clients than places: the first gives way, the newest is likeliest to answer.
        if clients.isFull { clients.remove(at: 0) }
        clients.append(Client(resource: jid.resource, priority: priority))
        return .arrived
    }

    /// It answered that it does not know such questions: the next one is asked instead.
    /// A component has nobody else, and stays asked.
    public mutating func isDeaf(_ jid: JID) {
        for i in clients.indices where clients[i].resource == jid.resource { clients[i].kind = .deaf }
    }

    // MARK: What its clients are

    /// A client of which we do not know what it is; `asked` records that it was asked.
    public var unknownClient: JID? {
        guard let unknown else { return nil }
        return JID(bare: address, resource: clients[unknown].resource)
    }

    public var hasUnknownClient: Bool { unknown != nil }

    private var unknown: Int? {
        for i in clients.indices {
            if case .new = clients[i].kind { return i }
        }
        return nil
    }

    /// A client has been asked by service discovery (XEP-0030) under `id`.
    public mutating func asked(_ jid: JID, id: Text<24>, now: Instant) {
        for i in clients.indices where clients[i].resource == jid.resource {
            clients[i].kind = .asked(id: id, until: now + Self.discoveryPatience)
        }
    }

    /// Takes the answer of a client that was asked what it is. False where `iq` is none.
    public mutating func discovered(by iq: borrowing Element) -> Bool {
        guard let from = JID(iq.value("from")), from.bare == address else { return false }
        for i in clients.indices where clients[i].resource == from.resource {
            guard case .asked(let id, _) = clients[i].kind, iq.value("id").equals(id.bytes) else { continue }
            clients[i].kind = announcesProvisioning(iq) ? .service : .person
            return true
        }
        return false
    }

    private func announcesProvisioning(_ iq: borrowing Element) -> Bool {
        guard iq.value("type", is: "result"), let query = iq.child("query", Namespace.discoInfo) else { return false }
        var next = query.firstChild
        while let feature = next {
            if feature.name.equals("feature") && feature.value("var").equals(Provisioning.namespace) { return true }
            next = feature.next(in: query)
        }
        return false
    }

    /// Who did not say in time what it is, is taken for a person. True where that was so.
    public mutating func discoveryIsOverdue(now: Instant) -> Bool {
        var overdue = false
        for i in clients.indices {
            if case .asked(_, let until) = clients[i].kind, until <= now {
                clients[i].kind = .person
                overdue = true
            }
        }
        return overdue
    }

    public var wake: Wake {
        var wake = Wake.onInput
        for i in clients.indices {
            switch clients[i].kind {
            case .new: return .now
            case .asked(_, let until): wake = wake.earlier(.at(until))
            case .service, .deaf, .person: break
            }
        }
        return wake
    }
}
