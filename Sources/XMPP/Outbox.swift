import Fixed
import XML

/// Plaintext on its way to the server: whole stanzas only.
public typealias Outbox = Buffer<16_384>

extension Buffer where capacity == 16_384 {
    /// Room that must be free before input is looked at: enough for the answer to
    /// any one stanza. Where it is not, input waits; nothing is lost.
    public static var reserve: Int { 8_192 }

    public var isReady: Bool { room >= Self.reserve }
}
