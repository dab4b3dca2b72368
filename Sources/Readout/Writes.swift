import Access
import Fixed
import XML
import XMPP

/// A write under way for one client, or a form that shows what it may write.
public struct Write: Sendable {
    /// Who is told what came of it.
    public enum Answer: Sendable {
        /// The request was an IQ.
        case iq
        /// The request was words in a chat.
        case chat
        /// The request was a message, or the stream it came by is gone.
        case nobody
    }

    public enum Step: Sendable {
        /// The parent is asked under this ticket.
        case asking(UInt32)
        /// Allowed; others are before it.
        case waiting
        /// The present values are being read.
        case reading
        /// The parameters before this place are set; this one is next, or being set.
        case setting(Int)
        /// The parameters up to this place are still to be set back.
        case restoring(Int)
    }

    /// Why it ends without having been done.
    public enum Fault: Sendable {
        /// The output at this place did not take its value.
        case failed(Int, Failure)
        /// The permit fell while it was being done.
        case revoked
    }

    public let requester: JID
    public let id: Text<128>
    public var answer: Answer
    public var settings: Settings
    public let isForm: Bool
    public let namesUnknown: Bool
    public var permit: Permit?
    public var step: Step
    public var fault = Fault.revoked
    /// Not all of what was wanted was allowed.
    public var isPartial = false
    /// Something that was set could not be set back.
    public var isHalfDone = false
}

/// The writes under way, from question to answer. One of them acts at a time, in the order
/// in which they came: whoever sets something back undoes nobody else's work.
public struct Writes: ~Copyable {
    /// At once, in all and for each friend.
    public static var capacity: Int { 4 }
    public static var perFriend: Int { 2 }

    private let place = InPlace()
    /// To be looked at by places that functions of this table give, until one is removed.
    public var underway = List<4, Write>(filler: Write(JID(), Text(), .nobody, ControlRequest(0, nil), .waiting))
    /// The output that is being set.
    public var order = Order()

    /// Fields whose present values are awaited, and those of them that were not asked for yet.
    private var missing = FieldSet()
    private var wanted = FieldSet()
    private var until = Instant(milliseconds: 0)

    public init() {}

    /// There is no place for another write of this friend.
    public func isFull(for address: BareJID) -> Bool {
        var own = 0
        for i in underway.indices where underway[i].requester.bare == address { own &+= 1 }
        return underway.isFull || own >= Self.perFriend
    }

    /// A write that is allowed, or that the parent is asked about.
    public mutating func begin(
        _ request: borrowing ControlRequest, by jid: JID, id: Text<128>, _ answer: Write.Answer, _ step: Write.Step,
        permit: Permit?
    ) {
        var write = Write(jid, id, answer, request, step)
        write.permit = permit
        underway.append(write)
    }

    /// A write that waits for the answer under that ticket.
    public func index(asking ticket: UInt32) -> Int? {
        for i in underway.indices {
            if case .asking(ticket) = underway[i].step { return i }
        }
        return nil
    }

    /// Whose turn it is: the one that acts, else the first that may.
    public var turn: Int? {
        var first: Int?
        for i in underway.indices {
            switch underway[i].step {
            case .asking: continue
            case .waiting: if first == nil { first = i }
            case .reading, .setting, .restoring: return i
            }
        }
        return first
    }

    /// Nobody is there to be answered any more. What has begun to act is still brought to an end.
    public mutating func strandAll() {
        var i = underway.count
        while i > 0 {
            i &-= 1
            switch underway[i].step {
            case .asking, .waiting, .reading: underway.remove(at: i)
            case .setting, .restoring: underway[i].answer = .nobody
            }
        }
        missing = FieldSet()
        wanted = FieldSet()
    }

    // MARK: Present values

    /// Asks for what the parameters of the write at `index` are now.
    public mutating func read(_ index: Int, now: Instant) {
        underway[index].step = .reading
        missing = underway[index].settings.fields
        wanted = missing
        until = now + Sampler.patience
    }

    /// What the platform is to read now; empty where nothing.
    public mutating func takeRequest() -> FieldSet {
        let fields = wanted
        wanted = FieldSet()
        return fields
    }

    /// A field was read, for whomever.
    public mutating func sampled(_ index: Int, _ reading: Reading, _ output: Output?) {
        guard missing.contains(index), !wanted.contains(index) else { return }
        missing.remove(index)
        guard let turn, case .value(let value, _) = reading else { return }
        for i in underway[turn].settings.indices where Int(underway[turn].settings[i].field) == index {
            underway[turn].settings[i].before = output?.steps(value)
        }
    }

    /// All present values are there that will come.
    public func isRead(now: Instant) -> Bool { missing.isEmpty || until <= now }

    /// What did not come is not waited for any longer.
    public mutating func stopReading() {
        missing = FieldSet()
        wanted = FieldSet()
    }

    public var wake: Wake {
        if !wanted.isEmpty { return .now }
        return missing.isEmpty ? order.wake : order.wake.earlier(.at(until))
    }
}

extension Write {
    init(_ requester: JID, _ id: Text<128>, _ answer: Answer, _ request: borrowing ControlRequest, _ step: Step) {
        self.requester = requester
        self.id = id
        self.answer = answer
        settings = request.settings
        isForm = request.isForm
        namesUnknown = request.namesUnknown
        self.step = step
    }
}
