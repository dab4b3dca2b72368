/// An exact decimal number: `mantissa` · 10^-`scale`. 23.40 is (2340, 2), and is
/// not the same text as 23.4; no binary floating point comes near it.
public struct Decimal: Equatable, Sendable {
    public var mantissa: Int64
    /// Digits behind the point, 0 ... 18.
    public var scale: UInt8

    /// `scale` is clamped to 18.
    public init(_ mantissa: Int64, scale: UInt8 = 0) {
        self.mantissa = mantissa
        self.scale = min(scale, 18)
    }

    /// The number written in `text`: sign, digits, at most one point; nil for
    /// anything else or where it exceeds 18 digits.
    public init?(_ text: Span<UInt8>) {
        var i = 0
        var negative = false
        if i < text.count && (text[i] == 0x2D || text[i] == 0x2B) {
            negative = text[i] == 0x2D
            i &+= 1
        }
        var value: Int64 = 0
        var digits = 0
        var scale: UInt8 = 0
        var point = false
        while i < text.count {
            let byte = text[i]
            i &+= 1
            if byte == 0x2E && !point { point = true; continue }
            guard byte.isDigit, digits < 18 else { return nil }
            value = value &* 10 &+ Int64(byte &- 0x30)
            digits &+= 1
            if point { scale &+= 1 }
        }
        guard digits > 0 else { return nil }
        self.init(negative ? 0 &- value : value, scale: scale)
    }

    /// By value, whatever the digits behind the points.
    public func isLess(than other: Decimal) -> Bool {
        // The one with fewer of them gets more: where that is beyond an Int64, it lies
        // beyond whatever the other can be, on its own side of zero.
        if scale < other.scale {
            guard let same = scaled(to: other.scale) else { return mantissa < 0 }
            return same < other.mantissa
        }
        guard let same = other.scaled(to: scale) else { return other.mantissa > 0 }
        return mantissa < same
    }

    /// How far this is from `other`, exactly; nil where an Int64 cannot hold it.
    public func difference(from other: Decimal) -> Decimal? {
        let digits = max(scale, other.scale)
        guard let new = scaled(to: digits), let old = other.scaled(to: digits) else { return nil }
        let (way, overflow) = new.subtractingReportingOverflow(old)
        return overflow || way == .min ? nil : Decimal(way, scale: digits)
    }

    private func scaled(to digits: UInt8) -> Int64? {
        var number = mantissa
        for _ in scale..<max(scale, digits) {
            let (more, overflow) = number.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            number = more
        }
        return number
    }

    /// Writes the number with exactly `scale` digits behind the point.
    public func write(to sink: inout some ByteSink & ~Copyable) {
        let scale = min(scale, 18)
        var unit: UInt64 = 1
        for _ in 0..<scale { unit &*= 10 }
        let magnitude = mantissa.magnitude
        if mantissa < 0 { sink.put(0x2D) }
        sink.put(magnitude: magnitude / unit)
        guard scale > 0 else { return }
        sink.put(0x2E)
        sink.put(decimal: Int64(truncatingIfNeeded: magnitude % unit), width: Int(scale))
    }
}
