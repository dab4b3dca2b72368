import Hardware

/// Batteries and chargers (kernel: Documentation/ABI/testing/sysfs-class-power).
///
/// `class/power_supply/<name>/` holds one file for each property, in µV, µA, µW, µWh,
/// µAh, tenths of °C, percent or words. Fields are called `<name> voltage` and so on; the name
/// (`BAT0`, `AC`) is given by firmware or device tree and stays.
///
/// Not supported: limits, averages, design values, health, settings.
public enum PowerSupply: Driver {
    /// A file for each property, in the order of `Quantity`.
    private static var files: StaticString {
        "temp,voltage_now,current_now,power_now,energy_now,charge_now,,,,,,,,,,,capacity,status,online"
    }

    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        let devices = Devices(of: "class/power_supply", named: "", from: &files, skippedBy: &catalogue)
        var candidate = Candidate()
        for i in 0..<devices.count {
            guard devices.load(i, &candidate.device, from: &files) else {
                catalogue.skip()
                continue
            }
            for property in UInt8(0)..<19 {
                let file = PowerSupply.files.item(Int(property))
                guard !file.isEmpty, let quantity = Quantity(rawValue: property) else { continue }
                candidate.begin(file, quantity)
                if files.resolve(candidate.stem.bytes, "") { catalogue.declare(quantity, &candidate) }
            }
        }
    }

    public static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question) {
        question.add(stem)
    }

    public static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading {
        switch channel.quantity {
        case .online: return online(answers)
        case .status: return status(answers)
        case .capacity: return answers.number(0)
        case .temperature: return answers.number(0, dividedByPowerOfTen: 1)
        default: return answers.number(0, dividedByPowerOfTen: 6)
        }
    }

    /// 1 is online with a fixed voltage, 2 with a negotiated one.
    private static func online(_ answers: borrowing Answers) -> Reading {
        if let failure = answers.failure(0) { return .failed(failure) }
        switch answers.text(0).trimmed {
        case "0": return .value(.boolean(false))
        case "1", "2": return .value(.boolean(true))
        case "": return .failed(.notAnswering)
        default: return .failed(.notANumber)
        }
    }

    /// The words that the kernel has for it.
    private static func status(_ answers: borrowing Answers) -> Reading {
        if let failure = answers.failure(0) { return .failed(failure) }
        let said = answers.text(0).trimmed
        if said.isEmpty { return .failed(.notAnswering) }
        for index in 0..<5 where said.equals(word(index)) { return .value(.string(word(index))) }
        return .failed(.notANumber)
    }

    private static func word(_ index: Int) -> StaticString {
        switch index {
        case 0: return "Unknown"
        case 1: return "Charging"
        case 2: return "Discharging"
        case 3: return "Not charging"
        default: return "Full"
        }
    }
}
