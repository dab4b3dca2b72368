import Support

/// Whose the Thing is by a record that was kept: read here by what is promised of its
/// form, "WARD" 1 and then fields of tag(1) length(2) bytes.
struct Title: Equatable {
    var owner = ""
    var isThroughRegistry = false
    /// Whom the owner named in his place.
    var parent = ""
    /// SHA-256 of the KEY; empty for none.
    var digest: [UInt8] = []
    /// The KEY itself, where it is kept so.
    var key: String?
    var failures = 0
    /// Who is to be the next owner, and has not said yes.
    var next = ""
    var registry: [UInt8] = []
    var isEmptying = false
    var contacts: [String] = []
    /// Rules and answers.
    var memories = 0

    /// Nil for what is no record.
    init?(_ record: [UInt8]) {
        guard record.starts(with: Array("WARD".utf8) + [1]) else { return nil }
        var rest = record.dropFirst(5)
        while let tag = rest.first {
            guard rest.count >= 3 else { return nil }
            let length = Int(rest[rest.startIndex + 1]) << 8 | Int(rest[rest.startIndex + 2])
            guard rest.count >= 3 + length else { return nil }
            let field = Array(rest.dropFirst(3).prefix(length))
            rest = rest.dropFirst(3 + length)
            func text(_ from: Int = 0) -> String { String(decoding: field.dropFirst(from), as: UTF8.self) }
            switch tag {
            case 5: contacts.append(text(2))
            case 8, 9: memories += 1
            case 12: owner = text()
            case 13: parent = text()
            case 14:
                if field.first == 1 {
                    key = text(1)
                    digest = Key.digest(text(1))
                } else {
                    digest = Array(field.dropFirst())
                }
            case 15: failures = Int(field.first ?? 0)
            case 16: next = text()
            case 17:
                registry = field
                isThroughRegistry = [2, 3].contains(field.first)
            case 18: isEmptying = true
            default: break
            }
        }
    }

    init() {}

    /// What a factory writes.
    static func factory(key: String, isPlain: Bool) -> [UInt8] {
        let bytes = isPlain ? Array(key.utf8) : Key.digest(key)
        return Array("WARD".utf8) + [1, 14, 0, UInt8(bytes.count + 1), isPlain ? 1 : 0] + bytes
    }
}
