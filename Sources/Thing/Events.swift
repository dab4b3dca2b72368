import Access
import Fixed
import Readout
import XML
import XMPP

// Telling friends of changes (IoT Events, `urn:xmpp:iot:events`). A subscription gives
// no right to anything: the door is asked when it begins, when the sensors are to be
// looked at for it, and before each message that it leads to.

extension Core {
    mutating func subscribe(_ iq: borrowing Element, _ element: borrowing Element, now: Instant) {
        guard let from = JID(iq.value("from")), isKnown(from.bare) else {
            out.refuse(Denial.notFriend.error, iq)
            return
        }
        var request: EventRequest
        do throws(EventRequest.Fault) {
            request = try EventRequest(element, catalogue)
        } catch {
            out.refuse(error.error, iq)
            return
        }
        guard let id = Text<128>(iq.value("id")) else {
            out.refuse(.notAcceptable, iq)
            return
        }
        // An account is told at the client that asked: elsewhere nobody knows of it.
        guard let seal = subscriberSeal(from) else {
            out.refuse(.badRequest, iq)
            return
        }
        if let same = events.index(of: seal, from.resource, sequence: request.sequence) { endSubscription(same, from) }
        if request.inquiry.hasMore { request.inquiry.more = digest(of: element) }
        let ticket: UInt32?
        switch consult(request.inquiry, by: from.bare, carrying: element, now: now) {
        case .refused(let why):
            out.refuse(why.error, iq)
            return
        case .full:
            out.refuse(.resourceConstraint, iq)
            return
        case .pending(let question): ticket = question
        case .allowed:
            guard !request.namesNothingKnown else {
                out.refuse(Self.nothingKnown, iq)
                return
            }
            ticket = nil
        }
        guard
            events.add(request, element, catalogue, seal: seal, resource: from.resource, id: id, asking: ticket ?? 0)
        else {
            out.refuse(.resourceConstraint, iq)
            return
        }
        if ticket == nil, let index = events.index(asking: 0) { accept(index, from, now: now) }
    }

    /// What a subscriber's friendship is known by: 0 for a component, nil for somebody who
    /// cannot be told.
    private func subscriberSeal(_ jid: JID) -> UInt32? {
        if jid.bare.isDomain { return isParent(jid.bare) ? 0 : nil }
        return jid.isBare ? nil : roster.seal(of: jid.bare)
    }

    /// The address of the subscriber at `index`, for as long as it is a friend or the parent.
    private func subscriber(_ index: Int) -> JID? {
        let seal = events.subscriptions[index].seal
        let resource = events.subscriptions[index].resource
        if seal == 0 { return parent.isComponent ? JID(bare: parent.address, resource: resource) : nil }
        return roster.friend(sealed: seal).map { JID(bare: $0, resource: resource) }
    }

    /// Always acknowledged, whether or not there was a subscription (IoT Events §3.3).
    mutating func unsubscribe(_ iq: borrowing Element, _ element: borrowing Element) {
        guard let from = JID(iq.value("from")), isKnown(from.bare) else {
            out.refuse(Denial.notFriend.error, iq)
            return
        }
        guard let sequence = ReadoutRequest.int(element.value("seqnr")) else {
            out.refuse(.badRequest, iq)
            return
        }
        if let seal = subscriberSeal(from), let index = events.index(of: seal, from.resource, sequence: sequence) {
            endSubscription(index, from)
        }
        out.acknowledge(iq)
    }

    /// Ends a subscription at its owner's wish; its request, where that was not answered
    /// yet, is answered with an error.
    private mutating func endSubscription(_ index: Int, _ owner: borrowing JID) {
        if !events.subscriptions[index].isAccepted {
            answer(index, owner, StanzaError(.cancel, "not-acceptable", "cancelled"))
        }
        events.remove(index)
    }

    private mutating func accept(_ index: Int, _ subscriber: borrowing JID, now: Instant) {
        answer(index, subscriber, nil)
        events.accept(index, now: now)
    }

    /// Answers the request of a subscription: accepted, or an error.
    @inline(never)
    private mutating func answer(_ index: Int, _ subscriber: borrowing JID, _ error: StanzaError?) {
        let id = events.subscriptions[index].id
        out.begin()
        out.put(error == nil ? "<iq type='result'" : "<iq type='error'")
        out.put(attribute: "id", id.bytes)
        out.put(attribute: "to", subscriber)
        out.put(">")
        if let error {
            error.write(to: &out)
        } else {
            out.put("<accepted xmlns='urn:xmpp:iot:sensordata' seqnr='")
            out.put(decimal: Int64(events.subscriptions[index].request.sequence))
            out.put("'/>")
        }
        out.put("</iq>")
        out.commit()
    }

    /// The parent's word, or its silence, on `friend`'s subscriptions that wait for it.
    mutating func subscriptionDecided(_ ticket: UInt32, _ verdict: Verdict, of friend: BareJID, now: Instant) {
        while let i = events.index(asking: ticket) {
            let why: Denial
            switch verdict {
            case .allowed:
                if events.subscriptions[i].isAccepted {
                    events.wakeUp(i, now: now)
                } else if events.subscriptions[i].request.namesNothingKnown {
                    refuse(i, friend, Self.nothingKnown)
                } else {
                    accept(i, JID(bare: friend, resource: events.subscriptions[i].resource), now: now)
                }
                continue
            case .denied(let denial, _): why = denial
            case .ask: why = .noDecision
            }
            if events.subscriptions[i].isAccepted { lapse(i, why, now: now) } else { refuse(i, friend, why.error) }
        }
    }

    private mutating func refuse(_ index: Int, _ friend: BareJID, _ error: StanzaError) {
        answer(index, JID(bare: friend, resource: events.subscriptions[index].resource), error)
        events.remove(index)
    }

    /// A subscription that stood is allowed no longer, or not for now. Whoever had it is
    /// told nothing: it learns why when it subscribes again.
    private mutating func lapse(_ index: Int, _ why: Denial, now: Instant) {
        switch why {
        case .noDecision, .undecided:
            // With tokens, or names that are not known here, only the subscriber could ask again.
            if events.subscriptions[index].request.inquiry.hasMore { break }
            events.postpone(index, now: now)
            return
        case .byParent, .notFriend: break
        }
        journal.begin(.info)
        journal.put("a subscription has ended: ")
        journal.put(why.words)
        journal.end()
        events.remove(index)
    }

    // MARK: When something happens

    /// The fields to be looked at now for whoever wants to be told of them, where the
    /// sensors are free for it.
    mutating func lookForEvents(now: Instant) -> FieldSet {
        var wanted = FieldSet()
        while readouts.sampler.isIdle, out.isReady, let i = events.due(now: now) {
            guard let subscriber = subscriber(i) else {
                lapse(i, .notFriend, now: now)
                continue
            }
            let inquiry = events.subscriptions[i].request.inquiry
            let verdict = access.decide(inquiry, by: subscriber.bare, roster: roster, parent: parent.address)
            if case .allowed(let permit, _) = verdict {
                let fields = permit.fields.intersection(inquiry.fields)
                if fields.isEmpty { events.postpone(i, now: now) } else { events.sample(i) }
                wanted = wanted.union(fields)
                continue
            }
            // What was said of it is forgotten, or was taken back.
            switch consult(inquiry, by: subscriber.bare, now: now) {
            case .pending(let ticket): events.ask(i, ticket)
            case .refused(let why): lapse(i, why, now: now)
            case .full, .allowed: events.postpone(i, now: now)
            }
        }
        return wanted
    }

    /// Writes the next message of an event, by a permit of this moment. True where there
    /// was something to do.
    mutating func tellEvent(now: Instant) -> Bool {
        guard readouts.sampler.isComplete, let i = events.toTell else { return false }
        guard let subscriber = subscriber(i),
            case .allowed(let permit, _) = access.decide(
                events.subscriptions[i].request.inquiry, by: subscriber.bare, roster: roster, parent: parent.address)
        else {
            // In the middle of an event too: the next look finds out why.
            events.wakeUp(i, now: now)
            return true
        }
        guard events.evaluate(i, permitted: permit.fields, catalogue, readouts.sampler, now: now) else { return true }
        return events.write(i, to: subscriber, by: permit, catalogue, readouts.sampler, to: &out, now: now)
    }

    // MARK: Who is there

    /// Presence of a friend's client. Only those are noted that something depends on.
    mutating func clientSeen(_ jid: JID, now: Instant) {
        if let seal = roster.seal(of: jid.bare) { events.arrived(seal, jid.resource, now: now) }
        mirrors.arrived(jid, now: now)
    }

    /// What was sent came back, since nobody is there. A client that merely cannot make
    /// sense of it says something else.
    func saysAbsent(_ message: borrowing Element) -> Bool {
        guard let error = message.child("error", Namespace.client) else { return false }
        return error.child("service-unavailable", Namespace.stanzaErrors) != nil
            || error.child("recipient-unavailable", Namespace.stanzaErrors) != nil
            || error.child("remote-server-not-found", Namespace.stanzaErrors) != nil
            || error.child("remote-server-timeout", Namespace.stanzaErrors) != nil
    }

    /// A friend's client has gone, or what was sent to it came back.
    mutating func clientGone(_ jid: JID, now: Instant) {
        if let seal = roster.seal(of: jid.bare) { events.left(seal, jid.resource) }
        mirrors.left(jid, now: now)
    }

    /// Nothing is sent any more to whom the Thing is no friend of.
    mutating func dropStrangers() {
        while let i = events.indexOfStranger(roster) {
            journal.log(.info, "a subscription has ended: not a friend")
            events.remove(i)
        }
        mirrors.dropStrangers(roster)
    }
}
