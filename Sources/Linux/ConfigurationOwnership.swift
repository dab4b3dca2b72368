import Fixed
import Hardware
import Ownership
import XMPP

// Who the Thing is, and what it says of itself: an account that is given, or a domain where it
// makes one, or neither where the domain is found; and its tags.
extension Configuration {
    /// Keys of `tag` that there can be.
    static var tagLimit: Int { 8 }

    /// The account is given. Without it the Thing makes its own, and needs no password.
    public var isNamed: Bool { line(of: .jid) > 0 }

    /// Takes up `NAME VALUE`; answers what is wrong with it.
    mutating func addTag(_ text: Span<UInt8>) -> Mistake.Kind? {
        var end = 0
        while end < text.count && !text[end].isWhitespace { end &+= 1 }
        let name = text.extracting(first: end)
        for own in Self.reservedTags.indices where name.equalsIgnoringCase(Self.reservedTags[own].bytes) { return .reservedTag }
        guard tagCount < Self.tagLimit else { return .tooManyTags }
        let objection = addTag(name, text.extracting(droppingFirst: end).trimmed)
        if objection == nil { tagCount &+= 1 }
        return objection
    }

    /// Takes up the tag that a key of its own gives.
    mutating func addTag(_ name: StaticString, _ value: Span<UInt8>) -> Mistake.Kind? {
        if value.count > Tags.valueLimit { return .tooLong(Tags.valueLimit) }
        guard value.isPrintable else { return .notPrintable }
        return addTag(name.bytes, value)
    }

    private mutating func addTag(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Mistake.Kind? {
        guard value.isPrintable else { return .notTag }
        switch tags.add(name, value) {
        case nil: return nil
        case .notName, .notValue: return .notTag
        case .twice: return .doubleTag
        case .full: return .tagsTooLong
        }
    }

    /// Names that a tag cannot have: other keys give them, or they are the KEY's and the registry's on a sticker.
    private static var reservedTags: InlineArray<7, StaticString> { ["SN", "MAN", "MODEL", "V", "CLASS", "KEY", "R"] }

    /// Reports what does not go together; false where there was something.
    @inline(never)
    func isOneAccount(report: (Mistake) -> Void) -> Bool {
        var isGood = true
        func object(_ kind: Mistake.Kind, _ key: Key?) {
            report(Mistake(kind, key.map { line(of: $0) } ?? 0, key))
            isGood = false
        }
        if isNamed {
            if line(of: .domain) > 0 { object(.besideJID, .domain) }
            if discovers { object(.besideJID, .discover) }
            if line(of: .password) > 0 && line(of: .passwordFile) > 0 {
                report(Mistake(.twoPasswords, max(line(of: .password), line(of: .passwordFile)), .passwordFile))
                isGood = false
            }
            return isGood
        }
        if line(of: .domain) > 0 {
            if discovers { object(.besideDomain, .discover) }
        } else if !discovers {
            object(.noAccount, nil)
        }
        if line(of: .password) > 0 { object(.withoutJID, .password) }
        if line(of: .passwordFile) > 0 { object(.withoutJID, .passwordFile) }
        return isGood
    }
}
