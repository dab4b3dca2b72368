import Bench
import Drivers
import Hardware
import Testing

struct ADS1115Tests {
    private static func chip(_ address: UInt8, _ count: UInt16) -> BenchBus {
        var chip = BenchBus(address: address, width: 2)
        chip.set(0, bigEndian: count)
        chip.set(1, bigEndian: 0x8583)
        // OS is another thing when it is read: no conversion is under way.
        chip.allow(1, bigEndian: 0x7FFF)
        return chip
    }

    static let specimen = Specimen(
        name: "ADS1115", address: 0x48, driver: { ADS1115(on: $0, at: $1, .a0ToA1) },
        chip: { chip($0, 0x4000) }, reads: ["1.0240000"], vary: { $0.set(0, bigEndian: 0xFFFF) }, varied: ["-0.0000625"],
        reset: { chip($0, 0) }, time: .milliseconds(18), limits: [-2.048...2.048])

    /// Table 1: each full scale has 2^15 steps. Zero, negative, the limits, and the codes that stand for all beyond.
    @Test(arguments: [
        (.volts6_144, 0x7FFE, "6.1436250"), (.volts6_144, 0x0001, "0.0001875"), (.volts4_096, 0x7FFE, "4.095750"),
        (.volts4_096, 0x8001, "-4.095875"), (.volts4_096, 0x0001, "0.000125"), (.volts2_048, 0x0001, "0.0000625"),
        (.volts2_048, 0xC000, "-1.0240000"), (.volts1_024, 0x0001, "0.00003125"), (.volts0_512, 0x0001, "0.000015625"),
        (.volts0_256, 0x0001, "0.0000078125"), (.volts0_256, 0x8001, "-0.2559921875"), (.volts0_256, 0x0000, "0.0000000000"),
        (.volts4_096, 0x7FFF, "!notANumber"), (.volts4_096, 0x8000, "!notANumber"),
    ] as [(ADS1115<Wired>.FullScale, UInt16, String)])
    func aVoltage(scale: ADS1115<Wired>.FullScale, said: UInt16, reads: String) {
        let wire = Wire()
        wire.chips[0x49] = Self.chip(0x49, said)
        var driver: any Chip = ADS1115(on: Wired(wire: wire), at: 0x49, .a3, scale)
        #expect(measure(&driver) == [reads])
    }

    /// Table 8: OS, MUX, PGA, single shot, 64 samples a second, no comparator.
    @Test(arguments: [
        (.a0ToA1, .volts6_144, 0x8163), (.a0ToA3, .volts4_096, 0x9363), (.a1ToA3, .volts2_048, 0xA563), (.a2ToA3, .volts1_024, 0xB763),
        (.a0, .volts0_512, 0xC963), (.a1, .volts0_256, 0xDB63), (.a2, .volts4_096, 0xE363), (.a3, .volts4_096, 0xF363),
    ] as [(ADS1115<Wired>.Input, ADS1115<Wired>.FullScale, UInt16)])
    func whatIsWritten(input: ADS1115<Wired>.Input, scale: ADS1115<Wired>.FullScale, word: UInt16) {
        let wire = Wire()
        wire.chips[0x48] = Self.chip(0x48, 0)
        var driver: any Chip = ADS1115(on: Wired(wire: wire), input, scale)
        _ = measure(&driver)
        #expect(wire.written == [[1, UInt8(word >> 8), UInt8(word & 0xFF)]])
    }

    /// OS is 0 as long as it takes.
    @Test func aConversionThatIsNotDoneIsNoValue() {
        #expect(Self.specimen.reads(after: { $0.set(1, bigEndian: 0x0583) }) == ["!tooSlow"])
    }

    /// One input's conversion is not another's.
    @Test func anotherInputInBetweenIsNoticed() {
        let wire = Self.specimen.wire()
        var one: any Chip = ADS1115(on: Wired(wire: wire), .a0)
        var other: any Chip = ADS1115(on: Wired(wire: wire), .a1)
        let said = measure(&one, between: { #expect(measure(&other) == ["1.0240000"]) })
        #expect(said == ["!notAnswering"])
        #expect(measure(&one) == ["1.0240000"])
    }

    @Test func whatKeepsNoConfigurationIsAnother() {
        #expect(Self.specimen.reads(after: { $0.allow(1, bigEndian: 0) }) == ["!anotherChip"])
    }
}
