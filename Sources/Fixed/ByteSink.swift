/// Something bytes can be written to: a stanza being built, a text, a state record.
///
/// `put` never fails by itself. A sink that runs out of room remembers it, so
/// that a writer puts all its pieces and asks once at the end.
public protocol ByteSink: ~Copyable {
    mutating func put(_ byte: UInt8)
    mutating func put(_ bytes: Span<UInt8>)
}

extension ByteSink where Self: ~Copyable {
    @inline(never)  // called from everywhere
    public mutating func put(_ literal: StaticString) { put(literal.bytes) }

    /// A signed number in decimal.
    public mutating func put(decimal value: Int64) {
        if value < 0 { put(0x2D) }
        put(magnitude: value.magnitude)
    }

    /// An unsigned number in decimal.
    @inline(never)
    public mutating func put(magnitude: UInt64) {
        let digits = decimalDigits(magnitude)
        put(digits.bytes)
    }

    public mutating func put(decimal value: Int) { put(decimal: Int64(value)) }

    /// A number in decimal with leading zeros up to `width` digits, of which there
    /// can be 18. The sign of a negative one stands in front of them.
    @inline(never)
    public mutating func put(decimal value: Int64, width: Int) {
        if value < 0 { put(0x2D) }
        var bound: UInt64 = 10
        var digits = 1
        while digits < min(width, 18) {
            if value.magnitude < bound { put(0x30) }
            bound &*= 10
            digits &+= 1
        }
        put(magnitude: value.magnitude)
    }

    /// Bytes as lower-case hexadecimal digits.
    public mutating func put(hex bytes: Span<UInt8>) {
        let digits: StaticString = "0123456789abcdef"
        let table = digits.bytes
        for i in bytes.indices {
            put(table[Int(bytes[i] >> 4)])
            put(table[Int(bytes[i] & 15)])
        }
    }
}

/// The decimal digits of a number, without leading zeros. One body for all sinks.
@inline(never)
private func decimalDigits(_ magnitude: UInt64) -> Text<20> {
    var unit: UInt64 = 1
    while magnitude / unit >= 10 { unit &*= 10 }
    var digits = Text<20>()
    var rest = magnitude
    while unit > 0 {
        digits.append(0x30 &+ UInt8(truncatingIfNeeded: rest / unit))
        rest %= unit
        unit /= 10
    }
    return digits
}
