import Fixed

/// What the Thing wants its platform to do about the connection.
public enum Wish: Equatable, Sendable {
    case none
    /// Connect to the server; say so by `connecting`.
    case connect
    /// Lay TLS under the stream; what the peer already sent in the clear is poison.
    case startTLS
    /// Send what is waiting, then close.
    case close
    /// End the program.
    case exit(ExitReason)
}

public enum ExitReason: Equatable, Sendable {
    /// As asked.
    case stopped
    /// The server does not know this account or password: trying again is in vain.
    case credentialsRefused
}

/// Why there is no connection.
public enum Disconnection: Equatable, Sendable {
    case refused, unreachable, undiscovered, unresolved, serviceRefused, timedOut
    case closedByPeer, reset, closedByUs
    /// TLS ended it; the platform has the words.
    case tls(words: StaticWords)
    case plaintextAfterProceed

    var words: StaticString {
        switch self {
        case .refused: return "the server refuses the connection"
        case .unreachable: return "the server cannot be reached"
        case .undiscovered: return "nobody on this network names an XMPP domain"
        case .unresolved: return "the server's name cannot be resolved"
        case .serviceRefused: return "the domain says that it has no XMPP server"
        case .timedOut: return "the server does not answer"
        case .closedByPeer: return "the server closed the connection"
        case .reset: return "the connection broke"
        case .closedByUs: return "connection closed"
        case .tls(let words): return words.words
        case .plaintextAfterProceed: return "the server sent plaintext behind its agreement to TLS"
        }
    }
}

/// A literal that can be compared, by its bytes.
public struct StaticWords: Equatable, Sendable {
    public let words: StaticString
    public init(_ words: StaticString) { self.words = words }
    public static func == (a: Self, b: Self) -> Bool { a.words.bytes.equals(b.words.bytes) }
}

/// Where the connection stands.
enum Link {
    /// Waiting for the next attempt.
    case offline(until: Instant)
    case wanted
    /// The platform is at it.
    case connecting
    case up
    /// The platform is to start TLS, or is at it.
    case securing
    /// What is waiting goes out, then it is closed by us.
    case closing(until: Instant)
    /// For good.
    case ended(ExitReason)
}
