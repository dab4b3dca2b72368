import Fixed
import Foundation
import Testing

@Suite("Time is written as XEP-0082 has it, in UTC")
struct DateTimeTests {
    private func write(_ seconds: Int64) -> String { written { DateTime(unixSeconds: seconds).write(to: &$0) } }

    @Test("Known instants", arguments: [
        (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_800, "2000-03-01T00:00:00Z"), (1_709_164_800, "2024-02-29T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"), (2_147_483_647, "2038-01-19T03:14:07Z"), (2_147_483_648, "2038-01-19T03:14:08Z"),
        (1_767_225_599, "2025-12-31T23:59:59Z"), (-2_208_988_800, "1900-01-01T00:00:00Z"), (-86_400, "1969-12-31T00:00:00Z"),
        (-86_401, "1969-12-30T23:59:59Z"),
    ] as [(Int64, String)])
    func known(seconds: Int64, text: String) { #expect(write(seconds) == text) }

    @Test("A clock out of its mind is clamped to what has four digits", arguments: [
        (253_402_300_799, "9999-12-31T23:59:59Z"), (253_402_300_800, "9999-12-31T23:59:59Z"), (.max, "9999-12-31T23:59:59Z"),
        (-62_135_596_800, "0001-01-01T00:00:00Z"), (-62_135_596_801, "0001-01-01T00:00:00Z"), (.min, "0001-01-01T00:00:00Z"),
    ] as [(Int64, String)])
    func extremes(seconds: Int64, text: String) { #expect(write(seconds) == text) }

    @Test("Against Foundation: each first and last second of a month from 1900 to 2400, and thousands between")
    func foundation() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        func expected(_ seconds: Int64) -> String {
            let date = Date(timeIntervalSince1970: TimeInterval(seconds))
            let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
            func digits(_ number: Int?, _ width: Int) -> String {
                let text = String(number ?? -1)
                return String(repeating: "0", count: max(0, width - text.count)) + text
            }
            return "\(digits(parts.year, 4))-\(digits(parts.month, 2))-\(digits(parts.day, 2))"
                + "T\(digits(parts.hour, 2)):\(digits(parts.minute, 2)):\(digits(parts.second, 2))Z"
        }
        var instants: [Int64] = []
        for year in 1900...2400 {
            for month in 1...12 {
                let first = try #require(calendar.date(from: DateComponents(year: year, month: month, day: 1)))
                instants += [Int64(first.timeIntervalSince1970), Int64(first.timeIntervalSince1970) - 1]
            }
        }
        var random = Sequence64(seed: 7)
        // Foundation's calendar is Julian before 1582; ours is proleptic, as ISO 8601 wants it.
        for _ in 0..<4_000 { instants.append(.random(in: -12_000_000_000...253_402_300_799, using: &random)) }
        for instant in instants where write(instant) != expected(instant) {
            Issue.record("\(instant) is \(write(instant)), not \(expected(instant))")
            return
        }
    }

    @Test("Every day of 400 years follows the one before")
    func everyDay() {
        var last = write(0)
        for day in 1...146_097 {
            let text = write(Int64(day) * 86_400)
            guard last < text, text.utf8.count == 20 else {
                Issue.record("\(last), then \(text)")
                return
            }
            last = text
        }
        #expect(last == "2370-01-01T00:00:00Z")
    }
}

@Suite("Waiting is a value, and the earlier of two wins")
struct InstantTests {
    @Test("Wake", arguments: [
        (.now, .now, .now), (.now, .onInput, .now), (.now, .at(Instant(milliseconds: -5)), .now),
        (.onInput, .onInput, .onInput), (.onInput, .at(Instant(milliseconds: 7)), .at(Instant(milliseconds: 7))),
        (.at(Instant(milliseconds: 3)), .at(Instant(milliseconds: 4)), .at(Instant(milliseconds: 3))),
        (.at(Instant(milliseconds: 4)), .at(Instant(milliseconds: 4)), .at(Instant(milliseconds: 4))),
    ] as [(Wake, Wake, Wake)])
    func wake(a: Wake, b: Wake, earlier: Wake) {
        #expect(a.earlier(b) == earlier)
        #expect(b.earlier(a) == earlier)
    }

    @Test("Instants and intervals add up in milliseconds")
    func arithmetic() {
        let start = Instant(milliseconds: 1_000)
        let later = start + .seconds(2) + .milliseconds(5) + .minutes(1)
        #expect(later.milliseconds == 63_005)
        #expect(later.since(start) == .milliseconds(62_005) && start.since(later).milliseconds == -62_005)
        #expect(start < later && !(later < start) && Interval.seconds(59) < .minutes(1))
    }

    @Test("At the end of time nothing traps")
    func extremes() {
        let end = Instant(milliseconds: .max)
        _ = end + .seconds(.max)
        _ = Instant(milliseconds: .min).since(end)
        _ = Interval.minutes(.min)
        #expect(Wake.at(end).earlier(.onInput) == .at(end))
    }
}

@Suite("A time is read as XML Schema has it, or not at all")
struct DateTimeReadingTests {
    private func read(_ text: String) -> Int64? { DateTime(Array(text.utf8).span)?.unixSeconds }

    @Test("Known instants, in all zones and with fractions", arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-01-01T00:00:00Z", 1_767_225_600), (" 2026-01-01T00:00:00Z\n", 1_767_225_600),
        ("2026-01-01T00:00:00", 1_767_225_600), ("2026-01-01T02:30:00+02:30", 1_767_225_600),
        ("2025-12-31T10:00:00-14:00", 1_767_225_600), ("2026-01-01T00:00:00-00:00", 1_767_225_600),
        ("2026-01-01T00:00:00.999999999999999999999Z", 1_767_225_600), ("2026-01-01T00:00:00.5+00:00", 1_767_225_600),
        ("2025-12-31T24:00:00Z", 1_767_225_600), ("2025-12-31T24:00:00.000Z", 1_767_225_600), ("2024-02-29T12:00:00Z", 1_709_208_000),
        ("2000-02-29T00:00:00Z", 951_782_400), ("1969-12-31T23:59:59Z", -1), ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("9999-12-31T23:59:59Z", 253_402_300_799), ("9999-12-31T24:00:00-14:00", 253_402_351_200),
    ] as [(String, Int64)])
    func known(text: String, seconds: Int64) { #expect(read(text) == seconds) }

    @Test("Nonsense is no time", arguments: [
        "", "now", "2026-01-01", "2026-01-01T", "2026-01-01T00:00Z", "2026-01-01 00:00:00Z", "2026-01-01t00:00:00Z", "2026-01-01T00:00:00z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01T24:00:01Z", "2026-01-01T24:01:00Z",
        "2026-01-01T24:00:00.1Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "0000-01-01T00:00:00Z", "-2026-01-01T00:00:00Z",
        "12026-01-01T00:00:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00ZZ", "2026-01-01T00:00:00Z ?",
        "2026-01-01T00:00:00+", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+14:01",
        "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+99:00", "2026-01-01T00:00:00 +01:00", "+026-01-01T00:00:00Z", "2O26-01-01T00:00:00Z",
        "2026-01-01T00:00:-1Z", "2026/01/01T00:00:00Z", "20260101T000000Z", "\u{664}\u{664}26-01-01T00:00:00Z",
    ])
    func nonsense(text: String) { #expect(read(text) == nil) }

    @Test("What was written is read again, for every day of 400 years")
    func again() {
        for day in stride(from: Int64(-50_000), through: 96_097, by: 1) {
            let seconds = day * 86_400 + (day * 7_919) % 86_400
            let text = written { DateTime(unixSeconds: seconds).write(to: &$0) }
            guard read(text) == seconds else {
                Issue.record("\(text) is read as \(read(text) ?? -1), not \(seconds)")
                return
            }
        }
    }
}
