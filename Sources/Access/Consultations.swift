import Fixed
import XML
import XMPP

/// A question to the parent about what a friend wants, and for whose answer whatever
/// the friend asked for waits under the ticket.
public struct Consultation: Sendable {
    public let ticket: UInt32
    public let friend: BareJID
    /// The friendship it is about; an answer that comes in another is none.
    public let seal: UInt32
    public let inquiry: Inquiry
    public var question: Question

    public init(ticket: UInt32, friend: BareJID, seal: UInt32, inquiry: Inquiry, question: Question) {
        self.ticket = ticket
        self.friend = friend
        self.seal = seal
        self.inquiry = inquiry
        self.question = question
    }
}

/// The questions about friends that the parent has not answered yet. The same
/// question is put once, however many wait for its answer.
public struct Consultations: ~Copyable {
    public static var capacity: Int { 10 }

    private let place = InPlace()
    /// To be looked at by the places that functions of this table give, until one is removed.
    public private(set) var underway = List<10, Consultation>(
        filler: Consultation(ticket: 0, friend: BareJID(), seal: 0, inquiry: Inquiry(.read, fields: FieldSet()), question: Question()))
    private var lastTicket: UInt32 = 0

    public init() {}

    public var isFull: Bool { underway.isFull }

    /// The ticket of the same question about the same friend, where one is under way
    /// that nothing has been taken back since.
    public func ticket(for inquiry: Inquiry, by friend: BareJID, seal: UInt32, epoch: UInt32) -> UInt32? {
        guard inquiry.isKeepable else { return nil }
        for i in underway.indices where underway[i].question.epoch == epoch && underway[i].seal == seal {
            if underway[i].friend == friend && underway[i].inquiry == inquiry { return underway[i].ticket }
        }
        return nil
    }

    /// Records a question that was sent, and gives it a ticket. Only where there is room.
    public mutating func begin(_ inquiry: Inquiry, by friend: BareJID, seal: UInt32, _ question: Question) -> UInt32 {
        lastTicket &+= 1
        underway.append(Consultation(ticket: lastTicket, friend: friend, seal: seal, inquiry: inquiry, question: question))
        return lastTicket
    }

    /// Another of the parent's clients has been asked instead.
    public mutating func asked(_ index: Int, _ question: Question) { underway[index].question = question }

    public mutating func remove(_ index: Int) { underway.remove(at: index) }
    public mutating func removeAll() { underway.removeAll() }

    /// Which question `iq` answers.
    public func index(answeredBy iq: borrowing Element) -> Int? {
        for i in underway.indices where underway[i].question.isAnswered(by: iq) { return i }
        return nil
    }

    /// A question that could not be put yet: nobody has its id.
    public var unsent: Int? {
        for i in underway.indices where underway[i].question.id.isEmpty { return i }
        return nil
    }

    /// A question that was put to one of the parent's clients that has gone.
    public func index(askedOf jid: JID) -> Int? {
        for i in underway.indices where underway[i].question.isFor(jid) { return i }
        return nil
    }

    /// A question that the parent did not answer in time.
    public func overdue(now: Instant) -> Int? {
        for i in underway.indices where underway[i].question.deadline <= now { return i }
        return nil
    }

    public var wake: Wake {
        var wake = Wake.onInput
        for i in underway.indices { wake = wake.earlier(.at(underway[i].question.deadline)) }
        return wake
    }
}
