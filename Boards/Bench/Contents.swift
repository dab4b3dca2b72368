import Bench
import Hardware

// What the chips say: a measurement that is done, at rest. Their registers are explained in the drivers.

extension BenchBus {
    /// 21.4375 °C.
    static var tmp105: BenchBus {
        var chip = BenchBus(address: 0x48, width: 2)
        chip.set(0, bigEndian: 0x1570)
        chip.allow(1, 0x7F)
        return chip
    }

    /// 21.5 °C.
    static var lm75: BenchBus {
        var chip = BenchBus(address: 0x48, width: 2)
        chip.set(0, bigEndian: 0x1580)
        chip.allow(1, 0x1F)
        return chip
    }

    /// 24.0000 and 61.2500 °C.
    static var tmp421: BenchBus {
        var chip = BenchBus(address: 0x4C)
        chip.set(0xFE, 0x55)
        chip.set(0xFF, 0x21)
        chip.set(0x00, I2CBytes(0x18, 0x3D))
        chip.set(0x10, I2CBytes(0x00, 0x40))
        chip.allow(0x09)
        chip.allow(0x0A)
        chip.allow(0x0B)
        return chip
    }

    /// −18.0625 °C.
    static var mcp9808: BenchBus {
        var chip = BenchBus(address: 0x18, width: 2)
        chip.set(6, bigEndian: 0x0054)
        chip.set(7, bigEndian: 0x0400)
        chip.set(5, bigEndian: 0x1EDF)
        chip.allow(1, bigEndian: 0x07FF)
        return chip
    }

    /// 25.00 °C and 74.58 %, with their checksums.
    static var sht3x: BenchBus {
        var chip = BenchBus(address: 0x44)
        chip.set(0x24, I2CBytes(0x66, 0x66, 0x93))
        chip.set(0x27, I2CBytes(0xBE, 0xEF, 0x92))
        chip.set(0xF3, I2CBytes(0x00, 0x00, 0x81))
        return chip
    }

    /// 25.08 °C, 40.242 % and 100.6533 kPa, from the example of its kin's datasheet.
    static var bme280: BenchBus {
        var chip = BenchBus(address: 0x76)
        chip.set(0xD0, 0x60)
        chip.set(littleEndian: 0x88, 27504, 26435, -1000)
        chip.set(littleEndian: 0x8E, 36477, -10685, 3024)
        chip.set(littleEndian: 0x94, 2855, 140, -7)
        chip.set(littleEndian: 0x9A, 15500, -14600, 6000)
        chip.set(0xA1, 75)
        chip.set(0xE1, I2CBytes(0x63, 0x01, 0x00))
        chip.set(0xE4, I2CBytes(0x15, 0x03, 0x00))
        chip.set(0xE7, 30)
        chip.set(0xF7, I2CBytes(0x65, 0x5A, 0xC0))
        chip.set(0xFA, I2CBytes(0x7E, 0xED, 0x00))
        chip.set(0xFD, bigEndian: 29000)
        chip.allow(0xF2)
        // It sleeps again as soon as it has measured.
        chip.allow(0xF4, 0xFC)
        chip.allow(0xF5)
        return chip
    }

    private mutating func set(littleEndian register: UInt8, _ first: Int32, _ second: Int32, _ third: Int32) {
        func bytes(_ word: Int32) -> I2CBytes {
            I2CBytes(UInt8(truncatingIfNeeded: word), UInt8(truncatingIfNeeded: word >> 8))
        }
        set(register, bytes(first))
        set(register &+ 2, bytes(second))
        set(register &+ 4, bytes(third))
    }

    /// 24.74 °C and 92.9463 kPa.
    static var dps310: BenchBus {
        var chip = BenchBus(address: 0x77)
        chip.set(0x00, I2CBytes(0xFE, 0x2F, 0xEE))
        chip.set(0x03, I2CBytes(0x02, 0x69, 0xA6))
        chip.set(0x08, 0xF0)
        chip.set(0x0D, 0x10)
        chip.set(0x10, I2CBytes(0x0E, 0x1E, 0xDD))
        chip.set(0x13, I2CBytes(0x13, 0xCA, 0x5F))
        chip.set(0x16, I2CBytes(0x21, 0x52, 0xF9))
        chip.set(0x19, I2CBytes(0xC6, 0x04, 0xD1))
        chip.set(0x1C, I2CBytes(0xDB, 0x47, 0x00))
        chip.set(0x1F, I2CBytes(0x5B, 0xFB, 0x3A))
        chip.set(0x28, 0x90)
        chip.set(0x32, 0x02)
        chip.allow(0x06)
        chip.allow(0x07)
        chip.allow(0x08, 0x07)
        return chip
    }

    /// 416.7 lx.
    static var bh1750: BenchBus {
        var chip = BenchBus(address: 0x23)
        chip.set(0x20, bigEndian: 500)
        return chip
    }

    /// 11.980 V, −0.1234 A: it is being charged.
    static var ina219: BenchBus {
        var chip = BenchBus(address: 0x40, width: 2)
        chip.set(1, bigEndian: 0xFB2E)
        chip.set(2, bigEndian: 0x5D9A)
        chip.allow(0, bigEndian: 0xFFFF)
        return chip
    }

    /// 1.250000 V.
    static var ads1115: BenchBus {
        var chip = BenchBus(address: 0x48, width: 2)
        chip.set(0, bigEndian: 10000)
        chip.set(1, bigEndian: 0x8583)
        chip.allow(1, bigEndian: 0x7FFF)
        return chip
    }
}
