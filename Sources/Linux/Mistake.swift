import Fixed

/// Something wrong in the configuration, said in one line.
public struct Mistake: Sendable {
    public enum Kind: Equatable, Sendable {
        case unreadable(SystemError)
        /// More than so many bytes.
        case fileTooLarge(Int)
        case notRegular
        case lineTooLong
        case holdsNUL
        case notUTF8
        case noEqualsSign
        case unknownKey
        case duplicate(first: Int)
        case emptyValue
        case controlCharacter
        case tooLong(Int)
        case missing
        case twoPasswords
        case notAccount
        case notAddress
        case notResource
        case notHostAndPort
        case notTLS
        case notLogLevel
        case notBoolean
        case openToOthers
        case noContent
        case severalLines
        case noCertificate
        case badCertificate
        case tooManyCertificates
        case noDirectory(SystemError)
    }

    public let kind: Kind
    /// 0 where the mistake is in no line.
    public let line: Int
    public let key: Configuration.Key?
    /// The beginning of the value, or of an unknown key.
    private let excerpt: Text<64>

    init(_ kind: Kind, _ line: Int, _ key: Configuration.Key? = nil) {
        self.kind = kind
        self.line = line
        self.key = key
        excerpt = Text()
    }

    init(_ kind: Kind, _ key: Configuration.Key) { self.init(kind, 0, key) }

    /// A password is never quoted, and neither is an unknown key that may be one.
    init(_ kind: Kind, _ line: Int, _ key: Configuration.Key?, _ value: Span<UInt8>) {
        self.kind = kind
        self.line = line
        self.key = key
        var excerpt = Text<64>()
        if key != .password && (key != nil || value.isPlainWord) {
            let fits = value.count <= 60
            excerpt.append(0x22)
            excerpt.append(fits ? value : value.extracting(first: 56))
            excerpt.append(fits ? "\"" : "...\"")
        }
        self.excerpt = excerpt
    }

    /// Adds `FILE:LINE: KEY: what is wrong` to the journal as an error.
    public func log(to journal: inout Journal, file: Span<UInt8>) {
        journal.begin(.error)
        journal.put(quoted: file)
        if line > 0 {
            journal.put(":")
            journal.put(decimal: line)
        }
        journal.put(": ")
        if let key {
            journal.put(key.name)
            journal.put(": ")
        }
        write(to: &journal)
        journal.end()
    }

    private func write(to journal: inout Journal) {
        switch kind {
        case .unreadable(let error):
            subject(&journal, "cannot be read: ")
            journal.put(error)
        case .noDirectory(let error):
            subject(&journal, "cannot be used as the state's directory: ")
            journal.put(error)
        case .fileTooLarge(let limit):
            subject(&journal, "has more than ")
            journal.put(decimal: limit)
            journal.put(" bytes")
        case .notRegular: subject(&journal, "is not a regular file")
        case .lineTooLong:
            journal.put("the line has more than ")
            journal.put(decimal: Configuration.lineLimit)
            journal.put(" bytes")
        case .holdsNUL: journal.put("the line holds a NUL byte")
        case .notUTF8: journal.put("the line is not UTF-8")
        case .noEqualsSign: journal.put("the line has no \"=\": expected key = value")
        case .unknownKey:
            journal.put("unknown key ")
            journal.put(quoted: excerpt.bytes)
        case .duplicate(let first):
            journal.put("given already in line ")
            journal.put(decimal: first)
        case .emptyValue: journal.put("has no value")
        case .controlCharacter: journal.put("the value holds a control character")
        case .tooLong(let limit):
            journal.put("the value has more than ")
            journal.put(decimal: limit)
            journal.put(" bytes")
        case .missing:
            journal.put(key == .password
                ? "missing: give password, password-file or $CREDENTIALS_DIRECTORY/password" : "missing")
        case .twoPasswords: journal.put("the password is given twice")
        case .notAccount: subject(&journal, "is not an address like thing@example.org")
        case .notAddress: subject(&journal, "is neither an account's address nor a component's name")
        case .notResource: subject(&journal, "is not a resource (at most 128 bytes)")
        case .notHostAndPort: subject(&journal, "is not HOST:PORT")
        case .notTLS: subject(&journal, "is neither starttls nor direct")
        case .notLogLevel: subject(&journal, "is none of error, warning, info, debug")
        case .notBoolean: subject(&journal, "is neither true nor false")
        case .openToOthers: subject(&journal, "is open to others than its owner: chmod 600 it")
        case .noContent: subject(&journal, "holds no password")
        case .severalLines: subject(&journal, "holds more than one line")
        case .noCertificate: subject(&journal, "holds no certificate")
        case .tooManyCertificates: subject(&journal, "holds more certificates than there is memory for")
        case .badCertificate: subject(&journal, "holds a certificate that cannot be read")
        }
    }

    private func subject(_ journal: inout Journal, _ words: StaticString) {
        if !excerpt.isEmpty {
            journal.put(quoted: excerpt.bytes)
            journal.put(" ")
        }
        journal.put(words)
    }
}

extension Journal {
    /// A system error's words.
    public mutating func put(_ error: SystemError) {
        var words = Text<64>()
        error.words(to: &words)
        put(quoted: words.bytes)
    }
}

extension Span where Element == UInt8 {
    /// Short, of lower-case letters and hyphens: what a key looks like.
    fileprivate var isPlainWord: Bool {
        guard count <= 24 else { return false }
        for i in indices where !(self[i] == 0x2D || (self[i] >= 0x61 && self[i] <= 0x7A)) { return false }
        return true
    }
}
