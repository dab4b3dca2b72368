import Fixed
import Linux
import TLS
import Thing

// Bytes between the socket and the Thing.
extension Program {
    /// Rounds of reading in one turn: other sources get their share.
    private static var rounds: Int { 16 }

    /// Moves what can be moved without waiting. True where there may be more.
    mutating func exchange(_ now: Instant) -> Bool {
        for _ in 0..<Self.rounds {
            deliver(now)
            transmit(now)
            guard inbox.isEmpty, receive(now) else { return false }
        }
        deliver(now)
        transmit(now)
        return inbox.isEmpty
    }

    /// Offers the Thing what came.
    private mutating func deliver(_ now: Instant) {
        switch line {
        case .plain, .secure, .closing: break
        default: return
        }
        while !inbox.isEmpty {
            let taken = thing.receive(inbox.bytes, now: now)
            inbox.take(taken)
            guard !inbox.isEmpty else { return }
            // It waits for room, which sending may make.
            let waiting = thing.outgoing.count
            transmit(now)
            if taken == 0 && thing.outgoing.count == waiting { return }
        }
    }

    /// Receives once. True where something came.
    private mutating func receive(_ now: Instant) -> Bool {
        switch line {
        case .idle, .discovering, .resolving, .connecting: return false
        case .plain(let socket): return receivePlain(from: socket, now)
        case .closing(let socket, let secure, _):
            return secure ? receiveSecure(from: socket, now) : receivePlain(from: socket, now)
        case .secure(let socket): return receiveSecure(from: socket, now)
        case .handshaking(let socket, _, _):
            guard feed(from: socket, now) else { return false }
            continueHandshake(now)
            return true
        case .finished(let socket, _):
            var room = inbox.room
            switch socket.receive(into: &room) {
            case .bytes: return true
            case .nothingYet: return false
            case .end, .failed:
                lost(.closedByUs, now)
                return false
            }
        }
    }

    private mutating func receivePlain(from socket: Socket, _ now: Instant) -> Bool {
        var room = inbox.room
        switch socket.receive(into: &room) {
        case .bytes(let count):
            inbox.filled(count)
            return true
        case .nothingYet: return false
        case .end: lost(.closedByPeer, now)
        case .failed(let failure): lost(disconnection(failure), now)
        }
        return false
    }

    private mutating func receiveSecure(from socket: Socket, _ now: Instant) -> Bool {
        while true {
            var room = inbox.room
            switch tls.read(into: &room) {
            case .bytes(let count):
                inbox.filled(count)
                return true
            case .wouldBlock: guard feed(from: socket, now) else { return false }
            case .closed, .failed(.closed):
                lost(.closedByPeer, now)
                return false
            case .failed(let failure):
                _ = flush(socket)
                lost(disconnection(failure), now)
                return false
            }
        }
    }

    /// Brings ciphertext from the socket to TLS. True where something came, its end included.
    private mutating func feed(from socket: Socket, _ now: Instant) -> Bool {
        let limit = tls.room
        guard limit > 0 else { return false }
        // The inbox is empty whenever more is read, and serves as the way through.
        var room = inbox.room
        switch socket.receive(into: &room, limit: limit) {
        case .bytes(let count):
            inbox.filled(count)
            _ = tls.feed(inbox.bytes)
            inbox.take(count)
            return true
        case .nothingYet: return false
        case .end:
            if inputEnded {
                lost(.closedByPeer, now)
                return false
            }
            inputEnded = true
            tls.inputClosed()
            return true
        case .failed(let failure):
            lost(disconnection(failure), now)
            return false
        }
    }

    /// Sends what the Thing has to say; what it depends on is kept first.
    @inline(never)
    mutating func transmit(_ now: Instant) {
        switch line {
        case .plain(let socket): transmitPlain(on: socket, now)
        case .secure(let socket): transmitSecure(on: socket, now)
        case .handshaking(let socket, _, _):
            if case .failed(let failure) = flush(socket) { lost(disconnection(failure), now) }
        case .closing(let socket, let secure, _):
            if secure { transmitSecure(on: socket, now) } else { transmitPlain(on: socket, now) }
            guard case .closing = line, thing.outgoing.count == 0 else { return }
            if secure {
                tls.closeNotify()
                guard case .bytes = flush(socket) else { return }
            }
            finish(socket, now)
        case .idle, .discovering, .resolving, .connecting, .finished: break
        }
    }

    private mutating func transmitPlain(on socket: Socket, _ now: Instant) {
        while thing.outgoing.count > 0 {
            keepState()
            switch socket.send(thing.outgoing) {
            case .bytes(let count): thing.transmitted(count)
            case .noRoom: return
            case .failed(let failure): return lost(disconnection(failure), now)
            }
        }
    }

    private mutating func transmitSecure(on socket: Socket, _ now: Instant) {
        while true {
            if thing.outgoing.count > 0 {
                keepState()
                let written = tls.write(thing.outgoing)
                thing.transmitted(written)
                // As much as fits goes into one write to the socket.
                if written > 0 && thing.outgoing.count > 0 { continue }
            }
            guard tls.outgoing.count > 0 else { return }
            switch flush(socket) {
            case .bytes: if thing.outgoing.count == 0 { return }
            case .noRoom: return
            case .failed(let failure): return lost(disconnection(failure), now)
            }
        }
    }

    /// Sends ciphertext: `.bytes` where nothing is left.
    @inline(never)
    mutating func flush(_ socket: Socket) -> Socket.Sending {
        while tls.outgoing.count > 0 {
            let result = socket.send(tls.outgoing)
            guard case .bytes(let count) = result else { return result }
            tls.transmitted(count)
        }
        return .bytes(0)
    }

    /// Something waits for room in the socket.
    var hasUnsent: Bool {
        switch line {
        case .plain: return thing.outgoing.count > 0
        case .handshaking: return tls.outgoing.count > 0
        case .secure, .closing: return tls.outgoing.count > 0 || thing.outgoing.count > 0
        case .idle, .discovering, .resolving, .connecting, .finished: return false
        }
    }

    private func disconnection(_ failure: Socket.Failure) -> Disconnection {
        switch failure {
        case .refused: return .refused
        case .unreachable: return .unreachable
        case .timedOut: return .timedOut
        case .reset: return .reset
        }
    }
}
