/// A string of at most `capacity` bytes, held in place: no heap, trivially copied.
///
/// Bytes are UTF-8 by convention, not by check; whoever accepts text from
/// outside validates it. An append that does not fit changes nothing and
/// answers false: identifiers are never cut short.
public struct Text<let capacity: Int>: Sendable {
    private var storage: InlineArray<capacity, UInt8>
    /// The capacity, for whoever names the type by an alias.
    public static var maximum: Int { capacity }
    /// Bytes in use, 0 ... `capacity`.
    public private(set) var count: Int

    /// The empty text.
    public init() {
        storage = InlineArray(repeating: 0)
        count = 0
    }

    /// A copy of `bytes`, or nil where they exceed `capacity`.
    public init?(_ bytes: Span<UInt8>) {
        self.init()
        guard append(bytes) else { return nil }
    }

    /// A compile-time text. A literal longer than `capacity` is a programmer's error.
    public init(_ literal: StaticString) {
        self.init()
        let fits = append(literal.bytes)
        precondition(fits, "literal exceeds capacity")
    }

    public var isEmpty: Bool { count == 0 }

    /// The bytes in use.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        // Inlined before specialization: that would pass the text by value, and leave
        // the span looking at a copy which is gone (seen with Embedded Swift 6.3.1).
        @inline(__always)
        borrowing get { storage.span.extracting(first: count) }
    }

    /// Empties the text and overwrites what it held, since it may have been a secret.
    public mutating func clear() {
        for i in 0..<capacity { storage[i] = 0 }
        count = 0
    }

    /// Appends one byte, or changes nothing and answers false where full.
    @discardableResult
    public mutating func append(_ byte: UInt8) -> Bool {
        guard count < capacity else { return false }
        storage[count] = byte
        count &+= 1
        return true
    }

    /// Appends all of `bytes`, or changes nothing and answers false where they do not fit.
    @discardableResult
    public mutating func append(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count <= capacity &- count else { return false }
        var room = storage.mutableSpan
        room.copy(bytes, to: count)
        count &+= bytes.count
        return true
    }

    /// Appends a literal, or changes nothing and answers false where it does not fit.
    @discardableResult
    public mutating func append(_ literal: StaticString) -> Bool { append(literal.bytes) }

    /// Shortens to the first `count` bytes; a longer count changes nothing.
    public mutating func truncate(to count: Int) {
        if count >= 0 && count < self.count { self.count = count }
    }
}

extension Text: ByteSink {
    /// Appends what fits whole; what does not fit is left out entirely. Callers
    /// that must know use `append`, which answers.
    public mutating func put(_ byte: UInt8) { append(byte) }
    public mutating func put(_ bytes: Span<UInt8>) { append(bytes) }
}

extension Text: Equatable {
    // Inlined, since the texts would be handed over by value.
    @inline(__always)
    public static func == (a: borrowing Self, b: borrowing Self) -> Bool { a.bytes.equals(b.bytes) }
}
