import Fixed
import XMPP

/// What is printed on a Thing, as text and as a QR code. Whoever can read it can claim the Thing.
public enum Sticker {
    /// `IoTDisco;SN:123;#V:1.2;KEY:…` (XEP-0347 §3.9): what numbers are is marked, and `;` and `\`
    /// of a value stand behind a `\`.
    public static func writeDisco(_ tags: borrowing Tags, _ key: borrowing ClaimKey, to sink: inout some ByteSink & ~Copyable) {
        sink.put("IoTDisco")
        for i in tags.indices {
            sink.put(tags.isNumeric(at: i) ? ";#" : ";")
            sink.put(tags.name(at: i))
            sink.put(":")
            let value = tags.value(at: i)
            for j in value.indices {
                if value[j] == 0x3B || value[j] == 0x5C { sink.put(0x5C) }
                sink.put(value[j])
            }
        }
        sink.put(";KEY:")
        sink.put(key.bytes)
    }

    /// `iotdisco:SN=123;#V=1.2;KEY=…;R=registry.example.org`: the same as a URI, with `%` for what a
    /// URI cannot hold (RFC 3986 §2.1).
    public static func writeURI(
        _ tags: borrowing Tags, _ key: borrowing ClaimKey, registry: borrowing BareJID, to sink: inout some ByteSink & ~Copyable
    ) {
        sink.put("iotdisco:")
        for i in tags.indices {
            if tags.isNumeric(at: i) { sink.put(0x23) }
            sink.put(tags.name(at: i))
            sink.put("=")
            let value = tags.value(at: i)
            for j in value.indices { put(percent: value[j], to: &sink) }
            sink.put(";")
        }
        sink.put("KEY=")
        sink.put(key.bytes)
        guard !registry.isEmpty else { return }
        sink.put(";R=")
        sink.put(registry.bytes)
    }

    private static func put(percent byte: UInt8, to sink: inout some ByteSink & ~Copyable) {
        switch byte {
        case 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A, 0x7E: sink.put(byte)
        default:
            let digits: StaticString = "0123456789ABCDEF"
            sink.put("%")
            sink.put(digits.bytes[Int(byte >> 4)])
            sink.put(digits.bytes[Int(byte & 15)])
        }
    }
}
