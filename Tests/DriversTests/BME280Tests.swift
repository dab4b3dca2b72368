import Bench
import Drivers
import Foundation
import Hardware
import Testing

struct BME280Tests {
    /// The example of the datasheet of BMP280 (BST-BMP280-DS001, §3.12), whose formulas for temperature and pressure are
    /// the same: 25.08 °C, 100653.27 Pa.
    private static let words: [Int] = [27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000]

    /// H1 ... H6 of a chip; H4 and H5 share a byte.
    private struct Humid { var h1 = 75, h2 = 355, h3 = 0, h4 = 339, h5 = 0, h6 = 30 }

    private static func set(_ chip: inout BenchBus, _ words: [Int], _ humid: Humid) {
        chip.set(0x88, I2CBytes(words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] } + [0, UInt8(humid.h1)]))
        chip.set(0xE1, I2CBytes([
            UInt8(truncatingIfNeeded: humid.h2), UInt8(truncatingIfNeeded: humid.h2 >> 8), UInt8(humid.h3),
            UInt8(truncatingIfNeeded: humid.h4 >> 4), UInt8(truncatingIfNeeded: humid.h4 & 0x0F | humid.h5 << 4),
            UInt8(truncatingIfNeeded: humid.h5 >> 4), UInt8(truncatingIfNeeded: humid.h6),
        ]))
    }

    private static func set(_ chip: inout BenchBus, pressure: Int = 415148, temperature: Int = 519888, humidity: Int = 29000) {
        func bytes(_ value: Int) -> [UInt8] { [12, 4, -4].map { UInt8(truncatingIfNeeded: value >> $0) } }
        chip.set(0xF7, I2CBytes(bytes(pressure) + bytes(temperature) + [UInt8(humidity >> 8), UInt8(humidity & 0xFF)]))
    }

    private static func chip(_ address: UInt8) -> BenchBus {
        var chip = BenchBus(address: address)
        chip.set(0xD0, 0x60)
        set(&chip, words, Humid())
        set(&chip)
        chip.allow(0xF2, 0x07)
        // Back asleep as soon as it has measured.
        chip.allow(0xF4, 0xFC)
        chip.allow(0xF5, 0xFD)
        return chip
    }

    static let specimen = Specimen(
        name: "BME280", address: 0x76, driver: { BME280(on: $0, at: $1) },
        chip: { chip($0) }, reads: ["25.08", "40.242", "100.6533"],
        vary: { set(&$0, temperature: 380_000, humidity: 25_000) }, varied: ["-18.97", "16.467", "93.9714"],
        reset: {
            var chip = chip($0)
            set(&chip, pressure: 0x80000, temperature: 0x80000, humidity: 0x8000)
            return chip
        },
        time: .milliseconds(10), limits: [-40...85, 0...100, 30...110])

    /// The datasheet's formulas in floating point (§4.2.3 of BME280, appendix 8.1), which the driver does not use.
    private static func expected(_ humid: Humid, pressure: Int, temperature: Int, humidity: Int) -> [Double] {
        let w = words.map(Double.init)
        let raw = Double(temperature)
        let difference = raw / 131072 - w[0] / 8192
        let fine = (raw / 16384 - w[0] / 1024) * w[1] + difference * difference * w[2]
        var one = fine / 2 - 64000
        var two = one * one * w[8] / 32768 + one * w[7] * 2
        two = two / 4 + w[6] * 65536
        one = (w[5] * one * one / 524288 + w[4] * one) / 524288
        one = (1 + one / 32768) * w[3]
        var p = (1048576 - Double(pressure) - two / 4096) * 6250 / one
        p += (w[11] * p * p / 2147483648 + p * w[10] / 32768 + w[9]) / 16
        let t = fine - 76800
        let (h1, h2, h3) = (Double(humid.h1), Double(humid.h2), Double(humid.h3))
        let (h4, h5, h6) = (Double(humid.h4), Double(humid.h5), Double(humid.h6))
        var h = (Double(humidity) - (h4 * 64 + h5 / 16384 * t))
            * (h2 / 65536 * (1 + h6 / 67108864 * t * (1 + h3 / 67108864 * t)))
        h *= 1 - h1 * h / 524288
        return [fine / 5120, h, p / 1000]
    }

    @Test func theDatasheetsExample() {
        #expect(Self.specimen.reads(after: { _ in })[0] == "25.08")
        #expect(Self.specimen.reads(after: { _ in })[2] == "100.6533")
    }

    /// All values over all of the range are what floating point makes of them, to their own last digits.
    @Test func theIntegersAgreeWithTheDatasheetsFloatingPoint() throws {
        var compared = 0
        for humid in [Humid(), Humid(h1: 75, h2: 370, h3: 0, h4: 313, h5: 50, h6: 30), Humid(h1: 0, h2: 340, h3: 255, h4: -20, h5: -800, h6: -128)] {
            for temperature in stride(from: 320_000, through: 700_000, by: 19_991) {
                for (pressure, humidity) in [(415_148, 29_000), (250_000, 22_000), (600_000, 33_000), (340_001, 20_001)] {
                    let said = Self.specimen.reads(after: {
                        Self.set(&$0, Self.words, humid)
                        Self.set(&$0, pressure: pressure, temperature: temperature, humidity: humidity)
                    })
                    let right = Self.expected(humid, pressure: pressure, temperature: temperature, humidity: humidity)
                    for (index, tolerance) in [0.011, 0.05, 0.0006].enumerated() {
                        guard let value = Double(said[index]) else {
                            #expect(!Self.specimen.limits[index].contains(right[index]) || !(-40...85).contains(right[0]))
                            continue
                        }
                        compared += 1
                        #expect(abs(value - right[index]) <= tolerance, "\(said) \(right)")
                    }
                }
            }
        }
        #expect(compared > 200)
    }

    /// Zero, negative, and the limits.
    @Test(arguments: [
        (440_056, "0.00"), (440_024, "-0.01"), (440_088, "0.01"), (313_696, "-40.00"), (313_664, "!notANumber"),
        (712_456, "85.00"), (712_488, "!notANumber"), (0, "!notANumber"), (0xFFFFF, "!notANumber"), (0x80000, "!notAnswering"),
    ])
    func aTemperature(said: Int, reads: String) {
        #expect(Self.specimen.reads(after: { Self.set(&$0, temperature: said) })[0] == reads)
    }

    /// Beyond 0 and 100 % it is no value, and the others stand.
    @Test func aHumidityBeyondItsRangeIsNotCutOff() {
        for humidity in [0, 10_000, 60_000, 0xFFFF] {
            #expect(Self.specimen.reads(after: { Self.set(&$0, humidity: humidity) }) == ["25.08", "!notANumber", "100.6533"])
        }
    }

    @Test(arguments: [0, 0xFFFFF, 850_000, 1_000]) func aPressureBeyondItsRangeIsNoValue(said: Int) {
        let all = Self.specimen.reads(after: { Self.set(&$0, pressure: said) })
        #expect(all == ["25.08", "40.242", "!notANumber"])
    }

    /// What is there where nothing was measured (§5.4.7).
    @Test func aQuantityThatWasNotMeasuredIsNoValue() {
        #expect(Self.specimen.reads(after: { Self.set(&$0, pressure: 0x80000) }) == ["25.08", "40.242", "!notAnswering"])
        #expect(Self.specimen.reads(after: { Self.set(&$0, humidity: 0x8000) }) == ["25.08", "!notAnswering", "100.6533"])
        #expect(Self.specimen.reads(after: { Self.set(&$0, temperature: 0x80000) }) == ["!notAnswering", "!notAnswering", "!notAnswering"])
    }

    /// BMP280 says 58h and has no humidity, BME680 61h.
    @Test(arguments: [0x58, 0x61, 0x00, 0xFF] as [UInt8]) func identity(byte: UInt8) {
        #expect(Self.specimen.reads(after: { $0.set(0xD0, byte) }) == ["!anotherChip", "!anotherChip", "!anotherChip"])
    }

    @Test func aCalibrationThatIsNoneIsNoValue() {
        let corrupt = ["!corrupt", "!corrupt", "!corrupt"]
        for byte in [0x00, 0xFF] as [UInt8] {
            #expect(Self.specimen.reads(after: { $0.set(0x88, I2CBytes([UInt8](repeating: byte, count: 26))) }) == corrupt)
        }
        #expect(Self.specimen.reads(after: { $0.set(0x8E, I2CBytes(0, 0)) }) == corrupt)
    }

    /// `im_update` while the calibration is copied; `measuring`.
    @Test func whatIsNotReadyIsNoValue() {
        #expect(Self.specimen.reads(after: { $0.set(0xF3, 0x01) }) == ["!notAnswering", "!notAnswering", "!notAnswering"])
        #expect(Self.specimen.reads(after: { $0.set(0xF3, 0x08) }) == ["!tooSlow", "!tooSlow", "!tooSlow"])
    }

    /// Asleep, no filter, humidity, and only then the measurement.
    @Test func whatIsWritten() {
        let wire = Self.specimen.wire()
        var driver = Self.specimen.driver(Wired(wire: wire), 0x76)
        _ = measure(&driver)
        #expect(wire.written == [[0xF4, 0x24], [0xF5, 0x00], [0xF2, 0x01], [0xF4, 0x25]])
    }
}
