import Access
import Fixed
import XML
import XMPP

/// A readout under way for one client.
public struct Readout: Sendable {
    enum Step: Sendable {
        /// The parent is asked under this ticket.
        case asking(UInt32)
        /// Allowed; a pass over the sensors is awaited.
        case waiting(Permit)
        /// In the running pass.
        case sampling(Permit)
        /// Being written: how far fields and failures have got.
        case writing(Permit, accepted: Bool, fields: Int, failures: Int)
    }

    /// The very client that asked, and its name for the asking.
    public let requester: JID
    public let id: Text<128>
    public let request: ReadoutRequest
    var step: Step
}

extension Readout {
    /// Nobody's, for unused places.
    fileprivate init() {
        self.init(requester: JID(), id: Text(), request: ReadoutRequest(), step: .asking(0))
    }
}

/// The readouts under way, from question to last message. Full is an ordinary answer.
public struct Readouts: ~Copyable {
    /// At once, in all and for each friend.
    public static var capacity: Int { 8 }
    public static var perFriend: Int { 3 }

    /// To be looked at by the places that functions of this table give, until one is removed.
    public private(set) var underway = List<8, Readout>(filler: Readout())
    public var sampler = Sampler()

    public init() {}

    public var isEmpty: Bool { underway.isEmpty }

    /// Why there is no place for another readout of this client, or nil where there is.
    public func obstacle(for jid: JID, sequence: Int32) -> StanzaError? {
        if index(of: jid, sequence: sequence) != nil {
            return StanzaError(.cancel, "conflict", "that seqnr is being read already")
        }
        var own = 0
        for i in underway.indices where underway[i].requester.bare == jid.bare { own &+= 1 }
        return !underway.isFull && own < Self.perFriend ? nil : .resourceConstraint
    }

    /// A readout that the parent is asked about.
    public mutating func begin(_ request: ReadoutRequest, by jid: JID, id: Text<128>, asking ticket: UInt32) {
        underway.append(Readout(requester: jid, id: id, request: request, step: .asking(ticket)))
    }

    /// A readout that is allowed.
    public mutating func begin(_ request: ReadoutRequest, by jid: JID, id: Text<128>, permit: Permit) {
        underway.append(Readout(requester: jid, id: id, request: request, step: .waiting(permit)))
    }

    /// A readout that waits for the answer under that ticket.
    public func index(asking ticket: UInt32) -> Int? {
        for i in underway.indices {
            if case .asking(ticket) = underway[i].step { return i }
        }
        return nil
    }

    /// The parent allows the readout at `index`.
    public mutating func allow(_ index: Int, _ permit: Permit) { underway[index].step = .waiting(permit) }

    /// Takes the readout at `index` out.
    public mutating func remove(_ index: Int) { underway.remove(at: index) }

    /// Answers the request of the readout at `index` with an error, and takes it out.
    @inline(never)
    public mutating func refuse(_ index: Int, _ error: StanzaError, to out: inout Outbox) {
        out.begin()
        open("error", underway[index], to: &out)
        error.write(to: &out)
        out.put("</iq>")
        out.commit()
        remove(index)
    }

    /// `<iq …>` of the answer to the request.
    @inline(never)
    private func open(_ type: StaticString, _ readout: borrowing Readout, to out: inout Outbox) {
        out.put("<iq type='")
        out.put(type)
        out.put("'")
        out.put(attribute: "id", readout.id.bytes)
        out.put(attribute: "to", readout.requester)
        out.put(">")
    }

    /// Everybody went; all that was running is forgotten.
    public mutating func removeAll() {
        underway.removeAll()
        sampler.release()
    }

    /// The readout of this client under that number.
    public func index(of jid: JID, sequence: Int32) -> Int? {
        for i in underway.indices where underway[i].request.sequence == sequence && underway[i].requester == jid { return i }
        return nil
    }

    /// Its request has been answered: only messages are left.
    public func isAccepted(_ index: Int) -> Bool {
        if case .writing(_, accepted: true, _, _) = underway[index].step { return true }
        return false
    }

    /// Starts a pass for all who wait, where the sensors are free.
    public mutating func startPass(at time: DateTime) {
        guard sampler.isIdle else { return }
        var wanted = FieldSet()
        var anybody = false
        for i in underway.indices {
            guard case .waiting(let permit) = underway[i].step else { continue }
            anybody = true
            wanted = wanted.union(permit.fields.intersection(underway[i].request.answerable))
            underway[i].step = .sampling(permit)
        }
        guard anybody else { return }
        sampler.begin(wanted, at: time)
        if sampler.isComplete { passComplete() }
    }

    /// The pass has all it will get: whoever was in it is written to.
    public mutating func passComplete() {
        for i in underway.indices {
            guard case .sampling(let permit) = underway[i].step else { continue }
            underway[i].step = .writing(permit, accepted: false, fields: 0, failures: 0)
        }
    }

    /// Writes one readout's next message, with `accepted` in front of the first.
    /// Before each the permit must still stand. Somebody cut off before anything was
    /// accepted is refused, for every request has its answer; in the middle, silence:
    /// a last word would tell that the Thing is still there.
    /// True where there was something to write and room.
    public mutating func transmit(
        _ access: borrowing AccessTable, roster: borrowing Roster, parent: BareJID,
        _ catalogue: borrowing Catalogue, to out: inout Outbox
    ) -> Bool {
        for i in underway.indices {
            guard case .writing(let permit, let accepted, let from, let failed) = underway[i].step else { continue }
            guard access.stands(permit, roster: roster, parent: parent) else {
                if accepted {
                    remove(i)
                } else {
                    let why: Denial = roster.isFriend(permit.holder) ? .noDecision : .notFriend
                    refuse(i, why.error, to: &out)
                }
                return true
            }
            let all = permit.fields.intersection(underway[i].request.answerable)
            let failures = sampler.failures(among: all)
            let values = all.subtracting(failures)
            out.begin()
            if !accepted {
                open("result", underway[i], to: &out)
                out.put("<accepted xmlns='urn:xmpp:iot:sensordata' seqnr='")
                out.put(decimal: Int64(underway[i].request.sequence))
                out.put("'/></iq>")
            }
            var next = from
            var nextFailure = failed
            if failures.isEmpty || from < catalogue.count && !values.isEmpty {
                next = FieldsWriter.write(
                    values, from: from, of: underway[i], by: permit, catalogue, sampler,
                    failuresFollow: !failures.isEmpty, to: &out)
            } else {
                next = catalogue.count
                nextFailure = FieldsWriter.writeFailures(
                    failures, from: failed, of: underway[i], catalogue, sampler, to: &out)
            }
            guard out.commit() else { return false }
            if next >= catalogue.count && (failures.isEmpty || nextFailure >= catalogue.count) {
                remove(i)
            } else {
                underway[i].step = .writing(permit, accepted: true, fields: next, failures: nextFailure)
            }
            return true
        }
        return false
    }

    /// Frees the sensors once the pass has been written to everybody.
    public mutating func releasePass() {
        guard sampler.isComplete else { return }
        for i in underway.indices {
            if case .writing = underway[i].step { return }
        }
        sampler.release()
    }

    public var wake: Wake {
        var wake = sampler.wake
        for i in underway.indices {
            switch underway[i].step {
            case .waiting: if sampler.isIdle { wake = .now }
            default: break
            }
        }
        return wake
    }
}
