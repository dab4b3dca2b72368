import CPlatform

/// Signals as input like any other: blocked, and read from a descriptor.
public struct Signals: ~Copyable {
    public enum Signal: Sendable {
        /// SIGTERM or SIGINT: end in order.
        case terminate
        /// SIGHUP: read the configuration again.
        case reload
        /// SIGUSR2 and SIGUSR1, which only the machine's first process takes: end in order, and leave the machine off.
        case powerOff, halt
    }

    public let descriptor: Int32

    /// Nil where the kernel refuses.
    public init?() {
        descriptor = ward_signals_open(FirstProcess.isUs ? 1 : 0)
        if descriptor < 0 { return nil }
    }

    /// The next signal that came, or nil.
    public func next() -> Signal? {
        let number = ward_signals_next(descriptor)
        if number <= 0 { return nil }
        switch number {
        case ward_signal_hangup: return .reload
        case ward_signal_power_off: return .powerOff
        case ward_signal_halt: return .halt
        default: return .terminate
        }
    }
}
