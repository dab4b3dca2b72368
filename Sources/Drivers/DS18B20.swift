import Hardware

/// Temperature sensor DS18B20 (Maxim Integrated, 19-7487, revision 6, July 2019), −55 ... 125 °C in steps of 0.0625 °C,
/// or coarser where its own memory says so; by the kernel's w1_therm (Documentation/w1/slaves/w1_therm.rst).
///
/// `bus/w1/devices/28-<serial>/w1_slave` holds the nine bytes of the chip's scratchpad and the kernel's
/// verdict on their checksum. To read it starts a conversion, and takes a second or so. Fields are called
/// `28-<serial> temperature`: the serial number is the chip's own and stays.
///
/// The kernel shows the same chip as hwmon too, without what is checked here; `Hwmon` leaves it
/// to this driver.
///
/// Not supported: alarms, the resolution being set; DS18S20, DS1822 and DS1825 with their other families.
public enum DS18B20: Driver {
    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        let devices = Devices(
            of: "bus/w1/devices", startingWith: family, named: "", from: &files, skippedBy: &catalogue)
        var candidate = Candidate()
        let file: StaticString = "w1_slave"
        for i in 0..<devices.count {
            guard devices.load(i, &candidate.device, from: &files) else {
                catalogue.skip()
                continue
            }
            candidate.begin(file.bytes, .temperature)
            // Without w1_therm the chip is known and cannot be read.
            guard files.resolve(candidate.stem.bytes, "") else {
                catalogue.skip()
                continue
            }
            catalogue.declare(.temperature, &candidate)
        }
    }

    /// What the name of its device begins with: its family.
    static var family: StaticString { "28-" }

    public static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question) {
        question.add(stem)
    }

    public static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading {
        if let failure = answers.failure(0) { return .failed(failure) }
        let said = answers.text(0).trimmed
        if said.isEmpty { return .failed(.notAnswering) }
        // `50 05 4b 46 7f ff 0c 10 1c : crc=1c YES`, and a second line, which is calculated from it.
        let line = said.extracting(first: said.firstIndex(of: 0x0A) ?? said.count).trimmed
        var scratchpad = InlineArray<9, UInt8>(repeating: 0)
        for i in 0..<9 {
            guard let byte = line.hexadecimal(3 &* i) else { return .failed(.notANumber) }
            scratchpad[i] = byte
        }
        if line.ends(with: " NO") { return .failed(.corrupt) }
        guard line.ends(with: " YES") else { return .failed(.notANumber) }
        return temperature(scratchpad)
    }

    /// Figures 4, 9 and 10.
    private static func temperature(_ scratchpad: InlineArray<9, UInt8>) -> Reading {
        // A wire held low says nine zeros, and their checksum is right. The configuration is never zero.
        guard scratchpad[4] & 0b1001_1111 == 0b0001_1111 else { return .failed(.notAnswering) }
        let word = UInt16(scratchpad[1]) &<< 8 | UInt16(scratchpad[0])
        // 85 °C is also what is there before the first conversion. Then the sixth byte still is what it was
        // after power came; after a conversion that came to 85 °C it is 10h.
        guard word != 0x0550 || scratchpad[6] != 0x0C else { return .failed(.notAnswering) }
        // 9 ... 12 bits; those that are not there are undefined.
        let missing = 3 &- UInt16(scratchpad[4] >> 5 & 0b11)
        let sixteenths = Int64(Int16(bitPattern: (word >> missing) &<< missing))
        guard sixteenths >= -55 &* 16 && sixteenths <= 125 &* 16 else { return .failed(.notANumber) }
        return .value(.numeric(Decimal(sixteenths &* 625, scale: 4)))
    }
}

extension Span where Element == UInt8 {
    /// The byte of two hexadecimal digits at `index`, behind which is a space.
    fileprivate func hexadecimal(_ index: Int) -> UInt8? {
        guard index >= 0, index &+ 2 < count, self[index &+ 2] == 0x20,
            let high = self[index].hexadecimal, let low = self[index &+ 1].hexadecimal else { return nil }
        return high &<< 4 | low
    }
}

extension UInt8 {
    /// Its value as a hexadecimal digit.
    fileprivate var hexadecimal: UInt8? {
        switch asciiLowercased {
        case 0x30...0x39: return self &- 0x30
        case 0x61...0x66: return asciiLowercased &- 0x57
        default: return nil
        }
    }
}
