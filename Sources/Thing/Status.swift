import Access
import Fixed
import Readout
import XML
import XMPP

/// What the Thing's presence says in words, and what it last said.
struct Status {
    private struct Words: Equatable {
        var unclaimed = false
        var parentAway = false
        var failing: Int?
    }

    private var told: Words?
    private var settlesAt: Instant?

    /// After login the parent's presence needs a moment to arrive; friends are not told of that.
    static var settling: Interval { .seconds(5) }

    var wake: Wake { settlesAt.map { .at($0) } ?? .onInput }

    /// Friends have been told that we are here.
    var hasBegun: Bool { told != nil }

    /// The first presence of a session.
    mutating func begin(unclaimed: Bool, now: Instant) {
        told = Words(unclaimed: unclaimed)
        settlesAt = now + Self.settling
    }

    /// True where the words differ from those that were last told; they are then told.
    mutating func shouldTell(unclaimed: Bool, parentAway: Bool, failing: Int?, now: Instant) -> Bool {
        guard let told else { return false }
        if let settlesAt {
            guard settlesAt <= now else { return false }
            self.settlesAt = nil
        }
        let words = Words(unclaimed: unclaimed, parentAway: parentAway, failing: failing)
        guard words != told else { return false }
        self.told = words
        return true
    }
}

extension Core {
    /// Sends presence anew where what it says has changed.
    mutating func updateStatus(now: Instant) {
        let away = parent.exists && !parent.isOnline
        let failing = readouts.sampler.failing
        guard out.isReady, status.shouldTell(unclaimed: !parent.exists, parentAway: away, failing: failing, now: now) else { return }
        sendPresence(parentAway: away, failing: failing)
    }

    mutating func sendPresence(parentAway: Bool, failing: Int?) {
        writePresence(to: nil, parentAway: parentAway, failing: failing)
        // A component is in nobody's roster: it learns of us by presence sent to it.
        if parent.isComponent { writePresence(to: parent.address, parentAway: parentAway, failing: failing) }
    }

    private mutating func writePresence(to address: BareJID?, parentAway: Bool, failing: Int?) {
        out.begin()
        out.put("<presence")
        if let address { out.put(attribute: "to", address.bytes) }
        out.put(">")
        if parentAway || failing != nil || !parent.exists {
            out.put("<status>")
            if !parent.exists { out.put("unclaimed") }
            if parentAway { out.put("parent away") }
            if let failing, failing < catalogue.count {
                if parentAway || !parent.exists { out.put("; ") }
                out.put("sensor failing: ")
                out.put(escaped: catalogue[failing].name.bytes)
            }
            out.put("</status>")
        }
        disco.writeCapabilities(to: &out)
        out.put("</presence>")
        out.commit()
    }
}
