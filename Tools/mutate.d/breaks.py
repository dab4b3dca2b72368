"""The breaks that Tools/mutate makes: what is promised, and how it is broken."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Break:
    name: str
    what: str
    # Path, what stands there exactly once, what is put in its place.
    edits: tuple


def at(path, old, new):
    return (path, old, new)


DOOR = "Sources/Access/AccessTable.swift"
CONSULTING = "Sources/Thing/Consulting.swift"
QUESTION = "Sources/Access/Question.swift"
STANZAS = "Sources/Thing/Stanzas.swift"
FRIENDS = "Sources/Thing/Friends.swift"
WRITING = "Sources/Thing/Writing.swift"

GRANTED = "let fields = inquiry.fields.intersection(granted).union(said.allowed)"
FROM_THE_ONE_ASKED = "        return from == to\n"

BREAKS = (
    # The table.
    Break("skip-the-intersection", "who may read some of it reads all that was asked for", (
        at(DOOR, GRANTED, "let fields = inquiry.fields.union(said.allowed)"),)),
    Break("grant-what-was-named", "what the parent named is granted, asked for or not", (
        at(DOOR, GRANTED, "let fields = granted.union(said.allowed)"),)),
    Break("keep-an-error", "an error of the parent counts, and is kept, as a no", (
        at(CONSULTING, "guard let yes = Provisioning.verdict(in: iq, response, about: consultation.friend) else { return nil }",
           "guard let yes = Provisioning.verdict(in: iq, response, about: consultation.friend) else { return FieldSet() }"),)),
    Break("ignore-the-epoch", "an answer to a question from before clearCache counts", (
        at(DOOR, "guard let granted, askedEpoch == epoch,", "guard let granted,"),)),
    Break("clear-nothing", "clearCache leaves the answers that were kept", (
        at(DOOR, "        epoch &+= 1\n        decisions.removeAll()\n", "        epoch &+= 1\n"),)),
    Break("clear-until-the-power-cut", "that the answers were taken back is not written to the record", (
        at(DOOR, "        decisions.removeAll()\n        changed = true\n", "        decisions.removeAll()\n"),)),
    Break("forget-the-tokens", "an answer to a question with tokens counts for one without", (
        at(CONSULTING, "if inquiry.hasMore { inquiry.more = digest(of: request) }", "inquiry.hasMore = false"),)),
    Break("overrule-the-rules", "an answer counts where a standing rule says no", (
        at(DOOR, ".union(said.allowed).subtracting(said.denied)", ".union(said.allowed).union(said.denied.intersection(inquiry.fields))"),
        at(DOOR, "if said.allowed.isEmpty && !said.allowsUnknown { return .denied(.byParent, .rule) }", "")),),
    Break("outlive-the-revocation", "a readout goes on by a permit that has lapsed", (
        at("Sources/Readout/Telling.swift",
           "guard let permit = underway[i].permit, access.stands(permit, roster: roster, parent: parent) else {",
           "guard let permit = underway[i].permit else {"),)),
    # Who answers.
    Break("match-by-id", "whoever knows a question's id may answer it", (
        at(QUESTION, FROM_THE_ONE_ASKED, "        return !from.bare.isEmpty\n"),)),
    Break("match-by-prefix", "who is called like the parent, and something more, may answer for it", (
        at(QUESTION, FROM_THE_ONE_ASKED,
           "        let name = to.bare.bytes\n"
           "        return from.bare.bytes.count >= name.count && from.bare.bytes.extracting(first: name.count).equals(name)\n"),)),
    Break("obey-by-prefix", "who is called like the parent, and something more, is obeyed as it is", (
        at(STANZAS, "func isParentsWord(_ address: BareJID) -> Bool { parent.exists && address == parent.address }",
           "func isParentsWord(_ address: BareJID) -> Bool {\n"
           "        let name = parent.address.bytes\n"
           "        return parent.exists && address.bytes.count >= name.count && address.bytes.extracting(first: name.count).equals(name)\n"
           "    }"),)),
    Break("obey-friends", "a friend's words in a chat count as the parent's", (
        at("Sources/Thing/Words.swift", "if isParents && command(line", "if command(line"),)),
    Break("forget-about-whom", "an answer about somebody else counts", (
        at("Sources/Access/Provisioning.swift", "let about = JID(answer.value(\"jid\")), about.bare == subject",
           "let about = JID(answer.value(\"jid\")), !about.bare.isEmpty || subject.isEmpty"),)),
    Break("trust-a-push", "a roster push counts, whoever it is from", (
        at(FRIENDS, "        guard isOwn(iq) else {\n            journal.log(.warning, \"a forged roster push",
           "        guard isOwn(iq) || !iq.value(\"id\").isEmpty else {\n            journal.log(.warning, \"a forged roster push"),)),
    Break("trust-strangers", "anybody is told what this is", (
        at(STANZAS, "        if isOwn(stanza) { return true }\n", "        if isOwn(stanza) || stanza.attribute(\"from\") != nil { return true }\n"),)),
    # Friendships.
    Break("silence-is-yes", "a stranger is approved where the parent gave no answer", (
        at(FRIENDS, "            journal.log(.info, \"no decision by the parent: the request waits:\", address.bytes)\n",
           "            approve(address)\n"),)),
    Break("befriend-after-clear", "a yes from before clearCache makes a friend", (
        at(STANZAS, "        friendship.forgetQuestions(now: now)\n", "\n"),)),
    Break("drop-at-leisure", "whom the parent drops stays a friend until the server says so", (
        at(FRIENDS, "        if let seal = roster.seal(of: address) { access.forget(seal) }\n        roster.end(address)\n", "\n"),)),
    # What is said and done.
    Break("answer-nothing", "a request that is not understood has no answer", (
        at(STANZAS, "        default: out.refuse(.serviceUnavailable, iq)\n", "        default: break\n"),)),
    Break("give-old-values", "a sensor that fails says what it said before", (
        at("Sources/Readout/Sampler.swift", "while let i = rest.popFirst() { readings[i] = .failed(.tooSlow) }\n", "rest = FieldSet()\n"),)),
    Break("tell-who-is-away", "events are sent to clients that have gone", (
        at("Sources/Readout/Events.swift",
           "if subscriptions[i].isAccepted { subscriptions[i].step = .away } else { subscriptions[i].isGone = true }",
           "if !subscriptions[i].isAccepted { subscriptions[i].isGone = true }"),)),
    Break("set-by-old-words", "a set that was long on its way is done all the same", (
        at(WRITING, "        if isDelayed(message) {\n", "        if isDelayed(message) && from.bare.isEmpty {\n"),)),
    Break("set-half", "where one output refuses, the others stay as they were set", (
        at(WRITING, "        writes.underway[i].fault = fault\n        writes.underway[i].step = .restoring(n &- 1)\n",
           "        writes.underway[i].fault = fault\n        writes.underway[i].step = .restoring(-1)\n"),)),
    Break("set-after-revocation", "an output is set by a permit that has lapsed", (
        at(WRITING, "        guard access.stands(permit, roster: roster, parent: parent.address) else { return giveUp(i, .revoked, before: n) }\n", ""),
        at(WRITING, "        guard access.stands(permit, roster: roster, parent: parent.address) else { return refuse(i, revoked(permit)) }\n        // What did", "        // What did"))),
)
