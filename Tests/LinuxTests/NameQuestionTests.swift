import Fixed
import Testing

@testable import Linux

private func host(_ name: String) -> HostName { HostName(hostName: Array(name.utf8).span)! }

private func asked(_ question: NameQuestion) -> [UInt8] {
    var message = Text<512>()
    question.write(to: &message)
    return message.bytes.array
}

private func read(_ question: NameQuestion, _ message: [UInt8]) -> (NameQuestion.Outcome, [String]) {
    var found: [String] = []
    let outcome = question.read(message.span) { record in
        switch record {
        case .address(let address): found.append(address.text.string)
        case .service(let s): found.append("\(s.priority) \(s.weight) \(s.port) \(s.host.string)")
        }
    }
    return (outcome, found)
}

@Suite struct NameQuestionTests {
    let question = NameQuestion(name: host("www.Example.org"), kind: .address4, number: 0xABCD)

    private func answered(_ records: [(String, NameServer.Record)], code: UInt8 = 0) -> [UInt8] {
        let bytes = asked(question)
        return NameServer.message(bytes, end: bytes.count, code: code, records)
    }

    @Test func theQuestionHasTheFormOfRFC1035() {
        #expect(asked(question) == [0xAB, 0xCD, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3] + Array("www".utf8)
            + [7] + Array("example".utf8) + [3] + Array("org".utf8) + [0, 0, 1, 0, 1])
    }

    @Test func addressesAndServicesAreRead() {
        #expect(read(question, answered([("www.example.org", .address("192.0.2.7"))])) == (.found, ["192.0.2.7:0"]))
        let service = NameQuestion(name: host("_xmpp-client._tcp.example.org"), kind: .service, number: 1)
        let bytes = asked(service)
        let message = NameServer.message(bytes, end: bytes.count, code: 0, [
            ("_xmpp-client._tcp.example.org", .service(priority: 10, weight: 5, port: 5222, host: "a.example.net")),
            ("_xmpp-client._tcp.example.org", .service(priority: 20, weight: 0, port: 1, host: ".")),
        ])
        #expect(read(service, message) == (.found, ["10 5 5222 a.example.net", "20 0 1 "]))
    }

    @Test func aliasesAreFollowedInAnyOrderAndCirclesEnd() {
        let chain: [(String, NameServer.Record)] = [
            ("www.example.org", .alias("b.example.org")), ("b.example.org", .alias("c.example.org")),
            ("c.example.org", .address("192.0.2.9")),
        ]
        #expect(read(question, answered(chain)).1 == ["192.0.2.9:0"])
        #expect(read(question, answered(chain.reversed())).1 == ["192.0.2.9:0"])
        let circle: [(String, NameServer.Record)] = [
            ("www.example.org", .alias("b.example.org")), ("b.example.org", .alias("www.example.org")),
        ]
        #expect(read(question, answered(circle)) == (.noData, []))
    }

    @Test func whatBelongsToAnotherNameIsPassedOver() {
        #expect(read(question, answered([("evil.example.org", .address("192.0.2.66"))])) == (.noData, []))
    }

    @Test func anAnswerToSomethingElseIsNotOurs() {
        let good = answered([("www.example.org", .address("192.0.2.7"))])
        for place in [0, 1, 5, 13, 30, 32] {
            var other = good
            other[place] ^= 1
            #expect(read(question, other).0 == .notOurs, "byte \(place)")
        }
        var query = good
        query[2] &= 0x7F
        #expect(read(question, query).0 == .notOurs)
    }

    @Test func theServersCodesAreTold() {
        #expect(read(question, answered([], code: 3)).0 == .noName)
        #expect(read(question, answered([], code: 0)).0 == .noData)
        for code in [1, 2, 4, 5, 15] as [UInt8] { #expect(read(question, answered([], code: code)).0 == .failed) }
        var short = answered([])
        short[2] |= 2
        #expect(read(question, short).0 == .failed)
    }

    @Test func compressedNamesAreReadAndPointersOnlyLeadBack() {
        var message = answered([])
        message[7] = 1
        // The owner is a pointer to the question's name.
        let record: [UInt8] = [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1]
        #expect(read(question, message + record) == (.found, ["192.0.2.1:0"]))
        // One that points at itself, and one that points forward.
        for offset in [message.count, message.count + 2] {
            var circle = record
            circle[0] = 0xC0 | UInt8(offset >> 8)
            circle[1] = UInt8(offset & 255)
            #expect(read(question, message + circle) == (.noData, []))
        }
    }

    @Test func noMessageTraps() {
        let good = answered([
            ("www.example.org", .alias("b.example.org")), ("b.example.org", .address("192.0.2.9")),
        ])
        for end in 0..<good.count { #expect(read(question, Array(good[0..<end])).0 != .found, "cut at \(end)") }
        for place in 0..<good.count {
            for value in 0...255 as ClosedRange<UInt8> {
                var changed = good
                changed[place] = value
                _ = read(question, changed)
            }
        }
    }

    @Test func namesAreChecked() {
        for name in ["", ".", "a..b", ".a", "a b", "ä.example", String(repeating: "a", count: 64), "a/b"] {
            let bytes = Array(name.utf8)
            let refused = HostName(hostName: bytes.span) == nil
            #expect(refused, "\(name)")
        }
        let longest = Array((String(repeating: "a234567.", count: 31) + "12345").utf8)
        let fits = HostName(hostName: longest.span) != nil
        #expect(fits && longest.count == 253)
        let longer = longest + [0x61]
        let exceeds = HostName(hostName: longer.span) == nil
        #expect(exceeds)
        #expect(host("A.b.").string == "a.b")
    }
}

@Suite struct ServiceTests {
    private func arranged(_ services: [(UInt16, UInt16, String)], random: () -> UInt32) -> [String] {
        var list = List<8, Service>(filler: Service(priority: 0, weight: 0, port: 0, host: HostName()))
        for (priority, weight, name) in services {
            list.append(Service(priority: priority, weight: weight, port: 1, host: host(name)))
        }
        Service.arrange(&list, random: random)
        return list.indices.map { list[$0].host.string }
    }

    @Test func lowerPrioritiesComeFirst() {
        let names = arranged([(30, 9, "c"), (10, 0, "a"), (20, 65535, "b")]) { .max }
        #expect(names == ["a", "b", "c"])
    }

    @Test func weightIsTheShareOfTheDraws() {
        // Every value of the draw once: 0 ... 4, of which 0 falls to the weightless.
        var first: [String: Int] = [:]
        for drawn in 0..<5 as Range<UInt32> {
            let names = arranged([(1, 3, "three"), (1, 1, "one"), (1, 0, "none")]) { drawn }
            #expect(Set(names) == ["three", "one", "none"])
            first[names[0], default: 0] += 1
        }
        #expect(first == ["none": 1, "three": 3, "one": 1])
    }

    @Test func theLargestWeightsDoNotOverflow() {
        let names = arranged((0..<8).map { (0, .max, "h\($0)") }) { .max }
        #expect(Set(names).count == 8)
    }
}
