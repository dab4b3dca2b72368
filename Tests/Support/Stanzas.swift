// What the tests of several rooms say alike: addresses, stanzas, rosters.

import Fixed
import XML
import XMPP

public extension String {
    var utf8Bytes: [UInt8] { Array(utf8) }
}

/// An address that a test knows to be one.
public func bare(_ text: String) -> BareJID { BareJID(text.utf8Bytes.span) ?? BareJID() }
public func full(_ text: String) -> JID { JID(text.utf8Bytes.span) ?? JID() }

public func string(_ bytes: Span<UInt8>) -> String {
    var copy: [UInt8] = []
    for i in bytes.indices { copy.append(bytes[i]) }
    return String(decoding: copy, as: UTF8.self)
}

public func at(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1_000) }

public struct NotAStanza: Error {
    public init() {}
}

/// Reads `text` as a stanza of a client's stream and hands its element on.
public func withStanza<Result>(_ text: String, _ body: (borrowing Element) throws -> Result) throws -> Result {
    let bytes = ("<s xmlns='jabber:client'>" + text).utf8Bytes
    guard var reader = Reader(salt: 1) else { throw NotAStanza() }
    let (taken, opened) = reader.read(bytes.span)
    guard opened == .opened, reader.read(bytes.span.extracting(taken...)).event == .stanza, let root = reader.root
    else { throw NotAStanza() }
    return try body(root)
}

/// A roster as a server told it: addresses with their subscriptions.
public func roster(_ items: [(String, String)], parent: BareJID = BareJID()) throws -> Roster {
    var roster = Roster()
    roster.beginRenewal()
    for (address, subscription) in items {
        try apply("jid='\(address)' subscription='\(subscription)'", to: &roster, parent: parent)
    }
    roster.endRenewal(version: "v1".utf8Bytes.span)
    return roster
}

@discardableResult
public func apply(_ attributes: String, to roster: inout Roster, parent: BareJID = BareJID()) throws -> Roster.Change {
    try withStanza("<item xmlns='jabber:iq:roster' \(attributes)/>") { roster.apply($0, parent: parent) }
}
