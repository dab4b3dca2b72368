import Fixed
import Testing

@testable import Linux

/// A client, its time in seconds, and what was said.
private final class Conversation {
    var client = DHCPClient()
    var seconds: Double = 0
    private var chance: UInt32 = 1000
    static let hardware: UInt64 = 0x0242_AC11_0002

    init() { client.hardware = Self.hardware }

    private var now: Instant { Instant(milliseconds: Int64(seconds * 1000)) }
    /// Without jitter: 1000 is the middle of 0 ... 2000.
    private var next: UInt32 {
        chance &+= 2001
        return chance
    }

    func link(_ isThere: Bool) { if isThere { client.linkCame(now: now, chance: next) } else { client.linkWent() } }

    func at(_ seconds: Double) -> DHCPClient.Event {
        self.seconds = seconds
        return client.poll(now: now, chance: next)
    }

    /// A message as it was sent: to whom, and the options.
    struct Sent: Equatable {
        var to: UInt32
        var kind: UInt8
        var number: UInt32
        var broadcast: Bool
        var client: UInt32
        var asking: UInt32?
        var server: UInt32?
    }

    func sends() -> Sent? {
        var message = Text<512>()
        guard let to = client.transmit(to: &message, now: now, chance: next) else { return nil }
        let bytes = message.bytes
        #expect(bytes.count == 300 && bytes[0] == 1 && bytes[1] == 1 && bytes[2] == 6)
        #expect(DHCPMessage.value(in: bytes, at: 28) == 0x0242_AC11)
        return Sent(
            to: to, kind: DHCPMessage.kind(of: bytes) ?? 0, number: DHCPMessage.value(in: bytes, at: 4), broadcast: bytes[10] == 0x80,
            client: DHCPMessage.value(in: bytes, at: 12), asking: DHCPMessage.number(50, in: bytes), server: DHCPMessage.number(54, in: bytes))
    }

    func hears(_ answer: Answer) -> DHCPClient.Event { hears(answer.bytes) }

    func hears(_ bytes: [UInt8]) -> DHCPClient.Event { client.receive(bytes.span, now: now, chance: next) }

    /// The number of the last message, or any.
    var number: UInt32 {
        switch client.state {
        case .selecting(let exchange, _), .requesting(let exchange, _, _), .confirming(let exchange, _), .renewing(let exchange, _),
            .rebinding(let exchange, _):
            return exchange.number
        case .unlinked, .bound: return 0
        }
    }

    /// Gets a lease at the time it is.
    func bind(_ lease: [UInt8] = option(51, 3600)) {
        link(true)
        _ = sends()
        _ = hears(Answer(2, number, lease))
        _ = sends()
        #expect(hears(Answer(5, number, lease)) == .bound)
    }
}

private func option(_ code: UInt8, _ value: UInt32) -> [UInt8] { [code, 4] + four(value) }
private func four(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) } }

/// What a server says.
private struct Answer {
    var kind: UInt8
    var number: UInt32
    var options: [UInt8]
    var address: UInt32 = 0xC000_0207
    var server: UInt32? = 0xC000_0201
    var hardware: UInt64 = Conversation.hardware

    init(_ kind: UInt8, _ number: UInt32, _ options: [UInt8] = option(51, 3600)) {
        (self.kind, self.number, self.options) = (kind, number, options)
    }

    func with(_ change: (inout Answer) -> Void) -> Answer {
        var other = self
        change(&other)
        return other
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = [2, 1, 6, 0] + four(number) + [0, 0, 0, 0] + four(0) + four(address) + [UInt8](repeating: 0, count: 8)
        bytes += four(UInt32(hardware >> 16)) + [UInt8(hardware >> 8 & 255), UInt8(hardware & 255)]
        bytes += [UInt8](repeating: 0, count: 236 - bytes.count) + [0x63, 0x82, 0x53, 0x63, 53, 1, kind]
        if let server { bytes += option(54, server) }
        return bytes + options + (options.contains(255) ? [] : option(1, 0xFFFF_FF00) + [255])
    }
}

@Suite struct DHCPClientTests {
    private let all = UInt32.max

    @Test func anAddressIsHadInFourMessages() throws {
        let c = Conversation()
        #expect(c.client.wake == .onInput && c.sends() == nil)
        c.link(true)
        let discover = try #require(c.sends())
        #expect(discover == .init(to: all, kind: 1, number: c.number, broadcast: true, client: 0, asking: nil, server: nil))
        #expect(c.sends() == nil)
        c.seconds = 0.1
        let offer = option(51, 3600) + option(3, 0xC000_0201) + [6, 8] + four(0xC000_0235) + four(0x0808_0808) + option(42, 0xC000_027B)
        #expect(c.hears(Answer(2, discover.number, offer)) == .nothing)
        let request = try #require(c.sends())
        #expect(request == .init(to: all, kind: 3, number: discover.number, broadcast: true, client: 0, asking: 0xC000_0207, server: 0xC000_0201))
        c.seconds = 0.2
        #expect(c.hears(Answer(5, discover.number, offer)) == .bound)
        let lease = try #require(c.client.held?.lease)
        #expect(lease.address == 0xC000_0207 && lease.mask == 0xFFFF_FF00 && lease.router == 0xC000_0201)
        #expect(lease.nameServers.bytes.array == four(0xC000_0235) + four(0x0808_0808) && lease.timeServer == 0xC000_027B)
        // From when it was asked for.
        #expect(c.client.wake == .at(Instant(milliseconds: 100 + 1_800_000)))
        #expect(!c.client.isAsking && c.sends() == nil)
    }

    @Test func anUnansweredQuestionIsRepeatedEachTimeLater() {
        let c = Conversation()
        c.link(true)
        var times: [Double] = []
        for tenth in 0..<2500 {
            #expect(c.at(Double(tenth) / 10) == .nothing)
            if c.sends() != nil { times.append(c.seconds) }
        }
        #expect(times == [0, 2, 6, 14, 30, 62, 126, 190])
    }

    @Test func anOfferThatIsNotKeptIsGivenUp() throws {
        let c = Conversation()
        c.link(true)
        let discover = try #require(c.sends())
        _ = c.hears(Answer(2, discover.number))
        for time in [0.0, 2, 6, 14] {
            #expect(c.at(time) == .nothing)
            #expect(c.sends()?.kind == 3)
        }
        #expect(c.at(30) == .nothing)
        let again = try #require(c.sends())
        #expect(again.kind == 1 && again.number != discover.number)
    }

    @Test func aLeaseIsProlongedByItsServerThenByAnyThenItEnds() throws {
        let c = Conversation()
        c.bind()
        #expect(c.at(1799) == .nothing && c.sends() == nil)
        // RFC 2131 §4.4.5: at half of it, to the server, from the address itself.
        #expect(c.at(1800) == .nothing)
        let renewal = try #require(c.sends())
        #expect(renewal == .init(to: 0xC000_0201, kind: 3, number: c.number, broadcast: false, client: 0xC000_0207, asking: nil, server: nil))
        // Half of the time to T2 (3150 s).
        #expect(c.client.wake == .at(Instant(milliseconds: 2_475_000)))
        #expect(c.at(2475) == .nothing && c.sends()?.to == 0xC000_0201)
        #expect(c.at(3150) == .nothing)
        let rebinding = try #require(c.sends())
        #expect(rebinding.to == all && rebinding.client == 0xC000_0207 && rebinding.asking == nil && rebinding.server == nil)
        #expect(c.at(3599) == .nothing)
        #expect(c.at(3600) == .lost && c.client.held == nil)
        #expect(c.sends()?.kind == 1)
    }

    @Test func aProlongedLeaseCountsFromItsRenewal() {
        let c = Conversation()
        c.bind()
        _ = c.at(1800)
        _ = c.sends()
        c.seconds = 1801
        #expect(c.hears(Answer(5, c.number)) == .bound)
        #expect(c.client.wake == .at(Instant(milliseconds: 3_600_000)))
        #expect(c.at(3599) == .nothing && c.sends() == nil)
        // Another server may do so while rebinding, but not lend another address.
        _ = c.at(3600)
        _ = c.at(4950)
        _ = c.sends()
        #expect(c.hears(Answer(5, c.number).with { $0.address = 0xC000_0208; $0.server = 0xC000_0202 }) == .nothing)
        #expect(c.hears(Answer(5, c.number).with { $0.server = 0xC000_0202 }) == .bound)
        #expect(c.client.held?.lease.server == 0xC000_0202)
    }

    @Test func aLeaseForEverIsNeverAskedAfter() {
        let c = Conversation()
        c.bind(option(51, .max))
        #expect(c.client.wake == .onInput)
        #expect(c.at(4_000_000_000) == .nothing && c.sends() == nil)
    }

    @Test func theServersOwnTimesCountWhereTheyMakeSense() {
        for (t1, t2, wanted) in [(60, 90, 60), (90, 60, 1800), (0, 90, 1800), (60, 3600, 1800), (4000, 5000, 1800)] as [(UInt32, UInt32, Int64)] {
            let c = Conversation()
            c.bind(option(51, 3600) + option(58, t1) + option(59, t2))
            #expect(c.client.wake == .at(Instant(milliseconds: wanted * 1000)), "\(t1) \(t2)")
        }
    }

    @Test func aRefusalBeginsAnew() throws {
        let c = Conversation()
        c.bind()
        _ = c.at(1800)
        _ = c.sends()
        // Only its own server may refuse to renew.
        #expect(c.hears(Answer(6, c.number).with { $0.server = 0xC000_0263 }) == .nothing)
        #expect(c.hears(Answer(6, c.number)) == .lost)
        #expect(c.client.held == nil && c.sends()?.kind == 1)
        // A server that offers what it then refuses is not asked without a pause.
        _ = c.hears(Answer(2, c.number))
        _ = c.sends()
        #expect(c.hears(Answer(6, c.number)) == .nothing)
        #expect(c.sends() == nil)
        _ = c.at(1802)
        #expect(c.sends()?.kind == 1)
    }

    @Test func aLinkThatIsBackHasItsAddressConfirmed() throws {
        let c = Conversation()
        c.bind()
        c.link(false)
        #expect(c.client.held != nil && c.at(100) == .nothing && c.sends() == nil)
        c.link(true)
        // RFC 2131 §4.3.2, INIT-REBOOT: the address as an option, no server, and no own address.
        let request = try #require(c.sends())
        #expect(request == .init(to: all, kind: 3, number: c.number, broadcast: true, client: 0, asking: 0xC000_0207, server: nil))
        #expect(c.hears(Answer(5, c.number)) == .bound)
        #expect(c.client.wake == .at(Instant(milliseconds: 1_900_000)))
        // On another network it is refused.
        c.link(false)
        c.link(true)
        _ = c.sends()
        #expect(c.hears(Answer(6, c.number)) == .lost && c.sends()?.kind == 1)
    }

    @Test func withoutAnAnswerTheAddressIsKeptWhileAnotherIsLookedFor() {
        let c = Conversation()
        c.bind()
        c.link(false)
        c.seconds = 100
        c.link(true)
        for time in [100.0, 102, 106, 114] {
            _ = c.at(time)
            #expect(c.sends()?.kind == 3)
        }
        #expect(c.at(130) == .nothing && c.sends()?.kind == 1 && c.client.held != nil)
        #expect(c.at(3600) == .lost)
    }

    @Test func anAddressEndsWithoutALinkToo() {
        let c = Conversation()
        c.bind()
        c.link(false)
        #expect(c.client.wake == .at(Instant(milliseconds: 3_600_000)))
        #expect(c.at(3600) == .lost && c.client.wake == .onInput)
        c.link(true)
        #expect(c.sends()?.kind == 1)
    }

    @Test("what is no answer of DHCP to the question, or lends what no machine can have, changes nothing")
    func whatIsNoAnswerToTheQuestionChangesNothing() throws {
        let c = Conversation()
        c.link(true)
        let number = try #require(c.sends()).number
        let good = Answer(2, number)
        let bad: [Answer] = [
            Answer(2, number &+ 1), Answer(5, number), Answer(6, number), Answer(1, number), good.with { $0.hardware &+= 1 }, good.with { $0.server = nil },
            good.with { $0.server = 0 }, good.with { $0.options = [] }, good.with { $0.options = option(51, 0) },
            // No machine's addresses.
            good.with { $0.address = 0 }, good.with { $0.address = 0x7F00_0001 }, good.with { $0.address = 0xE000_0001 }, good.with { $0.address = .max },
            good.with { $0.address = 0xC000_0200 }, good.with { $0.address = 0xC000_02FF },
            // No masks.
            good.with { $0.options = option(51, 9) + option(1, 0) + [255] }, good.with { $0.options = option(51, 9) + option(1, 0xFF00_FF00) + [255] },
        ]
        for (i, answer) in bad.enumerated() {
            #expect(c.hears(answer) == .nothing && c.sends() == nil, "\(i)")
        }
        let bytes = good.bytes
        for count in 0..<bytes.count where count < 255 { #expect(c.hears(Array(bytes[0..<count])) == .nothing && c.sends() == nil, "\(count)") }
        #expect(c.hears(good) == .nothing && c.sends()?.kind == 3)
    }

    @Test func noMessageAtAllLeadsAstray() {
        // Whatever the bytes behind the head are: nothing traps, and what is taken makes sense.
        var seed: UInt64 = 7
        func random() -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return seed >> 33
        }
        for _ in 0..<20_000 {
            let c = Conversation()
            c.link(true)
            let number = c.sends()?.number ?? 0
            var bytes = Answer(2, number).bytes
            for _ in 0..<(1 + random() % 6) {
                let place = random() % 3 == 0 ? 16 + random() % 4 : 236 + random() % UInt64(bytes.count - 236)
                bytes[Int(place)] = UInt8(truncatingIfNeeded: random())
            }
            _ = c.hears(bytes)
            if case .requesting(_, let offer, _) = c.client.state {
                #expect(Lease.isHost(offer.address, offer.mask) && offer.duration > 0 && offer.nameServers.count % 4 == 0)
                #expect(offer.router == 0 || (offer.router ^ offer.address) & offer.mask == 0)
            }
        }
    }

    @Test func aRouterElsewhereIsNone() {
        let c = Conversation()
        c.bind(option(51, 3600) + option(3, 0xC633_6401))
        #expect(c.client.held?.lease.router == 0)
    }
}
