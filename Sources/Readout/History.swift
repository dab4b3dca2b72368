import Access
import Fixed

/// What the Thing's own fields said at regular instants, in a ring: rows of one time,
/// the latest in place of the oldest (XEP-0323 `historical…` and `peak`).
///
/// It lives in memory alone and begins empty at every start. A field that failed, or said
/// what is neither a number nor a boolean, leaves a gap; so does a row that nobody had
/// time to read. Rows are kept by the clock that only goes forward, and get
/// their date when they are told: what was read before the wall clock was set is
/// dated rightly once it is.
public struct History: ~Copyable {
    /// Values there is room for, and rows.
    public static var capacity: Int { 640 }
    public static var rowCapacity: Int { 160 }

    private let place = InPlace()
    private var numbers = InlineArray<640, Int64>(repeating: 0)
    /// What a number is: see `kind(of:)`; 0 for a gap.
    private var kinds = InlineArray<640, UInt8>(repeating: 0)
    /// When each row was begun.
    private var instants = InlineArray<160, Instant>(repeating: Instant(milliseconds: 0))
    /// Milliseconds by which the wall clock is ahead.
    var wallOffset: Int64 = 0
    private var interval = Interval.seconds(0)
    /// Fields with a column: those at the places below.
    private(set) var columns = 0
    private var rows = 0
    /// The number of the row that comes next; the first one ever is 0.
    private(set) var next: UInt32 = 0
    private var due: Instant?

    init() {}

    /// From now on keeps `rows` rows of the first `fields` fields, of which each has `seconds`
    /// behind the one before: as many as there is room for. Nothing where that is no row.
    mutating func keep(every seconds: Int, rows: Int, fields: Int) {
        guard seconds > 0, rows > 0, fields > 0, fields <= Self.capacity else { return }
        interval = .seconds(Int64(min(seconds, 86_400 &* 365)))
        columns = fields
        self.rows = min(rows, min(Self.rowCapacity, Self.capacity / fields))
        next = 0
        due = nil
    }

    /// Begins again, empty, as after a start.
    mutating func forget() {
        next = 0
        due = nil
        for i in 0..<Self.capacity {
            numbers[i] = 0
            kinds[i] = 0
        }
        for i in 0..<Self.rowCapacity { instants[i] = Instant(milliseconds: 0) }
    }

    var isKept: Bool { rows > 0 }

    /// The type of its values, by the time between two of them.
    var type: FieldTypes {
        switch interval.milliseconds / 1000 {
        case 1: return FieldTypes(bits: 1 << 5)
        case 60: return FieldTypes(bits: 1 << 6)
        case 3_600: return FieldTypes(bits: 1 << 7)
        case 86_400: return FieldTypes(bits: 1 << 8)
        default: return FieldTypes(bits: 1 << 13)
        }
    }

    /// What of `types` it can answer.
    func answers(_ types: FieldTypes) -> Bool { isKept && (types.includes(type) || types.includesPeak) }

    // MARK: Rows come

    /// When the next row is to be read; the first as soon as somebody asks.
    func wake(now: Instant) -> Wake { isKept ? .at(due ?? now) : .onInput }

    func isDue(_ now: Instant) -> Bool { isKept && (due ?? now) <= now }

    /// The row that is due is being read; the next one is due an interval later, those
    /// missed meanwhile left out.
    mutating func begin(now: Instant) {
        guard let last = due else {
            due = now + interval
            return
        }
        let missed = now.since(last).milliseconds / interval.milliseconds
        due = last + .milliseconds((missed &+ 1) &* interval.milliseconds)
    }

    /// A row that was begun at `instant`, by what the pass brought.
    mutating func record(_ sampler: borrowing Sampler, at instant: Instant) {
        guard isKept else { return }
        let slot = slot(of: next)
        instants[slot] = instant
        for field in 0..<columns {
            let cell = slot &* columns &+ field
            kinds[cell] = 0
            guard case .value(let value, .automaticReadout) = sampler[field], let kind = Self.kind(of: value) else { continue }
            kinds[cell] = kind.kind
            numbers[cell] = kind.number
        }
        next &+= 1
    }

    private static func kind(of value: Value) -> (kind: UInt8, number: Int64)? {
        switch value {
        case .numeric(let decimal): return (1 &+ min(decimal.scale, 18), decimal.mantissa)
        case .boolean(let flag): return (20, flag ? 1 : 0)
        case .int(let number): return (21, Int64(number))
        case .long(let number): return (22, number)
        case .string, .text, .enumeration, .term, .date, .dateTime, .time, .duration: return nil
        }
    }

    // MARK: Rows are told

    /// The oldest row there is.
    var first: UInt32 { next &- min(next, UInt32(rows)) }

    private func slot(of row: UInt32) -> Int { rows > 0 ? Int(row % UInt32(rows)) : 0 }

    /// The date of a row that there is.
    func time(of row: UInt32) -> DateTime {
        DateTime(unixSeconds: (instants[slot(of: row)].milliseconds &+ wallOffset) / 1000)
    }

    /// What a field said in a row; nil where it did not, or there is no such row.
    func value(of field: Int, in row: UInt32) -> Value? {
        guard row >= first && row < next, field >= 0 && field < columns else { return nil }
        let cell = slot(of: row) &* columns &+ field
        let number = numbers[cell]
        switch kinds[cell] {
        case 0: return nil
        case 20: return .boolean(number != 0)
        case 21: return .int(Int32(truncatingIfNeeded: number))
        case 22: return .long(number)
        case let kind: return .numeric(Decimal(number, scale: kind &- 1))
        }
    }

    /// The rows below `end` with the least and the greatest value that a field had in the time
    /// wanted, of equal ones the first. Nil where it had none, or it has no order.
    func peaks(of field: Int, below end: UInt32, for request: borrowing ReadoutRequest) -> (least: UInt32, greatest: UInt32)? {
        var found: (least: UInt32, greatest: UInt32)?
        var least = Decimal(0)
        var greatest = Decimal(0)
        for row in first..<max(first, min(end, next)) where request.includes(time(of: row)) {
            let number: Decimal
            switch value(of: field, in: row) {
            case .numeric(let decimal): number = decimal
            case .int(let int): number = Decimal(Int64(int))
            case .long(let long): number = Decimal(long)
            default: continue
            }
            if found == nil {
                found = (row, row)
                least = number
                greatest = number
            } else if number.isLess(than: least) {
                found?.least = row
                least = number
            } else if greatest.isLess(than: number) {
                found?.greatest = row
                greatest = number
            }
        }
        return found
    }
}

extension History {
    /// How far the telling of the history has got: row by row, then the peaks field by field.
    struct Place: Equatable, Sendable {
        var row: UInt32
        var field: Int
        var isPeak = false
        /// Rows from this one on came later than the telling began, and are not part of it.
        let end: UInt32

        /// The place behind.
        var next: Place {
            var place = self
            place.field &+= 1
            return place
        }
    }

    /// Where the telling begins.
    var start: Place { Place(row: first, field: 0, end: next) }

    /// The first place at or behind `place` that has something to tell of `fields`; nil
    /// where there is none. What was overwritten meanwhile is skipped.
    func nextPlace(from place: Place, of fields: FieldSet, for request: borrowing ReadoutRequest) -> Place? {
        var place = place
        if !place.isPeak {
            if request.types.includes(type) {
                if place.row < first {
                    place.row = first
                    place.field = 0
                }
                while place.row < min(place.end, next) {
                    if request.includes(time(of: place.row)) {
                        while place.field < columns {
                            if fields.contains(place.field), value(of: place.field, in: place.row) != nil { return place }
                            place.field &+= 1
                        }
                    }
                    place.row &+= 1
                    place.field = 0
                }
            }
            place.isPeak = true
            place.field = 0
        }
        guard request.types.includesPeak else { return nil }
        while place.field < columns {
            if fields.contains(place.field), peaks(of: place.field, below: place.end, for: request) != nil { return place }
            place.field &+= 1
        }
        return nil
    }
}
