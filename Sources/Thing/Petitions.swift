import Access
import Fixed
import Readout
import XMPP

// What a person as parent has to decide, and what its word does. The same whether the
// word came as a line of chat or as a button.

/// What became of a rule the parent wants.
enum RuleSet: Equatable {
    case done
    /// Nobody of that address is in the roster, or it is the parent itself.
    case nobody
    /// There is no such field.
    case unknownField
    case full
}

/// What became of an answer to a petition.
enum Answered: Equatable {
    case done
    /// Nothing is open under that number.
    case nothing
    /// No room for another friend, or for another rule.
    case full
}

extension Core {
    /// The parent, a person, is to be asked what `friend` may do; once, however often it is
    /// wanted. False where there is no room for another question.
    mutating func petition(_ inquiry: Inquiry, by friend: BareJID, now: Instant) -> Bool {
        guard let seal = roster.seal(of: friend) else { return false }
        let isForAll = !inquiry.namesFields && !inquiry.namesNodes
        let fields = access.undecided(inquiry, by: seal)
        // What does not exist nobody can allow. The friend is told the same as of what does.
        guard isForAll || !fields.isEmpty else { return true }
        return petitions.add(
            fields, isForAll: isForAll, writes: inquiry.operation == .write, by: seal, now: now)
    }

    // MARK: What is open

    /// What waits for a person's word: friend requests first, then what friends would like to do.
    var openCount: Int { friendship.count &+ petitions.count }

    /// The number by which the parent answers what stands at a place below `openCount`. From
    /// now on it counts as shown.
    mutating func petitionNumber(_ index: Int) -> UInt32 {
        guard index < friendship.count else { return petitions.show(index &- friendship.count) }
        if friendship.number(index) == 0 {
            friendship.show(index, number: petitions.nextNumber())
        } else {
            friendship.show(index, number: friendship.number(index))
        }
        return friendship.number(index)
    }

    private func isTold(_ index: Int) -> Bool {
        index < friendship.count ? friendship.isTold(index) : petitions[index &- friendship.count].isTold
    }

    var hasUntold: Bool {
        for i in 0..<openCount where !isTold(i) { return true }
        return false
    }

    /// The place in the roster of the contact of that seal, who is a friend.
    @inline(never)
    func contact(sealed seal: UInt32) -> Int? {
        for i in roster.indices where roster[i].seal == seal && roster[i].subscription == .both { return i }
        return nil
    }

    /// What those wanted who are friends no more.
    @inline(never)
    mutating func dropStalePetitions(now: Instant) {
        var i = petitions.count
        while i > 0 {
            i &-= 1
            guard contact(sealed: petitions[i].seal) == nil else { continue }
            petitions.remove(i)
            petitions.lapse(now: now)
        }
    }

    /// A rule may have decided what was open.
    private mutating func reconsider(_ seal: UInt32) {
        var i = petitions.count
        while i > 0 {
            i &-= 1
            let petition = petitions[i]
            guard petition.seal == seal else { continue }
            let inquiry = Inquiry(
                petition.writes ? .write : .read, fields: petition.isForAll ? catalogue.all : petition.fields,
                namesFields: !petition.isForAll)
            if access.isDecided(inquiry, by: seal) {
                petitions.remove(i)
            } else if !petition.isForAll {
                petitions.keep(access.undecided(inquiry, by: seal), of: i)
            }
        }
    }

    // MARK: What the parent says

    /// A standing rule about a contact of the roster, for the fields of exactly that name, or
    /// for any field where it is empty.
    @inline(never)
    mutating func setRule(
        for address: BareJID, operations: UInt8, allows: Bool, fieldName: Span<UInt8>
    ) -> RuleSet {
        guard address != parent.address, let seal = roster.seal(of: address) else { return .nobody }
        var rule = Rule(seal, operations, allows: allows)
        if fieldName.count > 0 {
            let fields = catalogue.fields(named: fieldName)
            guard let name = Text<64>(fieldName), !fields.isEmpty else { return .unknownField }
            rule.name = name
            rule.fields = fields
        }
        return add(rule, about: address) ? .done : .full
    }

    private mutating func add(_ rule: Rule, about address: BareJID, sparingNames: Bool = false) -> Bool {
        guard access.add(rule, sparingNames: sparingNames, roster: roster) else { return false }
        journal.begin(.info)
        journal.put("the parent says: ")
        journal.put(quoted: address.bytes)
        journal.put(rule.allows ? " may" : " may not")
        for raw in UInt8(0)..<3 {
            if let operation = Operation(rawValue: raw), rule.speaks(of: operation) {
                journal.put(" ")
                journal.put(operation.word)
            }
        }
        journal.put(" ")
        if rule.name.isEmpty { journal.put("anything") } else { journal.put(quoted: rule.name.bytes) }
        journal.end()
        reconsider(rule.seal)
        return true
    }

    /// Takes back all that the parent said of a contact. False where there is none.
    mutating func forget(_ address: BareJID) -> Bool {
        guard address != parent.address, let seal = roster.seal(of: address) else { return false }
        access.forget(seal)
        roster.reseal(address)
        journal.log(.info, "the parent takes back what it said of", address.bytes)
        return true
    }

    /// Takes back all that the parent ever said.
    mutating func forgetEverything() {
        access.removeAll()
        journal.log(.info, "the parent takes back all it said")
    }

    /// The parent's yes or no to what was shown to it under `number`.
    @inline(never)
    mutating func answerPetition(number: UInt32, yes: Bool, now: Instant) -> Answered {
        dropStalePetitions(now: now)
        if let stranger = friendship.address(numbered: number) {
            friendship.withdraw(stranger)
            return settleFriendship(stranger, yes: yes) ? .done : .full
        }
        guard let index = petitions.index(numbered: number), let contact = contact(sealed: petitions[index].seal)
        else { return .nothing }
        let address = roster[contact].address
        let petition = petitions[index]
        var rule = Rule(petition.seal, petition.operations, allows: yes)
        // What was decided by name before was not part of the question.
        if petition.isForAll { return add(rule, about: address, sparingNames: true) ? .done : .full }
        for i in 0..<catalogue.count where petition.fields.contains(i) && isFirstOfName(i, of: petition.fields) {
            rule.name = catalogue[i].name
            rule.fields = catalogue.fields(named: rule.name.bytes)
            if !add(rule, about: address) { return .full }
        }
        return .done
    }

    /// No field of these in front of this one has its name.
    func isFirstOfName(_ index: Int, of fields: FieldSet) -> Bool {
        for i in 0..<index where fields.contains(i) && catalogue[i].name == catalogue[index].name { return false }
        return true
    }

    // MARK: Telling the parent

    /// Bytes of questions after which the others wait for the next message.
    private static var tellingBytes: Int { 1_500 }

    /// Puts what is new to the parent, a person, in one message. True where something was said.
    mutating func tellParent(now: Instant) -> Bool {
        guard hasUntold, petitions.tellingFrom <= now, isParent(parent.address), case .person = parent.voice
        else { return false }
        dropStalePetitions(now: now)
        guard hasUntold else { return false }
        beginWords(to: JID(bare: parent.address))
        let room = out.room
        for i in 0..<openCount where !isTold(i) && room &- out.room < Self.tellingBytes {
            if out.room < room { out.put("\n") }
            putPetition(i, asking: true)
        }
        // Said or not: it is not tried without end.
        petitions.told(now: now)
        guard endWords() else { return false }
        journal.log(.info, "the parent, a person, has been asked")
        return true
    }

    /// When `tellParent` has something to say.
    var tellingWake: Wake {
        guard hasUntold, isParent(parent.address), case .person = parent.voice else { return .onInput }
        return .at(petitions.tellingFrom)
    }

    /// The parent went, or is another one, or may not have heard what was on its way when the
    /// connection went.
    mutating func forgetTelling() {
        petitions.forgetTelling()
        friendship.forgetTelling()
    }
}
