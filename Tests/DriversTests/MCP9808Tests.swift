import Bench
import Drivers
import Hardware
import Testing

struct MCP9808Tests {
    private static func chip(_ address: UInt8, _ temperature: UInt16) -> BenchBus {
        var chip = BenchBus(address: address, width: 2)
        chip.set(6, bigEndian: 0x0054)
        chip.set(7, bigEndian: 0x0400)
        chip.set(8, 0x03)
        chip.set(5, bigEndian: temperature)
        chip.allow(1, bigEndian: 0x07FF)
        chip.allow(8, 0x03)
        return chip
    }

    static let specimen = Specimen(
        name: "MCP9808", address: 0x18, driver: { MCP9808(on: $0, at: $1) },
        chip: { chip($0, 0xC194) }, reads: ["25.2500"], vary: { $0.set(5, bigEndian: 0x1F58) }, varied: ["-10.5000"],
        reset: { chip($0, 0) }, time: .milliseconds(500), limits: [-40...125])

    /// Register 5-4: thirteen bits, under three that are about the limits and mean nothing here.
    @Test(arguments: [
        (0x07D0, "125.0000"), (0x0191, "25.0625"), (0x0010, "1.0000"), (0x0001, "0.0625"), (0x0000, "0.0000"),
        (0x1FFF, "-0.0625"), (0x1FF0, "-1.0000"), (0x1E6F, "-25.0625"), (0x1D80, "-40.0000"),
        (0x07D1, "!notANumber"), (0x1D7F, "!notANumber"), (0x1000, "!notANumber"), (0x0FFF, "!notANumber"),
    ] as [(UInt16, String)], [0, 0x2000, 0x8000, 0xE000] as [UInt16])
    func aTemperature(said: (UInt16, String), limits: UInt16) {
        #expect(Self.specimen.reads(after: { $0.set(5, bigEndian: said.0 | limits) }) == [said.1])
    }

    /// An MCP9804 says 2. The revision may be any.
    @Test func identity() {
        #expect(Self.specimen.reads(after: { $0.set(7, bigEndian: 0x0200) }) == ["!anotherChip"])
        #expect(Self.specimen.reads(after: { $0.set(6, bigEndian: 0x0055) }) == ["!anotherChip"])
        #expect(Self.specimen.reads(after: { $0.set(7, bigEndian: 0x0417) }) == ["25.2500"])
    }

    /// One that was left shut down is woken, one with coarse steps gets fine ones.
    @Test func whatIsWritten() {
        let wire = Self.specimen.wire()
        var driver = Self.specimen.driver(Wired(wire: wire), 0x18)
        _ = measure(&driver)
        #expect(wire.written == [[8, 3], [1, 0x02, 0x00]])
    }
}
