import Hardware

/// Temperature sensor TMP105 (Texas Instruments, SBOS648, August 2015), −55 ... 128 °C in steps of 0.0625 °C;
/// and those that speak alike: TMP75, TMP175, and LM75, which gives steps of 0.5 °C.
///
/// Each reading is a conversion of its own (one-shot, §7.3.6), between which the chip is shut down. It
/// has no identity to be checked and no checksum: what is at its address is taken for one.
///
/// Not supported: the alert output and its limits.
public struct TMP105<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>

    /// At 0x48 ... 0x4F, by its address pins.
    public init(on bus: Bus, at address: UInt8 = 0x48) { target = I2CTarget(bus, address) }

    public static var model: StaticString { "TMP105" }
    public static var quantities: Quantities { Quantities(.temperature) }

    private enum Register {
        static var temperature: UInt8 { 0 }
        static var configuration: UInt8 { 1 }
    }

    /// OS, R1, R0 and SD (Table 7): one conversion with 12 bits.
    private static var oneShot: UInt8 { 0b1110_0001 }

    public mutating func start() throws(Failure) -> Interval {
        try target.write(Register.configuration, Self.oneShot)
        // §6.5: 320 ms at most with 12 bits.
        return .milliseconds(320)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        // Two's complement, left-justified; the lowest four bits are always 0 (Table 4).
        let sixteenths = Int16(bitPattern: try target.read(Register.temperature, 2).bigEndian()) >> 4
        readings.set(0, Decimal(Int64(sixteenths) &* 625, scale: 4))
    }
}
