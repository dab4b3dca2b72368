import Access
import Fixed
import Support
import Testing

@testable import Readout

@Suite("The history keeps what was read, for as long as there is room, and dates it rightly")
struct HistoryTests {
    /// 2026-01-01T00:00:00Z, the wall clock's at instant 0.
    private let start: Int64 = 1_767_225_600

    private func number(_ mantissa: Int64, _ scale: UInt8 = 0) -> Reading { .value(.numeric(Decimal(mantissa, scale: scale))) }

    /// A row of readings, read `second` seconds after the start.
    private func add(_ readings: [Reading], at second: Int64, to history: inout History) {
        var sampler = Sampler()
        sampler.begin(set(Array(readings.indices)), at: DateTime(unixSeconds: 0))
        _ = sampler.takeRequest(now: at(second))
        for (i, reading) in readings.enumerated() { _ = sampler.sampled(i, reading) }
        if history.isDue(at(second)) { history.begin(now: at(second)) }
        history.record(sampler, at: at(second))
    }

    private func history(every seconds: Int = 60, rows: Int, fields: Int) -> History {
        var history = History()
        history.keep(every: seconds, rows: rows, fields: fields)
        return history
    }

    /// All that is told, as `row.field` and `^field` for peaks.
    private func told(_ history: borrowing History, _ fields: [Int], _ attributes: String) throws -> [String] {
        let request = try request("seqnr='1' \(attributes)", "", catalogue(["A"]))
        var all: [String] = []
        var next = history.nextPlace(from: history.start, of: set(fields), for: request)
        while let place = next {
            all.append(place.isPeak ? "^\(place.field)" : "\(place.row).\(place.field)")
            next = history.nextPlace(from: place.next, of: set(fields), for: request)
        }
        return all
    }

    private func text(_ value: Value?) -> String? {
        guard let value else { return nil }
        var text = Text<40>()
        value.write(to: &text)
        return "\(value.type) \(string(text.bytes))"
    }

    @Test("Numbers and booleans come back as they were, of every type and size; all else is a gap")
    func values() {
        var history = history(rows: 4, fields: 9)
        add(
            [
                number(.min, 18), number(2340, 2), .value(.boolean(true)), .value(.boolean(false)), .value(.int(.min)),
                .value(.long(.max)), .failed(.gone), .value(.string("on")), .value(.int(1), Quality(bits: 1 << 8)),
            ], at: 0, to: &history)
        let all = (0..<9).map { text(history.value(of: $0, in: 0)) }
        #expect(all == [
            "numeric -9.223372036854775808", "numeric 23.40", "boolean true", "boolean false", "int -2147483648",
            "long 9223372036854775807", nil, nil, nil,
        ])
        for (field, row) in [(0, UInt32(1)), (0, .max), (9, 0), (-1, 0), (.max, 0), (.min, 0)] {
            let none = history.value(of: field, in: row) == nil
            #expect(none)
        }
    }

    @Test("The oldest row gives way, and there are never more than there is room for", arguments: [
        (3, 2, 3), (1_000, 2, 160), (1_000, 12, 53), (1_000, 128, 5), (1, 1, 1), (160, 4, 160), (.max, 5, 128),
    ])
    func ring(rows: Int, fields: Int, kept: Int) throws {
        var history = history(rows: rows, fields: fields)
        for n in 0..<(kept + 3) {
            add((0..<fields).map { number(Int64(n * 1_000 + $0)) }, at: Int64(n * 60), to: &history)
            let first = history.first
            let next = history.next
            #expect(Int(next - first) == min(n + 1, kept))
        }
        for row in 3..<(kept + 3) {
            for field in 0..<fields {
                let value = text(history.value(of: field, in: UInt32(row)))
                #expect(value == "numeric \(row * 1_000 + field)")
            }
        }
        let gone = history.value(of: 0, in: 2) == nil
        #expect(gone)
        #expect(try told(history, [0], "historicalMinute='1'").count == kept)
    }

    @Test("Without an interval, rows or fields nothing is kept, and nothing is due", arguments: [
        (0, 10, 3), (-5, 10, 3), (60, 0, 3), (60, -1, 3), (60, 10, 0), (60, 10, 641),
    ])
    func none(seconds: Int, rows: Int, fields: Int) throws {
        var history = history(every: seconds, rows: rows, fields: fields)
        add([number(1)], at: 0, to: &history)
        let isDue = history.isDue(at(1_000))
        let wake = history.wake(now: at(0))
        let isEmpty = history.first == history.next
        #expect(!isDue && wake == .onInput && isEmpty)
        #expect(try told(history, [0], "all='1'").isEmpty)
    }

    @Test("A row is due at once, and then at each interval; what was missed is left out, and the beat kept")
    func due() {
        var history = history(rows: 4, fields: 1)
        func isDue(_ second: Int64) -> Bool { history.isDue(at(second)) }
        #expect(isDue(100))
        history.begin(now: at(100))
        #expect(!isDue(159) && isDue(160))
        history.begin(now: at(163))
        #expect(!isDue(219) && isDue(220))
        history.begin(now: at(1_000))
        let wake = history.wake(now: at(1_000))
        #expect(wake == .at(at(1_060)) && !isDue(1_059))
        history.begin(now: at(1_060))
        #expect(!isDue(1_119) && isDue(1_120))
    }

    @Test("What was read before the clock was set is dated once it is, to the second", arguments: [Int64(7), 0, 86_400], [Int64(0), 1, 999])
    func dates(first: Int64, more: Int64) {
        var history = history(rows: 4, fields: 1)
        add([number(1)], at: first, to: &history)
        add([number(2)], at: first + 60, to: &history)
        var time = history.time(of: 1)
        #expect(time.unixSeconds == first + 60 && !time.isSet)
        history.wallOffset = start * 1_000 + more
        time = history.time(of: 0)
        #expect(time.unixSeconds == start + first)
        time = history.time(of: 1)
        #expect(time.unixSeconds == start + first + 60 && time.isSet)
        history.wallOffset -= more + 1
        time = history.time(of: 0)
        #expect(time.unixSeconds == start + first - 1)
    }

    @Test("Its values are of the type that their interval says", arguments: [
        (1, "historicalSecond"), (60, "historicalMinute"), (3_600, "historicalHour"), (86_400, "historicalDay"), (2, "historicalOther"),
        (900, "historicalOther"),
    ])
    func types(seconds: Int, name: String) throws {
        var history = history(every: seconds, rows: 4, fields: 1)
        add([number(1)], at: 0, to: &history)
        for i in 5..<FieldTypes.count {
            let type = FieldTypes.name(i).description
            #expect(try told(history, [0], "\(type)='true'").isEmpty == (type != name), "\(type)")
        }
        #expect(try told(history, [0], "historical='true'") == ["0.0"] && told(history, [0], "momentary='true'").isEmpty)
        #expect(try told(history, [0], "all='true'") == ["0.0", "^0"])
    }

    @Test("Only the fields and the time asked for are told, gaps left out")
    func ranges() throws {
        var history = history(rows: 4, fields: 3)
        history.wallOffset = start * 1_000
        add([number(1), .failed(.gone), number(3)], at: 0, to: &history)
        add([.failed(.gone), .failed(.gone), .failed(.gone)], at: 60, to: &history)
        add([number(4), number(5), .failed(.gone)], at: 120, to: &history)
        let type = "historicalMinute='1'"
        #expect(try told(history, [0, 1, 2], type) == ["0.0", "0.2", "2.0", "2.1"])
        #expect(try told(history, [1], type) == ["2.1"] && told(history, [], type).isEmpty && told(history, [127], type).isEmpty)
        #expect(try told(history, [0, 1, 2], type + " from='2026-01-01T00:00:01Z'") == ["2.0", "2.1"])
        #expect(try told(history, [0, 1, 2], type + " to='2026-01-01T00:01:59Z'") == ["0.0", "0.2"])
        #expect(try told(history, [0, 1, 2], type + " from='2026-01-01T00:00:01Z' to='2026-01-01T00:01:59Z'").isEmpty)
        #expect(try told(history, [0, 1, 2], "peak='1' to='2026-01-01T00:00:00Z'") == ["^0", "^2"])
    }

    @Test("Rows that are overwritten while it is told are skipped, and those that come are not part of it")
    func overwritten() throws {
        var history = history(rows: 3, fields: 2)
        for n in 0..<3 { add([number(Int64(n)), number(0)], at: Int64(n * 60), to: &history) }
        let request = try request("seqnr='1' historical='1'", "", catalogue(["A"]))
        var place = history.nextPlace(from: history.start, of: set([0, 1]), for: request)
        #expect(place?.row == 0 && place?.field == 0)
        add([number(3), number(0)], at: 180, to: &history)
        var all: [String] = []
        while let here = place {
            place = history.nextPlace(from: here.next, of: set([0, 1]), for: request)
            if let place { all.append("\(place.row).\(place.field)") }
        }
        #expect(all == ["1.0", "1.1", "2.0", "2.1"])
    }

    @Test("A peak is the first row with the least and with the greatest value, by value and not by digits", arguments: [
        ([(5, 0), (3, 0), (9, 0)], 1, 2), ([(5, 0)], 0, 0), ([(1, 0), (1, 0), (1, 0)], 0, 0), ([(100, 2), (10, 1), (1, 0)], 0, 0),
        ([(-5, 0), (-50, 1), (-51, 1)], 2, 0), ([(Int64.max, 0), (Int64.max, 18), (Int64.min, 0)], 2, 0),
        ([(15, 1), (149, 2), (151, 2)], 1, 2), ([(Int64.min, 18), (Int64.min, 0), (Int64.max, 1)], 1, 2),
    ] as [([(Int64, UInt8)], UInt32, UInt32)])
    func peaks(values: [(Int64, UInt8)], least: UInt32, greatest: UInt32) throws {
        var history = history(rows: 5, fields: 1)
        for (n, value) in values.enumerated() { add([number(value.0, value.1)], at: Int64(n * 60), to: &history) }
        let peaks = history.peaks(of: 0, below: .max, for: try request("seqnr='1' peak='1'", "", catalogue(["A"])))
        #expect(peaks?.least == least && peaks?.greatest == greatest)
    }

    @Test("What has no order has no peak")
    func noOrder() throws {
        var history = history(rows: 5, fields: 2)
        add([.value(.boolean(true)), .failed(.gone)], at: 0, to: &history)
        #expect(try told(history, [0, 1], "peak='1'").isEmpty)
        add([.value(.boolean(true)), .value(.int(5))], at: 0, to: &history)
        #expect(try told(history, [0, 1], "peak='1'") == ["^1"])
    }
}
