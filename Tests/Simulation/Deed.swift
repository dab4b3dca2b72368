import Fixed
import Support
import TLS

/// What somebody means who says something of whose the Thing is; whether he may is not
/// his to say.
enum Deed {
    /// With a KEY, as it was written.
    case claim(String)
    /// With the number that was asked for; empty, to be told it.
    case disown(String)
    /// To whom; empty to take it back.
    case transfer(String)
    case accept
    /// Which service, with the number or without.
    case parent(String, String)
    case befriend(String)
    case allow(String)
    /// To a question about somebody.
    case yes(String)
    /// What a registry says: an owner; nobody; that its owner gives it up.
    case claimed(String)
    case registered(String)
    case removed
    case disowned
}

/// A KEY, as people write it and as it counts: worked out anew here.
enum Key {
    static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    static func random(_ dice: inout Dice) -> String { String((0..<20).map { _ in dice.pick(alphabet) }) }

    /// Nil for what has not the form of one.
    static func canonical(_ text: String) -> String? {
        var key = ""
        for character in text.uppercased() where character != "-" && character != " " {
            switch character {
            case "O": key.append("0")
            case "I", "L": key.append("1")
            default:
                guard alphabet.contains(character) else { return nil }
                key.append(character)
            }
        }
        return key.count == 20 ? key : nil
    }

    static func grouped(_ key: String) -> String {
        stride(from: 0, to: key.count, by: 4).map { String(key.dropFirst($0).prefix(4)) }.joined(separator: "-")
    }

    static func digest(_ key: String) -> [UInt8] { MbedCryptography.digest(.sha256, of: Array(key.utf8).span).bytes.array }

    /// As somebody may write it.
    static func written(_ key: String, _ dice: inout Dice) -> String {
        switch dice.roll(5) {
        case 0: return key
        case 1: return grouped(key).lowercased()
        case 2: return grouped(key).replacing("-", with: " ")
        case 3: return grouped(key).replacing("0", with: "O").replacing("1", with: dice.pick(["I", "l"]))
        default: return grouped(key)
        }
    }

    /// One letter of it is another.
    static func nearly(_ key: String, _ dice: inout Dice) -> String {
        var letters = Array(key)
        let i = dice.roll(letters.count)
        letters[i] = dice.pick(alphabet.filter { $0 != letters[i] })
        return String(letters)
    }
}
