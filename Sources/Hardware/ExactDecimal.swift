// Arithmetic on decimals that is exact or does not happen: what would need more
// than 63 bits or 18 digits behind the point is nil, never rounded.

extension Decimal {
    /// The same digits with the point moved `digits` places to the left: 23400
    /// divided by 10^3 is 23.400. Nil beyond 18 places.
    public func dividedByPowerOfTen(_ digits: UInt8) -> Decimal? {
        guard Int(scale) &+ Int(digits) <= 18 else { return nil }
        return Decimal(mantissa, scale: scale &+ digits)
    }

    /// Without the zeros that end its digits behind the point. For constants which
    /// the kernel writes in a fixed width, where a zero claims nothing.
    public var withoutTrailingZeros: Decimal {
        var digits = mantissa
        var places = scale
        while places > 0 && digits % 10 == 0 {
            digits /= 10
            places &-= 1
        }
        return Decimal(digits, scale: places)
    }

    /// The exact sum, with the digits of the more precise of the two.
    public func adding(_ other: Decimal) -> Decimal? {
        let digits = max(scale, other.scale)
        guard let a = mantissaWith(digits: digits), let b = other.mantissaWith(digits: digits) else { return nil }
        let sum = a.addingReportingOverflow(b)
        return sum.overflow ? nil : Decimal(sum.partialValue, scale: digits)
    }

    /// The exact product, with the digits of both together.
    public func multiplied(by other: Decimal) -> Decimal? {
        guard Int(scale) &+ Int(other.scale) <= 18,
            let product = Decimal.product(mantissa, other.mantissa) else { return nil }
        return Decimal(product, scale: scale &+ other.scale)
    }

    /// In units of 10^-`digits`, which are no fewer than its own.
    private func mantissaWith(digits: UInt8) -> Int64? {
        var result = mantissa
        for _ in scale..<digits {
            guard let more = Decimal.product(result, 10) else { return nil }
            result = more
        }
        return result
    }

    /// Checked by division, since 32-bit ARM's library has no checked 64-bit multiplication.
    private static func product(_ a: Int64, _ b: Int64) -> Int64? {
        if a == 0 || b == 0 { return 0 }
        guard a.magnitude <= UInt64(Int64.max) / b.magnitude else { return nil }
        return a &* b
    }
}
