import Fixed
import Testing

@Suite("A log line is one line, whole, whoever is quoted in it")
struct JournalTests {
    private func line(_ quoted: [UInt8]) -> [UInt8] {
        var journal = Journal(level: .debug)
        journal.log(.info, "from", quoted.span)
        return array(journal.bytes)
    }

    @Test("Level, words, what was quoted")
    func line() {
        var journal = Journal()
        journal.log(.warning, "no answer from", "c@x/r".utf8Bytes.span, ", giving up")
        journal.begin(.info)
        journal.put("waited ")
        journal.put(decimal: 30)
        journal.put(" s")
        journal.end()
        #expect(string(journal.bytes) == "warning: no answer from c@x/r, giving up\ninfo: waited 30 s\n")
    }

    @Test("What matters less than the level is left out, and nothing of it remains")
    func level() {
        var journal = Journal(level: .warning)
        journal.log(.info, "unheard")
        journal.begin(.debug)
        journal.put("unheard")
        journal.put(quoted: "too".utf8Bytes.span)
        journal.end()
        journal.log(.error, "heard")
        #expect(string(journal.bytes) == "error: heard\n")
    }

    @Test("Nobody quoted can begin a line or speak to the terminal", arguments: [
        ("a\nerror: forged", "a?error: forged"), ("a\r\n", "a??"), ("\u{1B}[2J", "?[2J"), ("\u{7F}\u{0}\t", "???"),
        ("\u{9B}2J", "?2J"), ("\u{85}x\u{A0}", "?x\u{A0}"), ("\u{E9}\u{1F321}", "\u{E9}\u{1F321}"),
    ])
    func control(text: String, expected: String) {
        #expect(string(line(text.utf8Bytes).span) == "info: from \(expected)\n")
    }

    @Test("Bytes that are no UTF-8 are not passed on")
    func notUTF8() {
        #expect(string(line([0x61, 0xFF, 0xC2, 0x9B, 0x62, 0xC2]).span) == "info: from a???b?\n")
    }

    @Test("What is long is cut between characters, and says so")
    func long() {
        for before in 0...5 {
            let text = String(repeating: "x", count: before) + String(repeating: "\u{20AC}", count: 100)
            let cut = line(text.utf8Bytes)
            let isUTF8 = cut.span.isUTF8
            #expect(isUTF8 && string(cut.span).hasSuffix("\u{20AC}\u{2026}\n") && cut.count <= 200 + "info: from \u{2026}\n".utf8.count)
        }
        #expect(string(line(Array(repeating: 0x61, count: 200)).span) == "info: from \(String(repeating: "a", count: 200))\n")
        #expect(string(line(Array(repeating: 0xFF, count: 201)).span) == "info: from \(String(repeating: "?", count: 200))\u{2026}\n")
    }

    @Test("Full, it drops lines whole, and takes new ones when it has been read")
    func full() {
        var journal = Journal()
        for _ in 0..<1_000 { journal.log(.info, "0123456789") }
        let text = string(journal.bytes)
        #expect(text.utf8.count <= 4_096 && text.utf8.count > 4_000)
        #expect(text.split(separator: "\n").allSatisfy { $0 == "info: 0123456789" } && text.hasSuffix("\n"))
        journal.take(text.utf8.count)
        journal.log(.info, "again")
        #expect(string(journal.bytes) == "info: again\n")
    }
}
