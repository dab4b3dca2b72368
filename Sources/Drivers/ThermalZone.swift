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
            of: "class/thermal", startingWith: "thermal_zone", named: "type", from: &files, skippedBy: &catalogue)
        var i = 0
        while i < devices.count {
            guard let first = devices.device(at: i, from: &files) else {
                catalogue.skip()
                i &+= 1
                continue
            }
            // Zones of one type stand side by side, in the order of their numbers.
            var zones = 0
            var shownByHwmon = false
            while let zone = devices.device(at: i &+ zones, from: &files), zone.name == first.name {
                shownByHwmon = shownByHwmon || hasHwmon(zone, &files)
                zones &+= 1
            }
            for number in 0..<zones where !shownByHwmon {
                guard let zone = devices.device(at: i &+ number, from: &files) else {
                    catalogue.skip()
                    continue
                }
                declare(zone, number: zones > 1 ? number &+ 1 : nil, in: &catalogue, from: &files)
            }
            i &+= max(zones, 1)
        }
    }

    private static func hasHwmon(_ zone: Device, _ files: inout some ValueFiles & ~Copyable) -> Bool {
        // The entry before every `hwmonN`.
        let before: StaticString = "hwmon"
        guard let next = files.entry(of: zone.path.bytes, after: before.bytes) else { return false }
        return next.bytes.starts(with: before) && next.bytes.extracting(5..<next.count).decimalNumber != nil
    }

    private static func declare(
        _ zone: Device, number: Int?, in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable
    ) {
        var name = Text<200>(), stem = Text<200>()
        name.put(zone.name.bytes)
        name.put(" temperature")
        if let number {
            name.put(0x20)
            name.put(decimal: number)
        }
        stem.put(zone.path.bytes)
        stem.put(0x2F)
        var mode = stem
        mode.put("mode")
        catalogue.declare(
            .temperature, name: name, stem: stem.bytes, parts: files.resolve(mode.bytes) == nil ? 0 : hasMode, of: zone)
    }

    public static func start(_ channel: Channel, _ question: inout Question) {
        question.add(channel.stem.bytes, "temp")
        if channel.parts & hasMode != 0 { question.add(channel.stem.bytes, "mode") }
    }

    public static func finish(_ channel: Channel, _ answers: Answers) -> Reading {
        if channel.parts & hasMode != 0 {
            if case .failed(let failure) = answers[1] { return .failed(failure) }
            if answers[1].says("disabled") { return .failed(.notAnswering) }
        }
        return answers.number(0, dividedByPowerOfTen: 3).reading
    }
}
