/// A part that takes no room and holds what has it in its place.
///
/// A large struct with such a part is made, changed and left where it lies; it is
/// never loaded whole, passed by value or copied through the stack, as Embedded
/// Swift 6.3 otherwise does even to call a method that only looks.
@_rawLayout(size: 0, alignment: 1)
public struct InPlace: ~Copyable, @unchecked Sendable {
    @inline(__always) public init() {}
}

/// Overwrites memory with zeros. One body for values of all sizes.
@inline(never)
func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
}
