import Fixed

// Writing XML: tags are literals in the code, everything else goes through here.
// That a stanza is emitted whole or not at all is the sink's transaction
// (`Buffer.begin`, `commit`).

extension ByteSink where Self: ~Copyable {
    /// Character data or an attribute's value, escaped for both. `bytes` must be
    /// UTF-8; characters that XML 1.0 cannot carry (§2.2) become `?`.
    public mutating func put(escaped bytes: Span<UInt8>) {
        put(bytes, Escapes(apostrophe: true, quote: true, greater: true))
    }

    /// ` name='value'`, or with the other quotes where that is shorter: a value
    /// that was read is never longer when it is written again, so that the room an
    /// answer takes is known from the question (`Outbox.reserve`).
    @inline(never)  // called from everywhere
    public mutating func put(attribute name: StaticString, _ value: Span<UInt8>) {
        var apostrophes = 0
        for i in value.indices {
            if value[i] == 0x27 { apostrophes &+= 1 } else if value[i] == 0x22 { apostrophes &-= 1 }
        }
        let escapes = Escapes(apostrophe: apostrophes <= 0, quote: apostrophes > 0, greater: false)
        put(0x20)
        put(name)
        put(0x3D)
        put(escapes.apostrophe ? 0x27 : 0x22)
        put(value, escapes)
        put(escapes.apostrophe ? 0x27 : 0x22)
    }

    @inline(never)
    private mutating func put(_ bytes: Span<UInt8>, _ escapes: Escapes) {
        var plain = 0
        for i in bytes.indices {
            let byte = bytes[i]
            if byte == 0xEF && isNoncharacter(bytes, at: i) {
                put(bytes.extracting(plain..<i))
                plain = i &+ 3
                put(0x3F)
                continue
            }
            guard escapes.contains(byte) else { continue }
            if plain < i { put(bytes.extracting(plain..<i)) }
            plain = i &+ 1
            switch byte {
            case 0x26: put("&amp;")
            case 0x3C: put("&lt;")
            case 0x3E: put("&gt;")
            case 0x27: put("&apos;")
            case 0x22: put("&quot;")
            // Written as references, or attribute normalisation would make them spaces.
            case 0x09: put("&#9;")
            case 0x0A: put("&#10;")
            case 0x0D: put("&#13;")
            default: put(0x3F)
            }
        }
        if plain < bytes.count { put(bytes.extracting(plain..<bytes.count)) }
    }
}

/// Which of the characters that may or may not be escaped are.
private struct Escapes {
    let apostrophe: Bool
    let quote: Bool
    let greater: Bool

    func contains(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x26, 0x3C, 0..<0x20: return true
        case 0x27: return apostrophe
        case 0x22: return quote
        case 0x3E: return greater
        default: return false
        }
    }
}

/// U+FFFE or U+FFFF.
private func isNoncharacter(_ bytes: Span<UInt8>, at i: Int) -> Bool {
    i &+ 2 < bytes.count && bytes[i &+ 1] == 0xBF && bytes[i &+ 2] >= 0xBE
}
