import Bench
import Drivers
import Hardware
import Testing

struct TMP105Tests {
    static let specimen = Specimen(
        name: "TMP105", address: 0x48, driver: { TMP105(on: $0, at: $1) },
        chip: {
            var chip = BenchBus(address: $0, width: 2)
            chip.set(0, bigEndian: 0x1570)
            // OS always reads 0.
            chip.allow(1, 0x7F)
            return chip
        },
        reads: ["21.4375"], vary: { $0.set(0, bigEndian: 0xF3B0) }, varied: ["-12.3125"],
        reset: { BenchBus(address: $0, width: 2) }, time: .milliseconds(320), limits: [-55...127.9375])

    /// Table 5, and what is beyond it.
    @Test(arguments: [
        (0x7FF0, "127.9375"), (0x6400, "100.0000"), (0x5000, "80.0000"), (0x4B00, "75.0000"), (0x3200, "50.0000"),
        (0x1900, "25.0000"), (0x0040, "0.2500"), (0x0010, "0.0625"), (0x0000, "0.0000"), (0xFFF0, "-0.0625"),
        (0xFFC0, "-0.2500"), (0xE700, "-25.0000"), (0xC900, "-55.0000"), (0xC8F0, "!notANumber"),
        (0x8000, "!notANumber"), (0x1901, "!notANumber"), (0xFFFF, "!notANumber"),
    ] as [(UInt16, String)])
    func aTemperature(said: UInt16, reads: String) {
        #expect(Self.specimen.reads(after: { $0.set(0, bigEndian: said) }) == [reads])
    }

    /// Shut down with 12 bits, and then one conversion.
    @Test func whatIsWritten() {
        let wire = Self.specimen.wire()
        var driver = Self.specimen.driver(Wired(wire: wire), 0x48)
        _ = measure(&driver)
        #expect(wire.written == [[1, 0x61], [1, 0xE1]])
    }

    /// An LM75 has no such bits in its configuration, and no more than nine of a temperature.
    @Test func anLM75IsAnother() {
        let wire = Wire()
        wire.chips[0x48] = LM75Tests.specimen.chip(0x48)
        var driver = Self.specimen.driver(Wired(wire: wire), 0x48)
        #expect(measure(&driver) == ["!anotherChip"])
    }
}
