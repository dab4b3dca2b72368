import Access
import Fixed
import XML
import XMPP

/// What is written in answer to a control request (XEP-0325 §3).
public enum ControlAnswer {
    /// Bytes of fields that a form has at most: with the rest of the answer they fit the outbox's reserve.
    private static var formBytes: Int { 6_500 }

    /// The form of what may be written, with the present values (XEP-0325 §3.3.1, XEP-0122,
    /// XEP-0336 `notSame`). What does not fit in one form can still be set by name.
    public static func writeForm(
        _ settings: borrowing Settings, by permit: borrowing Permit, _ catalogue: borrowing Catalogue,
        to out: inout Outbox
    ) {
        let count = settings.count
        var bytes = 0
        var end = 0
        for i in settings.indices {
            let field = catalogue[Int(settings[i].field)]
            // Escaping can make six bytes of one.
            bytes &+= 300 &+ field.name.count &* 12 &+ field.unit.count &* 6
            if bytes <= formBytes { end = i &+ 1 }
        }
        let isWhole = end == count && count < Settings.capacity
        let title = catalogue.node(0)
        out.openForm("form", title: title.bytes, instructions: isWhole ? "" : "What is not shown can be set by its name.")
        for i in 0..<end where permit.fields.contains(Int(settings[i].field)) {
            let field = catalogue[Int(settings[i].field)]
            guard let output = field.output else { continue }
            write(field, output, settings[i].before, to: &out)
        }
        out.put("</x>")
    }

    private static func write(_ field: borrowing Field, _ output: Output, _ now: Int64?, to out: inout Outbox) {
        var label = Text<96>()
        label.append(field.name.bytes)
        if !field.unit.isEmpty {
            label.append(" (")
            label.append(field.unit.bytes)
            label.append(")")
        }
        out.openField(field.name.bytes, type: output.kind == .boolean ? "boolean" : "text-single", label: label.bytes)
        if output.kind != .boolean {
            out.put("<desc>")
            writeRange(output, to: &out)
            out.put("</desc>")
        }
        if let now {
            out.put("<value>")
            output.value(now).write(to: &out)
            out.put("</value>")
        }
        if output.kind != .boolean {
            out.put("<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:")
            out.put(output.kind.word)
            out.put("'><range min='")
            output.value(output.minimum).write(to: &out)
            out.put("' max='")
            output.value(output.maximum).write(to: &out)
            out.put("'/></validate>")
        }
        out.put("<notSame xmlns='urn:xmpp:xdata:dynamic'/></field>")
    }

    /// `<setResponse/>`: empty where all was done, else with the parameters that were set.
    public static func writeDone(
        _ settings: borrowing Settings, isPartial: Bool, _ catalogue: borrowing Catalogue, to out: inout Outbox
    ) {
        out.put("<setResponse xmlns='urn:xmpp:iot:control'")
        if !isPartial {
            out.put("/>")
            return
        }
        out.put(">")
        for i in settings.indices {
            out.put("<parameter")
            let name = catalogue[Int(settings[i].field)].name
            out.put(attribute: "name", name.bytes)
            out.put("/>")
        }
        out.put("</setResponse>")
    }

    /// What a value of the output can be, in words.
    public static func writeRange(_ output: Output, to sink: inout some ByteSink & ~Copyable) {
        if output.kind == .boolean {
            sink.put("true or false")
            return
        }
        output.value(output.minimum).write(to: &sink)
        sink.put(" ... ")
        output.value(output.maximum).write(to: &sink)
    }
}

extension Output.Kind {
    /// Its element in XEP-0325, and its type in XML Schema.
    public var word: StaticString {
        switch self {
        case .boolean: return "boolean"
        case .int: return "int"
        case .long: return "long"
        case .double: return "double"
        }
    }
}
