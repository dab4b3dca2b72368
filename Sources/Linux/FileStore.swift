import CPlatform
import Fixed
import Hardware

/// The store in a directory, on a file system: a file that a power cut cannot tear.
///
/// The file `ward.state` holds a record behind its header (`StateRecord`). A new one is written beside
/// it, brought to the medium and then renamed over it, so that at every instant
/// there is one whole record.
public struct FileStore: ~Copyable, Store {
    private var directory: Int32 = -1
    private var lock: Int32 = -1
    /// Opened beside a run that has it: nothing is changed.
    private var isShared = false

    public init() {}
    deinit { close() }

    mutating func end() {
        close()
        directory = -1
        lock = -1
    }

    private func close() {
        ward_file_close(directory)
        ward_file_close(lock)
    }

    /// What was loaded or saved before is gone with the rename.
    public private(set) var hasLeftovers = false

    private static var current: StaticString { "ward.state" }
    private static var next: StaticString { "ward.state.new" }
    private static var damaged: StaticString { "ward.state.bad" }
    private static var lockFile: StaticString { "ward.lock" }

    /// Opens the directory, and makes it where only it is missing; nil, or why that failed.
    /// Where another process has it open, that fails with `isInUse`; unless `shared`, in which
    /// case it is only looked at.
    public mutating func open(_ path: Span<UInt8>, shared: Bool) -> SystemError? {
        end()
        isShared = shared
        directory = path.lend { ward_directory_open($0, $1) }
        if directory < 0 && SystemError(number: directory).isMissing {
            let made = path.lend { ward_directory_make($0, $1) }
            if made < 0 { return SystemError(number: made) }
            directory = path.lend { ward_directory_open($0, $1) }
        }
        if directory < 0 { return SystemError(number: directory) }
        if isShared { return nil }
        lock = Self.lockFile.bytes.lend { ward_directory_lock(directory, $0, $1) }
        // On a medium that takes no files there is nothing to be spoilt.
        if lock == ward_is_locked { return SystemError(number: lock) }
        // What an interrupted save left behind was never valid.
        _ = Self.next.bytes.lend { ward_directory_remove(directory, $0, $1) }
        return nil
    }

    /// What would keep the directory from being opened, without making it; nil for nothing.
    public static func objection(to path: Span<UInt8>) -> SystemError? {
        var place = path
        let here: StaticString = "."
        var result = place.lend { ward_directory_open($0, $1) }
        if result < 0 && SystemError(number: result).isMissing {
            while place.count > 1 && place[place.count &- 1] == 0x2F { place = place.extracting(droppingLast: 1) }
            while place.count > 0 && place[place.count &- 1] != 0x2F { place = place.extracting(droppingLast: 1) }
            result = place.count > 0 ? place.lend { ward_directory_open($0, $1) }
                : here.bytes.lend { ward_directory_open($0, $1) }
        }
        if result < 0 { return SystemError(number: result) }
        ward_file_close(result)
        return nil
    }

    /// Reads the record into `block`.
    public func load<Crypto: Cryptography>(_: Crypto.Type, into block: inout Block) -> Loading<SystemError> {
        block.wipe()
        let descriptor = Self.current.bytes.lend { ward_directory_open_file(directory, $0, $1) }
        if descriptor < 0 {
            let error = SystemError(number: descriptor)
            // A symbolic link in its place is no record of ours.
            return error.isMissing ? .nothing : error.number == ward_is_a_link ? setAside() : .failed(error)
        }
        let file = File(descriptor: descriptor)
        guard file.isRegular else { return setAside() }
        switch file.read(into: &block, limit: StateRecord.roomNeeded) {
        case .failed(let error): return .failed(error)
        case .tooLarge: return setAside()
        case .whole: break
        }
        guard StateRecord.isValid(block.bytes, Crypto.self) else {
            block.wipe()
            return setAside()
        }
        return .record(at: StateRecord.headerSize)
    }

    /// To be called where the Thing does not understand a record that was whole.
    public func setAside() -> Loading<SystemError> {
        if isShared { return .setAside }
        let result = Self.current.bytes.lend { from, fromCount in
            Self.damaged.bytes.lend { to, toCount in
                ward_directory_rename(directory, from, fromCount, to, toCount)
            }
        }
        return result < 0 ? .damaged(SystemError(number: result)) : .setAside
    }

    /// Removes what was set aside: it may tell of an earlier owner.
    public mutating func forget() -> SystemError? {
        let result = Self.damaged.bytes.lend { ward_directory_remove(directory, $0, $1) }
        let error = SystemError(number: result)
        hasLeftovers = result < 0 && !error.isMissing
        return hasLeftovers ? error : nil
    }

    /// Replaces the record; nil, or why the old one is still there.
    public func save<Crypto: Cryptography>(_ record: Span<UInt8>, changingHands: Bool, _: Crypto.Type) -> SystemError? {
        guard record.count <= StateRecord.limit else { return SystemError(number: ward_too_large) }
        var header = Text<48>()
        StateRecord.writeHeader(of: record, to: &header, Crypto.self)
        let descriptor = Self.next.bytes.lend { ward_directory_make_file(directory, $0, $1) }
        if descriptor < 0 { return SystemError(number: descriptor) }
        var result = header.bytes.lend { ward_file_write(descriptor, $0, $1) }
        if result >= 0 { result = record.lend { ward_file_write(descriptor, $0, $1) } }
        if result >= 0 { result = ward_file_sync(descriptor) }
        ward_file_close(descriptor)
        if result >= 0 {
            result = Self.next.bytes.lend { from, fromCount in
                Self.current.bytes.lend { to, toCount in
                    ward_directory_rename(directory, from, fromCount, to, toCount)
                }
            }
        }
        if result >= 0 { result = ward_file_sync(directory) }
        return result < 0 ? SystemError(number: result) : nil
    }
}
