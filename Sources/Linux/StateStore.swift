import CPlatform
import Fixed
import Hardware

/// The store that the configuration's `state` names: files in a directory, or slots on a medium.
public struct StateStore: ~Copyable, Store {
    private var files = FileStore()
    private var slots = SlotStore()
    private var isOnSlots = false

    public init() {}

    /// Bytes a record can have.
    public static var recordLimit: Int { StateRecord.limit }

    /// What is at the path decides. Where nothing is, a directory is made, but not in /dev: a
    /// device that is missing is an error.
    public mutating func open(_ path: Span<UInt8>, shared: Bool = false) -> SystemError? {
        files.end()
        slots.end()
        let kind = path.lend { ward_medium_kind($0, $1) }
        isOnSlots = kind == 2
        if let error = Self.missingDevice(path, kind) { return error }
        return isOnSlots ? slots.open(path, shared: shared) : files.open(path, shared: shared)
    }

    /// What would keep the place from being opened, without changing it; nil for nothing.
    public static func objection(to path: Span<UInt8>) -> SystemError? {
        let kind = path.lend { ward_medium_kind($0, $1) }
        if let error = missingDevice(path, kind) { return error }
        if kind != 2 { return FileStore.objection(to: path) }
        var slots = SlotStore()
        return slots.open(path, shared: true)
    }

    private static func missingDevice(_ path: Span<UInt8>, _ kind: Int32) -> SystemError? {
        kind < 0 && path.starts(with: "/dev/") ? SystemError(number: kind) : nil
    }

    public mutating func load<Crypto: Cryptography>(_ type: Crypto.Type, into block: inout Block) -> Loading<SystemError> {
        isOnSlots ? slots.load(type, into: &block) : files.load(type, into: &block)
    }

    public mutating func save<Crypto: Cryptography>(
        _ record: Span<UInt8>, changingHands: Bool, _ type: Crypto.Type
    ) -> SystemError? {
        isOnSlots ? slots.save(record, changingHands: changingHands, type) : files.save(record, changingHands: changingHands, type)
    }

    public mutating func setAside() -> Loading<SystemError> { isOnSlots ? slots.setAside() : files.setAside() }

    public mutating func forget() -> SystemError? { isOnSlots ? slots.forget() : files.forget() }

    public var hasLeftovers: Bool { isOnSlots ? slots.hasLeftovers : files.hasLeftovers }

    /// Where a record is that was set aside.
    public var asideName: StaticString { isOnSlots ? "128 KiB behind their beginning" : "ward.state.bad" }
}
