import Fixed

/// What `write` puts, as a string.
func written(_ write: (inout Text<256>) -> Void) -> String {
    var text = Text<256>()
    write(&text)
    return string(text.bytes)
}

func string(_ bytes: Span<UInt8>) -> String { String(decoding: array(bytes), as: UTF8.self) }

func array(_ bytes: Span<UInt8>) -> [UInt8] {
    var copy: [UInt8] = []
    for i in bytes.indices { copy.append(bytes[i]) }
    return copy
}

extension String {
    var utf8Bytes: [UInt8] { Array(utf8) }
}

/// A sequence that is the same for the same seed (SplitMix64).
struct Sequence64: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
