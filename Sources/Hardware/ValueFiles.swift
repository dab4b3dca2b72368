/// What one file said.
public enum FileAnswer: Sendable {
    /// Its content, at most 128 bytes; may be empty.
    case content(Text<128>)
    case failed(Failure)

    /// True where the content is exactly `literal`, apart from white space around it.
    public func says(_ literal: StaticString) -> Bool {
        guard case .content(let text) = self else { return false }
        return text.bytes.trimmed.equals(literal)
    }
}

/// Small text files in which a kernel shows values, looked through once at start.
///
/// Paths are relative to a root that the platform knows (sysfs), or absolute
/// where they begin with `/`, and at most 255 bytes. Every call ends within the
/// platform's limit for one file: what blocks is `.failed(.tooSlow)` or nil.
public protocol ValueFiles: ~Copyable {
    /// The entry of `directory` that follows `previous` in byte order (the first
    /// for an empty one), so that the order on disk plays no part. Nil at the end,
    /// and for a directory that is not there or cannot be read. Names that begin
    /// with a point are left out.
    mutating func entry(of directory: Span<UInt8>, after previous: Span<UInt8>) -> Text<255>?

    /// The content of a file.
    mutating func read(_ path: Span<UInt8>) -> FileAnswer

    /// The absolute path without symbolic links; nil where nothing is there.
    mutating func resolve(_ path: Span<UInt8>) -> Text<255>?
}
