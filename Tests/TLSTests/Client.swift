import Fixed
import Foundation
import TLS

extension Session {
    var outgoingBytes: [UInt8] { outgoing.withUnsafeBufferPointer { Array($0) } }
    var channelBindingBytes: [UInt8] { channelBinding.withUnsafeBufferPointer { Array($0) } }
}

/// Nothing came within the limit.
struct Silence: Error {}

/// The session under test, joined to a socket.
final class Client {
    var session: Session
    private let socket: Int32
    /// Kept running as long as its client.
    private let server: Server
    /// Ciphertext is fed in pieces of at most so many bytes.
    var piece = 1 << 20
    /// Changes the ciphertext that comes from the server before it is fed; gets the offset
    /// of its first byte. A shorter result stands for the end of the stream.
    var onTheWay: ((Int, [UInt8]) -> [UInt8])?
    private var received = 0

    init(_ server: Server, as name: String = "thing.test", trusting pem: [UInt8]? = nil) throws {
        guard var session = Session() else { throw Trouble("another session exists") }
        let bundle = try pem ?? Authority.shared.get().root()
        guard case .loaded = Session.loadAuthorities(pem: bundle.span) else {
            throw Trouble("the authorities do not load")
        }
        guard session.begin(serverName: Array(name.utf8).span) else {
            throw Trouble("\(session.failure.map { "\($0)" } ?? "no reason")")
        }
        self.session = session
        self.server = server
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = server.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Trouble("cannot connect: \(errno)") }
    }

    deinit { close(socket) }

    /// Sends what is outgoing.
    func flush() {
        while true {
            let bytes = session.outgoingBytes
            if bytes.isEmpty { return }
            let n = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            // A server that is gone is noticed where its answer is waited for.
            session.transmitted(n > 0 ? n : bytes.count)
        }
    }

    /// Waits for ciphertext, at most so many milliseconds, and feeds it.
    func receive(limit: Int32 = 10_000) throws {
        var wanted = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, limit) == 1 else { throw Silence() }
        var chunk = [UInt8](repeating: 0, count: max(min(piece, session.room), 1))
        let n = recv(socket, &chunk, chunk.count, 0)
        guard n > 0 else { return session.inputClosed() }
        var bytes = Array(chunk[..<n])
        if let onTheWay {
            bytes = onTheWay(received, bytes)
            received += n
        }
        guard session.feed(bytes.span) == bytes.count else { throw Trouble("room was announced but not given") }
        if bytes.count < n { session.inputClosed() }
    }

    /// Goes on until the handshake is done or has failed.
    func handshake(limit: Int32 = 10_000) throws -> Session.Handshake {
        while true {
            let state = session.handshake()
            flush()
            guard state == .needsMore else { return state }
            try receive(limit: limit)
        }
    }

    /// Sends it all, record by record.
    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let n = session.write(bytes.span.extracting(sent..<bytes.count))
            sent += n
            flush()
            if n == 0 { throw Trouble("nothing outgoing, yet nothing can be written") }
        }
    }

    /// The next plaintext, or how the session ended.
    func read(atMost count: Int = 2048) throws -> (Session.Read, [UInt8]) {
        var buffer = [UInt8](repeating: 0, count: count)
        while true {
            var span = buffer.mutableSpan
            let outcome = session.read(into: &span)
            flush()
            switch outcome {
            case .bytes(let n): return (outcome, Array(buffer[..<n]))
            case .wouldBlock: try receive()
            case .closed, .failed: return (outcome, [])
            }
        }
    }

    /// Exactly so many bytes of plaintext.
    func read(exactly count: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count {
            let (outcome, bytes) = try read(atMost: min(2048, count - all.count))
            guard case .bytes = outcome else { throw Trouble("ended early: \(outcome)") }
            all += bytes
        }
        return all
    }
}
