import Access
import Fixed
import Readout
import XML
import XMPP

// A read, from the request to the last message (XEP-0323), through the one door.

extension Core {
    mutating func read(_ iq: borrowing Element, _ req: borrowing Element, now: Instant) {
        if let error = begin(iq, req, now: now) { out.refuse(error, iq) }
    }

    /// Begins a readout; answers why there is none.
    @inline(never)
    private mutating func begin(_ iq: borrowing Element, _ req: borrowing Element, now: Instant) -> StanzaError? {
        // Whoever may not ask learns nothing about the request itself.
        guard let from = JID(iq.value("from")), isKnown(from.bare) else { return Denial.notFriend.error }
        let request: ReadoutRequest
        do throws(ReadoutRequest.Fault) {
            request = try ReadoutRequest(req, catalogue)
        } catch {
            return error.error
        }
        guard let id = Text<128>(iq.value("id")) else { return .notAcceptable }
        let time = wallTime(now)
        if let when = request.when, let obstacle = StanzaError.scheduling(when, at: time) { return obstacle }
        if let obstacle = readouts.obstacle(for: from, request) { return obstacle }
        switch consult(request.inquiry, by: from.bare, carrying: req, now: now) {
        case .refused(let why): return why.error
        case .full: return .resourceConstraint
        case .pending(let ticket): readouts.begin(request, by: from, id: id, asking: ticket)
        case .allowed(let permit):
            if request.namesNothingKnown { return Self.nothingKnown }
            readouts.begin(request, by: from, id: id, permit: permit, at: time)
        }
        return nil
    }

    /// Begins a readout whose time has come. The door is asked anew where what it said
    /// then does not stand any more. False where there is none.
    mutating func startScheduled(now: Instant) -> Bool {
        guard readouts.hasScheduled else { return false }
        let time = wallTime(now)
        guard let index = readouts.due(at: time) else { return false }
        if readouts.stands(index, access, roster: roster, parent: parent.address) {
            readouts.start(index)
            return true
        }
        let readout = readouts.underway[index]
        switch consult(readout.request.inquiry, by: readout.requester.bare, now: now) {
        case .allowed(let permit): readouts.allow(index, permit, at: time)
        case .pending(let ticket): readouts.ask(index, ticket)
        case .refused(let why): end(index, why, now: now)
        case .full: end(index, .noDecision, now: now)
        }
        return true
    }

    /// The last word on a readout: an error where the request has no answer yet, else a message.
    private mutating func end(_ index: Int, _ why: Denial, now: Instant) {
        let isInWords = readouts.underway[index].request.isInWords
        let isFriend = isKnown(readouts.underway[index].requester.bare)
        if !readouts.underway[index].isAccepted && !(isInWords && !isFriend) {
            readouts.refuse(index, why.error, to: &out)
        } else if !isFriend {
            readouts.end(index, nil, at: wallTime(now), catalogue, to: &out)
        } else {
            readouts.end(index, why.error.text, at: wallTime(now), catalogue, to: &out)
        }
    }

    /// Ends a readout at the wish of the client that asked for it (XEP-0323 §3.7).
    /// Its request, where that was not answered yet, is answered with an error.
    mutating func cancel(_ iq: borrowing Element, _ cancel: borrowing Element) {
        if let error = end(iq, cancel) {
            out.refuse(error, iq)
            return
        }
        out.begin()
        out.openReply("result", id: iq.value("id"), to: iq.value("from"))
        out.put("><cancelled xmlns='urn:xmpp:iot:sensordata'")
        out.put(attribute: "seqnr", cancel.value("seqnr").trimmed)
        out.put("/></iq>")
        out.commit()
    }

    @inline(never)
    private mutating func end(_ iq: borrowing Element, _ cancel: borrowing Element) -> StanzaError? {
        guard let from = JID(iq.value("from")), isKnown(from.bare) else { return Denial.notFriend.error }
        guard let sequence = ReadoutRequest.int(cancel.value("seqnr")) else { return .badRequest }
        guard let index = readouts.index(of: from, sequence: sequence) else {
            return StanzaError(.cancel, "item-not-found", "nothing is being read under that seqnr")
        }
        if readouts.underway[index].isAccepted {
            readouts.remove(index)
        } else {
            readouts.refuse(index, StanzaError(.cancel, "not-acceptable", "cancelled"), to: &out)
        }
        return nil
    }

    static var nothingKnown: StanzaError { StanzaError(.cancel, "item-not-found", "no such field or node") }

    /// The parent's word, or its silence, for the readouts that wait for it.
    mutating func readDecided(_ ticket: UInt32, _ verdict: Verdict, now: Instant) {
        while let index = readouts.index(asking: ticket) {
            switch verdict {
            case .allowed(let permit, _):
                if readouts.underway[index].request.namesNothingKnown {
                    readouts.refuse(index, Self.nothingKnown, to: &out)
                } else {
                    readouts.allow(index, permit, at: wallTime(now))
                }
            case .denied(let why, _): end(index, why, now: now)
            case .ask: end(index, .noDecision, now: now)
            }
        }
    }

    /// A sensor answered, with a value of another instant where `time` says so.
    mutating func sampled(_ index: Int, _ reading: Reading, at time: DateTime? = nil, now: Instant) {
        if index >= 0, index < catalogue.count { writes.sampled(index, reading, catalogue[index].output) }
        if readouts.sampler.sampled(index, reading, at: time) {
            readouts.passComplete()
            pump(now: now)
        }
    }

    mutating func keepHistory(every seconds: Int, rows: Int) {
        // Fields of other Things come last, and have a history there.
        var own = 0
        for i in 0..<catalogue.count where catalogue[i].node == 0 { own = i &+ 1 }
        readouts.keepHistory(every: seconds, rows: rows, fields: own)
    }

    /// The sensors' own time, which passes with or without a connection.
    mutating func pollSensors(now: Instant) {
        if !isOnline { readouts.releasePass() }
        readouts.pollHistory(at: wallTime(now), wallOffset: wallOffset, now: now)
    }

    /// Questions whose time is up.
    mutating func pollQuestions(now: Instant) {
        while out.isReady, let stranger = friendship.overdue(now: now) {
            journal.log(.info, "the parent does not answer; the request waits:", stranger.bytes)
        }
        pollConsultations(now: now)
    }
}
