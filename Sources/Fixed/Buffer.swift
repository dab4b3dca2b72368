/// A queue of bytes in a fixed array: written at the end, taken from the front.
///
/// Writing is by transaction: everything put between `begin` and `commit`
/// becomes visible whole, or, where it did not fit, not at all.
public struct Buffer<let capacity: Int>: ~Copyable, ByteSink {
    private let place = InPlace()
    var storage: InlineArray<capacity, UInt8>
    var head = 0
    var tail = 0
    var mark = 0
    var overflowed = false

    public init() { storage = InlineArray(repeating: 0) }

    /// The capacity, for whoever names the type by an alias.
    public static var maximum: Int { capacity }
    /// Committed bytes waiting to be taken.
    public var count: Int { mark &- head }
    public var isEmpty: Bool { mark == head }
    /// Bytes that can still be put.
    public var room: Int { capacity &- (tail &- head) }

    /// The committed bytes, oldest first.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { storage.span.extracting(head..<mark) }
    }

    /// Forgets the first `count` committed bytes.
    public mutating func take(_ count: Int) {
        head &+= min(max(count, 0), self.count)
        if head == tail { head = 0; tail = 0; mark = 0 }
    }

    /// Empties the buffer.
    public mutating func clear() { head = 0; tail = 0; mark = 0; overflowed = false }

    /// Overwrites what has been taken, and keeps what is waiting.
    public mutating func scrub() {
        for i in 0..<head { storage[i] = 0 }
        for i in tail..<capacity { storage[i] = 0 }
    }

    /// Starts a transaction; what an earlier one left uncommitted is dropped.
    public mutating func begin() {
        tail = mark
        overflowed = false
    }

    /// Ends the transaction. False, and nothing was added, where it did not fit.
    @discardableResult
    public mutating func commit() -> Bool {
        guard !overflowed else {
            tail = mark
            overflowed = false
            return false
        }
        mark = tail
        return true
    }

    @inline(never)  // called from everywhere
    public mutating func put(_ byte: UInt8) {
        guard reserve(1) else { return }
        storage[tail] = byte
        tail &+= 1
    }

    @inline(never)
    public mutating func put(_ bytes: Span<UInt8>) {
        guard reserve(bytes.count) else { return }
        var room = storage.mutableSpan
        room.copy(bytes, to: tail)
        tail &+= bytes.count
    }

    /// Makes `count` bytes free behind `tail`, moving the content to the front if need be.
    @inline(never)
    private mutating func reserve(_ count: Int) -> Bool {
        if overflowed { return false }
        if count <= capacity &- tail { return true }
        guard count <= room else {
            overflowed = true
            return false
        }
        for i in head..<tail { storage[i &- head] = storage[i] }
        tail &-= head
        mark &-= head
        head = 0
        return true
    }
}
