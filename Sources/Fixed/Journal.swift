/// How much a log line matters. Each level includes those above it.
public enum LogLevel: UInt8, Comparable, Sendable {
    case error, warning, info, debug

    public var word: StaticString {
        switch self {
        case .error: return "error"
        case .warning: return "warning"
        case .info: return "info"
        case .debug: return "debug"
        }
    }

    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}

/// Finished log lines, `level: words`, waiting for the platform to write them.
///
/// A line that finds no room is dropped whole. Secrets are never put in; what a
/// peer said goes through `put(quoted:)`.
public struct Journal: ~Copyable {
    public static var capacity: Int { 4096 }
    private var lines = Buffer<4096>()
    private var listening = true
    /// Lines of lesser importance are not kept.
    public var level: LogLevel

    public init(level: LogLevel = .info) { self.level = level }

    public var isEmpty: Bool { lines.isEmpty }
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { lines.bytes }
    }
    public mutating func take(_ count: Int) { lines.take(count) }

    /// Overwrites the lines that have been taken.
    public mutating func scrub() { lines.scrub() }

    /// A whole line.
    @inline(never)
    public mutating func log(_ level: LogLevel, _ words: StaticString) {
        begin(level)
        put(words)
        end()
    }

    /// A whole line: the words, then `subject` quoted.
    @inline(never)
    public mutating func log(_ level: LogLevel, _ words: StaticString, _ subject: Span<UInt8>) {
        begin(level)
        put(words)
        put(" ")
        put(quoted: subject)
        end()
    }

    /// A whole line: the words, `subject` quoted, more words.
    @inline(never)
    public mutating func log(
        _ level: LogLevel, _ words: StaticString, _ subject: Span<UInt8>, _ more: StaticString
    ) {
        begin(level)
        put(words)
        put(" ")
        put(quoted: subject)
        put(more)
        end()
    }

    /// Starts a line; pieces follow, then `end`.
    @inline(never)
    public mutating func begin(_ level: LogLevel) {
        listening = level <= self.level
        lines.begin()
        put(level.word)
        put(": ")
    }

    @inline(never)
    public mutating func put(_ words: StaticString) {
        if listening { lines.put(words.bytes) }
    }

    @inline(never)
    public mutating func put(decimal value: Int) {
        if listening { lines.put(decimal: value) }
    }

    /// Text from outside: at most 200 bytes, control characters and what is no UTF-8
    /// as `?`, so that nobody else can begin a line, or make it one that logs hide.
    @inline(never)
    public mutating func put(quoted bytes: Span<UInt8>) {
        guard listening else { return }
        // Nearly always so.
        if bytes.count <= 200 && bytes.isPlain { return lines.put(bytes) }
        let isUTF8 = bytes.isUTF8
        var end = min(bytes.count, 200)
        // Not in the middle of a character.
        while isUTF8 && end > 0 && end < bytes.count && bytes[end] & 0xC0 == 0x80 { end &-= 1 }
        var i = 0
        while i < end {
            let byte = bytes[i]
            i &+= 1
            // U+0080 ... U+009F: some terminals take them for escape sequences.
            let isC1 = byte == 0xC2 && i < end && bytes[i] < 0xA0
            if isUTF8 && isC1 { i &+= 1 }
            lines.put(byte < 0x20 || byte == 0x7F || byte >= 0x80 && !isUTF8 || isC1 ? 0x3F : byte)
        }
        if bytes.count > end { lines.put("…") }
    }

    @inline(never)
    public mutating func end() {
        guard listening else { return }
        lines.put(0x0A)
        lines.commit()
    }
}

extension Span where Element == UInt8 {
    /// Of ASCII, and visible or a space.
    fileprivate var isPlain: Bool {
        for i in indices where self[i] < 0x20 || self[i] > 0x7E { return false }
        return true
    }
}
