import Access
import Fixed
import XML
import XMPP

/// Writes values as people read them: a row for each, its columns set apart by TAB and the rows
/// by CRLF. Beside `FieldsWriter` the only place where values become bytes, and by the same
/// contract: a permit that names the field.
public struct WordsWriter {
    /// `<message …><body>`.
    @inline(never)
    static func open(_ requester: borrowing JID, to out: inout Outbox) {
        out.put("<message type='chat'")
        out.put(attribute: "to", requester)
        out.put("><body>")
    }

    static func close(_ out: inout Outbox) { out.put("</body></message>") }

    /// A whole message: why there are no values.
    @inline(never)
    static func say(_ words: StaticString, to requester: borrowing JID, _ out: inout Outbox) {
        out.begin()
        open(requester, to: &out)
        out.put(escaped: words.bytes)
        close(&out)
        out.commit()
    }

    /// Writes the values of `fields` from place `start` on, as many as one message takes. Answers
    /// the place to go on from; the catalogue's end once all are written.
    static func write(
        _ fields: FieldSet, from start: Int, to requester: borrowing JID, by permit: borrowing Permit,
        _ catalogue: borrowing Catalogue, _ sampler: borrowing Sampler, to out: inout Outbox
    ) -> Int {
        let permitted = fields.intersection(permit.fields)
        let room = out.room
        open(requester, to: &out)
        if permitted.isEmpty { out.put("there is nothing to read") }
        var isFirst = true
        var i = start
        while i < catalogue.count && room &- out.room < FieldsWriter.messageBytes {
            if permitted.contains(i), case .value(let value, _) = sampler[i] {
                if !isFirst { out.put("&#13;&#10;") }
                isFirst = false
                put(value, of: catalogue[i], catalogue, to: &out)
            }
            i &+= 1
        }
        close(&out)
        return i
    }

    /// Writes what failed, and why.
    static func writeFailures(
        _ failed: FieldSet, from start: Int, to requester: borrowing JID, _ catalogue: borrowing Catalogue,
        _ sampler: borrowing Sampler, to out: inout Outbox
    ) -> Int {
        let room = out.room
        open(requester, to: &out)
        var isFirst = true
        var i = start
        while i < catalogue.count && room &- out.room < FieldsWriter.messageBytes {
            if failed.contains(i), case .failed(let why) = sampler[i] {
                if !isFirst { out.put("&#13;&#10;") }
                isFirst = false
                putName(of: catalogue[i], catalogue, to: &out)
                out.put(why.words)
            }
            i &+= 1
        }
        close(&out)
        return i
    }

    /// Writes what was kept, from `start` on, as much as one message takes, each row behind its
    /// time. Answers the place to go on from, nil once all is written.
    static func recount(
        _ fields: FieldSet, from start: History.Place?, to requester: borrowing JID, for request: borrowing ReadoutRequest,
        by permit: borrowing Permit, _ catalogue: borrowing Catalogue, _ history: borrowing History, to out: inout Outbox
    ) -> History.Place? {
        let permitted = fields.intersection(permit.fields)
        let room = out.room
        open(requester, to: &out)
        var isFirst = true
        var next = start
        while let place = next, room &- out.room < FieldsWriter.messageBytes {
            if !place.isPeak, let value = history.value(of: place.field, in: place.row) {
                if !isFirst { out.put("&#13;&#10;") }
                isFirst = false
                history.time(of: place.row).write(to: &out)
                out.put("&#9;")
                put(value, of: catalogue[place.field], catalogue, to: &out)
            }
            next = history.nextPlace(from: place.next, of: permitted, for: request)
        }
        if start == nil { out.put("nothing was kept") }
        close(&out)
        return next
    }

    /// Puts one row into a message: what the field at a place of the catalogue is now.
    public static func put(
        _ value: Value, at index: Int, by permit: borrowing Permit, _ catalogue: borrowing Catalogue, to out: inout Outbox
    ) {
        guard permit.fields.contains(index), index < catalogue.count else { return }
        put(value, of: catalogue[index], catalogue, to: &out)
    }

    // MARK: Pieces

    private static func put(
        _ value: Value, of field: Field, _ catalogue: borrowing Catalogue, to out: inout Outbox
    ) {
        putName(of: field, catalogue, to: &out)
        var text = Text<96>()
        value.write(to: &text)
        put(column: text.bytes, to: &out)
        if case .numeric = value, !field.unit.isEmpty {
            out.put("&#9;")
            put(column: field.unit.bytes, to: &out)
        }
    }

    /// The first column: a field that is not the Thing's own, with its node.
    private static func putName(of field: Field, _ catalogue: borrowing Catalogue, to out: inout Outbox) {
        put(column: field.name.bytes, to: &out)
        if field.node != 0 {
            out.put("@")
            put(column: catalogue.node(Int(field.node)).bytes, to: &out)
        }
        out.put("&#9;")
    }

    /// What would end a column or a row is spelt out.
    private static func put(column bytes: Span<UInt8>, to out: inout Outbox) {
        for i in bytes.indices {
            switch bytes[i] {
            case 0x09: out.put("\\t")
            case 0x0A: out.put("\\n")
            case 0x0D: out.put("\\r")
            case 0x5C: out.put("\\\\")
            case 0x26: out.put("&amp;")
            case 0x3C: out.put("&lt;")
            case 0x3E: out.put("&gt;")
            case 0..<0x20: out.put("?")
            default: out.put(bytes[i])
            }
        }
    }
}
