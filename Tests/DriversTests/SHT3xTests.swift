import Bench
import Drivers
import Hardware
import Testing

struct SHT3xTests {
    /// A word with its checksum, by long division of the word and what the register began with.
    static func word(_ value: Int) -> [UInt8] {
        // 0xFF to begin with is the same as to turn over the first eight bits.
        var rest = (value ^ 0xFF00) << 8
        for bit in stride(from: 23, through: 8, by: -1) where rest >> bit & 1 == 1 { rest ^= 0x131 << (bit - 8) }
        return [UInt8(value >> 8), UInt8(value & 0xFF), UInt8(rest)]
    }

    private static func set(_ chip: inout BenchBus, _ temperature: Int, _ humidity: Int, status: Int = 0x8010) {
        chip.set(0x24, I2CBytes(word(temperature) + word(humidity)))
        chip.set(0xF3, I2CBytes(word(status)))
    }

    static let specimen = Specimen(
        name: "SHT3x", address: 0x44, driver: { SHT3x(on: $0, at: $1) },
        chip: {
            var chip = BenchBus(address: $0)
            set(&chip, 0x6666, 0x8000)
            return chip
        },
        reads: ["25.00", "50.00"], vary: { set(&$0, 0x1900, 0xBEEF) }, varied: ["-27.91", "74.58"],
        // It answers no read without a measurement.
        reset: { _ in BenchBus(address: 0) }, time: .milliseconds(16), limits: [-40...125, 0...100])

    /// §4.12.
    @Test func theChecksumIsTheDatasheets() {
        #expect(Self.word(0xBEEF) == [0xBE, 0xEF, 0x92])
    }

    /// §4.13: zero, negative, the limits and what is beyond them.
    @Test(arguments: [
        (0x41D4, "0.00"), (0x41D0, "-0.01"), (0x41D8, "0.01"), (0x8000, "42.50"), (0x0750, "-40.00"),
        (0x074E, "!notANumber"), (0xF8AF, "125.00"), (0xF8B2, "!notANumber"), (0x0000, "!notANumber"), (0xFFFF, "!notANumber"),
    ])
    func aTemperature(said: Int, reads: String) {
        #expect(Self.specimen.reads(after: { Self.set(&$0, said, 0) }) == [reads, "0.00"])
    }

    @Test(arguments: [(0x0000, "0.00"), (0x0001, "0.00"), (0x0004, "0.01"), (0x3333, "20.00"), (0xFFFE, "100.00"), (0xFFFF, "100.00")])
    func aHumidity(said: Int, reads: String) {
        #expect(Self.specimen.reads(after: { Self.set(&$0, 0x6666, said) }) == ["25.00", reads])
    }

    /// Any single bit of the six bytes that is wrong makes both no value.
    @Test func aWrongBitIsSeen() {
        for bit in 0..<48 {
            let said = Self.specimen.reads(after: {
                let at = UInt8(0x24 + bit / 8)
                $0.set(at, $0.byte(at) ^ 1 << UInt8(bit % 8))
            })
            #expect(said == ["!corrupt", "!corrupt"], "bit \(bit)")
        }
        #expect(Self.specimen.reads(after: { $0.set(0xF3, $0.byte(0xF3) ^ 1) }) == ["!corrupt", "!corrupt"])
    }

    /// Table 18: the heater warms what is measured, and is switched off.
    @Test func theHeaterIsSwitchedOff() {
        let wire = Self.specimen.wire()
        var driver = Self.specimen.driver(Wired(wire: wire), 0x44)
        Self.set(&wire.chips[0x44]!, 0x6666, 0x8000, status: 0x2000)
        #expect(measure(&driver) == ["!notAnswering", "!notAnswering"])
        Self.set(&wire.chips[0x44]!, 0x6666, 0x8000)
        #expect(measure(&driver) == ["25.00", "50.00"])
        #expect(wire.written == [[0x24, 0x00], [0x30, 0x66], [0x24, 0x00]])
    }

    /// The result would be that of an older command.
    @Test func aCommandThatWasNotTakenIsNoMeasurement() {
        #expect(Self.specimen.reads(after: { Self.set(&$0, 0x6666, 0x8000, status: 0x0002) }) == ["!notAnswering", "!notAnswering"])
    }

    /// What does not answer may measure periodically: it is told to stop.
    @Test func aPeriodicMeasurementIsStopped() {
        let wire = Self.specimen.wire()
        var driver = Self.specimen.driver(Wired(wire: wire), 0x44)
        wire.failureAt = (0, .notAnswering)
        #expect(measure(&driver) == ["!notAnswering", "!notAnswering"])
        #expect(measure(&driver) == ["25.00", "50.00"])
        #expect(measure(&driver) == ["25.00", "50.00"])
        #expect(wire.written == [[0x24, 0x00], [0x30, 0x93], [0x24, 0x00], [0x24, 0x00]])
    }
}
