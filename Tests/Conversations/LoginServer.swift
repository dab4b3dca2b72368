import Fixed
import Foundation
import Testing
import Thing
import TLS
import XMPP

/// The server's side of SCRAM (RFC 5802), worked out anew here, and strict.
struct LoginServer {
    var password = "secret"
    var salt = "saltsaltsalt"
    var iterations = 4096
    var hash = Hash.sha256
    private var conversation = ""
    private var nonce = ""
    private(set) var gs2 = ""

    init(_ mechanism: String, password: String = "secret", salt: String = "saltsaltsalt", iterations: Int = 4096) {
        hash = mechanism.contains("256") ? .sha256 : .sha1
        self.password = password
        self.salt = salt
        self.iterations = iterations
    }

    /// server-first, for the client's first message.
    mutating func challenge(_ first: String) -> String {
        let parts = first.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return "" }
        gs2 = "\(parts[0]),\(parts[1]),"
        let nonces = parts[2].components(separatedBy: ",r=")
        guard nonces.count == 2, nonces[0] == "n=thing" else { return "" }
        nonce = nonces[1] + "server"
        let challenge = "r=\(nonce),s=\(Data(salt.utf8).base64EncodedString()),i=\(iterations)"
        conversation = "\(parts[2]),\(challenge)"
        return challenge
    }

    /// server-final, for the client's; nil where the proof is wrong.
    func judge(_ final: String, channel: String = "") -> String? {
        let parts = final.components(separatedBy: ",p=")
        guard parts.count == 2 else { return nil }
        let bound = Data((gs2 + channel).utf8).base64EncodedString()
        guard parts[0] == "c=\(bound),r=\(nonce)" else { return nil }
        let keys = clientAndServerKey
        let message = Array("\(conversation),\(parts[0])".utf8)
        let stored = MbedCryptography.digest(hash, of: keys.client.span).bytes.array
        let signature = MbedCryptography.authenticate(hash, key: stored.span, message.span).bytes.array
        let proof = zip(keys.client, signature).map { $0 ^ $1 }
        guard parts[1] == Data(proof).base64EncodedString() else { return nil }
        let verifier = MbedCryptography.authenticate(hash, key: keys.server.span, message.span).bytes.array
        return "v=" + Data(verifier).base64EncodedString()
    }

    private var clientAndServerKey: (client: [UInt8], server: [UInt8]) {
        let salted = Laboratory.derive(
            hash, password: Array(password.utf8).span, salt: Array(salt.utf8).span, iterations: iterations
        ).bytes.array
        func key(_ name: String) -> [UInt8] {
            MbedCryptography.authenticate(hash, key: salted.span, Array(name.utf8).span).bytes.array
        }
        return (key("Client Key"), key("Server Key"))
    }
}

func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

func unbase64(_ text: String) -> String {
    Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) } ?? "not Base64"
}

let sasl = "urn:ietf:params:xml:ns:xmpp-sasl"
let tls = "urn:ietf:params:xml:ns:xmpp-tls"

/// The features of a server that wants a login.
func mechanisms(_ names: String...) -> String {
    "<mechanisms xmlns='\(sasl)'>" + names.map { "<mechanism>\($0)</mechanism>" }.joined() + "</mechanisms>"
}

let afterLogin = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><ver xmlns='urn:xmpp:features:rosterver'/>"

extension Conversation {
    /// The Thing's first message of a login by `mechanism`, decoded.
    func listensToAuth(_ mechanism: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
        guard case .element(let node, let text)? = said.first, node.name == "auth", node.namespace == sasl,
            node.attributes == ["mechanism": mechanism]
        else {
            Issue.record("no login by \(mechanism): \(said.first?.text ?? "silence")", sourceLocation: sourceLocation)
            return ""
        }
        _ = text
        said.removeFirst()
        return unbase64(node.text)
    }

    func listensToResponse(sourceLocation: SourceLocation = #_sourceLocation) -> String {
        guard case .element(let node, _)? = said.first, node.name == "response", node.namespace == sasl else {
            Issue.record("no response: \(said.first?.text ?? "silence")", sourceLocation: sourceLocation)
            return ""
        }
        said.removeFirst()
        return unbase64(node.text)
    }

    /// A whole SCRAM exchange, up to the server's success.
    func authenticate(
        _ mechanism: String = "SCRAM-SHA-256", by login: LoginServer? = nil, gs2: String = "n,,", channel: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var login = login ?? LoginServer(mechanism)
        let challenge = login.challenge(listensToAuth(mechanism, sourceLocation: sourceLocation))
        #expect(login.gs2 == gs2, sourceLocation: sourceLocation)
        server.sends("<challenge xmlns='\(sasl)'>\(base64(challenge))</challenge>")
        guard let final = login.judge(listensToResponse(sourceLocation: sourceLocation), channel: channel) else {
            Issue.record("the Thing's proof is wrong", sourceLocation: sourceLocation)
            return
        }
        server.sends("<success xmlns='\(sasl)'>\(base64(final))</success>")
    }

    /// From the stream after the login to the request for the roster.
    func bind(as jid: String = thingJID, features: String = afterLogin, sourceLocation: SourceLocation = #_sourceLocation) {
        thing.opens(sourceLocation: sourceLocation)
        server.opens(features)
        names["bind"] = nil
        thing.says(
            "<iq type='set' id='$bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>ward</resource></bind></iq>",
            sourceLocation: sourceLocation)
        server.sends("<iq type='result' id='$bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>\(jid)</jid></bind></iq>")
    }

    /// The request for the roster, with the version the Thing has; nil where none is asked for.
    func asksForRoster(version: String? = "", sourceLocation: SourceLocation = #_sourceLocation) {
        names["roster"] = nil
        let ver = version.map { " ver='\($0)'" } ?? ""
        thing.says("<iq type='get' id='$roster'><query xmlns='jabber:iq:roster'\(ver)/></iq>", sourceLocation: sourceLocation)
    }

    func givesRoster(_ items: String, version: String = "v1") {
        server.sends("<iq type='result' id='$roster' to='\(thingJID)'><query xmlns='jabber:iq:roster' ver='\(version)'>\(items)</query></iq>")
    }

    /// From nothing to a bound session by direct TLS, the roster being awaited.
    func logIn(sourceLocation: SourceLocation = #_sourceLocation) {
        connect(secure: true, sourceLocation: sourceLocation)
        thing.opens(sourceLocation: sourceLocation)
        server.opens(mechanisms("SCRAM-SHA-256"))
        authenticate(sourceLocation: sourceLocation)
        bind(sourceLocation: sourceLocation)
    }

    /// Online, with these contacts, the parent among them as a friend; and the
    /// parent there with its phone, unless it is away.
    func goOnline(
        _ items: String = item(parent), version: String = "", parentIsHere: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        logIn(sourceLocation: sourceLocation)
        asksForRoster(version: version, sourceLocation: sourceLocation)
        givesRoster(items)
        thing.says("<presence>\(caps)</presence>", sourceLocation: sourceLocation)
        if parentIsHere { server.parentArrives() }
    }
}
