import Fixed
import XMPP

/// What the configuration says of who the Thing is.
public struct Identity: Sendable {
    public var account: Account
    /// An account or a component; empty for a Thing that is unclaimed.
    public var parent: BareJID
    public var logLevel: LogLevel
    /// The parent is told of each decision too (XEP-0337).
    public var audit: Bool

    public init(account: Account, parent: BareJID, logLevel: LogLevel, audit: Bool = false) {
        self.account = account
        self.parent = parent
        self.logLevel = logLevel
        self.audit = audit
    }
}
