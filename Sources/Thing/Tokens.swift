import Access
import Fixed
import XML
import XMPP

// Tokens (XEP-0324 §3.6): who asks may show by them who or what speaks through him. They
// go to the parent as they came. The parent may challenge whoever showed one; the
// challenge comes to us, since we brought it the token, and goes on to him.

/// The tokens that went to the parent a moment ago, and a challenge on its way.
struct TokenTrail: ~Copyable {
    /// A token that a client showed.
    private struct Token: Sendable {
        var digest = Digest()
        var holder = JID()
        /// When it went to the parent; nil until it has.
        var sent: Instant?
    }

    /// A challenge that was handed on.
    struct Challenge: Sendable {
        let id: Text<24>
        let holder: JID
        /// Who challenged, and under which id.
        let challenger: JID
        let challengerID: Text<128>
        let deadline: Instant
    }

    /// How long after a token was sent its challenge is handed on.
    static var patience: Interval { .minutes(1) }
    /// How long the holder may take to answer it.
    static var answerPatience: Interval { .seconds(20) }

    private let place = InPlace()
    private var tokens = List<4, Token>(filler: Token())
    /// One at a time.
    private(set) var challenge: Challenge?
    /// Its deadline, which is looked at all the time, and it is long.
    private(set) var due: Instant?

    /// A client shows a token: it is the latest to do so.
    mutating func shown(_ digest: Digest, by holder: JID) {
        forget(digest)
        if tokens.isFull { tokens.remove(at: 0) }
        tokens.append(Token(digest: digest, holder: holder))
    }

    /// The token goes to the parent.
    mutating func sent(_ digest: Digest, now: Instant) {
        for i in tokens.indices where tokens[i].digest == digest { tokens[i].sent = now }
    }

    /// Who showed the token that went to the parent in the last minute.
    func holder(of digest: Digest, now: Instant) -> JID? {
        for i in tokens.indices where tokens[i].digest == digest {
            guard let sent = tokens[i].sent, now < sent + Self.patience else { return nil }
            return tokens[i].holder
        }
        return nil
    }

    mutating func begin(_ challenge: Challenge) {
        due = challenge.deadline
        self.challenge = challenge
    }

    /// The challenge has its answer.
    mutating func end() {
        due = nil
        challenge = nil
    }

    mutating func removeAll() {
        tokens.removeAll()
        end()
    }

    private mutating func forget(_ digest: Digest) {
        for i in tokens.indices where tokens[i].digest == digest {
            tokens.remove(at: i)
            return
        }
    }

    var wake: Wake { due.map { .at($0) } ?? .onInput }
}

extension Core {
    /// Notes which client shows the tokens of a request, where there are any.
    mutating func noteTokens(of request: borrowing Element, in iq: borrowing Element) {
        for i in 0..<Provisioning.tokens {
            guard let token = request.attribute(Provisioning.token(i)), let client = JID(iq.value("from")),
                isKnown(client.bare)
            else { continue }
            tokens.shown(Crypto.digest(.sha256, of: token), by: client)
        }
    }

    /// The parent has been asked with the tokens of a request.
    mutating func sentTokens(of request: borrowing Element, now: Instant) {
        for i in 0..<Provisioning.tokens {
            if let token = request.attribute(Provisioning.token(i)) {
                tokens.sent(Crypto.digest(.sha256, of: token), now: now)
            }
        }
    }

    /// The parent challenges a token: handed on to whoever showed it, where we sent it there
    /// in the last minute. For any other token, and to other friends, `forbidden`.
    mutating func challenged(_ iq: borrowing Element, _ challenge: borrowing Element, now: Instant) {
        guard let from = JID(iq.value("from")), isKnown(from.bare) || isParentsWord(from.bare) else {
            out.refuse(.serviceUnavailable, iq)
            return
        }
        guard isParentsWord(from.bare), let token = challenge.attribute("token"), let holder = tokens.holder(of: Crypto.digest(.sha256, of: token), now: now), roster.isFriend(holder.bare)
        else {
            out.refuse(StanzaError(.cancel, "forbidden"), iq)
            return
        }
        guard tokens.due == nil, let challengerID = Text<128>(iq.value("id")) else {
            out.refuse(.resourceConstraint, iq)
            return
        }
        let id = session.identifier()
        out.begin()
        out.put("<iq type='get'")
        out.put(attribute: "id", id.bytes)
        out.put(attribute: "to", holder)
        out.put("><tokenChallenge xmlns='urn:xmpp:iot:provisioning'")
        out.put(attribute: "token", token)
        out.put(">")
        out.put(escaped: challenge.text)
        out.put("</tokenChallenge></iq>")
        guard out.commit() else {
            out.refuse(.resourceConstraint, iq)
            return
        }
        tokens.begin(TokenTrail.Challenge(
            id: id, holder: holder, challenger: from, challengerID: challengerID, deadline: now + TokenTrail.answerPatience))
    }

    /// True where `iq` is the holder's answer to a challenge: it goes back to the challenger.
    mutating func challengeAnswered(_ iq: borrowing Element) -> Bool {
        guard tokens.due != nil, let challenge = tokens.challenge, iq.value("id").equals(challenge.id.bytes), let from = JID(iq.value("from")),
            from == challenge.holder
        else { return false }
        tokens.end()
        guard iq.value("type", is: "result"), let response = iq.child("tokenChallengeResponse", Provisioning.namespace) else {
            answer(challenge, StanzaError(.cancel, "forbidden"))
            return true
        }
        out.begin()
        open("result", challenge)
        out.put("<tokenChallengeResponse xmlns='urn:xmpp:iot:provisioning'>")
        out.put(escaped: response.text)
        out.put("</tokenChallengeResponse></iq>")
        if !out.commit() { answer(challenge, .resourceConstraint) }
        return true
    }

    /// Nobody answered the challenge in time.
    mutating func pollChallenge(now: Instant) {
        guard let due = tokens.due, due <= now, out.isReady, let challenge = tokens.challenge else { return }
        tokens.end()
        answer(challenge, StanzaError(.wait, "remote-server-timeout"))
    }

    private mutating func answer(_ challenge: TokenTrail.Challenge, _ error: StanzaError) {
        out.begin()
        open("error", challenge)
        error.write(to: &out)
        out.put("</iq>")
        out.commit()
    }

    private mutating func open(_ type: StaticString, _ challenge: TokenTrail.Challenge) {
        out.put("<iq type='")
        out.put(type)
        out.put("'")
        out.put(attribute: "id", challenge.challengerID.bytes)
        out.put(attribute: "to", challenge.challenger)
        out.put(">")
    }
}
