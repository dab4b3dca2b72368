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

BREAKS = (
    Break("skip-the-intersection", "who may read some of it reads all that was asked for", (
        at(DOOR, "let fields = inquiry.fields.intersection(granted).union(said.allowed)",
           "let fields = inquiry.fields.union(said.allowed)"),)),
    Break("grant-what-was-named", "what the parent named is granted, asked for or not", (
        at(DOOR, "let fields = inquiry.fields.intersection(granted).union(said.allowed)",
           "let fields = granted.union(said.allowed)"),)),
    Break("keep-an-error", "an error of the parent counts, and is kept, as a no", (
        at(CONSULTING, "guard let yes = Provisioning.verdict(in: iq, response, about: consultation.friend) else { return nil }",
           "guard let yes = Provisioning.verdict(in: iq, response, about: consultation.friend) else { return FieldSet() }"),)),
    Break("ignore-the-epoch", "an answer to a question from before clearCache counts", (
        at(DOOR, "guard let granted, askedEpoch == epoch else", "guard let granted else"),)),
    Break("clear-nothing", "clearCache leaves the answers that were kept", (
        at(DOOR, "        epoch &+= 1\n        decisions.removeAll()\n", "        epoch &+= 1\n"),)),
    Break("match-by-id", "whoever knows a question's id may answer it", (
        at(QUESTION, "        return from == to\n", "        return !from.bare.isEmpty\n"),)),
    Break("match-by-prefix", "who is called like the parent, and something more, may answer for it", (
        at(QUESTION, "        return from == to\n",
           "        let name = to.bare.bytes\n"
           "        return from.bare.bytes.count >= name.count && from.bare.bytes.extracting(first: name.count).equals(name)\n"),)),
    Break("obey-by-prefix", "who is called like the parent, and something more, is obeyed as it is", (
        at(STANZAS, "parent.exists && address == parent.address &&",
           "parent.exists && address.bytes.count >= parent.address.bytes.count\n"
           "            && address.bytes.extracting(first: parent.address.bytes.count).equals(parent.address.bytes) &&"),
        at(STANZAS, "(parent.isComponent || roster.isFriend(address))", "true"))),
    Break("trust-a-push", "a roster push counts, whoever it is from", (
        at(FRIENDS, "        guard isOwn(iq) else {\n            journal.log(.warning, \"a forged roster push",
           "        guard isOwn(iq) || !iq.value(\"id\").isEmpty else {\n            journal.log(.warning, \"a forged roster push"),)),
    Break("forget-about-whom", "an answer about somebody else counts", (
        at("Sources/Access/Provisioning.swift", "let about = JID(answer.value(\"jid\")), about.bare == subject",
           "let about = JID(answer.value(\"jid\")), !about.bare.isEmpty || subject.isEmpty"),)),
    Break("forget-the-tokens", "an answer to a question with tokens counts for one without", (
        at(CONSULTING, "if inquiry.hasMore { inquiry.more = digest(of: request) }", "inquiry.hasMore = false"),)),
    Break("outlive-the-friendship", "a readout goes on when the friendship has ended", (
        at(DOOR, "guard roster.isFriend(permit.holder), permit.seal != 0, roster.seal(of: permit.holder) == permit.seal",
           "guard permit.seal != 0"),
        at(DOOR, "guard permit.epoch == epoch, !parent.isEmpty else { return false }",
           "guard !parent.isEmpty else { return false }"))),
    Break("trust-strangers", "anybody is told what this is", (
        at(STANZAS, "        if isOwn(stanza) { return true }\n", "        if isOwn(stanza) || stanza.attribute(\"from\") != nil { return true }\n"),)),
    Break("silence-is-yes", "a stranger is approved where the parent gave no answer", (
        at(FRIENDS, "            journal.log(.info, \"no decision by the parent: the request waits:\", address.bytes)\n",
           "            approve(address)\n"),)),
    Break("answer-nothing", "a request that is not understood has no answer", (
        at(STANZAS, "        default: out.refuse(.serviceUnavailable, iq)\n", "        default: break\n"),)),
    Break("give-old-values", "a sensor that fails says what it said before", (
        at("Sources/Readout/Sampler.swift", "for i in 0..<128 where fields.contains(i) { readings[i] = .failed(.tooSlow) }\n", "\n"),)),
)
