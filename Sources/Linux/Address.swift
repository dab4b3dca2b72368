import CPlatform
import Fixed

/// A numeric address and port of the Internet protocol, of either version.
public struct Address: Sendable {
    /// 4 or 6.
    public let family: UInt8
    let octets: InlineArray<16, UInt8>
    public var port: UInt16

    init(family: UInt8, octets: InlineArray<16, UInt8>, port: UInt16 = 0) {
        self.family = family
        self.octets = octets
        self.port = port
    }

    /// An address for unused places; nothing can be reached there.
    init() { self.init(family: 4, octets: InlineArray(repeating: 0)) }

    /// Reads `192.0.2.1` or `2001:db8::1`; nil for anything else, zones (`%eth0`) included.
    public init?(_ text: Span<UInt8>, port: UInt16 = 0) {
        var octets = InlineArray<16, UInt8>(repeating: 0)
        var family: Int32 = 0
        text.lend { bytes, count in
            _ = octets.fill { place, _ in
                family = ward_address_parse(bytes, count, place)
                return 0
            }
        }
        guard family == 4 || family == 6 else { return nil }
        self.init(family: UInt8(truncatingIfNeeded: family), octets: octets, port: port)
    }

    static func loopback4(port: UInt16) -> Address {
        var octets = InlineArray<16, UInt8>(repeating: 0)
        octets[0] = 127
        octets[3] = 1
        return Address(family: 4, octets: octets, port: port)
    }

    static func loopback6(port: UInt16) -> Address {
        var octets = InlineArray<16, UInt8>(repeating: 0)
        octets[15] = 1
        return Address(family: 6, octets: octets, port: port)
    }

    /// The address and port as one writes them: `192.0.2.1:5222`, `[::1]:5222`.
    public var text: Text<64> {
        var line = Text<64>()
        var digits = InlineArray<46, UInt8>(repeating: 0)
        let family = Int32(self.family)
        let count = octets.span.lend { bytes, _ in digits.fill { place, _ in ward_address_write(family, bytes, place) } }
        if family == 6 { line.put(0x5B) }
        line.put(digits.span.extracting(first: max(count, 0)))
        if family == 6 { line.put(0x5D) }
        line.put(0x3A)
        line.put(decimal: Int(port))
        return line
    }
}

extension Address: Equatable {
    public static func == (a: Self, b: Self) -> Bool {
        a.family == b.family && a.port == b.port && a.octets.span.equals(b.octets.span)
    }
}
