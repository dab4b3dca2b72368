import Hardware

/// Pressure, humidity and temperature sensor BME280 (Bosch Sensortec, BST-BME280-DS002, revision 1.6,
/// September 2018): 30 ... 110 kPa, 0 ... 100 % relative humidity, −40 ... 85 °C.
///
/// Each reading is a measurement of its own (forced mode, no oversampling, no filter), between which the chip
/// sleeps. Its calibration is read each time, 33 bytes: another chip in its place has another. They carry
/// no checksum. What comes out of the datasheet's humidity formula beyond 0 or 100 % is a
/// failure; the datasheet has it cut off.
///
/// Not supported: SPI, normal mode, oversampling, the filter; BMP280, which has no humidity.
public struct BME280<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>
    private var calibration = BME280Calibration()

    /// At 0x76, or 0x77 with SDO high.
    public init(on bus: Bus, at address: UInt8 = 0x76) { target = I2CTarget(bus, address) }

    public static var model: StaticString { "BME280" }
    public static var quantities: Quantities { Quantities(.temperature, .humidity, .pressure) }

    // Table 18.
    private enum Register {
        static var calibration: UInt8 { 0x88 }
        static var identity: UInt8 { 0xD0 }
        static var humidityCalibration: UInt8 { 0xE1 }
        static var humidityControl: UInt8 { 0xF2 }
        static var status: UInt8 { 0xF3 }
        static var control: UInt8 { 0xF4 }
        static var configuration: UInt8 { 0xF5 }
        static var data: UInt8 { 0xF7 }
    }

    /// osrs_t, osrs_p and osrs_h: once. The mode is in the last two bits: sleep.
    private static var once: UInt8 { 0b001_001_00 }
    private static var onceForHumidity: UInt8 { 0b001 }
    private static var forced: UInt8 { 0b01 }

    public mutating func start() throws(Failure) -> Interval {
        guard try target.read(Register.identity, 1)[0] == 0x60 else { throw .anotherChip }
        // im_update: after a reset the calibration is still being copied.
        guard try target.read(Register.status, 1)[0] & 0b0001 == 0 else { throw .notAnswering }
        let low = try target.read(Register.calibration, 26)
        calibration = try BME280Calibration(low, target.read(Register.humidityCalibration, 7))
        // §5.4.6: the configuration may be ignored unless the chip sleeps; §5.4.3: what is for humidity counts
        // once the control register is written.
        try target.write(Register.control, Self.once)
        try target.write(Register.configuration, 0)
        try target.write(Register.humidityControl, Self.onceForHumidity)
        try target.write(Register.control, Self.once | Self.forced)
        // §9.1: 1.25 + 2.3 + (2.3 + 0.575) + (2.3 + 0.575) ms at most.
        return .milliseconds(10)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        let state = try target.read(Register.humidityControl, 4)
        guard state[0] & 0b111 == Self.onceForHumidity, state[2] & ~0b11 == Self.once else { throw .notAnswering }
        // Measuring, or about to.
        guard state[1] & 0b1000 == 0 && state[2] & 0b11 == 0 else { throw .tooSlow }
        let data = try target.read(Register.data, 8)
        let pressure = Int64(data.bigEndian(0)) &<< 4 | Int64(data[2] >> 4)
        let temperature = Int64(data.bigEndian(3)) &<< 4 | Int64(data[5] >> 4)
        let humidity = Int64(data.bigEndian(6))
        // What is there before a first measurement and where none was asked for (§5.4.7).
        guard temperature != 0x80000 else { throw .notAnswering }
        let fine = calibration.fine(temperature)
        let celsius = (fine &* 5 &+ 128) >> 8
        // The others are calculated from it: without it they are nothing.
        guard celsius >= -40_00 && celsius <= 85_00 else { throw .notANumber }
        readings.set(0, Decimal(celsius, scale: 2))
        if humidity == 0x8000 {
            readings.set(1, .notAnswering)
        } else {
            // 1/1024 %, to the nearest thousandth as the datasheet tells it.
            let percent = (calibration.humidity(humidity, fine) &* 1000).dividedAndRounded(by: 1024)
            readings.set(1, percent, scale: 3, within: 0...100_000)
        }
        if pressure == 0x80000 {
            readings.set(2, .notAnswering)
        } else if let pascals = calibration.pressure(pressure, fine) {
            // 1/256 Pa, to the nearest tenth, which is half the step of 0.18 Pa.
            readings.set(2, (pascals &* 10).dividedAndRounded(by: 256), scale: 4, within: 30_0000...110_0000)
        } else {
            readings.set(2, .notANumber)
        }
    }
}

/// What its maker wrote into one chip, and the formulas for that (§4.2.2, Table 16; §4.2.3), by their names there.
struct BME280Calibration {
    private var t1: Int64 = 0, t2: Int64 = 0, t3: Int64 = 0
    private var p1: Int64 = 0, p2: Int64 = 0, p3: Int64 = 0, p4: Int64 = 0, p5: Int64 = 0
    private var p6: Int64 = 0, p7: Int64 = 0, p8: Int64 = 0, p9: Int64 = 0
    private var h1: Int64 = 0, h2: Int64 = 0, h3: Int64 = 0, h4: Int64 = 0, h5: Int64 = 0, h6: Int64 = 0

    /// Of no chip.
    init() {}

    /// From 0x88 ... 0xA1 and 0xE1 ... 0xE7. Memory that is empty or does not answer is none.
    init(_ low: I2CBytes, _ high: I2CBytes) throws(Failure) {
        func signed(_ index: Int) -> Int64 { Int64(Int16(bitPattern: low.littleEndian(index))) }
        t1 = Int64(low.littleEndian(0))
        p1 = Int64(low.littleEndian(6))
        guard t1 != 0 && t1 != 0xFFFF && p1 != 0 && p1 != 0xFFFF else { throw .corrupt }
        (t2, t3) = (signed(2), signed(4))
        (p2, p3, p4, p5) = (signed(8), signed(10), signed(12), signed(14))
        (p6, p7, p8, p9) = (signed(16), signed(18), signed(20), signed(22))
        h1 = Int64(low[25])
        h2 = Int64(Int16(bitPattern: high.littleEndian(0)))
        h3 = Int64(high[2])
        h4 = Int64(Int8(bitPattern: high[3])) &* 16 | Int64(high[4] & 0x0F)
        h5 = Int64(Int8(bitPattern: high[5])) &* 16 | Int64(high[4] >> 4)
        h6 = Int64(Int8(bitPattern: high[6]))
    }

    /// `t_fine`, from 20 bits: below 2^39 whatever the calibration.
    func fine(_ raw: Int64) -> Int64 {
        let one = (((raw >> 3) &- (t1 &<< 1)) &* t2) >> 11
        let difference = (raw >> 4) &- t1
        return one &+ ((((difference &* difference) >> 12) &* t3) >> 14)
    }

    /// In 1/1024 %, from 16 bits, and from `fine` of −40 ... 85 °C, so that 64 bits are enough whatever
    /// the calibration: the first factor is below 2^18, the second below 2^25, the square below 2^56.
    func humidity(_ raw: Int64, _ fine: Int64) -> Int64 {
        let t = fine &- 76800
        let first = ((raw &<< 14) &- (h4 &<< 20) &- h5 &* t &+ 16384) >> 15
        let slope = ((t &* h6) >> 10) &* (((t &* h3) >> 11) &+ 32768)
        let second = (((slope >> 10) &+ 2_097_152) &* h2 &+ 8192) >> 14
        let x = first &* second
        return (x &- (((((x >> 15) &* (x >> 15)) >> 7) &* h1) >> 4)) >> 12
    }

    /// In 1/256 Pa, from 20 bits, and from `fine` of −40 ... 85 °C. Nil where a calibration that is none leads to a
    /// division by zero or out of 64 bits.
    func pressure(_ raw: Int64, _ fine: Int64) -> Int64? {
        let t = fine &- 128_000
        let offset = t &* t &* p6 &+ ((t &* p5) &<< 17) &+ (p4 &<< 35)
        let slope = ((t &* t &* p3) >> 8) &+ ((t &* p2) &<< 12)
        let sensitivity = (1 &<< 47) &+ slope
        guard p1 > 0 && sensitivity > 0 && sensitivity <= Int64.max / p1 else { return nil }
        let divisor = (sensitivity &* p1) >> 33
        let difference = ((1_048_576 &- raw) &<< 31) &- offset
        guard divisor > 0, difference.magnitude <= Int64.max.magnitude / 3125 else { return nil }
        let p = difference &* 3125 / divisor
        // 2^33 is 131 kPa.
        guard p > 0 && p < 1 &<< 34 else { return nil }
        let square = (p9 &* (p >> 13) &* (p >> 13)) >> 25
        return ((p &+ square &+ ((p8 &* p) >> 19)) >> 8) &+ (p7 &<< 4)
    }
}
