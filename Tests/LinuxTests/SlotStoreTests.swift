import Fixed
import Foundation
import Hardware
import TLS
import Testing

@testable import Linux

/// A store at its place, as one run of the program has it.
private final class Run {
    private var store = StateStore()
    let refusal: SystemError?

    init(_ path: String, shared: Bool = false) {
        let bytes = Array(path.utf8)
        refusal = store.open(bytes.span, shared: shared)
    }

    func load() -> Loading<SystemError> { content().0 }

    func content() -> (Loading<SystemError>, [UInt8]) {
        var block = Block()
        let result = store.load(MbedCryptography.self, into: &block)
        guard case .record(let offset) = result else { return (result, []) }
        return (result, block.bytes.extracting(droppingFirst: offset).array)
    }

    func save(_ record: [UInt8], changingHands: Bool = false) -> SystemError? {
        store.save(record.span, changingHands: changingHands, MbedCryptography.self)
    }

    func setAside() -> Loading<SystemError> { store.setAside() }
    func forget() -> SystemError? { store.forget() }
}

private func words(_ error: SystemError?) -> String {
    var words = Text<96>()
    error?.words(to: &words)
    return words.string
}

/// Where a store can be, for what holds of both.
enum Kind: CaseIterable { case files, slots }

@Suite struct StoreTests {
    let folder = Folder()

    func place(_ kind: Kind) -> String {
        kind == .files ? folder.path : folder.write("medium", [UInt8](repeating: 0, count: 262_144))
    }

    @Test(arguments: Kind.allCases)
    func `what was saved last is loaded, in this run and in the next`(_ kind: Kind) {
        let place = place(kind)
        var run = Run(place)
        #expect(run.load() == .nothing)
        for length in [0, 1, 470, 1000, 432, StateRecord.limit, 7] {
            let record = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ length) }
            #expect(run.save(record) == nil)
            #expect(run.content().1 == record)
            run = Run(place)
            #expect(run.refusal == nil)
            #expect(run.content().1 == record)
            #expect(Run(place, shared: true).content().1 == record)
        }
        #expect(run.save([UInt8](repeating: 9, count: StateRecord.limit + 1)) != nil)
        #expect(run.content().1.count == 7)
    }

    @Test(arguments: Kind.allCases)
    func `what is set aside is not loaded again, and the next record counts`(_ kind: Kind) {
        let place = place(kind)
        let run = Run(place)
        #expect(run.save([1, 2, 3]) == nil)
        #expect(run.save([4, 5, 6]) == nil)
        #expect(run.setAside() == .setAside)
        #expect(Run(place).load() == .nothing)
        #expect(run.save([7]) == nil)
        #expect(Run(place).content().1 == [7])
    }

    @Test(arguments: Kind.allCases)
    func `what changes hands leaves nothing of before, not even where it was set aside`(_ kind: Kind) {
        let place = place(kind)
        let run = Run(place)
        let alice = Array("alice ".utf8)
        let long = (0..<600).flatMap { _ in alice }
        #expect(run.save(long) == nil)
        #expect(run.setAside() == .setAside)
        #expect(run.save(long) == nil)
        #expect(run.save(alice) == nil)
        #expect(run.save(Array("bob".utf8), changingHands: true) == nil)
        #expect(run.forget() == nil)
        #expect(run.content().1 == Array("bob".utf8))
        for name in folder.names { #expect(!(folder.read(name) ?? []).contains(alice)) }
        #expect(run.save([1]) == nil)
        #expect(Run(place).content().1 == [1])
    }

    @Test func `a device that is missing is no directory to be made`() {
        #expect(Run("/dev/ward-missing").refusal?.isMissing == true)
        #expect(!FileManager.default.fileExists(atPath: "/dev/ward-missing"))
    }
}

@Suite struct SlotStoreTests {
    let folder = Folder()
    let path: String
    /// Spans several blocks of a slot.
    let old = (0..<1900).map { UInt8(truncatingIfNeeded: $0 &* 5) }
    let new = (0..<1700).map { UInt8(truncatingIfNeeded: $0 &* 11 &+ 3) }

    init() { path = folder.write("medium", [UInt8](repeating: 0, count: 262_144)) }

    private var medium: [UInt8] {
        get { folder.read("medium") ?? [] }
        nonmutating set { folder.write("medium", newValue) }
    }

    @Test func `of two whole records the later one counts, and a save goes over the earlier one`() {
        let run = Run(path)
        #expect(run.save(old) == nil)
        let first = medium
        #expect(run.save(new) == nil)
        let second = medium
        #expect(first[..<65_536] == second[..<65_536])
        #expect(run.save([1]) == nil)
        #expect(medium[65_536...] == second[65_536...])
        #expect(Run(path).content().1 == [1])
    }

    @Test func `whichever blocks of a save reach the medium, the record is the old one or the new one`() {
        #expect(Run(path).save(old) == nil)
        for (before, after) in [(old, new), (new, old.reversed())] {
            let image = medium
            #expect(Run(path).save(after) == nil)
            let target = medium
            let blocks = (0..<512).filter { image[($0 * 512)..<($0 * 512 + 512)] != target[($0 * 512)..<($0 * 512 + 512)] }
            #expect(blocks.count >= 4)
            for choice in 0..<(1 << blocks.count) {
                var torn = image
                for (bit, block) in blocks.enumerated() where choice >> bit & 1 == 1 {
                    torn.replaceSubrange((block * 512)..<(block * 512 + 512), with: target[(block * 512)..<(block * 512 + 512)])
                }
                medium = torn
                let again = Run(path)
                let isWhole = choice == 1 << blocks.count - 1
                let expected = isWhole ? after : before
                #expect(again.content().1 == expected, "\(choice)")
                // And it goes on from there.
                #expect(again.save([7, 7]) == nil)
                #expect(Run(path).content().1 == [7, 7])
            }
            medium = target
        }
    }

    @Test func `every flipped bit of the newest record is found, and the one before it counts`() {
        let run = Run(path)
        #expect(run.save([1, 2]) == nil)
        #expect(run.save([3, 4]) == nil)
        for bit in 0..<((32 + 48 + 2) * 8) {
            for (slot, other) in [(65_536, [1, 2]), (0, [3, 4])] as [(Int, [UInt8])] {
                flip(slot * 8 + bit)
                #expect(Run(path).content().1 == other, "\(bit)")
                flip(slot * 8 + bit)
            }
        }
        #expect(Run(path).content().1 == [3, 4])
    }

    private func flip(_ bit: Int) {
        let file = open(path, O_RDWR)
        var byte: UInt8 = 0
        pread(file, &byte, 1, bit / 8)
        byte ^= 1 << UInt8(bit % 8)
        pwrite(file, &byte, 1, bit / 8)
        close(file)
    }

    @Test func `where both are damaged they are set aside behind the slots, once`() {
        let run = Run(path)
        #expect(run.save(old) == nil)
        #expect(run.save(new) == nil)
        var damaged = medium
        damaged[100] ^= 1
        damaged[65_636] ^= 1
        medium = damaged
        #expect(Run(path, shared: true).load() == .setAside)
        #expect(medium == damaged)
        let again = Run(path)
        #expect(again.load() == .setAside)
        #expect(again.load() == .nothing)
        #expect(medium[131_072..<133_000] == damaged[0..<1928])
        #expect(medium[196_608..<198_000] == damaged[65_536..<66_928])
        #expect(again.save([1]) == nil)
        #expect(Run(path).content().1 == [1])
    }

    @Test func `the first save of all, interrupted, leaves a medium that is ours and empty`() {
        let run = Run(path)
        let image = medium
        #expect(run.save(old) == nil)
        var torn = image
        torn.replaceSubrange(512..<2048, with: medium[512..<2048])
        medium = torn
        #expect(Run(path).load() == .nothing)
    }

    @Test func `sequence numbers go on past their end`() {
        let run = Run(path)
        #expect(run.save([1]) == nil)
        #expect(run.save([2]) == nil)
        // As after four thousand million saves.
        for (slot, sequence) in [(0, UInt32.max - 1), (65_536, UInt32.max)] {
            var image = medium
            var header = SlotHeader(sequence: sequence, standsAlone: false, length: 49)
            let content = Array(image[(slot + 32)..<(slot + 81)])
            header.seal(content.span, [UInt8]().span)
            image.replaceSubrange(slot..<(slot + 32), with: header.bytes.bytes.array)
            medium = image
        }
        let again = Run(path)
        #expect(again.content().1 == [2])
        for value in 3..<9 as Range<UInt8> {
            #expect(again.save([value]) == nil)
            #expect(Run(path).content().1 == [value])
        }
        let image = medium
        #expect(SlotHeader(image.span)?.sequence == 4)
    }

    @Test func `the power goes behind a change of hands: nothing of the earlier owner is left once it is loaded`() {
        let alice = Array("alice".utf8)
        let run = Run(path)
        for _ in 0..<2 { #expect(run.save((0..<900).flatMap { _ in alice }) == nil) }
        #expect(run.save([1], changingHands: true) == nil)
        #expect(medium.contains(alice))
        #expect(Run(path, shared: true).content().1 == [1])
        #expect(medium.contains(alice))
        #expect(Run(path).content().1 == [1])
        #expect(!medium.contains(alice))
    }

    @Test func `what was not forgotten is forgotten with the next save`() {
        let run = Run(path)
        #expect(run.save(old) == nil)
        #expect(run.save([1], changingHands: true) == nil)
        #expect(run.save([2]) == nil)
        #expect(run.forget() == nil)
        #expect(!medium.contains(Array(old[..<20])))
        #expect(Run(path).content().1 == [2])
    }

    @Test func `what holds anything else is refused, and not touched`() {
        for block in stride(from: 0, to: 512, by: 13) {
            var image = [UInt8](repeating: 0, count: 262_144)
            image[block * 512 + block] = 0x53
            medium = image
            let run = Run(path)
            #expect(words(run.refusal) == "holds something else; to give it away, overwrite its first 256 KiB with zeros")
            #expect(medium == image)
        }
        let bytes = Array(path.utf8)
        #expect(words(StateStore.objection(to: bytes.span)).hasPrefix("holds something else"))
    }

    @Test func `erased flash is empty, and a power cut while it becomes ours does no harm`() {
        let erased = [UInt8](repeating: 0xFF, count: 262_144)
        medium = erased
        #expect(Run(path, shared: true).load() == .nothing)
        #expect(medium == erased)
        #expect(Run(path).load() == .nothing)
        let ours = medium
        medium = Array(ours[..<512]) + Array(erased[512...])
        let run = Run(path)
        #expect(run.refusal == nil)
        #expect(run.save(old) == nil)
        #expect(Run(path).content().1 == old)
    }

    @Test func `what is too small, or open to others, is refused with the reason`() {
        medium = [UInt8](repeating: 0, count: 262_143)
        #expect(words(Run(path).refusal) == "has fewer than 256 KiB")
        medium = [UInt8](repeating: 0, count: 262_144)
        chmod(path, 0o640)
        #expect(words(Run(path).refusal) == "is open to others than its owner: chmod 600 it")
        chmod(path, 0o600)
        #expect(Run(path).refusal == nil)
    }
}

extension Array where Element == UInt8 {
    fileprivate func contains(_ word: [UInt8]) -> Bool { Data(self).range(of: Data(word)) != nil }
}
