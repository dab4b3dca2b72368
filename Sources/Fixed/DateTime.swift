/// A date and time of day in UTC, to the second, written as XMPP writes it (XEP-0082).
public struct DateTime: Equatable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public var unixSeconds: Int64

    public init(unixSeconds: Int64) { self.unixSeconds = unixSeconds }

    /// Writes `2026-01-31T23:59:59Z`. Years are written as 0001 ... 9999; a clock
    /// outside them is clamped.
    public func write(to sink: inout some ByteSink & ~Copyable) {
        let text = self.text
        sink.put(text.bytes)
    }

    /// Writes the day alone, `2026-01-31` (xs:date without a zone: a day is a day).
    public func writeDate(to sink: inout some ByteSink & ~Copyable) {
        let text = self.text
        sink.put(text.bytes.extracting(first: 10))
    }

    /// Writes the time of day alone, `23:59:59Z`.
    public func writeTime(to sink: inout some ByteSink & ~Copyable) {
        let text = self.text
        sink.put(text.bytes.extracting(droppingFirst: 11))
    }

    private var text: Text<24> {
        var sink = Text<24>()
        let seconds = min(max(unixSeconds, -62_135_596_800), 253_402_300_799)
        // Floor division, so that instants before 1970 fall on the right day.
        // The day fits 32 bits, in which a small processor divides.
        let days = seconds >= 0 ? seconds / 86_400 : (seconds &- 86_399) / 86_400
        let second = Int32(truncatingIfNeeded: seconds &- days &* 86_400)
        // Civil date from days: eras of 400 years that begin on 1 March.
        let shifted = Int32(truncatingIfNeeded: days) &+ 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted &- era &* 146_097
        let yearOfEra = (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let monthFromMarch = (5 &* dayOfYear &+ 2) / 153
        let date = dayOfYear &- (153 &* monthFromMarch &+ 2) / 5 &+ 1
        let month = monthFromMarch < 10 ? monthFromMarch &+ 3 : monthFromMarch &- 9
        let year = yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0)
        Self.put(year / 100, to: &sink)
        Self.put(year % 100, to: &sink)
        sink.put(0x2D)
        Self.put(month, to: &sink)
        sink.put(0x2D)
        Self.put(date, to: &sink)
        sink.put(0x54)
        Self.put(second / 3600, to: &sink)
        sink.put(0x3A)
        Self.put(second / 60 % 60, to: &sink)
        sink.put(0x3A)
        Self.put(second % 60, to: &sink)
        sink.put(0x5A)
        return sink
    }

    /// Two digits of a number below 100.
    @inline(never)
    private static func put(_ number: Int32, to text: inout Text<24>) {
        text.append(0x30 &+ UInt8(truncatingIfNeeded: number / 10))
        text.append(0x30 &+ UInt8(truncatingIfNeeded: number % 10))
    }
}

extension DateTime {
    /// The instant that an xs:dateTime names (XML Schema Part 2 §3.2.7), in the years
    /// 0001 ... 9999; nil for anything else. Without a zone it is taken as UTC; a fraction
    /// of a second is left out.
    public init?(_ word: Span<UInt8>) {
        let text = word.trimmed
        guard text.count >= 19, text[4] == 0x2D, text[7] == 0x2D, text[10] == 0x54, text[13] == 0x3A, text[16] == 0x3A,
            let year = Self.digits(text, 0..<4), let month = Self.digits(text, 5..<7),
            let day = Self.digits(text, 8..<10), let hour = Self.digits(text, 11..<13),
            let minute = Self.digits(text, 14..<16), let second = Self.digits(text, 17..<19),
            year >= 1, month >= 1 && month <= 12, day >= 1 && day <= Self.days(in: month, of: year),
            minute <= 59, second <= 59
        else { return nil }
        var i = 19
        var hasFraction = false
        if i < text.count && text[i] == 0x2E {
            i &+= 1
            let first = i
            while i < text.count && text[i].isDigit {
                if text[i] != 0x30 { hasFraction = true }
                i &+= 1
            }
            guard i > first else { return nil }
        }
        // The day's last instant is the next one's first.
        guard hour <= 23 || hour == 24 && minute == 0 && second == 0 && !hasFraction else { return nil }
        guard let zone = Self.zone(text.extracting(droppingFirst: i)) else { return nil }
        // Days since 1970: eras of 400 years that begin on 1 March.
        let shiftedYear = month <= 2 ? year &- 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear &- era &* 400
        let dayOfYear = (153 &* ((month &+ 9) % 12) &+ 2) / 5 &+ day &- 1
        let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
        let days = Int64(era &* 146_097 &+ dayOfEra &- 719_468)
        self.init(unixSeconds: days &* 86_400 &+ Int64(hour &* 3600 &+ minute &* 60 &+ second &- zone))
    }

    /// Shown by a clock that somebody has set: one that counts from its start shows long before.
    public var isSet: Bool { unixSeconds >= 1_577_836_800 }

    /// Seconds that a zone is ahead of UTC: `Z`, `+hh:mm`, `-hh:mm` up to 14 hours, or nothing.
    private static func zone(_ text: Span<UInt8>) -> Int32? {
        if text.count == 0 || text.equals("Z") { return 0 }
        guard text.count == 6, text[0] == 0x2B || text[0] == 0x2D, text[3] == 0x3A,
            let hours = digits(text, 1..<3), let minutes = digits(text, 4..<6), minutes <= 59, hours &* 60 &+ minutes <= 840
        else { return nil }
        let seconds = hours &* 3600 &+ minutes &* 60
        return text[0] == 0x2D ? 0 &- seconds : seconds
    }

    private static func digits(_ text: Span<UInt8>, _ range: Range<Int>) -> Int32? {
        var number: Int32 = 0
        for i in range {
            guard text[i].isDigit else { return nil }
            number = number &* 10 &+ Int32(text[i] &- 0x30)
        }
        return number
    }

    private static func days(in month: Int32, of year: Int32) -> Int32 {
        switch month {
        case 2: return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }
}
