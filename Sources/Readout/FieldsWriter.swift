import Access
import Fixed
import XML
import XMPP

/// Writes the messages of a readout (XEP-0323 §3.3). A value gets onto the wire
/// here alone, and only by a permit that names its field.
struct FieldsWriter {
    /// Bytes of values after which a message is closed and another one begun.
    static var messageBytes: Int { 3_072 }

    /// Writes the values of `fields` from place `start` on, as many as one message
    /// takes. Answers the place to go on from; the catalogue's end once all are
    /// written, when the message says `done` unless `failuresFollow`.
    static func write(
        _ fields: FieldSet, from start: Int, of readout: borrowing Readout, by permit: borrowing Permit,
        _ catalogue: borrowing Catalogue, _ sampler: borrowing Sampler, failuresFollow: Bool,
        to out: inout Outbox
    ) -> Int {
        let permitted = fields.intersection(permit.fields)
        // Where this message ends is known only by its size, and `done` stands in
        // front: look ahead.
        let end = span(permitted, from: start, catalogue)
        out.put("<message")
        out.put(attribute: "to", readout.requester)
        out.put("><fields xmlns='urn:xmpp:iot:sensordata' seqnr='")
        out.put(decimal: Int64(readout.request.sequence))
        out.put(end == catalogue.count && !failuresFollow ? "' done='true'>" : "'>")
        if !permitted.isEmpty {
            out.put("<node")
            out.put(attribute: "nodeId", catalogue.node(0).bytes)
            out.put("><timestamp value='")
            sampler.taken.write(to: &out)
            out.put("'>")
            for i in start..<end where permitted.contains(i) {
                if case .value(let value, _) = sampler[i] { write(value, of: catalogue[i], to: &out) }
            }
            out.put("</timestamp></node>")
        }
        out.put("</fields></message>")
        return end
    }

    /// Writes what failed, with `done`.
    static func writeFailures(
        _ failed: FieldSet, from start: Int, of readout: borrowing Readout,
        _ catalogue: borrowing Catalogue, _ sampler: borrowing Sampler, to out: inout Outbox
    ) -> Int {
        let end = span(failed, from: start, catalogue)
        out.put("<message")
        out.put(attribute: "to", readout.requester)
        out.put("><failure xmlns='urn:xmpp:iot:sensordata' seqnr='")
        out.put(decimal: Int64(readout.request.sequence))
        out.put(end == catalogue.count ? "' done='true'>" : "'>")
        for i in start..<end where failed.contains(i) {
            guard case .failed(let why) = sampler[i] else { continue }
            out.put("<error")
            out.put(attribute: "nodeId", catalogue.node(0).bytes)
            out.put(" timestamp='")
            sampler.taken.write(to: &out)
            out.put("'>")
            out.put(escaped: catalogue[i].name.bytes)
            out.put(": ")
            out.put(why.words)
            out.put("</error>")
        }
        out.put("</failure></message>")
        return end
    }

    private static func span(_ fields: FieldSet, from start: Int, _ catalogue: borrowing Catalogue) -> Int {
        var bytes = 0
        var i = start
        while i < catalogue.count {
            if fields.contains(i) {
                // Escaping can make six bytes of one; values are at most 64.
                bytes &+= 160 &+ catalogue[i].name.count &* 6 &+ catalogue[i].unit.count &* 6
                if bytes > messageBytes { return max(i, start &+ 1) }
            }
            i &+= 1
        }
        return i
    }

    private static func write(_ value: Value, of field: Field, to out: inout Outbox) {
        out.put("<")
        out.put(value.type)
        out.put(attribute: "name", field.name.bytes)
        out.put(" momentary='true' automaticReadout='true'")
        var text = Text<96>()
        if case .string(let words) = value {
            out.put(attribute: "value", words.bytes)
        } else {
            value.write(to: &text)
            out.put(" value='")
            out.put(escaped: text.bytes)
            out.put("'")
        }
        switch value {
        case .numeric: if !field.unit.isEmpty { out.put(attribute: "unit", field.unit.bytes) }
        case .enumeration: out.put(attribute: "dataType", field.unit.bytes)
        default: break
        }
        out.put("/>")
    }
}
