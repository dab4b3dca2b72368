import Hardware

/// Current and power monitor INA219 (Texas Instruments, SBOS448G, December 2015): the bus's voltage, 0 ... 32 V in
/// steps of 4 mV; the current through the board's shunt resistor, whose voltage is −320 ... 320 mV in steps of
/// 10 µV; and the power, which is their product.
///
/// Each reading is a pair of conversions of its own (triggered), the current's first. It has no identity
/// and no checksum; another chip is known by not keeping the configuration.
///
/// The chip's own current and power are not used: they have 16 bits, and what is here is exact
/// to the last digit that is told.
///
/// Not supported: averaging, narrower ranges.
public struct INA219<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>
    private let shunt: Int64

    /// At 0x40 ... 0x4F, by its address pins. The shunt resistor in µΩ, 1 ... 100,000,000 (100 Ω): 100,000 for the 0.1 Ω that is
    /// on most boards. With any other all readings of the current fail.
    public init(on bus: Bus, at address: UInt8 = 0x40, shuntInMicroohms shunt: Int32) {
        target = I2CTarget(bus, address)
        self.shunt = Int64(shunt)
    }

    public static var model: StaticString { "INA219" }
    public static var quantities: Quantities { Quantities(.voltage, .current, .power) }

    // Table 2.
    private enum Register {
        static var configuration: UInt8 { 0 }
        static var shuntVoltage: UInt8 { 1 }
        static var busVoltage: UInt8 { 2 }
        static var calibration: UInt8 { 5 }
    }

    /// 32 V, ±320 mV, both with 12 bits, shunt and bus, triggered (§8.6.2.1). After a reset it would be continuous.
    private static var once: UInt16 { 0x399B }

    public mutating func start() throws(Failure) -> Interval {
        // So the chip calculates nothing, and nothing overflows.
        try target.write(Register.calibration, bigEndian: 0)
        try target.write(Register.configuration, bigEndian: Self.once)
        guard try target.read(Register.configuration, 2).bigEndian() == Self.once else { throw .anotherChip }
        // §7.5: 586 µs at most for each of the two.
        return .milliseconds(2)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        guard try target.read(Register.configuration, 2).bigEndian() == Self.once else { throw .notAnswering }
        let bus = try target.read(Register.busVoltage, 2).bigEndian()
        let shuntVoltage = Int64(Int16(bitPattern: try target.read(Register.shuntVoltage, 2).bigEndian()))
        // CNVR (§8.6.3.2).
        guard bus & 0b010 != 0 else { throw .tooSlow }
        // OVF: somebody else has the chip calculate, or it is none.
        guard bus & 0b001 == 0 else { throw .notANumber }
        let millivolts = Int64(bus >> 3) &* 4
        readings.set(0, millivolts, scale: 3, within: 0...32_000)
        // The outermost stand for all beyond them too (Table 7).
        guard shunt > 0 && shunt <= 100_000_000 && shuntVoltage > -32_000 && shuntVoltage < 32_000 else {
            readings.set(1, .notANumber)
            readings.set(2, .notANumber)
            return
        }
        // As many digits as the step of the current has: 10 µV / 0.1 Ω are 0.0001 A.
        var digits: UInt8 = 0
        var unit: Int64 = 1
        while unit &* 10 < shunt {
            unit &*= 10
            digits &+= 1
        }
        // Below 32e3 · 10 · 1e7, and with millivolts 32e3 times that: 1e17, where an Int64 has 9e18.
        let amperes = shuntVoltage &* 10 &* unit
        readings.set(1, Decimal(amperes.dividedAndRounded(by: shunt), scale: digits))
        guard millivolts <= 32_000 else { return readings.set(2, .notANumber) }
        readings.set(2, Decimal((amperes &* millivolts).dividedAndRounded(by: shunt &* 1000), scale: digits))
    }
}
