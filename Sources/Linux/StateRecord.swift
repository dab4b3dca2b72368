import Fixed

/// What stands before a record wherever it is kept: "WARD", a version, the record's length, and a
/// SHA-256 over all of that and the record's own SHA-256. Numbers are big-endian.
enum StateRecord {
    static var headerSize: Int { 48 }
    /// Bytes a record can have.
    static var limit: Int { 16_336 }
    /// Bytes with the header.
    static var roomNeeded: Int { 16_384 }

    @inline(never)
    static func writeHeader<Crypto: Cryptography>(of record: Span<UInt8>, to header: inout Text<48>, _: Crypto.Type) {
        header.append("WARD")
        header.append("\u{0}\u{0}\u{0}\u{1}")
        let count = UInt64(record.count)
        for shift in 0..<8 { header.append(UInt8(truncatingIfNeeded: count >> UInt64(56 &- 8 &* shift))) }
        var sealed = Text<48>()
        sealed.append(header.bytes)
        sealed.append(Crypto.digest(.sha256, of: record).bytes)
        header.append(Crypto.digest(.sha256, of: sealed.bytes).bytes)
    }

    @inline(never)
    static func isValid<Crypto: Cryptography>(_ content: Span<UInt8>, _: Crypto.Type) -> Bool {
        guard content.count >= headerSize else { return false }
        var expected = Text<48>()
        writeHeader(of: content.extracting(droppingFirst: headerSize), to: &expected, Crypto.self)
        return expected.bytes.equals(content.extracting(first: headerSize))
    }
}
