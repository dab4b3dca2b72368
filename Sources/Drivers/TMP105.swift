import Hardware

/// Temperature sensor TMP105 (Texas Instruments, SLLS648D, September 2011), −55 ... 127.9375 °C in
/// steps of 0.0625 °C; and those that speak alike: TMP75, TMP175, TMP275. For LM75 see there.
///
/// Each reading is a conversion of its own ("One-Shot"), between which the chip is shut down.
/// It has no identity and no checksum; another chip is known by not keeping the configuration.
///
/// Not supported: the alert output and its limits.
public struct TMP105<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>

    /// At 0x48 or 0x49; TMP75 and TMP175 have more address pins.
    public init(on bus: Bus, at address: UInt8 = 0x48) { target = I2CTarget(bus, address) }

    public static var model: StaticString { "TMP105" }
    public static var quantities: Quantities { Quantities(.temperature) }

    // Pointer register (Table 2).
    private enum Register {
        static var temperature: UInt8 { 0 }
        static var configuration: UInt8 { 1 }
    }

    /// R1 and R0: 12 bits. SD: shut down.
    private static var resting: UInt8 { 0b0110_0001 }
    /// OS: one conversion. It always reads 0.
    private static var once: UInt8 { 0b1000_0000 }

    private mutating func configuration() throws(Failure) -> UInt8 {
        try target.read(Register.configuration, 1)[0] & ~Self.once
    }

    public mutating func start() throws(Failure) -> Interval {
        // OS has its meaning only once the chip is shut down.
        try target.write(Register.configuration, Self.resting)
        guard try configuration() == Self.resting else { throw .anotherChip }
        try target.write(Register.configuration, Self.resting | Self.once)
        // 12 bits: 300 ms at most, for the TMP175 too; some for the clock's tolerance in its kin.
        return .milliseconds(320)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        // After a reset meanwhile the temperature would be 0 °C, and nobody's.
        guard try configuration() == Self.resting else { throw .notAnswering }
        // Two's complement, left-justified, the lowest four bits always 0 (Tables 3, 4 and 5).
        let said = try target.read(Register.temperature, 2).bigEndian()
        guard said & 0x000F == 0 else { throw .notANumber }
        let sixteenths = Int64(Int16(bitPattern: said) >> 4)
        readings.set(0, sixteenths &* 625, scale: 4, within: -55_0000...127_9375)
    }
}
