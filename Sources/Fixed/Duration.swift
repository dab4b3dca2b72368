extension Interval {
    /// The longest duration that is read: more than thirty years.
    private static var longest: Int64 { 1_000_000_000_000 }

    /// An xs:duration such as `PT15M`, `P1DT12H`, `-PT0.5S`. Nil for anything else, for
    /// more than 10^12 ms, and for years and months, which have no length of their own.
    /// What is finer than a millisecond is nil too: nothing is rounded here.
    public init?(duration: Span<UInt8>) {
        var i = 0
        var negative = false
        if i < duration.count && duration[i] == 0x2D {
            negative = true
            i &+= 1
        }
        guard i < duration.count, duration[i] == 0x50 else { return nil }
        i &+= 1
        var total: Int64 = 0
        var inTime = false
        // The part that may come next: days, T, hours, minutes, seconds.
        var stage = 0
        var parts = 0
        while i < duration.count {
            if duration[i] == 0x54 && !inTime {
                inTime = true
                stage = 1
                i &+= 1
                // A T with nothing behind it says nothing.
                guard i < duration.count else { return nil }
                continue
            }
            guard let (value, scale, end) = Self.number(duration, from: i) else { return nil }
            i = end
            guard i < duration.count else { return nil }
            let unit: Int64
            switch (duration[i], inTime) {
            case (0x44, false) where stage == 0 && scale == 1: (unit, stage) = (86_400_000, 1)
            case (0x48, true) where stage <= 1 && scale == 1: (unit, stage) = (3_600_000, 2)
            case (0x4D, true) where stage <= 2 && scale == 1: (unit, stage) = (60_000, 3)
            case (0x53, true) where stage <= 3: (unit, stage) = (1_000, 4)
            default: return nil
            }
            i &+= 1
            parts &+= 1
            let (product, overflow) = value.multipliedReportingOverflow(by: unit)
            guard !overflow, product % scale == 0, product / scale <= Self.longest else { return nil }
            total &+= product / scale
            guard total <= Self.longest else { return nil }
        }
        guard parts > 0 else { return nil }
        self.init(milliseconds: negative ? 0 &- total : total)
    }

    /// Digits and perhaps a fraction: the number without its point, what it is to be
    /// divided by, and the place behind it.
    private static func number(_ text: Span<UInt8>, from start: Int) -> (Int64, Int64, Int)? {
        var value: Int64 = 0
        var scale: Int64 = 1
        var digits = 0
        var point = false
        var i = start
        while i < text.count {
            if text[i] == 0x2E && !point && digits > 0 {
                point = true
                i &+= 1
                guard i < text.count, text[i].isDigit else { return nil }
                continue
            }
            guard text[i].isDigit else { break }
            guard digits < 15 else { return nil }
            digits &+= 1
            value = value &* 10 &+ Int64(text[i] &- 0x30)
            if point { scale &*= 10 }
            i &+= 1
        }
        return digits > 0 ? (value, scale, i) : nil
    }
}
