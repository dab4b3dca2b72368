import Access
import Fixed
import XML
import XMPP

/// A friend some of whose fields are fields of this Thing, and how far we have got
/// with asking for them.
public struct MirroredFriend: Sendable {
    enum Step: Sendable {
        /// Nothing is under way until then.
        case waiting(until: Instant)
        /// We have asked to be told of changes.
        case subscribing(id: Text<24>, until: Instant)
        /// We are told of changes; what is not told by then was lost.
        case subscribed(until: Instant)
        /// We have asked for the values of now.
        case requesting(id: Text<24>, until: Instant)
        /// They are on their way.
        case reading(until: Instant)
    }

    public let address: BareJID
    /// Its node in the catalogue.
    let node: UInt8
    /// The client that is asked; empty while none is there.
    var client = JID.Resource()
    /// Another one that is there, if the first knows nothing.
    var other = JID.Resource()
    /// It knows nothing of events: it is read now and then.
    public internal(set) var isPolled = false
    /// Under which it answers; nobody else can know it.
    var sequence: Int32 = 0
    /// The fields that had a value since its last `done`.
    var told = FieldSet()
    /// Something failed since then.
    var failed = false
    var step = Step.waiting(until: Instant(milliseconds: .min))

    var jid: JID { JID(bare: address, resource: client) }

    /// Values under our sequence are awaited.
    var listens: Bool {
        switch step {
        case .subscribed, .reading: return true
        case .waiting, .subscribing, .requesting: return false
        }
    }
}

/// Fields of friends that are fields of this Thing too: whom to ask, when, and what
/// they last said.
///
/// A value is given on with the time and the quality it came with, for as long as it
/// is fresh; afterwards the field has failed. A friend that goes takes its values along.
public struct Mirrors: ~Copyable {
    /// Fields of friends, and so friends too.
    public static var capacity: Int { 4 }
    /// How long a value that came is taken for the present one.
    public static var freshness: Interval { .minutes(5) }
    /// The longest silence we ask for, and the time between two readings where there are no events.
    static var pulse: Interval { .minutes(1) }
    /// How long an answer may take: the friend may have to ask its parent.
    static var patience: Interval { .minutes(1) }
    /// After a no.
    static var sulk: Interval { .minutes(5) }

    private struct Mirrored: Sendable {
        /// Its places in the catalogue and among the friends.
        var field = 0
        var friend = 0
        var reading = Reading.failed(.gone)
        var taken = DateTime(unixSeconds: 0)
        /// Until then what was told last is what there is.
        var goodUntil = Instant(milliseconds: .min)
    }

    private let place = InPlace()
    public private(set) var friends = List<4, MirroredFriend>(filler: MirroredFriend(address: BareJID(), node: 0))
    private var mirrored = List<4, Mirrored>(filler: Mirrored())
    /// The fields of friends, by their places in the catalogue.
    public private(set) var fields = FieldSet()

    public init() {}

    /// Makes the field `name` of `friend` one of ours, on a node named as the friend.
    /// False where there is no room, or it is one already.
    public mutating func add(_ friend: BareJID, _ name: Text<64>, to catalogue: inout Catalogue) -> Bool {
        guard !mirrored.isFull, !friend.isDomain, let nodeName = Text<64>(friend.bytes),
            let node = catalogue.addNode(nodeName)
        else { return false }
        var field = Field(name: name, unit: Text())
        field.node = UInt8(truncatingIfNeeded: node)
        guard catalogue.declare(field) else { return false }
        if index(of: friend) == nil { friends.append(MirroredFriend(address: friend, node: field.node)) }
        mirrored.append(Mirrored(field: catalogue.count &- 1, friend: index(of: friend) ?? 0))
        fields.insert(catalogue.count &- 1)
        return true
    }

    /// The place of a friend of that address.
    @inline(never)
    public func index(of address: BareJID) -> Int? {
        for i in friends.indices where friends[i].address == address { return i }
        return nil
    }

    /// The fields of the friend at `index`, by their places in the catalogue.
    public func fields(of index: Int) -> FieldSet {
        var set = FieldSet()
        for i in mirrored.indices where mirrored[i].friend == index { set.insert(mirrored[i].field) }
        return set
    }

    /// The client of that friend that is asked.
    public func client(_ index: Int) -> JID { friends[index].jid }

    /// What is known of the field at that place of the catalogue, and of when.
    public func reading(_ field: Int, _ roster: borrowing Roster, now: Instant) -> (Reading, DateTime?) {
        for i in mirrored.indices where mirrored[i].field == field {
            guard isReady(mirrored[i].friend, roster) else { break }
            // Somebody is there, and says nothing any more.
            guard mirrored[i].goodUntil > now else { return (.failed(.tooSlow), nil) }
            if case .failed = mirrored[i].reading { return (mirrored[i].reading, nil) }
            return (mirrored[i].reading, mirrored[i].taken)
        }
        return (.failed(.gone), nil)
    }

    // MARK: Who is there

    /// Presence of a client that may be a mirrored friend's.
    public mutating func arrived(_ jid: JID, now: Instant) {
        guard let i = index(of: jid.bare), !jid.isBare, friends[i].client != jid.resource else { return }
        if friends[i].client.isEmpty {
            friends[i].client = jid.resource
            beginAnew(i, now: now)
        } else {
            friends[i].other = jid.resource
        }
    }

    /// That client went; without a resource, all of them did.
    public mutating func left(_ jid: JID, now: Instant) {
        guard let i = index(of: jid.bare) else { return }
        if jid.isBare || friends[i].other == jid.resource { friends[i].other = JID.Resource() }
        guard jid.isBare || friends[i].client == jid.resource else { return }
        takeOther(i)
        beginAnew(i, now: now)
    }

    /// We are offline ourselves.
    public mutating func forgetPresence(now: Instant) {
        for i in friends.indices { left(JID(bare: friends[i].address), now: now) }
    }

    private mutating func takeOther(_ index: Int) {
        friends[index].client = friends[index].other
        friends[index].other = JID.Resource()
    }

    /// What is known of those who are no friends is forgotten.
    public mutating func dropStrangers(_ roster: borrowing Roster) {
        for i in friends.indices where !roster.isFriend(friends[i].address) {
            beginAnew(i, now: Instant(milliseconds: .min))
        }
    }

    /// What another client said is not this one's word.
    private mutating func beginAnew(_ index: Int, now: Instant) {
        friends[index].isPolled = false
        friends[index].step = .waiting(until: now)
        for i in mirrored.indices where mirrored[i].friend == index { mirrored[i].goodUntil = Instant(milliseconds: .min) }
    }

    // MARK: Asking

    /// The place of a friend who is to be asked now; `asked` records that it was. What
    /// was not answered in time is over.
    public mutating func due(_ roster: borrowing Roster, now: Instant) -> Int? {
        for i in friends.indices where isReady(i, roster) && until(i) <= now {
            switch friends[i].step {
            case .waiting: return i
            // Whoever forgot us is asked again at once.
            case .subscribed: friends[i].step = .waiting(until: now)
            case .subscribing, .requesting, .reading: friends[i].step = .waiting(until: now + Self.pulse)
            }
            if until(i) <= now { return i }
        }
        return nil
    }

    /// The friend at `index` has been asked, to be told of changes or, where it is polled,
    /// for the values of now.
    public mutating func asked(_ index: Int, id: Text<24>, sequence: Int32, now: Instant) {
        friends[index].sequence = sequence
        friends[index].told = FieldSet()
        friends[index].failed = false
        let until = now + Self.patience
        friends[index].step =
            friends[index].isPolled ? .requesting(id: id, until: until) : .subscribing(id: id, until: until)
    }

    private func isReady(_ index: Int, _ roster: borrowing Roster) -> Bool {
        !friends[index].client.isEmpty && roster.isFriend(friends[index].address)
    }

    private func until(_ index: Int) -> Instant {
        switch friends[index].step {
        case .waiting(let until), .subscribing(_, let until), .subscribed(let until), .requesting(_, let until),
            .reading(let until):
            return until
        }
    }

    public func wake(_ roster: borrowing Roster) -> Wake {
        var wake = Wake.onInput
        for i in friends.indices where isReady(i, roster) { wake = wake.earlier(.at(until(i))) }
        return wake
    }

    // MARK: Answers

    /// True where `iq` answers our question to a friend: its id, and the very client that was asked.
    public mutating func answered(by iq: borrowing Element, now: Instant) -> Bool {
        guard let from = JID(iq.value("from")), let i = index(of: from.bare), from == friends[i].jid else { return false }
        let asked: Text<24>
        switch friends[i].step {
        case .subscribing(let id, _), .requesting(let id, _): asked = id
        case .waiting, .subscribed, .reading: return false
        }
        guard iq.value("id").equals(asked.bytes) else { return false }
        if iq.value("type", is: "result"), let accepted = iq.child("accepted", Self.sensorData),
            ReadoutRequest.int(accepted.value("seqnr")) == friends[i].sequence
        {
            friends[i].step = friends[i].isPolled ? .reading(until: now + Self.patience) : subscribed(now)
        } else {
            refused(i, iq, now: now)
        }
        return true
    }

    private func subscribed(_ now: Instant) -> MirroredFriend.Step {
        .subscribed(until: now + .milliseconds(Self.pulse.milliseconds &* 5 / 2))
    }

    /// A no to what we asked: for now, for us, or because the client does not know such questions.
    private mutating func refused(_ index: Int, _ iq: borrowing Element, now: Instant) {
        let error = iq.child("error", Namespace.client)
        if let error, error.value("type", is: "wait") {
            friends[index].step = .waiting(until: now + Self.pulse)
        } else if let error, error.child("forbidden", Namespace.stanzaErrors) != nil {
            friends[index].step = .waiting(until: now + Self.sulk)
        } else if !friends[index].isPolled {
            friends[index].isPolled = true
            friends[index].step = .waiting(until: now)
        } else {
            // It knows neither events nor readings: another client of the friend may.
            if !friends[index].other.isEmpty {
                let deaf = friends[index].client
                takeOther(index)
                friends[index].other = deaf
            }
            beginAnew(index, now: now + Self.pulse)
        }
    }

    public static var sensorData: StaticString { "urn:xmpp:iot:sensordata" }

    // MARK: Values

    /// Takes values or failures that a friend sends. False, and nothing taken, unless they
    /// come from the very client that was asked, under the number it was given.
    public mutating func heard(_ message: borrowing Element, _ catalogue: inout Catalogue, now: Instant) -> Bool {
        guard let from = JID(message.value("from")), let i = index(of: from.bare), from == friends[i].jid,
            friends[i].listens
        else { return false }
        var isOurs = false
        var next = message.firstChild
        while let child = next {
            next = child.next(in: message)
            guard child.namespace.equals(Self.sensorData), ReadoutRequest.int(child.value("seqnr")) == friends[i].sequence
            else { continue }
            let isFields = child.name.equals("fields")
            guard isFields || child.name.equals("failure") else { continue }
            isOurs = true
            if isFields { take(child, from: i, &catalogue, now: now) } else { friends[i].failed = true }
            if Provisioning.boolean(child.value("done").trimmed) == true { done(i, now: now) }
        }
        if isOurs, case .subscribed = friends[i].step { friends[i].step = subscribed(now) }
        return isOurs
    }

    /// All has been said: what was not, though something failed, is what failed.
    private mutating func done(_ index: Int, now: Instant) {
        for i in mirrored.indices where mirrored[i].friend == index && friends[index].failed {
            if !friends[index].told.contains(mirrored[i].field) { set(i, .failed(.notAnswering), now: now) }
        }
        friends[index].told = FieldSet()
        friends[index].failed = false
        if case .reading = friends[index].step { friends[index].step = .waiting(until: now + Self.pulse) }
    }

    private mutating func set(_ index: Int, _ reading: Reading, now: Instant) {
        mirrored[index].reading = reading
        mirrored[index].goodUntil = now + Self.freshness
    }

    private mutating func take(
        _ element: borrowing Element, from friend: Int, _ catalogue: inout Catalogue, now: Instant
    ) {
        // Said twice in a message, the first counts.
        var seen = FieldSet()
        var nextNode = element.firstChild
        while let node = nextNode {
            nextNode = node.next(in: element)
            guard node.matches("node", Self.sensorData) else { continue }
            // What the friend mirrors itself, on a node named by another address, is not
            // taken: it may be our own value on its way back to us.
            if let other = BareJID(node.value("nodeId")), !other.isDomain, other != friends[friend].address { continue }
            var nextTime = node.firstChild
            while let time = nextTime {
                nextTime = time.next(in: node)
                guard time.matches("timestamp", Self.sensorData), let taken = DateTime(time.value("value").trimmed)
                else { continue }
                var next = time.firstChild
                while let field = next {
                    next = field.next(in: time)
                    take(field, at: taken, from: friend, &seen, &catalogue, now: now)
                }
            }
        }
    }

    private mutating func take(
        _ element: borrowing Element, at taken: DateTime, from friend: Int, _ seen: inout FieldSet,
        _ catalogue: inout Catalogue, now: Instant
    ) {
        guard element.namespace.equals(Self.sensorData), Provisioning.boolean(element.value("momentary").trimmed) == true,
            let field = catalogue.index(of: element.value("name"), on: friends[friend].node)
        else { return }
        for i in mirrored.indices where mirrored[i].field == field {
            if seen.contains(field) { return }
            // Said before what we know, and delivered late, it is not news.
            if mirrored[i].goodUntil > now, case .value = mirrored[i].reading,
                taken.unixSeconds < mirrored[i].taken.unixSeconds
            { return }
            seen.insert(field)
            friends[friend].told.insert(field)
            mirrored[i].taken = taken
            guard let value = Value(element), let unit = Text<16>(element.value(value.isTerm ? "dataType" : "unit")) else {
                set(i, .failed(.notANumber), now: now)
                return
            }
            catalogue.setUnit(unit, of: field)
            set(i, .value(value, Quality(element)), now: now)
        }
    }
}
