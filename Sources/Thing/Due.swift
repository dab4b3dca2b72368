import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// What is due, and when the platform is to call again.
extension Core {
    /// Does all that can be done without waiting, while there is room for it.
    mutating func pump(now: Instant) {
        guard case .up = link, isOnline else { return }
        while out.isReady {
            if ownership.isEmptying && emptyRoster() || ownership.registry.isDue(now: now) && runErrand(now: now) { continue }
            if parent.hasUnknownClient, let client = parent.unknownClient {
                discover(client, now: now)
                continue
            }
            if parent.hasTarget, friendship.hasNext(now: now), let target = parent.target, let stranger = friendship.next(now: now) {
                if askFriend(stranger, target, now: now) { continue }
                break
            }
            if advanceWrites(now: now) || startScheduled(now: now) || askMirrored(now: now) { continue }
            readouts.startPass(at: wallTime(now), now: now, with: lookForEvents(now: now))
            if readouts.transmit(
                access, roster: roster, parent: parent.address, at: wallTime(now), catalogue, to: &out) { continue }
            if tellEvent(now: now) { continue }
            if events.toTell == nil { readouts.releasePass() }
            if tellParent(now: now) || tellDecision(now: now) { continue }
            break
        }
        updateStatus(now: now)
    }

    mutating func poll(now: Instant) -> Wake {
        if case .ended = link { return .onInput }
        ownership.beginLock(now: now)
        pollSensors(now: now)
        return pollLink(now: now).earlier(readouts.historyWake(now: now))
    }

    private mutating func pollLink(now: Instant) -> Wake {
        switch link {
        case .offline(let until):
            if until <= now { link = .wanted; return .now }
            return .at(until)
        case .closing(let until):
            guard until <= now else { return .at(until) }
            // Nobody takes what is waiting: it holds up the close no longer.
            out.clear()
            return .onInput
        case .wanted, .ended: return .onInput
        case .connecting: return .onInput
        case .securing, .up: break
        }
        if session.isOverdue(&journal, now: now) {
            close(now: now)
            return .now
        }
        guard case .up = link, session.isBound else { return session.wake }
        pollQuestions(now: now)
        pollUnconfirmed(now: now)
        pollEmptying(now: now)
        ownership.registry.poll(now: now)
        if parent.discoveryIsOverdue(now: now) { parentIsKnown(now: now) }
        if let request = rosterRequest, request.deadline <= now {
            journal.log(.warning, "the server does not send the roster")
            rosterRequest = nil
            close(now: now)
            return .now
        }
        switch keepalive.poll(now: now) {
        case .none: break
        case .ping: pingID = ping()
        case .dead:
            abandon(.timedOut, now: now)
            return .now
        }
        pump(now: now)
        var wake = keepalive.wake
        if let request = rosterRequest {
            // What the others wait for is done once the roster is there.
            wake = wake.earlier(.at(request.deadline))
        } else {
            wake = wake.earlier(parent.wake).earlier(readouts.wake(wallOffset: wallOffset)).earlier(writes.wake)
                .earlier(consultations.wake).earlier(tokens.wake)
                .earlier(friendship.wake(parentIsThere: parent.hasTarget)).earlier(status.wake).earlier(tellingWake)
                .earlier(mirrors.wake(roster)).earlier(eventLog.wake).earlier(ownershipWake)
            if readouts.sampler.isIdle { wake = wake.earlier(events.wake) }
        }
        // Where the outgoing buffer is full, its being sent is the event to wait for.
        return out.isReady ? wake : keepalive.wake
    }

    private var ownershipWake: Wake {
        var wake = Wake.onInput
        if isOwnable && !ownership.isEmptying { wake = ownership.registry.wake }
        if let due = emptyingDue { wake = wake.earlier(.at(due)) }
        if let wish = unconfirmed { wake = wake.earlier(.at(wish.until)) }
        return wake
    }

    /// Asks the server for a sign of life (XEP-0199); its answer comes under this id.
    mutating func ping() -> Text<24> {
        let id = session.identifier()
        out.begin()
        out.put("<iq type='get'")
        out.put(attribute: "id", id.bytes)
        out.put("><ping xmlns='urn:xmpp:ping'/></iq>")
        out.commit()
        return id
    }
}
