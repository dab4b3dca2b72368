import Hardware

/// Pulse-width modulation (kernel: Documentation/ABI/testing/sysfs-class-pwm).
///
/// `class/pwm/pwmchipN/pwmM/` holds `period` and `duty_cycle` in ns, and `enable`. Only channels
/// that are exported at the start, and whose period somebody has set, are of use. The parameter is
/// `<chip> duty cycle M`, in percent of the period with two digits; `<chip>` is the chip's place
/// in the machine (`fe20c000.pwm`), since N is another number after another start.
///
/// A value above 0 also enables the channel; 0 leaves it enabled, with no pulse. The
/// duty is rounded to whole ns, and shown rounded to the hundredth of a percent: the one value
/// here that is not exact, being a quotient. A channel that is not enabled shows 0.
///
/// Not supported: exporting, setting period or polarity, capture; channels above 99.
public enum PWM: Driver {
    /// Hundredths of a percent in the whole.
    private static var whole: Int64 { 10_000 }
    /// So long a period (10 days) that its product with `whole` still fits 63 bits.
    private static var longest: Int64 { 900_000_000_000_000 }

    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        // A chip has no name file, and so is called by its place.
        let chips = Devices(
            of: "class/pwm", startingWith: "pwmchip", named: "/name", from: &files, skippedBy: &catalogue)
        let prefix: StaticString = "pwm"
        var candidate = Candidate()
        var previous = Text<255>()
        for i in 0..<chips.count {
            guard chips.load(i, &candidate.device, from: &files) else {
                catalogue.skip()
                continue
            }
            previous.truncate(to: 0)
            while files.find(after: previous.bytes, in: candidate.device.path.bytes) {
                previous.truncate(to: 0)
                previous.append(files.text)
                guard previous.bytes.starts(with: prefix),
                    let number = previous.bytes.extracting(3..<previous.count).decimalNumber else { continue }
                guard number < 100 else {
                    catalogue.skip()
                    continue
                }
                candidate.begin(prefix.bytes, .dutyCycle)
                // A number in the name even of the only one: another may be exported later.
                candidate.add(number: number, isNeeded: true)
                catalogue.declare(.dutyCycle, &candidate)
            }
        }
    }

    public static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question) {
        question.add(stem, "/period")
        question.add(stem, "/duty_cycle")
        question.add(stem, "/enable")
    }

    public static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading {
        for index in 0..<3 {
            if let failure = answers.failure(index) { return .failed(failure) }
        }
        if answers.says(2, "0") { return reading(0) }
        guard answers.says(2, "1"), let period = time(0, answers), let duty = time(1, answers), duty <= period, period > 0
        else { return .failed(.notANumber) }
        return reading((duty &* whole &+ period / 2) / period)
    }

    private static func reading(_ hundredths: Int64) -> Reading {
        .value(.numeric(Decimal(hundredths, scale: 2)))
    }

    /// Nanoseconds in the file at `index`; nil where they are no number, or too many.
    private static func time(_ index: Int, _ answers: borrowing Answers) -> Int64? {
        guard let time = answers.text(index).trimmed.wideDecimalNumber, time <= longest else { return nil }
        return time
    }

    public static func output(_ channel: Channel) -> Output? { Output(.double, 0...whole, scale: 2) }

    public static func write(
        _ steps: Int64, to channel: Channel, _ stem: Span<UInt8>, _ answers: borrowing Answers,
        _ question: inout Question
    ) -> Failure? {
        if let failure = answers.failure(0) ?? answers.failure(2) { return failure }
        // Without a period there is nothing to be a part of.
        guard let period = time(0, answers), period > 0 else { return .refused }
        question.add(stem, "/duty_cycle", writing: (period &* steps &+ whole / 2) / whole)
        if steps > 0 && !answers.says(2, "1") { question.add(stem, "/enable", writing: 1) }
        return nil
    }
}
