import CPlatform

/// Several descriptors as one, which can be read when any of them can.
public struct Watch: Sendable {
    /// -1 where the kernel has none to give.
    public let descriptor: Int32

    public init() { descriptor = ward_reader_watch() }

    /// -1 is left out.
    public func add(_ other: Int32) {
        if descriptor >= 0 && other >= 0 { _ = ward_reader_watch_socket(descriptor, other) }
    }
}
