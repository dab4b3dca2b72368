import Hardware

/// What LEDs and backlights have in common: a directory of a class holds `brightness`,
/// 0 ... `max_brightness`, a whole number without unit.
public protocol Brightness: Driver {
    /// Of the class.
    static var directory: StaticString { get }
    /// True where the parameter is called as the directory, and not `<directory> brightness`.
    static var isCalledAsDirectory: Bool { get }
}

/// Bit of `Channel.parts`: the hardware is asked in `actual_brightness`.
private var hasActual: UInt8 { 1 }

extension Brightness {
    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        Drivers.declare(directory, isCalledAsDirectory ? nil : .brightness, in: &catalogue, from: &files)
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

/// One body for all classes.
@inline(never)
private func declare(
    _ directory: StaticString, _ quantity: Quantity?, in catalogue: inout Catalogue,
    from files: inout some ValueFiles & ~Copyable
) {
    let devices = Devices(of: directory, named: "", from: &files, skippedBy: &catalogue)
    var candidate = Candidate()
    for i in 0..<devices.count {
        guard devices.load(i, &candidate.device, from: &files), candidate.device.name.isPrintable,
            let maximum = files.count(candidate.device.path.bytes, "/max_brightness") else {
            catalogue.skip()
            continue
        }
        candidate.begin(Span(), quantity)
        let parts = files.resolve(candidate.stem.bytes, "actual_brightness") ? hasActual : 0
        catalogue.declare(.brightness, parts: parts, maximum: maximum, &candidate)
    }
}
