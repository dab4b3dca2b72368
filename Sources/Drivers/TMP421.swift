import Hardware

/// Temperature sensor TMP421 (Texas Instruments, SBOS398C, May 2012): its own temperature and that of a
/// remote transistor, in steps of 0.0625 °C; −55 ... 127 °C, or −55 ... 150 °C in the extended range.
///
/// It runs for one reading at a time and is shut down between them. A remote transistor that
/// is not there, or a supply that is too low, is the failure of that reading.
///
/// Not supported: TMP422 and TMP423 with their further channels; transistors whose
/// η-factor is not 1.008; series resistance correction switched off.
public struct TMP421<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>
    /// Configuration register 1 while running: SD is 0; RANGE is bit 2.
    private let running: UInt8

    /// At 0x2A, 0x4C ... 0x4F, or 0x1C ... 0x1F, by its kind and address pins. What is to reach 127 °C or more
    /// needs the extended range.
    public init(on bus: Bus, at address: UInt8 = 0x4C, extended: Bool = false) {
        target = I2CTarget(bus, address)
        running = extended ? 0b0000_0100 : 0
    }

    public static var model: StaticString { "TMP421" }
    /// Its own first.
    public static var quantities: Quantities { Quantities(.temperature, .temperature) }

    // Pointer register (Table 3).
    private enum Register {
        static var high: UInt8 { 0x00 }
        static var low: UInt8 { 0x10 }
        static var configuration1: UInt8 { 0x09 }
        static var configuration2: UInt8 { 0x0A }
        static var rate: UInt8 { 0x0B }
        static var correction: UInt8 { 0x21 }
        static var manufacturer: UInt8 { 0xFE }
        static var device: UInt8 { 0xFF }
    }

    private static var shutDown: UInt8 { 0b0100_0000 }
    /// Four conversions a second, as fast as two channels go; not what it is after a reset.
    private static var rate: UInt8 { 0x06 }

    public mutating func start() throws(Failure) -> Interval {
        guard try target.read(Register.manufacturer, 1)[0] == 0x55 else { throw .anotherChip }
        guard try target.read(Register.device, 1)[0] == 0x21 else { throw .anotherChip }
        // REN, LEN and RC: both channels, with series resistance correction.
        try target.write(Register.configuration2, 0b0001_1100)
        try target.write(Register.correction, 0)
        try target.write(Register.rate, Self.rate)
        try target.write(Register.configuration1, running)
        // 130 ms at most for each channel. What is under way may have begun in another range, so there
        // is time for one more.
        return .milliseconds(520)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        // After a reset meanwhile the temperatures would be 0 °C, and nobody's.
        guard try target.read(Register.rate, 1)[0] == Self.rate else { throw .notAnswering }
        guard try target.read(Register.configuration1, 1)[0] == running else { throw .notAnswering }
        for channel in UInt8(0)..<2 {
            // The high byte first: it holds the low one until that is read.
            let high = try target.read(Register.high &+ channel, 1)[0]
            let low = try target.read(Register.low &+ channel, 1)[0]
            set(Int(channel), high, low, &readings)
        }
        try target.write(Register.configuration1, running | Self.shutDown)
    }

    private func set(_ channel: Int, _ high: UInt8, _ low: UInt8, _ readings: inout Readings) {
        // PVLD and OPEN: the supply is too low, the transistor is not there.
        guard low & 0b0000_0011 == 0 else { return readings.set(channel, .notAnswering) }
        guard low & 0b0000_1100 == 0 else { return readings.set(channel, .notANumber) }
        if running == 0 {
            // Two's complement; all from 127 °C on looks like that (Table 1).
            let sixteenths = Int64(Int8(bitPattern: high)) &* 16 &+ Int64(low >> 4)
            readings.set(channel, sixteenths &* 625, scale: 4, within: -55_0000...126_9375)
        } else {
            // 64 °C are added (Table 1).
            let sixteenths = Int64(high) &* 16 &+ Int64(low >> 4) &- 64 &* 16
            readings.set(channel, sixteenths &* 625, scale: 4, within: -55_0000...150_0000)
        }
    }
}
