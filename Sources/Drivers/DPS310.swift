import Hardware

/// Pressure and temperature sensor DPS310 (Infineon, data sheet 1.2): 30 ... 120 kPa, −40 ... 85 °C.
///
/// It measures in background mode for one reading at a time, without oversampling (noise 2.5 Pa), and
/// is stopped between them. Its coefficients are read each time, 18 bytes: another chip in its place has others.
/// They carry no checksum.
///
/// Not supported: SPI, oversampling, the FIFO, interrupts.
public struct DPS310<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>
    private var coefficients = DPS310Coefficients()
    /// What `start` wrote into TMP_CFG.
    private var temperatureSetting: UInt8 = 0

    /// At 0x77, or 0x76 with SDO low.
    public init(on bus: Bus, at address: UInt8 = 0x77) { target = I2CTarget(bus, address) }

    public static var model: StaticString { "DPS310" }
    public static var quantities: Quantities { Quantities(.temperature, .pressure) }

    // §7, "Register Map".
    private enum Register {
        static var data: UInt8 { 0x00 }
        static var pressure: UInt8 { 0x06 }
        static var temperature: UInt8 { 0x07 }
        static var measuring: UInt8 { 0x08 }
        static var configuration: UInt8 { 0x09 }
        static var product: UInt8 { 0x0D }
        static var coefficients: UInt8 { 0x10 }
        static var coefficientSource: UInt8 { 0x28 }
    }

    /// Eight times a second, no oversampling. After a reset it would be once.
    private static var setting: UInt8 { 0b0011_0000 }
    /// MEAS_CTRL: pressure and temperature, all the time; none of the two.
    private static var background: UInt8 { 0b111 }
    /// COEF_RDY and SENSOR_RDY, TMP_RDY and PRS_RDY.
    private static var isReady: UInt8 { 0b1100_0000 }
    private static var isMeasured: UInt8 { 0b0011_0000 }

    public mutating func start() throws(Failure) -> Interval {
        guard try target.read(Register.product, 1)[0] == 0x10 else { throw .anotherChip }
        let state = try target.read(Register.measuring, 1)[0]
        // For 40 ms after a reset.
        guard state & Self.isReady == Self.isReady else { throw .notAnswering }
        let standby = state & ~Self.background
        try target.write(Register.measuring, standby)
        try mend()
        coefficients = try DPS310Coefficients(target.read(Register.coefficients, 18))
        // The temperature sensor that the coefficients were found with.
        temperatureSetting = try target.read(Register.coefficientSource, 1)[0] & 0x80 | Self.setting
        try target.write(Register.pressure, Self.setting)
        try target.write(Register.temperature, temperatureSetting)
        // No shift of results, no FIFO, no interrupts.
        try target.write(Register.configuration, 0)
        // With this the results are old ones: TMP_RDY and PRS_RDY are 0.
        _ = try target.read(Register.data, 6)
        try target.write(Register.measuring, standby | Self.background)
        // One of both within each eighth of a second, 3.6 ms for each; two eighths, with some for the chip's clock.
        return .milliseconds(300)
    }

    /// A fault of early chips, whose temperature is twice what it should be; this is what their maker's own driver
    /// and Linux do about it. Those which do not need it say so.
    private mutating func mend() throws(Failure) {
        if try target.read(0x32, 1)[0] & 0b10 != 0 { return }
        try target.write(0x0E, 0xA5)
        try target.write(0x0F, 0x96)
        try target.write(0x62, 0x02)
        try target.write(0x0E, 0)
        try target.write(0x0F, 0)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        // These first: the flags are gone once the results are read.
        let state = try target.read(Register.pressure, 3)
        guard state[0] == Self.setting, state[1] == temperatureSetting,
            state[2] & Self.background == Self.background else { throw .notAnswering }
        guard state[2] & Self.isMeasured == Self.isMeasured else { throw .tooSlow }
        let data = try target.read(Register.data, 6)
        try target.write(Register.measuring, state[2] & ~Self.background)
        let pressure = Self.signed(data, 0)
        let temperature = Self.signed(data, 3)
        let celsius = coefficients.temperature(temperature)
        // The pressure is calculated from it too: without it that is nothing.
        guard celsius >= -40_00 && celsius <= 85_00 else { throw .notANumber }
        readings.set(0, Decimal(celsius, scale: 2))
        readings.set(1, coefficients.pressure(pressure, temperature), scale: 4, within: 30_0000...120_0000)
    }

    /// 24 bits, two's complement.
    private static func signed(_ bytes: I2CBytes, _ index: Int) -> Int64 {
        Int64(Int8(bitPattern: bytes[index])) &* 65536 &+ Int64(bytes.bigEndian(index &+ 1))
    }
}

/// What its maker found out about one chip, and the formulas for that (§4.9, §8.11), by their names there.
struct DPS310Coefficients {
    private var c0: Int64 = 0, c1: Int64 = 0
    private var c00: Int64 = 0, c10: Int64 = 0, c20: Int64 = 0, c30: Int64 = 0
    private var c01: Int64 = 0, c11: Int64 = 0, c21: Int64 = 0

    /// Of no chip.
    init() {}

    /// From 0x10 ... 0x21. Memory that is empty or does not answer is none.
    init(_ bytes: I2CBytes) throws(Failure) {
        var ones: UInt8 = 0xFF
        var any: UInt8 = 0
        for i in 0..<18 {
            ones &= bytes[i]
            any |= bytes[i]
        }
        guard ones != 0xFF && any != 0 else { throw .corrupt }
        func long(_ index: Int) -> Int32 {
            Int32(bitPattern: UInt32(bytes.bigEndian(index)) &<< 16 | UInt32(bytes.bigEndian(index &+ 2)))
        }
        func short(_ index: Int) -> Int64 { Int64(Int16(bitPattern: bytes.bigEndian(index))) }
        // Two of 12 bits, two of 20, the rest of 16.
        c0 = Int64(long(0) >> 20)
        c1 = Int64((long(0) &<< 12) >> 20)
        c00 = Int64(long(3) >> 12)
        c10 = Int64((long(4) &<< 12) >> 12)
        (c01, c11, c20, c21, c30) = (short(8), short(10), short(12), short(14), short(16))
    }

    /// kP and kT, the scale factors without oversampling (Table 9): 2^19.
    private static var shift: Int64 { 19 }

    /// c0/2 + c1 · T/kT, exactly, and then to the nearest hundredth of a degree.
    func temperature(_ raw: Int64) -> Int64 {
        let halves = (c0 &<< Self.shift) &+ 2 &* c1 &* raw
        return (halves &* 100).dividedAndRounded(by: 1 &<< (Self.shift &+ 1))
    }

    /// c00 + P·(c10 + P·(c20 + P·c30)) + T·(c01 + P·(c11 + P·c21)) with P and T over 2^19, in tenths of a pascal.
    ///
    /// Each product is rounded to 2^-12 Pa, the sum to the tenth. P and T are within ±16, and with 12 bits
    /// for the fraction no step has more than 2^60, whatever the coefficients.
    func pressure(_ p: Int64, _ t: Int64) -> Int64 {
        var sum = Self.product(c30 &<< 12, p) &+ c20 &<< 12
        sum = Self.product(sum, p) &+ c10 &<< 12
        sum = Self.product(sum, p) &+ c00 &<< 12
        var cross = Self.product(c21 &<< 12, p) &+ c11 &<< 12
        cross = Self.product(cross, p) &+ c01 &<< 12
        sum = sum &+ Self.product(cross, t)
        return (sum &* 10).dividedAndRounded(by: 1 &<< 12)
    }

    private static func product(_ a: Int64, _ b: Int64) -> Int64 {
        (a &* b).dividedAndRounded(by: 1 &<< shift)
    }
}
