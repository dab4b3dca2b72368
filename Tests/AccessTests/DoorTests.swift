import Access
import Fixed
import Support
import Testing
import XMPP

@Suite("Nobody gets through the door without a friendship and the parent's word")
struct DoorTests {
    private let parent = bare("parent@x")
    private let friend = bare("friend@x")
    private let fields = set([1, 2, 3])

    private var asked: Inquiry { Inquiry(.read, types: 1, fields: fields) }

    private func decide(
        _ address: String, among items: [(String, String)] = [("friend@x", "both"), ("parent@x", "both")],
        parent: String = "parent@x", current: Bool = true
    ) throws -> String {
        var list = try roster(items)
        list.isCurrent = current
        var table = AccessTable()
        return words(table.decide(asked, by: bare(address), roster: list, parent: bare(parent)))
    }

    @Test("A friend is asked about; whoever is less than that is denied")
    func friends() throws {
        #expect(try decide("friend@x") == "ask")
        for subscription in ["to", "from", "none"] {
            #expect(try decide("friend@x", among: [("friend@x", subscription), ("parent@x", "both")]) == "not a friend")
        }
        #expect(try decide("stranger@x") == "not a friend")
        #expect(try decide("friend@x.evil") == "not a friend")
        #expect(try decide("x") == "not a friend")
    }

    @Test("Before this session has heard the roster nobody is a friend, the parent neither")
    func unknownRoster() throws {
        #expect(try decide("friend@x", current: false) == "not a friend")
        #expect(try decide("parent@x", current: false) == "not a friend")
    }

    @Test("The parent reads everything it asks for; a parent in name only does not")
    func parentReads() throws {
        #expect(try decide("parent@x") == "parent@x read [1, 2, 3] (the parent itself)")
        #expect(try decide("parent@x", among: [("parent@x", "from")]) == "not a friend")
        #expect(try decide("parent@x.evil") == "not a friend")
        #expect(try decide("prov.x", parent: "prov.x") == "prov.x read [1, 2, 3] (the parent itself)")
        #expect(try decide("a@prov.x", parent: "prov.x") == "not a friend")
        #expect(try decide("prov.x.evil", parent: "prov.x") == "not a friend")
    }

    @Test("An unclaimed Thing answers nobody, whatever its roster says")
    func unclaimed() throws {
        #expect(try decide("friend@x", parent: "") == "not a friend")
        #expect(try decide("", among: [], parent: "") == "not a friend")
    }

    @Test("What the parent grants is cut to what was asked")
    func settle() throws {
        let list = try roster([("friend@x", "both")])
        func settle(_ granted: FieldSet?, _ address: String = "friend@x", epoch: UInt32 = 0, seal: UInt32? = nil) -> String {
            var table = AccessTable()
            return words(table.settle(asked, granted: granted, to: bare(address), asked: epoch, under: seal ?? list.seal(of: bare(address)) ?? 0, roster: list))
        }
        #expect(settle(.anyField) == "friend@x read [1, 2, 3] (fresh)")
        #expect(settle(set([2, 3, 4])) == "friend@x read [2, 3] (fresh)")
        #expect(settle(set([4])) == "the parent said no (fresh)")
        #expect(settle(FieldSet()) == "the parent said no (fresh)")
        #expect(settle(nil) == "no decision by the parent")
        #expect(settle(.anyField, "stranger@x") == "not a friend")
        #expect(settle(.anyField, epoch: 1) == "no decision by the parent")
        #expect(settle(.anyField, seal: 99) == "no decision by the parent")
    }

    @Test("A permit stands while the friendship does, until the parent takes all back, and no longer")
    func permits() throws {
        var list = try roster([("friend@x", "both")])
        var table = AccessTable()
        func permit(_ table: inout AccessTable, _ list: borrowing Roster) throws -> Permit {
            let verdict = table.settle(asked, granted: .anyField, to: friend, asked: table.epoch, under: list.seal(of: friend) ?? 0, roster: list)
            guard case .allowed(let permit, _) = verdict else { throw NotAStanza() }
            return permit
        }
        let first = try permit(&table, list)
        var stands = table.stands(first, roster: list, parent: parent)
        #expect(stands)
        stands = table.stands(first, roster: list, parent: BareJID())
        #expect(!stands)
        list.isCurrent = false
        stands = table.stands(first, roster: list, parent: parent)
        #expect(!stands)
        list.isCurrent = true
        try apply("jid='friend@x' subscription='from'", to: &list)
        stands = table.stands(first, roster: list, parent: parent)
        #expect(!stands)
        // Friends again, but it is another friendship.
        try apply("jid='friend@x' subscription='both'", to: &list)
        stands = table.stands(first, roster: list, parent: parent)
        #expect(!stands)
        let second = try permit(&table, list)
        stands = table.stands(second, roster: list, parent: parent)
        #expect(stands)
        table.clear()
        stands = table.stands(second, roster: list, parent: parent)
        #expect(!stands)
    }

    @Test("A component's permit lapses when it is the parent no more")
    func componentPermit() throws {
        let list = try roster([])
        var table = AccessTable()
        let verdict = table.decide(asked, by: bare("prov.x"), roster: list, parent: bare("prov.x"))
        guard case .allowed(let permit, .parent) = verdict else { throw NotAStanza() }
        var stands = table.stands(permit, roster: list, parent: bare("prov.x"))
        #expect(stands)
        stands = table.stands(permit, roster: list, parent: bare("other.x"))
        #expect(!stands)
    }

    @Test("Who is denied learns why, but not whether there was anything to be had")
    func whatIsTold() {
        #expect(Denial.notFriend.error.condition.description == "forbidden")
        #expect(Denial.byParent.error.condition.description == "forbidden")
        #expect(Denial.noDecision.error.text.description.contains("no decision"))
    }
}

/// A verdict in words, as permits are not to be compared.
func words(_ verdict: Verdict) -> String {
    switch verdict {
    case .allowed(let permit, let ground):
        let places = (0..<FieldSet.capacity).filter(permit.fields.contains)
        let all = permit.fields == .anyField ? "anything" : "\(places)"
        return "\(string(permit.holder.bytes)) \(permit.operation.word) \(all) (\(ground.word))"
    case .denied(.byParent, let ground): return "the parent said no (\(ground.word))"
    case .denied(let denial, _): return denial.words.description
    case .ask: return "ask"
    }
}

func set(_ places: [Int]) -> FieldSet {
    var set = FieldSet()
    for place in places { set.insert(place) }
    return set
}

@Suite("A set of fields is exactly that")
struct FieldSetTests {
    private func places(_ set: FieldSet) -> [Int] { (-3..<FieldSet.capacity + 3).filter(set.contains) }

    @Test("Each place is a bit of its own; those outside are never in it")
    func places() {
        for place in 0..<FieldSet.capacity {
            #expect(places(set([place])) == [place])
            var all = FieldSet.anyField
            all.remove(place)
            #expect(all.count == FieldSet.capacity - 1 && !all.contains(place))
        }
        for place in [-1, FieldSet.capacity, .min, .max, 64 - 128, 256] {
            #expect(set([place]).isEmpty && !FieldSet.anyField.contains(place))
            var all = FieldSet.anyField
            all.remove(place)
            #expect(all == .anyField)
        }
    }

    @Test("No field is not every field")
    func emptyIsEmpty() {
        #expect(FieldSet().isEmpty && FieldSet().count == 0 && places(FieldSet()) == [])
        #expect(!FieldSet.anyField.isEmpty && FieldSet.anyField.count == FieldSet.capacity)
        #expect(FieldSet().intersection(.anyField).isEmpty)
    }

    @Test("Intersection, union and difference, across the middle")
    func algebra() {
        let a = set([0, 5, 63, 64, 100]), b = set([5, 64, 101, 127])
        #expect(places(a.intersection(b)) == [5, 64])
        #expect(places(a.union(b)) == [0, 5, 63, 64, 100, 101, 127])
        #expect(places(a.subtracting(b)) == [0, 63, 100])
        #expect(places(b.subtracting(a)) == [101, 127])
    }
}
