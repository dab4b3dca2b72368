import Fixed
import Support
import Testing
import XMPP

@testable import Ownership

private let register = "jabber:iq:register"
private let fields = "<query xmlns='\(register)'><instructions>Choose.</instructions><username/><password/></query>"

/// What a Thing says to these answers of the server's, and what it makes of them.
private final class Talk {
    var registration = Registration()
    var out = Outbox()
    var journal = Journal(level: .debug)
    let account = Account(
        address: bare("abcdefghijklmnop@home.example"), resource: Text("ward"), password: Text("sesame&open"), allowsPlain: false)

    init() {
        let domain = "home.example".utf8Bytes
        let asked = registration.ask(domain.span, id: Text("get1"), &out)
        #expect(asked)
    }

    func hears(_ stanza: String) throws -> Registration.Action {
        try withStanza(stanza) { registration.process($0, account, id: Text("set1"), &out, &journal) }
    }

    func said() -> String {
        let text = out.copied()
        out.clear()
        return text
    }

    var log: String { journal.copied() }
}

extension Journal {
    fileprivate borrowing func copied() -> String { string(bytes) }
}

extension Outbox {
    fileprivate borrowing func copied() -> String { string(bytes) }
}

private func form(_ more: String, fields: String = "<field var='username' type='text-single'><required/></field><field var='password' type='text-private'/>") -> String {
    "<iq type='result' id='get1'><query xmlns='\(register)'><instructions/>"
        + "<x xmlns='jabber:x:data' type='form'>\(more)\(fields)</x></query></iq>"
}

private func refusal(_ type: String, _ condition: String, id: String = "get1", more: String = "") -> String {
    "<iq type='error' id='\(id)'><error type='\(type)'><\(condition) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>\(more)</error></iq>"
}

@Suite("Registration") struct RegistrationTests {
    @Test("name and password are given where they are all that is asked for")
    func plain() throws {
        let talk = Talk()
        #expect(talk.said() == "<iq type='get' id='get1' to='home.example'><query xmlns='jabber:iq:register'/></iq>")
        let action = try talk.hears("<iq type='result' id='get1' from='home.example'>\(fields)</iq>")
        #expect(action == .none)
        #expect(talk.said() == "<iq type='set' id='set1' to='home.example'><query xmlns='jabber:iq:register'>"
            + "<username>abcdefghijklmnop</username><password>sesame&amp;open</password></query></iq>")
        #expect(try talk.hears("<iq type='result' id='set1'/>") == .registered)
        #expect(try talk.hears("<iq type='result' id='set1'/>") == .none)
    }

    @Test("a form is filled in, what is hidden goes back as it came, and what is not required is left out")
    func filled() throws {
        let talk = Talk()
        _ = talk.said()
        let hidden = "<title>T</title><field type='hidden' var='FORM_TYPE'><value>\(register)</value></field>"
            + "<field type='hidden' var='sid'><value>1&amp;2</value><value>3</value></field>"
            + "<field type='text-single' var='email' label='If you like'/>"
        #expect(try talk.hears(form(hidden)) == .none)
        #expect(talk.said() == "<iq type='set' id='set1' to='home.example'><query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'>"
            + "<field type='hidden' var='FORM_TYPE'><value>jabber:iq:register</value></field>"
            + "<field type='hidden' var='sid'><value>1&amp;2</value><value>3</value></field>"
            + "<field var='username'><value>abcdefghijklmnop</value></field><field var='password'><value>sesame&amp;open</value></field></x></query></iq>")
    }

    @Test("what only a person can give is refused, and nothing is sent", arguments: [
        "<iq type='result' id='get1'><query xmlns='\(register)'><username/><password/><email/></query></iq>",
        "<iq type='result' id='get1'><query xmlns='\(register)'><username/></query></iq>",
        "<iq type='result' id='get1'><query xmlns='\(register)'><instructions>See the page.</instructions><x xmlns='jabber:x:oob'><url>https://a</url></x></query></iq>",
        "<iq type='result' id='get1'><query xmlns='\(register)'/></iq>",
        form("<field var='ocr' type='text-single'><required/></field>"),
        form("", fields: "<field var='username'/>"),
        form("", fields: "<field var='password'/><field var='password'/>"),
        form("", fields: "<field var='username'/><field var='username'><required/></field><field var='password'/>"),
        form("", fields: ""),
        form("", fields: "<field/><field><required/></field>"),
    ])
    func person(_ answer: String) throws {
        let talk = Talk()
        _ = talk.said()
        #expect(try talk.hears(answer) == .refused)
        #expect(talk.said() == "")
        #expect(talk.log.contains("the server does not let Things make accounts: it wants what only a person can give"))
        #expect(!talk.log.contains("sesame"))
    }

    @Test("a form larger than can be answered is refused, not cut short")
    func large() throws {
        let talk = Talk()
        _ = talk.said()
        let value = String(repeating: "'", count: 1_000)
        let many = String(repeating: "<field type='hidden' var='a'><value>\(value)</value></field>", count: 3)
        #expect(try talk.hears(form(many)) == .refused)
        #expect(talk.said() == "" && talk.log.contains("too large"))
    }

    @Test("whoever is not the server, and whatever answers something else, is not heard", arguments: [
        "<iq type='result' id='get2'>\(fields)</iq>",
        "<iq type='result'>\(fields)</iq>",
        "<iq type='result' id='get1' from='evil.example'>\(fields)</iq>",
        "<iq type='result' id='get1' from='home.example.evil'>\(fields)</iq>",
        "<iq type='result' id='get1' from='a@home.example'>\(fields)</iq>",
        "<iq type='set' id='get1'>\(fields)</iq>",
        "<iq type='get' id='get1'>\(fields)</iq>",
        "<message id='get1'>\(fields)</message>",
        "<iq xmlns='jabber:server' type='result' id='get1'>\(fields)</iq>",
        refusal("cancel", "not-allowed", id: "get2"),
    ])
    func others(_ stanza: String) throws {
        let talk = Talk()
        _ = talk.said()
        #expect(try talk.hears(stanza) == .none)
        #expect(talk.said() == "" && talk.log == "")
        // And the answer itself still counts.
        #expect(try talk.hears("<iq type='result' id='get1' from='HOME.example'>\(fields)</iq>") == .none)
        #expect(talk.said().contains("abcdefghijklmnop"))
    }

    @Test("a result without a question in it is refused")
    func empty() throws {
        let talk = Talk()
        _ = talk.said()
        #expect(try talk.hears("<iq type='result' id='get1'/>") == .refused)
        #expect(talk.said() == "")
        #expect(talk.log.contains("the server does not let Things make accounts"))
    }

    @Test("that a name is taken counts as an answer to the name alone")
    func conflict() throws {
        let early = Talk()
        #expect(try early.hears(refusal("cancel", "conflict")) == .refused)
        let talk = Talk()
        _ = try talk.hears("<iq type='result' id='get1'>\(fields)</iq>")
        #expect(try talk.hears(refusal("cancel", "conflict", id: "set1")) == .conflict)
    }

    @Test("a refusal is said in words: for ever, or for the moment", arguments: [
        ("cancel", "not-allowed", "the server does not let Things make accounts: not-allowed"),
        ("cancel", "service-unavailable", "the server does not let Things make accounts: service-unavailable"),
        ("auth", "forbidden", "the server does not let Things make accounts: forbidden"),
        ("modify", "not-acceptable", "the server does not let Things make accounts: not-acceptable"),
        ("wait", "resource-constraint", "the server makes no account for us at the moment: resource-constraint"),
        ("wait", "policy-violation", "the server makes no account for us at the moment: policy-violation"),
    ])
    func words(_ type: String, _ condition: String, _ words: String) throws {
        for (before, id) in [(false, "get1"), (true, "set1")] {
            let talk = Talk()
            if before { _ = try talk.hears("<iq type='result' id='get1'>\(fields)</iq>") }
            let text = "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>Too many\u{9B}[2J</text>"
            #expect(try talk.hears(refusal(type, condition, id: id, more: text)) == .refused)
            #expect(talk.log == "error: \(words): Too many?[2J\n")
        }
        let talk = Talk()
        #expect(try talk.hears("<iq type='error' id='get1'/>") == .refused)
        #expect(talk.log.contains("no reason given"))
    }
}

@Suite("An account that is made") struct OwnAccountTests {
    @Test("names have 80 bits and passwords 160, of letters and digits alone")
    func alphabet() {
        var random = Text<16>()
        for byte in UInt8(0)..<16 { random.append(byte) }
        var more = Text<16>()
        for byte in UInt8(16)..<32 { more.append(byte | 0xE0) }
        let name = string(OwnAccount.name(random).bytes)
        let password = string(OwnAccount.password(random, more).bytes)
        #expect(name == "abcdefghijklmnop")
        #expect(password == "abcdefghijklmnopqrstuvwxyz234567")
    }

    @Test("a server that refuses is left alone for 5 minutes at least, then longer, and for 8 hours at most before chance adds to it")
    func waits() {
        var account = OwnAccount(bare("home.example"))
        var longest: [Int64] = []
        for refusals in 0...100 {
            account.refusals = refusals
            let low = account.wait(chance: 0).milliseconds
            for chance in [UInt32(1), 77_777, .max] {
                let some = account.wait(chance: chance).milliseconds
                #expect(some >= low && some <= low + low / 2)
            }
            longest.append(low / 60_000)
        }
        #expect(longest.prefix(10) == [5, 5, 10, 20, 40, 80, 160, 320, 480, 480])
        #expect(longest[100] == 480)
    }

    @Test("an account is given, or is to be made in a domain, or in one that is found")
    func standings() {
        #expect(OwnAccount(bare("a@home.example")).isGiven)
        #expect(OwnAccount(bare("home.example")).isToBeMade && !OwnAccount(bare("home.example")).discovers)
        #expect(OwnAccount(BareJID()).isToBeMade && OwnAccount(BareJID()).discovers)
    }
}
