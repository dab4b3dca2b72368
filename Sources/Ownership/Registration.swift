import Fixed
import XML
import XMPP

/// Makes an account on a stream that is secure and not logged in (XEP-0077 §3.1): asks what the
/// server wants, and gives name and password, as plain fields or as a form. What else it may want
/// only a person could give. One answer is awaited at a time, and matched by its id and its sender.
public struct Registration: Sendable {
    public enum Action: Equatable, Sendable {
        /// Nothing of ours, or the next step is on its way.
        case none
        /// The account is there.
        case registered
        /// There is one of that name already.
        case conflict
        /// The server will not have us, now or ever. Already logged.
        case refused
    }

    private enum State {
        case idle
        case asking(id: Text<24>)
        case registering(id: Text<24>)
    }

    private var state = State.idle

    public init() {}

    static var namespace: StaticString { "jabber:iq:register" }

    /// The connection is gone.
    public mutating func close() { state = .idle }

    /// Name and password have not been given yet.
    public var isAsking: Bool {
        if case .asking = state { return true }
        return false
    }

    /// Asks what the server wants to know. False where there is no room for the question.
    public mutating func ask(_ domain: Span<UInt8>, id: Text<24>, _ out: inout Outbox) -> Bool {
        out.begin()
        out.openRegistration("get", id: id, to: domain)
        out.put("/></iq>")
        guard out.commit() else { return false }
        state = .asking(id: id)
        return true
    }

    /// A first-level element of the stream. The answer of the server is answered with name and
    /// password, under `id`.
    @inline(never)
    public mutating func process(
        _ element: borrowing Element, _ account: borrowing Account, id: Text<24>, _ out: inout Outbox, _ journal: inout Journal
    ) -> Action {
        guard element.matches("iq", Namespace.client), isFromServer(element, account) else { return .none }
        let isResult = element.value("type", is: "result")
        guard isResult || element.value("type", is: "error") else { return .none }
        switch state {
        case .asking(let asked):
            guard element.value("id").equals(asked.bytes) else { return .none }
            state = .idle
            guard isResult, let query = element.child("query", Self.namespace) else { return refused(element, &journal) }
            guard give(query, account, id: id, &out, &journal) else { return .refused }
            state = .registering(id: id)
            return .none
        case .registering(let asked):
            guard element.value("id").equals(asked.bytes) else { return .none }
            state = .idle
            if isResult { return .registered }
            if condition(of: element).equals("conflict") { return .conflict }
            return refused(element, &journal)
        case .idle: return .none
        }
    }

    /// A result from anybody else cannot be there before a login; it is not believed either.
    private func isFromServer(_ element: borrowing Element, _ account: borrowing Account) -> Bool {
        guard let from = element.attribute("from") else { return true }
        return from.equalsIgnoringCase(account.address.domain)
    }

    // MARK: What the server wants

    /// Gives it what it asks for, if that can be given; false, and logged, where it cannot.
    private func give(
        _ query: borrowing Element, _ account: borrowing Account, id: Text<24>, _ out: inout Outbox, _ journal: inout Journal
    ) -> Bool {
        out.begin()
        out.openRegistration("set", id: id, to: account.address.domain)
        out.put(">")
        if let form = query.child("x", Namespace.dataForms) {
            guard fill(form, account, &out, &journal) else { return false }
        } else {
            guard answerFields(query, account, &out, &journal) else { return false }
        }
        out.put("</query></iq>")
        if out.commit() { return true }
        journal.log(.error, "the server's form for an account is too large")
        return false
    }

    /// XEP-0077 §3.1: each field that is named is required.
    private func answerFields(
        _ query: borrowing Element, _ account: borrowing Account, _ out: inout Outbox, _ journal: inout Journal
    ) -> Bool {
        var hasName = false
        var hasPassword = false
        var next = query.firstChild
        while let field = next {
            next = field.next(in: query)
            guard field.namespace.equals(Self.namespace) else { continue }
            switch field.name {
            case "username": hasName = true
            case "password": hasPassword = true
            case "instructions", "registered": break
            default: return wantsPerson(field.name, &journal)
            }
        }
        guard hasName && hasPassword else { return wantsPerson(Span(), &journal) }
        out.put("<username>")
        out.put(escaped: account.address.local)
        out.put("</username><password>")
        out.put(escaped: account.password.bytes)
        out.put("</password>")
        return true
    }

    /// XEP-0077 §4: what is hidden goes back as it came; what is not required is left out.
    private func fill(
        _ form: borrowing Element, _ account: borrowing Account, _ out: inout Outbox, _ journal: inout Journal
    ) -> Bool {
        var hasName = false
        var hasPassword = false
        out.put("<x xmlns='jabber:x:data' type='submit'>")
        var next = form.firstChild
        while let field = next {
            next = field.next(in: form)
            guard field.matches("field", Namespace.dataForms) else { continue }
            let name = field.value("var")
            if DataForm.isHidden(field) {
                echo(field, &out)
            } else if name.equals("username") && !hasName {
                hasName = true
                put(name, account.address.local, &out)
            } else if name.equals("password") && !hasPassword {
                hasPassword = true
                put(name, account.password.bytes, &out)
            } else if field.child("required", Namespace.dataForms) != nil {
                return wantsPerson(name, &journal)
            }
        }
        out.put("</x>")
        return hasName && hasPassword || wantsPerson(Span(), &journal)
    }

    private func echo(_ field: borrowing Element, _ out: inout Outbox) {
        out.put("<field type='hidden'")
        out.put(attribute: "var", field.value("var"))
        out.put(">")
        var next = field.firstChild
        while let value = next {
            next = value.next(in: field)
            if value.matches("value", Namespace.dataForms) { out.put(formValue: value.text) }
        }
        out.put("</field>")
    }

    private func put(_ name: Span<UInt8>, _ value: Span<UInt8>, _ out: inout Outbox) {
        out.put("<field")
        out.put(attribute: "var", name)
        out.put(">")
        out.put(formValue: value)
        out.put("</field>")
    }

    private func wantsPerson(_ name: Span<UInt8>, _ journal: inout Journal) -> Bool {
        journal.log(
            .error, "the server does not let Things make accounts: it wants what only a person can give:",
            name.count > 0 ? name : ("more than a name and a password" as StaticString).bytes)
        return false
    }

    // MARK: What it says instead

    @_lifetime(copy element)
    private func condition(of element: borrowing Element) -> Span<UInt8> {
        if let error = element.child("error", Namespace.client), let condition = error.firstChild { return condition.name }
        return element.value("")
    }

    private func refused(_ element: borrowing Element, _ journal: inout Journal) -> Action {
        var text: StaticString = "the server does not let Things make accounts: "
        if let error = element.child("error", Namespace.client), error.value("type", is: "wait") {
            text = "the server makes no account for us at the moment: "
        }
        journal.begin(.error)
        journal.put(text)
        let condition = condition(of: element)
        journal.put(quoted: condition.count > 0 ? condition : ("no reason given" as StaticString).bytes)
        if let error = element.child("error", Namespace.client), let words = error.child("text", Namespace.stanzaErrors) {
            journal.put(": ")
            journal.put(quoted: words.text)
        }
        journal.end()
        return .refused
    }
}

extension Buffer where capacity == 16_384 {
    /// `<iq …><query xmlns='jabber:iq:register'`, without the closing bracket.
    @inline(never)
    fileprivate mutating func openRegistration(_ type: StaticString, id: Text<24>, to domain: Span<UInt8>) {
        openReply(type, id: id.bytes, to: domain)
        put("><query xmlns='jabber:iq:register'")
    }
}
