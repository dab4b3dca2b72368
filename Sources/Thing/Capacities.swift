import Access
import Fixed
import Readout
import XML
import XMPP

/// How much of everything a Thing can hold, and what that costs: known when it
/// is compiled, since nothing of it ever grows.
///
/// The capacities themselves stand with the types that have them; this is the
/// one list of them all, which `ward --describe` prints.
public struct Capacity: Sendable {
    public let what: StaticString
    public let count: Int
    /// Bytes of static memory, all places together; 0 where another line counts them.
    public let bytes: Int

    public static var lines: Int { 16 }

    /// The line at a place below `lines`.
    public static func line(_ index: Int) -> Capacity {
        switch index {
        case 0: return Capacity(what: "contacts in the roster", count: Roster.capacity, bytes: MemoryLayout<Roster>.size)
        case 1: return Capacity(what: "friend requests waiting", count: Friendship.capacity, bytes: MemoryLayout<Friendship>.size)
        case 2: return Capacity(what: "clients of the parent", count: 8, bytes: MemoryLayout<Parent>.size)
        case 3: return Capacity(what: "fields", count: FieldSet.capacity, bytes: MemoryLayout<Catalogue>.size)
        case 4: return Capacity(what: "readouts at once", count: Readouts.capacity, bytes: MemoryLayout<Readouts>.size)
        case 5: return Capacity(what: "readouts at once for one friend", count: Readouts.perFriend, bytes: 0)
        case 6: return Capacity(what: "writes at once", count: Writes.capacity, bytes: MemoryLayout<Writes>.size)
        case 7: return Capacity(what: "parameters in one write", count: Settings.capacity, bytes: 0)
        case 8: return Capacity(what: "values in the history", count: History.capacity, bytes: 0)
        case 9: return Capacity(what: "subscriptions to events", count: Events.capacity, bytes: MemoryLayout<Events>.size)
        case 10: return Capacity(what: "mirrored fields", count: Mirrors.capacity, bytes: MemoryLayout<Mirrors>.size)
        case 11: return Capacity(what: "bytes waiting to be sent", count: Outbox.maximum, bytes: MemoryLayout<Outbox>.size)
        case 12: return Capacity(what: "bytes of log waiting", count: Journal.capacity, bytes: MemoryLayout<Journal>.size)
        case 13: return Capacity(what: "wishes of friends for a person to decide", count: Petitions.capacity, bytes: MemoryLayout<Petitions>.size)
        case 14: return Capacity(what: "bytes in a stanza", count: Reader.Limits.stanzaBytes, bytes: Reader.Limits.memory)
        default: return Capacity(what: "bytes in an attribute", count: Reader.Limits.attributeBytes, bytes: 0)
        }
    }
}
