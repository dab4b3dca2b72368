import Hardware

/// Temperature sensor MCP9808 (Microchip, DS25095A, 2011), −40 ... 125 °C in steps of 0.0625 °C.
///
/// It measures all the time and is left to that.
///
/// Not supported: the alert output and its limits; a chip in which somebody has locked those.
public struct MCP9808<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>

    /// At 0x18 ... 0x1F, by its address pins.
    public init(on bus: Bus, at address: UInt8 = 0x18) { target = I2CTarget(bus, address) }

    public static var model: StaticString { "MCP9808" }
    public static var quantities: Quantities { Quantities(.temperature) }

    // Register pointer (Register 5-1).
    private enum Register {
        static var configuration: UInt8 { 1 }
        static var temperature: UInt8 { 5 }
        static var manufacturer: UInt8 { 6 }
        static var device: UInt8 { 7 }
        static var resolution: UInt8 { 8 }
    }

    /// Running, alerts off, with a hysteresis of 1.5 °C: of no use here, but after a reset it would be 0.
    private static var running: UInt16 { 0b0000_0010_0000_0000 }

    public mutating func start() throws(Failure) -> Interval {
        guard try target.read(Register.manufacturer, 2).bigEndian() == 0x0054 else { throw .anotherChip }
        // The lower byte is the revision.
        guard try target.read(Register.device, 2)[0] == 0x04 else { throw .anotherChip }
        try target.write(Register.resolution, 0b11)
        try target.write(Register.configuration, bigEndian: Self.running)
        // Conversion time, 250 ms: a typical value, the datasheet gives no other. Twice that is waited.
        return .milliseconds(500)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        // Before the first conversion after a reset the temperature would be 0 °C, and nobody's.
        guard try target.read(Register.configuration, 2).bigEndian() == Self.running else { throw .notAnswering }
        // Two's complement of 13 bits. The three above say how it is to the limits (Register 5-4).
        let said = try target.read(Register.temperature, 2).bigEndian()
        let sixteenths = Int64(Int16(bitPattern: said &<< 3) >> 3)
        readings.set(0, sixteenths &* 625, scale: 4, within: -40_0000...125_0000)
    }
}
