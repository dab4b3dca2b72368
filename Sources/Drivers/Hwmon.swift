import Hardware

/// Hardware monitoring chips (kernel: Documentation/hwmon/sysfs-interface.rst).
///
/// `class/hwmon/hwmonN/` holds `name` and, for each channel, `<type><n>_input` with
/// optional `_label`, `_enable` (0 is off) and `_fault` (1: the value means nothing).
///
/// Not supported: limits, alarms, PWM, energy, intrusion; channel numbers above 63.
/// `powerN_average` is read where there is no `powerN_input`.
///
/// Left to other drivers: what hangs below a power supply, and a DS18B20 on the kernel's 1-wire bus.
public enum Hwmon: Driver {
    /// Bits of `Channel.parts`.
    private static var hasFault: UInt8 { 1 }
    private static var hasEnable: UInt8 { 2 }
    private static var isAverage: UInt8 { 4 }

    /// What files begin with, in the order of `Quantity`.
    private static var prefixes: StaticString { "temp,in,curr,power,,,humidity,fan" }
    private static var types: Range<UInt8> { 0..<8 }

    /// m°C, m%, mV and mA are thousandths, µW millionths, revolutions whole.
    private static func digits(_ quantity: Quantity) -> UInt8 {
        switch quantity {
        case .power: return 6
        case .fanSpeed: return 0
        default: return 3
        }
    }

    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        let devices = Devices(
            of: "class/hwmon", startingWith: "hwmon", named: "/name", from: &files, skippedBy: &catalogue)
        var candidate = Candidate()
        for i in 0..<devices.count {
            guard devices.load(i, &candidate.device, from: &files) else {
                catalogue.skip()
                continue
            }
            // A battery's own hwmon shows less than its power supply does.
            if candidate.device.isBelowPowerSupply { continue }
            // Here neither its checksum nor its value before the first conversion could be seen.
            if candidate.device.identity.bytes.afterLastSlash.starts(with: DS18B20.family)
                && files.resolve(candidate.device.identity.bytes, "/w1_slave") { continue }
            declare(&candidate, in: &catalogue, from: &files)
        }
    }

    /// The files of a device, a bit for each number, by attribute and then by type.
    private typealias Found = InlineArray<40, UInt64>

    /// What follows the number; the first two are values.
    private static var attributes: StaticString { "input,average,label,fault,enable" }

    @inline(never)
    private static func declare(
        _ candidate: inout Candidate, in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable
    ) {
        var found = Found(repeating: 0)
        var previous = Text<255>()
        while files.find(after: previous.bytes, in: candidate.device.path.bytes) {
            previous.truncate(to: 0)
            previous.append(files.text)
            note(previous.bytes, &found, &catalogue)
        }
        for type in types {
            guard let quantity = Quantity(rawValue: type) else { continue }
            let type = Int(type)
            let all = found[type] | (quantity == .power ? found[8 &+ type] : 0)
            var rest = all
            while rest != 0 {
                let number = rest.trailingZeroBitCount
                let bit: UInt64 = 1 &<< UInt64(number)
                rest &= ~bit
                candidate.begin(prefixes.item(type), quantity)
                // The only one of its type needs no number.
                candidate.add(number: number, isNeeded: all != bit)
                if found[16 &+ type] & bit != 0 && !candidate.readLabel(from: &files) {
                    catalogue.skip()
                    continue
                }
                var parts: UInt8 = 0
                if found[24 &+ type] & bit != 0 { parts |= hasFault }
                if found[32 &+ type] & bit != 0 { parts |= hasEnable }
                if found[type] & bit == 0 { parts |= isAverage }
                catalogue.declare(quantity, parts: parts, &candidate)
            }
        }
    }

    /// Takes note of an entry such as `temp1_input`; any other is no channel.
    @inline(never)
    private static func note(_ entry: Span<UInt8>, _ found: inout Found, _ catalogue: inout Catalogue) {
        guard let underscore = entry.firstIndex(of: 0x5F) else { return }
        let said = entry.extracting((underscore &+ 1)..<entry.count)
        var attribute = 0
        while attribute < 5 && !said.equals(attributes.item(attribute)) { attribute &+= 1 }
        guard attribute < 5 else { return }
        for type in types {
            let prefix = prefixes.item(Int(type))
            guard !prefix.isEmpty, prefix.count < underscore, entry.extracting(first: prefix.count).equals(prefix),
                let number = entry.extracting(prefix.count..<underscore).decimalNumber else { continue }
            if number < 64 {
                found[attribute &* 8 &+ Int(type)] |= 1 &<< UInt64(number)
            } else if attribute == 0 {
                catalogue.skip()
            }
            return
        }
    }

    public static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question) {
        question.add(stem, channel.parts & isAverage != 0 ? "_average" : "_input")
        if channel.parts & hasFault != 0 { question.add(stem, "_fault") }
        if channel.parts & hasEnable != 0 { question.add(stem, "_enable") }
    }

    public static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading {
        var next = 1
        if channel.parts & hasFault != 0 {
            // What does not say that all is well is a fault.
            if let failure = answers.failure(next) { return .failed(failure) }
            guard answers.says(next, "0") else { return .failed(.notAnswering) }
            next &+= 1
        }
        if channel.parts & hasEnable != 0 {
            if let failure = answers.failure(next) { return .failed(failure) }
            if answers.says(next, "0") { return .failed(.notAnswering) }
        }
        return answers.number(0, dividedByPowerOfTen: digits(channel.quantity))
    }
}
