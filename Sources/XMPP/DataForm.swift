import Fixed
import XML

/// Forms (XEP-0004), as far as a Thing shows and reads them.
public enum DataForm {
    /// A field that is the form's own and none of its questions: `FORM_TYPE`, or one hidden from people.
    public static func isHidden(_ field: borrowing Element) -> Bool {
        field.value("type", is: "hidden") || field.value("var", is: "FORM_TYPE")
    }

    /// The field of that name; nil where there is none.
    @_lifetime(copy form)
    @inline(never)
    public static func field(_ name: StaticString, in form: borrowing Element) -> Element? {
        var next = form.firstChild
        while let field = next {
            if field.matches("field", Namespace.dataForms), field.value("var", is: name) { return field }
            next = field.next(in: form)
        }
        return nil
    }

    /// The first value of that field; nil where it has none.
    @_lifetime(copy form)
    @inline(never)
    public static func value(_ name: StaticString, in form: borrowing Element) -> Span<UInt8>? {
        guard let field = field(name, in: form), let value = field.child("value", Namespace.dataForms) else { return nil }
        return value.text.trimmed
    }
}

extension Buffer where capacity == 16_384 {
    /// `<x type='…'>` with its title; to be ended by `</x>`.
    @inline(never)
    public mutating func openForm(_ type: StaticString, title: Span<UInt8>, instructions: StaticString = "") {
        put("<x xmlns='jabber:x:data' type='")
        put(type)
        put("'><title>")
        put(escaped: title)
        put("</title>")
        if instructions.utf8CodeUnitCount > 0 {
            put("<instructions>")
            put(escaped: instructions.bytes)
            put("</instructions>")
        }
    }

    /// `<field …>`, to be ended by `</field>`.
    @inline(never)
    public mutating func openField(_ name: Span<UInt8>, type: StaticString, label: Span<UInt8>) {
        put("<field type='")
        put(type)
        put("'")
        put(attribute: "var", name)
        put(attribute: "label", label)
        put(">")
    }

    @inline(never)
    public mutating func put(formValue value: Span<UInt8>) {
        put("<value>")
        put(escaped: value)
        put("</value>")
    }
}
