import Access
import Fixed
import Support
import Testing
import XMPP

@Suite("What a person has to decide has numbers that mean one thing for ever")
struct PetitionTests {
    private func fields(_ places: Int...) -> FieldSet {
        var set = FieldSet()
        for i in places { set.insert(i) }
        return set
    }

    private func ask(
        _ petitions: inout Petitions, _ places: FieldSet, all: Bool = false, writes: Bool = false, by seal: UInt32 = 1, now: Int64 = 0
    ) -> Bool {
        petitions.add(places, isForAll: all, writes: writes, by: seal, now: at(now))
    }

    @Test("The same wish is one petition, however often; reading and setting are two")
    func once() {
        var petitions = Petitions()
        for _ in 0..<100 {
            let isPut = ask(&petitions, fields(1, 2))
            #expect(isPut)
        }
        _ = ask(&petitions, fields(1))
        _ = ask(&petitions, fields(1), writes: true)
        _ = ask(&petitions, fields(1), by: 2)
        let count = petitions.count
        #expect(count == 3)
        #expect(petitions[0].fields == fields(1, 2) && petitions[1].writes && petitions[2].seal == 2)
    }

    @Test("What is widened after it was shown gets a new number, and its old one means nothing")
    func widened() {
        var petitions = Petitions()
        _ = ask(&petitions, fields(1))
        let first = petitions.show(0)
        _ = ask(&petitions, fields(1))
        #expect(petitions.index(numbered: first) == 0 && petitions[0].isTold)
        _ = ask(&petitions, fields(2), now: 10)
        #expect(petitions.index(numbered: first) == nil && !petitions[0].isTold)
        #expect(petitions.isInDoubt(now: at(69)) && !petitions.isInDoubt(now: at(70)))
        let second = petitions.show(0)
        #expect(second > first)
        _ = ask(&petitions, FieldSet(), all: true, now: 20)
        #expect(petitions.index(numbered: second) == nil && petitions[0].isForAll && petitions[0].fields == .anyField)
        _ = ask(&petitions, fields(5), now: 30)
        #expect(petitions[0].isForAll)
    }

    @Test("What is decided in part keeps its number for the rest, which it had covered")
    func narrowed() {
        var petitions = Petitions()
        _ = ask(&petitions, fields(1, 2))
        let number = petitions.show(0)
        petitions.keep(fields(2), of: 0)
        #expect(petitions.index(numbered: number) == 0)
        petitions.keep(FieldSet(), of: 0)
        #expect(petitions.index(numbered: number) == nil)
    }

    @Test("Numbers are never given twice, not after a restart and not for another parent; 0 is none")
    func numbers() {
        var petitions = Petitions()
        petitions.restore(lastNumber: 41)
        _ = ask(&petitions, fields(1))
        #expect(petitions.index(numbered: 0) == nil)
        let first = petitions.show(0)
        #expect(first == 42)
        let isNew = petitions.changed
        #expect(isNew, "kept before it is told")
        petitions.removeAll()
        _ = ask(&petitions, fields(1))
        let second = petitions.show(0)
        #expect(second == 43)
        petitions.restore(lastNumber: .max)
        let wrapped = petitions.nextNumber()
        #expect(wrapped == 1)
    }

    @Test("As many fields as can be shown in one message, and the others another time")
    func limited() {
        var petitions = Petitions()
        var many = FieldSet()
        for i in 0..<100 { many.insert(i) }
        _ = ask(&petitions, many)
        let shown = petitions[0].fields
        #expect(shown.count == Petitions.fieldsInOne)
        _ = petitions.show(0)
        _ = ask(&petitions, many)
        #expect(petitions[0].fields == shown && petitions[0].isTold)
    }

    @Test("Full is said, and nothing gives way")
    func full() {
        var petitions = Petitions()
        for seal in 1...UInt32(Petitions.capacity) {
            let isPut = ask(&petitions, fields(1), by: seal)
            #expect(isPut)
        }
        let more = ask(&petitions, fields(1), by: 99)
        #expect(!more)
        let again = ask(&petitions, fields(2), by: 1)
        #expect(again)
        #expect(petitions[0].seal == 1)
    }

    @Test("Telling slows down while nobody answers, and begins afresh once somebody does")
    func pace() {
        var petitions = Petitions()
        var now: Int64 = 1_000
        var pauses: [Int64] = []
        for _ in 0..<10 {
            petitions.told(now: at(now))
            let next = petitions.tellingFrom.milliseconds / 1_000
            pauses.append(next - now)
            now = next
        }
        #expect(pauses == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900])
        petitions.parentSpoke(now: at(now))
        petitions.told(now: at(now))
        #expect(petitions.tellingFrom == at(now + 5))
        petitions.told(now: at(now + 10_000))
        #expect(petitions.tellingFrom == at(now + 10_005), "after a long time it begins afresh, too")
    }
}
