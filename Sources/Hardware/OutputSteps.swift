extension Output {
    /// The value in the output's own units, of 10^-`scale`. Nil where it is of another type,
    /// finer than that, or beyond the range: such a value must not reach a file.
    public func steps(_ value: Value) -> Int64? {
        let steps: Int64?
        switch value {
        case .boolean(let truth): steps = kind == .boolean ? (truth ? 1 : 0) : nil
        case .int(let number): steps = units(Decimal(Int64(number)))
        case .long(let number): steps = units(Decimal(number))
        case .numeric(let decimal): steps = units(decimal)
        default: steps = nil
        }
        guard let steps, steps >= minimum, steps <= maximum else { return nil }
        return steps
    }

    private func units(_ decimal: Decimal) -> Int64? {
        kind == .boolean ? nil : decimal.inUnits(ofDigits: scale)
    }
}
