import Fixed
import Testing

@Suite("A buffer hands on whole pieces, in order, or none")
struct BufferTests {
    @Test("What is put is not there until it is committed")
    func transaction() {
        var buffer = Buffer<8>()
        buffer.begin()
        buffer.put("abc")
        var seen = (count: buffer.count, empty: buffer.isEmpty, room: buffer.room)
        #expect(seen == (0, true, 5))
        let fits = buffer.commit()
        seen = (buffer.count, buffer.isEmpty, buffer.room)
        #expect(fits && seen == (3, false, 5) && string(buffer.bytes) == "abc")
    }

    @Test("A transaction that is begun anew forgets the one before")
    func abandoned() {
        var buffer = Buffer<8>()
        buffer.begin()
        buffer.put("lost")
        buffer.begin()
        buffer.put("kept")
        let fits = buffer.commit()
        #expect(fits && string(buffer.bytes) == "kept")
    }

    @Test("One that does not fit adds nothing, and what was there stays; the next one starts clean")
    func overflow() {
        var buffer = Buffer<8>()
        buffer.put("abc")
        buffer.commit()
        buffer.begin()
        buffer.put("defgh")
        buffer.put("i")
        // Nothing more is taken, though this alone would fit.
        buffer.put("")
        buffer.put(0x2E)
        var fits = buffer.commit()
        #expect(!fits && string(buffer.bytes) == "abc")
        let room = buffer.room
        #expect(room == 5)
        buffer.begin()
        buffer.put("defgh")
        fits = buffer.commit()
        #expect(fits && string(buffer.bytes) == "abcdefgh")
    }

    @Test("An overflow is not forgotten by a smaller piece that follows")
    func noHole() {
        var buffer = Buffer<4>()
        buffer.put("too long")
        buffer.put("ok")
        let fits = buffer.commit()
        let isEmpty = buffer.isEmpty
        #expect(!fits && isEmpty)
    }

    @Test("Beginning again forgets the overflow as well")
    func beginAfterOverflow() {
        var buffer = Buffer<4>()
        buffer.put("too long")
        buffer.begin()
        buffer.put("ok")
        let fits = buffer.commit()
        #expect(fits && string(buffer.bytes) == "ok")
    }

    @Test("Room in front is used: the content moves up, the open transaction with it")
    func compaction() {
        var buffer = Buffer<8>()
        buffer.put("abcdef")
        buffer.commit()
        buffer.take(4)
        buffer.begin()
        buffer.put("gh")
        buffer.put("ijkl")
        #expect(string(buffer.bytes) == "ef")
        let fits = buffer.commit()
        let room = buffer.room
        #expect(fits && room == 0 && string(buffer.bytes) == "efghijkl")
        buffer.put(0x6D)
        let more = buffer.commit()
        #expect(!more && string(buffer.bytes) == "efghijkl")
    }

    @Test("Taking is bounded by what is there")
    func take() {
        var buffer = Buffer<8>()
        buffer.put("abcd")
        buffer.commit()
        buffer.take(-1)
        buffer.take(0)
        #expect(string(buffer.bytes) == "abcd")
        buffer.take(1)
        buffer.put("open")
        buffer.take(.max)
        let isEmpty = buffer.isEmpty
        #expect(isEmpty)
        let fits = buffer.commit()
        #expect(fits && string(buffer.bytes) == "open")
        buffer.take(.min)
        buffer.take(5)
        let nothing = buffer.isEmpty && buffer.room == 8
        #expect(nothing)
    }

    @Test("Cleared, it is as new")
    func clear() {
        var buffer = Buffer<4>()
        buffer.put("abc")
        buffer.commit()
        buffer.put("too long")
        buffer.clear()
        let room = buffer.room
        buffer.put("abcd")
        let fits = buffer.commit()
        #expect(room == 4 && fits && string(buffer.bytes) == "abcd")
    }

    @Test("Against a queue without bounds, 20,000 steps")
    func model() {
        var buffer = Buffer<64>()
        var committed: [UInt8] = []
        var open: [UInt8] = []
        var overflowed = false
        var random = Sequence64(seed: 1)
        for step in 0..<20_000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                buffer.begin()
                open = []
                overflowed = false
            case 1, 2:
                let fits = buffer.commit()
                if fits { committed += open }
                if fits == overflowed { Issue.record("step \(step): commit answered \(fits)") }
                open = []
                overflowed = false
            case 3, 4:
                let count = Int.random(in: 0...40, using: &random)
                buffer.take(count)
                committed.removeFirst(min(count, committed.count))
            default:
                let piece = (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                if piece.count == 1 { buffer.put(piece[0]) } else { buffer.put(piece.span) }
                if !overflowed && committed.count + open.count + piece.count <= 64 { open += piece } else { overflowed = true }
            }
            guard array(buffer.bytes) == committed else {
                Issue.record("step \(step)")
                return
            }
        }
    }
}
