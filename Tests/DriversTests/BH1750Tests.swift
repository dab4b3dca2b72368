import Bench
import Drivers
import Hardware
import Testing

struct BH1750Tests {
    static let specimen = Specimen(
        name: "BH1750", address: 0x23, driver: { BH1750(on: $0, at: $1) },
        chip: {
            var chip = BenchBus(address: $0)
            chip.set(0x20, I2CBytes(0x83, 0x90))
            return chip
        },
        reads: ["28066.7"], vary: { $0.set(0x20, I2CBytes(0, 0)) }, varied: ["0.0"],
        reset: { BenchBus(address: $0) }, time: .milliseconds(180), limits: [0...54611.7])

    /// "Read Format" has 28067 lx for the first.
    @Test(arguments: [
        (0x8390, "28066.7"), (0x0000, "0.0"), (0x0001, "0.8"), (0x0002, "1.7"), (0x0003, "2.5"), (0x0006, "5.0"),
        (0x7FFF, "27305.8"), (0x8000, "27306.7"), (0xFFFE, "54611.7"), (0xFFFF, "!notANumber"),
    ] as [(UInt16, String)])
    func anIlluminance(said: UInt16, reads: String) {
        #expect(Self.specimen.reads(after: { $0.set(0x20, bigEndian: said) }) == [reads])
    }

    /// One command in each transfer: on, reset, the measurement time of 69 in two parts, once in H-resolution mode.
    @Test func whatIsWritten() {
        let wire = Self.specimen.wire()
        var driver = Self.specimen.driver(Wired(wire: wire), 0x23)
        _ = measure(&driver)
        #expect(wire.written == [[0x01], [0x07], [0x42], [0x65], [0x20]])
        #expect((0x42 & 0b111) << 5 | 0x65 & 0b11111 == 69)
    }
}
