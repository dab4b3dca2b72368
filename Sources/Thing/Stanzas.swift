import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// Whose is this stanza? Negotiation, roster, friendship, the parent's answers,
// or a request. Every IQ get or set leaves here with exactly one answer, or with
// a readout that will give it.

extension Core {
    /// A first-level element of the stream.
    mutating func process(_ stanza: borrowing Element, now: Instant) -> Session<Crypto>.Action {
        guard case .up = link else { return .none }
        if stanza.matches("error", Namespace.stream) {
            streamError(stanza, now: now)
            return .none
        }
        let action = session.process(stanza, account, out: &out, &journal, now: now)
        switch action {
        case .none, .restart: break
        case .startTLS: link = .securing
        case .bound: bound(now: now)
        case .giveUp: close(now: now)
        case .register: beginRegistration(now: now)
        case .registering: register(stanza, now: now)
        case .refused where !own.isGiven: ownAccountRefused(now: now)
        case .refused:
            exitReason = .credentialsRefused
            close(now: now)
        case .stanza:
            guard stanza.namespace.equals(Namespace.client) else { break }
            switch stanza.name {
            case "iq": iq(stanza, now: now)
            case "presence": presence(stanza, now: now)
            case "message":
                message(stanza, now: now)
                heard(stanza, now: now)
            default: break
            }
        }
        return action
    }

    /// A stanza that was too large to be read.
    mutating func oversize(_ stanza: borrowing Element) {
        journal.log(.warning, "a stanza was too large and was skipped, from", stanza.value("from"))
        guard session.isBound, stanza.matches("iq", Namespace.client) else { return }
        if stanza.value("type", is: "get") || stanza.value("type", is: "set") {
            out.refuse(.notAcceptable, stanza)
        }
    }

    mutating func oversize() { journal.log(.warning, "a stanza was too large and was skipped") }

    /// Online, as far as the server is concerned; friends are told once the roster is known.
    private mutating func bound(now: Instant) {
        boundSince = now
        confirmAccount()
        redirection = Text()
        var address = Text<321>()
        session.address.write(to: &address)
        journal.log(.info, "logged in as", address.bytes)
        requestRoster(now: now)
    }

    /// Asks for the roster; until it has come, nobody is a friend.
    mutating func requestRoster(now: Instant) {
        let id = session.identifier()
        rosterRequest = (id, now + .seconds(30))
        // Whoever is in it is to be taken out, also where that was tried before.
        if ownership.isEmptying { roster.removeAll() }
        roster.isToBeEmptied = ownership.isEmptying
        roster.beginRenewal()
        out.begin()
        out.put("<iq type='get'")
        out.put(attribute: "id", id.bytes)
        out.put("><query xmlns='jabber:iq:roster'")
        if session.offersRosterVersions { out.put(attribute: "ver", roster.version.bytes) }
        out.put("/></iq>")
        out.commit()
    }

    // MARK: IQ

    private mutating func iq(_ iq: borrowing Element, now: Instant) {
        switch iq.value("type") {
        case "get", "set": request(iq, now: now)
        case "result", "error": answer(iq, now: now)
        default: break
        }
    }

    /// From our server, or from our own account: what carries no sender, or our bare address.
    func isOwn(_ stanza: borrowing Element) -> Bool {
        guard let sender = stanza.attribute("from") else { return true }
        guard let from = JID(sender) else { return false }
        return from.bare == account.address && from.isBare
    }

    /// Whom we answer at all: our server, our account, the parent and friends. To
    /// anybody else the Thing looks like an address with nobody behind it.
    private func isTrusted(_ stanza: borrowing Element) -> Bool {
        if isOwn(stanza) { return true }
        guard let from = JID(stanza.value("from")) else { return false }
        if from.bare.isDomain && from.bare.bytes.equals(account.address.domain) { return true }
        return isParent(from.bare) || roster.isFriend(from.bare)
    }

    /// Friends and the parent: those whose requests the door is asked about at all.
    func isKnown(_ address: BareJID) -> Bool {
        isParent(address) || parent.exists && roster.isFriend(address)
    }

    /// Whoever could give leave can take it back, however its friendship with us stands.
    func isParentsWord(_ address: BareJID) -> Bool { parent.exists && address == parent.address && !ownership.isEmptying }

    /// The very parent: a component by its address, an account as a friend besides.
    func isParent(_ address: BareJID) -> Bool {
        isParentsWord(address) && (parent.isComponent || roster.isFriend(address))
    }

    private mutating func request(_ iq: borrowing Element, now: Instant) {
        guard let payload = iq.firstChild else {
            out.refuse(.badRequest, iq)
            return
        }
        // Not every server sees to it that there is just one (RFC 6120 §8.2.3).
        if case .some = payload.next(in: iq) {
            out.refuse(.badRequest, iq)
            return
        }
        let isSet = iq.value("type", is: "set")
        noteTokens(of: payload, in: iq)
        switch payload.namespace {
        case Namespace.roster where isSet: push(iq, payload, now: now)
        case "urn:xmpp:iot:sensordata" where !isSet && payload.name.equals("req"): read(iq, payload, now: now)
        case "urn:xmpp:iot:sensordata" where payload.name.equals("cancel"): cancel(iq, payload)
        case EventRequest.namespace where payload.name.equals("subscribe"): subscribe(iq, payload, now: now)
        case EventRequest.namespace where payload.name.equals("unsubscribe"): unsubscribe(iq, payload)
        case ControlRequest.namespace where payload.name.equals(isSet ? "set" : "getForm"): control(iq, payload, now: now)
        case Namespace.ping where !isSet && isTrusted(iq): out.acknowledge(iq)
        case Namespace.commands where isSet && payload.name.equals("command") && hasCommands(iq): command(iq, payload, now: now)
        case Namespace.discoItems where !isSet && hasCommands(iq): listCommands(iq, payload)
        case Namespace.discoInfo where !isSet && Command.isNode(payload.value("node")) && hasCommands(iq):
            describeCommand(iq, payload)
        case Namespace.discoInfo where !isSet && isTrusted(iq): disco.answer(iq, payload, &out)
        case Namespace.version where !isSet && isTrusted(iq): version(iq)
        case Provisioning.namespace where isSet && payload.name.equals("clearCache"): clearCache(iq, now: now)
        case Provisioning.namespace where !isSet && payload.name.equals("tokenChallenge"): challenged(iq, payload, now: now)
        case Registry.namespace where isSet: registrySays(iq, payload, now: now)
        default: out.refuse(.serviceUnavailable, iq)
        }
    }

    /// XEP-0092.
    private mutating func version(_ iq: borrowing Element) {
        out.begin()
        out.openReply("result", id: iq.value("id"), to: iq.value("from"))
        out.put("><query xmlns='jabber:iq:version'><name>Ward</name><version>")
        out.put(Release.version)
        out.put("</version></query></iq>")
        out.commit()
    }

    /// The parent takes back all it said: readouts that run on it end.
    private mutating func clearCache(_ iq: borrowing Element, now: Instant) {
        guard let from = JID(iq.value("from")), isParentsWord(from.bare) else {
            out.refuse(.serviceUnavailable, iq)
            return
        }
        access.clear()
        // What it was asked before is void as well, and is asked anew.
        friendship.forgetQuestions(now: now)
        out.begin()
        out.openReply("result", id: iq.value("id"), to: iq.value("from"))
        out.put("><clearCacheResponse xmlns='urn:xmpp:iot:provisioning'/></iq>")
        out.commit()
    }

    /// The answer to something we asked: matched by its id *and* by who answers.
    private mutating func answer(_ iq: borrowing Element, now: Instant) {
        if let request = rosterRequest, isOwn(iq), iq.value("id").equals(request.id.bytes) {
            rosterAnswered(iq, now: now)
            return
        }
        if !pingID.isEmpty && iq.value("id").equals(pingID.bytes) {
            pingID = Text()
            return
        }
        if !keyShownID.isEmpty && isOwn(iq) && iq.value("id").equals(keyShownID.bytes) {
            keyShownID = Text()
            return keyWasShown()
        }
        if registryAnswered(iq, now: now) { return }
        if friendAnswered(iq, now: now) || consultationAnswered(iq, now: now) || challengeAnswered(iq) { return }
        if mirrors.answered(by: iq, now: now) { return }
        if parent.discovered(by: iq) { return parentIsKnown(now: now) }
        journal.log(.debug, "an answer to nothing we asked, from", iq.value("from"))
    }

    // MARK: Messages

    private mutating func message(_ message: borrowing Element, now: Instant) {
        if message.value("type", is: "error") {
            if saysAbsent(message), let from = JID(message.value("from")), !from.isBare { clientGone(from, now: now) }
            return
        }
        guard let from = JID(message.value("from")) else { return }
        if isParentsWord(from.bare) && order(message) { return }
        if mirrored(message, now: now) { return }
        if let set = message.child("set", ControlRequest.namespace) { return controlByMessage(message, set, now: now) }
    }

    /// The parent says whom to befriend and whom to drop (XEP-0324 §3.3); nobody else does.
    /// True where the message is such a word.
    private mutating func order(_ message: borrowing Element) -> Bool {
        if let order = message.child("unfriend", Provisioning.namespace), let jid = JID(order.value("jid")) {
            journal.log(.info, "the parent ends the friendship with", jid.bare.bytes)
            unfriend(jid.bare)
            // What we have just agreed to may be on its way to us: the server forgets it again.
            if !roster.contains(jid.bare) && !isKept(jid.bare) { removeFromRoster(jid.bare) }
        } else if let order = message.child("friend", Provisioning.namespace), let jid = JID(order.value("jid")) {
            befriend(jid.bare)
        } else {
            return false
        }
        return true
    }

    // MARK: Stream errors

    /// RFC 6120 §4.9: the stream is over, and this says why.
    private mutating func streamError(_ error: borrowing Element, now: Instant) {
        journal.begin(.warning)
        journal.put("the server ended the stream: ")
        if let condition = error.firstChild { journal.put(quoted: condition.name) }
        if let text = error.child("text", Namespace.streamErrors) {
            journal.put(": ")
            journal.put(quoted: text.text)
        }
        journal.end()
        // The way of some servers to say that no account is made (RFC 6120 §4.9.3.12, §4.9.3.14).
        if session.isRegistering, error.child("not-authorized", Namespace.streamErrors) != nil
            || error.child("policy-violation", Namespace.streamErrors) != nil {
            journal.log(.error, "the server does not let Things make accounts")
            return refuseAccount(now: now)
        }
        if error.child("conflict", Namespace.streamErrors) != nil {
            // Coming back at once would only throw the other one out, who would come back at once.
            journal.log(.warning, "our account is in use elsewhere with the same resource")
            boundSince = nil
            backoff.atLeast(.milliseconds(Self.conflictWait.milliseconds &* 2))
        }
        // Believed only from whoever has shown the domain's certificate, and followed once.
        if session.isSecure, redirection.isEmpty,
            let other = error.child("see-other-host", Namespace.streamErrors), isHost(other.text.trimmed)
        {
            redirection = Text(other.text.trimmed) ?? Text()
            redirectionIsNew = true
            journal.log(.info, "the server sends us to", redirection.bytes)
        } else {
            redirection = Text()
        }
        close(now: now)
    }

    private func isHost(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count > 0 && bytes.count <= 128 else { return false }
        for i in bytes.indices {
            switch bytes[i] {
            case 0x2D, 0x2E, 0x30...0x3A, 0x41...0x5B, 0x5D, 0x5F, 0x61...0x7A: continue
            default: return false
            }
        }
        return true
    }
}

/// What this program calls itself.
public enum Release {
    public static var version: StaticString { "0.1" }
}
