import Testing
import XML

@Suite("The reader's memory does not grow")
struct MemoryTests {
    @Test("A hundred thousand stanzas, each with names never seen before, take what the first hundred took")
    func everNewNames() throws {
        var reader = try newReader()
        let start = Array(header.utf8)
        let opened = reader.read(start.span).event
        #expect(opened == .opened)
        var peakOfFirst = 0
        for n in 100_000..<200_000 {
            let stanza = Array("<m\(n) a\(n)='1' p\(n):b='2' xmlns:p\(n)='u:\(n)'><e\(n) xmlns='v:\(n)'/></m\(n)>".utf8)
            let (taken, event) = reader.read(stanza.span)
            guard taken == stanza.count && event == .stanza else {
                Issue.record("stanza \(n): \(event)")
                return
            }
            if n == 100_099 { peakOfFirst = reader.memory.peak }
        }
        #expect(peakOfFirst > 0 && peakOfFirst < reader.memory.size)
        #expect(reader.memory.peak == peakOfFirst)
    }

    @Test("An hour of white space and stanzas that are skipped takes none either")
    func nothingToRead() throws {
        var reader = try newReader()
        let before = Array((header + "<m id='1'><a/></m>").utf8)
        var from = reader.read(before.span).taken
        from += reader.read(before.span.extracting(from...)).taken
        let peak = reader.memory.peak
        let spaces = Array(repeating: UInt8(0x20), count: 1_000)
        for _ in 0..<1_000 {
            let event = reader.read(spaces.span).event
            guard event == .more else {
                Issue.record("\(event)")
                return
            }
        }
        #expect(reader.memory.peak == peak)
        let deep = Array((String(repeating: "<a>", count: 500) + String(repeating: "</a>", count: 500)).utf8)
        let first = reader.read(deep.span)
        #expect(first.event == .oversize)
        let peakOfFirst = reader.memory.peak
        for _ in 0..<1_000 {
            let event = reader.read(deep.span).event
            guard event == .oversize else {
                Issue.record("\(event)")
                return
            }
        }
        #expect(reader.memory.peak == peakOfFirst)
    }

    @Test("Streams one after another take what one takes")
    func streams() throws {
        var reader = try newReader()
        var peaks: [Int] = []
        for n in 0..<1_000 {
            reader.restart()
            let bytes = Array("<s\(n) xmlns='u:\(n)' a\(n)=''><m\(n)/>".utf8)
            let (taken, opened) = reader.read(bytes.span)
            let stanza = reader.read(bytes.span.extracting(taken...)).event
            guard opened == .opened && stanza == .stanza else {
                Issue.record("\(opened) \(stanza)")
                return
            }
            peaks.append(reader.memory.peak)
        }
        #expect(peaks.first == peaks.last)
    }

    @Test("Readers are independent of one another")
    func several() throws {
        var one = try newReader()
        var other = try newReader()
        let first = Array("<s xmlns='one'><a id='1'/>".utf8)
        let second = Array("<s xmlns='two'><b id='2'/>".utf8)
        for i in first.indices {
            _ = one.read(first.span.extracting(i..<i + 1))
            _ = other.read(second.span.extracting(i..<i + 1))
        }
        #expect(one.picture == "<{one}a id=\"1\">\"\"</>")
        #expect(other.picture == "<{two}b id=\"2\">\"\"</>")
    }
}
