import Fixed
import Testing
import XMPP

@Suite("An address is recognised in its one form, or by nobody")
struct JIDTests {
    private func parts(_ text: String) -> [String]? {
        guard let jid = text.jid else { return nil }
        return [string(jid.bare.local), string(jid.bare.domain), string(jid.resource.bytes)]
    }

    @Test("Local part, domain, resource", arguments: [
        ("thing@example.org", ["thing", "example.org", ""]), ("example.org", ["", "example.org", ""]),
        ("thing@example.org/ward", ["thing", "example.org", "ward"]), ("example.org/r", ["", "example.org", "r"]),
        // The first slash ends the bare address: what follows may look like another one.
        ("a/b@c", ["", "a", "b@c"]), ("a@b/c@d/e", ["a", "b", "c@d/e"]), ("a@b//", ["a", "b", "/"]),
        ("a@b/ ", ["a", "b", " "]), ("a@[::1]", ["a", "[::1]", ""]), ("a@127.0.0.1", ["a", "127.0.0.1", ""]),
        ("j\u{FC}rgen@b\u{FC}cher.example/\u{1F321}", ["j\u{FC}rgen", "b\u{FC}cher.example", "\u{1F321}"]),
        ("a.b-c_d+e=f!g#h$i%j*k?l^m`n{o|p}q~r@x", ["a.b-c_d+e=f!g#h$i%j*k?l^m`n{o|p}q~r", "x", ""]),
    ])
    func parts(text: String, expected: [String]) { #expect(parts(text) == expected) }

    @Test("What is none", arguments: [
        "", "@", "/", "@x", "a@", "a@/r", "@/", "/r", "a@b/", "a/", "a@b@c", "a@@b", "a@b@c/r", " ", " a@b", "a@b ", "a b@c",
        "a@b c", "a\"@b", "a&@b", "a'@b", "a:b@c", "a<@b", "a>@b", "a\u{0}@b", "a\u{1F}@b", "a\u{7F}@b", "a@b\u{0}",
        "a@b\n", "a@b/\n", "a@b/\u{0}", "a@b/\u{7F}", "a@.b", "a@.", ".", "..", "a@b..", "a@b..c", "a@b.c..", "a@b,c", "a@b;c", "a@b\"", "a@<b>", "a@b'",
        "a@b#c", "a@b%c", "a@b?c", "a@b\\c", "xmpp:a@b",
    ])
    func none(text: String) {
        #expect(text.jid == nil)
        if !text.contains("/") { #expect(text.bare == nil) }
    }

    @Test("Bytes that are no UTF-8, in any part", arguments: [
        [0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xC3],
    ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        func isAddress(_ bytes: [UInt8]) -> Bool { JID(bytes.span) != nil }
        #expect(!isAddress(bytes + "@b".utf8) && !isAddress("a@".utf8 + bytes) && !isAddress("a@b/".utf8 + bytes))
        #expect(!isAddress(bytes))
    }

    @Test("A bare address has no resource")
    func bareOnly() {
        #expect("a@b/c".bare == nil && "b/c".bare == nil && "a@b".bare != nil && "b".bare != nil)
    }

    @Test("ASCII case of local part and domain does not tell addresses apart, a resource's does")
    func folding() {
        #expect("Thing@Example.ORG".bare == "thing@example.org".bare)
        #expect("thing@example.org/Ward".jid != "thing@example.org/ward".jid)
        #expect("THING@EXAMPLE.ORG/ward".jid == "thing@example.org/ward".jid)
        // Beyond ASCII nothing is folded: such a spelling matches nobody.
        #expect("\u{C4}@x".bare != "\u{E4}@x".bare)
        #expect("thing@example.org.".bare == "thing@example.org".bare)
    }

    @Test("Look-alikes of a parent are others", arguments: [
        "provisioning.x.evil", "evil.provisioning.x", "provisioning.xx", "rovisioning.x", "provisioning.", "a@provisioning.x",
        "provisioning.x@x", "provisioning@x", "x", "provisioning..x", "provisioning.x..", "pro\u{AD}visioning.x",
    ])
    func lookAlikes(text: String) throws {
        let parent = try #require("provisioning.x".bare)
        #expect(text.bare != parent)
        #expect(text.jid?.bare != parent)
        let resource = try #require("x/provisioning.x".jid)
        #expect(resource.bare != parent)
    }

    @Test("The empty place equals no address, and `@` belongs where it stands")
    func empty() {
        #expect(BareJID().isEmpty && "a".bare != BareJID() && "a@b".bare?.isEmpty == false)
        #expect("a@b".bare?.isDomain == false && "b".bare?.isDomain == true)
    }

    @Test("As long as there is room; one byte more is refused, not cut off")
    func lengths() {
        func bare(_ local: Int, _ domain: Int) -> String {
            (local > 0 ? String(repeating: "l", count: local) + "@" : "") + String(repeating: "d", count: domain)
        }
        for (local, domain) in [(0, 192), (1, 190), (95, 96), (190, 1)] {
            #expect(bare(local, domain).bare.map { string($0.bytes) } == bare(local, domain))
            #expect(bare(local, domain + 1).bare == nil)
        }
        #expect(bare(191, 1).bare == nil && bare(192, 1).bare == nil && bare(300, 300).bare == nil)
        let resource = String(repeating: "r", count: 128)
        #expect("a@b/\(resource)".jid.map { string($0.resource.bytes) } == resource)
        #expect("a@b/\(resource)r".jid == nil)
        // Three bytes that would straddle the end are no two thirds of a character.
        #expect("a@b/\(String(repeating: "r", count: 126))\u{20AC}".jid == nil)
    }

    @Test("Written, it is what was read, folded")
    func write() {
        for (text, canonical) in [("A@B/C", "a@b/C"), ("B", "b"), ("b/R", "b/R"), ("a@b.", "a@b")] {
            var written = Text<321>()
            text.jid?.write(to: &written)
            #expect(string(written.bytes) == canonical)
        }
    }

    @Test("Any bytes are an address or none; one that is reads back the same")
    func fuzz() {
        let alphabet = "ab@/.@: [<&\u{E9}".utf8Bytes
        var random = Sequence64(seed: 1)
        for n in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                n % 2 == 0 ? alphabet.randomElement(using: &random)! : UInt8.random(in: 0...255, using: &random)
            }
            guard let jid = JID(bytes.span) else { continue }
            var written = Text<321>()
            jid.write(to: &written)
            guard JID(written.bytes) == jid else {
                Issue.record("\(bytes)")
                return
            }
        }
    }
}
