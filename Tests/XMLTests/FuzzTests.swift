import Testing
import XML

@Suite("Whatever arrives, the reader neither crashes nor is of two minds")
struct FuzzTests {
    private static let start = "<s xmlns='jabber:client' xmlns:p='u:p'>"

    /// Reads `bytes` whole and notes which of them were a stanza's.
    private func stanzas(in bytes: [UInt8]) throws -> [(bytes: [UInt8], picture: String)] {
        var reader = try newReader()
        var found: [(bytes: [UInt8], picture: String)] = []
        var from = 0
        while true {
            let (taken, event) = reader.read(bytes.span.extracting(from...))
            if event == .stanza { found.append((Array(bytes[from..<from + taken]), reader.picture)) }
            from += taken
            switch event {
            case .more, .failed, .closed: return found
            default: continue
            }
        }
    }

    @Test("10,000 streams with something wrong: the same however cut, and each stanza is what another parser sees in it")
    func mutations() throws {
        var stanzaCount = 0
        var failures = 0
        for seed in 0..<10_000 {
            var random = Sequence64(seed: UInt64(seed))
            let bytes = Array(Self.start.utf8) + Mutation.stream(&random)
            let whole = Transcript([bytes]).lines
            let size = Int.random(in: 2...40, using: &random)
            guard Transcript(bytes.bytewise).lines == whole, Transcript(bytes.pieces(of: size)).lines == whole else {
                Issue.record("seed \(seed): differs when cut: \(string(bytes.span))")
                return
            }
            if whole.last?.hasPrefix("failed") == true { failures += 1 }
            for (stanza, picture) in try stanzas(in: bytes) {
                stanzaCount += 1
                let document = Array(Self.start.utf8) + stanza + Array("</s>".utf8)
                let opinion = secondOpinion(on: document)
                guard opinion == picture else {
                    Issue.record("seed \(seed): \(string(stanza.span)) is \(picture), or \(opinion ?? "nothing")")
                    return
                }
            }
        }
        // Both kinds must be there, or nothing was tried.
        #expect(stanzaCount > 3_000 && failures > 3_000)
    }

    @Test("Bytes at random, and bytes that are at home in XML")
    func randomBytes() {
        let alphabet = Array("<>/='\"&;![]-? \naxs:CDATA\u{E9}".utf8)
        for seed in 0..<4_000 {
            var random = Sequence64(seed: UInt64(seed))
            var bytes: [UInt8] = seed % 2 == 0 ? Array(Self.start.utf8) : []
            for _ in 0..<Int.random(in: 0...300, using: &random) {
                bytes.append(seed % 4 < 2 ? alphabet.randomElement(using: &random)! : UInt8.random(in: 0...255, using: &random))
            }
            guard Transcript([bytes]) .lines == Transcript(bytes.bytewise).lines else {
                Issue.record("seed \(seed): differs when cut: \(string(bytes.span))")
                return
            }
        }
    }

    @Test("Long things at random: each stanza is read or skipped, and the one behind it is read")
    func limits() {
        for seed in 0..<400 {
            var random = Sequence64(seed: UInt64(seed))
            var stanza = "<m id='1'>"
            var open = 0
            while stanza.utf8.count < Int.random(in: 1_000...40_000, using: &random) {
                let count = Int.random(in: 1...3_000, using: &random)
                switch Int.random(in: 0..<7, using: &random) {
                case 0: stanza += String(repeating: "x", count: count)
                case 1: stanza += "<a b='\(String(repeating: "\">", count: count / 2))'/>"
                case 2: stanza += "<![CDATA[\(String(repeating: "</m>", count: count / 4))]]>"
                case 3: stanza += "<c\((0..<count / 70).map { " n\($0)='/>'" }.joined())/>"
                case 4: stanza += String(repeating: "<d/>", count: count / 15)
                case 5:
                    stanza += "<e>"
                    open += 1
                default: stanza += "<\(String(repeating: "f", count: count))/>"
                }
            }
            stanza += String(repeating: "</e>", count: open) + "</m>"
            let bytes = Array((header + stanza + "<n/>").utf8)
            let lines = Transcript([bytes]).lines
            let size = Int.random(in: 1...5_000, using: &random)
            guard lines.count == 3, lines[1].contains("<{jabber:client}m id=\"1\">"),
                lines[2] == "stanza <{jabber:client}n>\"\"</>", Transcript(bytes.pieces(of: size)).lines == lines
            else {
                Issue.record("seed \(seed), in pieces of \(size): \(lines.map { $0.prefix(80) })")
                return
            }
        }
    }
}
