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

    /// What follows `in_`, in the order of `Quantity`.
    private static var types: StaticString {
        "temp,voltage,current,power,,,humidityrelative,,pressure,illuminance,accel,anglvel,magn,resistance,concentration,distance"
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
            of: "bus/iio/devices", startingWith: "iio:device", named: "/name", from: &files, skippedBy: &catalogue)
        var candidate = Candidate()
        var previous = Text<255>()
        for i in 0..<devices.count {
            guard devices.load(i, &candidate.device, from: &files) else {
                catalogue.skip()
                continue
            }
            previous.truncate(to: 0)
            while files.find(after: previous.bytes, in: candidate.device.path.bytes) {
                previous.truncate(to: 0)
                previous.append(files.text)
                let entry = previous.bytes
                guard entry.starts(with: "in_"), let end = entry.lastIndex(of: 0x5F) else { continue }
                let attribute = entry.extracting(end..<entry.count)
                let hasInput = attribute.equals("_input")
                guard hasInput || attribute.equals("_raw") else { continue }
                declare(entry.extracting(first: end), hasInput, &candidate, in: &catalogue, from: &files)
            }
        }
    }

    /// `channel` is for example `in_voltage0` or `in_accel_x`.
    @inline(never)
    private static func declare(
        _ channel: Span<UInt8>, _ hasInput: Bool, _ candidate: inout Candidate,
        in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable
    ) {
        if channel.ends(with: "_peak") || channel.ends(with: "_mean") { return }
        let quantity = quantity(of: channel)
        candidate.begin(channel, quantity ?? .temperature)
        // Where there are both, the value is the driver's own.
        if !hasInput && files.resolve(candidate.stem.bytes, "_input") { return }
        guard let quantity else { return catalogue.skip() }
        var parts = isInput
        if !hasInput {
            let scale = place(of: "_scale", candidate.stem.bytes, &files)
            guard scale != .nowhere else { return catalogue.skip() }
            parts = scale.rawValue | place(of: "_offset", candidate.stem.bytes, &files).rawValue &<< 2
        }
        complete(&candidate, channel, types.item(Int(quantity.rawValue)))
        if files.resolve(candidate.stem.bytes, "_label") && !candidate.readLabel(from: &files) {
            return catalogue.skip()
        }
        catalogue.declare(quantity, parts: parts, &candidate)
    }

    /// `in_voltage0` is of the type `voltage`: a number, `_` or `-` or nothing follows.
    private static func quantity(of channel: Span<UInt8>) -> Quantity? {
        let rest = channel.extracting(3..<channel.count)
        for index in 0..<16 {
            let type = types.item(index)
            guard !type.isEmpty, rest.count >= type.count, rest.extracting(first: type.count).equals(type) else { continue }
            if rest.count == type.count || rest[type.count].isDigit || rest[type.count] == 0x5F
                || rest[type.count] == 0x2D { return Quantity(rawValue: UInt8(truncatingIfNeeded: index)) }
        }
        return nil
    }

    /// `bme280 temperature`, `ads1015 voltage 0`, `ads1015 voltage 0-1`, `mpu6050 acceleration x`:
    /// to the name is added what follows the type.
    private static func complete(_ candidate: inout Candidate, _ channel: Span<UInt8>, _ type: Span<UInt8>) {
        let tail = channel.extracting((3 &+ type.count)..<channel.count)
        if !tail.isEmpty && tail[0] != 0x5F { candidate.add(0x20) }
        var i = 0
        while i < tail.count {
            candidate.add(tail[i] == 0x5F ? 0x20 : tail[i])
            i &+= 1
            // The second of a pair: its number tells enough.
            if tail[i &- 1] == 0x2D && tail.count &- i >= type.count
                && tail.extracting(i..<(i &+ type.count)).equals(type) { i &+= type.count }
        }
    }

    private static func place(
        of attribute: StaticString, _ stem: Span<UInt8>, _ files: inout some ValueFiles & ~Copyable
    ) -> Place {
        if files.resolve(stem, attribute) { return .own }
        var path = Text<255>()
        if stem.afterLastSlash.firstIndex(of: 0x2D) != nil {
            share(stem, inPairs: true, &path)
            if files.resolve(path.bytes, attribute) { return .sharedByPairs }
        }
        share(stem, inPairs: false, &path)
        return files.resolve(path.bytes, attribute) ? .shared : .nowhere
    }

    /// What all channels of the type have in common: `in_voltage`, or for pairs
    /// `in_voltage-voltage`, in the directory.
    @inline(never)
    private static func share(_ stem: Span<UInt8>, inPairs: Bool, _ path: inout Text<255>) {
        let channel = stem.afterLastSlash
        let type = types.item(Int(quantity(of: channel)?.rawValue ?? 0))
        path.truncate(to: 0)
        path.append(stem.extracting(first: stem.count &- channel.count &+ 3))
        path.append(type)
        guard inPairs else { return }
        path.append(0x2D)
        path.append(type)
    }

    public static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question) {
        if channel.parts & isInput != 0 { return question.add(stem, "_input") }
        question.add(stem, "_raw")
        add(Place(rawValue: channel.parts & 3), "_scale", stem, &question)
        add(Place(rawValue: channel.parts &>> 2 & 3), "_offset", stem, &question)
    }

    @inline(never)
    private static func add(_ place: Place?, _ attribute: StaticString, _ stem: Span<UInt8>, _ question: inout Question) {
        if place == .own { return question.add(stem, attribute) }
        guard place == .shared || place == .sharedByPairs else { return }
        var path = Text<255>()
        share(stem, inPairs: place == .sharedByPairs, &path)
        question.add(path.bytes, attribute)
    }

    public static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading {
        let digits = digits(channel.quantity)
        if channel.parts & isInput != 0 { return answers.number(0, dividedByPowerOfTen: digits) }
        let raw = answers.number(0)
        guard case .value(.numeric(var value), _) = raw else { return raw }
        let factor = answers.number(1)
        guard case .value(.numeric(let scale), _) = factor else { return factor }
        if channel.parts &>> 2 & 3 != 0 {
            let summand = answers.number(2)
            guard case .value(.numeric(let offset), _) = summand else { return summand }
            guard let sum = value.adding(offset.withoutTrailingZeros) else { return .failed(.notANumber) }
            value = sum
        }
        guard let product = value.multiplied(by: scale.withoutTrailingZeros)?.dividedByPowerOfTen(digits) else {
            return .failed(.notANumber)
        }
        return .value(.numeric(product))
    }
}
