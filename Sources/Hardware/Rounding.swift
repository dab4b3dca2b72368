// Where a datasheet's formula divides, what comes out has a last digit: it is rounded here and nowhere else.

extension Int64 {
    /// The quotient to the nearest whole number; halves away from zero. The divisor is above 0: what a
    /// chip says is never one.
    public func dividedAndRounded(by divisor: Int64) -> Int64 {
        precondition(divisor > 0)
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        if rest.magnitude < divisor.magnitude &- rest.magnitude { return quotient }
        return self < 0 ? quotient &- 1 : quotient &+ 1
    }
}

extension Readings {
    /// The number `mantissa` · 10^-`scale` at `index`, where `range` has the mantissa; beyond it there
    /// is none. A chip that says what it cannot measure is not believed, and no limit is told in its place.
    public mutating func set(_ index: Int, _ mantissa: Int64, scale: UInt8, within range: ClosedRange<Int64>) {
        if mantissa >= range.lowerBound && mantissa <= range.upperBound {
            set(index, Decimal(mantissa, scale: scale))
        } else {
            set(index, .notANumber)
        }
    }
}
