import CPlatform
import Fixed

/// Words to the service manager that started this process (sd_notify(3)).
/// Without `$NOTIFY_SOCKET` they go nowhere.
public struct ServiceNotice: Sendable {
    private let socket: Path?

    public init() { socket = Process.environment("NOTIFY_SOCKET") }

    init(socket: Path) { self.socket = socket }

    public func ready() { send("READY=1") }

    public func stopping() { send("STOPPING=1") }

    /// All goes well, see `ServiceWatchdog`.
    func watchdog() { send("WATCHDOG=1") }

    /// The configuration is being read again; `ready` says when that is done. The
    /// manager compares the time with its own (systemd's Type=notify-reload).
    public func reloading() {
        var text = Text<64>()
        text.append("RELOADING=1\nMONOTONIC_USEC=")
        text.put(decimal: ward_monotonic_microseconds())
        send(text.bytes)
    }

    private func send(_ words: StaticString) { send(words.bytes) }

    private func send(_ words: Span<UInt8>) {
        guard let socket else { return }
        socket.bytes.lend { path, length in
            words.lend { text, count in _ = ward_notify(path, length, text, count) }
        }
    }
}
