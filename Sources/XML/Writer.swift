import Fixed

// Writing XML: tags are literals in the code, everything else goes through here.
// That a stanza is emitted whole or not at all is the sink's transaction
// (`Buffer.begin`, `commit`).

extension ByteSink where Self: ~Copyable {
    /// Character data or an attribute's value, escaped for both. `bytes` must be
    /// UTF-8; characters that XML 1.0 cannot carry (§2.2) become `?`.
    public mutating func put(escaped bytes: Span<UInt8>) {
        var plain = 0
        for i in bytes.indices {
            let byte = bytes[i]
            if byte == 0xEF && isNoncharacter(bytes, at: i) {
                put(bytes.extracting(plain..<i))
                plain = i &+ 3
                put(0x3F)
                continue
            }
            guard byte < 0x40, byte < 0x20 || isSpecial(byte) else { continue }
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

    /// ` name='value'`.
    public mutating func put(attribute name: StaticString, _ value: Span<UInt8>) {
        put(0x20)
        put(name)
        put("='")
        put(escaped: value)
        put(0x27)
    }
}

/// U+FFFE or U+FFFF.
private func isNoncharacter(_ bytes: Span<UInt8>, at i: Int) -> Bool {
    i &+ 2 < bytes.count && bytes[i &+ 1] == 0xBF && bytes[i &+ 2] >= 0xBE
}

private func isSpecial(_ byte: UInt8) -> Bool {
    byte == 0x26 || byte == 0x3C || byte == 0x3E || byte == 0x27 || byte == 0x22
}
