import Access
import Fixed
import Readout
import XML
import XMPP

// A read, from the request to the last message (XEP-0323), through the one door.

extension Core {
    mutating func read(_ iq: borrowing Element, _ req: borrowing Element, now: Instant) {
        guard let from = JID(iq.value("from")) else {
            out.refuse(Denial.notFriend.error, iq)
            return
        }
        // Whoever may not ask learns nothing about the request itself.
        guard isKnown(from.bare) else {
            out.refuse(Denial.notFriend.error, iq)
            return
        }
        let request: ReadoutRequest
        do throws(ReadoutRequest.Fault) {
            request = try ReadoutRequest(req, catalogue)
        } catch {
            out.refuse(error.error, iq)
            return
        }
        guard let id = Text<128>(iq.value("id")) else {
            out.refuse(.notAcceptable, iq)
            return
        }
        if let obstacle = readouts.obstacle(for: from, sequence: request.sequence) {
            out.refuse(obstacle, iq)
            return
        }
        switch consult(request.inquiry, by: from.bare, carrying: req, now: now) {
        case .refused(let why): out.refuse(why.error, iq)
        case .full: out.refuse(.resourceConstraint, iq)
        case .pending(let ticket): readouts.begin(request, by: from, id: id, asking: ticket)
        case .allowed(let permit):
            if request.namesNothingKnown {
                out.refuse(Self.nothingKnown, iq)
            } else {
                readouts.begin(request, by: from, id: id, permit: permit)
            }
        }
    }

    /// Ends a readout at the wish of the client that asked for it (XEP-0323 §3.7).
    /// Its request, where that was not answered yet, is answered with an error.
    mutating func cancel(_ iq: borrowing Element, _ cancel: borrowing Element) {
        guard let from = JID(iq.value("from")) else {
            out.refuse(Denial.notFriend.error, iq)
            return
        }
        guard isKnown(from.bare) else {
            out.refuse(Denial.notFriend.error, iq)
            return
        }
        guard let sequence = ReadoutRequest.int(cancel.value("seqnr")) else {
            out.refuse(.badRequest, iq)
            return
        }
        guard let index = readouts.index(of: from, sequence: sequence) else {
            out.refuse(StanzaError(.cancel, "item-not-found", "nothing is being read under that seqnr"), iq)
            return
        }
        if readouts.isAccepted(index) {
            readouts.remove(index)
        } else {
            readouts.refuse(index, StanzaError(.cancel, "not-acceptable", "cancelled"), to: &out)
        }
        out.begin()
        out.openReply("result", id: iq.value("id"), to: iq.value("from"))
        out.put("><cancelled xmlns='urn:xmpp:iot:sensordata' seqnr='")
        out.put(decimal: Int64(sequence))
        out.put("'/></iq>")
        out.commit()
    }

    static var nothingKnown: StanzaError { StanzaError(.cancel, "item-not-found", "no such field or node") }

    /// The parent's word, or its silence, for the readouts that wait for it.
    mutating func readDecided(_ ticket: UInt32, _ verdict: Verdict) {
        while let index = readouts.index(asking: ticket) {
            switch verdict {
            case .allowed(let permit, _):
                if readouts.underway[index].request.namesNothingKnown {
                    readouts.refuse(index, Self.nothingKnown, to: &out)
                } else {
                    readouts.allow(index, permit)
                }
            case .denied(let why, _): readouts.refuse(index, why.error, to: &out)
            case .ask: readouts.refuse(index, Denial.noDecision.error, to: &out)
            }
        }
    }

    mutating func sampled(_ index: Int, _ reading: Reading, now: Instant) {
        if index >= 0, index < catalogue.count { writes.sampled(index, reading, catalogue[index].output) }
        if readouts.sampler.sampled(index, reading) {
            readouts.passComplete()
            pump(now: now)
        }
    }

    /// Questions and sensors whose time is up.
    mutating func pollQuestions(now: Instant) {
        if readouts.sampler.isOverdue(now: now) { readouts.passComplete() }
        while out.isReady, let stranger = friendship.overdue(now: now) {
            journal.log(.info, "the parent does not answer; the request waits:", stranger.bytes)
        }
        pollConsultations(now: now)
    }
}
