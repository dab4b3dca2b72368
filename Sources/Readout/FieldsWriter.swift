import Access
import Fixed
import XML
import XMPP

/// Writes messages of values (XEP-0323 §3.3). A value gets onto the wire here alone, and
/// only by a permit that names its field.
struct FieldsWriter {
    /// Bytes of values after which a message is closed and another one begun.
    static var messageBytes: Int { 3_072 }

    /// Writes the values of `fields` from place `start` on, as many as one message
    /// takes. Answers the place to go on from; the catalogue's end once all are
    /// written, when the message says `done` unless `failuresFollow`.
    @inline(never)
    static func write(
        _ fields: FieldSet, from start: Int, to requester: borrowing JID, sequence: Int32, by permit: borrowing Permit,
        _ catalogue: borrowing Catalogue, _ sampler: borrowing Sampler, failuresFollow: Bool, to out: inout Outbox
    ) -> Int {
        let permitted = fields.intersection(permit.fields)
        // Where this message ends is known only by its size, and `done` stands in
        // front: look ahead.
        let end = span(permitted, from: start, catalogue)
        open("fields", requester, sequence, isLast: end == catalogue.count && !failuresFollow, to: &out)
        var group: (node: UInt8, time: DateTime)?
        for i in start..<end where permitted.contains(i) {
            guard case .value(let value, let quality) = sampler[i] else { continue }
            let node = catalogue[i].node
            let time = sampler.time(i)
            if group == nil || group?.node != node || group?.time != time {
                if group != nil { out.put("</timestamp></node>") }
                group = (node, time)
                out.put("<node")
                out.put(attribute: "nodeId", catalogue.node(Int(node)).bytes)
                out.put(">")
                openTime(time, to: &out)
            }
            write(value, .momentary, time.isSet ? quality : quality.union(.timeOffset), of: catalogue[i], to: &out)
        }
        if group != nil { out.put("</timestamp></node>") }
        out.put("</fields></message>")
        return end
    }

    /// Writes what failed, with `done` once that is all.
    @inline(never)
    static func writeFailures(
        _ failed: FieldSet, from start: Int, to requester: borrowing JID, sequence: Int32,
        _ catalogue: borrowing Catalogue, _ sampler: borrowing Sampler, to out: inout Outbox
    ) -> Int {
        let end = span(failed, from: start, catalogue)
        open("failure", requester, sequence, isLast: end == catalogue.count, to: &out)
        for i in start..<end where failed.contains(i) {
            guard case .failed(let why) = sampler[i] else { continue }
            putError(catalogue.node(Int(catalogue[i].node)).bytes, sampler.time(i), to: &out)
            out.put(escaped: catalogue[i].name.bytes)
            out.put(": ")
            out.put(why.words)
            out.put("</error>")
        }
        out.put("</failure></message>")
        return end
    }

    /// Writes what was kept, from `start` on, as much as one message takes. Answers the place
    /// to go on from, nil once all is written, when the message says `done` unless momentary
    /// values follow. Without a start there is nothing to tell.
    @inline(never)
    static func recount(
        _ fields: FieldSet, from start: History.Place?, to requester: borrowing JID, for request: borrowing ReadoutRequest,
        by permit: borrowing Permit, _ catalogue: borrowing Catalogue, _ history: borrowing History, to out: inout Outbox
    ) -> History.Place? {
        let permitted = fields.intersection(permit.fields)
        var end = start
        var bytes = 0
        while let place = end {
            bytes &+= room(for: place.field, catalogue) &* (place.isPeak ? 2 : 1)
            if bytes > messageBytes && place != start { break }
            end = history.nextPlace(from: place.next, of: permitted, for: request)
        }
        let valuesFollow = request.types.includesMomentary
        open("fields", requester, request.sequence, isLast: end == nil && !valuesFollow, to: &out)
        if start != nil {
            out.put("<node")
            out.put(attribute: "nodeId", catalogue.node(0).bytes)
            out.put(">")
        }
        var row: UInt32?
        var next = start
        while let place = next, place != end {
            if place.isPeak {
                if row != nil { out.put("</timestamp>") }
                row = nil
                if let peaks = history.peaks(of: place.field, below: place.end, for: request) {
                    write(peaks.least, of: place.field, .peak, catalogue, history, to: &out)
                    if peaks.greatest != peaks.least {
                        write(peaks.greatest, of: place.field, .peak, catalogue, history, to: &out)
                    }
                }
            } else {
                if row != place.row {
                    if row != nil { out.put("</timestamp>") }
                    openTime(history.time(of: place.row), to: &out)
                    row = place.row
                }
                put(place.row, of: place.field, history.type, catalogue, history, to: &out)
            }
            next = history.nextPlace(from: place.next, of: permitted, for: request)
        }
        if row != nil { out.put("</timestamp>") }
        out.put(start == nil ? "</fields></message>" : "</node></fields></message>")
        return end
    }

    @inline(never)
    private static func write(
        _ row: UInt32, of field: Int, _ type: FieldTypes, _ catalogue: borrowing Catalogue, _ history: borrowing History,
        to out: inout Outbox
    ) {
        openTime(history.time(of: row), to: &out)
        put(row, of: field, type, catalogue, history, to: &out)
        out.put("</timestamp>")
    }

    @inline(never)
    private static func put(
        _ row: UInt32, of field: Int, _ type: FieldTypes, _ catalogue: borrowing Catalogue, _ history: borrowing History,
        to out: inout Outbox
    ) {
        guard let value = history.value(of: field, in: row) else { return }
        let isDated = history.time(of: row).isSet
        write(
            value, type, isDated ? .automaticReadout : .automaticReadout.union(.timeOffset), of: catalogue[field], to: &out)
    }

    // MARK: Pieces

    /// `<message …>` with the element of that name, as far as its first child.
    @inline(never)
    static func open(
        _ element: StaticString, _ requester: borrowing JID, _ sequence: Int32, isLast: Bool, to out: inout Outbox
    ) {
        out.put("<message")
        out.put(attribute: "to", requester)
        out.put("><")
        out.put(element)
        out.put(" xmlns='urn:xmpp:iot:sensordata' seqnr='")
        out.put(decimal: Int64(sequence))
        out.put(isLast ? "' done='true'>" : "'>")
    }

    /// `<error …>`, as far as its words.
    @inline(never)
    static func putError(_ node: Span<UInt8>, _ time: DateTime, to out: inout Outbox) {
        out.put("<error")
        out.put(attribute: "nodeId", node)
        out.put(" timestamp='")
        time.write(to: &out)
        out.put("'>")
    }

    @inline(never)
    private static func openTime(_ time: DateTime, to out: inout Outbox) {
        out.put("<timestamp value='")
        time.write(to: &out)
        out.put("'>")
    }

    @inline(never)
    private static func span(_ fields: FieldSet, from start: Int, _ catalogue: borrowing Catalogue) -> Int {
        var bytes = 0
        var i = start
        while i < catalogue.count {
            if fields.contains(i) {
                bytes &+= room(for: i, catalogue)
                if bytes > messageBytes { return max(i, start &+ 1) }
            }
            i &+= 1
        }
        return i
    }

    /// Escaping can make six bytes of one; values are at most 64.
    @inline(never)
    private static func room(for field: Int, _ catalogue: borrowing Catalogue) -> Int {
        160 &+ catalogue[field].name.count &* 6 &+ catalogue[field].unit.count &* 6
    }

    @inline(never)
    private static func write(
        _ value: Value, _ type: FieldTypes, _ quality: Quality, of field: Field, to out: inout Outbox
    ) {
        out.put("<")
        out.put(value.type)
        out.put(attribute: "name", field.name.bytes)
        if type == .momentary && quality == .automaticReadout {
            out.put(" momentary='true' automaticReadout='true'")
        } else {
            type.write(to: &out)
            for i in 0..<Quality.count where quality.bits & (1 << UInt16(i)) != 0 {
                out.put(" ")
                out.put(Quality.name(i))
                out.put("='true'")
            }
        }
        switch value {
        case .string(let words), .enumeration(let words): out.put(attribute: "value", words.bytes)
        case .text(let words): out.put(attribute: "value", words.bytes)
        case .term(let word): out.put(attribute: "value", word.bytes)
        case .boolean, .int, .long, .numeric, .date, .dateTime, .time, .duration:
            out.put(" value='")
            value.write(to: &out)
            out.put("'")
        }
        switch value {
        case .numeric: if !field.unit.isEmpty { out.put(attribute: "unit", field.unit.bytes) }
        case .enumeration, .term: out.put(attribute: "dataType", field.unit.bytes)
        default: break
        }
        out.put("/>")
    }
}
