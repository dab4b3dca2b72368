import CPlatform
import Testing

/// The allocator of the firmware, used by its own names beside libc's.
///
/// One array serves them all, so the tests run one after another, and each gives
/// back what it took.
@Suite(.serialized) struct ArenaTests {
    /// A block that was handed out, with a pattern over all of it.
    struct Held {
        let at: UnsafeMutableRawPointer
        var size: Int
        let mark: UInt8

        init(_ at: UnsafeMutableRawPointer, _ size: Int, _ mark: UInt8) {
            (self.at, self.size, self.mark) = (at, size, mark)
            fill()
        }
        func fill() { at.initializeMemory(as: UInt8.self, repeating: mark, count: size) }
        func intact(upTo count: Int? = nil) -> Bool {
            UnsafeRawBufferPointer(start: at, count: count ?? size).allSatisfy { $0 == mark }
        }
    }

    static func isZero(_ at: UnsafeMutableRawPointer, _ from: Int, _ to: Int) -> Bool {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(start: at, count: to)[from...])
            .allSatisfy { $0 == 0 }
    }

    /// The largest single block that can be had now.
    static func largest() -> Int {
        var low = 0, high = 1 << 24
        while low < high {
            let middle = (low + high + 1) / 2
            if let block = ward_arena_take(middle, 1) {
                ward_arena_give(block)
                low = middle
            } else {
                high = middle - 1
            }
        }
        return low
    }

    @Test func blocksAreApartAlignedAndZero() throws {
        var held: [Held] = []
        for size in 0..<200 {
            let at = try #require(ward_arena_take(size, 1))
            #expect(Int(bitPattern: at) % (2 * MemoryLayout<Int>.size) == 0)
            #expect(ward_arena_usable(at) >= size)
            #expect(Self.isZero(at, 0, ward_arena_usable(at)))
            held.append(Held(at, ward_arena_usable(at), UInt8(size)))
        }
        for block in held { #expect(block.intact()) }
        for block in held { ward_arena_give(block.at) }
        #expect(ward_arena_used() == 0)
    }

    @Test func whatIsGivenBackIsWipedAndJoined() throws {
        let before = Self.largest()
        let blocks = try (0..<64).map { _ in try #require(ward_arena_take(300, 1)) }
        for at in blocks { at.initializeMemory(as: UInt8.self, repeating: 0xA5, count: 300) }
        // Every second one first, so that blocks are joined on both sides.
        for i in stride(from: 0, to: 64, by: 2) { ward_arena_give(blocks[i]) }
        for i in stride(from: 1, to: 64, by: 2) { ward_arena_give(blocks[i]) }
        #expect(Self.largest() == before)
        let all = try #require(ward_arena_take(before, 1))
        #expect(Self.isZero(all, 0, before))
        ward_arena_give(all)
        #expect(ward_arena_used() == 0)
    }

    @Test func alignmentIsKept() throws {
        var blocks: [UnsafeMutableRawPointer] = []
        for power in 0...11 {
            for size in [1, 24, 100] {
                let at = try #require(ward_arena_take(size, 1 << power))
                #expect(Int(bitPattern: at) % (1 << power) == 0)
                #expect(Self.isZero(at, 0, ward_arena_usable(at)))
                blocks.append(at)
            }
        }
        for at in blocks.reversed() { ward_arena_give(at) }
        #expect(ward_arena_used() == 0)
    }

    @Test func fullAndImpossibleSizesAreRefused() throws {
        let refused = ward_arena_refused()
        #expect(ward_arena_take(Int.max, 1) == nil)
        #expect(ward_arena_take(Int(bitPattern: UInt.max), 1) == nil)
        #expect(ward_arena_take(Int(bitPattern: UInt.max) - 15, 16) == nil)
        #expect(ward_arena_take(16, 1 << 62) == nil)
        #expect(ward_arena_refused() == refused + 4)

        var blocks: [UnsafeMutableRawPointer] = []
        while let at = ward_arena_take(1000, 1) { blocks.append(at) }
        #expect(blocks.count > 20)
        #expect(ward_arena_peak() >= ward_arena_used())
        let first = try #require(blocks.first)
        #expect(ward_arena_resize(first, 1 << 20) == nil)
        #expect(ward_arena_usable(first) >= 1000)
        for at in blocks { ward_arena_give(at) }
        #expect(ward_arena_used() == 0)
    }

    @Test func resizingKeepsTheContent() throws {
        let at = try #require(ward_arena_take(100, 1))
        let fence = try #require(ward_arena_take(10, 1))
        let old = Held(at, 100, 7)
        // The fence stands behind it: it has to move, and what it leaves is wiped.
        let moved = try #require(ward_arena_resize(old.at, 500))
        #expect(moved != at)
        #expect(Held(moved, 100, 7).intact())
        #expect(Self.isZero(moved, 112, 500))
        ward_arena_give(fence)
        // Now it shrinks, and grows again over what it gave up.
        let larger = Held(moved, 500, 9)
        let shrunk = try #require(ward_arena_resize(moved, 50))
        #expect(shrunk == moved)
        #expect(larger.intact(upTo: 50))
        let kept = ward_arena_usable(shrunk)
        let grown = try #require(ward_arena_resize(shrunk, 400))
        #expect(grown == moved)
        #expect(larger.intact(upTo: 50))
        #expect(Self.isZero(grown, kept, 400))
        ward_arena_give(grown)
        #expect(ward_arena_used() == 0)
    }

    /// Long random sequences, from seeds that are the same every time.
    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func survivesRandomUse(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        func random(_ below: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(below))
        }
        let before = Self.largest()
        var held: [Held] = []
        var refusals = 0
        for step in 0..<60_000 {
            // Small ones mostly, as with bignums, and now and then a record's buffer.
            let size = random(50) == 0 ? random(9000) : random(300)
            switch random(10) {
            case 0..<5:
                let power = random(8) == 0 ? random(9) : 0
                guard let at = ward_arena_take(size, 1 << power) else {
                    refusals += 1
                    continue
                }
                try #require(Int(bitPattern: at) % (1 << power) == 0)
                try #require(Self.isZero(at, 0, ward_arena_usable(at)))
                held.append(Held(at, size, UInt8(truncatingIfNeeded: step)))
            case 5..<9 where !held.isEmpty:
                let block = held.remove(at: random(held.count))
                try #require(block.intact())
                ward_arena_give(block.at)
            case 9 where !held.isEmpty:
                let i = random(held.count)
                let block = held[i]
                guard let at = ward_arena_resize(block.at, size) else {
                    refusals += 1
                    try #require(block.intact())
                    continue
                }
                try #require(UnsafeRawBufferPointer(start: at, count: min(size, block.size))
                    .allSatisfy { $0 == block.mark })
                held[i] = Held(at, size, block.mark)
            default:
                break
            }
        }
        #expect(refusals > 0, "the arena was never full: the test is too small for it")
        for block in held {
            #expect(block.intact())
            ward_arena_give(block.at)
        }
        #expect(ward_arena_used() == 0)
        #expect(Self.largest() == before)
    }

    @Test func givingBackTwiceEndsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let at = ward_arena_take(40, 1)
            ward_arena_give(at)
            ward_arena_give(at)
        }
    }

    @Test func writingBeyondABlockEndsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let at = ward_arena_take(40, 1)!
            let count = ward_arena_usable(at) + 8
            at.initializeMemory(as: UInt8.self, repeating: 0x41, count: count)
            ward_arena_give(at)
        }
    }
}
