import Fixed
import XMPP

/// How a Thing stands with the account it logs in to: whether it was given one, or makes its own.
public struct OwnAccount: Sendable {
    public enum Standing: Equatable, Sendable {
        /// The configuration names the account.
        case given
        /// There is none yet.
        case none
        /// Name and password are chosen and kept. Whether the server knows them is not known: the
        /// answer to an earlier attempt may have been lost.
        case chosen
        /// The server says that there is an account of that name: logging in will tell whose it is.
        case inDoubt
        /// It is there, and is ours.
        case confirmed
    }

    /// What follows the connection that ends.
    public enum Next: Equatable, Sendable {
        case asUsual, atOnce, later
    }

    public var standing: Standing
    /// The domain is found on the network, and may be another one as long as there is no account.
    public let discovers: Bool
    /// Something is new and worth keeping.
    public var changed = false
    /// What was kept last is not on the medium: no account is made that would be forgotten.
    public var isUnkept = false
    public var next = Next.asUsual
    /// Times in a row that the server would not have us.
    public var refusals = 0
    /// Connections in a row that never became secure.
    public var failures = 0

    /// `address` is the configuration's: an account, a domain, or empty.
    public init(_ address: borrowing BareJID) {
        standing = address.isDomain ? .none : .given
        discovers = address.isEmpty
    }

    public var isGiven: Bool { standing == .given }
    /// Name and password are ours, and to be kept.
    public var isOwn: Bool { standing == .chosen || standing == .inDoubt || standing == .confirmed }
    /// The server knows it, as far as we know.
    public var isThere: Bool { standing == .given || standing == .confirmed }
    /// The next stream is for making the account, and not for logging in.
    public var isToBeMade: Bool { standing == .none || standing == .chosen }

    /// Refusals of an account that was good before, after which a Thing without owner makes another.
    public static var patience: Int { 3 }

    /// Failures after which a domain that was found is looked for anew, though a name was chosen there: about half an hour.
    public static var endurance: Int { 12 }

    /// Bytes a domain may have, so that an account there has an address.
    public static var domainLimit: Int { BareJID.Storage.maximum &- nameBytes &- 1 }
    static var nameBytes: Int { 16 }

    /// 16 characters that nobody can guess, 80 bits.
    public static func name(_ random: Text<16>) -> Text<16> {
        var name = Text<16>()
        for i in random.bytes.indices { name.append(letter(random.bytes[i])) }
        return name
    }

    /// 32 characters that nobody can guess, 160 bits.
    public static func password(_ random: Text<16>, _ more: Text<16>) -> Text<128> {
        var password = Text<128>()
        for i in random.bytes.indices { password.append(letter(random.bytes[i])) }
        for i in more.bytes.indices { password.append(letter(more.bytes[i])) }
        return password
    }

    /// One of a ... z, 2 ... 7.
    private static func letter(_ byte: UInt8) -> UInt8 {
        let five = byte & 31
        return five < 26 ? 0x61 &+ five : 0x32 &+ (five &- 26)
    }

    /// How long a server that refused is left alone: 5 minutes and more, each time twice as long up to
    /// 8 hours, and up to half as much again, so that a delivery of Things does not come back at once.
    public func wait(chance: UInt32) -> Interval {
        let whole = Interval.minutes(5).milliseconds << Int64(min(max(refusals &- 1, 0), 7))
        let limited = min(whole, Interval.minutes(8 * 60).milliseconds)
        return .milliseconds(limited &+ Int64(chance) % (limited / 2 &+ 1))
    }
}
