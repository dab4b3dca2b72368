import Fixed
import XMPP

/// What `ward.conf` says, with defaults for what it leaves out.
public struct Configuration: Sendable {
    /// The Thing's account, `thing@example.org`.
    public var jid = BareJID()
    public var password = Text<128>()
    public var resource = JID.Resource("ward")
    /// Where to connect; nil: wherever the domain's SRV or address records say.
    public var server: Server?
    /// TLS from the first byte (XEP-0368) in place of STARTTLS.
    public var directTLS = false
    /// A PEM bundle of the authorities trusted for the server's certificate.
    public var authorities = Path()
    /// An account or a component; empty: unclaimed.
    public var parent = BareJID()
    public var state = Path("/var/lib/ward")
    public var sysfs = Path("/sys")
    public var log = LogLevel.info
    /// SASL PLAIN is acceptable, inside TLS.
    public var allowPlain = false

    var passwordFile = Path()
    private var lines = InlineArray<12, Int>(repeating: 0)

    public struct Server: Equatable, Sendable {
        public var host: Text<255>
        public var port: UInt16
    }

    /// The keys of the file.
    public enum Key: UInt8, Sendable {
        case jid, password, passwordFile, resource, server, tls, ca, parent, state, sysfs, log, allowPlain

        public var name: StaticString {
            switch self {
            case .jid: return "jid"
            case .password: return "password"
            case .passwordFile: return "password-file"
            case .resource: return "resource"
            case .server: return "server"
            case .tls: return "tls"
            case .ca: return "ca"
            case .parent: return "parent"
            case .state: return "state"
            case .sysfs: return "sysfs"
            case .log: return "log"
            case .allowPlain: return "allow-plain"
            }
        }

        init?(_ name: Span<UInt8>) {
            for raw in 0..<UInt8(12) {
                if let key = Key(rawValue: raw), name.equals(key.name) {
                    self = key
                    return
                }
            }
            return nil
        }
    }

    /// Bytes that a line may have, without its end.
    public static var lineLimit: Int { 512 }
    /// Bytes that the file may have.
    public static var sizeLimit: Int { 16_384 }

    public init() {}

    /// Reads a file's text: lines `key = value`. A `#` begins a comment where it
    /// begins the line or follows a blank. Every mistake is reported; the answer
    /// is of use only where there was none.
    public init(_ text: Span<UInt8>, report: (Mistake) -> Void) {
        var start = 0
        var number = 0
        while start < text.count {
            var end = start
            while end < text.count && text[end] != 0x0A { end &+= 1 }
            number &+= 1
            read(text.extracting(start..<end), number, report)
            start = end &+ 1
        }
        if line(of: .jid) == 0 { report(Mistake(.missing, .jid)) }
        if line(of: .ca) == 0 { report(Mistake(.missing, .ca)) }
        if line(of: .password) > 0 && line(of: .passwordFile) > 0 {
            report(Mistake(.twoPasswords, max(line(of: .password), line(of: .passwordFile)), .passwordFile))
        }
    }

    /// The line that gave `key`; 0 where none did.
    public func line(of key: Key) -> Int { lines[Int(key.rawValue)] }

    /// An objection to a key's value, with its line.
    public func mistake(_ kind: Mistake.Kind, at key: Key, _ value: Span<UInt8>) -> Mistake {
        Mistake(kind, line(of: key), key, value)
    }

    private mutating func read(_ line: Span<UInt8>, _ number: Int, _ report: (Mistake) -> Void) {
        guard line.count <= Self.lineLimit else { return report(Mistake(.lineTooLong, number)) }
        guard line.firstIndex(of: 0) == nil else { return report(Mistake(.holdsNUL, number)) }
        guard line.isUTF8 else { return report(Mistake(.notUTF8, number)) }
        let content = line.withoutComment.trimmed
        guard content.count > 0 else { return }
        guard let equals = content.firstIndex(of: 0x3D) else { return report(Mistake(.noEqualsSign, number)) }
        let name = content.extracting(first: equals).trimmed
        let value = content.extracting(droppingFirst: equals &+ 1).trimmed
        guard let key = Key(name) else { return report(Mistake(.unknownKey, number, nil, name)) }
        let place = Int(key.rawValue)
        guard lines[place] == 0 else { return report(Mistake(.duplicate(first: lines[place]), number, key)) }
        lines[place] = number
        guard value.count > 0 else { return report(Mistake(.emptyValue, number, key)) }
        for i in value.indices where value[i] < 0x20 || value[i] == 0x7F {
            return report(Mistake(.controlCharacter, number, key))
        }
        if let kind = set(key, value) { report(Mistake(kind, number, key, value)) }
    }

    /// Takes a value up; answers what is wrong with it.
    private mutating func set(_ key: Key, _ value: Span<UInt8>) -> Mistake.Kind? {
        switch key {
        case .jid:
            guard let account = BareJID(value), !account.isDomain else { return .notAccount }
            jid = account
        case .password: return Self.keep(value, in: &password)
        case .passwordFile: return Self.keep(value, in: &passwordFile)
        case .resource:
            guard let kept = JID.resource(value) else { return .notResource }
            resource = kept
        case .parent:
            guard let address = BareJID(value) else { return .notAddress }
            parent = address
        case .ca: return Self.keep(value, in: &authorities)
        case .state:
            state.clear()
            return Self.keep(value, in: &state)
        case .sysfs:
            sysfs.clear()
            return Self.keep(value, in: &sysfs)
        case .server:
            server = Server(value)
            return server == nil ? .notHostAndPort : nil
        case .tls:
            switch value {
            case "starttls": directTLS = false
            case "direct": directTLS = true
            default: return .notTLS
            }
        case .log:
            switch value {
            case "error": log = .error
            case "warning": log = .warning
            case "info": log = .info
            case "debug": log = .debug
            default: return .notLogLevel
            }
        case .allowPlain:
            switch value {
            case "true": allowPlain = true
            case "false": allowPlain = false
            default: return .notBoolean
            }
        }
        return nil
    }

    private static func keep<let n: Int>(_ value: Span<UInt8>, in text: inout Text<n>) -> Mistake.Kind? {
        text.append(value) ? nil : .tooLong(n)
    }
}

extension Configuration.Server {
    /// Reads `host:port`, `192.0.2.1:5222` or `[2001:db8::1]:5222`; nil for anything else.
    public init?(_ text: Span<UInt8>) {
        var name = text
        var rest = text
        if text.count > 0 && text[0] == 0x5B {
            guard let end = text.firstIndex(of: 0x5D) else { return nil }
            name = text.extracting(1..<end)
            rest = text.extracting(droppingFirst: end &+ 1)
            guard let address = Address(name), address.family == 6 else { return nil }
        } else {
            guard let colon = text.firstIndex(of: 0x3A) else { return nil }
            name = text.extracting(first: colon)
            rest = text.extracting(droppingFirst: colon)
            guard Self.isHostName(name) else { return nil }
        }
        guard rest.count > 1, rest[0] == 0x3A,
            let number = rest.extracting(droppingFirst: 1).decimalNumber, number > 0, number <= 65_535,
            let host = Text<255>(name)
        else { return nil }
        self.init(host: host, port: UInt16(truncatingIfNeeded: number))
    }

    private static func isHostName(_ name: Span<UInt8>) -> Bool {
        guard name.count > 0 && name.count <= 253 && name[0] != 0x2E && name[0] != 0x2D else { return false }
        for i in name.indices {
            switch name[i] {
            case 0x2D, 0x2E, 0x5F, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: continue
            default: return false
            }
        }
        return true
    }
}

extension Span where Element == UInt8 {
    /// What stands before a `#` that begins the line or follows a blank.
    fileprivate var withoutComment: Span<UInt8> {
        @_lifetime(copy self)
        get {
            for i in indices where self[i] == 0x23 && (i == 0 || self[i &- 1].isWhitespace) {
                return extracting(first: i)
            }
            return self
        }
    }
}
