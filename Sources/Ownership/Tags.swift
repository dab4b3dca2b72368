import Fixed

/// What is printed on a Thing and told to its registry (XEP-0347), in the order in
/// which it was said: `SN`, `MAN`, `MODEL`, `V`, `CLASS` and others. The KEY is not among
/// them: it is a secret, and kept elsewhere.
public struct Tags: Equatable, Sendable {
    /// Bytes that all tags take together, each with two more than its name and value have.
    public static var maximum: Int { 640 }
    public static var nameLimit: Int { 32 }
    public static var valueLimit: Int { 128 }

    /// Why a tag cannot be taken up.
    public enum Objection: Equatable, Sendable {
        /// Not 1 ... 32 bytes of ASCII letters, digits, `_` and `-`.
        case notName
        /// Not 1 ... 128 bytes of UTF-8 without control characters.
        case notValue
        case twice
        /// There are more bytes than can be kept.
        case full
    }

    /// Lines `NAME=value`.
    private var lines = Text<640>()
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }
    public var indices: Range<Int> { 0..<count }

    /// All of it in one, to be compared or hashed: equal where the tags are, in their order.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { lines.bytes }
    }

    /// Adds a tag, its name in upper case: case does not tell them apart.
    /// Nil, or why nothing was changed.
    @inline(never)
    public mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Objection? {
        guard name.count > 0 && name.count <= Self.nameLimit else { return .notName }
        for i in name.indices where !name[i].isInTagName { return .notName }
        guard value.count > 0 && value.count <= Self.valueLimit && value.isUTF8 else { return .notValue }
        for i in value.indices where value[i] < 0x20 || value[i] == 0x7F { return .notValue }
        for i in indices where self.name(at: i).equalsIgnoringCase(name) { return .twice }
        guard name.count &+ value.count &+ 2 <= Self.maximum &- lines.count else { return .full }
        for i in name.indices { lines.append(name[i].asciiUppercased) }
        lines.append(0x3D)
        lines.append(value)
        lines.append(0x0A)
        count &+= 1
        return nil
    }

    public mutating func add(_ name: StaticString, _ value: Span<UInt8>) -> Objection? { add(name.bytes, value) }

    /// The name of the tag at an index of `indices`, in upper case.
    @_lifetime(borrow self)
    @inline(__always)  // see Text.bytes
    public borrowing func name(at index: Int) -> Span<UInt8> { lines.bytes.line(index).beforeEquals }

    /// Its value.
    @_lifetime(borrow self)
    @inline(__always)
    public borrowing func value(at index: Int) -> Span<UInt8> { lines.bytes.line(index).afterEquals }

    /// Where the tag of that name stands, which is given in upper case; nil where there is none.
    @inline(never)
    public func index(of name: StaticString) -> Int? {
        for i in indices where self.name(at: i).equals(name) { return i }
        return nil
    }

    /// True where the tag at an index is a number to a registry (V, LAT, LON and ALT),
    /// and its value is one, such as `-1.25`. Everything else is a string.
    @inline(never)
    public func isNumeric(at index: Int) -> Bool {
        switch name(at: index) {
        case "V", "LAT", "LON", "ALT": return value(at: index).isPlainDecimal
        default: return false
        }
    }
}

extension Span where Element == UInt8 {
    /// The line of that number, without its end; empty where there are not so many.
    @_lifetime(copy self)
    @inline(never)
    fileprivate func line(_ index: Int) -> Span<UInt8> {
        var rest = index
        var start = 0
        for i in indices where self[i] == 0x0A {
            if rest == 0 { return extracting(start..<i) }
            rest &-= 1
            start = i &+ 1
        }
        return extracting(first: 0)
    }

    /// A number of at most 18 digits without a plus sign, and with digits on both sides of the point where there is one.
    fileprivate var isPlainDecimal: Bool {
        guard count > 0, Decimal(self) != nil, self[count &- 1].isDigit else { return false }
        return self[self[0] == 0x2D ? 1 : 0].isDigit
    }

    /// What stands in front of the first `=`, and behind it.
    fileprivate var beforeEquals: Span<UInt8> {
        @_lifetime(copy self)
        get { extracting(first: firstIndex(of: 0x3D) ?? 0) }
    }

    fileprivate var afterEquals: Span<UInt8> {
        @_lifetime(copy self)
        get { extracting(droppingFirst: firstIndex(of: 0x3D).map { $0 &+ 1 } ?? 0) }
    }
}

extension UInt8 {
    fileprivate var isInTagName: Bool {
        switch self {
        case 0x2D, 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: return true
        default: return false
        }
    }

    fileprivate var asciiUppercased: UInt8 { self >= 0x61 && self <= 0x7A ? self & 0xDF : self }
}
