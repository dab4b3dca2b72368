import CPlatform
import Fixed
import Hardware

/// The kernel's watchdog device, which resets the machine. Not in use until `open`.
public struct WatchdogDevice: Watchdog, ~Copyable {
    private var descriptor: Int32 = -1
    public private(set) var patience: Interval?

    public init() {}

    /// Starts it, with a timeout of so many seconds, or of as many as its hardware has. Nil, or why that failed.
    public mutating func open(_ path: Span<UInt8>, seconds: Int) -> SystemError? {
        descriptor = path.lend { ward_watchdog_open($0, $1, Int32(clamping: seconds)) }
        if descriptor < 0 { return SystemError(number: descriptor) }
        let timeout = ward_watchdog_timeout(descriptor)
        // One that does not say is taken for a short one.
        patience = .seconds(timeout > 0 ? Int64(timeout) : 4)
        return nil
    }

    public mutating func feed() { ward_watchdog_feed(descriptor) }

    public mutating func end() {
        if patience != nil { ward_watchdog_end(descriptor) }
        patience = nil
    }
}

/// The service manager, which ends and starts the program anew (sd_watchdog_enabled(3), `WatchdogSec=` of systemd).
/// It does not watch where the environment does not say so, or says so of another process.
public struct ServiceWatchdog: Watchdog {
    public private(set) var patience: Interval?

    public init() {
        let isOurs = Process.environment("WATCHDOG_PID").map { $0.bytes.decimalNumber == Process.number } ?? true
        guard isOurs, let words = Process.environment("WATCHDOG_USEC"), let time = words.bytes.wideDecimalNumber, time >= 1000
        else { return }
        patience = .milliseconds(time / 1000)
    }

    public mutating func feed() { ServiceNotice().watchdog() }

    /// What goes well until the process ends need not be said again.
    public mutating func end() {}
}
