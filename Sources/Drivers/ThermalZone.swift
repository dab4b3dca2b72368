import Hardware

/// Thermal zones (kernel: Documentation/driver-api/thermal/sysfs-api.rst).
///
/// `class/thermal/thermal_zoneN/` holds `type`, `temp` in m°C and `mode`, where
/// `disabled` means that the temperature is not looked at. Fields are called
/// `<type> temperature`; several zones of one type are numbered from 1 in the order of their zones.
///
/// A zone whose type the kernel shows as a hwmon chip too is left to that. (It is one
/// chip for all zones of a type, below the first of them.)
///
/// Not supported: trip points, cooling devices.
public enum ThermalZone: Driver {
    private static var hasMode: UInt8 { 1 }

    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        let devices = Devices(
            of: "class/thermal", startingWith: "thermal_zone", named: "/type", from: &files, skippedBy: &catalogue)
        var candidate = Candidate()
        var type = Text<255>()
        var i = 0
        while i < devices.count {
            guard devices.load(i, &candidate.device, from: &files) else {
                catalogue.skip()
                i &+= 1
                continue
            }
            // Zones of one type stand side by side, in the order of their numbers.
            type.truncate(to: 0)
            type.append(candidate.device.name)
            var zones = 0
            var shownByHwmon = false
            repeat {
                zones &+= 1
                shownByHwmon = shownByHwmon || hasHwmon(candidate.device, &files)
            } while devices.load(i &+ zones, &candidate.device, from: &files) && candidate.device.name.equals(type.bytes)
            for number in 0..<zones where !shownByHwmon {
                guard devices.load(i &+ number, &candidate.device, from: &files) else {
                    catalogue.skip()
                    continue
                }
                candidate.begin(Span(), .temperature)
                candidate.add(number: number &+ 1, isNeeded: zones > 1, toPath: false)
                catalogue.declare(
                    .temperature, parts: files.resolve(candidate.stem.bytes, "mode") ? hasMode : 0, &candidate)
            }
            i &+= zones
        }
    }

    private static func hasHwmon(_ zone: borrowing Device, _ files: inout some ValueFiles & ~Copyable) -> Bool {
        // The entry before every `hwmonN`.
        let before: StaticString = "hwmon"
        guard files.find(after: before.bytes, in: zone.path.bytes) else { return false }
        return files.text.starts(with: before) && files.text.extracting(5..<files.text.count).decimalNumber != nil
    }

    public static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question) {
        question.add(stem, "temp")
        if channel.parts & hasMode != 0 { question.add(stem, "mode") }
    }

    public static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading {
        if channel.parts & hasMode != 0 {
            if let failure = answers.failure(1) { return .failed(failure) }
            if answers.says(1, "disabled") { return .failed(.notAnswering) }
        }
        return answers.number(0, dividedByPowerOfTen: 3)
    }
}
