import Fixed
import Foundation
import TLS
import XMPP

/// The server's side of SCRAM (RFC 5802), worked out anew here, and strict.
public struct LoginServer {
    public var user = "thing"
    public var password = "secret"
    public var salt = "saltsaltsalt"
    public var iterations = 4096
    public var hash = Hash.sha256
    private var conversation = ""
    private var nonce = ""
    public private(set) var gs2 = ""

    public init(
        _ mechanism: String, password: String = "secret", salt: String = "saltsaltsalt", iterations: Int = 4096, user: String = "thing"
    ) {
        hash = mechanism.contains("256") ? .sha256 : .sha1
        self.password = password
        self.salt = salt
        self.iterations = iterations
        self.user = user
    }

    /// server-first, for the client's first message.
    public mutating func challenge(_ first: String) -> String {
        let parts = first.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return "" }
        gs2 = "\(parts[0]),\(parts[1]),"
        let nonces = parts[2].components(separatedBy: ",r=")
        guard nonces.count == 2, nonces[0] == "n=\(user)" else { return "" }
        nonce = nonces[1] + "server"
        let challenge = "r=\(nonce),s=\(Data(salt.utf8).base64EncodedString()),i=\(iterations)"
        conversation = "\(parts[2]),\(challenge)"
        return challenge
    }

    /// server-final, for the client's; nil where the proof is wrong.
    public func judge(_ final: String, channel: String = "") -> String? {
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

public func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

public func unbase64(_ text: String) -> String {
    Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) } ?? "not Base64"
}

public let sasl = "urn:ietf:params:xml:ns:xmpp-sasl"
public let tls = "urn:ietf:params:xml:ns:xmpp-tls"

/// The features of a server that wants a login.
public func mechanisms(_ names: String...) -> String {
    "<mechanisms xmlns='\(sasl)'>" + names.map { "<mechanism>\($0)</mechanism>" }.joined() + "</mechanisms>"
}

public let afterLogin = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><ver xmlns='urn:xmpp:features:rosterver'/>"
