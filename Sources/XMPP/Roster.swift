import Fixed
import XML

/// Who sees whose presence, from our side (RFC 6121 §2.1.2.5).
public enum Subscription: UInt8, Sendable {
    case none, to, from, both

    init?(_ word: Span<UInt8>) {
        switch word {
        case "both": self = .both
        case "from": self = .from
        case "to": self = .to
        case "none": self = .none
        default: return nil
        }
    }
}

/// An entry of the roster.
public struct Contact: Sendable {
    public var address: BareJID
    public var subscription: Subscription
    /// Our own request to see the contact's presence is on its way.
    public var asked: Bool
    /// Of this friendship among all there ever were; never 0. What is remembered about a
    /// friend is remembered under it, and dies with it.
    public fileprivate(set) var seal: UInt32 = 0
    /// It is to end, and the server has not said yet that it has: nobody's friend any more.
    public fileprivate(set) var isEnding = false
    var seen = true
}

/// The Thing's friends, as its server tells them. Authorisation rests on this table and on nothing else.
public struct Roster: ~Copyable {
    /// Contacts it holds; one place is the parent's own.
    public static var capacity: Int { 32 }

    public enum Change: Equatable {
        case none
        /// The contact is there, with whatever is new about it.
        case updated
        /// The contact is gone, or its subscription is.
        case removed(BareJID)
        /// The item is malformed: the push is to be refused.
        case malformed
        /// There is no place: the contact stays unknown, and so denied.
        case full
    }

    private var contacts = List<32, Contact>(
        filler: Contact(address: BareJID(), subscription: .none, asked: false))
    /// The version the server gave it; empty where it has none.
    public private(set) var version = Text<128>()
    /// Set once this session has heard the roster: until then nobody is a friend.
    public var isCurrent = false
    /// All that is in it is somebody's who owned the Thing before, and has to go: nobody is a friend.
    public var isToBeEmptied = false
    /// Something is new and worth keeping.
    public var changed = false
    /// Contacts that found no place since the roster was last heard.
    public private(set) var unplaced = 0
    private var lastSeal: UInt32 = 0

    public init() {}

    public var count: Int { contacts.count }
    public var indices: Range<Int> { contacts.indices }
    public subscript(index: Int) -> Contact { contacts[index] }

    /// Room for one more friend beside the parent.
    public var isFull: Bool { contacts.count >= Self.capacity &- 1 }

    public func subscription(of address: BareJID) -> Subscription {
        guard let index = index(of: address) else { return .none }
        return contacts[index].subscription
    }

    public func hasAsked(_ address: BareJID) -> Bool {
        guard let index = index(of: address) else { return false }
        return contacts[index].asked
    }

    public func contains(_ address: BareJID) -> Bool { index(of: address) != nil }

    /// Both see each other's presence: the definition of a friend.
    @inline(never)
    public func isFriend(_ address: BareJID) -> Bool {
        guard isCurrent, !isToBeEmptied, let index = index(of: address) else { return false }
        return contacts[index].subscription == .both && !contacts[index].isEnding
    }

    /// The seal of whoever has a place here.
    public func seal(of address: BareJID) -> UInt32? {
        guard let index = index(of: address) else { return nil }
        return contacts[index].seal
    }

    /// There is a contact with that seal.
    public func knows(_ seal: UInt32) -> Bool {
        for i in contacts.indices where contacts[i].seal == seal { return true }
        return false
    }

    /// Whoever has that seal, and is a friend.
    public func friend(sealed seal: UInt32) -> BareJID? {
        for i in contacts.indices where contacts[i].seal == seal {
            return isFriend(contacts[i].address) ? contacts[i].address : nil
        }
        return nil
    }

    /// As if the friendship had just begun: what was remembered under its old seal is void.
    public mutating func reseal(_ address: BareJID) {
        if let index = index(of: address) { contacts[index].seal = nextSeal() }
    }

    /// The friendship is over as far as we are concerned, though the server may learn of
    /// it later, and even after another login.
    public mutating func end(_ address: BareJID) {
        guard let index = index(of: address) else { return }
        contacts[index].seal = nextSeal()
        contacts[index].isEnding = true
        changed = true
    }

    /// It is to be, after all; what was remembered before is gone.
    public mutating func resume(_ address: BareJID) {
        guard let index = index(of: address), contacts[index].isEnding else { return }
        contacts[index].isEnding = false
        changed = true
    }

    public func isEnding(_ address: BareJID) -> Bool {
        guard let index = index(of: address) else { return false }
        return contacts[index].isEnding
    }

    private mutating func nextSeal() -> UInt32 {
        lastSeal &+= 1
        if lastSeal == 0 { lastSeal = 1 }
        return lastSeal
    }

    /// The whole roster follows, item by item; contacts that do not come are gone.
    public mutating func beginRenewal() {
        unplaced = 0
        for i in contacts.indices { contacts[i].seen = false }
    }

    /// All items came. `version` may be empty.
    public mutating func endRenewal(version: Span<UInt8>) {
        var i = contacts.count
        while i > 0 {
            i &-= 1
            if !contacts[i].seen { contacts.remove(at: i) }
        }
        setVersion(version)
        isCurrent = true
        changed = true
    }

    /// A version that is too long to keep is not kept: the next roster comes whole.
    public mutating func setVersion(_ bytes: Span<UInt8>) {
        version = Text(bytes) ?? Text()
        changed = true
    }

    /// Forgets all, as after a change of account.
    public mutating func removeAll() {
        contacts.removeAll()
        version = Text()
        isCurrent = false
        changed = true
    }

    /// Applies one `<item/>` of a result or a push. `parent` always finds a place.
    public mutating func apply(_ item: borrowing Element, parent: BareJID) -> Change {
        guard item.matches("item", Namespace.roster), let jid = JID(item.value("jid")) else { return .malformed }
        let word = item.value("subscription")
        let removed = word.equals("remove")
        var subscription = Subscription.none
        if word.count > 0 && !removed {
            guard let told = Subscription(word) else { return .malformed }
            subscription = told
        }
        // A contact with a resource is nobody's friend; it is not ours to track.
        guard jid.isBare else { return .none }
        let asked = item.value("ask", is: "subscribe")
        let contact = Contact(address: jid.bare, subscription: subscription, asked: asked)
        return place(contact, keep: !removed && (subscription != .none || asked), parent: parent)
    }

    /// Puts back what an earlier run kept. Said twice, the first counts: removing a
    /// contact must leave nothing of it.
    public mutating func restore(_ contact: Contact) {
        if !contains(contact.address) { append(contact) }
    }

    private mutating func place(_ contact: Contact, keep: Bool, parent: BareJID) -> Change {
        if let index = index(of: contact.address) {
            changed = true
            if !keep {
                contacts.remove(at: index)
                return .removed(contact.address)
            }
            let before = contacts[index]
            contacts[index] = contact
            let ends = before.subscription == .both && contact.subscription != .both
            contacts[index].seal = ends ? nextSeal() : before.seal
            contacts[index].isEnding = before.isEnding
            return ends ? .removed(contact.address) : .updated
        }
        guard keep else { return .removed(contact.address) }
        guard contact.address == parent ? !contacts.isFull : !isFullFor(parent) else {
            unplaced &+= 1
            return .full
        }
        append(contact)
        changed = true
        return .updated
    }

    private mutating func append(_ contact: Contact) {
        if contacts.append(contact) { contacts[contacts.count &- 1].seal = nextSeal() }
    }

    /// The last place is kept for the parent until it has one.
    private func isFullFor(_ parent: BareJID) -> Bool {
        contacts.count >= (contains(parent) || parent.isEmpty ? Self.capacity : Self.capacity &- 1)
    }

    @inline(never)
    private func index(of address: BareJID) -> Int? {
        for i in contacts.indices where contacts[i].address == address { return i }
        return nil
    }
}

extension Contact {
    public init(address: BareJID, subscription: Subscription, asked: Bool, isEnding: Bool = false) {
        self.address = address
        self.subscription = subscription
        self.asked = asked
        self.isEnding = isEnding
        seen = true
    }
}
