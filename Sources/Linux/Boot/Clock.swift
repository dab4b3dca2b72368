import CPlatform
import Fixed

/// Keeps the machine's clock by a time server, where there is one: only for the machine's first process. The clock
/// is never set to a time before the image was made.
///
/// Nothing here waits: `turn` is called when the source is readable, and when `wake` says so.
public struct Clock: ~Copyable {
    private enum State {
        case idle
        case resolving
        case asking(TimeQuestion, sent: Instant)
    }

    private var state = State.idle
    private var schedule = TimeSchedule()
    /// What DHCP said last; 0 for nothing.
    private var offered: UInt32 = 0
    private var floor: Int64 = 0
    private var socket: Int32 = -1

    private static var port: UInt16 { 123 }
    private static var patience: Interval { .seconds(5) }
    /// Less than that and the clock is left as it is.
    private static var tolerance: Int64 { 500 }

    public init() {}

    public mutating func begin() { floor = FirstProcess.clockFloor }

    /// The network is there, and may have named a server; 0 for none. `named`: the configuration does.
    public mutating func networkAppeared(offered: UInt32, named: Bool, now: Instant) {
        self.offered = offered
        guard case .idle = state, named || offered != 0 else { return }
        schedule.begin(now: now)
    }

    public var wake: Wake {
        switch state {
        case .idle: if let next = schedule.next { .at(next) } else { .onInput }
        // What the resolver waits for is due before that.
        case .resolving: .onInput
        case .asking(_, let sent): .at(sent + Self.patience)
        }
    }

    /// Goes on. The resolver is the program's, and only lent while `mayResolve`; `host` is empty where only DHCP may name a server.
    @inline(never)
    public mutating func turn(
        now: Instant, poller: Poller, source: Int32, resolver: inout Resolver, resolverSource: Int32, mayResolve: Bool,
        host: borrowing Text<63>, journal: inout Journal
    ) -> Wake {
        switch state {
        case .idle:
            guard let next = schedule.next, now >= next else { break }
            if host.isEmpty {
                ask(Address(number: offered, port: Self.port), now, poller, source)
            } else if mayResolve {
                resolver.begin(host: host.bytes, port: Self.port, now: now, poller: poller, source: resolverSource)
                state = .resolving
                return resolve(now, poller, source, &resolver, resolverSource)
            } else {
                // Somebody else looks for a name.
                return .at(now + .seconds(1))
            }
        case .resolving:
            guard mayResolve else {
                state = .idle
                return .at(now + .seconds(1))
            }
            return resolve(now, poller, source, &resolver, resolverSource)
        case .asking(let question, let sent):
            hear(question, sent, now, poller, &journal)
            if case .asking = state, now >= sent + Self.patience { end(answered: false, now, poller) }
        }
        return wake
    }

    private mutating func resolve(
        _ now: Instant, _ poller: Poller, _ source: Int32, _ resolver: inout Resolver, _ resolverSource: Int32
    ) -> Wake {
        switch resolver.step(now: now, poller: poller, source: resolverSource) {
        case .waiting(let until): return .at(until)
        case .address(let address):
            resolver.end(poller: poller)
            ask(address, now, poller, source)
        case .failed:
            resolver.end(poller: poller)
            end(answered: false, now, poller)
        }
        return wake
    }

    private mutating func ask(_ address: Address, _ now: Instant, _ poller: Poller, _ source: Int32) {
        let question = TimeQuestion(cookie: UInt64(Process.random()) << 32 | UInt64(Process.random()))
        var message = Text<48>()
        question.write(to: &message)
        socket = address.octets.span.lend { bytes, _ in
            ward_connect_datagram(Int32(address.family), bytes, Int32(address.port))
        }
        guard socket >= 0 else { return schedule.failed(now: now) }
        poller.add(socket, as: source, for: .reading)
        let socket = socket
        _ = message.bytes.lend { ward_send(socket, $0, $1) }
        state = .asking(question, sent: now)
    }

    private mutating func hear(
        _ question: TimeQuestion, _ sent: Instant, _ now: Instant, _ poller: Poller, _ journal: inout Journal
    ) {
        for _ in 0..<4 {
            var bytes = InlineArray<128, UInt8>(repeating: 0)
            let socket = socket
            let count = bytes.fill { ward_receive(socket, $0, $1) }
            guard count >= 0 else { return }
            guard let told = question.time(in: bytes.span.extracting(first: count), floor: floor) else { continue }
            // Half of the way there and back.
            let time = told &+ max(now.since(sent).milliseconds, 0) / 2
            let offset = time &- Process.wallClock
            if offset > Self.tolerance || offset < 0 &- Self.tolerance {
                let result = ward_boot_set_clock(time)
                if result < 0 {
                    journal.log(.error, "the clock cannot be set")
                } else {
                    journal.begin(.info)
                    journal.put("the clock was set by the time server, in seconds by ")
                    journal.put(decimal: Int(clamping: offset / 1000))
                    journal.end()
                }
            }
            return end(answered: true, now, poller)
        }
    }

    private mutating func end(answered: Bool, _ now: Instant, _ poller: Poller) {
        if socket >= 0 {
            poller.remove(socket)
            ward_close(socket)
            socket = -1
        }
        state = .idle
        if answered { schedule.answered(now: now) } else { schedule.failed(now: now) }
    }
}
