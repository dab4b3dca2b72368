import Access
import Fixed
import Linux
import TLS
import Thing
import XMPP

/// The Thing with its surroundings: one thread that turns when something
/// happens, or when the time for something has come.
///
/// The peripherals are not in here: a child that they fork calls `forget`, and must find the
/// program at rest.
struct Program: ~Copyable {
    private let place = InPlace()
    var thing: Thing<MbedCryptography>
    var tls: TLS.Session
    var configuration: Configuration
    var resolver = Resolver()
    var discovery = Discovery()
    var store = StateStore()
    let poller: Poller

    var line = Line.idle
    /// What the line's descriptor is watched for.
    var watched = Poller.Interest.nothing
    /// Plaintext that the Thing has not taken yet.
    var inbox = Inbox()
    /// The reason why the last address did not do.
    var obstacle: Socket.Failure?
    /// No address of the domain did, and the network may know of others.
    var isLost = false
    /// The last turn ended before all was received that may be there.
    var hasMore = false
    /// The peer will send nothing more, and TLS knows.
    var inputEnded = false
    /// No state can be kept: said once.
    var unkept = false
    /// When that is tried once more, though nothing is new.
    var keepsAgain: Instant?
    /// Of the password, to see whether it changed; under a key of its own.
    var passwordSeal = Digest()
    let key = MbedCryptography.nonce()
    /// Where there is no system around the program.
    var surroundings = Surroundings()

    /// The connection, from the wish for one to its end.
    enum Line {
        case idle
        /// The domain, or where its server is, is asked of the network.
        case discovering
        case resolving
        case connecting(Socket, Address, until: Instant)
        /// A stream without TLS, to be secured.
        case plain(Socket)
        case handshaking(Socket, direct: Bool, until: Instant)
        case secure(Socket)
        /// What is left goes out, and the peer gets time to end its side.
        case closing(Socket, secure: Bool, until: Instant)
        /// All is said; only the peer's end is waited for.
        case finished(Socket, until: Instant)
    }

    /// The numbers under which the poller knows what it watches.
    enum Source {
        static var signals: Int32 { 0 }
        static var line: Int32 { 1 }
        /// And the discovery before it.
        static var resolver: Int32 { 2 }
        static var peripherals: Int32 { 3 }
    }

    /// Ends the process where what it needs is not to be had: there is one TLS session and
    /// one reader of streams, and this must be the first to ask for them.
    init(_ configuration: Configuration) {
        guard let poller = Poller(), let tls = TLS.Session() else {
            Process.exit(Firmware.system("epoll, or memory"))
        }
        self.tls = tls
        thing = Thing(identity: configuration.identity)
        self.configuration = configuration
        self.poller = poller
    }

    /// Does what can be done now, and says when to turn again at the latest.
    mutating func turn(_ ready: Poller.Ready?, now: Instant) -> Wake {
        // Once it is to end, nothing new begins.
        if reasonToEnd() != nil { return .now }
        thing.setWallClock(unixMilliseconds: Process.wallClock, at: now)
        advance(ready, now)
        var wake = Wake.now
        // Wishes follow from one another; each turn grants a few, the next turn the rest.
        for _ in 0..<8 {
            hasMore = exchange(now)
            wake = thing.poll(now: now)
            guard grant(now) else { break }
        }
        keepState()
        keepAgain(now)
        watch()
        thing.journal.drain()
        return hasMore ? .now : wake.earlier(lineWake(now)).earlier(keepingWake)
    }

    /// When to turn again, once the peripherals have begun what the turn asked of them.
    mutating func wake(now: Instant) -> Wake {
        let wake = thing.poll(now: now)
        return hasMore || thing.outgoing.count > 0 ? .now : wake.earlier(lineWake(now)).earlier(keepingWake)
    }

    /// Grants the Thing's wish. True where that changed something.
    private mutating func grant(_ now: Instant) -> Bool {
        switch thing.wish {
        case .none, .exit: return false
        case .connect:
            if surroundings.holdsConnection(now) { return false }
            thing.connecting()
            connect(now)
            return true
        case .startTLS:
            guard case .plain(let socket) = line else { return false }
            startTLS(on: socket, direct: false, now)
            return true
        case .close: return close(now)
        }
    }

    /// Why the program should end, once it should.
    func reasonToEnd() -> ExitReason? {
        if case .exit(let reason) = thing.wish { return reason }
        return nil
    }

    /// Overwrites what others must not see, in a process that will not turn again.
    mutating func forget() {
        tls.end()
        unsafe withUnsafeMutableBytes(of: &thing) { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe Process.wipe(base, count: bytes.count)
        }
        inbox.wipe()
        configuration.password.clear()
    }
}
