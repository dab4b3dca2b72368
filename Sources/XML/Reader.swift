import CExpat
import Fixed

/// Reads one XMPP stream (RFC 6120 §4, §11), stanza by stanza, in constant memory.
///
/// Bytes go through the scanner, which finds stanzas and limits, to Expat, which
/// says what they mean. Expat starts afresh, and is told the stream element again, before
/// a stanza whenever what it has learnt takes more than a little memory: its tables of
/// names never shrink.
public struct Reader: ~Copyable {
    /// What a stanza may be. Beyond it a stanza is skipped and reported as `.oversize`;
    /// so is one for which the tape or Expat's memory (CExpat.h) is too small: a tag
    /// of many kilobytes, or hundreds of names.
    public enum Limits {
        public static var stanzaBytes: Int { 12_288 }
        public static var depth: Int32 { Int32(WARD_XML_DEPTH) }
        /// Attributes of one element.
        public static var attributes: Int { 40 }
        /// Bytes of one attribute's value, as written.
        public static var attributeBytes: Int { 2_048 }
        /// Bytes of static memory that reading takes: the tape, and Expat's arena.
        public static var memory: Int { ward_xml_size() }
        /// What is skipped before the stream is given up.
        public static var skippedBytes: Int { 4_194_304 }
    }

    /// Why a stream cannot be read on.
    public enum Fault: Equatable, Sendable {
        case notWellFormed, restrictedXML, policyViolation

        /// The stream error condition that tells the server (RFC 6120 §4.9.3).
        public var condition: StaticString {
            switch self {
            case .notWellFormed: return "not-well-formed"
            case .restrictedXML: return "restricted-xml"
            case .policyViolation: return "policy-violation"
            }
        }
    }

    public enum Event: Equatable, Sendable {
        /// All input was taken; nothing is complete.
        case more
        /// The server's stream element is in `root`.
        case opened
        /// In itemwise reading: `root` holds one more item. See `itemwise`.
        case item
        /// A stanza is in `root`.
        case stanza
        /// A stanza was skipped. `root` has its element alone, if that much was read.
        case oversize
        /// The server ended the stream.
        case closed
        /// The stream is not to be read on.
        case failed(Fault)
    }

    private let tape: OpaquePointer
    private var scanner = StanzaScanner()

    /// A reader for one stream after another. Nil where the one that the firmware
    /// has is in use. `salt` keys hash tables and must not be guessable.
    public init?(salt: UInt) {
        guard let tape = ward_xml_take(UInt(salt)) else { return nil }
        self.tape = tape
    }

    deinit { ward_xml_return(tape) }

    /// A new stream begins: all that the last one said is forgotten.
    public mutating func restart() {
        scanner = StanzaScanner()
        ward_xml_open(tape)
    }

    /// While set, each grandchild of a stanza is reported by `.item` when it is
    /// complete, and may be taken off again by `dropItem`: a result of any length,
    /// a roster, is read in the memory of one item.
    public var itemwise: Bool {
        get { scanner.itemwise }
        set { scanner.itemwise = newValue }
    }

    public mutating func dropItem() { ward_xml_drop_item(tape) }

    /// Takes bytes up to the next event. To be called again with the rest
    /// until it answers `.more`; not any more after `.failed` or `.closed`.
    public mutating func read(_ input: Span<UInt8>) -> (taken: Int, event: Event) {
        var from = 0
        var entering = false
        while true {
            let wasSkipping = scanner.skipping && !entering
            let (to, stop) = scanner.scan(input, from: from, entering: entering)
            entering = false
            if !wasSkipping {
                // Expat is given all the scanner has no objection to, so that what
                // is known of a stanza does not depend on how its bytes arrived.
                switch feed(input.extracting(from..<(stop.isRefusal ? max(from, to &- 1) : to))) {
                case WARD_XML_READ: break
                case WARD_XML_FULL:
                    guard scanner.depth > 1 || stop == .stanza else { return (to, .failed(.policyViolation)) }
                    scanner.skip()
                case WARD_XML_RESTRICTED: return (to, .failed(.restrictedXML))
                default: return (to, .failed(.notWellFormed))
                }
            }
            from = to
            switch stop {
            case .input: return (to, .more)
            case .opened: return (to, .opened)
            case .begins:
                guard ward_xml_begin(tape) else { return (to, .failed(.policyViolation)) }
                entering = true
            case .item:
                if scanner.itemwise && !scanner.skipping { return (to, .item) }
            case .stanza:
                if scanner.skipping {
                    ward_xml_keep_root(tape)
                    return (to, .oversize)
                }
                // Expat must have seen the same end.
                guard ward_xml_depth(tape) == 1, ward_xml_element_count(tape) > 0 else {
                    return (to, .failed(.notWellFormed))
                }
                return (to, .stanza)
            case .closed: return (to, .closed)
            case .overLimit: continue
            case .restricted: return (to, .failed(.restrictedXML))
            case .malformed: return (to, .failed(.notWellFormed))
            case .endless: return (to, .failed(.policyViolation))
            }
        }
    }

    /// The stanza, or the stream element, that the last event spoke of; nil where
    /// nothing of it could be read.
    public var root: Element? {
        @_lifetime(borrow self)
        borrowing get {
            guard ward_xml_element_count(tape) > 0 else { return nil }
            return unsafe _overrideLifetime(Element(tape: tape, index: 0), borrowing: self)
        }
    }

    /// The most memory Expat ever took of its arena, in bytes, and what it has.
    public var memory: (peak: Int, size: Int) {
        (ward_xml_peak(tape), WARD_XML_ARENA)
    }

    private func feed(_ bytes: Span<UInt8>) -> ward_xml_outcome {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, buffer.count > 0 else { return WARD_XML_READ }
            return unsafe ward_xml_feed(tape, base, buffer.count)
        }
    }
}
