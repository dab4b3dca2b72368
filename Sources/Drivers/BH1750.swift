import Hardware

/// Light sensor BH1750FVI (ROHM, Technical Note 2011.11, Rev. D), 0 ... 54,611 lx in steps of 1/1.2 lx, told to 0.1 lx.
///
/// Each reading is a measurement of its own (one-time H-resolution mode), between which the chip is
/// powered down. It has no identity, no checksum and no status: what is at its address is taken for one, and
/// one that loses its power between start and finish says that it is dark.
///
/// Not supported: H-resolution mode 2, L-resolution mode, windows that dim the light
/// (MTreg other than 69).
public struct BH1750<Bus: I2CBus>: Chip {
    private var target: I2CTarget<Bus>

    /// At 0x23, or 0x5C with ADDR high.
    public init(on bus: Bus, at address: UInt8 = 0x23) { target = I2CTarget(bus, address) }

    public static var model: StaticString { "BH1750" }
    public static var quantities: Quantities { Quantities(.illuminance) }

    public mutating func start() throws(Failure) -> Interval {
        // "Instruction Set Architecture", each in a transfer of its own ("Write Format"). Power on, and reset, so that no older
        // result is there;
        try target.write(I2CBytes(0b0000_0001))
        try target.write(I2CBytes(0b0000_0111))
        // the measurement time of 69, its upper three bits and its lower five;
        try target.write(I2CBytes(0b0100_0010))
        try target.write(I2CBytes(0b0110_0101))
        // measure once.
        try target.write(I2CBytes(0b0010_0000))
        // "H-Resolution Mode Measurement Time": 180 ms at most.
        return .milliseconds(180)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        let count = Int64(try target.receive(2).bigEndian())
        // The last one stands for all that is brighter, and for a bus on which nobody speaks.
        guard count < 0xFFFF else { throw .notANumber }
        // Counts / 1.2, to the nearest tenth.
        readings.set(0, (count &* 50).dividedAndRounded(by: 6), scale: 1, within: 0...54_611_7)
    }
}
