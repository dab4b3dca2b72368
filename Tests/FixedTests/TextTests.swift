import Fixed
import Testing

@Suite("A text holds what fits, whole, and nothing else")
struct TextTests {
    @Test("It takes up to its capacity, and then says no")
    func capacity() {
        #expect(Text<4>.maximum == 4)
        var text = Text<4>()
        #expect(text.isEmpty && text.bytes.count == 0)
        #expect((1...5).map { text.append(UInt8($0)) } == [true, true, true, true, false])
        #expect(array(text.bytes) == [1, 2, 3, 4] && text.count == 4 && !text.isEmpty)
    }

    @Test("An append that does not fit leaves no trace")
    func allOrNothing() {
        var text = Text<5>("abc")
        var took = text.append("def")
        #expect(!took && string(text.bytes) == "abc")
        took = text.append("de")
        #expect(took && string(text.bytes) == "abcde")
        took = text.append("f")
        #expect(!took && string(text.bytes) == "abcde")
        took = text.append("")
        #expect(took && string(text.bytes) == "abcde")
    }

    @Test("An identifier that is too long gives no text, not a shorter one")
    func tooLong() {
        #expect(three("abcd") == nil)
        #expect(three("abc") == "abc")
        #expect(three("") == "")
    }

    private func three(_ string: String) -> String? {
        guard let text = Text<3>(string.utf8Bytes.span) else { return nil }
        return FixedTests.string(text.bytes)
    }

    @Test("As a sink it leaves out whole pieces that do not fit, and takes later ones that do")
    func sink() {
        var text = Text<6>()
        text.put("abc")
        text.put("defg")
        text.put(0x21)
        text.put("de")
        text.put(0x21)
        #expect(string(text.bytes) == "abc!de")
    }

    @Test("Texts are equal by their bytes, whatever they held before")
    func equality() {
        var used = Text<8>("password")
        used.truncate(to: 4)
        #expect(used == Text<8>("pass") && used != Text<8>("pas") && used != Text<8>("pasS"))
        used.clear()
        #expect(used == Text<8>() && used.isEmpty)
    }

    @Test("A shortened text cannot be lengthened again")
    func truncate() {
        var text = Text<8>("abcdef")
        text.truncate(to: 7)
        text.truncate(to: -1)
        #expect(string(text.bytes) == "abcdef")
        text.truncate(to: 2)
        text.truncate(to: 5)
        #expect(string(text.bytes) == "ab")
        text.append("cdefgh")
        #expect(string(text.bytes) == "abcdefgh")
    }

    @Test("A cleared text has overwritten what it held")
    func clear() {
        var text = Text<16>("correct horse")
        text.clear()
        let left = withUnsafeBytes(of: &text) { Array($0) }
        #expect(left.allSatisfy { $0 == 0 })
    }

    @Test("A copy is its own")
    func copy() {
        let original = Text<8>("ab")
        var copy = original
        copy.append("c")
        #expect(string(original.bytes) == "ab" && string(copy.bytes) == "abc")
    }
}

@Suite("A list keeps its order and its bounds")
struct ListTests {
    @Test("It takes up to its capacity, and then says no")
    func capacity() {
        var list = List<3, Int>(filler: 0)
        let startsEmpty = list.isEmpty && list.indices.isEmpty
        #expect(startsEmpty)
        for n in 1...3 {
            let took = list.append(n)
            #expect(took)
        }
        let tookMore = list.append(4)
        let full = list.isFull
        #expect(!tookMore && full)
        #expect(contents(list) == [1, 2, 3])
    }

    @Test("Removing keeps the others in order, wherever it happens")
    func remove() {
        for place in 0..<4 {
            var list = List<4, Int>(filler: -1)
            for n in 0..<4 { list.append(n) }
            list.remove(at: place)
            #expect(contents(list) == (0..<4).filter { $0 != place })
            let took = list.append(9)
            #expect(took && contents(list).last == 9)
        }
    }

    @Test("What was removed is found nowhere in it")
    func overwritten() {
        var list = List<4, UInt64>(filler: 0)
        for n in 1...3 { list.append(UInt64(n) &* 0x0101_0101_0101_0101) }
        list.remove(at: 1)
        list.remove(at: 1)
        let left = withUnsafeBytes(of: &list) { bytes in (1...3).filter { n in bytes.contains(UInt8(n)) } }
        // The count is one too.
        #expect(left == [1])
    }

    @Test("A value can be replaced, and all can be removed")
    func replace() {
        var list = List<2, Int>(filler: 0)
        list.append(1)
        list[0] = 7
        #expect(contents(list) == [7])
        list.removeAll()
        #expect(contents(list) == [])
    }

    private func contents(_ list: borrowing List<3, Int>) -> [Int] { list.indices.map { list[$0] } }
    private func contents(_ list: borrowing List<4, Int>) -> [Int] { list.indices.map { list[$0] } }
    private func contents(_ list: borrowing List<2, Int>) -> [Int] { list.indices.map { list[$0] } }
}
