import CPlatform
import Fixed

/// One name put to the name servers in turn, over UDP, until one answers.
///
/// Each attempt has a socket of its own, connected, so that the kernel drops
/// what others send and tells of a closed port; source port and number are new
/// each time. Large: belongs in a global.
struct NameQuery: ~Copyable {
    private let place = InPlace()
    /// What is asked for.
    enum Wanted: Sendable { case services, addresses }

    static var patience: Interval { .seconds(2) }

    private var servers = List<3, Address>(filler: Address())
    private var name = HostName()
    private var wanted = Wanted.services
    private var attempt = 0
    private var deadline = Instant(milliseconds: 0)
    private var socket: Int32 = -1
    private var waiting4: UInt16?
    private var waiting6: UInt16?
    private var outcome = NameQuestion.Outcome.failed
    private var datagram = InlineArray<512, UInt8>(repeating: 0)

    /// What was found. Services stay until others are asked for.
    var services = List<8, Service>(filler: Service(priority: 0, weight: 0, port: 0, host: HostName()))
    var addresses = List<8, Address>(filler: Address())

    init() {}

    /// True while an answer is waited for, until `deadline` at most.
    var isActive: Bool { socket >= 0 }
    var wake: Instant { deadline }
    /// How it ended.
    var result: NameQuestion.Outcome { outcome }

    mutating func begin(
        _ wanted: Wanted, of name: HostName, from files: NameFiles, now: Instant, _ poller: Poller, _ source: Int32
    ) {
        end(poller)
        files.servers(into: &servers)
        self.name = name
        self.wanted = wanted
        attempt = -1
        outcome = .failed
        if wanted == .services { services.removeAll() }
        addresses.removeAll()
        ask(now, poller, source)
    }

    /// Reads what came, and tries the next server where the time is up.
    mutating func process(now: Instant, _ poller: Poller, _ source: Int32) {
        var budget = 16
        while isActive && budget > 0 {
            budget &-= 1
            let descriptor = socket
            let count = datagram.fill { ward_receive(descriptor, $0, $1) }
            if count >= 0 {
                read(count)
                if waiting4 == nil && waiting6 == nil {
                    return outcome == .failed ? ask(now, poller, source) : end(poller)
                }
            } else if Int32(truncatingIfNeeded: count) == ward_later {
                break
            } else {
                return ask(now, poller, source)
            }
        }
        if isActive && now >= deadline { ask(now, poller, source) }
    }

    mutating func end(_ poller: Poller) {
        guard socket >= 0 else { return }
        poller.remove(socket)
        ward_close(socket)
        socket = -1
        waiting4 = nil
        waiting6 = nil
    }

    /// Asks the next server that can be asked; gives up after three rounds of one
    /// server or two of several.
    @inline(never)
    private mutating func ask(_ now: Instant, _ poller: Poller, _ source: Int32) {
        end(poller)
        // Where one kind of address was found, the other is not waited for again.
        if outcome == .found { return }
        while true {
            attempt &+= 1
            guard attempt < max(3, 2 &* servers.count) else { return }
            let server = servers[attempt % servers.count]
            let opened = server.octets.span.lend { bytes, _ in
                ward_connect_datagram(Int32(server.family), bytes, Int32(server.port))
            }
            guard opened >= 0 else { continue }
            socket = opened
            guard poller.add(socket, as: source, for: .reading), sendQuestions() else {
                end(poller)
                continue
            }
            deadline = now + Self.patience
            return
        }
    }

    private mutating func sendQuestions() -> Bool {
        let random = Process.random()
        waiting4 = UInt16(truncatingIfNeeded: random)
        waiting6 = wanted == .services ? nil : UInt16(truncatingIfNeeded: random >> 16)
        if let number = waiting6, !send(NameQuestion(name: name, kind: .address6, number: number)) { return false }
        guard let number = waiting4 else { return false }
        return send(NameQuestion(name: name, kind: wanted == .services ? .service : .address4, number: number))
    }

    private func send(_ question: NameQuestion) -> Bool {
        var message = Text<512>()
        question.write(to: &message)
        let descriptor = socket
        return message.bytes.lend { ward_send(descriptor, $0, $1) } >= 0
    }

    private mutating func read(_ count: Int) {
        var result = NameQuestion.Outcome.notOurs
        if let number = waiting6 {
            let question = NameQuestion(name: name, kind: .address6, number: number)
            result = question.read(datagram.span.extracting(first: count)) { keep($0, in: &addresses, &services) }
            if result != .notOurs { waiting6 = nil }
        }
        if result == .notOurs, let number = waiting4 {
            let question = NameQuestion(name: name, kind: wanted == .services ? .service : .address4, number: number)
            result = question.read(datagram.span.extracting(first: count)) { keep($0, in: &addresses, &services) }
            if result != .notOurs { waiting4 = nil }
        }
        switch result {
        case .notOurs: break
        case .found: outcome = .found
        case .noName, .noData: if outcome != .found { outcome = result }
        // This server cannot say. Once it has said so of all that was asked, the next one is; what it
        // knows of the other kind of address may still come.
        case .failed: break
        }
    }
}

/// Keeps a record where there is room: IPv6 before IPv4, better priorities first.
private func keep(
    _ record: NameQuestion.Record, in addresses: inout List<8, Address>, _ services: inout List<8, Service>
) {
    switch record {
    case .address(let address):
        // Neither family may take all the room.
        var same = 0
        for i in addresses.indices where addresses[i].family == address.family { same &+= 1 }
        guard same < 4, addresses.append(address) else { return }
        guard address.family == 6 else { return }
        var place = addresses.count &- 1
        while place > 0 && addresses[place &- 1].family == 4 {
            addresses[place] = addresses[place &- 1]
            place &-= 1
        }
        addresses[place] = address
    case .service(let service):
        if services.append(service) { return }
        var worst = 0
        for i in services.indices where services[i].priority > services[worst].priority { worst = i }
        if services[worst].priority > service.priority { services[worst] = service }
    }
}
