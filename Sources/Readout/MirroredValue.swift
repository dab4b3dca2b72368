import Access
import Fixed
import XML

// A field's value as a friend writes it, taken over exactly or not at all: nothing is
// rounded, and nothing cut short.

extension Value {
    /// The value of a field element of XEP-0323. Nil where it is not of its type, or
    /// longer or larger than is held here.
    init?(_ element: borrowing Element) {
        let raw = element.value("value")
        let text = raw.trimmed
        switch element.name {
        case "boolean":
            guard let flag = Provisioning.boolean(text) else { return nil }
            self = .boolean(flag)
        case "int":
            guard let number = ReadoutRequest.int(text) else { return nil }
            self = .int(number)
        case "long":
            guard let number = Value.long(text) else { return nil }
            self = .long(number)
        case "numeric":
            guard let number = Decimal(text) else { return nil }
            self = .numeric(number)
        case "string":
            guard let words = Text<24>(raw) else { return nil }
            self = .text(words)
        case "enum":
            guard let word = Text<24>(raw) else { return nil }
            self = .term(word)
        case "date":
            guard let time = Value.dateTime("", text.extracting(first: min(text.count, 10)), "T00:00:00Z") else { return nil }
            self = .date(Int32(truncatingIfNeeded: time.unixSeconds / 86_400))
        case "dateTime":
            guard let time = DateTime(text) else { return nil }
            self = .dateTime(time)
        case "time":
            guard let time = Value.dateTime("1970-01-03T", text, "") ?? Value.dateTime("1970-01-03T", text, "Z")
            else { return nil }
            self = .time(Int32(truncatingIfNeeded: time.unixSeconds % 86_400))
        case "duration":
            guard let interval = Interval(duration: text), interval.milliseconds % 1000 == 0 else { return nil }
            self = .duration(interval.milliseconds / 1000)
        default: return nil
        }
    }

    var isTerm: Bool { if case .term = self { true } else { false } }

    /// An xs:long, to its last digit.
    private static func long(_ text: Span<UInt8>) -> Int64? {
        var i = 0
        var isNegative = false
        if i < text.count && (text[i] == 0x2D || text[i] == 0x2B) {
            isNegative = text[i] == 0x2D
            i &+= 1
        }
        guard i < text.count else { return nil }
        // Counted downwards, where there is one number more.
        var value: Int64 = 0
        while i < text.count {
            guard text[i].isDigit else { return nil }
            let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, tooLow) = tens.subtractingReportingOverflow(Int64(text[i] &- 0x30))
            guard !tooBig, !tooLow else { return nil }
            value = sum
            i &+= 1
        }
        if isNegative { return value }
        return value == .min ? nil : 0 &- value
    }

    private static func dateTime(_ front: StaticString, _ text: Span<UInt8>, _ back: StaticString) -> DateTime? {
        var whole = Text<48>()
        guard whole.append(front), whole.append(text), whole.append(back) else { return nil }
        return DateTime(whole.bytes)
    }
}

extension Quality {
    /// What a field element says of how far its value is to be trusted.
    init(_ element: borrowing Element) {
        self.init(bits: 0)
        for i in 0..<Quality.count where Provisioning.boolean(element.value(Quality.name(i)).trimmed) == true {
            bits |= 1 << UInt16(i)
        }
    }
}
