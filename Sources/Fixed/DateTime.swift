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
        sink.put(decimal: Int64(year), width: 4)
        sink.put(0x2D)
        sink.put(decimal: Int64(month), width: 2)
        sink.put(0x2D)
        sink.put(decimal: Int64(date), width: 2)
        sink.put(0x54)
        sink.put(decimal: Int64(second / 3600), width: 2)
        sink.put(0x3A)
        sink.put(decimal: Int64(second / 60 % 60), width: 2)
        sink.put(0x3A)
        sink.put(decimal: Int64(second % 60), width: 2)
        sink.put(0x5A)
        return sink
    }
}
