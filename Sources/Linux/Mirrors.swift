import Fixed
import Hardware
import XMPP

extension Configuration {
    /// The fields of friends that are to be fields of this Thing, in the file's order.
    public struct Mirrors: Sendable {
        public struct Mirror: Equatable, Sendable {
            public var friend = BareJID()
            /// The field's name at the friend.
            public var field = Text<64>()
        }

        /// Mirrors there can be.
        public static var capacity: Int { 4 }

        private var places = InlineArray<4, Mirror>(repeating: Mirror())
        private var lines = InlineArray<4, Int>(repeating: 0)
        public private(set) var count = 0

        public init() {}

        /// Only for an index below `count`.
        public subscript(index: Int) -> Mirror { places[index] }

        /// Takes up `ADDRESS FIELD`: an account, a blank, and a name of at most 64 bytes that may
        /// have blanks itself. Answers what is wrong with it.
        mutating func add(_ text: Span<UInt8>, line: Int) -> Mistake.Kind? {
            var end = 0
            while end < text.count && !text[end].isWhitespace { end &+= 1 }
            let name = text.extracting(droppingFirst: end).trimmed
            guard let friend = BareJID(text.extracting(first: end)), !friend.isDomain, name.isPrintable,
                let field = Text<64>(name) else { return .notMirror }
            let mirror = Mirror(friend: friend, field: field)
            for i in 0..<count where places[i] == mirror { return .duplicate(first: lines[i]) }
            guard count < Mirrors.capacity else { return .tooManyMirrors }
            places[count] = mirror
            lines[count] = line
            count &+= 1
            return nil
        }
    }
}

extension Configuration.Mirrors: Equatable {
    public static func == (a: Self, b: Self) -> Bool {
        guard a.count == b.count else { return false }
        for i in 0..<a.count where a.places[i] != b.places[i] { return false }
        return true
    }
}
