import Fixed

/// What a DHCP server lends (RFC 2131 §2.2), as far as it makes sense. Addresses are numbers: 192.0.2.1 is 0xC0000201.
struct Lease: Equatable, Sendable {
    var address: UInt32
    var mask: UInt32
    /// On the same network; 0 for none.
    var router: UInt32
    /// The server's identifier.
    var server: UInt32
    /// Up to three, one behind the other, four bytes each.
    var nameServers: Text<12>
    /// 0 for none.
    var timeServer: UInt32
    /// Seconds; the last for ever where all bits are set.
    var renewal: UInt32
    var rebinding: UInt32
    var duration: UInt32

    static var forever: UInt32 { .max }

    /// Reads an offer or an acknowledgement. Nil where it lends nothing that could be used: without a server's
    /// identifier, a time and an address that a machine can have on such a network.
    @inline(never)
    init?(_ bytes: Span<UInt8>) {
        guard let server = DHCPMessage.number(DHCPOption.server, in: bytes), server != 0,
            let duration = DHCPMessage.number(DHCPOption.duration, in: bytes), duration > 0
        else { return nil }
        let address = DHCPMessage.value(in: bytes, at: 16)
        let mask = DHCPMessage.number(DHCPOption.mask, in: bytes) ?? Self.classMask(of: address)
        guard Self.isHost(address, mask) else { return nil }
        self.address = address
        self.mask = mask
        self.server = server
        self.duration = duration
        let router = DHCPMessage.number(DHCPOption.router, in: bytes) ?? 0
        self.router = (router ^ address) & mask == 0 && router != address && Self.isHost(router, mask) ? router : 0
        nameServers = Text()
        if let list = DHCPMessage.option(DHCPOption.nameServers, in: bytes), list.count & 3 == 0 {
            for place in 0..<min(list.count / 4, 3) { nameServers.append(list.bytes.extracting((4 &* place)..<(4 &* place &+ 4))) }
        }
        timeServer = DHCPMessage.number(DHCPOption.timeServers, in: bytes) ?? 0
        // RFC 2131 §4.4.5: half of it, and seven eighths, unless the server says otherwise and means it.
        renewal = DHCPMessage.number(DHCPOption.renewal, in: bytes) ?? 0
        rebinding = DHCPMessage.number(DHCPOption.rebinding, in: bytes) ?? 0
        if !(renewal > 0 && renewal < rebinding && rebinding < duration) {
            renewal = duration / 2
            rebinding = duration &- duration / 8
        }
    }

    /// What a network had for a mask before it could say so (RFC 791).
    private static func classMask(of address: UInt32) -> UInt32 {
        address < 0x8000_0000 ? 0xFF00_0000 : address < 0xC000_0000 ? 0xFFFF_0000 : 0xFFFF_FF00
    }

    /// True for an address of one machine: not this one's own (0 and 127), none of many, and not the first or last
    /// of a network that is larger than two.
    static func isHost(_ address: UInt32, _ mask: UInt32) -> Bool {
        let network = address >> 24
        guard network > 0 && network != 127 && network < 224, isMask(mask) else { return false }
        let host = address & ~mask
        return ~mask <= 1 || (host != 0 && host != ~mask)
    }

    /// Ones, then zeros, and at least one of the ones.
    static func isMask(_ mask: UInt32) -> Bool { mask != 0 && ~mask & (~mask &+ 1) == 0 }
}
