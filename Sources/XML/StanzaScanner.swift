import Fixed

/// Finds where stanzas begin and end in a stream, byte by byte, and holds them to
/// their limits while they arrive.
///
/// It knows just enough XML to count tags: quotes, CDATA, empty elements. What a
/// stanza *says* is Expat's to tell; that both agree about its end is checked by
/// `Reader`. Because the scanner needs no memory, a stanza of any size or shape
/// can be skipped, and the one behind it still be read.
struct StanzaScanner {
    /// What the scanner stopped at.
    enum Stop: Equatable {
        /// The input's end.
        case input
        /// Behind the stream element's start tag.
        case opened
        /// In front of a stanza's first byte.
        case begins
        /// Behind an element that is the stanza's grandchild.
        case item
        /// Behind a stanza's last byte.
        case stanza
        /// Behind the stream element's end tag.
        case closed
        /// A limit was exceeded: from here on the stanza is to be skipped.
        case overLimit
        /// Something that must not be in a stream (RFC 6120 §11.1).
        case restricted
        /// No tag can look like this, or text stands between stanzas.
        case malformed
        /// Longer than anything that is worth skipping, or a stream element beyond its limits.
        case endless

        /// True where the last byte taken is one that Expat is not to see.
        var isRefusal: Bool {
            switch self {
            case .input, .opened, .begins, .item, .stanza: return false
            case .closed, .overLimit, .restricted, .malformed, .endless: return true
            }
        }
    }

    private enum State {
        case content
        case open                 // behind `<`
        case startTag, endTag
        case quoted(UInt8)        // an attribute's value, by its quote
        case bang(UInt8)          // behind `<!`, which part of `[CDATA[` was seen
        case data(UInt8)          // in a CDATA section, how much of `]]>` was seen
        case declaration(UInt8)   // `<?xml …?>` in front of the stream, last byte
    }

    private var state = State.content
    private(set) var depth = 0
    private var stanzaBytes = 0
    private var attributes = 0
    private var valueBytes = 0
    private var lastByte: UInt8 = 0
    private var declared = false
    /// Set once a limit was exceeded, until the stanza ends.
    private(set) var skipping = false
    /// Bytes of items that were handed over are forgiven: see `Reader.itemwise`.
    var itemwise = false

    /// Skips the rest of the stanza; a caller that ran out of room says so by this.
    mutating func skip() { skipping = true }

    /// Reads from `start`; answers where it stopped and why. At `.begins` the
    /// byte at that place has not been taken yet: scan on with `entering`.
    mutating func scan(_ input: Span<UInt8>, from start: Int, entering: Bool = false) -> (Int, Stop) {
        var i = start
        var entering = entering
        while i < input.count {
            var byte = input[i]
            if depth == 1, case .content = state {
                if byte.isWhitespace { i &+= 1; continue }
                guard byte == 0x3C else { return (i, .malformed) }
                if !entering { return (i, .begins) }
                entering = false
                stanzaBytes = 0
                skipping = false
            }
            i = run(input, from: i)
            guard i < input.count else { break }
            byte = input[i]
            i &+= 1
            var over: Stop?
            if depth > 0 {
                stanzaBytes &+= 1
                if stanzaBytes > Reader.Limits.skippedBytes { return (i, .endless) }
                if stanzaBytes > Reader.Limits.stanzaBytes { over = exceed() }
                if over == .endless { return (i, .endless) }
            }
            // The byte over the limit counts like any other: a quote or a `<` that
            // went unseen would let a stanza's content pass for stanzas.
            if let stop = step(byte) ?? over { return (i, stop) }
        }
        return (i, .input)
    }

    /// Takes bytes that change nothing but counts, as far as no limit is reached: most of a
    /// stanza. Answers the place of the first byte that is one for `step`.
    private mutating func run(_ input: Span<UInt8>, from start: Int) -> Int {
        guard depth > 0 else { return start }
        var end = start &+ max(0, min(input.count &- start, Reader.Limits.stanzaBytes &- stanzaBytes))
        var i = start
        // `i` is below `end`, and that at most the input's count.
        switch state {
        case .content where depth > 1:
            while i < end, unsafe input[unchecked: i] != 0x3C { i &+= 1 }
        case .startTag:
            while i < end {
                let byte = unsafe input[unchecked: i]
                if byte <= 0x3E && (byte == 0x3E || byte == 0x22 || byte == 0x27 || byte == 0x3C) { break }
                i &+= 1
            }
            if i > start { lastByte = input[i &- 1] }
        case .quoted(let quote):
            end = min(end, start &+ max(0, Reader.Limits.attributeBytes &- valueBytes))
            while i < end {
                let byte = unsafe input[unchecked: i]
                if byte == quote || byte == 0x3C { break }
                i &+= 1
            }
            valueBytes &+= i &- start
        case .endTag:
            while i < end {
                let byte = unsafe input[unchecked: i]
                if byte == 0x3E || byte == 0x3C { break }
                i &+= 1
            }
        default: return start
        }
        stanzaBytes &+= i &- start
        return i
    }

    private mutating func step(_ byte: UInt8) -> Stop? {
        switch state {
        case .content:
            if byte == 0x3C { state = .open } else if depth == 0 && !byte.isWhitespace { return .malformed }
        case .open:
            switch byte {
            case 0x2F:
                guard depth > 0 else { return .malformed }
                state = .endTag
            case 0x3F:
                guard depth == 0 && !declared else { return .restricted }
                declared = true
                state = .declaration(0)
            case 0x21:
                guard depth > 1 else { return .restricted }
                state = .bang(0)
            case 0x3E, 0x3C: return .malformed
            default:
                state = .startTag
                attributes = 0
                lastByte = byte
                depth &+= 1
                if depth > Int(Reader.Limits.depth) { return exceed() }
            }
        case .startTag:
            if byte == 0x3E {
                state = .content
                if lastByte == 0x2F { return closed() }
                return depth == 1 ? .opened : nil
            }
            if byte == 0x22 || byte == 0x27 {
                state = .quoted(byte)
                valueBytes = 0
                attributes &+= 1
                if attributes > Reader.Limits.attributes { return exceed() }
            } else if byte == 0x3C {
                return .malformed
            }
            lastByte = byte
        case .quoted(let quote):
            if byte == quote { state = .startTag; return nil }
            if byte == 0x3C { return .malformed }
            valueBytes &+= 1
            if valueBytes > Reader.Limits.attributeBytes { return exceed() }
        case .endTag:
            guard byte == 0x3E else { return byte == 0x3C ? .malformed : nil }
            state = .content
            return closed()
        case .bang(let seen):
            let opening: StaticString = "[CDATA["
            guard byte == opening.bytes[Int(seen)] else { return .restricted }
            state = seen == 6 ? .data(0) : .bang(seen &+ 1)
        case .data(let seen):
            if byte == 0x3E && seen == 2 { state = .content }
            else if byte == 0x5D { state = .data(min(seen &+ 1, 2)) }
            else { state = .data(0) }
        case .declaration(let last):
            state = byte == 0x3E && last == 0x3F ? .content : .declaration(byte)
            if byte == 0x3C { return .malformed }
        }
        return nil
    }

    private mutating func closed() -> Stop? {
        depth &-= 1
        switch depth {
        case 0: return .closed
        case 1: return .stanza
        case 3:
            if itemwise && !skipping { stanzaBytes = 0 }
            return .item
        default: return nil
        }
    }

    private mutating func exceed() -> Stop? {
        // The stream element itself has no way around its limits.
        guard depth > 1 else { return .endless }
        guard !skipping else { return nil }
        skipping = true
        return .overLimit
    }
}
