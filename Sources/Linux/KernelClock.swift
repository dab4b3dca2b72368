import CPlatform
import Fixed
import Hardware

/// The kernel's, which goes on while the machine is suspended.
public struct KernelClock: TimeSource {
    public init() {}

    public var now: Instant { Process.now }

    public func pass(until wake: Wake, or descriptor: Int32) -> Bool {
        let limit: Int32
        switch wake {
        case .now: return true
        case .at(let time): limit = Int32(clamping: max(time.since(now).milliseconds, 0))
        case .onInput:
            if descriptor < 0 { return false }
            limit = .max
        }
        _ = ward_reader_wait(descriptor, limit)
        return true
    }
}
