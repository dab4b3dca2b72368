import Support

/// The server's end of the Thing's stream: TLS, login and binding, then stanzas.
final class StreamServer {
    private enum Step { case opening, authenticating, challenged, binding, bound, over }

    private unowned let connection: Connection
    private unowned let world: World
    private var step = Step.opening
    private var secure: Bool
    private var authenticated = false
    private var login = LoginServer("SCRAM-SHA-256")
    private(set) var client: Client?

    init(connection: Connection) {
        self.connection = connection
        world = connection.world
        secure = connection.isSecureFromStart
    }

    func hear(_ utterance: Utterance) {
        switch utterance {
        case .opening: opened()
        case .element(let node, _): hear(node)
        case .ending:
            connection.write("</stream:stream>")
            end()
        case .garbage: break
        }
    }

    /// The stream is over, for whatever reason.
    func end() {
        step = .over
        if let client {
            self.client = nil
            world.network.ended(client)
        }
    }

    private func opened() {
        let features: String
        if !secure {
            features = "<starttls xmlns='\(tls)'><required/></starttls>"
        } else if !authenticated {
            features = mechanisms("SCRAM-SHA-1", "SCRAM-SHA-256")
            step = .authenticating
        } else {
            features = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>" + (world.customs.versions ? "<ver xmlns='urn:xmpp:features:rosterver'/>" : "")
            step = .binding
        }
        connection.write(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
                + "id='s1' from='home.example' version='1.0'><stream:features>\(features)</stream:features>")
    }

    private func hear(_ node: Node) {
        switch step {
        case .opening:
            guard node.name == "starttls" else { return }
            connection.write("<proceed xmlns='\(tls)'/>")
            secure = true
        case .authenticating:
            connection.write("<challenge xmlns='\(sasl)'>\(base64(login.challenge(unbase64(node.text))))</challenge>")
            step = .challenged
        case .challenged:
            guard let final = login.judge(unbase64(node.text)) else {
                return world.violation("the Thing's proof of its password is wrong")
            }
            connection.write("<success xmlns='\(sasl)'>\(base64(final))</success>")
            authenticated = true
        case .binding: bind(node)
        case .bound: stanza(node)
        case .over: break
        }
    }

    private func bind(_ node: Node) {
        let member = world.network.member(People.thing)
        // Another stream of ours that the server still takes for alive gives way.
        for old in member.clients { old.giveWay() }
        let client = Client(member, resource: "ward") { [unowned connection, unowned self] stanza in
            if step == .bound { connection.write(stanza.xml, stanza) }
        }
        client.giveWay = { [unowned connection, unowned self] in
            if connection.isBroken { end() } else { connection.refuse("conflict") }
        }
        client.signsPushes = world.customs.signsPushes
        client.versions = world.customs.versions
        self.client = client
        step = .bound
        connection.write(
            "<iq type='result' id='\(node.attributes["id"] ?? "")'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                + "<jid>\(client.address)</jid></bind></iq>")
    }

    private func stanza(_ node: Node) {
        guard let client else { return }
        world.network.sent(
            Stanza(
                name: node.name, type: node.attributes["type"] ?? "", id: node.attributes["id"] ?? "",
                to: node.attributes["to"] ?? "", node: node),
            by: client)
    }
}
