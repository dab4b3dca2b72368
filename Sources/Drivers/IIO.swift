import Hardware

/// Industrial I/O inputs (kernel: Documentation/ABI/testing/sysfs-bus-iio).
///
/// `bus/iio/devices/iio:deviceN/` holds `name` and, for each channel,
/// `in_<type><tail>_input` in the type's unit, or `_raw` with `_scale` and `_offset`, of
/// its own or shared by the type: (raw + offset) · scale. That product is exact:
/// it has the digits of both, and three more where the unit is a thousandth. Zeros that
/// end a scale or an offset are the kernel's column width and are left out. What
/// does not fit 18 digits is a failed reading, not a rounded one.
///
/// Not supported: outputs, buffers, events, peak and mean; a raw channel without a
/// scale and a type not listed below have no known unit and count as skipped.
public enum IIO: Driver {
    /// Bits of `Channel.parts`: where scale and offset are (two bits each), and that there is no raw.
    private static var isInput: UInt8 { 16 }

    private enum Place: UInt8 {
        case nowhere = 0, own, shared, sharedByPairs
    }

    private static var types: Range<Int> { 0..<13 }

    private static func type(_ index: Int) -> StaticString {
        switch index {
        case 0: return "temp"
        case 1: return "humidityrelative"
        case 2: return "pressure"
        case 3: return "voltage"
        case 4: return "current"
        case 5: return "power"
        case 6: return "illuminance"
        case 7: return "accel"
        case 8: return "anglvel"
        case 9: return "magn"
        case 10: return "resistance"
        case 11: return "concentration"
        default: return "distance"
        }
    }

    private static func quantity(_ index: Int) -> Quantity {
        switch index {
        case 0: return .temperature
        case 1: return .humidity
        case 2: return .pressure
        case 3: return .voltage
        case 4: return .current
        case 5: return .power
        case 6: return .illuminance
        case 7: return .acceleration
        case 8: return .angularVelocity
        case 9: return .magneticField
        case 10: return .resistance
        case 11: return .concentration
        default: return .distance
        }
    }

    /// m°C, m%, mV, mA and mW; the others are in the unit itself.
    private static func digits(_ quantity: Quantity) -> UInt8 {
        switch quantity {
        case .temperature, .humidity, .voltage, .current, .power: return 3
        default: return 0
        }
    }

    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        let devices = Devices(
            of: "bus/iio/devices", startingWith: "iio:device", named: "name", from: &files, skippedBy: &catalogue)
        for i in 0..<devices.count {
            guard let device = devices.device(at: i, from: &files) else {
                catalogue.skip()
                continue
            }
            var previous = Text<255>()
            while let next = files.entry(of: device.path.bytes, after: previous.bytes) {
                previous = next
                let entry = next.bytes
                guard entry.starts(with: "in_") else { continue }
                if entry.ends(with: "_input") {
                    declare(entry.extracting(first: entry.count &- 6), true, device, in: &catalogue, from: &files)
                } else if entry.ends(with: "_raw") {
                    declare(entry.extracting(first: entry.count &- 4), false, device, in: &catalogue, from: &files)
                }
            }
        }
    }

    /// `channel` is for example `in_voltage0` or `in_accel_x`.
    private static func declare(
        _ channel: Span<UInt8>, _ hasInput: Bool, _ device: Device,
        in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable
    ) {
        if channel.ends(with: "_peak") || channel.ends(with: "_mean") { return }
        var stem = Text<200>()
        guard stem.append(device.path.bytes), stem.append(0x2F), stem.append(channel) else { return catalogue.skip() }
        // Where there are both, the value is the driver's own.
        if !hasInput && exists(stem, "_input", &files) { return }
        guard let index = typeOf(channel) else { return catalogue.skip() }
        var parts = isInput
        if !hasInput {
            let scale = place(of: "_scale", stem, index, device, &files)
            guard scale != .nowhere else { return catalogue.skip() }
            parts = scale.rawValue | place(of: "_offset", stem, index, device, &files).rawValue &<< 2
        }
        var label: FileAnswer?
        var path = stem
        path.put("_label")
        if exists(path, "", &files) { label = files.read(path.bytes) }
        catalogue.declare(
            quantity(index), label: label, name: name(channel, index, device), stem: stem.bytes, parts: parts, of: device)
    }

    /// `in_voltage0` is of the type `voltage`: a number, `_` or `-` or nothing follows.
    private static func typeOf(_ channel: Span<UInt8>) -> Int? {
        let rest = channel.extracting(3..<channel.count)
        for index in types where rest.starts(with: type(index)) {
            let length = type(index).utf8CodeUnitCount
            if rest.count == length { return index }
            let next = rest[length]
            if next.isDigit || next == 0x5F || next == 0x2D { return index }
        }
        return nil
    }

    /// `bme280 temperature`, `ads1015 voltage 0`, `ads1015 voltage 0-1`, `mpu6050 acceleration x`.
    private static func name(_ channel: Span<UInt8>, _ index: Int, _ device: Device) -> Text<200> {
        var name = Text<200>()
        name.put(device.name.bytes)
        name.put(0x20)
        name.put(quantity(index).word)
        let tail = channel.extracting((3 &+ type(index).utf8CodeUnitCount)..<channel.count)
        if !tail.isEmpty && tail[0] != 0x5F { name.put(0x20) }
        var i = 0
        while i < tail.count {
            name.put(tail[i] == 0x5F ? 0x20 : tail[i])
            i &+= 1
            // The second of a pair: its number tells enough.
            if tail[i &- 1] == 0x2D && tail.extracting(i..<tail.count).starts(with: type(index)) {
                i &+= type(index).utf8CodeUnitCount
            }
        }
        return name
    }

    private static func exists(
        _ stem: Text<200>, _ suffix: StaticString, _ files: inout some ValueFiles & ~Copyable
    ) -> Bool {
        var path = stem
        return path.append(suffix) && files.resolve(path.bytes) != nil
    }

    private static func place(
        of attribute: StaticString, _ stem: Text<200>, _ index: Int, _ device: Device,
        _ files: inout some ValueFiles & ~Copyable
    ) -> Place {
        if exists(stem, attribute, &files) { return .own }
        if exists(shared(device.path.bytes, index, inPairs: true), attribute, &files), isPair(stem.bytes) {
            return .sharedByPairs
        }
        return exists(shared(device.path.bytes, index, inPairs: false), attribute, &files) ? .shared : .nowhere
    }

    private static func isPair(_ stem: Span<UInt8>) -> Bool {
        guard let slash = stem.lastIndex(of: 0x2F) else { return false }
        return stem.extracting(slash..<stem.count).firstIndex(of: 0x2D) != nil
    }

    /// `in_voltage`, or for pairs `in_voltage-voltage`, in the directory.
    private static func shared(_ directory: Span<UInt8>, _ index: Int, inPairs: Bool) -> Text<200> {
        var path = Text<200>()
        path.put(directory)
        path.put("/in_")
        path.put(type(index))
        if inPairs {
            path.put(0x2D)
            path.put(type(index))
        }
        return path
    }

    public static func start(_ channel: Channel, _ question: inout Question) {
        let stem = channel.stem
        if channel.parts & isInput != 0 { return question.add(stem.bytes, "_input") }
        question.add(stem.bytes, "_raw")
        add(Place(rawValue: channel.parts & 3), "_scale", stem, &question)
        add(Place(rawValue: channel.parts &>> 2 & 3), "_offset", stem, &question)
    }

    private static func add(_ place: Place?, _ attribute: StaticString, _ stem: Text<112>, _ question: inout Question) {
        if place == .own { return question.add(stem.bytes, attribute) }
        guard place == .shared || place == .sharedByPairs, let slash = stem.bytes.lastIndex(of: 0x2F),
            let index = typeOf(stem.bytes.extracting((slash &+ 1)..<stem.count)) else { return }
        let path = shared(stem.bytes.extracting(first: slash), index, inPairs: place == .sharedByPairs)
        question.add(path.bytes, attribute)
    }

    public static func finish(_ channel: Channel, _ answers: Answers) -> Reading {
        let digits = digits(channel.quantity)
        if channel.parts & isInput != 0 { return answers.number(0, dividedByPowerOfTen: digits).reading }
        guard case .value(var value) = answers.number(0) else { return answers.number(0).reading }
        guard case .value(let scale) = answers.number(1) else { return answers.number(1).reading }
        if channel.parts &>> 2 & 3 != 0 {
            guard case .value(let offset) = answers.number(2) else { return answers.number(2).reading }
            guard let sum = value.adding(offset.withoutTrailingZeros) else { return .failed(.notANumber) }
            value = sum
        }
        guard let product = value.multiplied(by: scale.withoutTrailingZeros)?.dividedByPowerOfTen(digits) else {
            return .failed(.notANumber)
        }
        return .value(.numeric(product))
    }
}
