/// A chip that measures: what a driver is.
///
/// A reading has two halves with time between them, in which others have their turn. A driver never
/// waits, not even for a millisecond, and never loops until a chip is ready.
///
///     let wait = try chip.start()         // … at least so much later:
///     try chip.finish(&readings)
///
/// All state is in the driver, so that there can be several of a kind. It may be made anew at any time:
/// `start` brings the chip into the state that it wants, and says who answers where another does.
public protocol Chip: Sendable {
    /// As its maker spells it, for example `TMP105`.
    static var model: StaticString { get }

    /// What it measures, in the order of its readings.
    static var quantities: Quantities { get }

    /// True where several of the board's chips are one in truth, such as the inputs of a converter: of all that
    /// say so one is measured at a time.
    static var isShared: Bool { get }

    /// Begins a measurement, and says how long that takes at most (the datasheet's maximum, not the
    /// typical time), 0 ... 60 s.
    mutating func start() throws(Failure) -> Interval

    /// Takes the result: sets each reading that there is. One that was not set is `.notAnswering`. What is
    /// thrown stands for all.
    mutating func finish(_ readings: inout Readings) throws(Failure)
}

extension Chip {
    // Most are alone.
    public static var isShared: Bool { false }
}

/// What a chip measures: one to four quantities, in order.
public struct Quantities: Sendable {
    private let all: InlineArray<4, Quantity>
    public let count: Int

    public init(_ first: Quantity) { self.init(first, first, first, first, count: 1) }

    public init(_ first: Quantity, _ second: Quantity) { self.init(first, second, first, first, count: 2) }

    public init(_ first: Quantity, _ second: Quantity, _ third: Quantity) {
        self.init(first, second, third, first, count: 3)
    }

    public init(_ first: Quantity, _ second: Quantity, _ third: Quantity, _ fourth: Quantity) {
        self.init(first, second, third, fourth, count: 4)
    }

    private init(_ first: Quantity, _ second: Quantity, _ third: Quantity, _ fourth: Quantity, count: Int) {
        all = [first, second, third, fourth]
        self.count = count
    }

    /// The quantity at `index`; the first where there is none.
    public subscript(index: Int) -> Quantity { all[index > 0 && index < count ? index : 0] }

    /// Its number among those of the same quantity, from 1; 0 where it is the only one.
    func number(_ index: Int) -> Int {
        var before = 0
        var all = 0
        for i in 0..<count where self[i] == self[index] {
            all &+= 1
            if i <= index { before &+= 1 }
        }
        return all > 1 ? before : 0
    }
}

/// The readings of one chip, from one measurement.
public struct Readings: Sendable {
    /// Their mantissas and scales; a scale of `failed` and above is why there is none.
    private var mantissas = InlineArray<4, Int64>(repeating: 0)
    private var scales = InlineArray<4, UInt8>(repeating: Self.failed &+ Failure.notAnswering.rawValue)

    private static var failed: UInt8 { 0x80 }

    /// None is there.
    public init() {}

    /// All are missing for the same reason.
    public init(_ failure: Failure) {
        for i in 0..<4 { scales[i] = Self.failed &+ failure.rawValue }
    }

    /// The number at `index`, 0 ... 3, in the unit of its quantity; elsewhere nothing is set.
    public mutating func set(_ index: Int, _ value: Decimal) {
        guard index >= 0 && index < 4 else { return }
        mantissas[index] = value.mantissa
        scales[index] = value.scale
    }

    /// Why there is none at `index`.
    public mutating func set(_ index: Int, _ failure: Failure) {
        guard index >= 0 && index < 4 else { return }
        scales[index] = Self.failed &+ failure.rawValue
    }

    public subscript(index: Int) -> Reading {
        guard index >= 0 && index < 4 else { return .failed(.notAnswering) }
        if scales[index] < Self.failed { return .value(.numeric(Decimal(mantissas[index], scale: scales[index]))) }
        return .failed(Failure(rawValue: scales[index] &- Self.failed) ?? .notAnswering)
    }

    /// Bytes in which `write` tells them to another process.
    public static var size: Int { 36 }

    public func write(to sink: inout some ByteSink & ~Copyable) {
        for i in 0..<4 {
            sink.put(scales[i])
            for shift in 0..<8 { sink.put(UInt8(truncatingIfNeeded: mantissas[i] &>> Int64(8 &* shift))) }
        }
    }

    /// What was written so; nil for other bytes.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        for i in 0..<4 {
            let scale = bytes[9 &* i]
            guard scale <= 18 || Failure(rawValue: scale &- Self.failed) != nil && scale > Self.failed else { return nil }
            scales[i] = scale
            var bits: UInt64 = 0
            for shift in 0..<8 { bits |= UInt64(bytes[9 &* i &+ 1 &+ shift]) &<< UInt64(8 &* shift) }
            mantissas[i] = Int64(bitPattern: bits)
        }
    }
}
