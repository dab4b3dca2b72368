/// An account as its own server keeps it, or a component.
final class Member {
    let address: String
    /// Those who are logged in, in the order in which they came.
    var clients: [Client] = []
    private(set) var items: [String: Item] = [:]
    /// Messages that nobody was there for.
    var offline: [Stanza] = []
    /// Who asked for a friendship last, and in which words.
    var requests: [String: Stanza] = [:]
    private var version = 1

    init(_ address: String) { self.address = address }

    var isComponent: Bool { !address.contains("@") }
    var domain: String { String(address.drop { $0 != "@" }.dropFirst()) }
    var versionName: String { "v\(version)" }

    func client(at address: String) -> Client? { clients.first { $0.address == address } }
    func contacts(where holds: (Item) -> Bool) -> [String] { items.filter { holds($0.value) }.keys.sorted() }

    /// What a client may know of the roster: who only waits is not in it.
    var roster: [String: String] { items.compactMapValues { $0.isListed ? $0.subscription : nil } }

    func itemXML(_ contact: String) -> String? {
        guard let item = items[contact], item.isListed else { return nil }
        let ask = item.asks ? " ask='subscribe'" : ""
        return "<item jid='\(escaped(contact))' subscription='\(item.subscription)'\(ask)/>"
    }

    /// Changes an entry, and tells all who want to know.
    func set(_ item: Item?, for contact: String) {
        let before = items[contact]
        items[contact] = item.flatMap { $0.isNothing ? nil : $0 }
        let after = items[contact]
        guard before?.asListed ?? "" != after?.asListed ?? "" else { return }
        version += 1
        for client in clients where client.interested {
            client.pushes += 1
            let xml = itemXML(contact) ?? "<item jid='\(escaped(contact))' subscription='remove'/>"
            let word = after?.isListed == true ? after!.subscription : "remove"
            client.receive(client.push(xml, .push(contact, word), version: versionName))
        }
    }

    /// As it has been for long: nobody is told.
    func begin(_ item: Item, for contact: String) { items[contact] = item }
}

/// What one account has with another.
struct Item: Equatable {
    /// It sees the other's presence.
    var sees = false
    /// The other sees its presence.
    var seen = false
    /// It asked to see, and has no answer.
    var asks = false
    /// The other asked, and has no answer.
    var pending = false

    static var both: Item { Item(sees: true, seen: true) }

    var subscription: String { sees ? (seen ? "both" : "to") : seen ? "from" : "none" }
    var isListed: Bool { sees || seen || asks }
    var isNothing: Bool { !isListed && !pending }
    var asListed: String { isListed ? subscription + (asks ? " asks" : "") : "" }
}

/// One client, logged in.
final class Client {
    unowned let member: Member
    let address: String
    /// Takes what its server has for it.
    let receive: (Stanza) -> Void
    var available = false
    var interested = false
    var priority = 0
    var presence = ""
    var directed: Set<String> = []
    var pushes = 0
    /// Some servers say who pushes, some do not.
    var signsPushes = false
    /// Another one takes its place.
    var giveWay: () -> Void = {}
    var versions = false

    init(_ member: Member, resource: String, receive: @escaping (Stanza) -> Void) {
        self.member = member
        address = member.isComponent ? member.address : "\(member.address)/\(resource)"
        self.receive = receive
        member.clients.append(self)
    }

    func announcement(to contact: String) -> Stanza {
        Stanza(name: "presence", from: address, to: contact, inner: presence)
    }

    func push(_ item: String, _ word: Word, version: String) -> Stanza {
        let ver = versions ? " ver='\(version)'" : ""
        return Stanza(
            name: "iq", type: "set", id: "push\(pushes)", from: signsPushes ? member.address : "", to: address,
            inner: "<query xmlns='\(Space.roster)'\(ver)>\(item)</query>", word: word)
    }
}
