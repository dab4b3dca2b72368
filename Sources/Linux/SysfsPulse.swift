import CPlatform
import Fixed
import Hardware

/// A channel of a PWM chip (kernel: Documentation/ABI/testing/sysfs-class-pwm), which the program exports for itself.
public struct SysfsPulse: PulseOutput {
    private let chip: Path
    private let channel: UInt8
    /// In ns.
    private let period: Int64
    /// Of `duty_cycle`.
    private var descriptor: Int32 = -1
    private var hundredths: Int64 = 0

    /// The chip's folder, such as `/sys/class/pwm/pwmchip0` or, since numbers may change, the one where the
    /// machine has it (`/sys/devices/platform/…/pwm/pwmchip0`); a channel 0 ... 9; a period of 100 ns to 1 s.
    public init(_ chip: StaticString, _ channel: UInt8, periodInNanoseconds period: Int64) {
        self.init(Path(chip), channel, period)
    }

    init(_ chip: Path, _ channel: UInt8, _ period: Int64) {
        self.chip = chip
        self.channel = min(channel, 9)
        self.period = min(max(period, 100), 1_000_000_000)
    }

    public mutating func open() throws(Failure) {
        guard descriptor < 0 else { return }
        // One that is exported already says so by an error, and is there all the same.
        _ = write("/export", inChannel: false, Int64(channel))
        // In this order: the kernel takes no period below the duty.
        guard write("/duty_cycle", 0) || write("/period", period), write("/period", period), write("/duty_cycle", 0),
            write("/enable", 1) else { throw .gone }
        var path = Path()
        guard put(&path, inChannel: true), path.append("/duty_cycle") else { throw .gone }
        descriptor = path.bytes.lend { ward_file_open_for_writing($0, $1) }
        guard descriptor >= 0 else { throw .gone }
        hundredths = 0
    }

    public func duty() throws(Failure) -> Int64 {
        guard descriptor >= 0 else { throw .gone }
        return hundredths
    }

    public mutating func set(_ duty: Int64) throws(Failure) {
        guard descriptor >= 0 else { throw .gone }
        let duty = min(max(duty, 0), 10_000)
        guard Self.write(descriptor, duty &* period / 10_000) else { throw .refused }
        hundredths = duty
    }

    private func put(_ path: inout Path, inChannel: Bool) -> Bool {
        guard path.append(chip.bytes) else { return false }
        return !inChannel || path.append("/pwm") && path.append(0x30 &+ channel)
    }

    private func write(_ name: StaticString, inChannel: Bool = true, _ number: Int64) -> Bool {
        var path = Path()
        guard put(&path, inChannel: inChannel), path.append(name) else { return false }
        let file = path.bytes.lend { ward_file_open_for_writing($0, $1) }
        guard file >= 0 else { return false }
        let isWritten = Self.write(file, number)
        ward_file_close(file)
        return isWritten
    }

    private static func write(_ file: Int32, _ number: Int64) -> Bool {
        var digits = Text<20>()
        digits.put(decimal: number)
        return digits.bytes.lend { ward_file_write(file, $0, $1) } >= 0
    }
}
