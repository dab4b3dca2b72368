import Foundation
import FoundationXML

/// An element as Foundation's parser, which is not ours, reads it.
public final class Node {
    public let name: String
    public let namespace: String
    public var attributes: [String: String]
    public var children: [Node] = []
    public var text = ""

    public init(name: String, namespace: String, attributes: [String: String]) {
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
    }

    /// The one element that `xml` is, in a client's stream; nil where it is not well-formed.
    public static func parse(_ xml: String) -> Node? {
        let stream = "<s xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\(xml)</s>"
        let parser = XMLParser(data: Data(stream.utf8))
        parser.shouldProcessNamespaces = true
        let builder = Builder()
        parser.delegate = builder
        // Here `parse` is true of documents with errors too; they are told on the way.
        guard parser.parse(), !builder.failed, parser.parserError == nil, let root = builder.root, root.children.count == 1
        else { return nil }
        return root.children[0]
    }

    /// The child of that name, of any namespace.
    public func child(_ name: String) -> Node? { children.first { $0.name == name } }

    /// All elements of that name in this one, itself included.
    public func all(_ name: String) -> [Node] {
        (self.name == name ? [self] : []) + children.flatMap { $0.all(name) }
    }

    /// Nil where this is what `pattern` says; else what is different. In a pattern
    /// `*` stands for any value or text, and `$name` for one that is remembered in
    /// `names`, and has to be the same where it was remembered before.
    public func difference(from pattern: Node, _ names: inout [String: String]) -> String? {
        guard name == pattern.name, namespace == pattern.namespace else {
            return "<\(name)> of \(namespace), not <\(pattern.name)> of \(pattern.namespace)"
        }
        for (key, expected) in pattern.attributes {
            guard let value = attributes[key] else { return "<\(name)> has no \(key)" }
            if let why = Self.difference(value, expected, &names) { return "\(key) of <\(name)>: \(why)" }
        }
        if let more = attributes.keys.first(where: { pattern.attributes[$0] == nil }) {
            return "<\(name)> has \(more)='\(attributes[more]!)' besides"
        }
        if let why = Self.difference(text, pattern.text, &names) { return "text of <\(name)>: \(why)" }
        guard children.count == pattern.children.count else {
            return "<\(name)> has \(children.map(\.name)), not \(pattern.children.map(\.name))"
        }
        for (child, expected) in zip(children, pattern.children) {
            if let why = child.difference(from: expected, &names) { return why }
        }
        return nil
    }

    private static func difference(_ value: String, _ expected: String, _ names: inout [String: String]) -> String? {
        if expected == "*" { return nil }
        guard expected.hasPrefix("$") else { return value == expected ? nil : "'\(value)', not '\(expected)'" }
        let name = String(expected.dropFirst())
        guard let known = names[name] else {
            names[name] = value
            return nil
        }
        return value == known ? nil : "'\(value)', not the \(name) '\(known)'"
    }

    private final class Builder: NSObject, XMLParserDelegate {
        var root: Node?
        var failed = false
        private var open: [Node] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
            qualifiedName: String?, attributes: [String: String] = [:]
        ) {
            let node = Node(
                name: name, namespace: namespaceURI ?? "",
                attributes: attributes.filter { $0.key != "xmlns" && !$0.key.hasPrefix("xmlns:") })
            if let parent = open.last { parent.children.append(node) } else { root = node }
            open.append(node)
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) { open.removeLast() }

        func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) { failed = true }
        func parser(_ parser: XMLParser, validationErrorOccurred error: any Error) { failed = true }

        func parser(_ parser: XMLParser, foundCharacters text: String) { open.last?.text += text }
    }
}
