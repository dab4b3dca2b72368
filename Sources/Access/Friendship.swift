import Fixed
import XML
import XMPP

/// Who would like to be a friend, and has not been answered yet.
///
/// Pending is not denied: a request stays until the parent has said yes or no,
/// however long it is away.
public struct Friendship: ~Copyable {
    private enum Step: Sendable {
        /// To be asked when the time comes and the parent is there.
        case waiting(from: Instant)
        case asked(Question)
    }

    private struct Request: Sendable {
        var address = BareJID()
        var step = Step.waiting(from: Instant(milliseconds: 0))
        /// How long to wait after the next silence.
        var patience = Friendship.firstRetry
        /// What a person as parent answers it by; 0 until it has been shown.
        var number: UInt32 = 0
        var isTold = false
    }

    /// What a friend request comes to at once.
    public enum SubscribeAction: Equatable {
        /// It is the parent itself.
        case approve
        /// Nobody is there who could ever allow it.
        case refuse
        /// It waits for the parent.
        case wait
        /// It waits already.
        case waitsAlready
        /// There is no place for another; the asker is told to try later.
        case full
    }

    /// What came of a question.
    public enum Outcome: Equatable {
        case approve(BareJID), refuse(BareJID)
        /// No decision: asked again later.
        case undecided(BareJID)
    }

    /// Requests that can wait at once.
    public static var capacity: Int { 16 }
    static var firstRetry: Interval { .minutes(1) }
    static var lastRetry: Interval { .minutes(15) }

    private var requests = List<16, Request>(filler: Request())

    public init() {}

    public var count: Int { requests.count }

    /// `<presence type='subscribe'/>` from `address`.
    public mutating func subscribeReceived(
        from address: BareJID, parent: borrowing Parent, hasRoom: Bool, now: Instant
    ) -> SubscribeAction {
        guard parent.exists else { return .refuse }
        if address == parent.address { return .approve }
        for i in requests.indices where requests[i].address == address { return .waitsAlready }
        guard hasRoom, !requests.isFull else { return .full }
        requests.append(Request(address: address, step: .waiting(from: now)))
        return .wait
    }

    /// The one who asked does not want it any more, or it has been settled. False
    /// where nobody of that address was waiting.
    @discardableResult
    public mutating func withdraw(_ address: BareJID) -> Bool {
        for i in requests.indices where requests[i].address == address {
            requests.remove(at: i)
            return true
        }
        return false
    }

    /// Nobody waits any more; whoever did is overwritten.
    public mutating func removeAll() { requests.removeAll() }

    /// Offline, or another parent: questions under way will not be answered.
    public mutating func forgetQuestions(now: Instant) {
        for i in requests.indices {
            if case .asked = requests[i].step { requests[i].step = .waiting(from: now) }
        }
    }

    /// One of the parent's clients went without an answer: it is asked again, elsewhere.
    public mutating func clientLeft(_ jid: JID, now: Instant) {
        for i in requests.indices {
            if case .asked(let question) = requests[i].step, question.isFor(jid) {
                requests[i].step = .waiting(from: now)
            }
        }
    }

    /// The parent is back: whoever waits is asked about now.
    public mutating func parentReturned(now: Instant) {
        for i in requests.indices {
            if case .waiting = requests[i].step {
                requests[i].step = .waiting(from: now)
                requests[i].patience = Self.firstRetry
            }
        }
    }

    /// The next one about whom the parent is to be asked now; `asked` records that it was.
    public func next(now: Instant) -> BareJID? {
        guard let due = due(now: now) else { return nil }
        return requests[due].address
    }

    /// There is one about whom the parent is to be asked now.
    public func hasNext(now: Instant) -> Bool { due(now: now) != nil }

    private func due(now: Instant) -> Int? {
        for i in requests.indices {
            if case .waiting(let from) = requests[i].step, from <= now { return i }
        }
        return nil
    }

    /// The question about `address` has been sent.
    public mutating func asked(_ address: BareJID, _ question: Question) {
        for i in requests.indices where requests[i].address == address { requests[i].step = .asked(question) }
    }

    /// Whether `iq` answers one of ours, and what it comes to. An error or an
    /// answer about somebody else is no decision; `isDeaf` errors are asked again at once.
    public mutating func answered(by iq: borrowing Element, deaf: Bool, now: Instant) -> Outcome? {
        for i in requests.indices {
            guard case .asked(let question) = requests[i].step, question.isAnswered(by: iq) else { continue }
            let address = requests[i].address
            guard let yes = Provisioning.verdict(in: iq, "isFriendResponse", about: address) else {
                postpone(i, deaf ? now : now + requests[i].patience)
                return .undecided(address)
            }
            requests.remove(at: i)
            return yes ? .approve(address) : .refuse(address)
        }
        return nil
    }

    /// A question whose answer did not come in time, if there is one.
    public mutating func overdue(now: Instant) -> BareJID? {
        for i in requests.indices {
            if case .asked(let question) = requests[i].step, question.deadline <= now {
                postpone(i, now + requests[i].patience)
                return requests[i].address
            }
        }
        return nil
    }

    /// When there is something to do. Without a parent to ask, waiting needs no clock.
    public func wake(parentIsThere: Bool) -> Wake {
        var wake = Wake.onInput
        for i in requests.indices {
            switch requests[i].step {
            case .asked(let question): wake = wake.earlier(.at(question.deadline))
            case .waiting(let from): if parentIsThere { wake = wake.earlier(.at(from)) }
            }
        }
        return wake
    }

    // MARK: A person as parent

    /// The one who asked, at a place below `count`.
    public func address(_ index: Int) -> BareJID { requests[index].address }
    public func number(_ index: Int) -> UInt32 { requests[index].number }
    public func isTold(_ index: Int) -> Bool { requests[index].isTold }

    /// Who is answered about by that number.
    public func address(numbered number: UInt32) -> BareJID? {
        guard number != 0 else { return nil }
        for i in requests.indices where requests[i].number == number { return requests[i].address }
        return nil
    }

    /// The request is shown to the parent, under a number of its own.
    public mutating func show(_ index: Int, number: UInt32) {
        requests[index].number = number
        requests[index].isTold = true
    }

    /// The parent went, or is another one: who waits will be told of again.
    public mutating func forgetTelling() {
        for i in requests.indices { requests[i].isTold = false }
    }

    private mutating func postpone(_ index: Int, _ until: Instant) {
        requests[index].step = .waiting(from: until)
        requests[index].patience = min(
            .milliseconds(requests[index].patience.milliseconds &* 2), Self.lastRetry)
    }
}
