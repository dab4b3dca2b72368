import Fixed
import Testing

@testable import Linux

/// DHCP options as they stand in a message.
private func option(_ code: UInt8, _ value: [UInt8]) -> [UInt8] { [code, UInt8(value.count)] + value }

private func option(_ code: UInt8, _ text: String) -> [UInt8] { option(code, Array(text.utf8)) }

@Suite struct DHCPInformTests {
    let question = DHCPInform(number: 0x1234_5678, address: 0xC000_0207, hardware: 0x0242_AC11_0002)

    /// An answer with these options, behind what says that it is one (option 53: ACK).
    private func answer(_ options: [UInt8], file: [UInt8] = [], sname: [UInt8] = [], kind: [UInt8] = option(53, [5])) -> [UInt8] {
        var bytes: [UInt8] = [2, 1, 6, 0, 0x12, 0x34, 0x56, 0x78] + [UInt8](repeating: 0, count: 36)
        bytes += sname + [UInt8](repeating: 0, count: 64 - sname.count)
        bytes += file + [UInt8](repeating: 0, count: 128 - file.count)
        return bytes + [0x63, 0x82, 0x53, 0x63] + kind + options
    }

    private func domain(_ bytes: [UInt8]) -> String? { question.domain(in: bytes.span)?.bytes.string }

    @Test func theQuestionHasTheFormOfRFC2131() {
        var message = Text<512>()
        question.write(to: &message)
        let bytes = message.bytes.array
        #expect(bytes.count == 300)
        #expect(Array(bytes[0..<16]) == [1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 192, 0, 2, 7])
        #expect(Array(bytes[16..<44]) == [UInt8](repeating: 0, count: 12) + [2, 0x42, 0xAC, 0x11, 0, 2] + [UInt8](repeating: 0, count: 10))
        #expect(Array(bytes[236..<248]) == [0x63, 0x82, 0x53, 0x63, 53, 1, 8, 55, 2, 224, 15, 255])
    }

    @Test func theSitesOptionNamesTheDomain() {
        #expect(domain(answer(option(224, "Example.org") + [255])) == "example.org")
        #expect(domain(answer([0, 0] + option(1, [255, 255, 255, 0]) + option(224, "example.org\0") + [255])) == "example.org")
        // The end may be missing where the message ends.
        #expect(domain(answer(option(224, "example.org"))) == "example.org")
        // In parts, which belong together (RFC 3396).
        #expect(domain(answer(option(224, "exam") + option(3, [1, 2, 3, 4]) + option(224, "ple.org") + [255])) == "example.org")
    }

    @Test func aNameWithoutADotIsCompletedByTheNetworksDomain() {
        #expect(domain(answer(option(224, "pronto") + option(15, "home.test") + [255])) == "pronto.home.test")
        #expect(domain(answer(option(224, "pronto") + [255])) == "pronto")
        #expect(domain(answer(option(224, "pronto.local") + option(15, "home.test") + [255])) == "pronto.local")
    }

    @Test func optionsAreLookedForInTheFieldsForNamesWhereTheAnswerSaysSo() {
        let named = option(224, "example.org") + [255]
        #expect(domain(answer(option(52, [1]) + [255], file: named)) == "example.org")
        #expect(domain(answer(option(52, [2]) + [255], sname: named)) == "example.org")
        #expect(domain(answer(option(52, [3]) + [255], file: option(224, "example"), sname: option(224, ".org"))) == "example.org")
        // Not otherwise: there stand names.
        #expect(domain(answer([255], file: named, sname: named)) == nil)
        #expect(domain(answer(option(52, [2]) + [255], file: named)) == nil)
        #expect(domain(answer(option(52, [1, 1]) + [255], file: named)) == nil)
    }

    @Test("an answer of DHCP to something else is no answer") func anAnswerToSomethingElseIsNoAnswer() {
        let good = answer(option(224, "example.org") + [255])
        // Not a reply; other numbers; another cookie; another kind of message.
        for place in [0, 4, 5, 6, 7, 236, 237, 238, 239, 242] {
            var other = good
            other[place] ^= 1
            #expect(domain(other) == nil, "byte \(place)")
        }
        #expect(domain(answer(option(224, "example.org"), kind: [])) == nil)
        #expect(domain(answer(option(224, "example.org"), kind: option(53, [5, 5]))) == nil)
    }

    @Test func whatIsNoDomainIsNone() {
        let bad = ["", " ", "a b", "a..b", ".", "-a.org", "a-.org", "a_b.org", "192.0.2.1", "example.org\0\0", "b\u{fc}cher.example", "a/b", "a\n",
            String(repeating: "a", count: 64), String(repeating: "a.", count: 127)]
        for name in bad { #expect(domain(answer(option(224, name) + [255])) == nil, "\(name)") }
        let most = String(repeating: "a.", count: 126) + "a"
        #expect(domain(answer(option(224, most) + [255])) == most)
        #expect(domain(answer(option(224, most) + option(224, "a") + [255])) == nil)
        // An unqualified one that would become too long with the network's domain, and one whose domain is none.
        #expect(domain(answer(option(224, "abc") + option(15, most) + [255])) == nil)
        #expect(domain(answer(option(224, "abc") + option(15, "a b") + [255])) == "abc")
    }

    @Test func noAnswerTrapsAndNoneThatIsCutCounts() {
        let good = answer(option(52, [3]) + option(15, "home.test") + option(224, "pronto") + [255],
            file: option(224, ".x") + [255], sname: option(224, "y"))
        #expect(domain(good) == "pronto.xy")
        let end = good.count - 1 - "pronto".utf8.count
        for length in 0..<end { #expect(domain(Array(good[0..<length])) == nil, "cut at \(length)") }
        for place in good.indices {
            for value in 0...255 as ClosedRange<UInt8> {
                var changed = good
                changed[place] = value
                if let name = domain(changed) {
                    let isDomain = HostName(domain: Array(name.utf8).span) != nil
                    #expect(isDomain, "\(name)")
                }
            }
        }
        // Each length that leads beyond the end.
        for length in 1...255 as ClosedRange<UInt8> { #expect(domain(answer([224, length])) == nil) }
    }
}

/// Answers of multicast DNS, put together by hand.
private struct Zone {
    var question = true
    var records: [[UInt8]] = []
    static let service = "_xmpp-client._tcp.local"

    static func wire(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    static func record(_ owner: [UInt8], _ kind: UInt16, _ data: [UInt8], category: UInt16 = 1) -> [UInt8] {
        owner + [kind, category].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } + [0, 0, 0, 10]
            + [UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }

    static func pointer(to instance: String) -> [UInt8] { record(wire(service), 12, wire(instance)) }
    static func text(of instance: String, _ strings: String...) -> [UInt8] {
        record(wire(instance), 16, strings.isEmpty ? [0] : strings.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }, category: 0x8001)
    }
    static func server(of instance: String, _ host: String, port: UInt16 = 5222) -> [UInt8] {
        record(wire(instance), 33, [0, 0, 0, 0, UInt8(port >> 8), UInt8(port & 255)] + wire(host), category: 0x8001)
    }
    static func address(of host: String, _ octets: [UInt8]) -> [UInt8] { record(wire(host), octets.count <= 4 ? 1 : 28, octets) }

    static func message(_ records: [UInt8]..., number: UInt16 = 7, asked: Bool = true) -> [UInt8] {
        [UInt8(number >> 8), UInt8(number & 255), 0x84, 0, 0, asked ? 1 : 0, 0, 1, 0, 0, 0, UInt8(max(records.count, 1) - 1)]
            + (asked ? wire(service) + [0, 12, 0, 1] : []) + records.flatMap { $0 }
    }
}

@Suite struct ServiceSearchTests {
    let search = ServiceSearch(number: 7)
    let machine = "My server._xmpp-client._tcp.local"

    private func read(_ message: [UInt8], wanted: String = "") -> (ServiceSearch.Outcome, String, String, [UInt8]) {
        var domain = HostName()
        var server: Address?
        var followUp = Text<512>()
        let expected = Array(wanted.utf8)
        let outcome = search.read(message.span, wanted: expected.span, domain: &domain, server: &server, followUp: &followUp)
        return (outcome, outcome == .found ? domain.bytes.string : "", server?.text.bytes.string ?? "", outcome == .ask ? followUp.bytes.array : [])
    }

    @Test func theQuestionHasTheFormOfRFC6762() {
        var message = Text<512>()
        search.write(to: &message)
        #expect(message.bytes.array == [0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + Zone.wire(Zone.service) + [0, 12, 0, 1])
    }

    @Test func theTextNamesTheDomainAndTheServiceTheServer() {
        let all = Zone.message(
            Zone.pointer(to: machine), Zone.text(of: machine, "txtvers=1", "OrDom=Example.com", "ordom=late.example"),
            Zone.server(of: machine, "pronto.local", port: 5333), Zone.address(of: "pronto.local", [10, 2, 1, 188]))
        #expect(read(all) == (.found, "example.com", "10.2.1.188:5333", []))
        // In another order, by IPv6, without the question.
        let six: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [9]
        let turned = Zone.message(
            Zone.address(of: "pronto.local", six), Zone.server(of: machine, "pronto.local"), Zone.text(of: machine, "ordom=example.com"),
            asked: false)
        #expect(read(turned) == (.found, "example.com", "[2001:db8::9]:5222", []))
    }

    @Test func anAddressThatNoServerCanHaveIsLeftOut() {
        let rest = [UInt8](repeating: 0, count: 13) + [1]
        let none: [[UInt8]] = [[127, 0, 0, 1], [127, 255, 255, 255], [0, 0, 0, 0], [224, 0, 0, 251], [255, 255, 255, 255],
            [0xFE, 0x80] + rest, [0, 0] + rest, [0, 0] + rest.dropLast() + [0], [0xFF, 2] + rest, [1, 2, 3]]
        for octets in none {
            let message = Zone.message(
                Zone.text(of: machine, "ordom=example.com"), Zone.server(of: machine, "pronto.local"), Zone.address(of: "pronto.local", octets))
            #expect(read(message) == (.found, "example.com", "", []), "\(octets)")
        }
        let local = Zone.message(
            Zone.text(of: machine, "ordom=example.com"), Zone.server(of: machine, "pronto.local"), Zone.address(of: "pronto.local", [0xFD, 0] + rest))
        #expect(read(local).2 == "[fd00::1]:5222")
    }

    @Test func withoutATextTheHostIsTheDomain() {
        #expect(read(Zone.message(Zone.text(of: machine), Zone.server(of: machine, "Pronto.local"))) == (.found, "pronto.local", "", []))
        #expect(read(Zone.message(Zone.server(of: machine, "pronto.local"))).1 == "pronto.local")
    }

    @Test func whatIsNoDomainIsPassedOver() {
        for name in ["", "a b", "192.0.2.1", "a_b.example", "b\u{fc}cher.example", String(repeating: "a", count: 64)] {
            let bad = Zone.text(of: machine, "ordom=" + name)
            #expect(read(Zone.message(Zone.pointer(to: machine), bad, Zone.server(of: machine, "pronto.local"))).0 == .nothing, "\(name)")
            let next = "other.\(Zone.service)"
            #expect(read(Zone.message(bad, Zone.text(of: next, "ordom=example.org"))).1 == "example.org")
        }
    }

    @Test func anotherServicesRecordsAreNotOurs() {
        for other in ["a._http._tcp.local", "a.b._xmpp-client._tcp.local", Zone.service, "a._xmpp-client._tcp.example.org", "local"] {
            #expect(read(Zone.message(Zone.text(of: other, "ordom=example.org"))).0 == .nothing, "\(other)")
        }
        // Another class than the Internet's.
        #expect(read(Zone.message(Zone.record(Zone.wire(machine), 16, [14] + Array("ordom=evil.org".utf8), category: 3))).0 == .nothing)
    }

    @Test func whereADomainIsKnownOnlyItsServerCounts() {
        let other = "other.\(Zone.service)"
        let two = Zone.message(
            Zone.text(of: machine, "ordom=example.com"), Zone.server(of: machine, "a.local"), Zone.address(of: "a.local", [10, 0, 0, 1]),
            Zone.text(of: other, "ordom=example.org"), Zone.server(of: other, "b.local"), Zone.address(of: "b.local", [10, 0, 0, 2]))
        #expect(read(two, wanted: "example.org") == (.found, "example.org", "10.0.0.2:5222", []))
        #expect(read(two, wanted: "example.net").0 == .nothing)
        #expect(read(two).1 == "example.com")
    }

    @Test func anInstanceWithoutRecordsIsAskedAbout() {
        let (outcome, _, _, question) = read(Zone.message(Zone.pointer(to: machine)))
        #expect(outcome == .ask)
        #expect(question == [0, 7, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0] + Zone.wire(machine) + [0, 33, 0, 1] + Zone.wire(machine) + [0, 16, 0, 1])
        // A pointer of another service, or to another, leads nowhere.
        #expect(read(Zone.message(Zone.record(Zone.wire("_http._tcp.local"), 12, Zone.wire(machine)))).0 == .nothing)
        #expect(read(Zone.message(Zone.pointer(to: "a._http._tcp.local"))).0 == .nothing)
    }

    @Test func compressedNamesAreReadAndCirclesEnd() {
        // The instance as one label and a pointer to the question's name; then nothing but a pointer to that.
        let head = Zone.message(number: 7)
        let instance: [UInt8] = [1, 0x61, 0xC0, 12]
        let first = Zone.record([0xC0, 12], 12, instance)
        let place = UInt16(head.count + first.count - instance.count)
        let reference: [UInt8] = [0xC0 | UInt8(place >> 8), UInt8(place & 255)]
        let second = Zone.record(reference, 16, [17] + Array("ordom=example.org".utf8))
        var message = head + first + second
        message[7] = 2
        #expect(read(message).1 == "example.org")
        // Names that lead to themselves, or forward.
        for back in [0, 2, -2] {
            var circle = message
            let at = head.count + first.count
            let target = UInt16(at - back)
            circle[at] = 0xC0 | UInt8(target >> 8)
            circle[at + 1] = UInt8(target & 255)
            #expect(read(circle).0 != .found)
        }
        // A label before a pointer back to it: a name without an end.
        var endless = message
        endless[head.count + first.count - 2] = 0xC0 | UInt8(place >> 8)
        endless[head.count + first.count - 1] = UInt8(place & 255)
        #expect(read(endless).0 == .nothing)
    }

    @Test("an answer of multicast DNS to something else is not ours") func anAnswerToSomethingElseIsNotOurs() {
        let good = Zone.message(Zone.text(of: machine, "ordom=example.org"))
        for place in [0, 1, 3, 4] {
            var other = good
            other[place] ^= 4
            #expect(read(other).0 == .notOurs, "byte \(place)")
        }
        var question = good
        question[2] &= 0x7F
        #expect(read(question).0 == .notOurs)
    }

    @Test func noMessageTraps() {
        let good = Zone.message(
            Zone.pointer(to: machine), Zone.text(of: machine, "txtvers=1", "ordom=example.com"),
            Zone.server(of: machine, "pronto.local"), Zone.address(of: "pronto.local", [10, 2, 1, 188]))
        for end in 0..<good.count { _ = read(Array(good[0..<end])) }
        for place in good.indices {
            for value in 0...255 as ClosedRange<UInt8> {
                var changed = good
                changed[place] = value
                let (outcome, name, _, _) = read(changed)
                let isDomain = HostName(domain: Array(name.utf8).span) != nil
                #expect(outcome != .found || isDomain)
            }
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let noise = (0..<Int.random(in: 0...200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            _ = read(Array(good[0..<36]) + noise)
        }
        // More records than are looked at, each with the longest circle.
        var many = Array(good[0..<12])
        many[5] = 0
        for i in 0..<40 { many += Zone.record([63] + [UInt8](repeating: 0x61, count: 63) + [0xC0, UInt8(truncatingIfNeeded: 12 + i)], 16, [0]) }
        _ = read(many)
    }
}
