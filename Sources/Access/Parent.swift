import Fixed
import XMPP

/// The Thing's best friend: who decides for it. An account, seen by its presence
/// and perhaps online with several clients at once, or a component of a server.
public struct Parent: ~Copyable {
    private struct Client: Sendable {
        var resource = JID.Resource()
        var priority = 0
        /// It said that it knows nothing of such questions.
        var deaf = false
    }

    public enum Change: Equatable { case none, arrived, left }

    /// Empty while the Thing is unclaimed.
    public private(set) var address: BareJID
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

    /// Whom to put a question to: of those not found deaf the one with the
    /// highest priority, the latest to arrive among equals.
    public var target: JID? {
        guard exists else { return nil }
        if isComponent { return JID(bare: address) }
        var best: Int?
        for i in clients.indices where !clients[i].deaf {
            if let found = best, clients[found].priority > clients[i].priority { continue }
            best = i
        }
        return best.map { JID(bare: address, resource: clients[$0].resource) }
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
        for i in clients.indices where clients[i].resource == jid.resource { clients[i].deaf = true }
    }
}
