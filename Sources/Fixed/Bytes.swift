// Comparisons and views over spans of bytes. Nothing here allocates or traps.

extension StaticString {
    /// The literal's UTF-8 bytes, which live as long as the program.
    public var bytes: Span<UInt8> {
        @_lifetime(immortal)
        get {
            unsafe _overrideLifetime(
                Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount), copying: ())
        }
    }
}

extension Span where Element == UInt8 {
    /// True where both hold the same bytes.
    @inline(never)  // called from everywhere
    public func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for i in indices where self[i] != other[i] { return false }
        return true
    }

    /// True where the span holds exactly the literal.
    public func equals(_ literal: StaticString) -> Bool { equals(literal.bytes) }

    /// Equality after folding ASCII letters to lower case.
    public func equalsIgnoringCase(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for i in indices where self[i].asciiLowercased != other[i].asciiLowercased { return false }
        return true
    }

    /// Equality whose time depends on the lengths alone (for secrets).
    public func equalsInConstantTime(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for i in indices { difference |= self[i] ^ other[i] }
        return difference == 0
    }

    /// True where the span begins with the literal.
    public func starts(with literal: StaticString) -> Bool {
        let prefix = literal.bytes
        return count >= prefix.count && extracting(first: prefix.count).equals(prefix)
    }

    /// Index of the first `byte`, or nil.
    public func firstIndex(of byte: UInt8) -> Int? {
        for i in indices where self[i] == byte { return i }
        return nil
    }

    /// The bytes without leading and trailing spaces, tabs, CR and LF.
    public var trimmed: Span<UInt8> {
        @_lifetime(copy self)
        get {
            var low = 0
            var high = count
            while low < high && self[low].isWhitespace { low &+= 1 }
            while high > low && self[high &- 1].isWhitespace { high &-= 1 }
            return extracting(low..<high)
        }
    }

    /// As `wideDecimalNumber`; nil also for more than an `Int` holds, which is less
    /// on a 32-bit board.
    public var decimalNumber: Int? { wideDecimalNumber.flatMap { Int(exactly: $0) } }

    /// An unsigned decimal number of digits alone, at most 18; nil for anything else.
    public var wideDecimalNumber: Int64? {
        guard count > 0 && count <= 18 else { return nil }
        var value: Int64 = 0
        for i in indices {
            guard self[i].isDigit else { return nil }
            value = value &* 10 &+ Int64(self[i] &- 0x30)
        }
        return value
    }
}

extension UInt8 {
    /// ASCII upper-case letters folded to lower case; any other byte as it is.
    public var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
    public var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    /// Space, tab, CR or LF: XML's `S` (XML 1.0 §2.3).
    public var isWhitespace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}

/// Lets a span of bytes be matched against literals: `switch span { case "iq": … }`.
public func ~= (literal: StaticString, bytes: Span<UInt8>) -> Bool { bytes.equals(literal) }

extension Span where Element == UInt8 {
    /// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
    public var isUTF8: Bool {
        var i = 0
        while i < count {
            let lead = self[i]
            i &+= 1
            if lead < 0x80 { continue }
            let more: Int
            var low: UInt8 = 0x80
            var high: UInt8 = 0xBF
            switch lead {
            case 0xC2...0xDF: more = 1
            case 0xE0: more = 2; low = 0xA0
            case 0xED: more = 2; high = 0x9F
            case 0xE1...0xEF: more = 2
            case 0xF0: more = 3; low = 0x90
            case 0xF4: more = 3; high = 0x8F
            case 0xF1...0xF3: more = 3
            default: return false
            }
            for _ in 0..<more {
                guard i < count, self[i] >= low && self[i] <= high else { return false }
                low = 0x80
                high = 0xBF
                i &+= 1
            }
        }
        return true
    }
}

extension MutableSpan where Element == UInt8 {
    /// Copies `bytes` to the places from `index` on, which there must be. One body
    /// for the texts and buffers of all sizes.
    @inline(never)
    @_lifetime(self: copy self)
    mutating func copy(_ bytes: Span<UInt8>, to index: Int) {
        precondition(index >= 0 && bytes.count <= count &- index)
        unsafe withUnsafeMutableBytes { to in
            unsafe bytes.withUnsafeBytes { from in
                guard let start = from.baseAddress else { return }
                unsafe to.baseAddress?.advanced(by: index).copyMemory(from: start, byteCount: from.count)
            }
        }
    }
}
