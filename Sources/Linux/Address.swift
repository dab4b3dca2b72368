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

    /// The address and port as one writes them: `192.0.2.1:5222`, `[2001:db8::1]:5222`
    /// (RFC 5952).
    public var text: Text<64> {
        var line = Text<64>()
        if family == 4 {
            for i in 0..<4 {
                if i > 0 { line.put(0x2E) }
                line.put(decimal: Int(octets[i]))
            }
        } else {
            line.put(0x5B)
            writeGroups(to: &line)
            line.put(0x5D)
        }
        line.put(0x3A)
        line.put(decimal: Int(port))
        return line
    }

    private func group(_ i: Int) -> Int { Int(octets[2 &* i]) << 8 | Int(octets[2 &* i &+ 1]) }

    /// Eight groups in hexadecimal; the first longest run of two or more zeros is `::`.
    private func writeGroups(to line: inout Text<64>) {
        var gap = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8 && group(end) == 0 { end &+= 1 }
            if end &- start > max(gap.count, 1) { gap = start..<end }
            start = end &+ 1
        }
        var i = 0
        while i < 8 {
            if i == gap.lowerBound && !gap.isEmpty {
                line.put(0x3A)
                line.put(0x3A)
                i = gap.upperBound
                continue
            }
            if i > 0 && i != gap.upperBound { line.put(0x3A) }
            var shift = 12
            while shift > 0 && group(i) >> shift == 0 { shift &-= 4 }
            while shift >= 0 {
                let digit = UInt8(group(i) >> shift & 15)
                line.put(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
                shift &-= 4
            }
            i &+= 1
        }
    }
}

extension Address: Equatable {
    public static func == (a: Self, b: Self) -> Bool {
        a.family == b.family && a.port == b.port && a.octets.span.equals(b.octets.span)
    }
}
