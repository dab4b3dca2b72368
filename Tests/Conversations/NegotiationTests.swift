import Fixed
import Testing
import Thing

/// From the first byte to TLS, and from the login to a bound resource (RFC 6120).
@Suite("Negotiation") struct NegotiationTests {
    static let startTLS = "<starttls xmlns='\(tls)'/>"
    static let scram = mechanisms("SCRAM-SHA-256", "SCRAM-SHA-1")

    @Test("the Thing asks for TLS, and says who it is only inside", arguments: Pace.allCases)
    func startTLS(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect()
        let opening = c.thing.opens()
        #expect(opening.contains("to='home.example'"))
        #expect(!opening.contains("from="))
        c.server.opens(Self.startTLS + Self.scram)
        c.thing.says("<starttls xmlns='\(tls)'/>")
        c.server.sends(raw: "<proceed xmlns='\(tls)'/>")
        c.secure()
        #expect(c.thing.opens().contains("from='thing@home.example'"))
        c.server.opens(Self.scram)
        c.authenticate()
        c.bind()
        c.asksForRoster()
        #expect(c.log.contains("logged in as thing@home.example/ward"))
    }

    @Test("plaintext behind the agreement to TLS ends the connection", arguments: Pace.allCases)
    func injection(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect()
        c.thing.opens()
        c.server.opens(Self.startTLS)
        c.thing.says("<starttls xmlns='\(tls)'/>")
        c.server.sends(raw: "<proceed xmlns='\(tls)'/><stream:features>\(Self.scram)</stream:features>")
        #expect(c.wish == .close)
        #expect(c.log.contains("plaintext"))
        c.thing.saysNothing()
    }

    @Test("a server that offers no TLS learns neither account nor password", arguments: Pace.allCases)
    func stripped(_ pace: Pace) {
        let c = Conversation(pace, identity: .of(allowsPlain: true))
        c.connect()
        c.thing.opens()
        c.server.opens(Self.scram + mechanisms("PLAIN"))
        c.thing.ends()
        #expect(c.log.contains("offers no TLS"))
        c.disconnect(.closedByUs)
        #expect(c.wish == .none)
    }

    @Test("a refusal of TLS ends the connection", arguments: Pace.allCases)
    func refused(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect()
        c.thing.opens()
        c.server.opens(Self.startTLS)
        c.thing.says("<starttls xmlns='\(tls)'/>")
        c.server.sends(raw: "<failure xmlns='\(tls)'/>")
        c.thing.ends()
    }

    @Test("features from before TLS are forgotten", arguments: Pace.allCases)
    func forgotten(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect()
        c.thing.opens()
        c.server.opens(Self.startTLS + mechanisms("SCRAM-SHA-1"))
        c.thing.says("<starttls xmlns='\(tls)'/>")
        c.server.sends(raw: "<proceed xmlns='\(tls)'/>")
        c.secure()
        c.thing.opens()
        c.server.opens(mechanisms("SCRAM-SHA-256"))
        _ = c.listensToAuth("SCRAM-SHA-256")
        c.thing.saysNothing()
    }

    @Test("with direct TLS the login begins at once", arguments: Pace.allCases)
    func direct(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect(secure: true)
        #expect(c.thing.opens().contains("from='thing@home.example'"))
        c.server.opens(Self.startTLS + Self.scram)
        _ = c.listensToAuth("SCRAM-SHA-256")
    }

    @Test("what is not XMPP is left alone", arguments: Pace.allCases)
    func otherProtocol(_ pace: Pace) {
        for greeting in ["<stream xmlns='jabber:client'>", "HTTP/1.1 400 Bad Request\r\n\r\n", "<html>"] {
            let c = Conversation(pace)
            c.connect(secure: true)
            c.thing.opens()
            c.server.sends(raw: greeting)
            #expect(c.wish == .close, "\(greeting)")
        }
    }

    @Test("stanzas before the login are neither answered nor believed", arguments: Pace.allCases)
    func early(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect(secure: true)
        c.thing.opens()
        c.server.opens(Self.scram)
        _ = c.listensToAuth("SCRAM-SHA-256")
        c.server.sends(raw: "<iq type='get' id='1' from='\(phone)'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.thing.ends()
    }

    @Test("the resource that the server binds is the one that is used", arguments: Pace.allCases)
    func otherResource(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect(secure: true)
        c.thing.opens()
        c.server.opens(Self.scram)
        c.authenticate()
        c.bind(as: "thing@home.example/other")
        c.asksForRoster()
        #expect(c.log.contains("bound another resource than configured: other"))
    }

    @Test(
        "an address that is not ours is not accepted as ours",
        arguments: ["eve@home.example/ward", "thing@home.example", "thing@evil.example/ward", "", "@/"])
    func foreignBind(_ jid: String) {
        let c = Conversation()
        c.connect(secure: true)
        c.thing.opens()
        c.server.opens(Self.scram)
        c.authenticate()
        c.bind(as: jid)
        c.thing.ends()
    }

    @Test("a refused resource ends the connection", arguments: Pace.allCases)
    func bindError(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect(secure: true)
        c.thing.opens()
        c.server.opens(Self.scram)
        c.authenticate()
        c.thing.opens()
        c.server.opens(afterLogin)
        c.thing.says("<iq type='set' id='$bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>ward</resource></bind></iq>")
        c.server.sends(raw: "<iq type='error' id='$bind'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        c.thing.ends()
        #expect(c.log.contains("does not let us have the resource"))
    }

    @Test("without resource binding there is no session", arguments: Pace.allCases)
    func noBind(_ pace: Pace) {
        let c = Conversation(pace)
        c.connect(secure: true)
        c.thing.opens()
        c.server.opens(Self.scram)
        c.authenticate()
        c.thing.opens()
        c.server.opens("")
        c.thing.ends()
    }

    /// How far a login has got.
    enum Stage: CaseIterable, Sendable {
        case opening, features, proceed, handshake, openingInTLS, challenge, success, restarted, bindResult, roster

        /// Plays the server up to there, and then falls silent.
        func reach(_ c: Conversation) {
            c.connect()
            c.thing.opens()
            if self == .opening { return }
            if self == .features {
                return c.server.sends(raw: "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
            }
            c.server.opens(NegotiationTests.startTLS)
            c.thing.says("<starttls xmlns='\(tls)'/>")
            if self == .proceed { return }
            c.server.sends(raw: "<proceed xmlns='\(tls)'/>")
            if self == .handshake { return }
            c.secure()
            c.thing.opens()
            if self == .openingInTLS { return }
            c.server.opens(NegotiationTests.scram)
            if self == .challenge { c.said = []; return }
            if self == .success {
                var login = LoginServer("SCRAM-SHA-256")
                let challenge = login.challenge(c.listensToAuth("SCRAM-SHA-256"))
                c.server.sends("<challenge xmlns='\(sasl)'>\(base64(challenge))</challenge>")
                _ = c.listensToResponse()
                return
            }
            c.authenticate()
            if self == .restarted { c.thing.opens(); return }
            if self == .bindResult {
                c.thing.opens()
                c.server.opens(afterLogin)
                c.said = []
                return
            }
            c.bind()
            c.said = []
        }
    }

    @Test("a server that falls silent at any stage is given up after half a minute", arguments: Stage.allCases, Pace.allCases)
    func silence(_ stage: Stage, _ pace: Pace) {
        let c = Conversation(pace)
        stage.reach(c)
        c.time.passes(.milliseconds(29_900))
        #expect(c.wish == (stage == .handshake ? .startTLS : .none))
        c.time.passes(.milliseconds(200))
        #expect(c.wish == .close)
        c.disconnect(.closedByUs)
        c.time.passes(.seconds(2))
        #expect(c.wish == .connect)
    }

    @Test("a server that drops dead at any stage is tried again", arguments: Stage.allCases, Pace.allCases)
    func dropsDead(_ stage: Stage, _ pace: Pace) {
        let c = Conversation(pace)
        stage.reach(c)
        c.disconnect(.reset)
        #expect(c.wish == .none)
        c.time.passes(.seconds(2))
        c.goOnline()
    }

    @Test("a server that ends the stream at any stage is answered in kind", arguments: Stage.allCases, Pace.allCases)
    func endsStream(_ stage: Stage, _ pace: Pace) {
        // While the platform is at work on TLS nothing is read, and before the
        // server's opening there is nothing to end.
        if stage == .handshake || stage == .opening || stage == .openingInTLS || stage == .restarted { return }
        let c = Conversation(pace)
        stage.reach(c)
        c.server.sends(raw: "</stream:stream>")
        c.thing.ends()
        c.disconnect(.closedByPeer)
        c.time.passes(.seconds(2))
        #expect(c.wish == .connect)
    }

    @Test("a stream error at any stage ends the connection, in words", arguments: Stage.allCases, Pace.allCases)
    func streamError(_ stage: Stage, _ pace: Pace) {
        if stage == .handshake || stage == .opening || stage == .openingInTLS || stage == .restarted { return }
        let c = Conversation(pace)
        stage.reach(c)
        c.server.sends(raw: "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>back\nsoon</text></stream:error></stream:stream>")
        c.thing.ends()
        #expect(c.log.contains("system-shutdown: back?soon"))
    }

    @Test("stopping at any stage ends the program, once", arguments: Stage.allCases, Pace.allCases)
    func stop(_ stage: Stage, _ pace: Pace) {
        let c = Conversation(pace)
        stage.reach(c)
        c.use { $0.stop(now: c.now) }
        c.settle()
        if stage == .handshake {
            #expect(c.wish == .exit(.stopped))
            return
        }
        if stage == .roster { c.thing.says("<presence type='unavailable'/>") }
        c.thing.ends()
        c.disconnect(.closedByUs)
        #expect(c.wish == .exit(.stopped))
        c.time.passes(.minutes(10))
        #expect(c.wish == .exit(.stopped))
    }
}
