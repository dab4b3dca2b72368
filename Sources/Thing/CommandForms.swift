import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// The forms of the parent's commands. Each is bounded, so that it fits the outbox; what does
// not fit is said to be missing, and can be said by chat.

extension Core {
    /// Bytes of options or lines after which a list ends.
    private static var listBytes: Int { 2_400 }
    /// Bytes of petitions after which the rest waits for the next form.
    private static var petitionBytes: Int { 1_200 }
    private static var petitionsShown: Int { 6 }

    /// The form of a command, or its result where there is nothing to ask.
    mutating func show(_ command: Command, _ iq: borrowing Element, _ payload: borrowing Element, now: Instant) {
        switch command {
        case .pending:
            dropStalePetitions(now: now)
            if openCount == 0 { return complete(command, "Nothing is open.", isError: false, iq, payload) }
            ask(command, iq, payload)
            putPetitions()
        case .rules, .friends:
            openCommand("completed", command, iq, payload)
            out.openForm("result", title: command.title.bytes)
            out.put("<field type='text-multi' var='list'>")
            if command == .rules { putRules() } else { putFriends() }
            out.put("</field>")
        case .allow, .deny, .forget, .unfriend:
            guard hasFriends else { return complete(command, "I have no friend but you.", isError: false, iq, payload) }
            ask(command, iq, payload)
            putFriendChoice(withAll: command == .forget)
            if command == .allow || command == .deny { putRuleChoice(command) }
        case .parent, .transfer, .disown:
            ask(command, iq, payload)
            putOwnersQuestions(command)
        }
        out.put("</x>")
        closeCommand(iq)
    }

    /// Up to the form's fields.
    @inline(never)
    private mutating func ask(_ command: Command, _ iq: borrowing Element, _ payload: borrowing Element) {
        openCommand("executing", command, iq, payload)
        out.put("<actions execute='complete'><complete/></actions>")
        out.openForm("form", title: command.title.bytes)
    }

    private var hasFriends: Bool {
        for i in roster.indices where roster[i].address != parent.address { return true }
        return false
    }

    // MARK: Questions

    private mutating func putPetitions() {
        let room = out.room
        var shown = 0
        for i in 0..<openCount where shown < Self.petitionsShown && room &- out.room < Self.petitionBytes {
            out.put("<field type='list-single' var='")
            out.put(decimal: Int64(petitionNumber(i)))
            out.put("' label='")
            putPetition(i, asking: false)
            out.put(
                """
                '><value>later</value><option label='yes'><value>yes</value></option>\
                <option label='no'><value>no</value></option><option label='later'><value>later</value></option></field>
                """)
            shown &+= 1
        }
        if shown < openCount { putRemark("There is more: come back when you have answered this.") }
    }

    private mutating func putFriendChoice(withAll: Bool) {
        out.put("<field type='list-single' var='friend' label='Friend'><required/>")
        if withAll { out.put("<option label='everybody'><value>*</value></option>") }
        let room = out.room
        var isWhole = true
        for i in roster.indices where roster[i].address != parent.address {
            if room &- out.room > Self.listBytes {
                isWhole = false
                continue
            }
            let address = roster[i].address
            out.put("<option label='")
            out.put(address: address.bytes)
            out.put("'>")
            out.put(formValue: address.bytes)
            out.put("</option>")
        }
        out.put("</field>")
        if !isWhole { putRemark("Not all friends are shown. In a chat you can name any of them.") }
    }

    private mutating func putRuleChoice(_ command: Command) {
        out.put(command == .allow
            ? "<field type='list-single' var='operation' label='may'><required/><value>read</value>"
            : "<field type='list-single' var='operation' label='may not'><required/><value>everything</value>")
        out.put(
            """
            <option label='read, and be told of changes'><value>read</value></option>\
            <option label='set'><value>write</value></option>\
            <option label='read and set'><value>everything</value></option></field>\
            <field type='list-multi' var='fields' label='Fields'><required/>\
            <option label='any'><value>*</value></option>
            """)
        let room = out.room
        var isWhole = true
        for i in 0..<catalogue.count where isFirstOfName(i, of: catalogue.all) {
            if room &- out.room > Self.listBytes {
                isWhole = false
                continue
            }
            out.put("<option>")
            let name = catalogue[i].name
            out.put(formValue: name.bytes)
            out.put("</option>")
        }
        out.put("</field>")
        if !isWhole { putRemark("Not all fields are shown. In a chat you can name any of them.") }
    }

    @inline(never)
    private mutating func putRemark(_ words: StaticString) {
        out.put("<field type='fixed'><value>")
        out.put(words)
        out.put("</value></field>")
    }

    // MARK: Results

    private mutating func putRules() {
        let room = out.room
        var left = 0
        for i in roster.indices {
            let contact = roster[i]
            for r in access.ruleIndices where access.rule(r).seal == contact.seal {
                if room &- out.room > Self.listBytes {
                    left &+= 1
                    continue
                }
                let rule = access.rule(r)
                out.put("<value>")
                out.put(address: contact.address.bytes)
                putRule(rule.operations, rule.allows, rule.name)
                out.put("</value>")
            }
        }
        endList(isEmpty: out.room == room, "There are no rules. What friends would like, I ask you.", left)
    }

    private mutating func putFriends() {
        let room = out.room
        var left = 0
        for i in roster.indices where roster[i].address != parent.address {
            if room &- out.room > Self.listBytes {
                left &+= 1
                continue
            }
            let contact = roster[i]
            out.put("<value>")
            out.put(address: contact.address.bytes)
            if contact.subscription != .both { out.put(" (has not answered yet)") }
            out.put("</value>")
        }
        endList(isEmpty: out.room == room, "I have no friend but you.", left)
    }

    private mutating func endList(isEmpty: Bool, _ nothing: StaticString, _ left: Int) {
        if isEmpty { out.put(formValue: nothing.bytes) }
        guard left > 0 else { return }
        out.put("<value>and ")
        out.put(decimal: left)
        out.put(" more</value>")
    }
}
