import Bench
import Drivers
import Hardware
import Testing

struct DPS310Tests {
    /// Of a real chip, as emulations have them: c0 225, c1 −291, c00 81061, c10 −57006, c01 −1594, c11 1233,
    /// c20 −9401, c21 91, c30 −1222.
    private static let coefficients: [UInt8] = [
        0x0E, 0x1E, 0xDD, 0x13, 0xCA, 0x5F, 0x21, 0x52, 0xF9, 0xC6, 0x04, 0xD1, 0xDB, 0x47, 0x00, 0x5B, 0xFB, 0x3A,
    ]

    private static func chip(_ address: UInt8, status: UInt8) -> BenchBus {
        var chip = BenchBus(address: address)
        set(&chip, -118_802, 158_118)
        chip.set(0x08, status)
        chip.set(0x0D, 0x10)
        chip.set(0x10, I2CBytes(coefficients))
        chip.set(0x28, 0x90)
        chip.set(0x32, 0x02)
        for register in [0x06, 0x07, 0x09] as [UInt8] { chip.allow(register) }
        chip.allow(0x08, 0x07)
        return chip
    }

    private static func set(_ chip: inout BenchBus, _ pressure: Int, _ temperature: Int) {
        func bytes(_ value: Int) -> [UInt8] { [16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
        chip.set(0x00, I2CBytes(bytes(pressure) + bytes(temperature)))
    }

    static let specimen = Specimen(
        name: "DPS310", address: 0x77, driver: { DPS310(on: $0, at: $1) },
        chip: { chip($0, status: 0xF0) }, reads: ["24.74", "92.9463"],
        vary: { set(&$0, -118_802, 230_000) }, varied: ["-15.16", "92.6901"],
        reset: { chip($0, status: 0xC0) }, time: .milliseconds(300), limits: [-40...85, 30...120])

    /// Calculated from the formulas of §4.9 with fractions, without any rounding but the last.
    @Test(arguments: [
        (-118_802, 202_684, "0.00", "92.7875"), (-118_802, 202_693, "0.00", "92.7874"), (0, 200_000, "1.49", "80.4529"),
        (-118_802, 202_700, "-0.01", "92.7874"), (-118_802, 270_000, "-37.36", "92.5475"),
        (0, 0, "!notANumber", "!notANumber"), (-118_802, 8_388_607, "!notANumber", "!notANumber"),
        (-8_388_608, 158_118, "24.74", "!notANumber"), (8_388_607, -8_388_608, "!notANumber", "!notANumber"),
    ])
    func aPressure(pressure: Int, temperature: Int, celsius: String, kilopascals: String) {
        #expect(Self.specimen.reads(after: { Self.set(&$0, pressure, temperature) }) == [celsius, kilopascals])
    }

    /// Another chip's coefficients, which its owner has published with the temperature that comes of them: −2.57(8) °C.
    @Test func anotherChipsCoefficients() {
        let said = Self.specimen.reads(after: {
            $0.set(0x10, I2CBytes([
                0x0D, 0xEE, 0xD7, 0x13, 0x7D, 0x8F, 0x24, 0x0C, 0xF7, 0x09, 0x05, 0xA4, 0xDA, 0x1B, 0x00, 0x6F, 0xFA, 0xF7,
            ]))
            Self.set(&$0, -118_802, 200_498)
        })
        #expect(said == ["-2.58", "91.1075"])
    }

    /// The limits of the range, and one step of the last digit beyond them, found by the pressure of a chip with
    /// a plain formula: c00 alone.
    @Test(arguments: [
        (30_000, "30.0000"), (29_999, "!notANumber"), (120_000, "120.0000"), (120_001, "!notANumber"), (0, "!notANumber"),
        (-1, "!notANumber"),
    ])
    func theRange(pascals: Int, reads: String) {
        let said = Self.specimen.reads(after: {
            var bytes = [UInt8](repeating: 0, count: 18)
            bytes[0] = 0x02  // c0: 32, 16 °C
            bytes[3] = UInt8(truncatingIfNeeded: pascals >> 12)
            bytes[4] = UInt8(truncatingIfNeeded: pascals >> 4)
            bytes[5] = UInt8(truncatingIfNeeded: pascals << 4)
            $0.set(0x10, I2CBytes(bytes))
        })
        #expect(said == ["16.00", reads])
    }

    @Test func identity() {
        #expect(Self.specimen.reads(after: { $0.set(0x0D, 0x11) }) == ["!anotherChip", "!anotherChip"])
    }

    /// Memory that is not there is no calibration.
    @Test(arguments: [0x00, 0xFF] as [UInt8]) func noCoefficients(byte: UInt8) {
        let said = Self.specimen.reads(after: { $0.set(0x10, I2CBytes([UInt8](repeating: byte, count: 18))) })
        #expect(said == ["!corrupt", "!corrupt"])
    }

    /// COEF_RDY and SENSOR_RDY come after a reset; PRS_RDY and TMP_RDY with the results.
    @Test func whatIsNotReadyIsNoValue() {
        for status in [0x70, 0xB0] as [UInt8] {
            #expect(Self.specimen.reads(after: { $0.set(0x08, status) }) == ["!notAnswering", "!notAnswering"])
        }
        for status in [0xC0, 0xD0, 0xE0] as [UInt8] {
            #expect(Self.specimen.reads(after: { $0.set(0x08, status) }) == ["!tooSlow", "!tooSlow"])
        }
    }

    /// The temperature sensor is the one that the coefficients are for; old results are read away before it begins; it is stopped in the end.
    @Test(arguments: [(0x80, 0xB0), (0x00, 0x30), (0x7F, 0x30)] as [(UInt8, UInt8)])
    func whatIsWritten(source: UInt8, setting: UInt8) {
        let wire = Self.specimen.wire()
        wire.chips[0x77]!.set(0x28, source)
        var driver = Self.specimen.driver(Wired(wire: wire), 0x77)
        #expect(measure(&driver) == ["24.74", "92.9463"])
        #expect(wire.written == [[8, 0xF0], [6, 0x30], [7, setting], [9, 0], [8, 0xF7], [8, 0xF0]])
    }

    /// Early chips are mended each time: a reset undoes it.
    @Test func anEarlyChipIsMended() {
        let wire = Self.specimen.wire()
        wire.chips[0x77]!.set(0x32, 0x00)
        var driver = Self.specimen.driver(Wired(wire: wire), 0x77)
        for _ in 0..<2 {
            wire.written = []
            #expect(measure(&driver) == ["24.74", "92.9463"])
            #expect(Array(wire.written[1...5]) == [[0x0E, 0xA5], [0x0F, 0x96], [0x62, 0x02], [0x0E, 0], [0x0F, 0]])
        }
    }
}
