import Fixed
import XML
import XMPP

/// A question put to the parent, for whose answer we wait.
public struct Question: Sendable {
    /// How long the parent may think.
    public static var patience: Interval { .seconds(30) }

    public let id: Text<24>
    public let to: JID
    public let deadline: Instant
    /// The access table's epoch when it was asked.
    public let epoch: UInt32

    /// Nobody's, for unused places: it is answered by nothing.
    public init() { self.init(id: Text(), to: JID(), epoch: 0, now: Instant(milliseconds: 0)) }

    public init(id: Text<24>, to: JID, epoch: UInt32, now: Instant) {
        self.id = id
        self.to = to
        self.epoch = epoch
        deadline = now + Self.patience
    }

    /// True where it was put to `jid`, or to any client of it where that has no resource.
    public func isFor(_ jid: JID) -> Bool { jid.isBare ? to.bare == jid.bare : to == jid }

    /// True where `iq` answers this question: the id, and the very address that was asked.
    @inline(never)
    public func isAnswered(by iq: borrowing Element) -> Bool {
        guard iq.value("id").equals(id.bytes), let from = JID(iq.value("from")) else { return false }
        return from == to
    }
}
