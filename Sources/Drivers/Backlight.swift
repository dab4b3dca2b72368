import Hardware

/// Backlights of displays (kernel: Documentation/ABI/stable/sysfs-class-backlight).
///
/// `class/backlight/<name>/` holds `brightness`, 0 ... `max_brightness`, which is the parameter
/// `<name> brightness`: a whole number without unit. The field is `actual_brightness`, what
/// the hardware says, where there is one; a display that is off may say 0 there.
///
/// Not supported: power (`bl_power`), scale and type.
public enum Backlight: Driver {
    /// Bit of `Channel.parts`.
    private static var hasActual: UInt8 { 1 }

    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        let devices = Devices(of: "class/backlight", named: "", from: &files, skippedBy: &catalogue)
        var candidate = Candidate()
        for i in 0..<devices.count {
            guard devices.load(i, &candidate.device, from: &files), candidate.device.name.isPrintable,
                let maximum = files.count(candidate.device.path.bytes, "/max_brightness") else {
                catalogue.skip()
                continue
            }
            candidate.begin(Span(), .brightness)
            let parts = files.resolve(candidate.stem.bytes, "actual_brightness") ? hasActual : 0
            catalogue.declare(.brightness, parts: parts, maximum: maximum, &candidate)
        }
    }

    public static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question) {
        question.add(stem, channel.parts & hasActual != 0 ? "actual_brightness" : "brightness")
    }

    public static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading {
        answers.brightness(upTo: channel.maximum)
    }

    public static func output(_ channel: Channel) -> Output? { Output(.int, 0...Int64(channel.maximum)) }

    public static func write(
        _ steps: Int64, to channel: Channel, _ stem: Span<UInt8>, _ answers: borrowing Answers,
        _ question: inout Question
    ) -> Failure? {
        question.add(stem, "brightness", writing: steps)
        return nil
    }
}
