import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// What people say to the Thing by ordinary chat messages. The parent gives its word here,
// and friends read and set what they may (`Chat.swift`). Only bodies count, from the very
// parent or a friend, and never what comes late: a yes that was on its way for a day is
// not one to what is asked today.

extension Core {
    /// The longest line that is looked at, in bytes.
    private static var lineBytes: Int { 512 }

    /// A message that says something in words, or nothing at all.
    mutating func heard(_ message: borrowing Element, now: Instant) {
        switch message.value("type") {
        case "", "chat", "normal": break
        default: return
        }
        guard !isForMachines(message), let from = JID(message.value("from")),
            let body = message.child("body", Namespace.client)
        else { return }
        let line = body.text.trimmed
        // Tables and several lines are how a Thing answers, not how anybody asks.
        guard line.count > 0, line.count <= Self.lineBytes || isKnown(from.bare), !line.hasControls else { return }
        let isParents = isParentsWord(from.bare)
        let isOwners = isOwner(from.bare)
        if strangerSays(line, from, isDelayed: isDelayed(message), now: now) { return }
        guard isKnown(from.bare) || isParents || isOwners else { return }
        let seal = roster.seal(of: from.bare) ?? 0
        if isDelayed(message) {
            guard isParents || isOwners, courtesy.mayHint(seal, now: now) else { return }
            return say("That was long on its way, so I did nothing. Please say it again.", to: from)
        }
        // The parent's word counts even where too much was said to answer it.
        isHushed = !courtesy.mayAnswer(seal, now: now)
        defer { isHushed = false }
        var heard = Heard.notUnderstood
        if line.count <= Self.lineBytes {
            if (isParents || isOwners) && ownersCommand(line, from, now: now) {
                // It may have ended all there was.
                return
            } else if isParents && command(line, from, now: now) {
                heard = .understood
            } else if !isHushed && isKnown(from.bare) {
                heard = chat(line, from, seal, now: now)
            }
        }
        switch heard {
        case .understood:
            courtesy.answered(seal, isUnderstood: true, now: now)
            if isParents { petitions.parentSpoke(now: now) }
        case .excused: courtesy.answered(seal, isUnderstood: false, now: now)
        case .ignored: break
        case .notUnderstood:
            guard !isHushed, courtesy.mayHint(seal, now: now) else { return }
            courtesy.answered(seal, isUnderstood: false, now: now)
            say("I am a Thing, and did not understand that. Say # for what I do.", to: from)
        }
    }

    /// Its words, if it has any, only say again what is in it for the protocols.
    private func isForMachines(_ message: borrowing Element) -> Bool {
        var next = message.firstChild
        while let child = next {
            if child.namespace.starts(with: "urn:xmpp:iot:") { return true }
            next = child.next(in: message)
        }
        return false
    }

    // MARK: The parent's commands

    /// What the parent wants. False where it is none of its words. A parent that is no friend
    /// now can only take back what it gave.
    private mutating func command(_ line: Span<UInt8>, _ from: JID, now: Instant) -> Bool {
        let verb = line.firstWord
        let rest = line.afterFirstWord
        if verb.says("no") {
            answer(false, rest, from, now: now)
        } else if verb.says("deny") {
            rule(false, rest, from)
        } else if verb.says("forget") {
            forget(rest, from)
        } else if verb.says("unfriend") {
            unfriend(rest, from)
        } else if !isParent(from.bare) {
            return false
        } else if verb.says("yes") {
            answer(true, rest, from, now: now)
        } else if verb.says("allow") {
            rule(true, rest, from)
        } else if verb.says("befriend") {
            befriend(rest, from)
        } else if verb.says("rules") {
            listRules(rest, from)
        } else if rest.count > 0 {
            return false
        } else if verb.says("pending") {
            beginWords(to: from)
            putPending(now: now)
            endWords()
        } else if verb.says("friends") {
            listFriends(from)
        } else if verb.equals("#") || verb.says("help") {
            beginWords(to: from)
            out.put(Self.parentsHelp)
            if isOwner(from.bare) { out.put(Self.ownersHelp) }
            endWords()
        } else {
            return false
        }
        return true
    }

    private static var parentsHelp: StaticString {
        """
        yes 1, no 1: your answer to what I asked
        pending: what is open
        friends; unfriend alice; befriend bob@example.org
        allow alice Temperature; allow alice *: to read, and to be told of changes
        allow alice write LED; deny alice Humidity; deny alice *
        rules; rules alice: what you said
        forget alice; forget *: I ask you again
        ? values; Temperature? one of them; =? what can be set; LED=1 sets it
        """
    }

    /// `yes 1`, or `yes` where just one thing is open and the parent has been told of it.
    private mutating func answer(_ yes: Bool, _ rest: Span<UInt8>, _ from: JID, now: Instant) {
        dropStalePetitions(now: now)
        var number: UInt32 = 0
        if rest.count > 0 {
            number = rest.decimalNumber.flatMap { UInt32(exactly: $0) } ?? 0
        } else if openCount == 1, !hasUntold, !petitions.isInDoubt(now: now) {
            number = petitionNumber(0)
        } else {
            beginWords(to: from)
            if openCount > 0 { out.put(yes ? "Yes to which?\n" : "No to which?\n") }
            putPending(now: now)
            endWords()
            return
        }
        // Said of whom and what before the answer ends it.
        let stranger = friendship.address(numbered: number)
        var petition: Petition?
        var address = stranger ?? BareJID()
        if let index = petitions.index(numbered: number), let contact = contact(sealed: petitions[index].seal) {
            petition = petitions[index]
            address = roster[contact].address
        }
        let answered = answerPetition(number: number, yes: yes, now: now)
        beginWords(to: from)
        switch answered {
        case .nothing:
            out.put("There is nothing with that number.\n")
            putPending(now: now)
        case .full:
            out.put(petition == nil ? "I have no room for another friend." : Self.noRoom)
        case .done:
            out.put(address: address.bytes)
            out.put(yes ? " may " : " may not ")
            if let petition { putDeed(petition) } else { out.put("be my friend") }
            out.put(".")
        }
        endWords()
    }

    private static var noRoom: StaticString { "I have no room for another rule. Say rules, and forget some first." }

    /// `allow alice Temperature`, `deny alice write LED`, `allow alice *`.
    private mutating func rule(_ allows: Bool, _ line: Span<UInt8>, _ from: JID) {
        var rest = line.afterFirstWord
        var operations: UInt8 = 0
        while rest.afterFirstWord.count > 0 {
            if rest.firstWord.says("read") {
                operations |= Rule.readAndSubscribe
            } else if rest.firstWord.says("write") || rest.firstWord.says("set") {
                operations |= Rule.bit(.write)
            } else {
                break
            }
            rest = rest.afterFirstWord
        }
        guard rest.count > 0 else {
            return say("Say a name, and a field or *, as in: allow alice Temperature", to: from)
        }
        // To set something is never meant by the way; not to is.
        if operations == 0 { operations = allows ? Rule.readAndSubscribe : Rule.everything }
        guard let contact = contact(named: line.firstWord, from) else { return }
        let address = roster[contact].address
        var name = Text<64>()
        if !rest.equals("*") {
            guard let field = field(named: rest, settable: allows && operations == Rule.bit(.write), from) else { return }
            name = catalogue[field].name
        }
        switch setRule(for: address, operations: operations, allows: allows, fieldName: name.bytes) {
        case .done:
            beginWords(to: from)
            out.put(address: address.bytes)
            putRule(operations, allows, name)
            out.put(".")
            endWords()
        case .full: say(Self.noRoom, to: from)
        case .nobody, .unknownField: say("I have no such friend, or no such field.", to: from)
        }
    }

    private mutating func forget(_ rest: Span<UInt8>, _ from: JID) {
        if rest.equals("*") {
            forgetEverything()
            return say("I have forgotten all you said of anybody, and ask you again.", to: from)
        }
        guard let contact = contact(named: rest, from) else { return }
        let address = roster[contact].address
        _ = forget(address)
        beginWords(to: from)
        out.put("I have forgotten all you said of ")
        out.put(address: address.bytes)
        out.put(", and ask you again.")
        endWords()
    }

    private mutating func unfriend(_ rest: Span<UInt8>, _ from: JID) {
        guard let contact = contact(named: rest, from) else { return }
        let address = roster[contact].address
        journal.log(.info, "the parent ends the friendship with", address.bytes)
        unfriend(address)
        beginWords(to: from)
        out.put(address: address.bytes)
        out.put(" is my friend no more.")
        endWords()
    }

    private mutating func befriend(_ rest: Span<UInt8>, _ from: JID) {
        guard let address = BareJID(rest), befriend(address) else {
            return say("I cannot. Say a whole address, as in: befriend bob@example.org", to: from)
        }
        beginWords(to: from)
        out.put("I ask ")
        out.put(address: address.bytes)
        out.put(" to be my friend.")
        endWords()
    }

    // MARK: Whom and what is meant

    /// The contact that is meant by a whole address, or by the part before the `@` where nobody
    /// else has it; nothing is guessed. Nil where that was said to `from`.
    mutating func contact(named name: Span<UInt8>, _ from: JID) -> Int? {
        var found: Int?
        var count = 0
        for i in roster.indices where isMeant(i, name) {
            found = i
            count &+= 1
        }
        if count == 1 { return found }
        beginWords(to: from)
        if count == 0 {
            out.put("I have no friend of that name. Say friends for a list.")
        } else {
            out.put("Which one?")
            for i in roster.indices where isMeant(i, name) {
                out.put("\n")
                put(i)
            }
        }
        endWords()
        return nil
    }

    private func isMeant(_ index: Int, _ name: Span<UInt8>) -> Bool {
        let address = roster[index].address
        guard address != parent.address else { return false }
        return address.bytes.equalsIgnoringCase(name) || !address.isDomain && address.local.equalsIgnoringCase(name)
    }

    /// The field of that name, letter for letter, or else but for the case of its letters where no
    /// other is meant. Nil where it was said to `from` which there are.
    private mutating func field(named name: Span<UInt8>, settable: Bool, _ from: JID) -> Int? {
        let wanted = settable ? catalogue.outputs : catalogue.all
        var found: Int?
        var isAmbiguous = false
        for i in 0..<catalogue.count where wanted.contains(i) {
            if catalogue[i].name.bytes.equals(name) { return i }
            guard catalogue[i].name.bytes.equalsIgnoringCase(name) else { continue }
            if let found, catalogue[found].name != catalogue[i].name { isAmbiguous = true }
            found = i
        }
        if let found, !isAmbiguous { return found }
        beginWords(to: from)
        if wanted.isEmpty {
            out.put("Nothing of me can be set.")
        } else {
            out.put(isAmbiguous ? "Which one? " : settable ? "That cannot be set. What can: " : "I have no such field. I have: ")
            putNames(wanted)
        }
        endWords()
        return nil
    }
}

extension Span where Element == UInt8 {
    /// Up to the first blank.
    var firstWord: Span<UInt8> {
        @_lifetime(copy self)
        get {
            for i in indices where self[i] == 0x20 { return extracting(first: i) }
            return self
        }
    }

    /// What comes behind it, without blanks around it.
    var afterFirstWord: Span<UInt8> {
        @_lifetime(copy self)
        get {
            for i in indices where self[i] == 0x20 { return extracting(droppingFirst: i).trimmed }
            return extracting(droppingFirst: count)
        }
    }

    /// It is that word, in letters of whichever case.
    func says(_ word: StaticString) -> Bool { equalsIgnoringCase(word.bytes) }

    var hasControls: Bool {
        for i in indices where self[i] < 0x20 { return true }
        return false
    }
}
