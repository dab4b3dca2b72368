import Fixed
import Ownership

/// Something wrong in the configuration, said in one line.
public struct Mistake: Sendable {
    /// What is wrong: the words, and for some a limit, a line or a system error.
    public struct Kind: Equatable, Sendable {
        fileprivate let subject: Subject
        fileprivate let number: Int32

        fileprivate init(_ subject: Subject, _ number: Int32 = 0) {
            self.subject = subject
            self.number = number
        }

        public static func unreadable(_ error: SystemError) -> Kind { Kind(.unreadable, error.number) }
        public static func noState(_ error: SystemError) -> Kind { Kind(.noState, error.number) }
        /// More than so many bytes.
        public static func fileTooLarge(_ limit: Int) -> Kind { Kind(.fileTooLarge, Int32(clamping: limit)) }
        static func tooLong(_ limit: Int) -> Kind { Kind(.tooLong, Int32(clamping: limit)) }
        static func duplicate(first: Int) -> Kind { Kind(.duplicate, Int32(clamping: first)) }
        static var lineTooLong: Kind { Kind(.lineTooLong, Int32(clamping: Configuration.lineLimit)) }
        static var notRegular: Kind { Kind(.notRegular) }
        static var holdsNUL: Kind { Kind(.holdsNUL) }
        static var notUTF8: Kind { Kind(.notUTF8) }
        static var noEqualsSign: Kind { Kind(.noEqualsSign) }
        static var unknownKey: Kind { Kind(.unknownKey) }
        static var emptyValue: Kind { Kind(.emptyValue) }
        static var controlCharacter: Kind { Kind(.controlCharacter) }
        static var missing: Kind { Kind(.missing) }
        /// Another process has it.
        public static var inUse: Kind { Kind(.inUse) }
        static var noPassword: Kind { Kind(.noPassword) }
        static var twoPasswords: Kind { Kind(.twoPasswords) }
        static var notAccount: Kind { Kind(.notAccount) }
        static var notAddress: Kind { Kind(.notAddress) }
        static var notResource: Kind { Kind(.notResource) }
        static var notHostAndPort: Kind { Kind(.notHostAndPort) }
        static var notTLS: Kind { Kind(.notTLS) }
        static var notLogLevel: Kind { Kind(.notLogLevel) }
        static var notBoolean: Kind { Kind(.notBoolean) }
        static var notMirror: Kind { Kind(.notMirror) }
        static var tooManyMirrors: Kind { Kind(.tooManyMirrors, Int32(clamping: Configuration.Mirrors.capacity)) }
        static var notAudit: Kind { Kind(.notAudit) }
        static var notHistory: Kind { Kind(.notHistory) }
        static var notLine: Kind { Kind(.notLine) }
        static var notNetwork: Kind { Kind(.notNetwork) }
        static var notName: Kind { Kind(.notName) }
        static var notMount: Kind { Kind(.notMount) }
        static var notSeconds: Kind { Kind(.notSeconds) }
        static var notHost: Kind { Kind(.notHost) }
        static var notLight: Kind { Kind(.notLight) }
        static var notPath: Kind { Kind(.notPath) }
        static var noAccount: Kind { Kind(.noAccount) }
        static var besideJID: Kind { Kind(.besideJID) }
        static var besideDomain: Kind { Kind(.besideDomain) }
        static var withoutJID: Kind { Kind(.withoutJID) }
        static var notDomain: Kind { Kind(.notDomain) }
        static var notComponent: Kind { Kind(.notComponent) }
        static var notSwitch: Kind { Kind(.notSwitch) }
        static var notTag: Kind { Kind(.notTag) }
        static var notPrintable: Kind { Kind(.notPrintable) }
        static var reservedTag: Kind { Kind(.reservedTag) }
        static var doubleTag: Kind { Kind(.doubleTag) }
        static var tooManyTags: Kind { Kind(.tooManyTags, Int32(clamping: Configuration.tagLimit)) }
        static var tagsTooLong: Kind { Kind(.tagsTooLong, Int32(clamping: Tags.maximum)) }
        static var openToOthers: Kind { Kind(.openToOthers) }
        static var noContent: Kind { Kind(.noContent) }
        static var severalLines: Kind { Kind(.severalLines) }
        public static var noCertificate: Kind { Kind(.noCertificate) }
        public static var badCertificate: Kind { Kind(.badCertificate) }
        public static var tooManyCertificates: Kind { Kind(.tooManyCertificates) }
    }

    fileprivate enum Subject: UInt8 {
        case unreadable, noState, fileTooLarge, tooLong, duplicate, lineTooLong, notRegular, holdsNUL
        case notUTF8, noEqualsSign, unknownKey, emptyValue, controlCharacter, missing, noPassword, twoPasswords
        case notAccount, notAddress, notResource, notHostAndPort, notTLS, notLogLevel, notBoolean
        case notMirror, tooManyMirrors, notAudit, notHistory, notLine
        case notNetwork, notName, notMount, notSeconds, notHost, notLight, notPath
        case noAccount, besideJID, besideDomain, withoutJID, notDomain, notComponent, notSwitch
        case notTag, notPrintable, reservedTag, doubleTag, tooManyTags, tagsTooLong
        case inUse, openToOthers, noContent, severalLines, noCertificate, badCertificate, tooManyCertificates

        /// The words; a number or an error follows where there is one.
        var words: StaticString {
            switch self {
            case .unreadable: return "cannot be read: "
            case .noState: return "cannot keep the state: "
            case .fileTooLarge, .tooLong, .lineTooLong: return "has more bytes than "
            case .duplicate: return "given already in line "
            case .notRegular: return "is not a regular file"
            case .holdsNUL: return "holds a NUL byte"
            case .notUTF8: return "is not UTF-8"
            case .noEqualsSign: return "has no \"=\": expected key = value"
            case .unknownKey: return "is an unknown key"
            case .emptyValue: return "has no value"
            case .controlCharacter: return "holds a control character"
            case .missing: return "missing"
            case .noPassword: return "missing: give password, password-file or $CREDENTIALS_DIRECTORY/password"
            case .twoPasswords: return "the password is given twice"
            case .notAccount: return "is not an address like thing@example.org"
            case .notAddress: return "is neither an account's address nor a component's name"
            case .notResource: return "is not a resource (at most 128 bytes)"
            case .notHostAndPort: return "is not HOST:PORT"
            case .notTLS: return "is neither starttls nor direct"
            case .notLogLevel: return "is none of error, warning, info, debug"
            case .notBoolean: return "is neither true nor false"
            case .notMirror: return "is not ADDRESS FIELD, as in lamp@example.org Temperature"
            case .tooManyMirrors: return "is one more than there can be: "
            case .notAudit: return "is neither none nor parent"
            case .notLine: return "is not CHIP LINE LEVEL, as in gpiochip0 17 low"
            case .notNetwork: return "is not dhcp, none, or ADDRESS/PREFIX with via ROUTER and dns ADDRESS... behind it"
            case .notName: return "is no such name, of letters, digits and -"
            case .notMount: return "is not DEVICE DIRECTORY TYPE, as in /dev/mmcblk0p2 /var/lib ext4"
            case .notSeconds: return "is no number of seconds from 5 to 3600"
            case .notHost: return "is no host's name or address"
            case .notLight: return "is neither an LED's directory, as in /sys/class/leds/status, nor CHIP LINE LEVEL"
            case .notPath: return "is neither none nor an absolute path"
            case .notHistory: return "is no number of seconds from 0 to 86400"
            case .noAccount: return "the account is missing: give jid, or domain, or discover = on"
            case .besideJID: return "cannot stand beside jid"
            case .besideDomain: return "cannot stand beside domain"
            case .withoutJID: return "is for jid alone: a Thing without it makes its own"
            case .notDomain: return "is not a domain like example.org"
            case .notComponent: return "is not a component's name, as in registry.example.org"
            case .notSwitch: return "is neither on nor off"
            case .notTag: return "is not NAME VALUE, as in ROOM Kitchen (at most 32 letters, digits, _ and -, and 128 bytes)"
            case .notPrintable: return "holds what cannot be printed"
            case .reservedTag: return "is a name that tags cannot have: serial, manufacturer, model, version and class have keys of their own"
            case .doubleTag: return "is given already"
            case .tooManyTags: return "is one more than there can be: "
            case .tagsTooLong: return "is too much: all tags together have more bytes than "
            case .inUse: return "is in use: another ward is running with it"
            case .openToOthers: return "is open to others than its owner: chmod 600 it"
            case .noContent: return "holds no password"
            case .severalLines: return "holds more than one line"
            case .noCertificate: return "holds no certificate"
            case .badCertificate: return "holds a certificate that cannot be read"
            case .tooManyCertificates: return "holds more certificates than there is memory for"
            }
        }
    }

    public let kind: Kind
    /// 0 where the mistake is in no line.
    public let line: Int
    public let key: Configuration.Key?
    /// The beginning of the value, or of an unknown key.
    private var excerpt = Text<64>()

    init(_ kind: Kind, _ line: Int, _ key: Configuration.Key? = nil) {
        self.kind = kind
        self.line = line
        self.key = key
    }

    /// A password is never quoted, and neither is an unknown key that may be one.
    init(_ kind: Kind, _ line: Int, _ key: Configuration.Key?, _ value: Span<UInt8>) {
        self.init(kind, line, key)
        guard value.count > 0, key != .password, key != nil || value.isPlainWord else { return }
        excerpt.append(0x22)
        excerpt.append(value.count <= 60 ? value : value.extracting(first: 56))
        excerpt.append(value.count <= 60 ? "\" " : "...\" ")
    }

    /// Adds `FILE:LINE: KEY: what is wrong` to the journal as an error.
    @inline(never)
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
        journal.put(quoted: excerpt.bytes)
        journal.put(kind.subject.words)
        if kind.number < 0 { journal.put(SystemError(number: kind.number)) }
        if kind.number > 0 { journal.put(decimal: Int(kind.number)) }
        journal.end()
    }
}

extension Journal {
    /// A system error's words.
    @inline(never)
    public mutating func put(_ error: SystemError) {
        var words = Text<96>()
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
