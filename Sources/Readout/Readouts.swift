import Access
import Fixed
import XML
import XMPP

/// The readouts under way. Full is an ordinary answer.
public struct Readouts: ~Copyable {
    /// At once, in all and for each friend.
    public static var capacity: Int { 8 }
    public static var perFriend: Int { 3 }
    /// Of these, put off until some time: there is always room for who wants to read now.
    public static var scheduled: Int { 4 }
    public static var scheduledPerFriend: Int { 2 }
    /// For how long a readout can be put off.
    public static var foresight: Interval { .minutes(24 * 60) }

    /// To be looked at by the places that functions of this table give, until one is removed.
    public internal(set) var underway = List<8, Readout>(filler: Readout())
    public var sampler = Sampler()
    public internal(set) var history = History()
    /// When the row of the history that is being read was begun.
    private var row: Instant?
    /// Where to look first for something to tell: all have their turn.
    var turn = 0

    public init() {}

    public var isEmpty: Bool { underway.isEmpty }

    // MARK: They begin and end

    /// Why there is no place for another readout of this client, or nil where there is.
    public func obstacle(for jid: JID, _ request: borrowing ReadoutRequest) -> StanzaError? {
        if !request.isInWords, index(of: jid, sequence: request.sequence) != nil {
            return StanzaError(.cancel, "conflict", "that seqnr is being read already")
        }
        var own = 0
        var scheduled = 0
        var ownScheduled = 0
        for i in underway.indices {
            let isScheduled = underway[i].request.when != nil
            if isScheduled { scheduled &+= 1 }
            guard underway[i].requester.bare == jid.bare else { continue }
            own &+= 1
            if isScheduled { ownScheduled &+= 1 }
        }
        var hasRoom = !underway.isFull && own < Self.perFriend
        if request.when != nil {
            hasRoom = hasRoom && scheduled < Self.scheduled && ownScheduled < Self.scheduledPerFriend
        }
        return hasRoom ? nil : .resourceConstraint
    }

    /// A readout that the parent is asked about.
    public mutating func begin(_ request: ReadoutRequest, by jid: JID, id: Text<128>, asking ticket: UInt32) {
        underway.append(Readout(requester: jid, id: id, request: request, step: .asking(ticket)))
    }

    /// A readout that is allowed.
    public mutating func begin(
        _ request: ReadoutRequest, by jid: JID, id: Text<128>, permit: Permit, at time: DateTime
    ) {
        underway.append(
            Readout(requester: jid, id: id, request: request, step: firstStep(request, at: time), permit: permit))
    }

    /// The parent allows the readout at `index`.
    public mutating func allow(_ index: Int, _ permit: Permit, at time: DateTime) {
        underway[index].permit = permit
        // Accepted before it was allowed: it was put off, and asked about again.
        underway[index].step = underway[index].isAccepted ? .starting : firstStep(underway[index].request, at: time)
    }

    /// A readout that was put off: the parent is asked about it again.
    public mutating func ask(_ index: Int, _ ticket: UInt32) { underway[index].step = .asking(ticket) }

    private func firstStep(_ request: borrowing ReadoutRequest, at time: DateTime) -> Readout.Step {
        if let when = request.when, when.unixSeconds > time.unixSeconds { return .scheduled }
        return readingStep(request)
    }

    /// What was, before what is. Whoever wants neither gets an answer without values.
    func readingStep(_ request: borrowing ReadoutRequest) -> Readout.Step {
        let types = request.types
        return types.includesMomentary && !history.answers(types) ? .waiting : .recounting(history.start)
    }

    /// Some readout was put off: asked far more often than which is due.
    public var hasScheduled: Bool {
        for i in underway.indices {
            if case .scheduled = underway[i].step { return true }
        }
        return false
    }

    /// A readout that was put off until now.
    public func due(at time: DateTime) -> Int? {
        for i in underway.indices {
            guard case .scheduled = underway[i].step, underway[i].isAccepted else { continue }
            if let when = underway[i].request.when, when.unixSeconds <= time.unixSeconds { return i }
        }
        return nil
    }

    /// The readout at `index`, which was put off, begins.
    public mutating func start(_ index: Int) { underway[index].step = .starting }

    /// The permit of the readout at `index` is still good.
    public func stands(_ index: Int, _ access: borrowing AccessTable, roster: borrowing Roster, parent: BareJID) -> Bool {
        guard let permit = underway[index].permit else { return false }
        return access.stands(permit, roster: roster, parent: parent)
    }

    /// A readout that waits for the answer under that ticket.
    public func index(asking ticket: UInt32) -> Int? {
        for i in underway.indices {
            if case .asking(ticket) = underway[i].step { return i }
        }
        return nil
    }

    /// The readout of this client under that number.
    @inline(never)
    public func index(of jid: JID, sequence: Int32) -> Int? {
        for i in underway.indices where underway[i].request.sequence == sequence && underway[i].requester == jid {
            if !underway[i].request.isInWords { return i }
        }
        return nil
    }

    /// Takes the readout at `index` out.
    @inline(never)
    public mutating func remove(_ index: Int) {
        underway.remove(at: index)
        if turn > index { turn &-= 1 }
    }

    /// The client has gone: nobody is left to whom a message could be sent. Who still
    /// waits for the answer to the request gets it.
    public mutating func clientLeft(_ jid: JID) {
        var i = underway.count
        while i > 0 {
            i &-= 1
            if underway[i].isAccepted && underway[i].requester == jid { remove(i) }
        }
    }

    /// Everybody went. A pass that runs goes on, so that its answers are not taken for those of the next.
    public mutating func removeAll() {
        underway.removeAll()
        turn = 0
        if sampler.isComplete { sampler.release() }
    }

    /// What was kept as history is gone.
    public mutating func forgetHistory() {
        history.forget()
        row = nil
    }

    // MARK: Passes

    /// Keeps a history of the first `fields` fields: a row of values every so many seconds,
    /// as many rows as there is room for.
    public mutating func keepHistory(every seconds: Int, rows: Int, fields: Int) {
        history.keep(every: seconds, rows: rows, fields: fields)
    }

    /// Starts a pass for all who wait, and over `more`, where the sensors are free. The
    /// history's row is read with it once that is due.
    public mutating func startPass(at time: DateTime, now: Instant, with more: FieldSet = FieldSet()) {
        guard sampler.isIdle else { return }
        var wanted = more
        var anybody = !more.isEmpty
        for i in underway.indices {
            guard case .waiting = underway[i].step, let permit = underway[i].permit else { continue }
            anybody = true
            wanted = wanted.union(permit.fields.intersection(underway[i].request.inquiry.fields))
            underway[i].step = .sampling
        }
        if history.isDue(now) {
            anybody = true
            history.begin(now: now)
            row = now
            for field in 0..<history.columns { wanted.insert(field) }
        }
        guard anybody else { return }
        sampler.begin(wanted, at: time)
        if sampler.isComplete { passComplete() }
    }

    /// The pass has all it will get: whoever was in it is written to.
    public mutating func passComplete() {
        if let row { history.record(sampler, at: row) }
        row = nil
        for i in underway.indices {
            guard case .sampling = underway[i].step else { continue }
            underway[i].step = .writing(fields: 0, failures: 0)
        }
    }

    /// Frees the sensors once the pass has been written to everybody.
    public mutating func releasePass() {
        guard sampler.isComplete else { return }
        for i in underway.indices {
            if case .writing = underway[i].step { return }
        }
        sampler.release()
    }

    /// What the history needs, whether or not there is a connection: `time` is what the
    /// wall clock shows at `now`, being `wallOffset` milliseconds ahead.
    public mutating func pollHistory(at time: DateTime, wallOffset: Int64, now: Instant) {
        if sampler.isOverdue(now: now) { passComplete() }
        guard history.isKept else { return }
        history.wallOffset = wallOffset
        if history.isDue(now) { startPass(at: time, now: now) }
    }

    /// When a pass ends or begins that needs no connection.
    public func historyWake(now: Instant) -> Wake {
        sampler.isIdle ? history.wake(now: now) : sampler.wake
    }

    /// `wallOffset` are the milliseconds by which the wall clock is ahead.
    public func wake(wallOffset: Int64) -> Wake {
        var wake = sampler.wake
        for i in underway.indices {
            switch underway[i].step {
            case .waiting: if sampler.isIdle { wake = .now }
            case .scheduled:
                let when = underway[i].request.when?.unixSeconds ?? 0
                wake = wake.earlier(.at(Instant(milliseconds: when &* 1000 &- wallOffset)))
            case .asking, .starting, .recounting, .sampling, .writing: break
            }
        }
        return wake
    }
}
