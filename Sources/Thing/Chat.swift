import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// What friends, and the parent too, read and set in words (`urn:xmpp:iot:chat`): `?`,
// `Temperature?`, `=?`, `LED=1`. Through the same door as everything else; what is
// allowed goes the way of any readout or write, and is answered in words.

/// What became of a line.
enum Heard {
    case understood
    /// It was clear, and nothing comes of it, or not yet.
    case excused
    /// That was said too often.
    case ignored
    case notUnderstood
}

extension Core {
    static var friendsHelp: StaticString {
        """
        ?: values, ??: and those that were kept
        Temperature?: one of them, Temperature??: and what was kept
        =?: what can be set, and how it stands; LED=?
        LED=1: sets it
        Temperature@node? or node.Temperature?: where there are several nodes
        """
    }

    /// A line that reads or sets something.
    mutating func chat(_ line: Span<UInt8>, _ from: JID, _ seal: UInt32, now: Instant) -> Heard {
        if line.equals("#") || line.says("help") {
            beginWords(to: from)
            out.put(Self.friendsHelp)
            if isOwner(from.bare) { out.put(Self.ownersHelp) }
            endWords()
            return .understood
        }
        if line.ends(with: 0x3F) {
            var name = line.extracting(droppingLast: 1).trimmed
            let isAll = name.ends(with: 0x3F)
            if isAll { name = name.extracting(droppingLast: 1).trimmed }
            return read(name, isAll ? Self.kept : .momentary, from, seal, now: now)
        }
        guard let sign = line.signIndex else { return .notUnderstood }
        let name = line.extracting(first: sign).trimmed
        let value = line.extracting(droppingFirst: sign &+ 1).trimmed
        // A sentence with an exclamation mark in it sets nothing.
        guard name.count > 0, value.count > 0, value.afterFirstWord.count == 0 else { return .notUnderstood }
        return set(name, value, from, seal, now: now)
    }

    // MARK: Reading

    /// What is, and what was: all but the extremes, which rows of one time do not show.
    private static var kept: FieldTypes { FieldTypes(bits: FieldTypes.all.bits & ~2) }

    private mutating func read(
        _ name: Span<UInt8>, _ types: FieldTypes, _ from: JID, _ seal: UInt32, now: Instant
    ) -> Heard {
        var inquiry = Inquiry(.read, types: types.bits, fields: catalogue.all, namesFields: false)
        if name.ends(with: 0x3D) || name.ends(with: 0x21) {
            let output = name.extracting(droppingLast: 1).trimmed
            inquiry.fields = catalogue.outputs
            if output.count > 0 { inquiry.fields = inquiry.fields.intersection(meant(by: output)) }
            inquiry.namesFields = true
        } else if name.count > 0 {
            inquiry.fields = meant(by: name)
            inquiry.namesFields = true
        }
        let request = ReadoutRequest(inquiry)
        if let obstacle = readouts.obstacle(for: from, request) { return excuse(obstacle, from, seal, now: now) }
        switch consult(inquiry, by: from.bare, now: now) {
        case .allowed(let permit):
            if request.namesNothingKnown { return excuse(Self.nothingKnown, from, seal, now: now) }
            readouts.begin(request, by: from, id: Text(), permit: permit, at: wallTime(now))
            return .understood
        case .pending(let ticket):
            // What is asked of the parent by somebody who is not answered is asked all the same.
            guard courtesy.mayHint(seal, now: now) else { return .ignored }
            readouts.begin(request, by: from, id: Text(), asking: ticket)
            return .excused
        case .refused(let why): return excuse(why.error, from, seal, now: now)
        case .full: return excuse(.resourceConstraint, from, seal, now: now)
        }
    }

    /// The fields that a name in a chat means: the field's own, or with its node in front or behind.
    @inline(never)
    private func meant(by name: Span<UInt8>) -> FieldSet {
        let exactly = catalogue.fields(named: name)
        if !exactly.isEmpty { return exactly }
        var set = FieldSet()
        for i in 0..<catalogue.count {
            let node = catalogue.node(Int(catalogue[i].node))
            let field = catalogue[i].name
            if field.bytes.equalsIgnoringCase(name)
                || name.isPair(node.bytes, 0x2E, field.bytes) || name.isPair(field.bytes, 0x40, node.bytes)
            { set.insert(i) }
        }
        return set
    }

    // MARK: Setting

    private mutating func set(
        _ name: Span<UInt8>, _ value: Span<UInt8>, _ from: JID, _ seal: UInt32, now: Instant
    ) -> Heard {
        if writes.isFull(for: from.bare) { return excuse(.resourceConstraint, from, seal, now: now) }
        let outputs = meant(by: name).intersection(catalogue.outputs)
        var request = ControlRequest()
        // Of several nothing is guessed; it is as if there were none.
        for i in 0..<catalogue.count where outputs.count == 1 && outputs.contains(i) {
            if let output = catalogue[i].output { request = ControlRequest(i, output.steps(value, as: .plain)) }
        }
        switch consult(request.inquiry, by: from.bare, now: now) {
        case .allowed(let permit):
            writes.begin(request, by: from, id: Text(), .chat, .waiting, permit: permit)
            return .understood
        case .pending(let ticket):
            guard courtesy.mayHint(seal, now: now) else { return .ignored }
            writes.begin(request, by: from, id: Text(), .chat, .asking(ticket), permit: nil)
            return .excused
        case .refused(let why): return excuse(why.error, from, seal, now: now)
        case .full: return excuse(.resourceConstraint, from, seal, now: now)
        }
    }

    /// Says why nothing comes of it, unless that was said often enough. Whether something is
    /// denied or is not there makes no difference to that.
    @inline(never)
    private mutating func excuse(_ error: StanzaError, _ from: JID, _ seal: UInt32, now: Instant) -> Heard {
        guard courtesy.mayHint(seal, now: now) else { return .ignored }
        beginWords(to: from)
        out.put(escaped: error.text.bytes)
        endWords()
        return .excused
    }
}

extension Span where Element == UInt8 {
    func ends(with byte: UInt8) -> Bool { count > 0 && self[count &- 1] == byte }

    /// The place of the first `=` or `!`.
    var signIndex: Int? {
        for i in indices where self[i] == 0x3D || self[i] == 0x21 { return i }
        return nil
    }

    /// It is `first`, that sign, and `second`, in letters of whichever case.
    func isPair(_ first: Span<UInt8>, _ sign: UInt8, _ second: Span<UInt8>) -> Bool {
        guard count == first.count &+ 1 &+ second.count, self[first.count] == sign else { return false }
        return extracting(first: first.count).equalsIgnoringCase(first)
            && extracting(droppingFirst: first.count &+ 1).equalsIgnoringCase(second)
    }
}
