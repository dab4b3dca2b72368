import Fixed
import Ownership
import XMPP

/// What `ward.conf` says, with defaults for what it leaves out.
public struct Configuration: Sendable {
    /// The Thing's account, `thing@example.org`; or the domain alone where it makes its own account;
    /// or empty where the domain is to be found.
    public var jid = BareJID()
    /// The domain is to be found on the network.
    public var discovers = false
    /// The registry of Things, a component; empty for none.
    public var registry = BareJID()
    /// What the sticker and the registry say of the Thing.
    public var tags = Tags()
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
    /// Fields of friends that are to be fields here.
    public var mirrors = Mirrors()
    /// The parent is told of every decision (XEP-0337).
    public var auditsToParent = false
    /// Seconds between the values that are kept as history, 0 for none; nil: as the board has it.
    public var history: Int?
    /// Held when the program starts, it makes the Thing nobody's; nil: as the board has it.
    public var resetLine: GPIOLine?
    /// How the machine is set up, where this is its first process.
    public var machine = MachineSettings()
    /// SASL PLAIN is acceptable, inside TLS.
    public var allowPlain = false
    /// SHA-256 of the authorities' file, noted by whoever loads it.
    public var authoritiesDigest = Digest()

    var passwordFile = Path()
    var tagCount = 0
    /// A place for each key.
    private var lines = InlineArray<34, Int>(repeating: 0)

    public struct Server: Equatable, Sendable {
        public var host: Text<255>
        public var port: UInt16
    }

    /// Bytes that a line may have, without its end.
    public static var lineLimit: Int { 512 }
    /// Bytes that the file may have.
    public static var sizeLimit: Int { 16_384 }

    public init() {}

    /// Reads a file's text: lines `key = value`. A `#` begins a comment where it
    /// begins the line or follows a blank. Every mistake is reported; false where
    /// there was one: what was read is then of no use.
    @inline(never)
    public mutating func read(_ text: Span<UInt8>, report: (Mistake) -> Void) -> Bool {
        var isGood = true
        var start = 0
        var number = 0
        while start < text.count {
            var end = start
            while end < text.count && text[end] != 0x0A { end &+= 1 }
            number &+= 1
            let line = text.extracting(start..<end)
            var key: Key?
            var culprit = line.extracting(first: 0)
            if let kind = read(line, number, &key, &culprit) {
                report(Mistake(kind, number, key, culprit))
                isGood = false
            }
            start = end &+ 1
        }
        if line(of: .ca) == 0 {
            report(Mistake(.missing, 0, .ca))
            isGood = false
        }
        return isOneAccount(report: report) && isGood
    }

    /// The line that gave `key`; 0 where none did.
    public func line(of key: Key) -> Int { lines[Int(key.rawValue)] }

    /// An objection to a key's value, with its line.
    public func mistake(_ kind: Mistake.Kind, at key: Key, _ value: Span<UInt8>) -> Mistake {
        Mistake(kind, line(of: key), key, value)
    }

    /// Takes a line up; answers what is wrong with it, in which key and in which of its bytes.
    @_lifetime(culprit: copy line)
    private mutating func read(
        _ line: Span<UInt8>, _ number: Int, _ key: inout Key?, _ culprit: inout Span<UInt8>
    ) -> Mistake.Kind? {
        guard line.count <= Self.lineLimit else { return .lineTooLong }
        guard line.firstIndex(of: 0) == nil else { return .holdsNUL }
        guard line.isUTF8 else { return .notUTF8 }
        let content = line.withoutComment.trimmed
        guard content.count > 0 else { return nil }
        guard let equals = content.firstIndex(of: 0x3D) else { return .noEqualsSign }
        let name = content.extracting(first: equals).trimmed
        let value = content.extracting(droppingFirst: equals &+ 1).trimmed
        guard let known = Key(name) else {
            culprit = name
            return .unknownKey
        }
        key = known
        let place = Int(known.rawValue)
        guard lines[place] == 0 || known.isRepeatable else { return .duplicate(first: lines[place]) }
        lines[place] = number
        guard value.count > 0 else { return .emptyValue }
        for i in value.indices where value[i] < 0x20 || value[i] == 0x7F { return .controlCharacter }
        culprit = value
        return set(known, value, number)
    }

    /// Takes a value up; answers what is wrong with it.
    private mutating func set(_ key: Key, _ value: Span<UInt8>, _ line: Int) -> Mistake.Kind? {
        switch key {
        case .jid:
            guard let account = BareJID(value), !account.isDomain else { return .notAccount }
            jid = account
        case .domain:
            guard let address = BareJID(value), address.isDomain else { return .notDomain }
            guard value.count <= OwnAccount.domainLimit else { return .tooLong(OwnAccount.domainLimit) }
            // Beside an account it is a mistake, which is said once all was read.
            if self.line(of: .jid) == 0 { jid = address }
        case .discover:
            discovers = value.equals("on")
            return discovers || value.equals("off") ? nil : .notSwitch
        case .registry:
            // An account would have to be a friend first, and nobody could say who it is.
            guard let address = BareJID(value), address.isDomain else { return .notComponent }
            registry = address
        case .serial: return addTag("SN", value)
        case .manufacturer: return addTag("MAN", value)
        case .model: return addTag("MODEL", value)
        case .version: return addTag("V", value)
        case .deviceClass: return addTag("CLASS", value)
        case .tag: return addTag(value)
        case .password: if !password.append(value) { return .tooLong(Text<128>.maximum) }
        case .resource:
            guard let kept = JID.resource(value) else { return .notResource }
            resource = kept
        case .parent:
            guard let address = BareJID(value) else { return .notAddress }
            parent = address
        case .mirror: return mirrors.add(value, line: line)
        case .audit:
            auditsToParent = value.equals("parent")
            return auditsToParent || value.equals("none") ? nil : .notAudit
        case .history:
            guard let seconds = value.decimalNumber, seconds <= 86_400 else { return .notHistory }
            history = seconds
        case .passwordFile, .ca, .state, .sysfs:
            guard let path = Path(value) else { return .tooLong(Path.maximum) }
            switch key {
            case .passwordFile: passwordFile = path
            case .ca: authorities = path
            case .state: state = path
            default: sysfs = path
            }
        case .server:
            server = Server(value)
            return server == nil ? .notHostAndPort : nil
        case .tls:
            directTLS = value.equals("direct")
            return directTLS || value.equals("starttls") ? nil : .notTLS
        case .log:
            for raw in 0...LogLevel.debug.rawValue {
                if let level = LogLevel(rawValue: raw), value.equals(level.word) {
                    log = level
                    return nil
                }
            }
            return .notLogLevel
        case .resetLine:
            resetLine = GPIOLine(value)
            return resetLine == nil ? .notLine : nil
        case .network, .interface, .hostname, .mount, .watchdog, .watchdogSeconds, .timeServer, .powerLine, .light:
            return machine.set(key, value)
        case .allowPlain:
            allowPlain = value.equals("true")
            return allowPlain || value.equals("false") ? nil : .notBoolean
        }
        return nil
    }
}

extension Configuration.Server {
    /// Reads `host:port`, `192.0.2.1:5222` or `[2001:db8::1]:5222`; nil for anything
    /// else. The port may be missing where there is one to be taken in its place.
    public init?(_ text: Span<UInt8>, defaultPort: UInt16? = nil) {
        var name = text
        var rest = text
        if text.count > 0 && text[0] == 0x5B {
            guard let end = text.firstIndex(of: 0x5D) else { return nil }
            name = text.extracting(1..<end)
            rest = text.extracting(droppingFirst: end &+ 1)
            guard let address = Address(name), address.family == 6 else { return nil }
        } else {
            let colon = text.firstIndex(of: 0x3A) ?? text.count
            name = text.extracting(first: colon)
            rest = text.extracting(droppingFirst: colon)
            guard Self.isHostName(name) else { return nil }
        }
        guard let host = Text<255>(name) else { return nil }
        if rest.count == 0, let defaultPort {
            self.init(host: host, port: defaultPort)
            return
        }
        guard rest.count > 1, rest[0] == 0x3A,
            let number = rest.extracting(droppingFirst: 1).decimalNumber, number > 0, number <= 65_535
        else { return nil }
        self.init(host: host, port: UInt16(truncatingIfNeeded: number))
    }

    private static func isHostName(_ name: Span<UInt8>) -> Bool {
        guard name.count > 0 && name.count <= 253 && name[0] != 0x2E && name[0] != 0x2D else { return false }
        for i in name.indices where !name[i].isInHostName { return false }
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
