import Access
import Fixed
import Ownership
import Readout
import XML
import XMPP

// The owner's words (`OwnersWords.swift`) by buttons: the same effects, and a box to tick in
// place of a number to repeat.

extension Core {
    mutating func putOwnersQuestions(_ command: Command) {
        switch command {
        case .parent: putAddress("Who decides in your place, until you give me up")
        case .transfer: putAddress("The next owner, who has to accept")
        default: out.put("<field type='fixed'><value>Your friends, what you said of them and all I have kept will be gone.</value></field>")
        }
        if command != .transfer {
            out.put("<field type='boolean' var='sure' label='I mean it'><required/><value>0</value></field>")
        }
    }

    private mutating func putAddress(_ label: StaticString) {
        out.openField(("address" as StaticString).bytes, type: "jid-single", label: label.bytes)
        out.put("<required/></field>")
    }

    mutating func submitOwners(
        _ command: Command, _ form: borrowing Element, _ iq: borrowing Element, _ payload: borrowing Element, now: Instant
    ) {
        if command != .transfer {
            guard let sure = DataForm.value("sure", in: form), sure.equals("1") || sure.equals("true") else {
                return complete(command, "Nothing was done: you did not say that you mean it.", isError: true, iq, payload)
            }
        }
        if command == .disown {
            passOn(to: BareJID(), now: now)
            openCommand("completed", command, iq, payload)
            out.put("<note type='info'>")
            putNewKey()
            out.put("</note>")
            closeCommand(iq)
            return confirmKeyShown()
        }
        guard let text = DataForm.value("address", in: form), let address = BareJID(text) else {
            return complete(command, "Say a whole address.", isError: true, iq, payload)
        }
        if command == .transfer {
            let isOffered = offer(to: address)
            return complete(
                command, isOffered ? "I have told him. Until he accepts I stay yours." : "He cannot have me.", isError: !isOffered, iq,
                payload)
        }
        guard ownership.delegate.isEmpty else {
            return complete(command, "Somebody decides for me already, until you give me up.", isError: true, iq, payload)
        }
        guard mayDecide(address) else { return complete(command, "That cannot be.", isError: true, iq, payload) }
        delegate(to: address, now: now)
        complete(command, "So be it.", isError: false, iq, payload)
    }
}
