import CPlatform
import Fixed

/// Room for one file's content, used in turn for the configuration, the
/// authorities and the state. Belongs in a global, not on the stack.
public struct Block<let capacity: Int>: ~Copyable, ByteSink {
    private let place = InPlace()
    private var storage: InlineArray<capacity, UInt8>
    private var count = 0
    /// True where something did not fit: the content is then of no use.
    public private(set) var overflowed = false

    public init() { storage = InlineArray(repeating: 0) }

    public static var maximum: Int { capacity }

    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { storage.span.extracting(first: count) }
    }

    public mutating func put(_ byte: UInt8) {
        guard !overflowed && count < capacity else {
            overflowed = true
            return
        }
        storage[count] = byte
        count &+= 1
    }

    public mutating func put(_ bytes: Span<UInt8>) {
        guard !overflowed && bytes.count <= capacity &- count else {
            overflowed = true
            return
        }
        for i in bytes.indices { storage[count &+ i] = bytes[i] }
        count &+= bytes.count
    }

    /// Empties the block and overwrites what it held.
    public mutating func wipe() {
        storage.fillWithZeros()
        count = 0
        overflowed = false
    }
}
