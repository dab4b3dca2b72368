/// A sequence that is the same for the same seed (SplitMix64), so that a failure
/// can be had again.
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

/// Stanzas made wrong, and sometimes not, in the ways that matter to XML.
enum Mutation {
    static let stanzas = [
        "<iq id='r1' type='result'><query xmlns='jabber:iq:roster' ver='v1'><item jid='c@x' name='C &amp; D'/></query></iq>",
        "<message from='p@x'><body>5 &lt; 6 > 4 <![CDATA[a ]] <b> ]]]]>\u{B0}C</body><p:x a='1' p:b='2'/>tail</message>",
        "<presence from=\"c@x/r>1\"><status>busy</status>x<p:c xmlns:p='n:2'><p:d xmlns=''/><e/></p:c></presence>",
        "<iq type='get' id='q'><req xmlns='urn:xmpp:iot:sensordata' seqnr='1'>\n <field name='\u{1F321}'/>\n</req ></iq\t>",
        "<a><b><c><d><e><f a='1' b='2' c='3'>text</f></e></d></c></b><b/><b></b></a>",
    ]
    static let pieces = [
        "<", ">", "'", "\"", "/", "/>", "</", "=", " ", "\n", "&", ";", "&amp;", "&#65;", "<![CDATA[", "]]>", "]", "<!--",
        "-->", "<?", "?>", "<!", "xmlns='u'", " xmlns:p='v'", "p:", ":", "</iq>", "<a>", "</a>", "<a/>", "<b c='d'>", " a='1'",
        "\u{0}", "\u{E9}", "\u{1F321}", "\u{FFFE}", "x", "</s>", "<iq>",
    ]

    /// One to three stanzas with up to four changes.
    static func stream(_ random: inout Sequence64) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) { bytes += stanzas.randomElement(using: &random)!.utf8 }
        for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            let to = min(bytes.count, at + Int.random(in: 1...12, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(at..<to)
            case 2: bytes.insert(contentsOf: bytes[at..<to], at: Int.random(in: 0..<bytes.count, using: &random))
            case 3: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: bytes.insert(contentsOf: pieces.randomElement(using: &random)!.utf8, at: at)
            }
        }
        return bytes
    }
}
