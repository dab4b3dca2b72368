import Hardware

/// Humidity and temperature sensor SHT30, SHT31, SHT35 (Sensirion, "Datasheet SHT3x-DIS", version 5, May 2018):
/// −40 ... 125 °C, 0 ... 100 % relative humidity, both told in steps of 0.01.
///
/// Each reading is a measurement of its own (single shot, high repeatability, no clock stretching).
/// It has no identity; every word that it says carries a checksum, which another chip would have to guess.
///
/// Not supported: periodic measurements, alerts. A chip in which somebody else left a
/// periodic measurement or the heater on fails once and is set right with that.
public struct SHT3x<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>
    /// A command to be sent before the next measurement; 0 for none.
    private var remedy: UInt16 = 0

    /// At 0x44, or 0x45 with ADDR high.
    public init(on bus: Bus, at address: UInt8 = 0x44) { target = I2CTarget(bus, address) }

    public static var model: StaticString { "SHT3x" }
    public static var quantities: Quantities { Quantities(.temperature, .humidity) }

    // Tables 9, 13, 16 and 17.
    private enum Command {
        static var measure: UInt16 { 0x2400 }
        static var stopPeriodic: UInt16 { 0x3093 }
        static var heaterOff: UInt16 { 0x3066 }
        static var status: UInt16 { 0xF32D }
    }

    private static func bytes(_ command: UInt16) -> I2CBytes {
        I2CBytes(UInt8(truncatingIfNeeded: command >> 8), UInt8(truncatingIfNeeded: command))
    }

    public mutating func start() throws(Failure) -> Interval {
        if remedy != 0 {
            let command = remedy
            remedy = 0
            try target.write(Self.bytes(command))
        }
        do throws(Failure) {
            // Right behind another command this may not be taken (1 ms, Table 9); the next one is.
            try target.write(Self.bytes(Command.measure))
        } catch {
            remedy = Command.stopPeriodic
            throw error
        }
        // Table 4: 15 ms at most, 15.5 ms with a supply below 2.4 V.
        return .milliseconds(16)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        // What has gone wrong may be a periodic measurement: it answers another time than this.
        remedy = Command.stopPeriodic
        let said = try target.receive(6)
        let temperature = try Self.word(said, 0)
        let humidity = try Self.word(said, 3)
        let status = try Self.word(target.bus.transfer(to: target.address, Self.bytes(Command.status), receive: 3), 0)
        // Table 18. The heater is for tests, and what was measured is the heater.
        guard status & 0x2000 == 0 else {
            remedy = Command.heaterOff
            throw .notAnswering
        }
        // The measurement was not done, and the result is an old one.
        guard status & 0x0002 == 0 else { throw .notAnswering }
        remedy = 0
        // §4.13: −45 + 175 · S / (2^16 − 1), and 100 · S / (2^16 − 1), to the nearest hundredth.
        let celsius = (Int64(temperature) &* 175_00).dividedAndRounded(by: 65535) &- 45_00
        let percent = (Int64(humidity) &* 100_00).dividedAndRounded(by: 65535)
        readings.set(0, celsius, scale: 2, within: -40_00...125_00)
        readings.set(1, percent, scale: 2, within: 0...100_00)
    }

    /// The word of two bytes at `index`, whose checksum is behind it.
    private static func word(_ bytes: I2CBytes, _ index: Int) throws(Failure) -> UInt16 {
        // §4.12: CRC-8 with polynomial 0x31, from 0xFF on.
        var crc: UInt8 = 0xFF
        for i in index..<(index &+ 2) {
            crc ^= bytes[i]
            for _ in 0..<8 { crc = crc & 0x80 != 0 ? crc &<< 1 ^ 0x31 : crc &<< 1 }
        }
        guard bytes[index &+ 2] == crc else { throw .corrupt }
        return bytes.bigEndian(index)
    }
}
