import Hardware

/// Light-emitting diodes (kernel: Documentation/ABI/testing/sysfs-class-led,
/// sysfs-class-led-multicolor).
///
/// `class/leds/<name>/` holds `brightness`, 0 ... `max_brightness`, which is the parameter: a whole
/// number without unit, under the directory's name letter for letter (`green:status`). 0
/// ends a trigger such as `heartbeat`; another value is then the trigger's, until it ends.
///
/// Not supported: triggers, blinking, hardware patterns, the colours of a multicolour LED (its
/// brightness is that of all of them together).
public enum LED: Driver {
    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        let devices = Devices(of: "class/leds", named: "", from: &files, skippedBy: &catalogue)
        let file: StaticString = "brightness"
        var candidate = Candidate()
        for i in 0..<devices.count {
            guard devices.load(i, &candidate.device, from: &files), candidate.device.name.isPrintable,
                let maximum = files.count(candidate.device.path.bytes, "/max_brightness") else {
                catalogue.skip()
                continue
            }
            candidate.begin(file.bytes, nil)
            catalogue.declare(.brightness, maximum: maximum, &candidate)
        }
    }

    public static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question) {
        question.add(stem)
    }

    public static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading {
        answers.brightness(upTo: channel.maximum)
    }

    public static func output(_ channel: Channel) -> Output? { Output(.int, 0...Int64(channel.maximum)) }

    public static func write(
        _ steps: Int64, to channel: Channel, _ stem: Span<UInt8>, _ answers: borrowing Answers,
        _ question: inout Question
    ) -> Failure? {
        question.add(stem, "", writing: steps)
        return nil
    }
}
