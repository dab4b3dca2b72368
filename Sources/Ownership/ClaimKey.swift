import Fixed

/// The secret on a Thing's sticker: whoever knows it may claim the Thing, once.
///
/// 20 characters of Crockford's base 32, which has no letters that look like digits:
/// 100 random bits. The canonical form is upper case without hyphens; people see groups
/// of four.
public struct ClaimKey: Sendable {
    public static var length: Int { 20 }
    private static var alphabet: StaticString { "0123456789ABCDEFGHJKMNPQRSTVWXYZ" }

    private var text = Text<20>()

    /// A new one.
    public init<Crypto: Cryptography>(random _: Crypto.Type) {
        let letters = Self.alphabet.bytes
        let first = Crypto.nonce()
        let second = Crypto.nonce()
        for i in 0..<10 { text.append(letters[Int(first.bytes[i] & 31)]) }
        for i in 0..<10 { text.append(letters[Int(second.bytes[i] & 31)]) }
    }

    /// Reads what somebody typed: in any case, with hyphens and blanks anywhere, O for 0, and
    /// I or L for 1. Nil where that has not the form of a KEY.
    public init?(_ typed: Span<UInt8>) {
        guard typed.count <= 64 else { return nil }
        for i in typed.indices {
            var byte = typed[i].asciiLowercased
            switch byte {
            case 0x20, 0x2D: continue
            case 0x6F: byte = 0x30
            case 0x69, 0x6C: byte = 0x31
            case 0x30...0x39: break
            case 0x75: return nil
            case 0x61...0x7A: byte &-= 0x20
            default: return nil
            }
            guard text.append(byte) else { return nil }
        }
        guard text.count == Self.length else { return nil }
    }

    /// The KEY in what comes with a friend request, or behind `claim`: alone, behind the word
    /// `claim`, or as part of a sticker's text in either form. Nil where there is none.
    public init?(in words: Span<UInt8>) {
        var rest = words.trimmed
        if rest.count > 6, rest.extracting(first: 5).equalsIgnoringCase(("claim" as StaticString).bytes), rest[5].isWhitespace {
            rest = rest.extracting(droppingFirst: 6).trimmed
        }
        if rest.count > 9, rest.extracting(first: 8).equalsIgnoringCase(("iotdisco" as StaticString).bytes) {
            guard let start = Self.indexBehindTag(in: rest) else { return nil }
            rest = rest.extracting(droppingFirst: start)
            rest = rest.extracting(first: rest.firstIndex(of: 0x3B) ?? rest.count)
        }
        self.init(rest)
    }

    /// The index behind `;KEY:` or `;KEY=`, where a value begins.
    private static func indexBehindTag(in sticker: Span<UInt8>) -> Int? {
        let tag: StaticString = ";key"
        var i = 0
        while i &+ 5 < sticker.count {
            if sticker.extracting(i..<(i &+ 4)).equalsIgnoringCase(tag.bytes), sticker[i &+ 4] == 0x3A || sticker[i &+ 4] == 0x3D {
                return i &+ 5
            }
            i &+= 1
        }
        return nil
    }

    /// The canonical form.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { text.bytes }
    }

    /// `XXXX-XXXX-XXXX-XXXX-XXXX`.
    public func writeGroups(to sink: inout some ByteSink & ~Copyable) {
        for i in 0..<text.count {
            if i > 0 && i % 4 == 0 { sink.put(0x2D) }
            sink.put(text.bytes[i])
        }
    }

    /// What is kept of it where the KEY itself is not needed: SHA-256 of the canonical form.
    public func digest<Crypto: Cryptography>(_: Crypto.Type) -> Digest { Crypto.digest(.sha256, of: text.bytes) }

    /// Overwrites it.
    public mutating func clear() { text.clear() }
}

/// What a Thing keeps of its KEY.
public enum KeptKey: Sendable {
    /// Spent, or never had: nobody can claim the Thing.
    case none
    /// Enough to tell the right KEY from a wrong one.
    case digest(Digest)
    /// Itself: a registry is to be told it, or nobody has seen it yet.
    case plain(ClaimKey)

    /// True where `key` is the one; the time taken does not depend on how much of it is right.
    public func matches<Crypto: Cryptography>(_ key: borrowing ClaimKey, _: Crypto.Type) -> Bool {
        switch self {
        case .none: return false
        case .digest(let digest): return key.digest(Crypto.self).bytes.equalsInConstantTime(digest.bytes)
        case .plain(let kept):
            let digest = kept.digest(Crypto.self)
            return key.digest(Crypto.self).bytes.equalsInConstantTime(digest.bytes)
        }
    }

    public var exists: Bool {
        if case .none = self { return false }
        return true
    }
}
