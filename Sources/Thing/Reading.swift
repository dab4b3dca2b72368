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
        let verdict = access.decide(.read, .anyField, by: from.bare, roster: roster, parent: parent.address)
        if case .denied(let why) = verdict {
            refuse(from, why)
            out.refuse(why.error, iq)
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
        switch verdict {
        case .denied: break
        case .allowed(let permit):
            guard !request.namesNothingKnown else {
                out.refuse(Self.nothingKnown, iq)
                return
            }
            readouts.begin(request, by: from, id: id, permit: permit)
        case .ask:
            guard let target = parent.target else {
                refuse(from, .noDecision)
                out.refuse(Denial.noDecision.error, iq)
                return
            }
            let question = Question(id: session.identifier(), to: target, epoch: access.epoch, now: now)
            guard request.ask(about: from.bare, carrying: req, question, to: &out) else {
                out.refuse(.resourceConstraint, iq)
                return
            }
            journal.log(.info, "asking the parent whether this friend may read:", from.bare.bytes)
            readouts.begin(request, by: from, id: id, asking: question)
        }
    }

    /// Ends a readout at the wish of the client that asked for it (XEP-0323 §3.7).
    /// Its request, where that was not answered yet, is answered with an error.
    mutating func cancel(_ iq: borrowing Element, _ cancel: borrowing Element) {
        guard let from = JID(iq.value("from")) else {
            out.refuse(Denial.notFriend.error, iq)
            return
        }
        if case .denied(let why) = access.decide(
            .read, .anyField, by: from.bare, roster: roster, parent: parent.address)
        {
            out.refuse(why.error, iq)
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

    /// Puts the question of the readout at `index` to another of the parent's clients.
    /// False where there is none, or no room.
    @inline(never)
    private mutating func askElsewhere(_ index: Int, than asked: JID, now: Instant) -> Bool {
        guard let target = parent.target, target != asked else { return false }
        let question = Question(id: session.identifier(), to: target, epoch: access.epoch, now: now)
        guard
            readouts.underway[index].request.askAgain(
                about: readouts.underway[index].requester.bare, question, catalogue, to: &out)
        else { return false }
        readouts.asked(index, question)
        return true
    }

    /// A client of the parent went. What it was asked is put to another one, or, for
    /// a read, is without a decision now.
    mutating func clientLeft(_ jid: JID, now: Instant) {
        guard parent.exists, jid.bare == parent.address else { return }
        friendship.clientLeft(jid, now: now)
        while let index = readouts.asked(of: jid) {
            if !askElsewhere(index, than: jid, now: now) { end(index, .noDecision) }
        }
    }

    /// True where `iq` answered whether a friend may read.
    mutating func readAnswered(_ iq: borrowing Element, now: Instant) -> Bool {
        guard let index = readouts.index(answeredBy: iq) else { return false }
        if Provisioning.isDeaf(iq), let from = JID(iq.value("from")) {
            parent.isDeaf(from)
            if askElsewhere(index, than: from, now: now) { return true }
        }
        settle(index, granted: ReadoutRequest.grant(in: iq, about: readouts.underway[index].requester.bare, catalogue))
        return true
    }

    private mutating func settle(_ index: Int, granted: FieldSet?) {
        let friend = readouts.underway[index].requester.bare
        let request = readouts.underway[index].request
        let verdict = access.settle(
            .read, asked: request.fields, granted: granted, to: friend,
            asked: readouts.epoch(of: index), roster: roster)
        switch verdict {
        case .allowed(let permit):
            // A no, or a yes to nothing that was asked. What was asked may not exist
            // at all: that is told where the yes was to everything, and to nobody else.
            guard granted?.isEmpty == false,
                !permit.fields.isEmpty || request.fields.isEmpty && granted == .anyField
            else {
                end(index, .byParent)
                return
            }
            guard !request.namesNothingKnown else {
                readouts.refuse(index, Self.nothingKnown, to: &out)
                return
            }
            journal.log(.info, "the parent allows the reading by", friend.bytes)
            readouts.allow(index, permit)
        case .denied(let why): end(index, why)
        case .ask: end(index, .noDecision)
        }
    }

    @inline(never)
    private mutating func end(_ index: Int, _ why: Denial) {
        refuse(readouts.underway[index].requester, why)
        readouts.refuse(index, why.error, to: &out)
    }

    @inline(never)
    private mutating func refuse(_ jid: JID, _ why: Denial) {
        journal.begin(.info)
        journal.put("no reading for ")
        journal.put(quoted: jid.bare.bytes)
        journal.put(": ")
        journal.put(why.words)
        journal.end()
    }

    mutating func sampled(_ index: Int, _ reading: Reading, now: Instant) {
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
        while out.isReady, let index = readouts.overdue(now: now) {
            end(index, .noDecision)
        }
    }
}
