import CPlatform

/// Signals as input like any other: blocked, and read from a descriptor.
public struct Signals: ~Copyable {
    public enum Signal: Sendable {
        /// SIGTERM or SIGINT: end in order.
        case terminate
        /// SIGHUP: read the configuration again.
        case reload
    }

    public let descriptor: Int32

    /// Nil where the kernel refuses.
    public init?() {
        descriptor = ward_signals_open()
        if descriptor < 0 { return nil }
    }

    /// The next signal that came, or nil.
    public func next() -> Signal? {
        let number = ward_signals_next(descriptor)
        if number <= 0 { return nil }
        return number == ward_signal_hangup ? .reload : .terminate
    }
}
