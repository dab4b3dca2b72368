import Support

/// One TCP connection of the Thing, with its server at the other end: bytes both
/// ways, each in order, whole or in pieces, until it breaks.
final class Connection {
    unowned let world: World
    unowned let device: Device
    let isSecureFromStart: Bool
    /// The device knows no more of it.
    private(set) var isForgotten = false
    /// Nothing gets through, whoever knows of it.
    private(set) var isBroken = false

    // From the Thing: what was said, by the byte at which it ends, until it arrives.
    private var spoken: [(end: Int, Utterance)] = []
    private var sent = 0
    private var arrived = 0
    private var up = Line()
    /// Bytes under way at once: a slow network takes no more.
    let window: Int

    private var down = Line()
    private lazy var server = StreamServer(connection: self)

    init(_ device: Device, secure: Bool) {
        self.device = device
        world = device.world
        isSecureFromStart = secure
        window = world.customs.window(&world.dice)
    }

    var client: Client? { server.client }
    var room: Int { window - (sent - arrived) }

    // MARK: From the Thing

    /// The Thing said something, which ends `end` bytes from the stream's first.
    func heard(_ utterance: Utterance, end: Int) { spoken.append((end, utterance)) }

    /// The device hands over `count` bytes.
    func send(_ count: Int) {
        sent += count
        let upTo = sent
        guard !isBroken else { return }
        world.at(up.arrival(world.now, latency: world.customs.latency(&world.dice))) { [self] in
            guard !isBroken else { return }
            arrived = upTo
            while let (end, utterance) = spoken.first, end <= arrived {
                spoken.removeFirst()
                server.hear(utterance)
                if isBroken { return }
            }
            if !isForgotten { device.run() }
        }
    }

    // MARK: To the Thing

    /// The server writes a stanza, or another piece of its stream.
    func write(_ text: String, _ stanza: Stanza? = nil) {
        guard !isBroken else { return }
        let bytes = Array(text.utf8)
        let cut = world.dice.roll(8) == 0 ? world.dice.roll(bytes.count + 1) : bytes.count
        deliver(Array(bytes[..<cut]), cut == bytes.count ? .some(stanza) : nil)
        if cut < bytes.count { deliver(Array(bytes[cut...]), .some(stanza)) }
    }

    /// `end` is nil in the middle of a piece.
    private func deliver(_ bytes: [UInt8], _ end: Stanza??) {
        world.at(down.arrival(world.now, latency: world.customs.latency(&world.dice))) { [self] in
            guard !isBroken, !isForgotten else { return }
            device.arrived(bytes, end: end)
        }
    }

    // MARK: Its end

    /// The network fails. Each side hears of it late, or by its own patience alone.
    func cut(deviceHears: Int64?, serverHears: Int64) {
        guard !isBroken else { return }
        isBroken = true
        world.say("~~ the connection breaks")
        if let deviceHears { world.after(deviceHears) { [self] in device.lost(self, .reset) } }
        world.after(serverHears) { [self] in server.end() }
    }

    /// The device closes it; what is under way still arrives.
    func forget() {
        isForgotten = true
        guard !isBroken else { return }
        world.at(up.arrival(world.now, latency: world.customs.latency(&world.dice))) { [self] in closedByDevice() }
    }

    private func closedByDevice() {
        guard !isBroken else { return }
        isBroken = true
        server.end()
    }

    /// The device is dead: no goodbye.
    func abandon(serverHears: Int64) {
        isForgotten = true
        guard !isBroken else { return }
        isBroken = true
        world.after(serverHears) { [self] in server.end() }
    }

    /// The server closes it; what it wrote still arrives.
    func closeByServer() {
        guard !isBroken else { return }
        let time = down.arrival(world.now, latency: world.customs.latency(&world.dice))
        server.end()
        world.at(time) { [self] in
            guard !isBroken else { return }
            isBroken = true
            if !isForgotten { device.lost(self, .closedByPeer) }
        }
    }

    /// The server ends the stream with an error.
    func refuse(_ condition: String) {
        write("<stream:error><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")
        closeByServer()
    }
}
