import Access
import Fixed
import XML
import XMPP

// What a readout says, message by message. Before each the permit must still stand.
//
// The last word to somebody cut off: a request that has no answer yet is refused, for
// every request has its answer. Later, a friend whom the parent no longer allows it is
// told so, by a `failure` with `done`, and need not wait for what will not come. A friend
// who is one no longer is told nothing: his server has told him already, and to whoever
// is no friend the Thing looks like an address with nobody behind it.

extension Readouts {
    /// Writes one message of one readout, all of them taking turns, with `accepted` in
    /// front of the first. True where there was something to write and room.
    public mutating func transmit(
        _ access: borrowing AccessTable, roster: borrowing Roster, parent: BareJID, at time: DateTime,
        _ catalogue: borrowing Catalogue, to out: inout Outbox
    ) -> Bool {
        for step in underway.indices {
            var i = turn &+ step
            if i >= underway.count { i &-= underway.count }
            switch underway[i].step {
            case .asking, .waiting, .sampling: continue
            case .scheduled where underway[i].isAccepted:
                guard !isKnown(i, roster, parent) else { continue }
                remove(i)
                return true
            case .scheduled, .starting, .recounting, .writing: break
            }
            guard let permit = underway[i].permit, access.stands(permit, roster: roster, parent: parent) else {
                let isKnown = isKnown(i, roster, parent)
                if !isKnown && underway[i].request.isInWords {
                    remove(i)
                } else if underway[i].isAccepted {
                    end(i, isKnown ? "no longer allowed" : nil, at: time, catalogue, to: &out)
                } else {
                    refuse(i, (isKnown ? Denial.noDecision : .notFriend).error, to: &out)
                }
                return true
            }
            if hasNothingToRecount(i, permit) {
                underway[i].step = .waiting
                return true
            }
            out.begin()
            guard let next = tell(i, by: permit, catalogue, to: &out) else {
                guard out.commit() else { return false }
                remove(i)
                return true
            }
            guard out.commit() else { return false }
            underway[i].isAccepted = true
            underway[i].step = next
            turn = i &+ 1 < underway.count ? i &+ 1 : 0
            return true
        }
        return false
    }

    /// Writes the next message of the readout at `index`. Answers its step behind it; nil
    /// where that was the last.
    private func tell(
        _ index: Int, by permit: borrowing Permit, _ catalogue: borrowing Catalogue, to out: inout Outbox
    ) -> Readout.Step? {
        switch underway[index].step {
        case .scheduled:
            putAccepted(index, " queued='true'", to: &out)
            return .scheduled
        case .starting:
            out.put("<message")
            out.put(attribute: "to", underway[index].requester)
            out.put("><started xmlns='urn:xmpp:iot:sensordata' seqnr='")
            out.put(decimal: Int64(underway[index].request.sequence))
            out.put("'/></message>")
            return readingStep(underway[index].request)
        case .recounting(let place):
            let fields = permit.fields.intersection(underway[index].request.inquiry.fields)
            let start = history.nextPlace(from: place, of: fields, for: underway[index].request)
            if !underway[index].isAccepted { putAccepted(index, "", to: &out) }
            let next: History.Place?
            if underway[index].request.isInWords {
                next = WordsWriter.recount(
                    fields, from: start, to: underway[index].requester, for: underway[index].request, by: permit, catalogue,
                    history, to: &out)
            } else {
                next = FieldsWriter.recount(
                    fields, from: start, to: underway[index].requester, for: underway[index].request, by: permit, catalogue,
                    history, to: &out)
            }
            if let next { return .recounting(next) }
            return underway[index].request.types.includesMomentary ? .waiting : nil
        case .writing(let fields, let failures):
            return tellValues(index, fields, failures, by: permit, catalogue, to: &out)
        case .asking, .waiting, .sampling: return nil
        }
    }

    /// Nothing was kept of what is wanted, and momentary values are.
    private func hasNothingToRecount(_ index: Int, _ permit: borrowing Permit) -> Bool {
        guard case .recounting(let place) = underway[index].step, underway[index].request.types.includesMomentary
        else { return false }
        let fields = permit.fields.intersection(underway[index].request.inquiry.fields)
        return history.nextPlace(from: place, of: fields, for: underway[index].request) == nil
    }

    private func tellValues(
        _ index: Int, _ from: Int, _ failed: Int, by permit: borrowing Permit, _ catalogue: borrowing Catalogue,
        to out: inout Outbox
    ) -> Readout.Step? {
        let sequence = underway[index].request.sequence
        var all = permit.fields.intersection(underway[index].request.inquiry.fields)
        if underway[index].request.isRestrictedInTime {
            for i in 0..<catalogue.count where all.contains(i) && !underway[index].request.includes(sampler.time(i)) { all.remove(i) }
        }
        let failures = sampler.failures(among: all)
        let values = all.subtracting(failures)
        if !underway[index].isAccepted { putAccepted(index, "", to: &out) }
        let isInWords = underway[index].request.isInWords
        if failures.isEmpty || from < catalogue.count && !values.isEmpty {
            let next: Int
            if isInWords {
                next = WordsWriter.write(
                    values, from: from, to: underway[index].requester, by: permit, catalogue, sampler, to: &out)
            } else {
                next = FieldsWriter.write(
                    values, from: from, to: underway[index].requester, sequence: sequence, by: permit, catalogue, sampler,
                    failuresFollow: !failures.isEmpty, to: &out)
            }
            return next >= catalogue.count && failures.isEmpty ? nil : .writing(fields: next, failures: failed)
        }
        let next: Int
        if isInWords {
            next = WordsWriter.writeFailures(
                failures, from: failed, to: underway[index].requester, catalogue, sampler, to: &out)
        } else {
            next = FieldsWriter.writeFailures(
                failures, from: failed, to: underway[index].requester, sequence: sequence, catalogue, sampler, to: &out)
        }
        return next >= catalogue.count ? nil : .writing(fields: catalogue.count, failures: next)
    }

    private func putAccepted(_ index: Int, _ more: StaticString, to out: inout Outbox) {
        if underway[index].request.isInWords { return }
        open("result", underway[index], to: &out)
        out.put("<accepted xmlns='urn:xmpp:iot:sensordata' seqnr='")
        out.put(decimal: Int64(underway[index].request.sequence))
        out.put("'")
        out.put(more)
        out.put("/></iq>")
    }

    @inline(never)
    private func isKnown(_ index: Int, _ roster: borrowing Roster, _ parent: BareJID) -> Bool {
        underway[index].requester.bare == parent || roster.isFriend(underway[index].requester.bare)
    }

    // MARK: The last word

    /// Answers the request of the readout at `index` with an error, and takes it out.
    @inline(never)
    public mutating func refuse(_ index: Int, _ error: StanzaError, to out: inout Outbox) {
        if underway[index].request.isInWords {
            WordsWriter.say(error.text, to: underway[index].requester, &out)
        } else {
            out.begin()
            open("error", underway[index], to: &out)
            error.write(to: &out)
            out.put("</iq>")
            out.commit()
        }
        remove(index)
    }

    /// Ends the readout at `index`, whose request has its answer, and takes it out; `words`
    /// say why, to whoever may know.
    @inline(never)
    public mutating func end(
        _ index: Int, _ words: StaticString?, at time: DateTime, _ catalogue: borrowing Catalogue, to out: inout Outbox
    ) {
        if let words, underway[index].request.isInWords {
            WordsWriter.say(words, to: underway[index].requester, &out)
        } else if let words {
            out.begin()
            FieldsWriter.open(
                "failure", underway[index].requester, underway[index].request.sequence, isLast: true, to: &out)
            FieldsWriter.putError(catalogue.node(0).bytes, time, to: &out)
            out.put(words)
            out.put("</error></failure></message>")
            out.commit()
        }
        remove(index)
    }

    /// `<iq …>` of the answer to the request.
    @inline(never)
    private func open(_ type: StaticString, _ readout: borrowing Readout, to out: inout Outbox) {
        out.put("<iq type='")
        out.put(type)
        out.put("'")
        out.put(attribute: "id", readout.id.bytes)
        out.put(attribute: "to", readout.requester)
        out.put(">")
    }
}
