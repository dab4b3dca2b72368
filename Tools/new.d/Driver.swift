import Hardware

/// NAME, for now a thermometer with the registers of a TMP75, −55 ... 127.9375 °C in steps of 0.0625 °C.
///
/// Say here whose chip it is, by which datasheet and revision, what it measures within which range, and
/// how it is known that it is this chip that answers.
///
/// Not supported: say here what the chip can do and this driver does not.
public struct NAME<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>

    /// At 0xADDRESS, or wherever its address pins put it.
    public init(on bus: Bus, at address: UInt8 = 0xADDRESS) { target = I2CTarget(bus, address) }

    public static var model: StaticString { "NAME" }
    public static var quantities: Quantities { Quantities(.temperature) }

    private enum Register {
        static var temperature: UInt8 { 0 }
        static var configuration: UInt8 { 1 }
    }

    /// What the configuration is to be while it measures: 12 bits, all the time. It is not what it would be
    /// after a reset, so that a reset is noticed.
    private static var running: UInt8 { 0b0110_0000 }

    public mutating func start() throws(Failure) -> Interval {
        // Where the chip has an identity, it is asked for first.
        try target.write(Register.configuration, Self.running)
        guard try target.read(Register.configuration, 1)[0] == Self.running else { throw .anotherChip }
        // The datasheet's greatest conversion time, not the typical one.
        return .milliseconds(320)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        guard try target.read(Register.configuration, 1)[0] == Self.running else { throw .notAnswering }
        // Two's complement, left-justified, in sixteenths.
        let said = try target.read(Register.temperature, 2).bigEndian()
        let sixteenths = Int64(Int16(bitPattern: said) >> 4)
        // Exact: 625 · 10^-4 is a sixteenth. What is beyond the chip's range is no value.
        readings.set(0, sixteenths &* 625, scale: 4, within: -55_0000...127_9375)
    }
}
