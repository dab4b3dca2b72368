import Fixed
import Foundation
import Testing
import Thing

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
