"""The breaks that Tools/mutate makes: what is promised, and how it is broken."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Break:
    name: str
    what: str
    # Path, what stands there exactly once, what is put in its place.
    edits: tuple
    # To be noticed where the Thing changes hands, not at the gate.
    ownership: bool = False


def at(path, old, new):
    return (path, old, new)


OWNERSHIP = "Sources/Ownership/Ownership.swift"
LOCK = "Sources/Ownership/ClaimLock.swift"
REGISTRY = "Sources/Ownership/Registry.swift"
OWNING = "Sources/Thing/Owning.swift"
OWNERS_WORDS = "Sources/Thing/OwnersWords.swift"
RECORD = "Sources/Thing/Record.swift"
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
        at(STANZAS, "func isParentsWord(_ address: BareJID) -> Bool { parent.exists && address == parent.address && !ownership.isEmptying }",
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
    # Whose it is.
    Break("spend-no-key", "the KEY that claimed the Thing stays its KEY", (
        at(OWNING, ".plain(ClaimKey(random: Crypto.self)) : .none)", ".plain(ClaimKey(random: Crypto.self)) : ownership.key)"),), True),
    Break("claim-with-any-key", "any KEY will do", (
        at(OWNING, "guard ownership.key.matches(key, Crypto.self) else {", "guard ownership.key.exists && !key.bytes.isEmpty else {"),), True),
    Break("unlock-at-once", "a KEY is looked at however many were wrong", (
        at(OWNING, "        if ownership.lock.isOn(now: now) {\n            journal.log(", "        if ownership.lock.isOn(now: now) && address.isEmpty {\n            journal.log("),), True),
    Break("lock-no-longer", "the lock is as long after ten wrong KEYs as after five", (
        at(LOCK, "Self.firstLock.milliseconds << doublings", "Self.firstLock.milliseconds << (doublings &- doublings)"),), True),
    Break("forget-wrong-keys", "the power cut sets the count of wrong KEYs back", (
        at(RECORD, "        if ownership.lock.failures > 0 {\n", "        if ownership.lock.failures > 200 {\n"),), True),
    Break("count-in-memory", "a wrong KEY is answered before the count of it is kept", (
        at(OWNERSHIP, "        lock.failed(now: now)\n        changed = true\n", "        lock.failed(now: now)\n"),), True),
    Break("trust-any-registry", "who says that somebody claimed it, or gave it up, is believed", (
        at("Sources/Thing/Registry.swift", "guard isOwnable, ownership.registry.isSpoken(by: iq) else {", "guard isOwnable, ownership.registry.exists else {"),), True),
    Break("trust-registry-by-prefix", "who is called like the registry, and something more, is taken for it", (
        at(REGISTRY, "        return from.isBare && from.bare == address\n",
           "        let name = address.bytes\n"
           "        return from.bare.bytes.count >= name.count && from.bare.bytes.extracting(first: name.count).equals(name)\n"),), True),
    Break("match-registry-by-id", "whoever knows its id answers what the registry was asked", (
        at(REGISTRY, "iq.value(\"id\").equals(id.bytes), isSpoken(by: iq) else { return nil }", "iq.value(\"id\").equals(id.bytes) else { return nil }"),), True),
    Break("take-old-claims", "the registry gives it away by a KEY that it was told long ago", (
        at(REGISTRY, "public var mayGive: Bool { standing == .registered }", "public var mayGive: Bool { standing != .unknown }"),), True),
    Break("obey-the-registry", "the registry says that it is given up, and the owner is not asked", (
        at("Sources/Thing/Registry.swift", "            askWhetherDisowned(id: id, now: now)\n", "            passOn(to: BareJID(), now: now)\n"),), True),
    Break("accept-by-anybody", "whoever says accept is the next owner", (
        at(OWNERS_WORDS, "from.bare == ownership.next, line.says(\"accept\")", "!from.bare.isEmpty, line.says(\"accept\")"),), True),
    Break("obey-owner-by-prefix", "who is called like the owner, and something more, gives it up", (
        at(OWNING, "isOwnable && ownership.isOwned && address == ownership.owner",
           "isOwnable && ownership.isOwned && address.bytes.count >= ownership.owner.bytes.count\n"
           "            && address.bytes.extracting(first: ownership.owner.bytes.count).equals(ownership.owner.bytes)"),), True),
    Break("confirm-by-any-number", "it is given up by whichever number", (
        at(OWNERS_WORDS, "guard let wish = unconfirmed, wish.number == number, now < wish.until", "guard let wish = unconfirmed, number > 0, now < wish.until"),), True),
    Break("confirm-for-ever", "the number holds for ever", (
        at(OWNERS_WORDS, "wish.number == number, now < wish.until else", "wish.number == number else"),
        at(OWNERS_WORDS, "guard let wish = unconfirmed, wish.until <= now else { return }", "guard let wish = unconfirmed, wish.until <= now, now < wish.until else { return }")), True),
    Break("name-without-asking", "the parent is named without being confirmed", (
        at(OWNERS_WORDS, "if let number = rest.afterFirstWord.decimalNumber, case .delegate(let meant)? = confirmed(number, now: now), meant == address {",
           "if !address.isEmpty {"),), True),
    # What is left of an owner, and when it is kept.
    Break("leave-the-roster", "the friends of an earlier owner stay in the roster", (
        at(OWNERSHIP, "        isEmptying = true\n        changed = true\n", "        changed = true\n"),), True),
    Break("empty-the-table-alone", "the server is not told that they go", (
        at(OWNING, "            removeFromRoster(address)\n            return true\n", "            return true\n"),), True),
    Break("empty-until-the-power-cut", "that the roster is still to be emptied is not kept", (
        at(RECORD, "if ownership.isEmptying { put(Tag.emptying, Span(), to: &sink) }", ""),), True),
    Break("befriend-while-emptying", "who is still to be removed is a friend meanwhile", (
        at("Sources/XMPP/Roster.swift", "guard isCurrent, !isToBeEmptied, let index", "guard isCurrent, let index"),), True),
    Break("keep-requests", "who asked an earlier owner is not forgotten", (
        at(OWNING, "        friendship.removeAll()\n", ""),), True),
    Break("wipe-nothing", "names stay in memory that nothing uses any more", (
        at("Sources/Fixed/List.swift", "unsafe withUnsafeMutableBytes(of: &storage) { wipe($0) }", ""),), True),
    Break("keep-after-telling", "it changes hands, and that is kept some time later", (
        at(RECORD, "        own.changed || session.learnt ||", "        !ownership.mustBeKept && own.changed || !ownership.mustBeKept && session.learnt ||"),
        at(RECORD, " || roster.changed || access.changed || petitions.changed || ownership.changed\n", "\n")), True),
    Break("go-on-unkept", "it changes hands though that cannot be kept", (
        at(OWNERSHIP, "        mustBeKept = true\n", ""),), True),
    Break("hash-before-telling", "of the new KEY only a digest is kept before anybody was told it", (
        at(OWNERS_WORDS, "        confirmKeyShown()\n", "        keyWasShown()\n"),), True),
)
