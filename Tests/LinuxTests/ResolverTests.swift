import Fixed
import Foundation
import Testing

@testable import Linux

/// Runs a resolver to its end: the addresses in order, and the failure that ends them.
private func resolve(_ destination: Destination, _ files: NameFiles, limit: Double = 20) -> [String] {
    guard let poller = Poller() else { return ["no poller"] }
    var resolver = Resolver(files: files)
    var found: [String] = []
    let end = Process.now + .milliseconds(Int64(limit * 1000))
    switch destination {
    case .service(let domain, let direct):
        resolver.begin(domain: Array(domain.utf8).span, directTLS: direct, now: Process.now, poller: poller, source: 3)
    case .server(let server):
        resolver.begin(host: server.host.bytes, port: server.port, now: Process.now, poller: poller, source: 3)
    }
    while Process.now < end {
        switch resolver.step(now: Process.now, poller: poller, source: 3) {
        case .address(let address): found.append(address.text.string)
        case .failed(let failure): return found + ["\(failure)"]
        case .waiting(let until):
            guard poller.wait(.at(until), now: Process.now) != nil else { return ["wait failed"] }
        }
    }
    return found + ["no end"]
}

private enum Destination {
    case service(String, direct: Bool)
    case server(Configuration.Server)
}

private func service(_ domain: String, direct: Bool = false) -> Destination { .service(domain, direct: direct) }

private func server(_ text: String) -> Destination {
    let bytes = Array(text.utf8)
    return .server(Configuration.Server(bytes.span)!)
}

@Suite struct ResolverTests {
    let folder = Folder()
    let names = NameServer()

    private func files(hosts: String = "", resolvers: String? = nil) -> NameFiles {
        NameFiles(
            hosts: Path(folder.write("hosts", hosts)),
            resolvers: Path(folder.write("resolv.conf", resolvers ?? "# mine\nnameserver 127.0.0.1\n")), port: names.port)
    }

    @Test func numericAddressesNeedNobody() {
        #expect(resolve(server("192.0.2.1:1"), files()) == ["192.0.2.1:1", "exhausted"])
        #expect(resolve(server("[2001:db8::1]:65535"), files()) == ["[2001:db8::1]:65535", "exhausted"])
        #expect(resolve(service("192.0.2.1"), files()) == ["192.0.2.1:5222", "exhausted"])
        #expect(resolve(service("[::1]", direct: true), files()) == ["[::1]:5223", "exhausted"])
        #expect(names.asked == [])
    }

    @Test func localhostIsThisMachine() {
        #expect(resolve(service("localhost"), files()) == ["127.0.0.1:5222", "[::1]:5222", "exhausted"])
        #expect(resolve(server("x.LocalHost:7"), files()) == ["127.0.0.1:7", "[::1]:7", "exhausted"])
        #expect(names.asked == [])
    }

    @Test func theHostsFileHasTheFirstWord() {
        let hosts = """
            # 192.0.2.66 home.test
            192.0.2.10  other.test Home.test # not this: elsewhere.test
            nonsense home.test
            2001:db8::10\thome.test
            """
        #expect(resolve(service("home.test"), files(hosts: hosts)) == ["192.0.2.10:5222", "[2001:db8::10]:5222", "exhausted"])
        #expect(resolve(server("elsewhere.test:9"), files(hosts: hosts)) == ["noName"])
    }

    @Test func servicesAreTriedByPriorityThenTheirAddresses() {
        names.answer("_xmpp-client._tcp.example.test", "SRV",
            .service(priority: 20, weight: 0, port: 5333, host: "b.example.test"),
            .service(priority: 10, weight: 0, port: 5444, host: "a.example.test"))
        names.answer("a.example.test", "A", .address("192.0.2.1"), .address("192.0.2.2"))
        names.answer("a.example.test", "AAAA", .address("2001:db8::1"))
        names.answer("b.example.test", "A", .address("192.0.2.3"))
        #expect(resolve(service("Example.Test"), files())
            == ["[2001:db8::1]:5444", "192.0.2.1:5444", "192.0.2.2:5444", "192.0.2.3:5333", "exhausted"])
    }

    @Test func directTLSHasItsOwnService() {
        names.answer("_xmpps-client._tcp.example.test", "SRV", .service(priority: 1, weight: 1, port: 443, host: "t.example.test"))
        names.answer("t.example.test", "A", .address("192.0.2.4"))
        #expect(resolve(service("example.test", direct: true), files()) == ["192.0.2.4:443", "exhausted"])
    }

    @Test func withoutServiceTheDomainItselfIsTried() {
        names.answer("example.test", "A", .address("192.0.2.5"))
        #expect(resolve(service("example.test"), files()) == ["192.0.2.5:5222", "exhausted"])
        #expect(resolve(service("example.test", direct: true), files()) == ["192.0.2.5:5223", "exhausted"])
    }

    @Test func aDomainThatOffersNothingIsNotTried() {
        names.answer("_xmpp-client._tcp.example.test", "SRV", .service(priority: 0, weight: 0, port: 0, host: "."))
        names.answer("example.test", "A", .address("192.0.2.5"))
        #expect(resolve(service("example.test"), files()) == ["noService"])
        #expect(names.asked == ["_xmpp-client._tcp.example.test SRV"])
    }

    @Test func whatDoesNotExistIsSaid() {
        #expect(resolve(service("none.test"), files()) == ["noName"])
        names.answer("empty.test", "A", .records([]))
        names.answer("empty.test", "AAAA", .records([]))
        #expect(resolve(service("empty.test"), files()) == ["noAddress"])
        #expect(resolve(service("bücher.example"), files()) == ["notAName"])
    }

    @Test func manyAddressesAreBounded() {
        names.answer("big.test", "A", .records((1...20).map { ("big.test", .address("192.0.2.\($0)")) }))
        names.answer("big.test", "AAAA", .records((1...10).map { ("big.test", .address("2001:db8::\($0)")) }))
        let found = resolve(server("big.test:1"), files())
        #expect(found.count == 9 && found[3] == "[2001:db8::4]:1" && found[4] == "192.0.2.1:1")
    }

    @Test func aServerThatCannotSayIsFollowedByTheNext() {
        names.answer("x.test", "A", .code(2))
        names.answer("x.test", "AAAA", .code(2))
        #expect(resolve(server("x.test:1"), files()) == ["noAnswer"])
        #expect(names.asked.count >= 3)
    }

    /// As name servers do that have nobody to ask, and know one kind of address themselves.
    @Test func whatAServerCannotSayOfOneKindOfAddressDoesNotHideTheOther() {
        names.answer("x.test", "AAAA", .code(5))
        names.answer("x.test", "A", .late([("x.test", .address("192.0.2.8"))]))
        #expect(resolve(server("x.test:1"), files()) == ["192.0.2.8:1", "exhausted"])
        #expect(names.asked.count == 2)
    }

    /// 127.0.0.2 answers nothing on the port, so the kernel says that it is closed.
    @Test func aClosedPortCostsNoTime() {
        names.answer("x.test", "A", .address("192.0.2.8"))
        let begun = Process.now
        let found = resolve(server("x.test:1"), files(resolvers: "nameserver 127.0.0.2\nnameserver 127.0.0.1\n"))
        #expect(found == ["192.0.2.8:1", "exhausted"])
        #expect(Process.now.since(begun) < .seconds(2))
    }

    @Test func silenceIsEnded() {
        names.answer("x.test", "A", .silence)
        names.answer("x.test", "AAAA", .silence)
        let begun = Process.now
        #expect(resolve(server("x.test:1"), files()) == ["noAnswer"])
        let took = Process.now.since(begun)
        #expect(took > .seconds(5) && took < .seconds(10))
    }

    @Test func oneKindOfAddressIsEnough() {
        names.answer("x.test", "A", .address("192.0.2.8"))
        names.answer("x.test", "AAAA", .silence)
        #expect(resolve(server("x.test:1"), files()) == ["192.0.2.8:1", "exhausted"])
    }
}
