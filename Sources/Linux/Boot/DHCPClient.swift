import Fixed

/// The client of DHCP (RFC 2131 §4.4), without a clock or a socket: messages in, messages out, and what happened.
///
/// It takes the first offer that makes sense, and asks nobody whether the address is in use already (§4.4.1 would have
/// it ask by ARP). `chance` is a number that nobody can guess, a new one for each call.
struct DHCPClient: Sendable {
    enum Event: Equatable, Sendable {
        case nothing
        /// The lease is ours, be it new or prolonged: apply it where it changed anything.
        case bound
        /// The address is not ours any more.
        case lost
    }

    /// A message that is repeated until it is answered.
    struct Exchange: Sendable {
        var number: UInt32
        /// When it was sent first, and last.
        var began: Instant
        var sent: Instant
        var again: Instant
        var tries = 0

        init(_ chance: UInt32, _ now: Instant) {
            number = chance
            began = now
            sent = now
            again = now
        }
    }

    /// A lease and since when it counts.
    struct Held: Sendable {
        var lease: Lease
        var since: Instant

        private func after(_ seconds: UInt32) -> Instant { since + .seconds(Int64(seconds)) }
        var renewal: Instant { after(lease.renewal) }
        var rebinding: Instant { after(lease.rebinding) }
        /// Nil: never.
        var expiry: Instant? { lease.duration == Lease.forever ? nil : after(lease.duration) }
    }

    enum State: Sendable {
        /// There is no link, and perhaps an address from before.
        case unlinked(Held?)
        case selecting(Exchange, Held?)
        case requesting(Exchange, offer: Lease, Held?)
        /// The link is there again: is the address still good here (§3.2)?
        case confirming(Exchange, Held)
        case bound(Held)
        case renewing(Exchange, Held)
        case rebinding(Exchange, Held)
    }

    private(set) var state = State.unlinked(nil)
    /// Of the interface.
    var hardware: UInt64 = 0

    /// How often an offer is taken up, and a lease asked after, before another is looked for.
    private static var patience: Int { 4 }

    init() {}

    /// What is in force.
    var held: Held? { heldNow() }

    // Apart, and once: each place that looks at it would have the whole of it otherwise.
    @inline(never)
    private func heldNow() -> Held? {
        switch state {
        case .unlinked(let held), .selecting(_, let held), .requesting(_, _, let held): return held
        case .confirming(_, let held), .bound(let held), .renewing(_, let held), .rebinding(_, let held): return held
        }
    }

    private var exchange: Exchange? { exchangeNow() }

    @inline(never)
    private func exchangeNow() -> Exchange? {
        switch state {
        case .unlinked, .bound: return nil
        case .selecting(let exchange, _), .requesting(let exchange, _, _), .confirming(let exchange, _),
            .renewing(let exchange, _), .rebinding(let exchange, _):
            return exchange
        }
    }

    /// Something is asked: answers have to be listened for.
    var isAsking: Bool { exchange != nil }

    /// When `poll` and `transmit` want to be called again.
    var wake: Wake {
        var wake = Wake.onInput
        if let exchange { wake = .at(exchange.again) }
        guard let held else { return wake }
        if let expiry = held.expiry { wake = wake.earlier(.at(expiry)) } else { return wake }
        switch state {
        case .bound: return wake.earlier(.at(held.renewal))
        case .renewing: return wake.earlier(.at(held.rebinding))
        default: return wake
        }
    }

    // MARK: The link

    /// The link is there. §4.4.1 would have a client wait up to ten seconds first, for the sake of a whole building that
    /// is switched on at once; this one doubles its pauses instead, and is there sooner.
    mutating func linkCame(now: Instant, chance: UInt32) {
        guard case .unlinked(let held) = state else { return }
        if let held { state = .confirming(Exchange(chance, now), held) } else { state = .selecting(Exchange(chance, now), nil) }
    }

    mutating func linkWent() { state = .unlinked(held) }

    // MARK: Time

    /// Does what the time asks for.
    mutating func poll(now: Instant, chance: UInt32) -> Event {
        if let expiry = held?.expiry, now >= expiry {
            if case .unlinked = state { state = .unlinked(nil) } else { state = .selecting(Exchange(chance, now), nil) }
            return .lost
        }
        switch state {
        case .requesting(let exchange, _, let held) where exchange.tries >= Self.patience && now >= exchange.again:
            state = .selecting(Exchange(chance, now), held)
        // Nobody knows; until somebody offers another the address may be kept for as long as it was lent.
        case .confirming(let exchange, let held) where exchange.tries >= Self.patience && now >= exchange.again:
            state = .selecting(Exchange(chance, now), held)
        case .bound(let held) where held.expiry != nil && now >= held.renewal:
            state = .renewing(Exchange(chance, now), held)
            return poll(now: now, chance: chance &+ 1)
        case .renewing(_, let held) where now >= held.rebinding:
            state = .rebinding(Exchange(chance, now), held)
        default: break
        }
        return .nothing
    }

    // MARK: Messages out

    /// Writes the message that is due, to be sent to the answer, an address or `.max` for all; nil where none is. One that
    /// cannot be sent is as good as lost on the way.
    mutating func transmit(to sink: inout Text<512>, now: Instant, chance: UInt32) -> UInt32? {
        guard var exchange, now >= exchange.again else { return nil }
        var server: UInt32 = .max
        exchange.sent = now
        exchange.again = now + Self.pause(exchange.tries, chance)
        exchange.tries &+= 1
        // Table 5 of §4.4.1, and §4.3.2, say what each of the requests holds.
        switch state {
        case .unlinked, .bound: return nil
        case .selecting(_, let held):
            write(DHCPMessage.Kind.discover, exchange, to: &sink)
            state = .selecting(exchange, held)
        case .requesting(_, let offer, let held):
            write(DHCPMessage.Kind.request, exchange, asking: offer.address, of: offer.server, to: &sink)
            state = .requesting(exchange, offer: offer, held)
        case .confirming(_, let held):
            write(DHCPMessage.Kind.request, exchange, asking: held.lease.address, to: &sink)
            state = .confirming(exchange, held)
        case .renewing(_, let held):
            server = held.lease.server
            write(DHCPMessage.Kind.request, exchange, owning: held.lease.address, to: &sink)
            exchange.again = Self.halfway(now, held.rebinding)
            state = .renewing(exchange, held)
        case .rebinding(_, let held):
            write(DHCPMessage.Kind.request, exchange, owning: held.lease.address, to: &sink)
            exchange.again = Self.halfway(now, held.expiry ?? now + .minutes(1))
            state = .rebinding(exchange, held)
        }
        return server
    }

    /// §4.1: doubling, and up to a second more or less by chance. From 2 s, since the first question often comes before
    /// a switch has opened its port.
    private static func pause(_ tries: Int, _ chance: UInt32) -> Interval {
        .milliseconds((2000 << Int64(min(tries, 5))) &- 1000 &+ Int64(chance % 2001))
    }

    /// §4.4.5: half of the time that is left, but not more often than once a minute.
    private static func halfway(_ now: Instant, _ end: Instant) -> Instant {
        let half = Interval.milliseconds(end.since(now).milliseconds / 2)
        return min(now + max(half, .minutes(1)), end)
    }

    @inline(never)
    private func write(
        _ kind: UInt8, _ exchange: Exchange, asking: UInt32 = 0, of server: UInt32 = 0, owning address: UInt32 = 0,
        to sink: inout Text<512>
    ) {
        let seconds = UInt16(clamping: exchange.sent.since(exchange.began).milliseconds / 1000)
        // Who has the address already can be answered at it.
        DHCPMessage.writeHead(
            number: exchange.number, hardware: hardware, client: address, seconds: seconds, broadcast: address == 0, to: &sink)
        let wanted: [14 of UInt8] = [
            DHCPOption.kind, 1, kind, DHCPOption.size, 2, 2, 0x40 /* 576 */, DHCPOption.wanted, 5, DHCPOption.mask, DHCPOption.router,
            DHCPOption.nameServers, DHCPOption.timeServers, DHCPOption.duration,
        ]
        sink.put(wanted.span)
        if asking != 0 { put(DHCPOption.requestedAddress, asking, to: &sink) }
        if server != 0 { put(DHCPOption.server, server, to: &sink) }
        sink.put(DHCPOption.end)
        DHCPMessage.writeEnd(to: &sink)
    }

    private func put(_ option: UInt8, _ value: UInt32, to sink: inout Text<512>) {
        sink.put(option)
        sink.put(4)
        DHCPMessage.put(value, to: &sink)
    }

    // MARK: Messages in

    /// Takes a message up. One that is no answer to what was asked, or makes no sense, changes nothing.
    mutating func receive(_ bytes: Span<UInt8>, now: Instant, chance: UInt32) -> Event {
        guard let exchange, DHCPMessage.isAnswer(bytes, to: exchange.number), isForUs(bytes), let kind = DHCPMessage.kind(of: bytes)
        else { return .nothing }
        if kind == DHCPMessage.Kind.refusal { return refused(bytes, now, chance) }
        guard let lease = Lease(bytes) else { return .nothing }
        switch state {
        case .unlinked, .bound: return .nothing
        case .selecting(var exchange, let held):
            guard kind == DHCPMessage.Kind.offer else { return .nothing }
            exchange.again = now
            exchange.tries = 0
            state = .requesting(exchange, offer: lease, held)
            return .nothing
        case .requesting(_, let offer, _):
            guard kind == DHCPMessage.Kind.acknowledgement, lease.address == offer.address, lease.server == offer.server
            else { return .nothing }
        // Whichever server it is that knows of the lease.
        case .confirming(_, let held), .renewing(_, let held), .rebinding(_, let held):
            guard kind == DHCPMessage.Kind.acknowledgement, lease.address == held.lease.address else { return .nothing }
        }
        // §4.4.1: it counts from when it was asked for.
        state = .bound(Held(lease: lease, since: exchange.sent))
        return .bound
    }

    private func isForUs(_ bytes: Span<UInt8>) -> Bool {
        UInt64(DHCPMessage.value(in: bytes, at: 28)) << 16 | UInt64(DHCPMessage.value(in: bytes, at: 32) >> 16) == hardware
    }

    /// A server says no (DHCPNAK, §3.1.5 and §3.2.3).
    private mutating func refused(_ bytes: Span<UInt8>, _ now: Instant, _ chance: UInt32) -> Event {
        let server = DHCPMessage.number(DHCPOption.server, in: bytes)
        switch state {
        case .unlinked, .bound, .selecting: return .nothing
        case .requesting(_, let offer, let held):
            guard server == offer.server else { return .nothing }
            // Not at once, or a server that offers what it then refuses would be asked for ever.
            var fresh = Exchange(chance, now)
            fresh.again = now + Self.pause(0, chance)
            state = .selecting(fresh, held)
            return .nothing
        case .renewing(_, let held):
            guard server == held.lease.server else { return .nothing }
        case .confirming, .rebinding: break
        }
        state = .selecting(Exchange(chance, now), nil)
        return .lost
    }
}
