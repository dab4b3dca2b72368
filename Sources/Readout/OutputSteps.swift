import Fixed

// Values of an output as whole numbers of its own units, 10^-`scale`: what is
// compared, kept and set back.

extension Output {
    /// Under which type a value was written (XEP-0325 §3.2).
    public enum Notation: Sendable {
        case boolean, int, long, double
        /// In a form or in words: the output's own kind is meant.
        case plain
        /// A colour, a date, a string: what no output here takes.
        case other
    }

    /// The value in the output's own units. Nil where it is of another type,
    /// finer than that, or beyond the range: such a value must not reach a file.
    @inline(never)
    public func steps(_ value: Value) -> Int64? {
        switch value {
        case .boolean(let truth): return kind == .boolean ? (truth ? 1 : 0) : nil
        case .int(let number): return steps(Decimal(Int64(number)), exponent: 0)
        case .long(let number): return steps(Decimal(number), exponent: 0)
        case .numeric(let decimal): return steps(decimal, exponent: 0)
        default: return nil
        }
    }

    /// The same of a value as it was written. What cannot be read is nil, never 0.
    @inline(never)
    public func steps(_ text: Span<UInt8>, as notation: Notation) -> Int64? {
        let text = text.trimmed
        switch (kind, notation) {
        case (.boolean, .boolean), (.boolean, .plain):
            switch text {
            case "true", "1": return 1
            case "false", "0": return 0
            default: return nil
            }
        case (.int, .int), (.int, .long), (.int, .plain), (.long, .int), (.long, .long), (.long, .plain),
            (.double, .int), (.double, .long):
            guard text.firstIndex(of: 0x2E) == nil, let number = Decimal(text) else { return nil }
            if notation == .int && Int32(exactly: number.mantissa) == nil { return nil }
            return steps(number, exponent: 0)
        case (.double, .double), (.double, .plain):
            guard let e = text.firstIndex(of: 0x65) ?? text.firstIndex(of: 0x45) else {
                guard let number = Decimal(text) else { return nil }
                return steps(number, exponent: 0)
            }
            guard let number = Decimal(text.extracting(first: e)),
                let exponent = Decimal(text.extracting(droppingFirst: e &+ 1)), exponent.scale == 0,
                exponent.mantissa.magnitude <= 400
            else { return nil }
            return steps(number, exponent: Int(exponent.mantissa))
        default: return nil
        }
    }

    /// So many of the output's units, as a value.
    @inline(never)
    public func value(_ steps: Int64) -> Value {
        switch kind {
        case .boolean: return .boolean(steps != 0)
        case .int: return .int(Int32(truncatingIfNeeded: steps))
        case .long: return .long(steps)
        case .double: return .numeric(Decimal(steps, scale: scale))
        }
    }

    /// `decimal` times 10^`exponent`, in units; nil where that is no whole number, or beyond the range.
    private func steps(_ decimal: Decimal, exponent: Int) -> Int64? {
        if kind == .boolean { return nil }
        var steps = decimal.mantissa
        var shift = exponent &+ Int(scale) &- Int(decimal.scale)
        while shift > 0 && steps != 0 {
            // Beyond this, ten times as much is no Int64.
            guard steps.magnitude < 900_000_000_000_000_000 else { return nil }
            steps &*= 10
            shift &-= 1
        }
        while shift < 0 && steps != 0 {
            guard steps % 10 == 0 else { return nil }
            steps /= 10
            shift &+= 1
        }
        return steps >= minimum && steps <= maximum ? steps : nil
    }
}
