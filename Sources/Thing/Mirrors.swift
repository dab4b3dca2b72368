import Access
import Fixed
import Readout
import XML
import XMPP

// Fields of friends as fields of this Thing. The friend is asked to tell us of changes,
// or is read once a minute where it knows no events; what it says is believed from the
// very client that was asked, under a number that nobody else knows.

extension Core {
    /// Makes a friend's field ours. That it is wanted is the owner's word; that it comes to a
    /// friendship is still the parent's.
    mutating func declare(mirror friend: BareJID, field: Text<64>) -> Bool {
        guard friend != account.address else { return false }
        return mirrors.add(friend, field, to: &catalogue)
    }

    /// Asks to be friends with those whose fields we mirror. They ask us in turn, and
    /// about that the parent decides, as about anybody.
    mutating func befriendMirrored() {
        guard parent.exists else { return }
        for i in mirrors.friends.indices where !roster.isFriend(mirrors.friends[i].address) {
            let address = mirrors.friends[i].address
            // The parent has just ended it: that is its last word.
            if roster.isEnding(address) { continue }
            guard !roster.isFull || roster.contains(address) else {
                journal.log(.warning, "no room for a friend whose field we mirror:", address.bytes)
                continue
            }
            subscribe(to: address)
        }
    }

    /// Asks a friend who is due. True where one was.
    mutating func askMirrored(now: Instant) -> Bool {
        guard let i = mirrors.due(roster, now: now) else { return false }
        let id = session.identifier()
        let sequence = newSequence()
        let isPolled = mirrors.friends[i].isPolled
        out.begin()
        out.put("<iq type='get'")
        out.put(attribute: "id", id.bytes)
        out.put(attribute: "to", mirrors.client(i))
        if isPolled {
            out.put("><req xmlns='urn:xmpp:iot:sensordata' momentary='true' seqnr='")
        } else {
            out.put("><subscribe xmlns='urn:xmpp:iot:events' momentary='true' req='true' minInterval='PT5S' maxInterval='PT1M' seqnr='")
        }
        out.put(decimal: Int64(sequence))
        out.put("'>")
        let fields = mirrors.fields(of: i)
        for field in 0..<catalogue.count where fields.contains(field) {
            out.put("<field")
            out.put(attribute: "name", catalogue[field].name.bytes)
            // Any change at all; how often is said by the interval.
            out.put(isPolled ? "/>" : " changedBy='0.000001'/>")
        }
        out.put(isPolled ? "</req></iq>" : "</subscribe></iq>")
        guard out.commit() else { return false }
        mirrors.asked(i, id: id, sequence: sequence, now: now)
        journal.begin(.debug)
        journal.put(isPolled ? "reading the fields we mirror of " : "asking to be told of the fields we mirror of ")
        journal.put(quoted: mirrors.friends[i].address.bytes)
        journal.end()
        return true
    }

    /// 31 bits that nobody can guess.
    private func newSequence() -> Int32 {
        let random = Crypto.nonce()
        var number: Int32 = 0
        for i in 0..<4 { number = number << 8 | Int32(random.bytes[i]) }
        return number & .max
    }

    /// Values or failures of a sensor, from whomever. True where `message` was that.
    mutating func mirrored(_ message: borrowing Element, now: Instant) -> Bool {
        guard message.child("fields", Mirrors.sensorData) != nil || message.child("failure", Mirrors.sensorData) != nil
        else { return false }
        let from = JID(message.value("from"))
        guard let from, roster.isFriend(from.bare), message.child("delay", Namespace.delay) == nil,
            mirrors.heard(message, &catalogue, now: now)
        else {
            journal.log(.debug, "values that we did not ask for, from", message.value("from"))
            return true
        }
        return true
    }

    /// What is to be read now: the friends' fields have been read already.
    mutating func takeSampleRequest(now: Instant) -> FieldSet {
        let wanted = readouts.sampler.takeRequest(now: now)
        if wanted.isEmpty { return wanted }
        let mirrored = wanted.intersection(mirrors.fields)
        var rest = mirrored
        while let i = rest.popFirst() {
            let (reading, taken) = mirrors.reading(i, roster, now: now)
            sampled(i, reading, at: taken, now: now)
        }
        return wanted.subtracting(mirrored)
    }
}
