import Fixed
import XML

/// What a reader said about a stream, one line per event, so that two readings
/// can be compared. Every line but `more` has what is on the tape.
struct Transcript: Equatable {
    var lines: [String] = []
    /// The most memory Expat took.
    var peak = 0

    /// Feeds `pieces` one after the other.
    init(_ pieces: [[UInt8]], itemwise: Bool = false) {
        guard var reader = Reader(salt: 7) else {
            lines = ["no reader"]
            return
        }
        reader.itemwise = itemwise
        for piece in pieces where !add(piece, to: &reader) { break }
        peak = reader.memory.peak
    }

    init(_ text: String) { self.init([Array(text.utf8)]) }

    /// False once the stream has ended.
    private mutating func add(_ piece: [UInt8], to reader: inout Reader) -> Bool {
        let bytes = piece.span
        var from = 0
        while true {
            let (taken, event) = reader.read(bytes.extracting(from...))
            from += taken
            switch event {
            case .more:
                if from != piece.count { lines.append("left \(piece.count - from) bytes") }
                return true
            case .opened: lines.append("opened \(reader.picture)")
            case .stanza: lines.append("stanza \(reader.picture)")
            case .oversize: lines.append("oversize \(reader.picture)")
            case .item:
                lines.append("item \(reader.picture)")
                reader.dropItem()
            case .closed:
                lines.append("closed")
                return false
            case .failed(let fault):
                lines.append("failed \(fault)")
                return false
            }
        }
    }
}

extension Reader {
    /// What is on the tape, written out.
    var picture: String {
        guard let root = root else { return "nothing" }
        return written(root)
    }
}

/// An element in a form of its own: `{namespace}name`, attributes by name, text in
/// front of the first child, children.
func written(_ element: borrowing Element) -> String {
    var text = "<{\(string(element.namespace))}\(string(element.name))"
    for attribute in attributes(of: element).sorted(by: { $0.name < $1.name }) {
        text += " \(attribute.name)=\"\(attribute.value)\""
    }
    text += ">\"\(string(element.text))\""
    if let first = element.firstChild { text += siblings(first, in: element) }
    return text + "</>"
}

private func siblings(_ element: borrowing Element, in parent: borrowing Element) -> String {
    let text = written(element)
    guard let next = element.next(in: parent) else { return text }
    return text + siblings(next, in: parent)
}

/// The attributes of an element whose names occur in these tests.
func attributes(of element: borrowing Element) -> [(name: String, value: String)] {
    var all: [(name: String, value: String)] = []
    func add(_ name: StaticString) {
        if let value = element.attribute(name) { all.append((name.description, string(value))) }
    }
    for name in attributeNames { add(name) }
    return all
}

let attributeNames: [StaticString] = [
    "a", "b", "c", "d", "e", "ask", "from", "id", "jid", "name", "result", "seqnr", "subscription", "to", "type",
    "value", "ver", "version", "mechanism", "unit",
]

func string(_ bytes: Span<UInt8>) -> String {
    var copy: [UInt8] = []
    for i in bytes.indices { copy.append(bytes[i]) }
    return String(decoding: copy, as: UTF8.self)
}

extension [UInt8] {
    /// Cut in two at every place in turn.
    var everySplit: [[[UInt8]]] {
        indices.dropFirst().map { [Array(self[..<$0]), Array(self[$0...])] }
    }
    /// A byte at a time.
    var bytewise: [[UInt8]] { map { [$0] } }
    /// In pieces of `size`.
    func pieces(of size: Int) -> [[UInt8]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}

/// The start of a stream as a server sends it.
let header =
    "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' "
    + "xmlns='jabber:client' from='example.org' id='s1' version='1.0' xml:lang='en'>"

/// What a reader says behind `header` about `stanzas`.
func reading(_ stanzas: String) -> [String] {
    Array(Transcript(header + stanzas).lines.dropFirst())
}

struct NoReader: Error {}

/// A reader, for a test that watches it closely.
func newReader() throws -> Reader {
    guard let reader = Reader(salt: 1) else { throw NoReader() }
    return reader
}
