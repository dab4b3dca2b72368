import Foundation

/// What a Thing means by an address in which it has spelt out what might look like another letter.
func spelt(_ words: some StringProtocol) -> String {
    words.replacingOccurrences(of: "\\u{e5}", with: "å").replacingOccurrences(of: "\\u{f6}", with: "ö")
}

/// One line after the other: a Thing answers nobody who talks too fast.
final class Keyboard {
    private unowned let person: Person
    private var queue: [Stanza] = []
    private var isTyping = false

    init(_ person: Person) { self.person = person }

    var waiting: Int { queue.count }
    func clear() { queue = [] }

    func type(_ line: Stanza) {
        queue.append(line)
        type()
    }

    private func type() {
        guard !isTyping, !queue.isEmpty else { return }
        isTyping = true
        person.world.after(4_000) { [unowned self] in
            isTyping = false
            guard !queue.isEmpty else { return }
            let stanza = queue.removeFirst()
            if person.isHere { person.send(stanza, as: person.world.dice.pick(person.here)) }
            type()
        }
    }
}
