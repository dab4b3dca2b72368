/// What the Thing said, cut out of the bytes it sent.
public enum Utterance {
    /// The stream element, as text.
    case opening(String)
    case element(Node, text: String)
    case ending
    /// Bytes that are no XML.
    case garbage(String)

    public var text: String {
        switch self {
        case .opening(let text), .element(_, let text), .garbage(let text): return text
        case .ending: return "</stream:stream>"
        }
    }
}

/// Finds the stanzas in the Thing's own stream, however its bytes were sent. What
/// they mean is Foundation's to say.
public struct Wire {
    private var piece: [UInt8] = []
    private var depth = 0
    private var inTag = false
    private var quote: UInt8 = 0

    public init() {}

    /// True between stanzas.
    public var isAtRest: Bool { piece.isEmpty && !inTag }

    public mutating func take(_ byte: UInt8) -> Utterance? {
        piece.append(byte)
        guard inTag else {
            if byte == UInt8(ascii: "<") {
                inTag = true
            } else if depth < 2 {
                return .garbage(taken())
            }
            return nil
        }
        if quote != 0 {
            if byte == quote { quote = 0 }
            return nil
        }
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { quote = byte }
        guard byte == UInt8(ascii: ">") else { return nil }
        inTag = false
        let tag = piece[piece.lastIndex(of: UInt8(ascii: "<"))!...]
        if tag.starts(with: Array("<?xml".utf8)) {
            depth = 0
            piece = []
        } else if tag.starts(with: Array("</".utf8)) {
            depth -= 1
            if depth == 1 { return element() }
            if depth == 0 {
                piece = []
                return .ending
            }
        } else if tag.dropLast().last == UInt8(ascii: "/") {
            if depth == 1 { return element() }
        } else {
            depth += 1
            if depth == 1 { return .opening(taken()) }
        }
        return nil
    }

    private mutating func element() -> Utterance {
        let text = taken()
        guard let node = Node.parse(text) else { return .garbage(text) }
        return .element(node, text: text)
    }

    private mutating func taken() -> String {
        defer { piece = [] }
        return String(decoding: piece, as: UTF8.self)
    }
}
