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
            guard parent.target != nil else {
                refuse(from, .noDecision)
                out.refuse(Denial.noDecision.error, iq)
                return
            }
            guard let question = ask(request, about: from.bare, now: now) else {
                out.refuse(.resourceConstraint, iq)
                return
            }
            readouts.begin(request, by: from, id: id, asking: question)
        }
    }

    static var nothingKnown: StanzaError { StanzaError(.cancel, "item-not-found", "no such field or node") }

    /// Puts canRead to the parent; nil where it is away or there is no room.
    private mutating func ask(_ request: ReadoutRequest, about friend: BareJID, now: Instant) -> Question? {
        guard let target = parent.target else { return nil }
        let question = Question(id: session.identifier(), to: target, epoch: access.epoch, now: now)
        guard request.ask(about: friend, question, catalogue, to: &out) else { return nil }
        journal.log(.info, "asking the parent whether this friend may read:", friend.bytes)
        return question
    }

    /// True where `iq` answered whether a friend may read.
    mutating func readAnswered(_ iq: borrowing Element, now: Instant) -> Bool {
        guard let index = readouts.index(answeredBy: iq), let readout = readouts[index] else { return false }
        if Provisioning.isDeaf(iq), let from = JID(iq.value("from")) {
            parent.isDeaf(from)
            if let other = parent.target, other != from,
                let question = ask(readout.request, about: readout.requester.bare, now: now)
            {
                readouts.asked(index, question)
                return true
            }
        }
        let granted = ReadoutRequest.grant(in: iq, about: readout.requester.bare, catalogue)
        settle(index, readout, granted: granted)
        return true
    }

    private mutating func settle(_ index: Int, _ readout: Readout, granted: FieldSet?) {
        let friend = readout.requester.bare
        let verdict = access.settle(
            .read, asked: readout.request.fields, granted: granted, to: friend,
            asked: readouts.epoch(of: index), roster: roster)
        switch verdict {
        case .allowed(let permit):
            // A no, or a yes to nothing that was asked. What was asked may not exist
            // at all: that is told where the yes was to everything, and to nobody else.
            guard granted?.isEmpty == false,
                !permit.fields.isEmpty || readout.request.fields.isEmpty && granted == .anyField
            else {
                end(index, readout, .byParent)
                return
            }
            guard !readout.request.namesNothingKnown else {
                readouts.remove(index)
                refuse(readout, Self.nothingKnown)
                return
            }
            journal.log(.info, "the parent allows the reading by", friend.bytes)
            readouts.allow(index, permit)
        case .denied(let why): end(index, readout, why)
        case .ask: end(index, readout, .noDecision)
        }
    }

    private mutating func end(_ index: Int, _ readout: Readout, _ why: Denial) {
        readouts.remove(index)
        refuse(readout.requester, why)
        refuse(readout, why.error)
    }

    private mutating func refuse(_ readout: Readout, _ error: StanzaError) {
        var to = Text<321>()
        readout.requester.write(to: &to)
        out.refuse(error, id: readout.id.bytes, to: to.bytes)
    }

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
        while out.isReady, let index = readouts.overdue(now: now), let readout = readouts[index] {
            end(index, readout, .noDecision)
        }
    }
}
