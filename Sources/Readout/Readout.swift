import Access
import Fixed
import XMPP

/// A readout under way for one client, from its request to its last message.
public struct Readout: Sendable {
    enum Step: Sendable {
        /// The parent is asked under this ticket.
        case asking(UInt32)
        /// Allowed, and begins at the time that the request names.
        case scheduled
        /// That time has come.
        case starting
        /// What was kept is told, from that place of the history on.
        case recounting(History.Place)
        /// Waits for a pass over the sensors.
        case waiting
        /// In the running pass.
        case sampling
        /// What the pass brought is told: how far fields and failures have got.
        case writing(fields: Int, failures: Int)
    }

    /// The very client that asked, and its name for the asking.
    public let requester: JID
    public let id: Text<128>
    public let request: ReadoutRequest
    var step: Step
    /// Before each message it must still stand.
    var permit: Permit?
    /// The request has its answer: only messages are left.
    public internal(set) var isAccepted = false

    init(requester: JID, id: Text<128>, request: ReadoutRequest, step: Step, permit: Permit? = nil) {
        self.requester = requester
        self.id = id
        self.request = request
        self.step = step
        self.permit = permit
    }

    /// Nobody's, for unused places.
    init() { self.init(requester: JID(), id: Text(), request: ReadoutRequest(), step: .asking(0)) }
}

extension StanzaError {
    /// Why a readout cannot be put off until `when`; nil where it can.
    public static func scheduling(_ when: DateTime, at time: DateTime) -> StanzaError? {
        guard time.isSet else { return StanzaError(.wait, "not-acceptable", "my clock is not set") }
        guard when.unixSeconds > time.unixSeconds &+ Readouts.foresight.milliseconds / 1000 else { return nil }
        return StanzaError(.modify, "not-acceptable", "readouts are put off for 24 hours at most")
    }
}
