/// The files that make one reading, at most four paths below one root, in order; or those to be
/// written, each with its content behind its path. In front of them is what the platform puts there.
public struct Question: ~Copyable {
    private let place = InPlace()
    /// What relative paths are relative to.
    public var root = Text<255>()
    private var storage = InlineArray<1088, UInt8>(repeating: 0)
    private var count = 0
    /// False once a path did not fit or cannot be one; such a question cannot be asked.
    public private(set) var isWhole = true

    public init() {}

    /// Starts another: its operation in one byte, its number in four (the least significant first).
    public mutating func begin(_ operation: UInt8, number: UInt32) {
        count = 0
        isWhole = true
        put(operation)
        for shift in 0..<4 { put(UInt8(truncatingIfNeeded: number &>> UInt32(8 &* shift))) }
    }

    /// Adds the path `stem` + `suffix`, of at most 255 bytes with the root, ended by a zero byte.
    public mutating func add(_ stem: Span<UInt8>, _ suffix: StaticString = "") {
        let start = count
        if stem.isEmpty || stem[0] != 0x2F {
            for i in 0..<root.count {
                let byte = root.bytes[i]
                put(text: byte)
            }
            put(0x2F)
        }
        put(stem)
        put(suffix.bytes)
        if count &- start > 255 { isWhole = false }
        put(0)
    }

    /// Adds a name as it is, ended by a zero byte.
    public mutating func add(name: Span<UInt8>) {
        put(name)
        put(0)
    }

    /// Adds a file to be written and the number that it is to hold.
    @inline(never)
    public mutating func add(_ stem: Span<UInt8>, _ suffix: StaticString, writing number: Int64) {
        add(stem, suffix)
        var digits = Text<20>()
        digits.put(decimal: number)
        digits.put(0x0A)
        add(name: digits.bytes)
    }

    private mutating func put(_ text: Span<UInt8>) {
        for i in text.indices { put(text: text[i]) }
    }

    private mutating func put(text byte: UInt8) {
        if byte == 0 { isWhole = false }
        put(byte)
    }

    @inline(never)
    private mutating func put(_ byte: UInt8) {
        guard count < 1088 else {
            isWhole = false
            return
        }
        storage[count] = byte
        count &+= 1
    }

    /// The whole question, to be sent.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { storage.span.extracting(first: count) }
    }
}
