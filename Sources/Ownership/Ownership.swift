import Fixed
import XMPP

/// Whose the Thing is, and by which KEY it can become somebody's.
///
/// A value of its own, kept whole with the rest of the state: a change of owner is there
/// altogether or not at all.
public struct Ownership: ~Copyable {
    private let place = InPlace()
    /// The owner's account; empty for nobody's.
    public private(set) var owner = BareJID()
    /// The parent the owner named in his place; empty where he is it himself.
    public private(set) var delegate = BareJID()
    /// To whom the owner would give the Thing, who has not accepted yet; empty for nobody.
    public private(set) var next = BareJID()
    public private(set) var key = KeptKey.none
    public private(set) var lock = ClaimLock()
    /// What the registry has to do with it.
    public var registry = Registry()
    /// Contacts of an earlier owner may still be in the roster at the server: all that is there
    /// is to be taken out before anybody is a friend.
    public private(set) var isEmptying = false
    /// Something is new and worth keeping.
    public var changed = false
    /// It changed hands: nobody may hear of that before it is kept.
    public var mustBeKept = false

    public init() {}

    public var isOwned: Bool { !owner.isEmpty }

    /// Who decides for the Thing: whom the owner named, or himself; empty for nobody.
    public var parent: BareJID { delegate.isEmpty ? owner : delegate }

    // MARK: Changes of hands

    /// The Thing is `owner`'s from now on, or nobody's where that is empty; it then has the KEY
    /// `key`, and none while it is somebody's. Nothing of before is left.
    public mutating func pass(to owner: BareJID, key: KeptKey) {
        self.owner = owner
        delegate = BareJID()
        next = BareJID()
        self.key = key
        lock = ClaimLock()
        isEmptying = true
        changed = true
        mustBeKept = true
    }

    /// The roster has been found empty.
    public mutating func emptied() {
        isEmptying = false
        changed = true
    }

    // MARK: The owner's wishes

    /// The owner names who decides in his place; until the Thing changes hands.
    public mutating func delegate(to parent: BareJID) {
        delegate = parent
        changed = true
    }

    /// The owner names the next one, or takes that back (empty).
    public mutating func offer(to next: BareJID) {
        self.next = next
        changed = true
    }

    // MARK: The KEY

    /// What is kept of the KEY.
    public mutating func keep(_ key: KeptKey) {
        self.key = key
        changed = true
    }

    public mutating func keyFailed(now: Instant) {
        lock.failed(now: now)
        changed = true
    }

    /// The lock of an earlier run goes on.
    public mutating func beginLock(now: Instant) { lock.begin(now: now) }

    // MARK: From an earlier run

    public mutating func restore(owner: BareJID) { self.owner = owner }
    public mutating func restore(delegate: BareJID) { self.delegate = delegate }
    public mutating func restore(next: BareJID) { self.next = next }
    public mutating func restore(key: KeptKey) { self.key = key }
    public mutating func restore(failures: UInt8) { lock = ClaimLock(failures: failures) }
    public mutating func restoreEmptying() { isEmptying = true }
}
