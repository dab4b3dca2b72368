import Bench
import Drivers
import Hardware
import Testing

struct INA219Tests {
    private static func chip(_ address: UInt8, _ bus: UInt16, _ shunt: UInt16) -> BenchBus {
        var chip = BenchBus(address: address, width: 2)
        chip.set(0, bigEndian: 0x399F)
        chip.allow(0, bigEndian: 0xFFFF)
        chip.allow(5, bigEndian: 0xFFFE)
        chip.set(1, bigEndian: shunt)
        chip.set(2, bigEndian: bus)
        return chip
    }

    static let specimen = Specimen(
        name: "INA219", address: 0x40, driver: { INA219(on: $0, at: $1, shuntInMicroohms: 100_000) },
        chip: { chip($0, 0x5D9A, 0x04D2) }, reads: ["11.980", "0.1234", "1.4783"],
        vary: {
            $0.set(1, bigEndian: 0xFFFF)
            $0.set(2, bigEndian: 0x0002)
        },
        varied: ["0.000", "-0.0001", "0.0000"],
        reset: { chip($0, 0, 0) }, time: .milliseconds(2), limits: [0...32, -3.2...3.2, -102.4...102.4])

    private func reads(_ shuntInMicroohms: Int32, bus: UInt16, shunt: UInt16) -> [String] {
        let wire = Wire()
        wire.chips[0x41] = Self.chip(0x41, bus, shunt)
        var driver: any Chip = INA219(on: Wired(wire: wire), at: 0x41, shuntInMicroohms: shuntInMicroohms)
        return measure(&driver)
    }

    /// The circuit of §9.2: 10 A through 2 mΩ at 11.98 V.
    @Test func theDatasheetsExample() {
        #expect(reads(2000, bus: 0x5D98 | 2, shunt: 0x07D0) == ["11.980", "10.000", "119.800"])
    }

    /// The step of the current is 10 µV over the shunt: it has as many digits as that.
    @Test(arguments: [
        (1, "12340", "147833"), (10, "1234", "14783"), (11, "1121.8", "13439.4"), (500, "24.68", "295.67"), (1000, "12.34", "147.83"),
        (15_000, "0.8227", "9.8555"), (100_000, "0.1234", "1.4783"), (1_000_000, "0.01234", "0.14783"),
        (100_000_000, "0.0001234", "0.0014783"),
        (0, "!notANumber", "!notANumber"), (-100_000, "!notANumber", "!notANumber"), (100_000_001, "!notANumber", "!notANumber"),
        (Int32.max, "!notANumber", "!notANumber"), (Int32.min, "!notANumber", "!notANumber"),
    ] as [(Int32, String, String)])
    func aShunt(microohms: Int32, current: String, power: String) {
        #expect(reads(microohms, bus: 0x5D9A, shunt: 0x04D2) == ["11.980", current, power])
    }

    /// Table 7: −320 and 320 mV stand for all beyond them.
    @Test(arguments: [
        (0x7CFF, "3.1999"), (0x0001, "0.0001"), (0x0000, "0.0000"), (0xFFFF, "-0.0001"), (0xFB2E, "-0.1234"), (0x8301, "-3.1999"),
        (0x7D00, "!notANumber"), (0x8300, "!notANumber"), (0x7FFF, "!notANumber"), (0x8000, "!notANumber"),
    ] as [(UInt16, String)])
    func aCurrent(said: UInt16, reads: String) {
        let all = Self.specimen.reads(after: { $0.set(1, bigEndian: said) })
        #expect(all[0] == "11.980" && all[1] == reads)
        #expect(all[2].hasPrefix("!") == reads.hasPrefix("!") && all[2].hasPrefix("-") == reads.hasPrefix("-"))
    }

    @Test(arguments: [
        (0x1F40, "32.000", "3.9488"), (0x0001, "0.004", "0.0005"), (0x0000, "0.000", "0.0000"),
        (0x1F41, "!notANumber", "!notANumber"), (0x1FFF, "!notANumber", "!notANumber"),
    ] as [(UInt16, String, String)])
    func aVoltage(steps: UInt16, reads: String, power: String) {
        #expect(Self.specimen.reads(after: { $0.set(2, bigEndian: steps << 3 | 2) }) == [reads, "0.1234", power])
    }

    /// §8.6.3.2: CNVR is not there yet; OVF means that nothing is right.
    @Test func flags() {
        #expect(Self.specimen.reads(after: { $0.set(2, bigEndian: 0x5D98) }) == ["!tooSlow", "!tooSlow", "!tooSlow"])
        #expect(Self.specimen.reads(after: { $0.set(2, bigEndian: 0x5D9B) }) == ["!notANumber", "!notANumber", "!notANumber"])
    }

    @Test func whatKeepsNoConfigurationIsAnother() {
        #expect(Self.specimen.reads(after: { $0.allow(0, bigEndian: 0) }) == ["!anotherChip", "!anotherChip", "!anotherChip"])
    }
}
