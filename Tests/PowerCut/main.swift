// What keeps records while the power is cut, and what looks afterwards at what was kept: the stores themselves, no
// image of them.
//
//   PowerCut write PLACE COUNT DISK BLOCK [--break]    keeps records 1 ... COUNT; marks go to that block of the disk
//   PowerCut check PLACE                               says what is there, as the firmware would find it

import CPowerCut
import Fixed
import Hardware
import Linux
import TLS

/// A record: its number, then whose it is, again and again.
struct Numbered {
    let number: UInt32

    /// The Thing changes hands with every seventh.
    var owner: UInt32 { number / 7 }
    var changesHands: Bool { number % 7 == 0 }
    /// Of one block up to most of a slot, and the next one is never as long.
    var length: Int { 20 + Int(number &* 1_103) % 9_000 }

    func write(to block: inout Block) {
        block.wipe()
        block.begin()
        for shift in 0..<4 { block.put(UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * shift))) }
        while block.room > Block.maximum - length {
            block.put(("owner-" as StaticString).bytes)
            var digits = Text<16>()
            digits.put(decimal: Int(owner) + 100_000)
            block.put(digits.bytes)
        }
        block.commit()
    }

    /// The number of a record that is one of ours, whole.
    static func read(_ record: Span<UInt8>, expected: inout Block) -> Numbered? {
        guard record.count > 4 else { return nil }
        var number: UInt32 = 0
        for i in 0..<4 { number = number << 8 | UInt32(record[i]) }
        let found = Numbered(number: number)
        found.write(to: &expected)
        return record.equals(expected.bytes) ? found : nil
    }
}

enum Mark {
    static var begun: UInt32 { 1 }
    static var kept: UInt32 { 2 }
}

func say(_ words: StaticString, _ number: Int? = nil) {
    var line = Text<96>()
    line.append(words)
    if let number { line.put(decimal: number) }
    line.append("\n")
    StandardStream.output.write(line.bytes)
}

func fail(_ words: StaticString) -> Never {
    say(words)
    Process.exit(1)
}

/// The arguments, taken off one by one.
struct Words {
    private var text: Text<1024>
    private var start = 0

    init() {
        guard let arguments = Process.arguments(Text<1024>.self) else { fail("error: no arguments") }
        text = arguments
    }

    mutating func next() -> Path {
        let first = start
        while start < text.count && text.bytes[start] != 0 { start += 1 }
        defer { start += 1 }
        return first < text.count ? Path(text.bytes.extracting(first..<start)) ?? Path() : Path()
    }
}

/// Any store, from beginning to end.
struct Keeper<S: Store & ~Copyable>: ~Copyable {
    var store: S

    mutating func open(_ place: Path) {
        if store.open(place.bytes, shared: false) != nil { fail("error: the place is refused") }
    }

    mutating func write(_ count: Int, _ disk: Int32, _ place: Int32) {
        var block = Block()
        guard case .nothing = store.load(MbedCryptography.self, into: &block) else { fail("error: the place is not empty") }
        for number in 1...UInt32(count) {
            let record = Numbered(number: number)
            record.write(to: &block)
            mark(disk, place, Mark.begun, number)
            guard store.save(block.bytes, changingHands: record.changesHands, MbedCryptography.self) == nil else {
                fail("error: a record is refused")
            }
            if record.changesHands && store.forget() != nil { fail("error: an owner is not forgotten") }
            mark(disk, place, Mark.kept, number)
            say("kept ", Int(number))
        }
    }

    private func mark(_ disk: Int32, _ place: Int32, _ kind: UInt32, _ number: UInt32) {
        if cut_mark(disk, place, kind, number) != 0 { fail("error: no mark can be made") }
    }

    mutating func check() {
        var block = Block()
        switch store.load(MbedCryptography.self, into: &block) {
        case .record(let offset):
            var expected = Block()
            guard let found = Numbered.read(block.bytes.extracting(droppingFirst: offset), expected: &expected) else {
                fail("error: a record that nobody kept")
            }
            say("holds ", Int(found.number))
        case .nothing: say("nothing")
        case .setAside: say("set aside")
        case .damaged: say("damaged")
        case .failed: fail("error: it cannot be read")
        }
    }
}

func main() {
    var words = Words()
    let task = words.next()
    let place = words.next()
    var keeper = Keeper(store: StateStore())
    if task.bytes.equals("check") {
        keeper.open(place)
        keeper.check()
        return
    }
    let count = words.next().bytes.decimalNumber
    let path = words.next()
    let number = words.next().bytes.decimalNumber
    guard task.bytes.equals("write"), let count, let number, count > 0 else {
        fail("usage: PowerCut write PLACE COUNT DISK BLOCK [--break] | check PLACE")
    }
    let disk = path.bytes.withUnsafeBufferPointer { bytes in
        bytes.baseAddress.map { cut_open($0, Int32(truncatingIfNeeded: bytes.count)) } ?? -1
    }
    if disk < 0 { fail("error: the disk is refused") }
    keeper.open(place)
    if words.next().bytes.equals("--break") && cut_break() != 0 { fail("error: it cannot be broken") }
    keeper.write(count, disk, Int32(truncatingIfNeeded: number))
    say("done")
}

main()
