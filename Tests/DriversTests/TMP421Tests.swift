import Bench
import Drivers
import Hardware
import Testing

struct TMP421Tests {
    private static func chip(_ address: UInt8, own: UInt16, remote: UInt16) -> BenchBus {
        var chip = BenchBus(address: address)
        chip.set(0xFE, 0x55)
        chip.set(0xFF, 0x21)
        chip.set(0x0A, 0x1C)
        chip.set(0x0B, 0x07)
        for register in [0x09, 0x0A, 0x0B, 0x21] as [UInt8] { chip.allow(register) }
        set(&chip, own: own, remote: remote)
        return chip
    }

    private static func set(_ chip: inout BenchBus, own: UInt16, remote: UInt16) {
        chip.set(0x00, UInt8(own >> 8))
        chip.set(0x10, UInt8(own & 0xFF))
        chip.set(0x01, UInt8(remote >> 8))
        chip.set(0x11, UInt8(remote & 0xFF))
    }

    static let specimen = Specimen(
        name: "TMP421", address: 0x4C, driver: { TMP421(on: $0, at: $1) },
        chip: { chip($0, own: 0x1580, remote: 0xF410) }, reads: ["21.5000", "-11.9375"],
        vary: { set(&$0, own: 0xE700, remote: 0x0010) }, varied: ["-25.0000", "0.0625"],
        reset: { chip($0, own: 0, remote: 0) }, time: .milliseconds(520), limits: [-55...126.9375, -55...126.9375])

    static let extended = Specimen(
        name: "TMP421, extended", address: 0x4E, driver: { TMP421(on: $0, at: $1, extended: true) },
        chip: { chip($0, own: 0x5580, remote: 0xC310) }, reads: ["21.5000", "131.0625"],
        vary: { set(&$0, own: 0x2700, remote: 0x4010) }, varied: ["-25.0000", "0.0625"],
        reset: { chip($0, own: 0, remote: 0) }, time: .milliseconds(520), limits: [-55...150, -55...150])

    /// Table 1; what is at 127 °C may be anything above.
    @Test(arguments: [
        (0x7EF0, "126.9375"), (0x7D00, "125.0000"), (0x1900, "25.0000"), (0x0100, "1.0000"), (0x0000, "0.0000"),
        (0xFFF0, "-0.0625"), (0xE700, "-25.0000"), (0xC900, "-55.0000"), (0xC8F0, "!notANumber"),
        (0x7F00, "!notANumber"), (0x7FF0, "!notANumber"), (0x8000, "!notANumber"),
    ] as [(UInt16, String)])
    func aTemperature(said: UInt16, reads: String) {
        #expect(Self.specimen.reads(after: { Self.set(&$0, own: said, remote: 0) }) == [reads, "0.0000"])
        #expect(Self.specimen.reads(after: { Self.set(&$0, own: 0, remote: said) }) == ["0.0000", reads])
    }

    @Test(arguments: [
        (0xD600, "150.0000"), (0xBF00, "127.0000"), (0x5900, "25.0000"), (0x4000, "0.0000"), (0x3FF0, "-0.0625"),
        (0x2700, "-25.0000"), (0x0900, "-55.0000"), (0x08F0, "!notANumber"), (0xD610, "!notANumber"),
        (0x0000, "!notANumber"), (0xFFF0, "!notANumber"),
    ] as [(UInt16, String)])
    func anExtendedTemperature(said: UInt16, reads: String) {
        #expect(Self.extended.reads(after: { Self.set(&$0, own: said, remote: 0x4000) }) == [reads, "0.0000"])
        #expect(Self.extended.reads(after: { Self.set(&$0, own: 0x4000, remote: said) }) == ["0.0000", reads])
    }

    /// OPEN: nothing is at the pins. PVLD: the supply is too low. The other channel stands.
    @Test func aFaultIsThatChannelsAlone() {
        #expect(Self.specimen.reads(after: { Self.set(&$0, own: 0x1900, remote: 0x7FF1) }) == ["25.0000", "!notAnswering"])
        #expect(Self.specimen.reads(after: { Self.set(&$0, own: 0x1902, remote: 0x1902) }) == ["!notAnswering", "!notAnswering"])
        #expect(Self.specimen.reads(after: { Self.set(&$0, own: 0x1900, remote: 0x1904) }) == ["25.0000", "!notANumber"])
    }

    @Test(arguments: [(0xFF, 0x22), (0xFF, 0x23), (0xFF, 0x00), (0xFE, 0x54)] as [(UInt8, UInt8)])
    func anotherChip(register: UInt8, byte: UInt8) {
        #expect(Self.specimen.reads(after: { $0.set(register, byte) }) == ["!anotherChip", "!anotherChip"])
    }

    @Test func itIsShutDownInTheEnd() {
        let wire = Self.extended.wire()
        var driver = Self.extended.driver(Wired(wire: wire), 0x4E)
        _ = measure(&driver, between: { #expect(wire.chips[0x4E]!.byte(0x09) == 0x04) })
        #expect(wire.chips[0x4E]!.byte(0x09) == 0x44)
    }
}
