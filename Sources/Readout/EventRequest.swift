import Access
import Fixed
import XML
import XMPP

/// What somebody wants to be told of (IoT Events §3, `<subscribe/>`).
public struct EventRequest: Sendable {
    /// Why nothing can come of a request, whoever made it.
    public enum Fault: Error {
        /// An attribute is missing or is not of its type.
        case malformed
        /// It names neither a change nor an interval, and so no event.
        case neverDue
        /// It wants none of the momentary values, which alone are sent as events.
        case notMomentary
        /// More conditions than are watched for one subscription.
        case tooMany

        public var error: StanzaError {
            switch self {
            case .malformed: return StanzaError(.modify, "bad-request", "the request is malformed")
            case .neverDue:
                return StanzaError(.modify, "bad-request", "neither a change nor a maxInterval was named")
            case .notMomentary:
                return StanzaError(.cancel, "feature-not-implemented", "events have momentary values alone")
            case .tooMany: return StanzaError(.wait, "resource-constraint", "too many conditions")
            }
        }
    }

    /// The caller's number for this subscription, which every event carries.
    public let sequence: Int32
    /// What the door is asked.
    public var inquiry: Inquiry
    /// The least time between two events.
    let least: Interval
    /// The most time between two events; nil where only changes count.
    let most: Interval?
    /// An event is wanted at once.
    let wantsFirst: Bool

    /// A shorter `minInterval` is taken for this one.
    static var shortest: Interval { .seconds(1) }
    /// Where no `minInterval` is given.
    static var usual: Interval { .seconds(5) }

    /// For nothing, in unused places.
    init() {
        sequence = 0
        inquiry = Inquiry(.subscribe, fields: FieldSet())
        least = Self.usual
        most = nil
        wantsFirst = false
    }

    /// Reads a `<subscribe/>`.
    public init(_ element: borrowing Element, _ catalogue: borrowing Catalogue) throws(Fault) {
        let request: ReadoutRequest
        do throws(ReadoutRequest.Fault) { request = try ReadoutRequest(element, catalogue) } catch { throw .malformed }
        guard request.types.includesMomentary else { throw .notMomentary }
        sequence = request.sequence
        var inquiry = request.inquiry
        inquiry.operation = .subscribe
        self.inquiry = inquiry
        least = max(try Self.interval(element, "minInterval") ?? Self.usual, Self.shortest)
        let most = try Self.interval(element, "maxInterval")
        if let most, most < least { throw .malformed }
        self.most = most
        // Of history nothing is sent, however old it may be.
        _ = try Self.interval(element, "maxAge")
        switch element.value("req").trimmed {
        case "true", "1": wantsFirst = true
        case "", "false", "0": wantsFirst = false
        default: throw .malformed
        }
        var conditions = 0
        var next = element.firstChild
        while let child = next {
            next = child.next(in: element)
            guard child.matches("field", Self.namespace) else { continue }
            switch Condition.Bounds(child) {
            case .none: break
            case .malformed: throw .malformed
            case .changed: conditions &+= 1
            }
        }
        guard conditions <= Events.conditionsEach else { throw .tooMany }
        guard conditions > 0 || most != nil else { throw .neverDue }
    }

    public static var namespace: StaticString { "urn:xmpp:iot:events" }

    public var namesNothingKnown: Bool { inquiry.fields.isEmpty && (inquiry.namesFields || inquiry.namesNodes) }

    /// A positive xs:duration.
    private static func interval(_ element: borrowing Element, _ name: StaticString) throws(Fault) -> Interval? {
        guard let word = element.attribute(name) else { return nil }
        guard let interval = Interval(duration: word.trimmed), interval.milliseconds > 0 else { throw .malformed }
        return interval
    }
}

/// A change of one field that makes an event.
struct Condition: Sendable {
    /// The subscription it belongs to, by its number.
    let owner: UInt32
    let field: Int
    let bounds: Bounds
    /// What the field's change is measured from; nil until it has been read.
    var last: Magnitude?

    /// How far a field may go up and down; zero for any way at all.
    enum Bounds: Sendable {
        case none
        case malformed
        case changed(up: Decimal, down: Decimal)

        /// What a `<field/>` of a request says.
        init(_ field: borrowing Element) {
            let by = Bounds.distance(field, "changedBy")
            let up = Bounds.distance(field, "changedUp")
            let down = Bounds.distance(field, "changedDown")
            guard let by, let up, let down, field.attribute("currentValue") == nil || Bounds.current(field) != nil else {
                self = .malformed
                return
            }
            if by.mantissa > 0 {
                self = .changed(up: by, down: by)
            } else if up.mantissa > 0 || down.mantissa > 0 {
                self = .changed(up: up, down: down)
            } else {
                self = .none
            }
        }

        /// Zero where it is absent, nil where it is no positive number.
        private static func distance(_ field: borrowing Element, _ name: StaticString) -> Decimal? {
            guard let word = field.attribute(name) else { return Decimal(0) }
            guard let number = Decimal(word.trimmed), number.mantissa > 0 else { return nil }
            return number
        }

        static func current(_ field: borrowing Element) -> Decimal? {
            guard let word = field.attribute("currentValue") else { return nil }
            return Decimal(word.trimmed)
        }
    }

    /// True where the way from `last` to `value` is far enough.
    func isMet(by value: Magnitude) -> Bool {
        guard case .changed(let up, let down) = bounds, let last else { return false }
        switch value.change(from: last) {
        case .none: return false
        case .by(let distance, let isUp):
            let bound = isUp ? up : down
            return bound.mantissa > 0 && !distance.isLess(than: bound)
        case .beyondMeasure(let isUp): return (isUp ? up : down).mantissa > 0
        }
    }
}

/// What of a value its changes are measured by (IoT Events §5.1): numbers and times by
/// themselves, truth by 0 and 1, words by 1 for any change.
enum Magnitude: Sendable {
    case number(Decimal)
    /// The first 24 bytes of a word.
    case word(Text<24>)

    enum Change: Equatable {
        case none
        case by(Decimal, up: Bool)
        case beyondMeasure(up: Bool)
    }

    init(_ value: Value) {
        switch value {
        case .boolean(let flag): self = .number(Decimal(flag ? 1 : 0))
        case .int(let number): self = .number(Decimal(Int64(number)))
        case .long(let number), .duration(let number): self = .number(Decimal(number))
        case .numeric(let number): self = .number(number)
        case .date(let day): self = .number(Decimal(Int64(day) &* 86_400))
        case .dateTime(let time): self = .number(Decimal(time.unixSeconds))
        case .time(let second): self = .number(Decimal(Int64(second)))
        case .string(let words), .enumeration(let words): self = Magnitude(words.bytes)
        case .text(let words): self = .word(words)
        case .term(let word): self = .word(word)
        }
    }

    private init(_ words: Span<UInt8>) {
        self = .word(Text(words.extracting(first: min(words.count, Text<24>.maximum))) ?? Text())
    }

    func change(from old: Magnitude) -> Change {
        switch (self, old) {
        case (.number(let new), .number(let old)):
            guard let way = new.difference(from: old) else { return .beyondMeasure(up: old.isLess(than: new)) }
            if way.mantissa == 0 { return .none }
            return .by(Decimal(way.mantissa < 0 ? 0 &- way.mantissa : way.mantissa, scale: way.scale), up: way.mantissa > 0)
        case (.word(let new), .word(let old)):
            return new == old ? .none : .by(Decimal(1), up: Magnitude.precedes(old.bytes, new.bytes))
        // A word instead of a number: it has changed, and nobody knows which way.
        case (.word, .number), (.number, .word): return .by(Decimal(1), up: true)
        }
    }

    private static func precedes(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        for i in 0..<min(a.count, b.count) where a[i] != b[i] { return a[i] < b[i] }
        return a.count < b.count
    }
}
