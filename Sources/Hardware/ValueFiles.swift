/// Small text files in which a kernel shows values, looked through once at start.
///
/// A path is `stem` + `suffix`, at most 255 bytes: relative to a root that the platform
/// knows (sysfs), or absolute where it begins with `/`. Every call ends within the
/// platform's limit for one file. A path that is too long is as one that is not there.
public protocol ValueFiles: ~Copyable {
    /// Looks for the entry of `directory` that follows `previous` in byte order (the first
    /// for an empty one), so that the order on disk plays no part. False at the end,
    /// and for a directory that is not there or cannot be read. Names that begin
    /// with a point are left out.
    mutating func find(after previous: Span<UInt8>, in directory: Span<UInt8>) -> Bool

    /// Reads a file. Nil where it could be read, else why not.
    mutating func read(_ stem: Span<UInt8>, _ suffix: StaticString) -> Failure?

    /// Looks for what is at a path; false where nothing is.
    mutating func resolve(_ stem: Span<UInt8>, _ suffix: StaticString) -> Bool

    /// What the last call found, if it did: the entry's name, the file's content (at most 128
    /// bytes, maybe none), or the absolute path without symbolic links (at most 255 bytes).
    var text: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get
    }
}

extension ValueFiles where Self: ~Copyable {
    /// The file's content as a count of at least one; nil for anything else.
    public mutating func count(_ stem: Span<UInt8>, _ suffix: StaticString) -> Int32? {
        guard read(stem, suffix) == nil, let number = text.trimmed.wideDecimalNumber, number > 0 else { return nil }
        return Int32(exactly: number)
    }
}
