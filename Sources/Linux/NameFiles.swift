import Fixed

/// Where this machine says how names are resolved.
public struct NameFiles: Sendable {
    /// hosts(5).
    public var hosts: Path
    /// resolv.conf(5).
    public var resolvers: Path
    /// The name servers' port.
    public var port: UInt16

    public init(hosts: Path, resolvers: Path, port: UInt16 = 53) {
        self.hosts = hosts
        self.resolvers = resolvers
        self.port = port
    }

    public static var system: NameFiles {
        NameFiles(hosts: Path("/etc/hosts"), resolvers: Path("/etc/resolv.conf"))
    }

    /// Adds the addresses that the hosts file gives `name`.
    func look(up name: HostName, port: UInt16, into addresses: inout List<8, Address>) {
        guard case .open(let file) = File.open(hosts.bytes) else { return }
        _ = file.lines { line in
            var words = Words(line)
            guard let first = words.next(), let address = Address(first, port: port) else { return }
            while let word = words.next() {
                if word.equalsIgnoringCase(name.bytes) {
                    addresses.append(address)
                    return
                }
            }
        }
    }

    /// The name servers, at most three; this machine where the file names none.
    func servers(into servers: inout List<3, Address>) {
        servers.removeAll()
        if case .open(let file) = File.open(resolvers.bytes) {
            _ = file.lines { line in
                var words = Words(line)
                guard let key = words.next(), key.equals("nameserver"), let text = words.next(),
                    let address = Address(text, port: port)
                else { return }
                servers.append(address)
            }
        }
        if servers.isEmpty { servers.append(.loopback4(port: port)) }
    }
}

/// The words of a line up to a comment.
private struct Words: ~Escapable {
    private var rest: Span<UInt8>

    @_lifetime(copy line)
    init(_ line: Span<UInt8>) { rest = line }

    @_lifetime(copy self)
    mutating func next() -> Span<UInt8>? {
        var start = 0
        while start < rest.count && rest[start].isWhitespace { start &+= 1 }
        guard start < rest.count && rest[start] != 0x23 && rest[start] != 0x3B else { return nil }
        var end = start
        while end < rest.count && !rest[end].isWhitespace && rest[end] != 0x23 { end &+= 1 }
        let word = rest.extracting(start..<end)
        rest = rest.extracting(droppingFirst: end)
        return word
    }
}
