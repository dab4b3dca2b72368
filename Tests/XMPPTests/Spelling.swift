import Fixed
import XML
import XMPP

func string(_ bytes: Span<UInt8>) -> String {
    var copy: [UInt8] = []
    for i in bytes.indices { copy.append(bytes[i]) }
    return String(decoding: copy, as: UTF8.self)
}

extension String {
    var utf8Bytes: [UInt8] { Array(utf8) }
    var bare: BareJID? { BareJID(utf8Bytes.span) }
    var jid: JID? { JID(utf8Bytes.span) }
}

struct NotAStanza: Error {}

/// Reads `text` as a stanza of a client's stream and hands its element on.
func withStanza<Result>(_ text: String, _ body: (borrowing Element) throws -> Result) throws -> Result {
    let bytes = ("<s xmlns='jabber:client'>" + text).utf8Bytes
    guard var reader = Reader(salt: 1) else { throw NotAStanza() }
    let (taken, opened) = reader.read(bytes.span)
    guard opened == .opened, reader.read(bytes.span.extracting(taken...)).event == .stanza, let root = reader.root
    else { throw NotAStanza() }
    return try body(root)
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
