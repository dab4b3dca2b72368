import Fixed

/// Bytes that came, until they are taken.
struct Inbox: ~Copyable {
    private let place = InPlace()
    private var storage = InlineArray<4096, UInt8>(repeating: 0)
    private var head = 0
    private var tail = 0

    var isEmpty: Bool { head == tail }

    /// What has not been taken.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { storage.span.extracting(head..<tail) }
    }

    mutating func take(_ count: Int) { head = min(head &+ max(count, 0), tail) }

    /// Where an empty inbox is filled from the front; `filled` says how far.
    var room: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get { storage.mutableSpan }
    }

    mutating func filled(_ count: Int) {
        head = 0
        tail = min(max(count, 0), 4096)
    }

    /// Drops everything, and overwrites it: plaintext is nobody's business.
    mutating func wipe() {
        for i in 0..<4096 { storage[i] = 0 }
        head = 0
        tail = 0
    }
}
