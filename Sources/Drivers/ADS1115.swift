import Hardware

/// One input of the analog-to-digital converter ADS1115 (Texas Instruments, SBAS444D, January 2018), 16 bits.
///
/// Each reading is a conversion of its own (single shot), between which the chip is powered
/// down. Several inputs of one chip are several of these at one address, one after the other: one whose
/// conversion was replaced by another's fails. It has no identity and no checksum; another chip
/// is known by not keeping the configuration.
///
/// Not supported: the comparator, continuous conversion; a board's voltage divider.
public struct ADS1115<Bus: I2CBus>: Chip {
    /// MUX (Table 8): between two inputs, or one to ground.
    public enum Input: UInt8, Sendable {
        case a0ToA1 = 0, a0ToA3, a1ToA3, a2ToA3
        case a0, a1, a2, a3
    }

    /// PGA (Table 8): the full scale, ± so many volts. No input may be beyond the supply, whatever the scale.
    public enum FullScale: UInt8, Sendable {
        case volts6_144 = 0, volts4_096, volts2_048, volts1_024, volts0_512, volts0_256
    }

    private var target: I2CTarget<Bus>
    private let configuration: UInt16
    private let fullScale: FullScale

    /// At 0x48 ... 0x4B, by where ADDR goes.
    public init(on bus: Bus, at address: UInt8 = 0x48, _ input: Input, _ fullScale: FullScale = .volts2_048) {
        target = I2CTarget(bus, address)
        self.fullScale = fullScale
        configuration = UInt16(input.rawValue) << 12 | UInt16(fullScale.rawValue) << 9 | Self.once
    }

    public static var model: StaticString { "ADS1115" }
    public static var quantities: Quantities { Quantities(.voltage) }

    private enum Register {
        static var conversion: UInt8 { 0 }
        static var configuration: UInt8 { 1 }
    }

    /// OS: written, it begins a conversion; read, it says that none is under way.
    private static var isIdle: UInt16 { 0x8000 }
    /// Single shot, 64 samples a second, no comparator. After a reset there are 128, which shows it.
    private static var once: UInt16 { 0b0000_0001_0110_0011 }

    public mutating func start() throws(Failure) -> Interval {
        try target.write(Register.configuration, bigEndian: configuration | Self.isIdle)
        guard try target.read(Register.configuration, 2).bigEndian() & ~Self.isIdle == configuration else {
            throw .anotherChip
        }
        // 1/64 s, with a clock that may be 10 % slow (§7.5, "Data rate variation").
        return .milliseconds(18)
    }

    public mutating func finish(_ readings: inout Readings) throws(Failure) {
        let now = try target.read(Register.configuration, 2).bigEndian()
        guard now & ~Self.isIdle == configuration else { throw .notAnswering }
        guard now & Self.isIdle != 0 else { throw .tooSlow }
        let count = Int64(Int16(bitPattern: try target.read(Register.conversion, 2).bigEndian()))
        // The outermost codes stand for all beyond them too (§9.5.4).
        guard count > -0x8000 && count < 0x7FFF else { throw .notANumber }
        readings.set(0, volts(count))
    }

    /// Exact: the full scale has 2^15 steps (Table 1).
    private func volts(_ count: Int64) -> Decimal {
        switch fullScale {
        case .volts6_144: return Decimal(count &* 1875, scale: 7)
        case .volts4_096: return Decimal(count &* 125, scale: 6)
        case .volts2_048: return Decimal(count &* 625, scale: 7)
        case .volts1_024: return Decimal(count &* 3125, scale: 8)
        case .volts0_512: return Decimal(count &* 15625, scale: 9)
        case .volts0_256: return Decimal(count &* 78125, scale: 10)
        }
    }
}
