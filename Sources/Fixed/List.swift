/// At most `capacity` values, in order, held in place.
public struct List<let capacity: Int, Element: Sendable>: ~Copyable {
    private let place = InPlace()
    var storage: InlineArray<capacity, Element>
    /// Values in use, 0 ... `capacity`.
    public private(set) var count = 0

    /// An empty list. `filler` occupies the unused places.
    public init(filler: Element) { storage = InlineArray(repeating: filler) }

    public var isEmpty: Bool { count == 0 }
    public var isFull: Bool { count == capacity }
    public var indices: Range<Int> { 0..<count }

    /// Only indices below `count` may be used: they come from `indices`, never from input.
    public subscript(index: Int) -> Element {
        // Looked at where it lies: a value of hundreds of bytes is not copied for one part.
        @inline(__always)
        _read {
            precondition(index >= 0 && index < count)
            yield storage[index]
        }
        @inline(__always)
        _modify {
            precondition(index >= 0 && index < count)
            yield &storage[index]
        }
    }

    /// Appends, or changes nothing and answers false where full.
    @discardableResult
    public mutating func append(_ value: Element) -> Bool {
        guard count < capacity else { return false }
        storage[count] = value
        count &+= 1
        return true
    }

    /// Removes the value at `index`; the order of the others is kept. What is removed is not to be
    /// found in memory either.
    public mutating func remove(at index: Int) {
        precondition(index >= 0 && index < count)
        for i in index..<(count &- 1) { storage[i] = storage[i &+ 1] }
        count &-= 1
        let size = MemoryLayout<Element>.stride
        let start = count &* size
        unsafe withUnsafeMutableBytes(of: &storage) {
            unsafe wipe(UnsafeMutableRawBufferPointer(rebasing: $0[start..<(start &+ size)]))
        }
    }

    /// Empties the list and overwrites what it held and ever held: friends, once dropped, are
    /// not to be found in memory either.
    public mutating func removeAll() {
        count = 0
        // Places beyond `count` are never read as values.
        unsafe withUnsafeMutableBytes(of: &storage) { wipe($0) }
    }
}
