import Bench
import Drivers
import Hardware
import Testing

@testable import Access
@testable import Linux

/// A chip that says what the test wants, after as long as the test wants.
private struct Slow: Chip {
    static var model: StaticString { "SLOW1" }
    static var quantities: Quantities { Quantities(.temperature, .humidity, .temperature) }
    var length = Interval.milliseconds(500)
    var failure: Failure?
    var starts = 0

    mutating func start() throws(Failure) -> Interval {
        starts += 1
        if let failure { throw failure }
        return length
    }

    mutating func finish(_ readings: inout Readings) throws(Failure) {
        readings.set(0, Decimal(Int64(starts), scale: 1))
        readings.set(1, .corrupt)
        readings.set(2, Decimal(-5))
    }
}

private struct Quick: Chip {
    static var model: StaticString { "QUICK1" }
    static var quantities: Quantities { Quantities(.voltage) }

    mutating func start() throws(Failure) -> Interval { .milliseconds(0) }
    mutating func finish(_ readings: inout Readings) throws(Failure) { readings.set(0, Decimal(33, scale: 1)) }
}

private struct Input: Chip {
    static var model: StaticString { "INPUT" }
    static var quantities: Quantities { Quantities(.voltage) }
    static var isShared: Bool { true }

    mutating func start() throws(Failure) -> Interval { .milliseconds(100) }
    mutating func finish(_ readings: inout Readings) throws(Failure) { readings.set(0, Decimal(1)) }
}

private func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

/// A board on the desk, asked at the times that the test says.
private final class Desk<Board: Peripherals & ~Copyable> {
    private var board: Board

    init(_ board: consuming Board) { self.board = board }

    var names: [String] { board.names }
    var count: Int { board.count }
    func field(at index: Int) -> Field { board.field(at: index) }
    func sample(_ wanted: FieldSet, now: Instant) { board.sample(wanted, now: now) }
    func write(_ index: Int, _ value: Value, now: Instant) throws -> Bool {
        let request = try #require(WriteRequest(index, value))
        return board.write(request, now: now)
    }

    /// All that is reported until it waits, and what it waits for.
    func reports(_ milliseconds: Int64) -> ([String], Wake) {
        var told: [String] = []
        while true {
            let wake = board.poll(now: at(milliseconds))
            guard let report = board.next() else {
                if wake != .now { return (told, wake) }
                continue
            }
            switch report {
            case .sampled(let index, let reading): told.append("\(String(field(at: index).name)) = \(reading.shown)")
            case .changed(let index): told.append("\(String(field(at: index).name)) changed")
            case .written(let index, let failure): told.append("\(index) \(failure.map { "!\($0)" } ?? "written")")
            }
        }
    }
}

@Suite("What a board lists")
struct BoardTests {
    private func chips(_ slow: Slow = Slow()) -> Desk<ChipPeripherals<ChipsHere<MoreChips<OneChip<Slow>, OneChip<Quick>>>>> {
        Desk(ChipPeripherals(ChipsHere(soldered {
            slow
            Quick().named("Battery")
        })))
    }

    @Test("fields are called as the board says, or as the chip and its quantity; equal ones are numbered")
    func names() {
        let board = chips()
        #expect(board.names == ["SLOW1 temperature 1", "SLOW1 humidity", "SLOW1 temperature 2", "Battery"])
        let units = (0..<board.count).map { String(board.field(at: $0).unit) }
        #expect(units == ["°C", "%", "°C", "V"])
    }

    @Test("a slow chip is waited for, and those behind it are not: nobody sleeps")
    func concurrent() {
        let board = chips()
        board.sample(.anyField, now: at(0))
        let (first, wake) = board.reports(0)
        #expect(first == ["Battery = 3.3"])
        #expect(wake == .at(at(500)))
        #expect(board.reports(499).0 == [])
        let (rest, end) = board.reports(500)
        #expect(rest == ["SLOW1 temperature 1 = 0.1", "SLOW1 humidity = !corrupt", "SLOW1 temperature 2 = -5"])
        #expect(end == .onInput)
    }

    @Test("only the wanted fields are told, and the chip measures once for all of them")
    func wanted() {
        let board = chips()
        var some = FieldSet()
        some.insert(0)
        some.insert(2)
        board.sample(some, now: at(0))
        #expect(board.reports(0).0 == [])
        #expect(board.reports(500).0 == ["SLOW1 temperature 1 = 0.1", "SLOW1 temperature 2 = -5"])
    }

    @Test("a wish that comes during a measurement gets a measurement of its own")
    func fresh() {
        let board = chips()
        var one = FieldSet()
        one.insert(0)
        board.sample(one, now: at(0))
        #expect(board.reports(0).0 == [])
        board.sample(one, now: at(400))
        #expect(board.reports(400).0 == [])
        #expect(board.reports(500).0 == ["SLOW1 temperature 1 = 0.1"])
        #expect(board.reports(1000).0 == ["SLOW1 temperature 1 = 0.2"])
    }

    @Test("inputs of one converter are measured one after the other, and others meanwhile")
    func shared() {
        let board = Desk(ChipPeripherals(ChipsHere(soldered {
            Input().named("A")
            Input().named("B")
            Quick().named("Battery")
        })))
        board.sample(.anyField, now: at(0))
        #expect(board.reports(0).0 == ["Battery = 3.3"])
        #expect(board.reports(100).0 == ["A = 1"])
        #expect(board.reports(199).0 == [])
        #expect(board.reports(200).0 == ["B = 1"])
    }

    @Test("what a chip throws stands for all of its fields, and for nobody else's")
    func failing() {
        let board = chips(Slow(failure: .anotherChip))
        board.sample(.anyField, now: at(0))
        #expect(
            board.reports(0).0 == [
                "SLOW1 temperature 1 = !anotherChip", "SLOW1 humidity = !anotherChip",
                "SLOW1 temperature 2 = !anotherChip", "Battery = 3.3",
            ])
    }

    @Test("a chip that was too slow comes last, and is left alone for a while")
    func resting() {
        let board = chips(Slow(failure: .tooSlow))
        board.sample(.anyField, now: at(0))
        #expect(board.reports(0).0.count == 4)
        board.sample(.anyField, now: at(9_000))
        #expect(board.reports(9_000).0.first == "Battery = 3.3")
    }

    @Test("a measurement that would take an hour is asked for after a minute: no driver stops the board")
    func bounded() {
        let board = chips(Slow(length: .minutes(60)))
        board.sample(.anyField, now: at(0))
        #expect(board.reports(0).1 == .at(at(60_000)))
    }

    @Test("readings come through another process as they are, and no other bytes are readings")
    func told() throws {
        var readings = Readings(.stuck)
        readings.set(0, Decimal(-1225, scale: 2))
        readings.set(3, Decimal(.min, scale: 18))
        readings.set(4, Decimal(1))
        readings.set(-1, Decimal(1))
        var bytes = Text<64>()
        readings.write(to: &bytes)
        #expect(bytes.count == Readings.size)
        let read = Readings(bytes.bytes)
        let same = try #require(read)
        #expect((0..<4).map { same[$0].shown } == ["-12.25", "!stuck", "!stuck", "-9.223372036854775808"])
        for scale in UInt8(19)...255 where Failure(rawValue: scale &- 0x80) == nil || scale <= 0x80 {
            var wrong = Text<36>()
            wrong.append(scale)
            for _ in 1..<36 { wrong.append(0) }
            let isRead = Readings(wrong.bytes) != nil
            #expect(!isRead, "\(scale)")
        }
        let isRead = Readings(bytes.bytes.extracting(first: 35)) != nil
        #expect(!isRead)
    }
}

@Suite("Lines")
struct LineTests {
    private func board(_ relay: BenchLine = BenchLine(), _ button: BenchLine = BenchLine())
        -> Desk<LinePeripherals<MoreLines<OneLine<Relay<BenchLine>>, OneLine<Button<BenchLine>>>>>
    {
        Desk(LinePeripherals(
            soldered {
                Relay(on: relay, named: "Relay")
                Button(on: button, named: "Button")
            }, descriptor: -1) { _ in })
    }

    @Test("a relay is off at first, is set, and says what it was set to")
    func relay() throws {
        let board = board()
        board.sample(.anyField, now: at(0))
        #expect(board.reports(0).0 == ["Relay = false", "Button = false"])
        #expect(try board.write(0, .boolean(true), now: at(1)))
        #expect(board.reports(1).0 == ["0 written"])
        board.sample(.anyField, now: at(2))
        #expect(board.reports(2).0.first == "Relay = true")
    }

    @Test("what is no output, and what is no truth value, is refused")
    func refused() throws {
        let board = board()
        for (index, value) in [(1, Value.boolean(true)), (0, .int(7)), (9, .boolean(true))] {
            #expect(try board.write(index, value, now: at(0)))
            #expect(board.reports(0).0 == ["\(index) !refused"])
        }
        board.sample(.anyField, now: at(1))
        #expect(board.reports(1).0.first == "Relay = false")
    }

    @Test("a line that is not to be had fails by its own reason, and the others go on")
    func missing() throws {
        var gone = BenchLine()
        gone.failure = .gone
        let board = board(gone)
        board.sample(.anyField, now: at(0))
        #expect(board.reports(0).0 == ["Relay = !gone", "Button = false"])
        #expect(try board.write(0, .boolean(true), now: at(1)))
        #expect(board.reports(1).0 == ["0 !gone"])
    }
}

@Suite("A dimmer")
struct DimmerTests {
    @Test("is set to the hundredth of a percent, says so, and takes nothing beyond the whole")
    func set() throws {
        let board = Desk(LinePeripherals(soldered { Dimmer(on: BenchPulse(), named: "Lamp") }, descriptor: -1) { _ in })
        #expect(String(board.field(at: 0).unit) == "%")
        board.sample(.anyField, now: at(0))
        #expect(board.reports(0).0 == ["Lamp = 0.00"])
        for (value, told, shown) in [
            (Decimal(3_333, scale: 2), "0 written", "33.33"), (Decimal(100), "0 written", "100.00"),
            (Decimal(10_001, scale: 2), "0 !refused", "100.00"), (Decimal(-1), "0 !refused", "100.00"),
        ] {
            #expect(try board.write(0, .numeric(value), now: at(1)))
            #expect(board.reports(1).0 == [told])
            board.sample(.anyField, now: at(2))
            #expect(board.reports(2).0 == ["Lamp = \(shown)"])
        }
    }

    @Test("on the kernel's files: exported, given its period, and set in ns")
    func files() throws {
        let tree = Tree()
        tree.add("class/pwm/pwmchip0/pwm3", ["period": "0", "duty_cycle": "0", "enable": "0"])
        tree.write("class/pwm/pwmchip0/export", "")
        let path = tree.root + "/class/pwm/pwmchip0"
        var chip = Path()
        for byte in path.utf8 { chip.append(byte) }
        var line = SysfsPulse(chip, 3, 40_000)
        #expect(throws: Failure.gone) { try line.duty() }
        try line.open()
        #expect(tree.content("class/pwm/pwmchip0/export")?.hasPrefix("3") == true)
        #expect(tree.content("class/pwm/pwmchip0/pwm3/period")?.hasPrefix("40000") == true)
        #expect(tree.content("class/pwm/pwmchip0/pwm3/enable")?.hasPrefix("1") == true)
        try line.set(2_500)
        #expect(tree.content("class/pwm/pwmchip0/pwm3/duty_cycle")?.contains("10000") == true)
        #expect(try line.duty() == 2_500)
        var none = SysfsPulse("/nowhere/pwmchip0", 0, periodInNanoseconds: 40_000)
        #expect(throws: Failure.gone) { try none.open() }
    }
}

@Suite("A button")
struct ButtonTests {
    /// Its line is a copy, so that the test moves it through the driver's own.
    private final class Bench {
        var line = BenchLine()
        var edges: [Bool] = []
        func move(_ active: Bool) { edges.append(active) }
    }

    private struct Wire: DigitalInput {
        nonisolated(unsafe) let bench: Bench
        var descriptor: Int32 { -1 }
        mutating func open() throws(Failure) {}
        mutating func level() throws(Failure) -> Bool { bench.edges.last ?? isActive }
        var isActive = false
        mutating func takeEdge() -> Bool? {
            guard !bench.edges.isEmpty else { return nil }
            isActive = bench.edges.removeFirst()
            return isActive
        }
    }

    private let bench = Bench()

    private func button() -> Finger { Finger(Button(on: Wire(bench: bench), named: "Button")) }

    private final class Finger {
        private var button: Button<Wire>
        init(_ button: Button<Wire>) { self.button = button }

        func says(_ milliseconds: Int64) throws -> Bool {
            guard case .boolean(let isPressed) = try button.read(now: at(milliseconds)) else { throw Failure.notANumber }
            return isPressed
        }

        func settle(now: Instant) -> Bool { button.settle(now: now) }
        var wake: Wake { button.wake }
    }

    @Test("tells at once that it is pressed, and that it is no longer")
    func pressed() throws {
        let button = button()
        #expect(try button.says(0) == false)
        bench.move(true)
        #expect(button.settle(now: at(10)))
        #expect(try button.says(11) == true)
        #expect(!button.settle(now: at(5_000)))
        bench.move(false)
        #expect(button.settle(now: at(6_000)))
        #expect(try button.says(6_001) == false)
        #expect(button.wake == .onInput)
    }

    @Test("a press that is over before anybody looks is seen all the same, for a second at least")
    func short() throws {
        let button = button()
        bench.move(true)
        bench.move(false)
        #expect(button.settle(now: at(0)))
        #expect(try button.says(1) == true)
        #expect(button.wake == .at(at(1_000)))
        #expect(!button.settle(now: at(999)))
        #expect(try button.says(999) == true)
        #expect(button.settle(now: at(1_000)))
        #expect(try button.says(1_001) == false)
    }

    @Test("one that nobody looks at stands for a minute, and no longer")
    func unseen() throws {
        let button = button()
        bench.move(true)
        bench.move(false)
        _ = button.settle(now: at(0))
        #expect(button.wake == .at(at(60_000)))
        #expect(button.settle(now: at(60_000)))
        #expect(try button.says(60_001) == false)
    }

    @Test("a hundred presses in one go are one: nothing overflows and nothing is repeated")
    func bouncing() throws {
        let button = button()
        for _ in 0..<100 {
            bench.move(true)
            bench.move(false)
        }
        var news = 0
        for step in 0..<20 { news += button.settle(now: at(Int64(step))) ? 1 : 0 }
        #expect(news == 1)
        #expect(try button.says(20) == true)
    }
}
