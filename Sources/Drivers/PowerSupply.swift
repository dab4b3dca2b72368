import Hardware

/// Batteries and chargers (kernel: Documentation/ABI/testing/sysfs-class-power).
///
/// `class/power_supply/<name>/` holds one file for each property, in µV, µA, µW, µWh,
/// µAh, tenths of °C, percent or words. Fields are called `<name> voltage` and so on; the name
/// (`BAT0`, `AC`) is given by firmware or device tree and stays.
///
/// Not supported: limits, averages, design values, health, settings.
public enum PowerSupply: Driver {
    private static var properties: Range<UInt8> { 0..<9 }

    private static func file(_ property: UInt8) -> StaticString {
        switch property {
        case 0: return "online"
        case 1: return "status"
        case 2: return "capacity"
        case 3: return "voltage_now"
        case 4: return "current_now"
        case 5: return "power_now"
        case 6: return "energy_now"
        case 7: return "charge_now"
        default: return "temp"
        }
    }

    private static func quantity(_ property: UInt8) -> Quantity {
        switch property {
        case 0: return .online
        case 1: return .status
        case 2: return .capacity
        case 3: return .voltage
        case 4: return .current
        case 5: return .power
        case 6: return .energy
        case 7: return .charge
        default: return .temperature
        }
    }

    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        let devices = Devices(of: "class/power_supply", named: "", from: &files, skippedBy: &catalogue)
        for i in 0..<devices.count {
            guard let device = devices.device(at: i, from: &files) else {
                catalogue.skip()
                continue
            }
            for property in properties {
                var stem = Text<200>(), name = Text<200>()
                stem.put(device.path.bytes)
                stem.put(0x2F)
                stem.put(file(property))
                guard files.resolve(stem.bytes) != nil else { continue }
                name.put(device.entry.bytes)
                name.put(0x20)
                name.put(quantity(property).word)
                catalogue.declare(quantity(property), name: name, stem: stem.bytes, of: device)
            }
        }
    }

    public static func start(_ channel: Channel, _ question: inout Question) {
        question.add(channel.stem.bytes)
    }

    public static func finish(_ channel: Channel, _ answers: Answers) -> Reading {
        switch channel.quantity {
        case .online: return online(answers[0])
        case .status: return status(answers[0])
        case .capacity: return answers.number(0).reading
        case .temperature: return answers.number(0, dividedByPowerOfTen: 1).reading
        default: return answers.number(0, dividedByPowerOfTen: 6).reading
        }
    }

    /// 1 is online with a fixed voltage, 2 with a negotiated one.
    private static func online(_ answer: FileAnswer) -> Reading {
        if case .failed(let failure) = answer { return .failed(failure) }
        if answer.says("0") { return .value(.boolean(false)) }
        if answer.says("1") || answer.says("2") { return .value(.boolean(true)) }
        return .failed(answer.says("") ? .notAnswering : .notANumber)
    }

    /// `Charging`, `Not charging`, … as the kernel has it.
    private static func status(_ answer: FileAnswer) -> Reading {
        switch answer {
        case .failed(let failure): return .failed(failure)
        case .content(let text):
            let words = text.bytes.trimmed
            guard !words.isEmpty else { return .failed(.notAnswering) }
            guard words.isPrintable, let value = Text<32>(words) else { return .failed(.notANumber) }
            return .value(.string(value))
        }
    }
}
