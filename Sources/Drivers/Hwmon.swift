import Hardware

/// Hardware monitoring chips (kernel: Documentation/hwmon/sysfs-interface.rst).
///
/// `class/hwmon/hwmonN/` holds `name` and, for each channel, `<type><n>_input` with
/// optional `_label`, `_enable` (0 is off) and `_fault` (1: the value means nothing).
///
/// Not supported: limits, alarms, PWM, energy, intrusion; channel numbers above 63.
/// `powerN_average` is read where there is no `powerN_input`.
public enum Hwmon: Driver {
    /// Bits of `Channel.parts`.
    private static var hasFault: UInt8 { 1 }
    private static var hasEnable: UInt8 { 2 }
    private static var isAverage: UInt8 { 4 }

    /// Types of channel, in the order of their fields.
    private static func quantity(_ type: Int) -> Quantity {
        switch type {
        case 0: return .temperature
        case 1: return .humidity
        case 2: return .voltage
        case 3: return .current
        case 4: return .power
        default: return .fanSpeed
        }
    }

    private static func prefix(_ type: Int) -> StaticString {
        switch type {
        case 0: return "temp"
        case 1: return "humidity"
        case 2: return "in"
        case 3: return "curr"
        case 4: return "power"
        default: return "fan"
        }
    }

    private static var types: Range<Int> { 0..<6 }

    /// m°C, m%, mV and mA are thousandths, µW millionths, revolutions whole.
    private static func digits(_ quantity: Quantity) -> UInt8 {
        switch quantity {
        case .power: return 6
        case .fanSpeed: return 0
        default: return 3
        }
    }

    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        let devices = Devices(of: "class/hwmon", startingWith: "hwmon", named: "name", from: &files, skippedBy: &catalogue)
        for i in 0..<devices.count {
            guard let device = devices.device(at: i, from: &files) else {
                catalogue.skip()
                continue
            }
            // A battery's own hwmon shows less than its power supply does.
            if device.isBelowPowerSupply { continue }
            declare(device, in: &catalogue, from: &files)
        }
    }

    /// Which channels there are, a bit for each number.
    private struct Found {
        var input: UInt64 = 0
        var average: UInt64 = 0
        var label: UInt64 = 0
        var fault: UInt64 = 0
        var enable: UInt64 = 0
    }

    private static func declare(
        _ device: Device, in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable
    ) {
        var found = InlineArray<6, Found>(repeating: Found())
        var previous = Text<255>()
        while let next = files.entry(of: device.path.bytes, after: previous.bytes) {
            previous = next
            note(next.bytes, &found, &catalogue)
        }
        for type in types {
            let all = found[type].input | (type == 4 ? found[type].average : 0)
            for number in 0..<64 {
                let bit: UInt64 = 1 &<< UInt64(number)
                guard all & bit != 0 else { continue }
                var stem = Text<200>(), name = Text<200>()
                stem.put(device.path.bytes)
                stem.put(0x2F)
                stem.put(prefix(type))
                stem.put(decimal: number)
                var label: FileAnswer?
                if found[type].label & bit != 0 {
                    var path = stem
                    path.append("_label")
                    label = files.read(path.bytes)
                }
                name.put(device.name.bytes)
                name.put(0x20)
                name.put(quantity(type).word)
                // The only one of its type needs no number.
                if all != bit {
                    name.put(0x20)
                    name.put(decimal: number)
                }
                var parts: UInt8 = 0
                if found[type].fault & bit != 0 { parts |= hasFault }
                if found[type].enable & bit != 0 { parts |= hasEnable }
                if found[type].input & bit == 0 { parts |= isAverage }
                catalogue.declare(
                    quantity(type), label: label, name: name, stem: stem.bytes, parts: parts, of: device)
            }
        }
    }

    /// Takes note of an entry such as `temp1_input`; any other is no channel.
    private static func note(_ entry: Span<UInt8>, _ found: inout InlineArray<6, Found>, _ catalogue: inout Catalogue) {
        guard let underscore = entry.firstIndex(of: 0x5F) else { return }
        let attribute = entry.extracting((underscore &+ 1)..<entry.count)
        for type in types where entry.starts(with: prefix(type)) {
            let digits = entry.extracting(prefix(type).utf8CodeUnitCount..<underscore)
            guard let number = digits.decimalNumber else { continue }
            guard number < 64 else {
                if attribute.equals("input") { catalogue.skip() }
                return
            }
            let bit: UInt64 = 1 &<< UInt64(number)
            switch attribute {
            case "input": found[type].input |= bit
            case "average": found[type].average |= bit
            case "label": found[type].label |= bit
            case "fault": found[type].fault |= bit
            case "enable": found[type].enable |= bit
            default: break
            }
            return
        }
    }

    public static func start(_ channel: Channel, _ question: inout Question) {
        question.add(channel.stem.bytes, channel.parts & isAverage != 0 ? "_average" : "_input")
        if channel.parts & hasFault != 0 { question.add(channel.stem.bytes, "_fault") }
        if channel.parts & hasEnable != 0 { question.add(channel.stem.bytes, "_enable") }
    }

    public static func finish(_ channel: Channel, _ answers: Answers) -> Reading {
        var next = 1
        if channel.parts & hasFault != 0 {
            // What does not say that all is well is a fault.
            if case .failed(let failure) = answers[next] { return .failed(failure) }
            guard answers[next].says("0") else { return .failed(.notAnswering) }
            next &+= 1
        }
        if channel.parts & hasEnable != 0 {
            if case .failed(let failure) = answers[next] { return .failed(failure) }
            if answers[next].says("0") { return .failed(.notAnswering) }
        }
        return answers.number(0, dividedByPowerOfTen: digits(channel.quantity)).reading
    }
}
