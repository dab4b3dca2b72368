import CPlatform
import Fixed

/// What falls to this program where it is the machine's first process (PID 1), and nowhere else: nobody did
/// anything before, and nobody would do anything after its end.
public enum FirstProcess {
    /// The process has number 1, and not in a container.
    public static var isUs: Bool { ward_boot_is_first() == 1 }

    /// How the machine is left.
    public enum End: Int32, Sendable {
        case reboot, powerOff, halt
    }

    /// How it was asked to be left; nil: nobody asked.
    nonisolated(unsafe) private static var end: End?

    /// Time to read what went wrong. A server that refuses the account is left alone for longer.
    private static var pause: Int32 { 10_000 }
    private static var longPause: Int32 { 300_000 }

    private static var modules: StaticString { "/etc/ward.modules" }
    private static var floorFile: StaticString { "/etc/ward.time" }

    /// Comes before anything else: the file systems of the kernel, the console, the modules, and a clock that is not
    /// earlier than the image.
    public static func begin() {
        ward_boot_begin()
        _ = look(modules.bytes, for: .modules)
        let floor = clockFloor
        if Process.wallClock < floor { _ = ward_boot_set_clock(floor) }
    }

    /// When the image was made, in milliseconds since 1970; 0 where it does not say so.
    public static var clockFloor: Int64 {
        let seconds = look(floorFile.bytes, for: .number)
        // Until the year 3000.
        return seconds > 0 && seconds < 32_503_680_000 ? seconds &* 1000 : 0
    }

    /// After how many seconds the program is to hang, so that it can be seen how the watchdog resets the machine: a switch
    /// for tests, `ward.hang=SECONDS` on the kernel's command line. Nil: as ever.
    public static var hang: Int64? {
        let seconds = look(("/proc/cmdline" as StaticString).bytes, for: .hang)
        return seconds >= 0 ? seconds : nil
    }

    /// What is looked for in the lines of a file.
    enum Sought {
        /// Modules to be loaded, one after the other. What is not there, or does not want to be loaded on this machine,
        /// is said and passed over.
        case modules
        /// The number that stands there alone.
        case number
        case hang
    }

    /// The number, or -1. One body for all of these files.
    @inline(never)
    static func look(_ path: Span<UInt8>, for sought: Sought) -> Int64 {
        guard case .open(let file) = File.open(path) else { return -1 }
        var number: Int64 = -1
        _ = file.lines { line in
            var rest = line
            // On most of these lines there is one word.
            while true {
                let word = rest.takeWord()
                if word.count == 0 || word[0] == 0x23 { break }
                switch sought {
                case .modules:
                    let result = word.lend { ward_boot_load($0, $1) }
                    if result < 0 { say("not loaded: ", word, result) }
                case .number: number = word.wideDecimalNumber ?? number
                case .hang:
                    if word.starts(with: "ward.hang=") { number = word.extracting(droppingFirst: 10).wideDecimalNumber ?? number }
                }
            }
        }
        return number
    }

    /// Does nothing, for ever.
    public static func sleepForEver() -> Never { while true { ward_pause(1000) } }

    /// True where the machine is to begin anew, and not to be left off.
    public static var isRebooting: Bool { end == nil || end == .reboot }

    /// Names the machine.
    public static func name(_ name: Span<UInt8>) { _ = name.lend { ward_boot_set_hostname($0, $1) } }

    /// Mounts where the state is, once the device is there. False where that cannot be: what is learnt would be lost.
    public static func mount(_ plan: MountPlan) -> Bool {
        waitForDevice(plan.device.bytes)
        let result = plan.device.bytes.lend { device, deviceLength in
            plan.directory.bytes.lend { directory, directoryLength in
                plan.type.bytes.lend { ward_boot_mount(device, deviceLength, directory, directoryLength, $0, $1) }
            }
        }
        if result < 0 { say("cannot be mounted: ", plan.device.bytes, result) }
        return result >= 0
    }

    /// Waits for a device that its driver is still looking for, ten seconds at most.
    public static func waitForDevice(_ path: Span<UInt8>) {
        guard path.starts(with: "/dev/") else { return }
        let end = Process.now + .seconds(10)
        while Process.now < end {
            guard case .failed(let error) = File.open(path), error.isMissing else { return }
            ward_pause(20)
        }
    }

    /// Takes leave of what other processes left behind.
    public static func reap() { ward_boot_reap() }

    /// Notes how the machine is to be left once the program ends.
    public static func ask(_ end: End) { if self.end == nil { self.end = end } }

    /// Ends the program, and with it the machine's run: as asked, or else, after some time, from the beginning.
    static func leave(_ status: Int32) -> Never {
        if let end { ward_boot_end(end.rawValue) }
        var journal = Journal()
        journal.begin(.error)
        journal.put("ended with ")
        journal.put(decimal: Int(status))
        journal.put("; this machine is about to be rebooted")
        journal.end()
        journal.drain()
        // EX_NOPERM
        ward_pause(status == 77 ? longPause : pause)
        ward_boot_end(End.reboot.rawValue)
    }

    private static func say(_ words: StaticString, _ path: Span<UInt8>, _ error: Int32) {
        var journal = Journal()
        journal.begin(.warning)
        journal.put(quoted: path)
        journal.put(" ")
        journal.put(words)
        journal.put(SystemError(number: error))
        journal.end()
        journal.drain()
    }
}

/// Where the state's file system is, as in `/dev/mmcblk3p2 /var/lib ext4`.
public struct MountPlan: Sendable {
    var device = Text<63>()
    var directory = Text<47>()
    var type = Text<15>()

    init() {}

    /// Nil for anything but a device, a directory, both as absolute paths, and a type.
    init?(_ text: Span<UInt8>) {
        var rest = text
        let device = rest.takeWord()
        let directory = rest.takeWord()
        let type = rest.takeWord()
        guard device.starts(with: "/"), directory.starts(with: "/"), directory.count > 1, type.count > 0, rest.trimmed.count == 0,
            let kept = Text<63>(device), let place = Text<47>(directory), let kind = Text<15>(type)
        else { return nil }
        for i in type.indices where !(type[i].isDigit || (type[i] >= 0x61 && type[i] <= 0x7A)) { return nil }
        self.device = kept
        self.directory = place
        self.type = kind
    }
}
