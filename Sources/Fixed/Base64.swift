/// Base64 (RFC 4648 §4), as SASL uses it: padded, without line breaks.
public enum Base64 {
    /// Writes `bytes` encoded.
    public static func encode(_ bytes: Span<UInt8>, to sink: inout some ByteSink & ~Copyable) {
        var i = 0
        while i < bytes.count {
            let group = quartet(bytes, at: i)
            sink.put(group.span)
            i &+= 3
        }
    }

    /// The four digits for the three bytes, or fewer, from `i` on.
    @inline(never)  // one body for all sinks
    private static func quartet(_ bytes: Span<UInt8>, at i: Int) -> InlineArray<4, UInt8> {
        let left = bytes.count &- i
        let a = UInt32(bytes[i])
        let b = left > 1 ? UInt32(bytes[i &+ 1]) : 0
        let c = left > 2 ? UInt32(bytes[i &+ 2]) : 0
        let group = a << 16 | b << 8 | c
        return [
            digit(group >> 18), digit(group >> 12),
            left > 1 ? digit(group >> 6) : 0x3D, left > 2 ? digit(group) : 0x3D,
        ]
    }

    /// Decodes `text` onto the end of `output`. False for anything but canonical,
    /// padded Base64, or where it does not fit; `output` is then unspecified.
    public static func decode<let n: Int>(_ text: Span<UInt8>, into output: inout Text<n>) -> Bool {
        guard text.count % 4 == 0 else { return false }
        var i = 0
        while i < text.count {
            guard let triplet = triplet(text, at: i), output.append(triplet.bytes) else { return false }
            i &+= 4
        }
        return true
    }

    /// What the four digits from `i` on stand for, one to three bytes; fewer than
    /// three in the last group alone. Nil where they are none.
    @inline(never)  // one body for texts of all sizes
    private static func triplet(_ text: Span<UInt8>, at i: Int) -> Text<3>? {
        let last = i &+ 4 == text.count
        let padding = last ? (text[i &+ 3] == 0x3D ? (text[i &+ 2] == 0x3D ? 2 : 1) : 0) : 0
        var group: UInt32 = 0
        for k in 0..<4 {
            group <<= 6
            if k >= 4 &- padding { continue }
            guard let v = value(text[i &+ k]) else { return nil }
            group |= v
        }
        let spare: UInt32 = padding == 2 ? 0xFFFF : padding == 1 ? 0xFF : 0
        guard group & spare == 0 else { return nil }
        var bytes = Text<3>()
        for k in 0..<(3 &- padding) {
            bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(16 &- 8 &* k)))
        }
        return bytes
    }

    private static func digit(_ bits: UInt32) -> UInt8 {
        let v = UInt8(truncatingIfNeeded: bits & 63)
        switch v {
        case 0..<26: return 0x41 &+ v
        case 26..<52: return 0x61 &+ (v &- 26)
        case 52..<62: return 0x30 &+ (v &- 52)
        case 62: return 0x2B
        default: return 0x2F
        }
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: return UInt32(byte &- 0x41)
        case 0x61...0x7A: return UInt32(byte &- 0x61 &+ 26)
        case 0x30...0x39: return UInt32(byte &- 0x30 &+ 52)
        case 0x2B: return 62
        case 0x2F: return 63
        default: return nil
        }
    }
}
