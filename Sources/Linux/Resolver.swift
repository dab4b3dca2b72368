import Fixed

/// From a domain, or a host of the configuration, to addresses to try in turn.
///
/// A numeric address needs nobody; `localhost` is this machine (RFC 6761 §6.3);
/// the hosts file has the first word; then DNS: SRV for a domain (RFC 6120 §3.2,
/// XEP-0368), and AAAA and A for a host. An internationalised name must be given
/// in its ASCII form. Does not wait: `step` is called again when its source is
/// readable or the time has come. Large: belongs in a global.
public struct Resolver: ~Copyable {
    public enum Step: Equatable, Sendable {
        /// An address to try; ask again where it does not do.
        case address(Address)
        case waiting(Instant)
        case failed(Failure)
    }

    public enum Failure: Equatable, Sendable {
        case notAName, noName, noAddress, noAnswer, noService
        /// There were addresses, and all have been tried.
        case exhausted

        public var words: StaticString {
            switch self {
            case .notAName: return "the server's name cannot be a host's"
            case .noName: return "the server's name does not exist"
            case .noAddress: return "the server's name has no address"
            case .noAnswer: return "no name server answers"
            case .noService: return "the domain declares that it offers no XMPP"
            case .exhausted: return "no address of the server can be reached"
            }
        }
    }

    private enum Phase {
        case idle, services, host
    }

    private let files: NameFiles
    private var phase = Phase.idle
    private var query = NameQuery()
    private var addresses = List<8, Address>(filler: Address())
    /// The domain itself, with the port it would serve.
    private var domain = HostName()
    private var port: UInt16 = 0
    private var anyAddress = false
    private var failure = Failure.noAddress

    public init(files: NameFiles = .system) { self.files = files }

    /// Starts over, for whatever serves the domain. `poller` watches the questions'
    /// socket as `source`.
    public mutating func begin(
        domain: Span<UInt8>, directTLS: Bool, now: Instant, poller: Poller, source: Int32
    ) {
        restart(poller)
        port = directTLS ? 5223 : 5222
        if isKnown(domain) { return }
        var question = HostName()
        guard let name = HostName(hostName: domain),
            question.append(directTLS ? "_xmpps-client._tcp." : "_xmpp-client._tcp."), question.append(name.bytes)
        else { return failure = .notAName }
        self.domain = name
        phase = .services
        query.begin(.services, of: question, from: files, now: now, poller, source)
    }

    /// Starts over, for that host.
    public mutating func begin(host: Span<UInt8>, port: UInt16, now: Instant, poller: Poller, source: Int32) {
        restart(poller)
        self.port = port
        beginHost(host, now, poller, source)
    }

    /// Puts an address before all others. To be called right after `begin`.
    public mutating func prefer(_ address: Address) {
        if addresses.isFull { return }
        addresses.append(address)
        var place = addresses.count &- 1
        while place > 0 {
            addresses[place] = addresses[place &- 1]
            place &-= 1
        }
        addresses[0] = address
    }

    private mutating func restart(_ poller: Poller) {
        end(poller: poller)
        query.services.removeAll()
        addresses.removeAll()
        anyAddress = false
        failure = .noAddress
    }

    /// Goes on: an address, or when to call again at the latest, or why there is none.
    public mutating func step(now: Instant, poller: Poller, source: Int32) -> Step {
        while true {
            if !addresses.isEmpty {
                let address = addresses[0]
                addresses.remove(at: 0)
                anyAddress = true
                return .address(address)
            }
            if query.isActive { query.process(now: now, poller, source) }
            if query.isActive { return .waiting(query.wake) }
            switch phase {
            case .services: servicesEnded(now, poller, source)
            case .host: hostEnded()
            case .idle:
                guard !query.services.isEmpty else { return .failed(anyAddress ? .exhausted : failure) }
                let service = query.services[0]
                query.services.remove(at: 0)
                port = service.port
                beginHost(service.host.bytes, now, poller, source)
            }
        }
    }

    /// When `step` is to be called again while it answered `waiting`.
    public var wake: Instant { query.wake }

    /// Stops asking.
    public mutating func end(poller: Poller) {
        query.end(poller)
        phase = .idle
    }

    private mutating func servicesEnded(_ now: Instant, _ poller: Poller, _ source: Int32) {
        phase = .idle
        guard query.result == .found, !query.services.isEmpty else {
            // No SRV, or nobody knows: the domain's own address (RFC 6120 §3.2.2).
            query.services.append(Service(priority: 0, weight: 0, port: port, host: domain))
            return
        }
        if query.services.count == 1 && query.services[0].host.isEmpty {
            query.services.removeAll()
            failure = .noService
            return
        }
        Service.arrange(&query.services) { Process.random() }
    }

    private mutating func hostEnded() {
        phase = .idle
        for i in query.addresses.indices {
            var address = query.addresses[i]
            address.port = port
            addresses.append(address)
        }
        switch query.result {
        case .found: break
        case .noName: failure = .noName
        case .noData: failure = .noAddress
        default: failure = .noAnswer
        }
    }

    private mutating func beginHost(_ host: Span<UInt8>, _ now: Instant, _ poller: Poller, _ source: Int32) {
        if isKnown(host) { return }
        guard let name = HostName(hostName: host) else { return failure = .notAName }
        phase = .host
        query.begin(.addresses, of: name, from: files, now: now, poller, source)
    }

    /// True where the host's addresses are known without asking.
    @inline(never)
    private mutating func isKnown(_ host: Span<UInt8>) -> Bool {
        var text = host
        if text.count > 2 && text[0] == 0x5B && text[text.count &- 1] == 0x5D {
            text = text.extracting(1..<(text.count &- 1))
        }
        if let address = Address(text, port: port) { return addresses.append(address) }
        guard let name = HostName(hostName: host) else { return false }
        if name.bytes.equals("localhost") || name.bytes.ends(with: ".localhost") {
            addresses.append(.loopback4(port: port))
            return addresses.append(.loopback6(port: port))
        }
        files.look(up: name, port: port, into: &addresses)
        return !addresses.isEmpty
    }
}

extension Span where Element == UInt8 {
    fileprivate func ends(with literal: StaticString) -> Bool {
        let suffix = literal.bytes
        return count >= suffix.count && extracting(last: suffix.count).equals(suffix)
    }
}
