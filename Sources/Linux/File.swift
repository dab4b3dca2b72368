import CPlatform
import Fixed

/// A file opened for reading; closed when it goes.
public struct File: ~Copyable {
    private let descriptor: Int32

    public enum Opening: ~Copyable {
        case open(File)
        case failed(SystemError)
    }

    init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { ward_file_close(descriptor) }

    /// Opens without waiting: a FIFO that nobody writes to is simply empty.
    public static func open(_ path: Span<UInt8>) -> Opening {
        let descriptor = path.lend { ward_file_open($0, $1) }
        return descriptor < 0 ? .failed(SystemError(number: descriptor)) : .open(File(descriptor: descriptor))
    }

    /// True for a regular file: no directory, device or FIFO.
    public var isRegular: Bool { status?.regular == 1 }

    /// Permission bits; nil where they cannot be known.
    public var mode: UInt32? { status?.mode }

    private var status: ward_file? {
        var status = ward_file()
        return unsafe ward_file_status(descriptor, &status) == 0 ? status : nil
    }

    public enum Content: Equatable, Sendable {
        case whole
        /// More than the limit; what is in the block is of no use.
        case tooLarge
        case failed(SystemError)
    }

    /// Reads to the end into the empty `block`, at most `limit` bytes.
    public func read(into block: inout Block, limit: Int) -> Content {
        var chunk = InlineArray<512, UInt8>(repeating: 0)
        defer { chunk.fillWithZeros() }
        block.begin()
        while true {
            let count = chunk.fill { ward_file_read(descriptor, $0, $1) }
            if count < 0 { return .failed(SystemError(number: Int32(truncatingIfNeeded: count))) }
            if count == 0 { return .whole }
            block.put(chunk.span.extracting(first: count))
            guard block.commit(), block.count <= limit else { return .tooLarge }
        }
    }

    /// Calls `body` with each line, without its end. A line longer than 512 bytes is
    /// skipped: no entry of the files this is for needs one. False where reading failed.
    @inline(never)
    public func lines(_ body: (Span<UInt8>) -> Void) -> Bool {
        var chunk = InlineArray<512, UInt8>(repeating: 0)
        var line = Text<512>()
        var skipping = false
        while true {
            let count = chunk.fill { ward_file_read(descriptor, $0, $1) }
            if count < 0 { return false }
            if count == 0 { break }
            for i in 0..<count {
                if chunk[i] == 0x0A {
                    if !skipping { body(line.bytes) }
                    line.truncate(to: 0)
                    skipping = false
                } else if !line.append(chunk[i]) {
                    skipping = true
                }
            }
        }
        if !skipping && !line.isEmpty { body(line.bytes) }
        return true
    }
}

extension InlineArray where Element == UInt8 {
    /// Overwrites what the array held, since it may have been a secret.
    mutating func fillWithZeros() {
        var bytes = mutableSpan
        unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            ward_platform_wipe(base, Int32(truncatingIfNeeded: buffer.count))
        }
    }
}
