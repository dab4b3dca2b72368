import Fixed
import Linux
import TLS
import Thing
import XMPP

// How a connection is had, and how it ends.
extension Program {
    /// Time for one address while others remain to be tried; TCP's own is minutes.
    private static var connectPatience: Interval { .seconds(30) }
    /// Less than the Thing's patience with a step, so that the words are about TLS.
    private static var handshakePatience: Interval { .seconds(20) }
    /// Together less than the time the Thing gives a connection to end.
    private static var closePatience: Interval { .seconds(3) }
    private static var finishPatience: Interval { .seconds(1) }

    /// Takes up the wish for a connection. Where no domain is known, or its server is lost, the network is asked first.
    mutating func connect(_ now: Instant) {
        obstacle = nil
        if thing.needsDomain {
            discovery.begin(now: now, poller: poller, source: Source.resolver)
        } else if isLost {
            discovery.begin(for: thing.domain, now: now, poller: poller, source: Source.resolver)
        } else {
            return resolve(now)
        }
        isLost = false
        line = .discovering
        discover(now)
    }

    /// Goes on looking for the domain, or for its server.
    @inline(never)
    private mutating func discover(_ now: Instant) {
        // Nothing is received while there is no connection: the inbox serves for the answers.
        var room = inbox.room
        switch discovery.step(now: now, poller: poller, source: Source.resolver, through: &room) {
        case .waiting: return
        case .found:
            thing.journal.log(.info, discovery.origin.words, discovery.domain.bytes)
            if thing.needsDomain { _ = thing.found(domain: discovery.domain.bytes) }
        case .nothing: break
        }
        if thing.needsDomain { lost(.undiscovered, now) } else { resolve(now) }
    }

    /// Starts looking for the server: where it redirected us, where the configuration
    /// says, or where the network or its domain's records say.
    private mutating func resolve(_ now: Instant) {
        if let server = Configuration.Server(thing.redirection, defaultPort: 5222) ?? configuration.server {
            resolver.begin(host: server.host.bytes, port: server.port, now: now, poller: poller, source: Source.resolver)
        } else {
            resolver.begin(
                domain: thing.domain, directTLS: configuration.directTLS, now: now, poller: poller,
                source: Source.resolver)
            // What DNS-SD tells is where STARTTLS is spoken.
            if !configuration.directTLS, let address = discovery.server, discovery.domain.bytes.equals(thing.domain) {
                resolver.prefer(address)
            }
        }
        line = .resolving
        tryNextAddress(now)
    }

    /// Goes on with whatever the line waits for.
    mutating func advance(_ ready: Poller.Ready?, _ now: Instant) {
        switch line {
        case .discovering: discover(now)
        case .resolving: tryNextAddress(now)
        case .connecting(let socket, let address, let until):
            if ready?.writable(Source.line) == true {
                settle(socket, address, now)
            } else if now >= until {
                failed(.timedOut, at: address, now)
            }
        case .handshaking(_, _, let until):
            if now >= until { lost(.timedOut, now) }
        case .closing(let socket, _, let until):
            if now >= until { finish(socket, now) }
        case .finished(_, let until):
            if now >= until { lost(.closedByUs, now) }
        case .idle, .plain, .secure: break
        }
    }

    /// When the line wants to be advanced.
    func lineWake(_ now: Instant) -> Wake {
        switch line {
        case .connecting(_, _, let until), .handshaking(_, _, let until), .closing(_, _, let until),
            .finished(_, let until):
            return .at(until)
        case .discovering: return .at(discovery.wake)
        case .resolving: return .at(resolver.wake)
        case .idle, .plain, .secure: return .onInput
        }
    }

    @inline(never)
    private mutating func tryNextAddress(_ now: Instant) {
        while case .resolving = line {
            switch resolver.step(now: now, poller: poller, source: Source.resolver) {
            case .waiting: return
            case .address(let address): open(address, now)
            case .failed(let failure): return unresolved(failure, now)
            }
        }
    }

    private mutating func open(_ address: Address, _ now: Instant) {
        switch Socket.connect(to: address) {
        case .failed(let failure): note(failure, at: address)
        case .opening(let socket):
            line = .connecting(socket, address, until: now + Self.connectPatience)
            watched = .writing
            guard poller.add(socket.descriptor, as: Source.line, for: .writing) else {
                return failed(.unreachable, at: address, now)
            }
        }
    }

    /// The attempt has ended, one way or the other.
    private mutating func settle(_ socket: Socket, _ address: Address, _ now: Instant) {
        if let failure = socket.connectionFailure { return failed(failure, at: address, now) }
        resolver.end(poller: poller)
        thing.journal.log(.info, "connected to", address.text.bytes)
        if configuration.directTLS {
            startTLS(on: socket, direct: true, now)
        } else {
            line = .plain(socket)
            thing.connected(secure: false, now: now)
        }
    }

    /// This address does not do: the next one.
    @inline(never)
    private mutating func failed(_ failure: Socket.Failure, at address: Address, _ now: Instant) {
        note(failure, at: address)
        dropSocket()
        line = .resolving
        tryNextAddress(now)
    }

    private mutating func note(_ failure: Socket.Failure, at address: Address) {
        obstacle = failure
        thing.journal.log(.debug, failure.words, address.text.bytes)
    }

    private mutating func unresolved(_ failure: Resolver.Failure, _ now: Instant) {
        thing.journal.log(.debug, failure.words)
        // It may have moved to where no record leads.
        isLost = configuration.discovers && configuration.server == nil && !configuration.directTLS
        discovery.forgetServer()
        switch failure {
        case .noService: lost(.serviceRefused, now)
        case .exhausted:
            switch obstacle {
            case .refused: lost(.refused, now)
            case .timedOut: lost(.timedOut, now)
            case .reset: lost(.reset, now)
            case .unreachable, nil: lost(.unreachable, now)
            }
        case .notAName, .noName, .noAddress, .noAnswer: lost(.unresolved, now)
        }
    }

    /// Lays TLS under the stream. The name that the certificate must prove is the account's
    /// domain, wherever records and redirections led (RFC 6120 §13.7.2.1).
    mutating func startTLS(on socket: Socket, direct: Bool, _ now: Instant) {
        inbox.wipe()
        inputEnded = false
        line = .handshaking(socket, direct: direct, until: now + Self.handshakePatience)
        guard tls.begin(serverName: thing.domain) else {
            if let failure = tls.failure { lost(disconnection(failure), now) } else { lost(.unreachable, now) }
            return
        }
        continueHandshake(now)
    }

    /// Goes on with the handshake as far as what came allows.
    mutating func continueHandshake(_ now: Instant) {
        guard case .handshaking(let socket, let direct, _) = line else { return }
        switch tls.handshake() {
        case .needsMore: break
        case .failed(let failure):
            // The alert says why, if the peer still listens.
            _ = flush(socket)
            lost(disconnection(failure), now)
        case .done:
            line = .secure(socket)
            let binding = Text<64>(tls.channelBinding) ?? Text()
            thing.secured(channelBinding: binding.bytes, now: now)
            if direct { thing.connected(secure: true, now: now) }
        }
    }

    func disconnection(_ failure: TLS.Failure) -> Disconnection {
        .tls(words: StaticWords(failure.words))
    }

    /// Begins to end the connection in order. True where that changed something.
    mutating func close(_ now: Instant) -> Bool {
        switch line {
        case .plain(let socket): line = .closing(socket, secure: false, until: now + Self.closePatience)
        case .secure(let socket): line = .closing(socket, secure: true, until: now + Self.closePatience)
        case .closing, .finished: return false
        case .idle, .discovering, .resolving, .connecting, .handshaking: lost(.closedByUs, now)
        }
        return true
    }

    /// All was sent, or would not go: no more from us.
    mutating func finish(_ socket: Socket, _ now: Instant) {
        socket.finish()
        line = .finished(socket, until: now + Self.finishPatience)
    }

    /// The connection is gone, or was not to be had.
    @inline(never)
    mutating func lost(_ why: Disconnection, _ now: Instant) {
        dropSocket()
        resolver.end(poller: poller)
        discovery.end(poller: poller)
        tls.end()
        inbox.wipe()
        line = .idle
        thing.disconnected(why, now: now)
    }

    @inline(never)
    private mutating func dropSocket() {
        guard let socket else { return }
        poller.remove(socket.descriptor)
        socket.close()
    }

    var socket: Socket? {
        switch line {
        case .idle, .discovering, .resolving: return nil
        case .connecting(let socket, _, _), .plain(let socket), .handshaking(let socket, _, _), .secure(let socket),
            .closing(let socket, _, _), .finished(let socket, _):
            return socket
        }
    }

    /// Waits for what the line can use: input where the Thing takes it, room where
    /// something is left to send.
    mutating func watch() {
        guard let socket else { return }
        let interest: Poller.Interest
        switch line {
        case .connecting: interest = .writing
        case .finished: interest = .reading
        default:
            let sending = hasUnsent
            let reading = inbox.isEmpty
            interest = sending ? (reading ? .both : .writing) : reading ? .reading : .nothing
        }
        guard interest != watched else { return }
        watched = interest
        poller.change(socket.descriptor, as: Source.line, for: interest)
    }
}
