import Fixed
import Ownership
import XMPP

/// What the configuration says of who the Thing is.
public struct Identity: Sendable {
    /// Its address is an account's; or a domain's alone where the Thing is to make its account there; or
    /// empty where the domain has to be found first. Without an account's address the password is empty.
    public var account: Account
    /// An account or a component; empty for a Thing that has to be claimed.
    public var parent: BareJID
    /// The registry of Things (XEP-0347), a component; empty for none.
    public var registry: BareJID
    /// What the registry and the sticker say of the Thing.
    public var tags: Tags
    public var logLevel: LogLevel
    /// The parent is told of each decision too (XEP-0337).
    public var audit: Bool

    public init(
        account: Account, parent: BareJID, registry: BareJID = BareJID(), tags: Tags = Tags(), logLevel: LogLevel,
        audit: Bool = false
    ) {
        self.account = account
        self.parent = parent
        self.registry = registry
        self.tags = tags
        self.logLevel = logLevel
        self.audit = audit
    }

    /// The name of the Thing's own node (XEP-0323 `nodeId`): its account's, and without one what
    /// stays the same whatever account it makes.
    var node: Text<64> {
        if !account.address.isDomain, let name = Text<64>(account.address.local) { return name }
        if let serial = tags.index(of: "SN"), let name = Text<64>(tags.value(at: serial)) { return name }
        return Text("thing")
    }
}
