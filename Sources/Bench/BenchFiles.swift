import Hardware

/// A kernel's small files that are nowhere: as a list of lines, each a path below the root, a blank and what the file
/// holds. A path whose content begins with `->` is a link to the path behind that, which is not below the root.
public struct BenchFiles: ValueFiles {
    private let lines: StaticString
    private var found = Text<255>()

    /// Of a line that is too long for a path or a file (255 and 128 bytes) nothing is there.
    public init(_ lines: StaticString) { self.lines = lines }

    /// The next line from `place` on, which is moved behind it; nil at the end.
    @_lifetime(immortal)
    private func line(_ place: inout Int) -> Span<UInt8>? {
        let all = lines.bytes
        guard place < all.count else { return nil }
        let start = place
        while place < all.count && all[place] != 0x0A { place &+= 1 }
        defer { place &+= 1 }
        return all.extracting(start..<place)
    }

    public mutating func find(after previous: Span<UInt8>, in directory: Span<UInt8>) -> Bool {
        var best = Text<255>()
        var place = 0
        while let line = line(&place) {
            guard line.count > directory.count, line[directory.count] == 0x2F,
                line.extracting(first: directory.count).equals(directory) else { continue }
            let rest = line.extracting(droppingFirst: directory.count &+ 1)
            var end = 0
            while end < rest.count && rest[end] != 0x2F && rest[end] != 0x20 { end &+= 1 }
            let entry = rest.extracting(first: end)
            if entry.isEmpty || entry[0] == 0x2E || !Self.precedes(previous, entry) { continue }
            if best.isEmpty || Self.precedes(entry, best.bytes) {
                best.truncate(to: 0)
                best.append(entry)
            }
        }
        found = best
        return !best.isEmpty
    }

    public mutating func read(_ stem: Span<UInt8>, _ suffix: StaticString) -> Failure? {
        found.truncate(to: 0)
        guard let path = Self.path(stem, suffix) else { return .gone }
        var place = 0
        while let line = line(&place) {
            guard line.count > path.count, line[path.count] == 0x20, line.extracting(first: path.count).equals(path.bytes)
            else { continue }
            let content = line.extracting(droppingFirst: path.count &+ 1)
            return content.count <= 128 && found.append(content) ? nil : .notANumber
        }
        return .gone
    }

    public mutating func resolve(_ stem: Span<UInt8>, _ suffix: StaticString) -> Bool {
        found.truncate(to: 0)
        guard let path = Self.path(stem, suffix) else { return false }
        var place = 0
        while let line = line(&place) {
            guard line.count > path.count, line.extracting(first: path.count).equals(path.bytes),
                line[path.count] == 0x20 || line[path.count] == 0x2F else { continue }
            let content = line.extracting(droppingFirst: path.count &+ 1)
            let arrow: StaticString = "->"
            if line[path.count] == 0x20 && content.starts(with: arrow) {
                return found.append(content.extracting(droppingFirst: 2).trimmed)
            }
            return found.append("/sys/") && found.append(path.bytes)
        }
        return false
    }

    public var text: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { found.bytes }
    }

    private static func path(_ stem: Span<UInt8>, _ suffix: StaticString) -> Text<255>? {
        var path = Text<255>()
        return path.append(stem) && path.append(suffix) ? path : nil
    }

    /// In byte order.
    private static func precedes(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        for i in 0..<min(a.count, b.count) where a[i] != b[i] { return a[i] < b[i] }
        return a.count < b.count
    }
}
