import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// The parent's word by buttons: ad-hoc commands (XEP-0050) with forms (XEP-0004). The same
// words as in a chat, and the same effects (`Petitions.swift`). To everybody but the parent
// there is nothing here. Nothing is remembered between a form and its submission: who
// submits is looked at each time, and the session's id merely goes back and forth.

/// What the parent can do by a button. Its name is the node of the command.
enum Command: UInt8 {
    case pending = 0, allow, deny, rules, friends, forget, unfriend
    case parent, transfer, disown

    static var count: UInt8 { 10 }

    /// It is the owner's, and not the parent's where that is somebody else.
    var isOwners: Bool { rawValue >= Command.parent.rawValue }

    init?(node: Span<UInt8>) {
        for raw in 0..<Self.count {
            if let command = Command(rawValue: raw), node.equals(command.node) {
                self = command
                return
            }
        }
        return nil
    }

    var node: StaticString {
        switch self {
        case .pending: return "pending"
        case .allow: return "allow"
        case .deny: return "deny"
        case .rules: return "rules"
        case .friends: return "friends"
        case .forget: return "forget"
        case .unfriend: return "unfriend"
        case .parent: return "parent"
        case .transfer: return "transfer"
        case .disown: return "disown"
        }
    }

    var title: StaticString {
        switch self {
        case .pending: return "Answer what is open"
        case .allow: return "Allow a friend something"
        case .deny: return "Deny a friend something"
        case .rules: return "What you said of whom"
        case .friends: return "Friends"
        case .forget: return "Forget what you said of a friend"
        case .unfriend: return "End a friendship"
        case .parent: return "Name who decides in your place"
        case .transfer: return "Give me to somebody else"
        case .disown: return "Give me up"
        }
    }

    /// The name of a command, or that of their list.
    static func isNode(_ node: Span<UInt8>) -> Bool {
        node.equals(Namespace.commands) || Command(node: node) != nil
    }
}

extension Core {
    /// Answers of one submission: each may take as much of the outbox as an end of a friendship.
    private static var answersAtOnce: Int { 6 }
    private static var sessionBytes: Int { 64 }

    /// By the parent's exact address, however the friendship with it stands: as its words.
    func isParents(_ stanza: borrowing Element) -> Bool {
        guard let from = JID(stanza.value("from")) else { return false }
        return isParentsWord(from.bare)
    }

    /// There are commands for whoever says that: the parent or the owner.
    func hasCommands(_ stanza: borrowing Element) -> Bool {
        guard let from = JID(stanza.value("from")) else { return false }
        return isParentsWord(from.bare) || isOwner(from.bare)
    }

    private func mayUse(_ command: Command, _ iq: borrowing Element) -> Bool {
        guard let from = JID(iq.value("from")) else { return false }
        return command.isOwners ? isOwner(from.bare) : isParentsWord(from.bare)
    }

    // MARK: Discovery

    /// The commands there are (XEP-0050 §2.1); the Thing itself has no items.
    mutating func listCommands(_ iq: borrowing Element, _ query: borrowing Element) {
        let node = query.value("node")
        guard node.count == 0 || node.equals(Namespace.commands) else {
            out.refuse(StanzaError(.cancel, "item-not-found"), iq)
            return
        }
        out.begin()
        out.openReply("result", id: iq.value("id"), to: iq.value("from"))
        out.put("><query xmlns='http://jabber.org/protocol/disco#items'")
        if node.count > 0 { out.put(attribute: "node", node) }
        out.put(">")
        for raw in 0..<Command.count where node.count > 0 {
            guard let command = Command(rawValue: raw), mayUse(command, iq) else { continue }
            out.put("<item")
            out.put(attribute: "jid", session.address)
            out.put(attribute: "node", command.node.bytes)
            out.put(attribute: "name", command.title.bytes)
            out.put("/>")
        }
        out.put("</query></iq>")
        out.commit()
    }

    /// What a command, or their list, is (XEP-0050 §2.2).
    mutating func describeCommand(_ iq: borrowing Element, _ query: borrowing Element) {
        let node = query.value("node")
        out.begin()
        out.openReply("result", id: iq.value("id"), to: iq.value("from"))
        out.put("><query xmlns='http://jabber.org/protocol/disco#info'")
        out.put(attribute: "node", node)
        out.put("><identity category='automation'")
        if let command = Command(node: node) {
            out.put(" type='command-node'")
            out.put(attribute: "name", command.title.bytes)
        } else {
            out.put(" type='command-list'")
        }
        out.put("/><feature var='http://jabber.org/protocol/commands'/><feature var='jabber:x:data'/></query></iq>")
        out.commit()
    }

    // MARK: One step of a command

    mutating func command(_ iq: borrowing Element, _ payload: borrowing Element, now: Instant) {
        guard let command = Command(node: payload.value("node")), mayUse(command, iq) else {
            out.refuse(StanzaError(.cancel, "item-not-found", "no such command"), iq)
            return
        }
        guard payload.value("sessionid").count <= Self.sessionBytes else {
            out.refuse(.badRequest, iq)
            return
        }
        switch payload.value("action") {
        case "", "execute", "complete", "next": break
        case "cancel":
            openCommand("canceled", command, iq, payload)
            return closeCommand(iq)
        default:
            out.refuse(StanzaError(.modify, "bad-request", "there is no such action"), iq)
            return
        }
        if let form = payload.child("x", Namespace.dataForms) {
            guard form.value("type", is: "submit") else {
                out.refuse(.badRequest, iq)
                return
            }
            if command.isOwners { return submitOwners(command, form, iq, payload, now: now) }
            let (note, isError) = submit(command, form, now: now)
            return complete(command, note, isError: isError, iq, payload)
        }
        show(command, iq, payload, now: now)
    }

    /// `<iq><command>`; to be ended by `closeCommand`.
    @inline(never)
    mutating func openCommand(
        _ status: StaticString, _ command: Command, _ iq: borrowing Element, _ payload: borrowing Element
    ) {
        let fresh = session.identifier()
        out.begin()
        out.openReply("result", id: iq.value("id"), to: iq.value("from"))
        out.put("><command xmlns='http://jabber.org/protocol/commands'")
        out.put(attribute: "node", command.node.bytes)
        if let session = payload.attribute("sessionid") {
            out.put(attribute: "sessionid", session)
        } else {
            out.put(attribute: "sessionid", fresh.bytes)
        }
        out.put(" status='")
        out.put(status)
        out.put("'>")
    }

    @inline(never)
    mutating func closeCommand(_ iq: borrowing Element) {
        out.put("</command></iq>")
        if !out.commit() { out.refuse(.resourceConstraint, iq) }
    }

    /// It is done, and this is what came of it.
    @inline(never)
    mutating func complete(
        _ command: Command, _ note: StaticString, isError: Bool, _ iq: borrowing Element, _ payload: borrowing Element
    ) {
        openCommand("completed", command, iq, payload)
        out.put(isError ? "<note type='error'>" : "<note type='info'>")
        out.put(escaped: note.bytes)
        out.put("</note>")
        closeCommand(iq)
    }

    // MARK: What is submitted

    private mutating func submit(_ command: Command, _ form: borrowing Element, now: Instant) -> (StaticString, isError: Bool) {
        switch command {
        case .pending: return answerPetitions(form, now: now)
        case .rules, .friends: return ("There is nothing to say to that.", true)
        case .allow, .deny: return setRules(form, allows: command == .allow)
        case .forget, .unfriend, .parent, .transfer, .disown: break
        }
        guard let friend = DataForm.value("friend", in: form) else { return ("Choose a friend.", true) }
        if command == .forget && friend.equals("*") {
            forgetEverything()
            return ("I have forgotten all you said of anybody, and ask you again.", false)
        }
        guard let address = BareJID(friend), address != parent.address, roster.contains(address) else {
            return ("I have no such friend.", true)
        }
        if command == .forget {
            _ = forget(address)
            return ("I have forgotten what you said, and ask you again.", false)
        }
        journal.log(.info, "the parent ends the friendship with", address.bytes)
        unfriend(address)
        return ("That friendship is at its end.", false)
    }

    /// Yes, no or later to each of what was shown, under its number.
    private mutating func answerPetitions(_ form: borrowing Element, now: Instant) -> (StaticString, isError: Bool) {
        var answers = 0
        var isStale = false
        var isFull = false
        var next = form.firstChild
        while let field = next {
            if field.matches("field", Namespace.dataForms), let number = field.value("var").decimalNumber,
                let value = field.child("value", Namespace.dataForms), let exact = UInt32(exactly: number)
            {
                let word = value.text.trimmed
                if word.equals("yes") || word.equals("no") {
                    guard answers < Self.answersAtOnce else { return ("Not all was answered: do it again for the rest.", true) }
                    answers &+= 1
                    switch answerPetition(number: exact, yes: word.equals("yes"), now: now) {
                    case .done: break
                    case .nothing: isStale = true
                    case .full: isFull = true
                    }
                }
            }
            next = field.next(in: form)
        }
        if isFull { return ("I have no room for all of that.", true) }
        if isStale { return ("Something of that was not open any more.", true) }
        return (answers == 0 ? "All of it stays open." : "Thank you.", false)
    }

    /// A standing rule for each field that was chosen; for none where one of them does not exist.
    private mutating func setRules(_ form: borrowing Element, allows: Bool) -> (StaticString, isError: Bool) {
        guard let friend = DataForm.value("friend", in: form), let address = BareJID(friend) else {
            return ("Choose a friend.", true)
        }
        let operations: UInt8
        guard let operation = DataForm.value("operation", in: form) else { return ("Choose what to allow or to deny.", true) }
        switch operation {
        case "read": operations = Rule.readAndSubscribe
        case "write": operations = Rule.bit(.write)
        case "everything": operations = Rule.everything
        default: return ("Choose what to allow or to deny.", true)
        }
        guard let fields = DataForm.field("fields", in: form) else { return ("Choose a field.", true) }
        var count = 0
        var next = fields.firstChild
        while let value = next {
            let name = value.text.trimmed
            if !name.equals("*") && catalogue.fields(named: name).isEmpty { return ("I have no such field.", true) }
            count &+= 1
            next = value.next(in: fields)
        }
        guard count > 0 else { return ("Choose a field.", true) }
        next = fields.firstChild
        while let value = next {
            let name = value.text.trimmed
            let any = name.equals("*")
            switch setRule(
                for: address, operations: operations, allows: allows, fieldName: any ? name.extracting(first: 0) : name)
            {
            case .done: break
            case .nobody, .unknownField: return ("I have no such friend.", true)
            case .full: return ("I have no room for another rule: not all of that is set. Forget some first.", true)
            }
            next = value.next(in: fields)
        }
        return ("So be it.", false)
    }
}
