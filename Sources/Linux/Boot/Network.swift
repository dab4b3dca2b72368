import CPlatform
import Fixed

/// The machine's one network interface, set up and kept up: by DHCP, or as the configuration says. Only for
/// the machine's first process.
///
/// Nothing here waits: `turn` is called when `source` is readable, and when `wake` says so.
public struct Network: ~Copyable {
    public enum Event: Equatable, Sendable {
        case nothing
        /// There is a way to others now, or there is one again.
        case reachable
        /// This machine has another address, or none: what was connected is no more.
        case replaced
    }

    private var plan = NetworkPlan()
    private var wanted = Text<15>()
    private var client = DHCPClient()
    private var interface = ward_interface()
    private var isRunning = false
    private var watch: Int32 = -1
    private var socket: Int32 = -1
    /// What was set last; 0 for nothing.
    private var address: UInt32 = 0
    private var router: UInt32 = 0
    private var mask: UInt32 = 0
    private var isActive = false
    private var mustLook = true
    /// Until then the interface may still have to be found, and an address to come.
    private var patience: Instant?

    /// Less than it takes to doubt that there is a DHCP server; IPv6, which the kernel does by itself, may be all there is.
    private static var grace: Interval { .seconds(15) }

    public init() {}

    /// Switches the interface on, where it is there already: two ends of a cable take seconds to agree, in which other
    /// things can be done.
    public static func switchOn(_ plan: borrowing NetworkPlan, interface: Span<UInt8>) {
        var found = ward_interface()
        guard plan.kind != .none, interface.lend({ unsafe ward_interface_find($0, $1, &found) }) == 0 else { return }
        _ = withName(of: &found) { ward_interface_up($0) }
    }

    /// Starts. Loopback is there from then on.
    public mutating func begin(_ plan: NetworkPlan, interface: Text<15>, now: Instant, poller: Poller, source: Int32) {
        Self.loopback()
        self.plan = plan
        wanted = interface
        guard plan.kind != .none else { return }
        isActive = true
        patience = now + Self.grace
        watch = ward_interface_watch()
        if watch >= 0 { poller.add(watch, as: source, for: .reading) }
    }

    /// 127.0.0.1/8, for whatever looks for a name server on this machine.
    private static func loopback() {
        let name: StaticString = "lo"
        unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: 3) {
            _ = ward_interface_set($0, 0x7F00_0001, 0xFF00_0000, 0)
            _ = ward_interface_up($0)
        }
    }

    /// There is no link yet, or no address that anybody could be reached from, and it is not too late for them to come.
    public func isPending(_ now: Instant) -> Bool {
        guard let patience else { return false }
        return (address == 0 || !isRunning) && now < patience
    }

    /// The address of a time server, where DHCP named one; 0 for none.
    public var timeServer: UInt32 { client.held?.lease.timeServer ?? 0 }

    public var wake: Wake {
        guard isActive else { return .onInput }
        guard let patience else { return client.wake }
        return client.wake.earlier(.at(patience))
    }

    /// Goes on.
    @inline(never)
    public mutating func turn(
        _ isReadable: Bool, now: Instant, poller: Poller, source: Int32, journal: inout Journal
    ) -> Event {
        guard isActive else { return .nothing }
        if let patience, now >= patience { self.patience = nil }
        var event = Event.nothing
        if isReadable || mustLook {
            mustLook = false
            if watch >= 0 { ward_interface_seen(watch) }
            event = look(now, &journal)
        }
        guard plan.kind == .dhcp, interface.index != 0 else { return event }
        // Whatever is sent to it, the rest of the program has its turn.
        for _ in 0..<16 {
            guard let happened = hear(now) else { break }
            event = act(on: happened, event, &journal)
        }
        event = act(on: client.poll(now: now, chance: Process.random()), event, &journal)
        listen(poller, source)
        speak(now)
        return event
    }

    // MARK: The interface

    /// Looks at how the interface is now.
    private mutating func look(_ now: Instant, _ journal: inout Journal) -> Event {
        var found = ward_interface()
        let result = wanted.bytes.lend { unsafe ward_interface_find($0, $1, &found) }
        guard result == 0 else {
            interface.index = 0
            return link(false, now, &journal)
        }
        if found.index != interface.index {
            interface = found
            // One that was unplugged meanwhile comes back with nothing.
            address = 0
            client.hardware = found.hardware
            let result = Self.withName(of: &interface) { ward_interface_up($0) }
            if result < 0 { complain("the network interface cannot be switched on: ", result, &journal) }
            if plan.kind == .fixed {
                _ = use(plan.address, plan.mask, plan.router, &journal)
                tell(plan.nameServers, &journal)
            }
            _ = wanted.bytes.lend { unsafe ward_interface_find($0, $1, &found) }
        }
        return link(found.running == 1, now, &journal)
    }

    /// The cable is there, or it is not.
    private mutating func link(_ isThere: Bool, _ now: Instant, _ journal: inout Journal) -> Event {
        guard isThere != isRunning else { return .nothing }
        isRunning = isThere
        journal.log(isThere ? .info : .warning, isThere ? "the network's link is there" : "the network's link is gone")
        if plan.kind == .dhcp {
            if isThere { client.linkCame(now: now, chance: Process.random()) } else { client.linkWent() }
        }
        return isThere && address != 0 ? .reachable : .nothing
    }

    /// Lends the name, which ends in NUL.
    private static func withName(of interface: inout ward_interface, _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
        unsafe withUnsafeBytes(of: &interface.name) { bytes in
            guard let base = bytes.baseAddress else { return -1 }
            return unsafe body(base.assumingMemoryBound(to: CChar.self))
        }
    }

    // MARK: Messages

    /// There is a socket for as long as an answer is due: at the port, other questions of this program need room as well.
    private mutating func listen(_ poller: Poller, _ source: Int32) {
        if client.isAsking && socket < 0 {
            var link = ward_link()
            link.index = interface.index
            socket = unsafe ward_link_open_dhcp(&link)
            if socket >= 0 { poller.add(socket, as: source, for: .reading) }
        } else if !client.isAsking && socket >= 0 {
            poller.remove(socket)
            ward_close(socket)
            socket = -1
        }
    }

    private mutating func speak(_ now: Instant) {
        var message = Text<512>()
        guard let server = client.transmit(to: &message, now: now, chance: Process.random()) else { return }
        let socket = socket
        _ = message.bytes.lend { ward_link_send_dhcp(socket, server, $0, $1) }
    }

    /// What the next datagram says; nil where there is none.
    private mutating func hear(_ now: Instant) -> DHCPClient.Event? {
        guard socket >= 0 else { return nil }
        var bytes = InlineArray<1024, UInt8>(repeating: 0)
        var sender = ward_sender()
        let socket = socket
        let count = bytes.fill { unsafe ward_link_receive(socket, $0, $1, &sender) }
        guard count >= 0 else { return nil }
        guard sender.port == 67 else { return .nothing }
        return client.receive(bytes.span.extracting(first: count), now: now, chance: Process.random())
    }

    private mutating func act(on happened: DHCPClient.Event, _ event: Event, _ journal: inout Journal) -> Event {
        switch happened {
        case .nothing: return event
        case .lost:
            journal.log(.warning, "the address is not ours any more")
            _ = Self.withName(of: &interface) { ward_interface_clear($0) }
            address = 0
            return .replaced
        case .bound:
            guard let lease = client.held?.lease else { return event }
            let isNew = address == 0
            tell(lease.nameServers, &journal)
            guard use(lease.address, lease.mask, lease.router, &journal) else { return event }
            return isNew ? .reachable : .replaced
        }
    }

    // MARK: What is set

    /// Sets address and route. False where nothing had to be changed, or could be.
    @inline(never)
    private mutating func use(_ address: UInt32, _ mask: UInt32, _ router: UInt32, _ journal: inout Journal) -> Bool {
        if address == self.address && mask == self.mask && router == self.router { return false }
        let result = Self.withName(of: &interface) { ward_interface_set($0, address, mask, router) }
        if result < 0 { complain("the address or the route cannot be set: ", result, &journal) }
        self.address = address
        self.mask = mask
        self.router = router
        var words = Text<64>()
        words.put(address: address)
        words.put(0x2F)
        words.put(decimal: mask.nonzeroBitCount)
        if router != 0 {
            words.put(" via ")
            words.put(address: router)
        }
        journal.log(.info, "this machine's address is", words.bytes)
        return true
    }

    /// Writes the name servers where the resolver looks. Without any, what the image says holds.
    private func tell(_ servers: Text<12>, _ journal: inout Journal) {
        guard !servers.isEmpty else { return }
        var file = Text<96>()
        for place in 0..<(servers.count / 4) {
            file.put("nameserver ")
            file.put(address: DHCPMessage.value(in: servers.bytes, at: 4 &* place))
            file.put(0x0A)
        }
        let path = NameFiles.system.resolvers
        let result = path.bytes.lend { name, length in file.bytes.lend { ward_boot_write(name, length, $0, $1) } }
        if result < 0 { complain("the name servers cannot be written down: ", result, &journal) }
    }

    private func complain(_ words: StaticString, _ error: Int32, _ journal: inout Journal) {
        journal.begin(.error)
        journal.put(words)
        journal.put(SystemError(number: error))
        journal.end()
    }
}
