import Fixed

/// A DHCPINFORM, and the reading of what it is answered (RFC 2131 §4.4.3).
///
/// Asks for the name of an XMPP server alone, which XEP-0347 §3.3.1 puts into option 224,
/// of those that a site gives its own meaning (RFC 3942).
struct DHCPInform: Sendable {
    /// Unguessable, and new with each question.
    let number: UInt32
    /// Who asks: his IPv4 address, and his Ethernet address or 0.
    let address: UInt32
    let hardware: UInt64

    /// Writes the message, of 300 bytes as BOOTP has them (RFC 1542 §2.1).
    func write(to sink: inout Text<512>) {
        DHCPMessage.writeHead(number: number, hardware: hardware, client: address, to: &sink)
        let options: [8 of UInt8] = [DHCPOption.kind, 1, 8, DHCPOption.wanted, 2, DHCPOption.xmpp, DHCPOption.domain, DHCPOption.end]
        sink.put(options.span)
        DHCPMessage.writeEnd(to: &sink)
    }

    /// The domain that an answer names, which must be one to this question; nil for anything else. A
    /// name without a dot is completed by the network's own domain, where the answer has that.
    func domain(in bytes: Span<UInt8>) -> HostName? {
        guard DHCPMessage.isAnswer(bytes, to: number), DHCPMessage.kind(of: bytes) == DHCPMessage.Kind.acknowledgement,
            let server = DHCPMessage.option(DHCPOption.xmpp, in: bytes), var name = HostName(domain: server.bytes.withoutFinalNUL)
        else { return nil }
        if name.bytes.firstIndex(of: 0x2E) == nil, let local = DHCPMessage.option(DHCPOption.domain, in: bytes),
            let domain = HostName(domain: local.bytes.withoutFinalNUL) {
            guard name.append(0x2E) && name.append(domain.bytes) else { return nil }
        }
        return name
    }
}

extension Span where Element == UInt8 {
    /// Without the NUL that some servers end their texts with (RFC 2132 §2).
    fileprivate var withoutFinalNUL: Span<UInt8> {
        @_lifetime(copy self)
        get { count > 0 && self[count &- 1] == 0 ? extracting(droppingLast: 1) : self }
    }
}
