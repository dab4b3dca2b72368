import Fixed

/// How the network is set up where this is the machine's first process: `dhcp`, `none`, or
/// `192.0.2.7/24 via 192.0.2.1 dns 192.0.2.1`.
public struct NetworkPlan: Sendable {
    enum Kind: Equatable, Sendable {
        case dhcp, fixed, none
    }

    var kind = Kind.dhcp
    /// Where it is fixed; see `Lease`.
    var address: UInt32 = 0
    var mask: UInt32 = 0
    var router: UInt32 = 0
    var nameServers = Text<12>()

    public init() {}

    /// Nil for anything else, such as a router that is not on the network.
    public init?(_ text: Span<UInt8>) {
        var rest = text
        let first = rest.takeWord()
        if first.equals("dhcp") || first.equals("none") {
            kind = first.equals("dhcp") ? .dhcp : .none
            guard rest.trimmed.count == 0 else { return nil }
            return
        }
        kind = .fixed
        guard let slash = first.firstIndex(of: 0x2F), let address = Self.address(first.extracting(first: slash)),
            let length = first.extracting(droppingFirst: slash &+ 1).decimalNumber, length >= 1 && length <= 32
        else { return nil }
        self.address = address
        mask = UInt32.max << UInt32(32 &- length)
        guard Lease.isHost(address, mask) else { return nil }
        var word = rest.takeWord()
        if word.equals("via") {
            guard let router = Self.address(rest.takeWord()), (router ^ address) & mask == 0, router != address,
                Lease.isHost(router, mask)
            else { return nil }
            self.router = router
            word = rest.takeWord()
        }
        guard word.count > 0 else { return }
        guard word.equals("dns") else { return nil }
        repeat {
            guard let server = Self.address(rest.takeWord()), nameServers.count < 12 else { return nil }
            for shift in 0..<4 { nameServers.append(UInt8(truncatingIfNeeded: server >> UInt32(24 &- 8 &* shift))) }
        } while rest.trimmed.count > 0
    }

    @inline(never)
    private static func address(_ text: Span<UInt8>) -> UInt32? {
        guard let address = Address(text), address.family == 4 else { return nil }
        return address.number
    }
}

extension Address {
    /// An address of IPv4 as a number, 192.0.2.1 being 0xC0000201.
    var number: UInt32 { UInt32(octets[0]) << 24 | UInt32(octets[1]) << 16 | UInt32(octets[2]) << 8 | UInt32(octets[3]) }

    init(number: UInt32, port: UInt16 = 0) {
        var octets = InlineArray<16, UInt8>(repeating: 0)
        for i in 0..<4 { octets[i] = UInt8(truncatingIfNeeded: number >> UInt32(24 &- 8 &* i)) }
        self.init(family: 4, octets: octets, port: port)
    }
}

extension ByteSink where Self: ~Copyable {
    /// A number as one writes an address of IPv4.
    mutating func put(address: UInt32) {
        for i in 0..<4 {
            if i > 0 { put(0x2E) }
            put(decimal: Int(UInt8(truncatingIfNeeded: address >> UInt32(24 &- 8 &* i))))
        }
    }
}
