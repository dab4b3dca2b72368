import CPlatform
import Fixed
import Hardware

/// The store on a bare medium: a block device, a partition, or a regular file made for it.
///
/// Two slots, each in the first part of 64 KiB of its own (no smaller than what most flash erases at once), hold a record
/// in turn: 32 bytes of header, and behind it byte for byte what `FileStore` has in its file. A save writes to
/// the slot that does not hold the newest record, and waits for the medium. After a power cut that slot is
/// damaged, or blank, and the other one counts. Another 128 KiB behind them take what has to be set aside.
///
/// Header, numbers big-endian: `WARDSLOT`, version 1, flags, sequence number, length of the content (0 in a blank slot),
/// 0, and the CRC-32 of the 28 bytes and the content. Sequence numbers are compared as serial numbers (RFC 1982).
///
/// When the Thing changes hands, the record says in its flags that it stands alone; only then is the other slot
/// blanked. Whoever loads such a record blanks the other slot again where the power went before that was done.
///
/// A medium without `WARDSLOT` at the beginning of a slot is not touched, unless it is empty: zeros, or the ones of erased flash.
public struct SlotStore: ~Copyable, Store {
    private var medium: Int32 = -1
    private var isShared = false
    /// The slot with the newest whole record, and that one's number.
    private var newest: Slot?
    private var sequence: UInt32 = 0
    public private(set) var hasLeftovers = false

    public init() {}
    deinit { ward_file_close(medium) }

    enum Slot: Int32 {
        case first, second

        var other: Slot { self == .first ? .second : .first }
        /// Where it begins.
        var offset: Int32 { rawValue &* 65_536 }
        /// Where its content goes that is set aside.
        var aside: Int32 { offset &+ 131_072 }
    }

    /// Bytes the medium has at least.
    static var size: Int32 { 262_144 }
    /// Bytes of a slot that are ever written: whole blocks of 512.
    static var room: Int32 { 16_896 }

    mutating func end() {
        ward_file_close(medium)
        medium = -1
        newest = nil
        hasLeftovers = false
    }

    public mutating func open(_ path: Span<UInt8>, shared: Bool) -> SystemError? {
        end()
        isShared = shared
        medium = path.lend { ward_medium_open($0, $1, shared ? 1 : 0) }
        if medium < 0 { return SystemError(number: medium) }
        let result = take()
        if result >= 0 { return nil }
        end()
        return SystemError(number: result)
    }

    /// Looks whether the medium is ours, and makes an empty one so.
    private mutating func take() -> Int32 {
        let size = ward_medium_size(medium)
        if size < 0 { return size }
        if size < Self.size { return ward_medium_too_small }
        // Both at once are never being written.
        let first = inspect(.first)
        if case .failed(let error) = first { return error }
        let second = inspect(.second)
        if case .failed(let error) = second { return error }
        if first == .foreign && second == .foreign {
            let result = isEmpty()
            if result < 0 || isShared { return result }
            return orNext(writeBlankHeader(.first)) { writeBlankHeader(.second) }
        }
        choose(first, second)
        return 0
    }

    // MARK: Looking

    enum Finding: Equatable {
        /// Another beginning than ours.
        case foreign
        case blank
        /// Ours, but not whole.
        case damaged
        case whole(SlotHeader)
        case failed(Int32)
    }

    /// Reads a slot through, without keeping its content.
    @inline(never)
    private func inspect(_ slot: Slot) -> Finding {
        inspect(slot) { _ in }
    }

    private func inspect(_ slot: Slot, _ body: (Span<UInt8>) -> Void) -> Finding {
        var chunk = InlineArray<512, UInt8>(repeating: 0)
        defer { chunk.fillWithZeros() }
        var result = read(&chunk, at: slot.offset, SlotHeader.size)
        if result < 0 { return .failed(result) }
        guard SlotHeader.isOurs(chunk.span) else { return .foreign }
        guard let header = SlotHeader(chunk.span) else { return .damaged }
        var sum = header.beginSum()
        var done: Int32 = 0
        while done < header.length {
            let count = min(header.length &- done, 512)
            result = read(&chunk, at: slot.offset &+ SlotHeader.size &+ done, count)
            if result < 0 { return .failed(result) }
            let bytes = chunk.span.extracting(first: Int(count))
            sum.add(bytes)
            body(bytes)
            done &+= count
        }
        guard sum.value == header.checksum else { return .damaged }
        return header.length == 0 ? .blank : .whole(header)
    }

    private mutating func choose(_ first: Finding, _ second: Finding) {
        newest = nil
        if case .whole(let header) = first {
            newest = .first
            sequence = header.sequence
        }
        if case .whole(let header) = second, newest == nil || header.sequence.follows(sequence) {
            newest = .second
            sequence = header.sequence
        }
    }

    /// 0 where nothing is on the part of the medium that would be ours.
    private func isEmpty() -> Int32 {
        var chunk = InlineArray<512, UInt8>(repeating: 0)
        var offset: Int32 = 0
        var fill: UInt8?
        while offset < Self.size {
            let result = read(&chunk, at: offset, 512)
            if result < 0 { return result }
            let kind = fill ?? chunk[0]
            guard kind == 0 || kind == 0xFF else { return ward_medium_foreign }
            for i in chunk.indices where chunk[i] != kind { return ward_medium_foreign }
            fill = kind
            offset &+= 512
        }
        return 0
    }

    // MARK: Loading

    public mutating func load<Crypto: Cryptography>(_: Crypto.Type, into block: inout Block) -> Loading<SystemError> {
        block.wipe()
        let first = inspect(.first)
        if case .failed(let error) = first { return .failed(SystemError(number: error)) }
        let second = inspect(.second)
        if case .failed(let error) = second { return .failed(SystemError(number: error)) }
        choose(first, second)
        guard let slot = newest else {
            // A medium that is only looked at may be empty still.
            return first == .damaged || second == .damaged ? setAside() : .nothing
        }
        block.begin()
        guard case .whole(let header) = inspect(slot, { block.put($0) }), block.commit(),
            StateRecord.isValid(block.bytes, Crypto.self)
        else {
            block.wipe()
            return setAside()
        }
        if header.standsAlone && !isShared && (slot == .first ? second : first) != .blank {
            hasLeftovers = true
            _ = forget()
        }
        return .record(at: StateRecord.headerSize)
    }

    // MARK: Writing

    public mutating func save<Crypto: Cryptography>(
        _ record: Span<UInt8>, changingHands: Bool, _: Crypto.Type
    ) -> SystemError? {
        guard record.count <= StateRecord.limit else { return SystemError(number: ward_too_large) }
        var content = Text<48>()
        StateRecord.writeHeader(of: record, to: &content, Crypto.self)
        let slot = newest?.other ?? .first
        let alone = changingHands || hasLeftovers
        var header = SlotHeader(
            sequence: newest == nil ? 1 : sequence &+ 1, standsAlone: alone,
            length: Int32(truncatingIfNeeded: content.count &+ record.count))
        header.seal(content.bytes, record)
        var end = slot.offset
        // Not with the record: it must not be whole before what was behind it is gone.
        var result = alone ? empty(slot) : 0
        if result >= 0 { result = write(header.bytes.bytes, at: &end) }
        if result >= 0 { result = write(content.bytes, at: &end) }
        if result >= 0 { result = write(record, at: &end) }
        if result >= 0 { result = ward_medium_sync(medium) }
        if result < 0 { return SystemError(number: result) }
        newest = slot
        sequence = header.sequence
        hasLeftovers = alone
        return nil
    }

    /// Leaves the slots blank, and what they held behind them.
    public mutating func setAside() -> Loading<SystemError> {
        if isShared { return .setAside }
        // The newest last: the other one must not be taken for it.
        let last = newest ?? .second
        let result = orNext(orNext(orNext(copyAside(.first)) { copyAside(.second) }) { blank(last.other) }) { blank(last) }
        if result < 0 { return .damaged(SystemError(number: result)) }
        newest = nil
        hasLeftovers = false
        return .setAside
    }

    /// Blanks the slot that does not hold the newest record, and what was set aside.
    public mutating func forget() -> SystemError? {
        guard let slot = newest?.other else { return nil }
        let first = Slot.first.aside
        let second = Slot.second.aside
        // The slot last: by it `load` sees that this was not finished.
        let result = orNext(orNext(writeZeros(from: first, to: first &+ Self.room)) {
            writeZeros(from: second, to: second &+ Self.room)
        }) { orNext(ward_medium_sync(medium)) { blank(slot) } }
        if result < 0 { return SystemError(number: result) }
        hasLeftovers = false
        return nil
    }

    private func copyAside(_ slot: Slot) -> Int32 {
        // A slot that has nothing must not push out what was set aside before.
        if inspect(slot) == .blank { return 0 }
        var chunk = InlineArray<512, UInt8>(repeating: 0)
        defer { chunk.fillWithZeros() }
        var done: Int32 = 0
        while done < Self.room {
            var result = read(&chunk, at: slot.offset &+ done, 512)
            if result < 0 { return result }
            var place = slot.aside &+ done
            result = write(chunk.span, at: &place)
            if result < 0 { return result }
            done &+= 512
        }
        return ward_medium_sync(medium)
    }

    /// The header comes last: a slot that has it holds nothing any more.
    @inline(never)
    private func blank(_ slot: Slot) -> Int32 {
        orNext(empty(slot)) { writeBlankHeader(slot) }
    }

    @inline(never)
    private func empty(_ slot: Slot) -> Int32 {
        orNext(writeZeros(from: slot.offset &+ SlotHeader.size, to: slot.offset &+ Self.room)) { ward_medium_sync(medium) }
    }

    @inline(never)
    private func writeBlankHeader(_ slot: Slot) -> Int32 {
        var header = SlotHeader(sequence: 0, standsAlone: false, length: 0)
        header.seal(Span(), Span())
        var place = slot.offset
        return orNext(write(header.bytes.bytes, at: &place)) { ward_medium_sync(medium) }
    }

    // MARK: The medium

    private func read(_ chunk: inout InlineArray<512, UInt8>, at offset: Int32, _ count: Int32) -> Int32 {
        let medium = medium
        var result: Int32 = 0
        _ = chunk.fill { bytes, _ in
            result = ward_medium_read(medium, offset, bytes, count)
            return 0
        }
        return result
    }

    private func write(_ bytes: Span<UInt8>, at offset: inout Int32) -> Int32 {
        let medium = medium
        let place = offset
        let result = bytes.lend { ward_medium_write(medium, place, $0, $1) }
        offset &+= Int32(truncatingIfNeeded: bytes.count)
        return result
    }

    @inline(never)
    private func writeZeros(from start: Int32, to end: Int32) -> Int32 {
        let zeros = InlineArray<512, UInt8>(repeating: 0)
        var offset = start
        while offset < end {
            let count = min(end &- offset, 512)
            let result = write(zeros.span.extracting(first: Int(count)), at: &offset)
            if result < 0 { return result }
        }
        return 0
    }

    /// The next step's result where this one succeeded.
    private func orNext(_ result: Int32, _ next: () -> Int32) -> Int32 { result < 0 ? result : next() }
}

extension UInt32 {
    /// True where this serial number is the later one (RFC 1982 §3.2).
    fileprivate func follows(_ other: UInt32) -> Bool { Int32(bitPattern: self &- other) > 0 }
}
