import Access
import Fixed
import XMPP

// What a person as parent has to decide, in words.

extension Core {
    /// The parent, a person, is to be asked what `friend` may do; once, however often it is wanted.
    mutating func petition(_ inquiry: Inquiry, by friend: BareJID, now: Instant) {
    }
}
