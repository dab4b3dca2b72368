import Access
import Fixed
import Readout
import XML
import XMPP

// The way through the door, the same for a read, a write, a subscription and a
// line of chat: the table decides, or the parent is asked and whoever wants to know
// waits under a ticket.

/// What became of asking the door.
enum Consulted {
    case allowed(Permit)
    case refused(Denial)
    /// The parent has been asked; `decided` brings its answer under this ticket.
    case pending(UInt32)
    /// There is no room for another question at the moment.
    case full
}

extension Core {
    /// Asks the door whether `friend` may do what `inquiry` says. `request` is the
    /// stanza's element that wants it, with names and tokens as they came: the parent is
    /// told of all of them, so that who may not know learns nothing of what exists.
    mutating func consult(
        _ inquiry: Inquiry, by friend: BareJID, carrying request: borrowing Element, now: Instant
    ) -> Consulted {
        var inquiry = inquiry
        if inquiry.hasMore { inquiry.more = digest(of: request) }
        if let decided = lookUp(inquiry, by: friend, now: now) { return decided }
        guard let question = newQuestion(now: now) else { return .refused(.noDecision) }
        out.begin()
        open(inquiry, about: friend, question)
        for i in 0..<Provisioning.tokens {
            let token = Provisioning.token(i)
            if let value = request.attribute(token) { out.put(attribute: token, value) }
        }
        out.put(">")
        var next = request.firstChild
        while let child = next {
            if child.namespace.equals(request.namespace) || child.matches("x", Namespace.dataForms) {
                putName(of: child, inquiry.operation)
            }
            next = child.next(in: request)
        }
        let consulted = finish(inquiry, friend, question)
        if inquiry.hasMore, case .pending = consulted { sentTokens(of: request, now: now) }
        return consulted
    }

    /// The same where there is no stanza with names: a line of chat, a subscription that
    /// is decided anew. Nothing may be in the inquiry that does not stand in it.
    mutating func consult(_ inquiry: Inquiry, by friend: BareJID, now: Instant) -> Consulted {
        if let decided = lookUp(inquiry, by: friend, now: now) { return decided }
        guard !inquiry.hasMore, let question = newQuestion(now: now) else { return .refused(.noDecision) }
        out.begin()
        open(inquiry, about: friend, question)
        putNames(of: inquiry)
        return finish(inquiry, friend, question)
    }

    /// What can be said without a question to a service.
    private mutating func lookUp(_ inquiry: Inquiry, by friend: BareJID, now: Instant) -> Consulted? {
        let verdict = access.decide(inquiry, by: friend, roster: roster, parent: parent.address)
        switch verdict {
        case .allowed(let permit, _):
            audit(verdict, inquiry, of: friend, now: now)
            return .allowed(permit)
        case .denied(let why, _):
            audit(verdict, inquiry, of: friend, now: now)
            return .refused(why)
        case .ask: break
        }
        if let ticket = consultations.ticket(for: inquiry, by: friend, seal: seal(of: friend), epoch: access.epoch) {
            return .pending(ticket)
        }
        if consultations.isFull { return .full }
        let why: Denial
        switch parent.voice {
        case .service: return nil
        case .person:
            why = petition(inquiry, by: friend, now: now) ? .undecided : .noDecision
        case .unknown where !inquiry.hasMore:
            // In a moment it is known how to ask; `parentIsKnown` does it then.
            let unsent = Question(id: Text(), to: JID(), epoch: access.epoch, now: now)
            return .pending(consultations.begin(inquiry, by: friend, seal: seal(of: friend), unsent))
        case .unknown, .away: why = .noDecision
        }
        audit(.denied(why, .fresh), inquiry, of: friend, now: now)
        return .refused(why)
    }

    /// Puts the questions that waited until it was known how the parent is to be asked.
    mutating func askUnsent(now: Instant) {
        while out.isReady, let index = consultations.unsent {
            let consultation = consultations.underway[index]
            switch parent.voice {
            case .unknown: return
            case .service:
                guard let question = newQuestion(now: now) else { return }
                guard ask(consultation, question) else { return end(index, .denied(.noDecision, .fresh), now: now) }
                consultations.asked(index, question)
            case .person:
                let isPut = petition(consultation.inquiry, by: consultation.friend, now: now)
                end(index, .denied(isPut ? .undecided : .noDecision, .fresh), now: now)
            case .away: end(index, .denied(.noDecision, .fresh), now: now)
            }
        }
    }

    private func seal(of friend: BareJID) -> UInt32 { roster.seal(of: friend) ?? 0 }

    private mutating func newQuestion(now: Instant) -> Question? {
        guard let target = parent.target else { return nil }
        return Question(id: session.identifier(), to: target, epoch: access.epoch, now: now)
    }

    // MARK: The question as bytes (XEP-0324 §3.7, §3.8)

    private mutating func open(_ inquiry: Inquiry, about friend: BareJID, _ question: Question) {
        Provisioning.open(question, to: &out)
        out.put(inquiry.operation == .write ? "<canControl" : "<canRead")
        out.put(" xmlns='urn:xmpp:iot:provisioning'")
        out.put(attribute: "jid", friend.bytes)
        FieldTypes(bits: inquiry.types).write(to: &out)
    }

    private mutating func putNames(of inquiry: Inquiry) {
        out.put(">")
        if inquiry.namesNodes {
            for i in 0..<catalogue.nodeCount where inquiry.nodes & (1 << UInt8(i)) != 0 {
                putName("node", "nodeId", catalogue.node(i).bytes)
            }
        }
        if inquiry.namesFields {
            for i in 0..<catalogue.count where inquiry.fields.contains(i) {
                putName(inquiry.operation == .write ? "parameter" : "field", "name", catalogue[i].name.bytes)
            }
        }
    }

    /// What a child of a request names: a node, a field, a parameter, or those of a form.
    private mutating func putName(of child: borrowing Element, _ operation: Operation) {
        let element: StaticString = operation == .write ? "parameter" : "field"
        if child.name.equals("node") {
            if let id = child.attribute("nodeId") { putName("node", "nodeId", id) }
        } else if child.matches("x", Namespace.dataForms) {
            var next = child.firstChild
            while let field = next {
                if let name = field.attribute("var"), !DataForm.isHidden(field) { putName(element, "name", name) }
                next = field.next(in: child)
            }
        } else if let name = child.attribute("name") {
            putName(element, "name", name)
        }
    }

    @inline(never)
    private mutating func putName(_ element: StaticString, _ attribute: StaticString, _ value: Span<UInt8>) {
        out.put("<")
        out.put(element)
        out.put(attribute: attribute, value)
        out.put("/>")
    }

    private mutating func finish(_ inquiry: Inquiry, _ friend: BareJID, _ question: Question) -> Consulted {
        out.put(inquiry.operation == .write ? "</canControl></iq>" : "</canRead></iq>")
        guard out.commit() else { return .full }
        journal.begin(.info)
        journal.put("asking the parent whether this friend may ")
        journal.put(inquiry.operation.word)
        journal.put(": ")
        journal.put(quoted: friend.bytes)
        journal.end()
        return .pending(consultations.begin(inquiry, by: friend, seal: seal(of: friend), question))
    }

    /// Of all that is named and shown in a request, in its order.
    func digest(of request: borrowing Element) -> Digest {
        var sum = Digest()
        for i in 0..<Provisioning.tokens {
            if let value = request.attribute(Provisioning.token(i)) { add(UInt8(i), value, to: &sum) }
        }
        var next = request.firstChild
        while let child = next {
            if child.matches("x", Namespace.dataForms) {
                var nextField = child.firstChild
                while let field = nextField {
                    if let name = field.attribute("var"), !DataForm.isHidden(field) { add(0x10, name, to: &sum) }
                    nextField = field.next(in: child)
                }
            } else if !child.namespace.equals(request.namespace) {
                // Not of this request, and not told to the parent.
            } else if let id = child.attribute("nodeId"), child.name.equals("node") {
                add(0x11, id, to: &sum)
            } else if let name = child.attribute("name") {
                add(0x10, name, to: &sum)
            }
            next = child.next(in: request)
        }
        return sum
    }

    /// The digest of what there was, of what kind this is, and of its own digest.
    private func add(_ kind: UInt8, _ bytes: Span<UInt8>, to sum: inout Digest) {
        var text = Text<72>()
        text.append(sum.bytes)
        text.append(kind)
        let own = Crypto.digest(.sha256, of: bytes)
        text.append(own.bytes)
        sum = Crypto.digest(.sha256, of: text.bytes)
    }

    // MARK: The answer

    /// True where `iq` answered what a friend may do.
    mutating func consultationAnswered(_ iq: borrowing Element, now: Instant) -> Bool {
        guard let index = consultations.index(answeredBy: iq) else { return false }
        if Provisioning.isDeaf(iq), let from = JID(iq.value("from")) {
            parent.isDeaf(from)
            if askElsewhere(index, than: from, now: now) { return true }
        }
        let consultation = consultations.underway[index]
        let verdict = access.settle(
            consultation.inquiry, granted: grant(in: iq, consultation), to: consultation.friend,
            asked: consultation.question.epoch, under: consultation.seal, roster: roster)
        end(index, verdict, now: now)
        return true
    }

    /// What an answer grants: nil where it is none, the empty set for a no, `anyField`
    /// where it names nothing.
    private func grant(in iq: borrowing Element, _ consultation: Consultation) -> FieldSet? {
        let writes = consultation.inquiry.operation == .write
        let response: StaticString = writes ? "canControlResponse" : "canReadResponse"
        guard let yes = Provisioning.verdict(in: iq, response, about: consultation.friend) else { return nil }
        guard yes, let answer = iq.child(response, Provisioning.namespace) else { return FieldSet() }
        var fields = FieldSet()
        var nodes: UInt8 = 0
        var listsFields = false
        var listsNodes = false
        var next = answer.firstChild
        while let child = next {
            if child.name.equals("node") {
                listsNodes = true
                if let node = catalogue.node(named: child.value("nodeId")) { nodes |= 1 << UInt8(node) }
            } else if child.name.equals("field") || child.name.equals("parameter") {
                listsFields = true
                fields = fields.union(catalogue.fields(named: child.value("name")))
            }
            next = child.next(in: answer)
        }
        // No list is all that was asked; that is the protocol's meaning, not ours.
        if !listsFields && !listsNodes { return .anyField }
        if !listsFields { fields = .anyField }
        return listsNodes ? fields.intersection(catalogue.fields(onNodes: nodes)) : fields
    }

    /// Puts a question to another of the parent's clients. False where there is none, or no
    /// room, or where not all of the question was kept: it is not asked again in part.
    @inline(never)
    private mutating func askElsewhere(_ index: Int, than asked: JID, now: Instant) -> Bool {
        guard !consultations.underway[index].inquiry.hasMore, let question = newQuestion(now: now), question.to != asked
        else { return false }
        guard ask(consultations.underway[index], question) else { return false }
        consultations.asked(index, question)
        return true
    }

    /// Writes a question from what is kept of it.
    private mutating func ask(_ consultation: Consultation, _ question: Question) -> Bool {
        out.begin()
        open(consultation.inquiry, about: consultation.friend, question)
        putNames(of: consultation.inquiry)
        out.put(consultation.inquiry.operation == .write ? "</canControl></iq>" : "</canRead></iq>")
        return out.commit()
    }

    /// A client of the parent went. What it was asked is put to another one, or is
    /// without a decision now.
    mutating func clientLeft(_ jid: JID, now: Instant) {
        guard parent.exists, jid.bare == parent.address else { return }
        friendship.clientLeft(jid, now: now)
        while let index = consultations.index(askedOf: jid) {
            if !askElsewhere(index, than: jid, now: now) { end(index, .denied(.noDecision, .fresh), now: now) }
        }
    }

    /// Ends the questions whose time is up.
    mutating func pollConsultations(now: Instant) {
        pollChallenge(now: now)
        while out.isReady, let index = consultations.overdue(now: now) {
            end(index, .denied(.noDecision, .fresh), now: now)
        }
        askUnsent(now: now)
    }

    /// Ends all questions: there will be no answers.
    mutating func endConsultations(now: Instant) {
        while consultations.underway.count > 0 { end(0, .denied(.noDecision, .fresh), now: now) }
    }

    /// A question has its answer, or will have none: whoever waits for it goes on.
    @inline(never)
    private mutating func end(_ index: Int, _ verdict: Verdict, now: Instant) {
        let consultation = consultations.underway[index]
        consultations.remove(index)
        audit(verdict, consultation.inquiry, of: consultation.friend, now: now)
        subscriptionDecided(consultation.ticket, verdict, of: consultation.friend, now: now)
        decided(consultation.ticket, verdict, now: now)
    }

    /// Brings everything that waits under `ticket` its verdict.
    private mutating func decided(_ ticket: UInt32, _ verdict: Verdict, now: Instant) {
        readDecided(ticket, verdict, now: now)
        writeDecided(ticket, verdict)
    }
}
