import Bench
import Drivers
import Hardware
import Testing

struct LM75Tests {
    static let specimen = Specimen(
        name: "LM75", address: 0x4A, driver: { LM75(on: $0, at: $1) },
        chip: {
            var chip = BenchBus(address: $0, width: 2)
            chip.set(0, bigEndian: 0x1580)
            chip.allow(1, 0x1F)
            return chip
        },
        reads: ["21.5"], vary: { $0.set(0, bigEndian: 0xFF80) }, varied: ["-0.5"],
        reset: { BenchBus(address: $0, width: 2) }, time: .milliseconds(300), limits: [-55...125])

    /// "Temperature Data Format"; the lowest seven bits may be anything.
    @Test(arguments: [
        (0x0FA, "125.0"), (0x032, "25.0"), (0x001, "0.5"), (0x000, "0.0"), (0x1FF, "-0.5"), (0x1CE, "-25.0"),
        (0x192, "-55.0"), (0x0FB, "!notANumber"), (0x191, "!notANumber"), (0x100, "!notANumber"),
    ] as [(UInt16, String)], [0, 0x7F, 0x60] as [UInt16])
    func aTemperature(said: (UInt16, String), undefined: UInt16) {
        #expect(Self.specimen.reads(after: { $0.set(0, bigEndian: said.0 << 7 | undefined) }) == [said.1])
    }

    /// A TMP105 keeps the configuration as an LM75 does, and is read as one: its finer steps are cut off downwards.
    @Test func aTMP105PassesForOne() {
        let wire = Wire()
        wire.chips[0x48] = TMP105Tests.specimen.chip(0x48)
        var driver: any Chip = LM75(on: Wired(wire: wire), at: 0x48)
        #expect(measure(&driver) == ["21.0"])
    }

    @Test func whatKeepsNoConfigurationIsAnother() {
        let wire = Wire()
        wire.chips[0x4A] = BenchBus(address: 0x4A, width: 2)
        var driver = Self.specimen.driver(Wired(wire: wire), 0x4A)
        #expect(measure(&driver) == ["!anotherChip"])
    }
}
