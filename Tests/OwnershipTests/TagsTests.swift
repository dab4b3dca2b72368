import Fixed
import Support
import Testing

@testable import Ownership

private func tags(_ pairs: [(String, String)]) -> (Tags, [Tags.Objection?]) {
    var tags = Tags()
    var said: [Tags.Objection?] = []
    for pair in pairs {
        let name = Array(pair.0.utf8)
        let value = Array(pair.1.utf8)
        said.append(tags.add(name.span, value.span))
    }
    return (tags, said)
}

private func listed(_ tags: Tags) -> [String] {
    tags.indices.map { index in
        let name = tags.name(at: index).array
        let value = tags.value(at: index).array
        return String(decoding: name, as: UTF8.self) + "=" + String(decoding: value, as: UTF8.self)
    }
}

@Suite("Tags") struct TagsTests {
    @Test("they are read back in their order, names in upper case, values as they are")
    func order() {
        let (all, said) = tags([("SN", "1"), ("room", "Kitchen=2 ü"), ("V", "1.2"), ("x-y-z_1", "=")])
        #expect(said.allSatisfy { $0 == nil })
        #expect(listed(all) == ["SN=1", "ROOM=Kitchen=2 ü", "V=1.2", "X-Y-Z_1=="])
        #expect(all.index(of: "V") == 2 && all.index(of: "ROO") == nil)
    }

    @Test("a name once, whatever its case; nothing empty, nothing that could begin another tag")
    func refused() {
        let (all, said) = tags([
            ("ROOM", "a"), ("Room", "b"), ("", "a"), ("A", ""), ("A=B", "a"), ("A B", "a"), ("A:B", "a"), ("#V", "1"), ("Ä", "a"), ("A", "a\nB=c"),
            ("A", "a\u{7F}"), (String(repeating: "N", count: 33), "a"), ("A", String(repeating: "v", count: 129)),
        ])
        #expect(said == [nil, .twice, .notName, .notValue, .notName, .notName, .notName, .notName, .notName, .notValue, .notValue, .notName, .notValue])
        #expect(listed(all) == ["ROOM=a"])
        var some = Tags()
        let noText: [UInt8] = [0xC3, 0x28]
        let objection = some.add("A", noText.span)
        #expect(objection == .notValue)
    }

    @Test("what does not fit changes nothing, and what fits to the byte does")
    func full() {
        let value = String(repeating: "v", count: 128)
        let (all, said) = tags([("A", value), ("B", value), ("C", value), ("D", value), ("E", String(repeating: "v", count: 114)), ("F", "")])
        // 4 · 131 + 117 is one byte too many.
        #expect(said == [nil, nil, nil, nil, .full, .notValue])
        #expect(all.count == 4)
        let (whole, fits) = tags([("A", value), ("B", value), ("C", value), ("D", value), ("E", String(repeating: "v", count: 113))])
        let bytes = whole.bytes.count
        #expect(fits.allSatisfy { $0 == nil } && bytes == 640)
        let last = whole.value(at: 4).count
        #expect(last == 113)
    }

    @Test("numbers are what the registry knows as numbers, where they are some")
    func numbers() {
        let (all, _) = tags([("V", "1.2"), ("LAT", "-33.1"), ("LON", "west"), ("SN", "5"), ("ALT", "1e5")])
        let (odd, _) = tags([("V", "+1"), ("LAT", "1."), ("LON", ".5"), ("ALT", "-")])
        #expect(all.indices.map { all.isNumeric(at: $0) } == [true, true, false, false, false])
        #expect(odd.indices.allSatisfy { !odd.isNumeric(at: $0) })
    }

    @Test("no index traps: beyond the last there is nothing")
    func beyond() {
        let (all, _) = tags([("A", "b")])
        for index in [-1, 1, 2, .max] {
            let bytes = all.name(at: index).count + all.value(at: index).count
            #expect(bytes == 0)
        }
    }

    @Test("equal where they are the same in the same order")
    func equal() {
        #expect(tags([("A", "1"), ("B", "2")]).0 == tags([("a", "1"), ("b", "2")]).0)
        #expect(tags([("A", "1"), ("B", "2")]).0 != tags([("B", "2"), ("A", "1")]).0)
    }
}
