import Fixed

/// An address without a resource: `local@domain`, or a bare domain (RFC 7622).
///
/// Held in the form in which addresses are compared: ASCII letters of local part
/// and domain folded to lower case. Beyond ASCII nothing is normalised here;
/// servers deliver normalised addresses, and any other spelling simply matches
/// nobody, which is the safe side.
public struct BareJID: Equatable, Sendable {
    /// Bytes an address may have here. RFC 7622 allows 2047; one longer than
    /// this is refused, never shortened.
    public typealias Storage = Text<192>

    private var text: Storage
    /// Bytes before the `@`; 0 where there is no local part.
    private var localCount: Int

    /// An address that equals no valid one, for unused places.
    public init() {
        text = Storage()
        localCount = 0
    }

    /// Parses `local@domain` or `domain`. Nil where it is malformed, too long, or
    /// has a resource.
    public init?(_ bytes: Span<UInt8>) {
        var domain = bytes
        self.init()
        if let at = bytes.firstIndex(of: 0x40) {
            let local = bytes.extracting(first: at)
            guard at > 0, at < Storage.maximum, Self.isLocalPart(local) else { return nil }
            domain = bytes.extracting(droppingFirst: at &+ 1)
            localCount = at
            for i in local.indices { text.append(local[i].asciiLowercased) }
            text.append(0x40)
        }
        // RFC 7622 §3.2: a final dot is not part of the name.
        if domain.count > 1, domain[domain.count &- 1] == 0x2E {
            domain = domain.extracting(droppingLast: 1)
        }
        guard Self.isDomain(domain) else { return nil }
        for i in domain.indices {
            guard text.append(domain[i].asciiLowercased) else { return nil }
        }
    }

    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { text.bytes }
    }

    /// The part before the `@`; empty for a domain.
    public var local: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { text.bytes.extracting(first: localCount) }
    }

    public var domain: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { text.bytes.extracting(droppingFirst: localCount == 0 ? 0 : localCount &+ 1) }
    }

    /// A server or a component, which has neither roster nor subscription.
    public var isDomain: Bool { localCount == 0 }
    public var isEmpty: Bool { text.isEmpty }

    @inline(__always)  // see Text
    public static func == (a: borrowing Self, b: borrowing Self) -> Bool {
        guard a.localCount == b.localCount else { return false }
        return a.text == b.text
    }

    private static func isLocalPart(_ bytes: Span<UInt8>) -> Bool {
        for i in bytes.indices {
            switch bytes[i] {
            case 0...0x20, 0x22, 0x26, 0x27, 0x2F, 0x3A, 0x3C, 0x3E, 0x40, 0x7F: return false
            default: continue
            }
        }
        return bytes.isUTF8
    }

    private static func isDomain(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count > 0 && bytes[bytes.count &- 1] != 0x2E else { return false }
        for i in bytes.indices {
            switch bytes[i] {
            // No label is empty: or a name written twice would not be the same one.
            case 0x2E where i > 0 && bytes[i &- 1] != 0x2E: continue
            case 0x2D, 0x30...0x3A, 0x41...0x5B, 0x5D, 0x5F, 0x61...0x7A, 0x80...: continue
            default: return false
            }
        }
        return bytes.isUTF8
    }
}

/// An address as stanzas carry it: a bare address and perhaps a resource.
public struct JID: Equatable, Sendable {
    public typealias Resource = Text<128>

    public var bare: BareJID
    /// Case-sensitive; empty where there is none.
    public var resource: Resource

    public init() {
        bare = BareJID()
        resource = Resource()
    }

    public init(bare: BareJID, resource: Resource = Resource()) {
        self.bare = bare
        self.resource = resource
    }

    /// Parses `local@domain/resource`. Nil where it is malformed or too long.
    public init?(_ bytes: Span<UInt8>) {
        var bareBytes = bytes
        self.init()
        if let slash = bytes.firstIndex(of: 0x2F) {
            bareBytes = bytes.extracting(first: slash)
            guard let resource = Self.resource(bytes.extracting(droppingFirst: slash &+ 1)) else { return nil }
            self.resource = resource
        }
        guard let bare = BareJID(bareBytes) else { return nil }
        self.bare = bare
    }

    /// A resource on its own. Nil where it is empty, too long, or has control characters.
    public static func resource(_ bytes: Span<UInt8>) -> Resource? {
        guard bytes.count > 0 && bytes.isUTF8 else { return nil }
        for i in bytes.indices where bytes[i] < 0x20 || bytes[i] == 0x7F { return nil }
        return Resource(bytes)
    }

    public var isBare: Bool { resource.isEmpty }

    /// Writes the address unescaped.
    public func write(to sink: inout some ByteSink & ~Copyable) {
        sink.put(bare.bytes)
        guard !resource.isEmpty else { return }
        sink.put(0x2F)
        sink.put(resource.bytes)
    }
}
