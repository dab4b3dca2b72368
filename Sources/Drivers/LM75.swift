import Hardware

/// Temperature sensor LM75B, LM75C (Texas Instruments, SNIS153B, March 2013), −55 ... 125 °C in steps of
/// 0.5 °C; and its many copies, whose finer steps are left out here.
///
/// It measures all the time and is left to that. It has no identity and no checksum; another chip
/// is known by not keeping the configuration.
///
/// Not supported: the O.S. output and its limits.
public struct LM75<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>

    /// At 0x48 ... 0x4F, by its address pins.
    public init(on bus: Bus, at address: UInt8 = 0x48) { target = I2CTarget(bus, address) }

    public static var model: StaticString { "LM75" }
    public static var quantities: Quantities { Quantities(.temperature) }

    private enum Register {
        static var temperature: UInt8 { 0 }
        static var configuration: UInt8 { 1 }
    }

    /// Running, with a fault queue of two: of no use here, but after a reset it would be 0.
    private static var running: UInt8 { 0b0000_1000 }

    public mutating func start() throws(Failure) -> Interval {
        try target.write(Register.configuration, Self.running)
        guard try target.read(Register.configuration, 1)[0] == Self.running else { throw .anotherChip }
        // "Temperature Conversion Time": 300 ms at most. It begins anew after each read.
        return .milliseconds(300)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        guard try target.read(Register.configuration, 1)[0] == Self.running else { throw .notAnswering }
        // Two's complement, left-justified; the lowest seven bits are undefined ("Temperature Register").
        // Both bytes are read: after one alone the chip may hold the bus.
        let said = try target.read(Register.temperature, 2).bigEndian()
        let halves = Int64(Int16(bitPattern: said) >> 7)
        readings.set(0, halves &* 5, scale: 1, within: -55_0...125_0)
    }
}
