import CPlatform
import Fixed

/// Looks for the domain of an XMPP server on this network (XEP-0347 §3.3): by DHCP, then by multicast
/// DNS. What is found is a name that somebody gave, no more: the server still has to prove it.
///
/// Does not wait: `step` is called again when its source is readable or the time has come.
/// Large: belongs in a global.
public struct Discovery: ~Copyable {
    private let place = InPlace()

    public enum Step: Equatable, Sendable {
        /// See `domain`, `server` and `origin`.
        case found
        case waiting
        case nothing
    }

    public enum Origin: Equatable, Sendable {
        case dhcp, multicast

        public var words: StaticString { self == .dhcp ? "domain found by DHCP:" : "domain found by multicast DNS:" }
    }

    /// A link, and the sockets on it: for the one family, or for both.
    private struct Ear {
        var link = ward_link()
        var socket4: Int32 = -1
        var socket6: Int32 = -1
    }

    /// For each of the two ways.
    public static var patience: Interval { .seconds(3) }
    private static var pause: Interval { .seconds(1) }

    /// What was found last: the domain, and where its server is, if that was told.
    public private(set) var domain = Text<253>()
    public private(set) var server: Address?
    public private(set) var origin = Origin.dhcp

    private var phase: Origin?
    private var isLastPhase = false
    /// No other will do; empty: any.
    private var wanted = HostName()
    private var ears = List<4, Ear>(filler: Ear())
    private var number: UInt32 = 0
    private var again = Instant(milliseconds: 0)
    private var deadline = Instant(milliseconds: 0)
    /// Follow-up questions that may still be put.
    private var questions = 0

    public init() {}

    /// When `step` is to be called again while it answers `waiting`.
    public var wake: Instant { min(again, deadline) }

    /// Begins to look for any domain; what DHCP said last time comes second now, since it did not do.
    public mutating func begin(now: Instant, poller: Poller, source: Int32) {
        let first: Origin = !domain.isEmpty && origin == .dhcp ? .multicast : .dhcp
        wanted = HostName()
        isLastPhase = false
        begin(first, now, poller, source)
    }

    /// Begins to look for the server of that domain, by multicast DNS alone.
    public mutating func begin(for domain: Span<UInt8>, now: Instant, poller: Poller, source: Int32) {
        guard let name = HostName(domain: domain) else {
            end(poller: poller)
            return
        }
        wanted = name
        isLastPhase = true
        begin(.multicast, now, poller, source)
    }

    private mutating func begin(_ way: Origin, _ now: Instant, _ poller: Poller, _ source: Int32) {
        end(poller: poller)
        phase = way
        number = Process.random()
        deadline = now + Self.patience
        again = now
        questions = 4
        var link = ward_link()
        while !ears.isFull, unsafe ward_link_next(link.index, &link) == 0 { listen(on: link, way, poller, source) }
    }

    @inline(never)
    private mutating func listen(on link: ward_link, _ way: Origin, _ poller: Poller, _ source: Int32) {
        var ear = Ear(link: link)
        var link = link
        switch way {
        case .dhcp:
            if link.address != 0 { ear.socket4 = unsafe ward_link_open_dhcp(&link) }
        case .multicast:
            guard link.multicast == 1 else { return }
            if link.address != 0 { ear.socket4 = unsafe ward_link_open_multicast(&link, 4) }
            ear.socket6 = unsafe ward_link_open_multicast(&link, 6)
        }
        if ear.socket4 >= 0 { poller.add(ear.socket4, as: source, for: .reading) }
        if ear.socket6 >= 0 { poller.add(ear.socket6, as: source, for: .reading) }
        if ear.socket4 >= 0 || ear.socket6 >= 0 { ears.append(ear) }
    }

    /// Goes on. Datagrams come through `room`, of 512 bytes at least; nothing in it counts afterwards.
    @inline(never)
    public mutating func step(now: Instant, poller: Poller, source: Int32, through room: inout MutableSpan<UInt8>) -> Step {
        while let way = phase {
            for i in ears.indices {
                if hear(ears[i].socket4, at: i, way, &room) || hear(ears[i].socket6, at: i, way, &room) {
                    origin = way
                    end(poller: poller)
                    return .found
                }
            }
            if !ears.isEmpty && now < deadline {
                if now >= again {
                    ask(way)
                    again = now + Self.pause
                }
                return .waiting
            }
            end(poller: poller)
            if !isLastPhase {
                isLastPhase = true
                begin(way == .dhcp ? .multicast : .dhcp, now, poller, source)
            }
        }
        return .nothing
    }

    /// Stops looking.
    public mutating func end(poller: Poller) {
        for i in ears.indices {
            close(ears[i].socket4, poller)
            close(ears[i].socket6, poller)
        }
        ears.removeAll()
        phase = nil
    }

    /// The address does not do any more.
    public mutating func forgetServer() { server = nil }

    private func close(_ socket: Int32, _ poller: Poller) {
        guard socket >= 0 else { return }
        poller.remove(socket)
        ward_close(socket)
    }

    @inline(never)
    private func ask(_ way: Origin) {
        for i in ears.indices {
            var message = Text<512>()
            switch way {
            case .dhcp:
                DHCPInform(number: number, address: ears[i].link.address, hardware: ears[i].link.hardware).write(to: &message)
                let socket = ears[i].socket4
                _ = message.bytes.lend { ward_link_send_dhcp(socket, .max, $0, $1) }
            case .multicast:
                ServiceSearch(number: UInt16(truncatingIfNeeded: number)).write(to: &message)
                send(message, at: i)
            }
        }
    }

    /// Puts a question to the link's multicast groups. What cannot be sent on one may be sent on another.
    private func send(_ message: borrowing Text<512>, at i: Int) {
        let index = ears[i].link.index
        let socket4 = ears[i].socket4
        let socket6 = ears[i].socket6
        if socket4 >= 0 { _ = message.bytes.lend { ward_link_send_multicast(socket4, 4, index, $0, $1) } }
        if socket6 >= 0 { _ = message.bytes.lend { ward_link_send_multicast(socket6, 6, index, $0, $1) } }
    }

    /// Takes what came at that socket. True where it was the answer.
    @inline(never)
    private mutating func hear(_ socket: Int32, at i: Int, _ way: Origin, _ room: inout MutableSpan<UInt8>) -> Bool {
        guard socket >= 0 else { return false }
        for _ in 0..<16 {
            var sender = ward_sender()
            let count = unsafe room.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return Int32(-1) }
                return unsafe ward_link_receive(socket, base, Int32(clamping: buffer.count), &sender)
            }
            guard count >= 0 else { return false }
            let bytes = room.span.extracting(first: min(Int(count), room.count))
            switch way {
            case .dhcp:
                guard sender.port == 67 else { continue }
                let question = DHCPInform(number: number, address: ears[i].link.address, hardware: ears[i].link.hardware)
                guard let name = question.domain(in: bytes) else { continue }
                domain = name
                server = nil
                return true
            case .multicast:
                guard sender.port == 5353, isNear(sender, ears[i].link) else { continue }
                var followUp = Text<512>()
                let search = ServiceSearch(number: UInt16(truncatingIfNeeded: number))
                switch search.read(bytes, wanted: wanted.bytes, domain: &domain, server: &server, followUp: &followUp) {
                case .found: return true
                case .ask:
                    guard questions > 0 else { continue }
                    questions &-= 1
                    send(followUp, at: i)
                case .nothing, .notOurs: continue
                }
            }
        }
        return false
    }

    /// True for an address on the link itself: only there multicast DNS is spoken (RFC 6762 §11).
    private func isNear(_ sender: ward_sender, _ link: ward_link) -> Bool {
        sender.near == 1 || (sender.address != 0 && link.mask != 0 && (sender.address ^ link.address) & link.mask == 0)
    }
}
