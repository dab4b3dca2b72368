extension Span where Element == UInt8 {
    /// True for text that can be a field's name: not empty, well-formed UTF-8, no
    /// control characters (C0, DEL, C1), nothing that XML 1.0 §2.2 excludes.
    public var isPrintable: Bool {
        guard !isEmpty && isUTF8 else { return false }
        for i in indices {
            let byte = self[i]
            if byte < 0x20 || byte == 0x7F { return false }
            // C1 controls are C2 80 ... C2 9F.
            if byte == 0xC2 && self[i &+ 1] < 0xA0 { return false }
            // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
            if byte == 0xEF && self[i &+ 1] == 0xBF && self[i &+ 2] >= 0xBE { return false }
        }
        return true
    }

    /// Below 0 where this comes before `other` in byte order, 0 where they are equal.
    @inline(never)
    func order(_ other: Span<UInt8>) -> Int {
        for i in 0..<Swift.min(count, other.count) where self[i] != other[i] { return Int(self[i]) &- Int(other[i]) }
        return count &- other.count
    }

    /// True for text that can be a field's name as it is: printable, at most 64 bytes.
    var isLabel: Bool { count <= 64 && isPrintable }

    /// True where the span ends with the literal.
    public func ends(with literal: StaticString) -> Bool { ends(with: literal.bytes) }

    func ends(with suffix: Span<UInt8>) -> Bool {
        count >= suffix.count && extracting(last: suffix.count).equals(suffix)
    }

    /// True where the literal is somewhere in the span.
    func contains(_ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        var i = 0
        while i &+ length <= count {
            if extracting(i..<(i &+ length)).equals(literal) { return true }
            i &+= 1
        }
        return false
    }

    /// Index of the last `byte`, or nil.
    public func lastIndex(of byte: UInt8) -> Int? {
        var i = count
        while i > 0 {
            i &-= 1
            if self[i] == byte { return i }
        }
        return nil
    }
}

extension Span where Element == UInt8 {
    /// The last part of a path; all of it where there is no `/`.
    public var afterLastSlash: Span<UInt8> {
        @_lifetime(copy self)
        get { extracting((lastIndex(of: 0x2F).map { $0 &+ 1 } ?? 0)..<count) }
    }
}

extension StaticString {
    /// The item at `index` of a list with commas between its items; empty beyond its end.
    @_lifetime(immortal)
    public func item(_ index: Int) -> Span<UInt8> {
        let list = bytes
        var start = 0
        var number = 0
        for i in list.indices where list[i] == 0x2C {
            if number == index { return list.extracting(start..<i) }
            number &+= 1
            start = i &+ 1
        }
        return number == index ? list.extracting(start..<list.count) : list.extracting(first: 0)
    }
}

/// FNV-1a, 32 bits: tells devices and long names apart. Not a protection against anybody.
struct Fingerprint {
    private(set) var value: UInt32 = 0x811C_9DC5

    mutating func add(_ bytes: Span<UInt8>) {
        for i in bytes.indices { add(bytes[i]) }
        add(0)
    }

    mutating func add(_ byte: UInt8) { value = (value ^ UInt32(byte)) &* 0x0100_0193 }
}
