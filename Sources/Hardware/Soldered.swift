// What is on a board, as its Board.swift lists it, put together while it is compiled: each list
// becomes one type, nested as deep as it is long, and nothing is looked up when it runs.

/// The chips of a board, whose readings are fields one after the other.
public protocol Chips: Sendable {
    /// Fields, at most 32.
    static var count: Int { get }
    /// The first field of the chip that the field at `index` belongs to.
    static func first(_ index: Int) -> Int
    /// As of the chip that the field at `index` belongs to.
    static func isShared(_ index: Int) -> Bool
    func field(_ index: Int) -> Field
    /// As of the chip whose field is at `index`; `readings` begin with its first field.
    mutating func start(_ index: Int) throws(Failure) -> Interval
    mutating func finish(_ index: Int, _ readings: inout Readings) throws(Failure)
}

/// The things on lines of a board, one field each.
public protocol Lines: Sendable {
    /// Fields, at most 16.
    static var count: Int { get }
    func field(_ index: Int) -> Field
    mutating func open(_ index: Int) throws(Failure)
    mutating func read(_ index: Int, now: Instant) throws(Failure) -> Value
    mutating func set(_ index: Int, _ steps: Int64) throws(Failure)
    func descriptor(_ index: Int) -> Int32
    mutating func settle(_ index: Int, now: Instant) -> Bool
    /// The earliest of all.
    var wake: Wake { get }
}

/// One chip, and what the board calls it.
public struct OneChip<Only: Chip>: Chips {
    private var chip: Only
    private let name: StaticString

    init(_ chip: Only, _ name: StaticString) {
        self.chip = chip
        self.name = name
    }

    public static var count: Int { Only.quantities.count }
    public static func first(_ index: Int) -> Int { 0 }
    public static func isShared(_ index: Int) -> Bool { Only.isShared }

    public func field(_ index: Int) -> Field {
        let quantity = Only.quantities[index]
        let isNamed = name.utf8CodeUnitCount > 0
        var field = Field()
        field.name.append(isNamed ? name : Only.model)
        if !isNamed || Self.count > 1 {
            field.name.append(0x20)
            field.name.append(quantity.word)
            let number = Only.quantities.number(index)
            if number > 0 {
                field.name.append(0x20)
                field.name.append(0x30 &+ UInt8(truncatingIfNeeded: number))
            }
        }
        field.unit.append(quantity.unit)
        return field
    }

    public mutating func start(_ index: Int) throws(Failure) -> Interval { try chip.start() }
    public mutating func finish(_ index: Int, _ readings: inout Readings) throws(Failure) { try chip.finish(&readings) }
}

extension Chip {
    /// The chip under the board's own name for it: `Cellar` where it measures one thing, else
    /// `Cellar temperature` and so on. A name has at most 40 bytes.
    public func named(_ name: StaticString) -> OneChip<Self> { OneChip(self, name) }
}

public struct MoreChips<First: Chips, Rest: Chips>: Chips {
    private var head: First
    private var tail: Rest

    init(_ head: First, _ tail: Rest) {
        self.head = head
        self.tail = tail
    }

    public static var count: Int { First.count &+ Rest.count }

    public static func first(_ index: Int) -> Int {
        index < First.count ? First.first(index) : First.count &+ Rest.first(index &- First.count)
    }

    public static func isShared(_ index: Int) -> Bool {
        index < First.count ? First.isShared(index) : Rest.isShared(index &- First.count)
    }

    public func field(_ index: Int) -> Field {
        index < First.count ? head.field(index) : tail.field(index &- First.count)
    }

    public mutating func start(_ index: Int) throws(Failure) -> Interval {
        index < First.count ? try head.start(index) : try tail.start(index &- First.count)
    }

    public mutating func finish(_ index: Int, _ readings: inout Readings) throws(Failure) {
        if index < First.count { try head.finish(index, &readings) } else { try tail.finish(index &- First.count, &readings) }
    }
}

public struct OneLine<Only: LineDriver>: Lines {
    private var driver: Only

    init(_ driver: Only) { self.driver = driver }

    public static var count: Int { 1 }

    public func field(_ index: Int) -> Field {
        var field = Field()
        field.name.append(driver.name)
        if let quantity = Only.quantity { field.unit.append(quantity.unit) }
        field.output = Only.output
        return field
    }

    public mutating func open(_ index: Int) throws(Failure) { try driver.open() }
    public mutating func read(_ index: Int, now: Instant) throws(Failure) -> Value { try driver.read(now: now) }
    public mutating func set(_ index: Int, _ steps: Int64) throws(Failure) { try driver.set(steps) }
    public func descriptor(_ index: Int) -> Int32 { driver.descriptor }
    public mutating func settle(_ index: Int, now: Instant) -> Bool { driver.settle(now: now) }
    public var wake: Wake { driver.wake }
}

public struct MoreLines<First: Lines, Rest: Lines>: Lines {
    private var head: First
    private var tail: Rest

    init(_ head: First, _ tail: Rest) {
        self.head = head
        self.tail = tail
    }

    public static var count: Int { First.count &+ Rest.count }

    public func field(_ index: Int) -> Field {
        index < First.count ? head.field(index) : tail.field(index &- First.count)
    }

    public mutating func open(_ index: Int) throws(Failure) {
        if index < First.count { try head.open(index) } else { try tail.open(index &- First.count) }
    }

    public mutating func read(_ index: Int, now: Instant) throws(Failure) -> Value {
        index < First.count ? try head.read(index, now: now) : try tail.read(index &- First.count, now: now)
    }

    public mutating func set(_ index: Int, _ steps: Int64) throws(Failure) {
        if index < First.count { try head.set(index, steps) } else { try tail.set(index &- First.count, steps) }
    }

    public func descriptor(_ index: Int) -> Int32 {
        index < First.count ? head.descriptor(index) : tail.descriptor(index &- First.count)
    }

    public mutating func settle(_ index: Int, now: Instant) -> Bool {
        index < First.count ? head.settle(index, now: now) : tail.settle(index &- First.count, now: now)
    }

    public var wake: Wake { head.wake.earlier(tail.wake) }
}

/// A board without any, or a list with nothing in it.
public struct Nothing: Chips, Lines {
    public init() {}

    public static var count: Int { 0 }
    public static func first(_ index: Int) -> Int { 0 }
    public static func isShared(_ index: Int) -> Bool { false }
    public func field(_ index: Int) -> Field { Field() }
    public mutating func start(_ index: Int) throws(Failure) -> Interval { throw .gone }
    public mutating func finish(_ index: Int, _ readings: inout Readings) throws(Failure) { throw .gone }
    public mutating func open(_ index: Int) throws(Failure) { throw .gone }
    public mutating func read(_ index: Int, now: Instant) throws(Failure) -> Value { throw .gone }
    public mutating func set(_ index: Int, _ steps: Int64) throws(Failure) { throw .gone }
    public func descriptor(_ index: Int) -> Int32 { -1 }
    public mutating func settle(_ index: Int, now: Instant) -> Bool { false }
    public var wake: Wake { .onInput }
}

/// Makes one of a list of chips, or of things on lines:
///
///     static let chips = soldered {
///         TMP105(on: LinuxI2C(bus: 0)).named("Cellar")
///         BH1750(on: LinuxI2C(bus: 0))
///     }
@inline(__always)
public func soldered<All>(@Soldered _ list: () -> All) -> All { list() }

@resultBuilder
public enum Soldered {
    public static func buildExpression<Only: Chip>(_ chip: Only) -> OneChip<Only> { OneChip(chip, "") }
    public static func buildExpression<Only: Chip>(_ chip: OneChip<Only>) -> OneChip<Only> { chip }
    public static func buildExpression<Only: LineDriver>(_ driver: Only) -> OneLine<Only> { OneLine(driver) }

    public static func buildBlock() -> Nothing { Nothing() }
    public static func buildPartialBlock<First: Chips>(first: First) -> First { first }
    public static func buildPartialBlock<First: Lines>(first: First) -> First { first }
    public static func buildPartialBlock<First: Chips, Next: Chips>(accumulated: First, next: Next) -> MoreChips<First, Next> {
        MoreChips(accumulated, next)
    }
    public static func buildPartialBlock<First: Lines, Next: Lines>(accumulated: First, next: Next) -> MoreLines<First, Next> {
        MoreLines(accumulated, next)
    }
}
