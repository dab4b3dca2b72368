import Access
import Fixed
import XML
import XMPP

/// Somebody who wants to be told of changes.
public struct EventSubscription: Sendable {
    enum Step: Sendable {
        /// The parent is asked under this ticket. The request has no answer yet where it has an id.
        case asking(UInt32)
        /// Nothing to do until then.
        case resting(until: Instant)
        /// The subscriber is not there: nothing is sent, and nothing looked at.
        case away
        /// In the running pass.
        case sampling
        /// Being written: what, and how far fields and failures have got.
        case writing(FieldSet, fields: Int, failures: Int)
    }

    /// Among all there ever were: its conditions are found by it.
    let number: UInt32
    /// Of the friendship it rests on (`Roster.seal`); 0 for a parent that is a component.
    public let seal: UInt32
    public let resource: JID.Resource
    public let request: EventRequest
    /// The nodes it is still for, by their places, as bits.
    var nodes: UInt8
    /// The request's own name, until it is answered.
    public internal(set) var id: Text<128>
    /// An event is due whatever the values are.
    var isForced: Bool
    /// When the last event was, or the subscription began.
    var since: Instant
    var step: Step

    /// The request has had its answer.
    public internal(set) var isAccepted: Bool
    /// The client went before that.
    var isGone = false

    public var fields: FieldSet { request.inquiry.fields }
}

extension EventSubscription {
    /// Nobody's, for unused places.
    fileprivate init() {
        self.init(
            number: 0, seal: 0, resource: JID.Resource(), request: EventRequest(), nodes: 0, id: Text(), isForced: false,
            since: Instant(milliseconds: 0), step: .away, isAccepted: false)
    }
}

/// Who is told of changes, and when the next look at the sensors is due for it. Nothing
/// of this outlives the program: a subscriber who hears nothing for his `maxInterval`
/// subscribes again (IoT Events §5.4).
///
/// What may be told is not kept here. Before each message the door is asked anew.
public struct Events: ~Copyable {
    /// In all, and for each friend.
    public static var capacity: Int { 8 }
    public static var perFriend: Int { 4 }
    /// Conditions on single fields, in all and for each subscription.
    public static var conditionCapacity: Int { 16 }
    public static var conditionsEach: Int { 8 }
    /// The longest time between two looks at a field that is watched.
    static var look: Interval { .seconds(10) }
    /// How long to wait where the parent has not decided.
    public static var patience: Interval { .minutes(1) }

    private let place = InPlace()
    /// To be looked at by the places that functions of this table give, until one is removed.
    public private(set) var subscriptions = List<8, EventSubscription>(filler: EventSubscription())
    private var conditions = List<16, Condition>(
        filler: Condition(owner: 0, field: 0, bounds: .none, last: nil))
    private var lastNumber: UInt32 = 0

    public init() {}

    // MARK: Subscribing

    /// Adds a subscription, which waits for the parent's word under a ticket until `accept`.
    /// False where there is no room.
    ///
    /// Of a client's subscriptions those to the same nodes give way once the new one is
    /// allowed (`accept`), or at once where the table is full; and whoever is away gives
    /// way to who is there.
    public mutating func add(
        _ request: EventRequest, _ element: borrowing Element, _ catalogue: borrowing Catalogue, seal: UInt32,
        resource: JID.Resource, id: Text<128>, asking ticket: UInt32
    ) -> Bool {
        var own = 0
        for i in subscriptions.indices where subscriptions[i].seal == seal { own &+= 1 }
        if own >= Self.perFriend || subscriptions.isFull || conditions.count &+ Self.conditionsEach > Self.conditionCapacity {
            release(request.inquiry.nodes, of: seal, resource)
            own = 0
            for i in subscriptions.indices where subscriptions[i].seal == seal { own &+= 1 }
        }
        guard own < Self.perFriend else { return false }
        if subscriptions.isFull, let gone = indexOfAway { remove(gone) }
        guard !subscriptions.isFull else { return false }
        lastNumber &+= 1
        guard watch(element, request, catalogue) else {
            forgetConditions(of: lastNumber)
            return false
        }
        subscriptions.append(
            EventSubscription(
                number: lastNumber, seal: seal, resource: resource, request: request, nodes: request.inquiry.nodes,
                id: id, isForced: request.wantsFirst, since: Instant(milliseconds: 0), step: .asking(ticket), isAccepted: false))
        return true
    }

    /// Takes up the conditions of a request. False where there are more than there is room for.
    private mutating func watch(
        _ element: borrowing Element, _ request: borrowing EventRequest, _ catalogue: borrowing Catalogue
    ) -> Bool {
        var next = element.firstChild
        while let child = next {
            next = child.next(in: element)
            guard child.matches("field", EventRequest.namespace) else { continue }
            let bounds = Condition.Bounds(child)
            guard case .changed = bounds else { continue }
            let named = catalogue.fields(named: child.value("name")).intersection(request.inquiry.fields)
            for field in 0..<catalogue.count where named.contains(field) {
                let last = Condition.Bounds.current(child).map { Magnitude.number($0) }
                guard conditions.append(Condition(owner: lastNumber, field: field, bounds: bounds, last: last))
                else { return false }
            }
        }
        return true
    }

    private var indexOfAway: Int? {
        for i in subscriptions.indices { if case .away = subscriptions[i].step { return i } }
        return nil
    }

    /// Nodes of a client's subscriptions, of those that stand, that another one is for now.
    private mutating func release(_ nodes: UInt8, of seal: UInt32, _ resource: JID.Resource, but number: UInt32 = 0) {
        var i = subscriptions.count
        while i > 0 {
            i &-= 1
            guard subscriptions[i].seal == seal, subscriptions[i].resource == resource, subscriptions[i].isAccepted,
                subscriptions[i].number != number
            else { continue }
            subscriptions[i].nodes &= ~nodes
            if subscriptions[i].nodes == 0 { remove(i) }
        }
    }

    /// The parent allows the subscription at `index`: it takes the place of the client's earlier ones.
    public mutating func accept(_ index: Int, now: Instant) {
        subscriptions[index].isAccepted = true
        subscriptions[index].id = Text()
        subscriptions[index].step = subscriptions[index].isGone ? .away : .resting(until: now)
        subscriptions[index].since = now
        release(
            subscriptions[index].nodes, of: subscriptions[index].seal, subscriptions[index].resource,
            but: subscriptions[index].number)
    }

    /// The parent is asked about a subscription that stands: it took back what it said.
    public mutating func ask(_ index: Int, _ ticket: UInt32) { subscriptions[index].step = .asking(ticket) }

    /// The parent allows it still.
    public mutating func wakeUp(_ index: Int, now: Instant) { subscriptions[index].step = .resting(until: now) }

    /// No decision: not before a while.
    public mutating func postpone(_ index: Int, now: Instant) {
        subscriptions[index].step = .resting(until: now + Self.patience)
    }

    /// A subscription that waits for the answer under that ticket.
    public func index(asking ticket: UInt32) -> Int? {
        for i in subscriptions.indices { if case .asking(ticket) = subscriptions[i].step { return i } }
        return nil
    }

    /// The subscription of that client under that number.
    public func index(of seal: UInt32, _ resource: JID.Resource, sequence: Int32) -> Int? {
        for i in subscriptions.indices where subscriptions[i].seal == seal && subscriptions[i].request.sequence == sequence {
            if subscriptions[i].resource == resource { return i }
        }
        return nil
    }

    public mutating func remove(_ index: Int) {
        forgetConditions(of: subscriptions[index].number)
        subscriptions.remove(at: index)
    }

    private mutating func forgetConditions(of number: UInt32) {
        var i = conditions.count
        while i > 0 {
            i &-= 1
            if conditions[i].owner == number { conditions.remove(at: i) }
        }
    }

    // MARK: Who is there

    /// A friend's client is there: what has changed meanwhile is told now.
    public mutating func arrived(_ seal: UInt32, _ resource: JID.Resource, now: Instant) {
        for i in subscriptions.indices where subscriptions[i].seal == seal && subscriptions[i].resource == resource {
            subscriptions[i].isGone = false
            if case .away = subscriptions[i].step { subscriptions[i].step = .resting(until: now) }
        }
    }

    /// A friend's client has gone; without a resource, all have. Nothing is sent to it
    /// until it is back, or it would pile up at its server.
    public mutating func left(_ seal: UInt32, _ resource: JID.Resource) {
        for i in subscriptions.indices where subscriptions[i].seal == seal {
            guard resource.isEmpty || subscriptions[i].resource == resource else { continue }
            if subscriptions[i].isAccepted { subscriptions[i].step = .away } else { subscriptions[i].isGone = true }
        }
    }

    /// The Thing is offline: nobody can be seen. Who was not accepted yet never will be.
    public mutating func forgetPresence() {
        var i = subscriptions.count
        while i > 0 {
            i &-= 1
            if subscriptions[i].isAccepted { subscriptions[i].step = .away } else { remove(i) }
        }
    }

    public mutating func removeAll() {
        subscriptions.removeAll()
        conditions.removeAll()
    }

    /// A subscription that stands on a friendship that is no more.
    public func indexOfStranger(_ roster: borrowing Roster) -> Int? {
        for i in subscriptions.indices where subscriptions[i].seal != 0 && subscriptions[i].isAccepted {
            if roster.friend(sealed: subscriptions[i].seal) == nil { return i }
        }
        return nil
    }

    // MARK: When to look

    /// A subscription for which the sensors are to be looked at now.
    public func due(now: Instant) -> Int? {
        for i in subscriptions.indices {
            if case .resting(let until) = subscriptions[i].step, until <= now { return i }
        }
        return nil
    }

    /// The field may have changed: whoever watches it is due as soon as his `minInterval` allows.
    public mutating func changed(_ field: Int, now: Instant) {
        for i in subscriptions.indices {
            guard case .resting(let until) = subscriptions[i].step, subscriptions[i].isAccepted,
                subscriptions[i].fields.contains(field) else { continue }
            let first = max(now, subscriptions[i].since + subscriptions[i].request.least)
            if first < until { subscriptions[i].step = .resting(until: first) }
        }
    }

    /// It takes part in the pass that begins.
    public mutating func sample(_ index: Int) { subscriptions[index].step = .sampling }

    /// A subscription that the pass, which is complete, was for.
    public var toTell: Int? {
        for i in subscriptions.indices {
            switch subscriptions[i].step {
            case .sampling, .writing: return i
            case .asking, .resting, .away: break
            }
        }
        return nil
    }

    public var wake: Wake {
        var wake = Wake.onInput
        for i in subscriptions.indices {
            if case .resting(let until) = subscriptions[i].step { wake = wake.earlier(.at(until)) }
        }
        return wake
    }

    // MARK: What to tell

    /// Looks at what the pass brought, as far as it is permitted. True where there is an
    /// event, which `write` then writes. A change makes one on the field's own node.
    public mutating func evaluate(
        _ index: Int, permitted: FieldSet, _ catalogue: borrowing Catalogue, _ sampler: borrowing Sampler, now: Instant
    ) -> Bool {
        if case .writing = subscriptions[index].step { return true }
        var nodes: UInt8 = 0
        if subscriptions[index].isForced { nodes = .max }
        if let most = subscriptions[index].request.most, subscriptions[index].since + most <= now { nodes = .max }
        for i in conditions.indices where conditions[i].owner == subscriptions[index].number {
            let field = conditions[i].field
            // What may not be read may not be guessed from when an event comes either.
            guard permitted.contains(field), case .value(let value, _) = sampler[field] else { continue }
            let magnitude = Magnitude(value)
            if conditions[i].last == nil { conditions[i].last = magnitude }
            if conditions[i].isMet(by: magnitude) { nodes |= 1 &<< catalogue[field].node }
        }
        nodes &= subscriptions[index].nodes
        let fields = subscriptions[index].fields.intersection(permitted).intersection(catalogue.fields(onNodes: nodes))
        guard !fields.isEmpty else {
            rest(index, now: now)
            return false
        }
        subscriptions[index].step = .writing(fields, fields: 0, failures: 0)
        return true
    }

    /// Writes the next message of the event at `index`, as a readout's are written (XEP-0323
    /// §3.3). False where there was no room for it.
    public mutating func write(
        _ index: Int, to jid: JID, by permit: borrowing Permit, _ catalogue: borrowing Catalogue,
        _ sampler: borrowing Sampler, to out: inout Outbox, now: Instant
    ) -> Bool {
        guard case .writing(let all, let from, let failed) = subscriptions[index].step else { return false }
        let sequence = subscriptions[index].request.sequence
        let fields = all.intersection(permit.fields)
        let failures = sampler.failures(among: fields)
        let values = fields.subtracting(failures)
        var next = from
        var nextFailure = failed
        out.begin()
        if failures.isEmpty || from < catalogue.count && !values.isEmpty {
            next = FieldsWriter.write(
                values, from: from, to: jid, sequence: sequence, by: permit, catalogue, sampler,
                failuresFollow: !failures.isEmpty, to: &out)
        } else {
            next = catalogue.count
            nextFailure = FieldsWriter.writeFailures(
                failures, from: failed, to: jid, sequence: sequence, catalogue, sampler, to: &out)
        }
        guard out.commit() else { return false }
        if next >= catalogue.count && (failures.isEmpty || nextFailure >= catalogue.count) {
            told(index, fields, sampler, now: now)
        } else {
            subscriptions[index].step = .writing(all, fields: next, failures: nextFailure)
        }
        return true
    }

    /// Changes are measured from what was told last.
    private mutating func told(_ index: Int, _ fields: FieldSet, _ sampler: borrowing Sampler, now: Instant) {
        for i in conditions.indices where conditions[i].owner == subscriptions[index].number {
            if fields.contains(conditions[i].field), case .value(let value, _) = sampler[conditions[i].field] {
                conditions[i].last = Magnitude(value)
            }
        }
        subscriptions[index].isForced = false
        subscriptions[index].since = now
        let request = subscriptions[index].request
        let pause = isWatching(index) ? request.least : request.most ?? request.least
        subscriptions[index].step = .resting(until: now + pause)
    }

    /// Nothing to tell: the next look.
    private mutating func rest(_ index: Int, now: Instant) {
        let request = subscriptions[index].request
        var until = now + (isWatching(index) ? min(request.least, Self.look) : Self.patience)
        if let most = request.most { until = min(until, subscriptions[index].since + most) }
        // Whoever may see none of it any more is not looked after at once again.
        subscriptions[index].step = .resting(until: max(until, now + EventRequest.shortest))
    }

    private func isWatching(_ index: Int) -> Bool {
        for i in conditions.indices where conditions[i].owner == subscriptions[index].number { return true }
        return false
    }
}
