import Foundation
import FoundationXML

/// What another XML parser makes of a document, written like `written(_:)` writes
/// the tape; nil where it finds it not well-formed.
func secondOpinion(on document: [UInt8]) -> String? {
    let parser = XMLParser(data: Data(document))
    let reading = SecondReading()
    parser.delegate = reading
    parser.shouldProcessNamespaces = true
    guard parser.parse() else { return nil }
    // The stream element around the stanza.
    return reading.root?.children.first?.written
}

private final class Node {
    let start: String
    var text = ""
    var children: [Node] = []
    init(start: String) { self.start = start }

    var written: String { "<\(start)>\"\(text)\"" + children.map(\.written).joined() + "</>" }
}

private final class SecondReading: NSObject, XMLParserDelegate {
    var root: Node?
    private var open: [Node] = []

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        let local = name.split(separator: ":").last.map(String.init) ?? name
        let known = Set(attributeNames.map(\.description))
        let list = attributes.filter { known.contains($0.key) }.sorted { $0.key < $1.key }
        let node = Node(
            start: "{\(namespaceURI ?? "")}\(local)" + list.map { " \($0.key)=\"\($0.value)\"" }.joined())
        open.last?.children.append(node)
        if open.isEmpty { root = node }
        open.append(node)
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { add(string) }
    func parser(_ parser: XMLParser, foundCDATA block: Data) { add(String(decoding: block, as: UTF8.self)) }

    private func add(_ string: String) {
        if let node = open.last, node.children.isEmpty { node.text += string }
    }
}
