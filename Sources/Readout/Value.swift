import Fixed

/// A field's value (XEP-0323 §"Field value types"). Decimals are exact, with the
/// digits the sensor gave.
public enum Value: Sendable {
    case boolean(Bool)
    case int(Int32)
    case long(Int64)
    case numeric(Decimal)
    /// One of the words that a driver knows.
    case string(StaticString)
    /// A word from elsewhere, for example from a friend's field.
    case text(Text<24>)
    /// One of a fixed set of words; the field's unit is its data type.
    case enumeration(StaticString)
    /// The same, from a friend's field.
    case term(Text<24>)
    /// Days since 1970-01-01.
    case date(Int32)
    case dateTime(DateTime)
    /// Seconds since midnight, 0 ..< 86,400.
    case time(Int32)
    /// Seconds.
    case duration(Int64)
}

extension Value {
    /// The element under which XEP-0323 writes it.
    public var type: StaticString {
        switch self {
        case .boolean: return "boolean"
        case .int: return "int"
        case .long: return "long"
        case .numeric: return "numeric"
        case .string, .text: return "string"
        case .enumeration, .term: return "enum"
        case .date: return "date"
        case .dateTime: return "dateTime"
        case .time: return "time"
        case .duration: return "duration"
        }
    }

    /// Writes it as XML Schema does, not escaped; words are whatever they are.
    public func write(to sink: inout some ByteSink & ~Copyable) {
        switch self {
        case .boolean(let flag): sink.put(flag ? "true" : "false")
        case .int(let number): sink.put(decimal: Int64(number))
        case .long(let number): sink.put(decimal: number)
        case .numeric(let decimal): decimal.write(to: &sink)
        case .string(let words), .enumeration(let words): sink.put(words)
        case .text(let text): sink.put(text.bytes)
        case .term(let word): sink.put(word.bytes)
        case .date(let day): DateTime(unixSeconds: Int64(day) &* 86_400).writeDate(to: &sink)
        case .dateTime(let time): time.write(to: &sink)
        case .time(let second): DateTime(unixSeconds: Int64(second)).writeTime(to: &sink)
        case .duration(let seconds):
            if seconds < 0 { sink.put(0x2D) }
            sink.put("PT")
            sink.put(magnitude: seconds.magnitude)
            sink.put("S")
        }
    }
}
