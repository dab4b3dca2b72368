import CPlatform
import Fixed

/// What the Thing learnt, in a file that a power cut cannot tear.
///
/// The file `ward.state` holds "WARD", a version, the record's length, a SHA-256
/// over all of that and the record's own SHA-256, and then the record. A new one is written beside
/// it, brought to the medium and then renamed over it, so that at every instant
/// there is one whole record. Numbers are big-endian.
public struct StateStore: ~Copyable {
    private var directory: Int32 = -1
    private var lock: Int32 = -1
    /// Opened beside a run that has it: nothing is changed.
    private var isShared = false

    public init() {}
    deinit {
        ward_file_close(directory)
        ward_file_close(lock)
    }

    static var headerSize: Int { 48 }
    /// Bytes a record can have.
    public static var recordLimit: Int { 16_336 }
    /// Room a block needs for record and header.
    public static var blockSize: Int { 16_384 }

    private static var current: StaticString { "ward.state" }
    private static var next: StaticString { "ward.state.new" }
    private static var damaged: StaticString { "ward.state.bad" }
    private static var lockFile: StaticString { "ward.lock" }

    /// Opens the directory, and makes it where only it is missing; nil, or why that failed.
    /// Where another process has it open, that fails with `isInUse`; unless `shared`, in which
    /// case it is only looked at.
    public mutating func open(_ path: Span<UInt8>, shared: Bool = false) -> SystemError? {
        ward_file_close(directory)
        ward_file_close(lock)
        lock = -1
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

    public enum Loading: Equatable, Sendable {
        /// The record is the block's bytes from this offset on.
        case record(at: Int)
        /// There is none yet.
        case nothing
        /// There was one that is not to be trusted: it has been set aside as `ward.state.bad`.
        case setAside
        /// As `setAside`, but renaming it failed.
        case damaged(SystemError)
        case failed(SystemError)
    }

    /// Reads the record into `block`.
    public func load<Crypto: Cryptography>(_: Crypto.Type, into block: inout Block) -> Loading {
        block.wipe()
        let descriptor = Self.current.bytes.lend { ward_directory_open_file(directory, $0, $1) }
        if descriptor < 0 {
            let error = SystemError(number: descriptor)
            // A symbolic link in its place is no record of ours.
            return error.isMissing ? .nothing : error.number == ward_is_a_link ? setAside() : .failed(error)
        }
        let file = File(descriptor: descriptor)
        guard file.isRegular else { return setAside() }
        switch file.read(into: &block, limit: Self.blockSize) {
        case .failed(let error): return .failed(error)
        case .tooLarge: return setAside()
        case .whole: break
        }
        guard Self.isValid(block.bytes, Crypto.self) else {
            block.wipe()
            return setAside()
        }
        return .record(at: Self.headerSize)
    }

    /// To be called where the Thing does not understand a record that was whole.
    public func setAside() -> Loading {
        if isShared { return .setAside }
        let result = Self.current.bytes.lend { from, fromCount in
            Self.damaged.bytes.lend { to, toCount in
                ward_directory_rename(directory, from, fromCount, to, toCount)
            }
        }
        return result < 0 ? .damaged(SystemError(number: result)) : .setAside
    }

    /// Removes what was set aside: it may tell of an earlier owner.
    public func forgetDamaged() { _ = Self.damaged.bytes.lend { ward_directory_remove(directory, $0, $1) } }

    /// Replaces the record; nil, or why the old one is still there.
    public func save<Crypto: Cryptography>(_ record: Span<UInt8>, _: Crypto.Type) -> SystemError? {
        guard record.count <= Self.recordLimit else { return SystemError(number: ward_too_large) }
        var header = Text<48>()
        Self.writeHeader(of: record, to: &header, Crypto.self)
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

    private static func writeHeader<Crypto: Cryptography>(
        of record: Span<UInt8>, to header: inout Text<48>, _: Crypto.Type
    ) {
        header.append("WARD")
        header.append("\u{0}\u{0}\u{0}\u{1}")
        let count = UInt64(record.count)
        for shift in 0..<8 { header.append(UInt8(truncatingIfNeeded: count >> UInt64(56 &- 8 &* shift))) }
        var sealed = Text<48>()
        sealed.append(header.bytes)
        sealed.append(Crypto.digest(.sha256, of: record).bytes)
        header.append(Crypto.digest(.sha256, of: sealed.bytes).bytes)
    }

    private static func isValid<Crypto: Cryptography>(_ file: Span<UInt8>, _: Crypto.Type) -> Bool {
        guard file.count >= headerSize else { return false }
        var expected = Text<48>()
        writeHeader(of: file.extracting(droppingFirst: headerSize), to: &expected, Crypto.self)
        return expected.bytes.equals(file.extracting(first: headerSize))
    }
}
