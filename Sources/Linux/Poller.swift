import CPlatform
import Fixed

/// Waiting for several descriptors at once (epoll). A handle: copies mean the same one.
public struct Poller: Sendable {
    private let descriptor: Int32

    /// Nil where the kernel refuses.
    public init?() {
        descriptor = ward_poll_open()
        if descriptor < 0 { return nil }
    }

    /// What a descriptor is waited for.
    public struct Interest: Equatable, Sendable {
        let bits: Int32
        public static var nothing: Interest { Interest(bits: 0) }
        public static var reading: Interest { Interest(bits: Int32(WARD_READABLE)) }
        public static var writing: Interest { Interest(bits: Int32(WARD_WRITABLE)) }
        public static var both: Interest { Interest(bits: Int32(WARD_READABLE | WARD_WRITABLE)) }
    }

    /// What is ready after a wait, by the caller's source numbers 0 ... 15.
    public struct Ready: Sendable {
        let mask: Int64
        public func readable(_ source: Int32) -> Bool { mask >> Int64(2 &* source) & 1 != 0 }
        public func writable(_ source: Int32) -> Bool { mask >> Int64(2 &* source) & 2 != 0 }
    }

    /// Starts watching. False where the kernel refuses.
    @discardableResult
    public func add(_ watched: Int32, as source: Int32, for interest: Interest) -> Bool {
        ward_poll_add(descriptor, watched, source, interest.bits) == 0
    }

    @discardableResult
    public func change(_ watched: Int32, as source: Int32, for interest: Interest) -> Bool {
        ward_poll_change(descriptor, watched, source, interest.bits) == 0
    }

    /// Stops watching; comes before the descriptor is closed, since a child process
    /// may hold it open still.
    public func remove(_ watched: Int32) { _ = ward_poll_remove(descriptor, watched) }

    /// Sleeps until something is ready or `wake` says so. Nil where waiting itself
    /// fails, which nothing can follow.
    public func wait(_ wake: Wake, now: Instant) -> Ready? {
        let limit: Int64
        switch wake {
        case .now: limit = 0
        case .onInput: limit = -1
        case .at(let instant): limit = max(instant.since(now).milliseconds, 0)
        }
        let mask = ward_poll_wait(descriptor, limit)
        return mask < 0 ? nil : Ready(mask: mask)
    }
}
