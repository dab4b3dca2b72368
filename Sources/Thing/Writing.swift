import Access
import Fixed
import Readout
import XML
import XMPP

// A write, from the request to its answer (XEP-0325), through the one door: first the
// parent's word, then the values, then the outputs, in the order of the document. Where an
// output refuses, or the permit falls, those before it are set back.

extension Core {
    // MARK: The request

    /// `<set/>` or `<getForm/>` in an IQ. That has this one child (RFC 6120 §8.2.3), and so no delay.
    mutating func control(_ iq: borrowing Element, _ payload: borrowing Element, now: Instant) {
        guard let from = JID(iq.value("from")), isKnown(from.bare) else {
            out.refuse(Denial.notFriend.error, iq)
            return
        }
        guard let id = Text<128>(iq.value("id")) else {
            out.refuse(.notAcceptable, iq)
            return
        }
        if let error = begin(payload, by: from, id, .iq, now: now) { out.refuse(error, iq) }
    }

    /// `<set/>` in a message: the same, and never an answer (XEP-0325 §3.1.1).
    mutating func controlByMessage(_ message: borrowing Element, _ set: borrowing Element, now: Instant) {
        guard let from = JID(message.value("from")), isKnown(from.bare) else {
            journal.log(.debug, "a set by message from nobody we know:", message.value("from"))
            return
        }
        if isDelayed(message) {
            journal.log(.info, "a set that was delayed on its way is refused, from", from.bare.bytes)
            return
        }
        if let error = begin(set, by: from, Text(), .nobody, now: now) { logRefusal(error, from) }
    }

    /// Nil where the request is under way, and will have its answer.
    private mutating func begin(
        _ payload: borrowing Element, by jid: JID, _ id: Text<128>, _ answer: Write.Answer, now: Instant
    ) -> StanzaError? {
        let request: ControlRequest
        do throws(ControlRequest.Fault) {
            request = try ControlRequest(payload, catalogue)
        } catch {
            return error.error
        }
        if writes.isFull(for: jid.bare) { return .resourceConstraint }
        switch consult(request.inquiry, by: jid.bare, carrying: payload, now: now) {
        case .refused(let why): return why.error
        case .full: return .resourceConstraint
        case .pending(let ticket): writes.begin(request, by: jid, id: id, answer, .asking(ticket), permit: nil)
        case .allowed(let permit): writes.begin(request, by: jid, id: id, answer, .waiting, permit: permit)
        }
        return nil
    }

    /// It stood about somewhere before it came (XEP-0203, and XEP-0091 before that): to act hours
    /// late is dangerous.
    func isDelayed(_ stanza: borrowing Element) -> Bool {
        stanza.child("delay", Namespace.delay) != nil || stanza.child("x", "jabber:x:delay") != nil
    }

    private static var noParameter: StanzaError { StanzaError(.cancel, "item-not-found", "no such parameter or node") }

    /// The parent's word, or its silence, for the writes that wait for it.
    mutating func writeDecided(_ ticket: UInt32, _ verdict: Verdict) {
        while let i = writes.index(asking: ticket) {
            switch verdict {
            case .allowed(let permit, _):
                writes.underway[i].permit = permit
                writes.underway[i].step = .waiting
            case .denied(let why, _): refuse(i, why.error)
            case .ask: refuse(i, Denial.noDecision.error)
            }
        }
    }

    // MARK: Acting

    /// The platform set an output, or could not.
    mutating func written(_ index: Int, _ failure: Failure?, now: Instant) {
        writes.order.written(index, failure)
        if isOnline { pump(now: now) } else { settleWrites(now: now) }
    }

    /// The stream is gone, and its waiters with it. What has begun is set back.
    mutating func strandWrites(now: Instant) {
        writes.strandAll()
        settleWrites(now: now)
    }

    private mutating func settleWrites(now: Instant) {
        while advanceWrites(now: now) {}
    }

    /// One step of the write whose turn it is. False where there is none, or where it waits.
    @inline(never)
    mutating func advanceWrites(now: Instant) -> Bool {
        guard let i = writes.turn, let permit = writes.underway[i].permit else { return false }
        switch writes.underway[i].step {
        case .asking: return false
        case .waiting: start(i, permit, now: now)
        case .reading:
            guard writes.isRead(now: now) else { return false }
            writes.stopReading()
            hasRead(i, permit)
        case .setting(let n):
            guard n < writes.underway[i].settings.count else {
                done(i)
                return true
            }
            if writes.order.isFree {
                set(i, n, permit)
                return true
            }
            guard let failure = writes.order.outcome(now: now) else { return false }
            if let failure {
                // Of what did not answer nobody knows what it is now.
                giveUp(i, .failed(n, failure), before: failure == .tooSlow ? n &+ 1 : n)
            } else {
                tellSet(writes.underway[i].settings[n], permit.holder)
                writes.underway[i].step = .setting(n &+ 1)
            }
        case .restoring(let n): return restore(i, n, permit, now: now)
        }
        return true
    }

    /// Its turn has come: what is allowed of it is looked at, and nothing else.
    @inline(never)
    private mutating func start(_ i: Int, _ permit: Permit, now: Instant) {
        guard access.stands(permit, roster: roster, parent: parent.address) else { return refuse(i, revoked(permit)) }
        // What did not answer in its time may still be moving.
        guard writes.underway[i].isForm || writes.order.isFree else {
            return refuse(i, StanzaError(.wait, "conflict", "an output is still being set"))
        }
        if writes.underway[i].namesUnknown && permit.includesUnknown { return refuse(i, Self.noParameter) }
        if writes.underway[i].isForm {
            writes.underway[i].settings.fill(with: permit.fields.intersection(catalogue.outputs))
            writes.read(i, now: now)
            return
        }
        let before = writes.underway[i].settings.count
        writes.underway[i].settings.keep(permit.fields)
        let count = writes.underway[i].settings.count
        guard count > 0 else { return refuse(i, permit.includesUnknown ? Self.noParameter : Denial.byParent.error) }
        writes.underway[i].isPartial = count < before || writes.underway[i].namesUnknown
        for n in writes.underway[i].settings.indices where writes.underway[i].settings[n].fault != .none {
            return refuseValue(i, n)
        }
        // One alone is set, or it is not; there is nothing to set back.
        if count == 1 { writes.underway[i].step = .setting(0) } else { writes.read(i, now: now) }
    }

    /// The present values are there.
    private mutating func hasRead(_ i: Int, _ permit: Permit) {
        if writes.underway[i].isForm {
            guard access.stands(permit, roster: roster, parent: parent.address) else { return refuse(i, revoked(permit)) }
            out.begin()
            openAnswer("result", i)
            ControlAnswer.writeForm(writes.underway[i].settings, by: permit, catalogue, to: &out)
            out.put("</iq>")
            out.commit()
            writes.underway.remove(at: i)
            return
        }
        for n in writes.underway[i].settings.indices where writes.underway[i].settings[n].before == nil {
            // What could not be set back is not set.
            return refuse(i, n, "its present value cannot be read")
        }
        writes.underway[i].step = .setting(0)
    }

    /// Sets the next parameter, by a permit that still stands.
    private mutating func set(_ i: Int, _ n: Int, _ permit: Permit) {
        let setting = writes.underway[i].settings[n]
        let index = Int(setting.field)
        guard access.stands(permit, roster: roster, parent: parent.address) else { return giveUp(i, .revoked, before: n) }
        guard let value = catalogue[index].output?.value(setting.steps),
            let request = WriteRequest(index, value, by: permit)
        else { return giveUp(i, .failed(n, .refused), before: n) }
        writes.order.begin(request)
    }

    private mutating func giveUp(_ i: Int, _ fault: Write.Fault, before n: Int) {
        writes.underway[i].fault = fault
        writes.underway[i].step = .restoring(n &- 1)
    }

    /// Sets one back, the last first. That needs no permit that stands: it undoes what was not to be.
    private mutating func restore(_ i: Int, _ n: Int, _ permit: Permit, now: Instant) -> Bool {
        guard n >= 0 else {
            undone(i, permit)
            return true
        }
        let setting = writes.underway[i].settings[n]
        let index = Int(setting.field)
        if writes.order.isFree {
            if let before = setting.before, let value = catalogue[index].output?.value(before),
                let request = WriteRequest(index, value, by: permit)
            {
                writes.order.begin(request)
                return true
            }
        } else if !writes.order.isOwed {
            guard let failure = writes.order.outcome(now: now) else { return false }
            if failure == nil {
                writes.underway[i].step = .restoring(n &- 1)
                return true
            }
        }
        journal.log(.warning, "could not be set back:", catalogue[index].name.bytes)
        writes.underway[i].isHalfDone = true
        writes.underway[i].step = .restoring(n &- 1)
        return true
    }

    // MARK: The answer

    @inline(never)
    private mutating func done(_ i: Int) {
        switch writes.underway[i].answer {
        case .iq:
            out.begin()
            openAnswer("result", i)
            ControlAnswer.writeDone(
                writes.underway[i].settings, isPartial: writes.underway[i].isPartial, catalogue, to: &out)
            out.put("</iq>")
            out.commit()
        case .chat: tellInWords(i, nil)
        case .nobody: break
        }
        writes.underway.remove(at: i)
    }

    private mutating func undone(_ i: Int, _ permit: Permit) {
        switch writes.underway[i].fault {
        case .revoked: refuse(i, revoked(permit))
        case .failed(let n, let failure): refuse(i, n, failure.wordsOfOutput)
        }
    }

    private func revoked(_ permit: Permit) -> StanzaError {
        roster.isFriend(permit.holder) || permit.holder == parent.address ? StanzaError(.cancel, "forbidden", "no longer allowed") : Denial.notFriend.error
    }

    /// `<iq …>` of the answer to the write at `i`.
    @inline(never)
    private mutating func openAnswer(_ type: StaticString, _ i: Int) {
        out.put("<iq type='")
        out.put(type)
        out.put("'")
        out.put(attribute: "id", writes.underway[i].id.bytes)
        out.put(attribute: "to", writes.underway[i].requester)
        out.put(">")
    }

    @inline(never)
    private mutating func refuse(_ i: Int, _ error: StanzaError) {
        switch writes.underway[i].answer {
        case .iq:
            out.begin()
            openAnswer("error", i)
            error.write(to: &out)
            out.put("</iq>")
            out.commit()
        case .chat: tellInWords(i, error.text)
        case .nobody: logRefusal(error, writes.underway[i].requester)
        }
        writes.underway.remove(at: i)
    }

    /// The output of the parameter at `n` did not take its value.
    private mutating func refuse(_ i: Int, _ n: Int, _ words: StaticString) {
        let name = catalogue[Int(writes.underway[i].settings[n].field)].name
        journal.log(.warning, "not set:", name.bytes)
        switch writes.underway[i].answer {
        case .iq:
            let text: StaticString = writes.underway[i].isHalfDone
                ? "not all outputs could be set back" : "nothing was changed"
            openError(i, "cancel", "internal-server-error", text, name)
            out.put(words)
            closeError()
        case .chat: tellInWords(i, words)
        case .nobody: break
        }
        writes.underway.remove(at: i)
    }

    /// The value of the parameter at `n` is not one that its output takes.
    private mutating func refuseValue(_ i: Int, _ n: Int) {
        let setting = writes.underway[i].settings[n]
        let field = catalogue[Int(setting.field)]
        switch writes.underway[i].answer {
        case .iq:
            openError(i, "modify", "bad-request", "", field.name)
            if setting.fault == .twice {
                out.put("given twice")
            } else if let output = field.output {
                out.put("expected: ")
                out.put(output.kind.word)
                out.put(" ")
                ControlAnswer.writeRange(output, to: &out)
            }
            closeError()
        case .chat: tellInWords(i, "not a value that it takes")
        case .nobody: journal.log(.info, "not a value that it takes:", field.name.bytes)
        }
        writes.underway.remove(at: i)
    }

    /// An error up to the text about one parameter (XEP-0325 §3.1.3).
    private mutating func openError(
        _ i: Int, _ type: StaticString, _ condition: StaticString, _ text: StaticString, _ name: Text<64>
    ) {
        out.begin()
        openAnswer("error", i)
        out.put("<error type='")
        out.put(type)
        out.put("'><")
        out.put(condition)
        out.put(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>")
        if text.utf8CodeUnitCount > 0 {
            out.put("<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>")
            out.put(text)
            out.put("</text>")
        }
        out.put("<paramError xmlns='urn:xmpp:iot:control'")
        out.put(attribute: "var", name.bytes)
        out.put(">")
    }

    @inline(never)
    private mutating func closeError() {
        out.put("</paramError></error></iq>")
        out.commit()
    }

    private mutating func tellSet(_ setting: Setting, _ holder: BareJID) {
        let index = Int(setting.field)
        var value = Text<24>()
        catalogue[index].output?.value(setting.steps).write(to: &value)
        journal.begin(.info)
        journal.put("set ")
        journal.put(quoted: catalogue[index].name.bytes)
        journal.put(" to ")
        journal.put(quoted: value.bytes)
        journal.put(" for ")
        journal.put(quoted: holder.bytes)
        journal.end()
    }

    private mutating func logRefusal(_ error: StanzaError, _ jid: JID) {
        journal.begin(.info)
        journal.put("a set by message came to nothing (")
        journal.put(error.condition)
        journal.put("), from ")
        journal.put(quoted: jid.bare.bytes)
        journal.end()
    }

    /// What came of a write that was wanted in words: a row as of a reading where it was done.
    @inline(never)
    private mutating func tellInWords(_ i: Int, _ why: StaticString?) {
        // To whoever is no friend any more nothing need be said, and so nothing is.
        guard isKnown(writes.underway[i].requester.bare) else { return }
        beginWords(to: writes.underway[i].requester)
        if let why { out.put(escaped: why.bytes) }
        for n in writes.underway[i].settings.indices {
            let setting = writes.underway[i].settings[n]
            let index = Int(setting.field)
            let field = catalogue[index]
            guard let output = field.output, let permit = writes.underway[i].permit else { continue }
            if why == nil {
                WordsWriter.put(output.value(setting.steps), at: index, by: permit, catalogue, to: &out)
            } else if setting.fault == .unfit {
                out.put(": ")
                out.put(escaped: field.name.bytes)
                out.put(" takes ")
                ControlAnswer.writeRange(output, to: &out)
            }
        }
        endWords()
    }
}
