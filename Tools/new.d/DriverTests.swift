import Bench
import Drivers
import Hardware
import Testing

struct NAMETests {
    /// A chip as it should be, and what it says; `Specimen` (Wire.swift) explains each line.
    static let specimen = Specimen(
        name: "NAME", address: 0xADDRESS, driver: { NAME(on: $0, at: $1) },
        chip: {
            var chip = BenchBus(address: $0, width: 2)
            chip.set(0, bigEndian: 0x1570)
            chip.allow(1, 0x7F)
            return chip
        },
        reads: ["21.4375"], vary: { $0.set(0, bigEndian: 0xF3B0) }, varied: ["-12.3125"],
        reset: { BenchBus(address: $0, width: 2) }, time: .milliseconds(320), limits: [-55...127.9375])

    /// Nobody answers, the bus is stuck, another chip, a reset, any bytes: what is held of every chip.
    @Test func itKeepsEveryPromise() throws { try Self.specimen.keepsEveryPromise() }

    /// The datasheet's table: zero, negative, the limits, and what is beyond them.
    @Test(arguments: [
        (0x7FF0, "127.9375"), (0x1900, "25.0000"), (0x0010, "0.0625"), (0x0000, "0.0000"), (0xFFF0, "-0.0625"),
        (0xE700, "-25.0000"), (0xC900, "-55.0000"), (0xC8F0, "!notANumber"),
    ] as [(UInt16, String)])
    func aTemperature(said: UInt16, reads: String) {
        #expect(Self.specimen.reads(after: { $0.set(0, bigEndian: said) }) == [reads])
    }

    @Test func whatKeepsNoConfigurationIsAnother() {
        #expect(Self.specimen.reads(after: { $0.allow(1, 0) }) == ["!anotherChip"])
    }
}
