import Fixed

extension Configuration {
    /// Reads the configuration and, where it is needed, the password it names. Every
    /// mistake is reported; false where there was one. `block` is wiped after use.
    public mutating func load(
        _ path: Span<UInt8>, needsSecrets: Bool = true, through block: inout Block, report: (Mistake) -> Void
    ) -> Bool {
        var isGood = false
        block.wipe()
        if let kind = Self.read(path, into: &block, limit: Self.sizeLimit, secret: false) {
            report(Mistake(kind, 0))
        } else {
            isGood = read(block.bytes, report: report)
            block.wipe()
            if needsSecrets, isNamed, let mistake = findPassword(through: &block) {
                report(mistake)
                isGood = false
            }
        }
        block.wipe()
        return isGood
    }

    /// True where the file itself holds the password and others than its owner can read it.
    public func exposesPassword(in path: Span<UInt8>) -> Bool {
        guard line(of: .password) > 0, case .open(let file) = File.open(path) else { return false }
        return (file.mode ?? 0o777) & 0o077 != 0
    }

    /// Reads the whole of a file, of at most `limit` bytes, into `block`, which is empty; answers what is wrong with it. One
    /// that keeps a secret must be closed to everybody but its owner.
    public static func read(
        _ path: Span<UInt8>, into block: inout Block, limit: Int, secret: Bool
    ) -> Mistake.Kind? {
        switch File.open(path) {
        case .failed(let error): return .unreadable(error)
        case .open(let file):
            guard file.isRegular else { return .notRegular }
            if secret, (file.mode ?? 0o777) & 0o077 != 0 { return .openToOthers }
            switch file.read(into: &block, limit: limit) {
            case .whole: return nil
            case .tooLarge: return .fileTooLarge(limit)
            case .failed(let error): return .unreadable(error)
            }
        }
    }

    /// The password comes from exactly one place: the file itself, the file it
    /// names, or the service manager's directory of credentials (systemd.exec(5)).
    private mutating func findPassword(through block: inout Block) -> Mistake? {
        let given = max(line(of: .password), line(of: .passwordFile))
        let key = line(of: .password) > 0 ? Key.password : .passwordFile
        var path = passwordFile
        if var credential = Process.environment("CREDENTIALS_DIRECTORY"), credential.append("/password"),
            Self.isThere(credential.bytes) {
            if given > 0 { return Mistake(.twoPasswords, given, key) }
            path = credential
        } else if given == 0 {
            return Mistake(.noPassword, 0, .password)
        } else if key == .password || path.isEmpty {
            return nil
        }
        // Of a credential the mode says nothing: systemd may grant access by an access control list.
        guard let kind = readPassword(path.bytes, through: &block, secret: given > 0) else { return nil }
        return Mistake(kind, given, .passwordFile, path.bytes)
    }

    private static func isThere(_ path: Span<UInt8>) -> Bool {
        if case .failed(let error) = File.open(path) { return !error.isMissing }
        return true
    }

    private mutating func readPassword(
        _ path: Span<UInt8>, through block: inout Block, secret: Bool
    ) -> Mistake.Kind? {
        block.wipe()
        if let kind = Self.read(path, into: &block, limit: 1024, secret: secret) { return kind }
        var content = block.bytes
        if content.count > 0 && content[content.count &- 1] == 0x0A { content = content.extracting(droppingLast: 1) }
        if content.count > 0 && content[content.count &- 1] == 0x0D { content = content.extracting(droppingLast: 1) }
        guard content.count > 0 else { return .noContent }
        for i in content.indices where content[i] == 0x0A { return .severalLines }
        for i in content.indices where content[i] == 0 { return .holdsNUL }
        guard content.isUTF8 else { return .notUTF8 }
        password.clear()
        return password.append(content) ? nil : .tooLong(Text<128>.maximum)
    }
}

extension Journal {
    /// Writes the finished lines to standard error. What it does not take is dropped:
    /// a log nobody reads must not stop the Thing.
    public mutating func drain() {
        guard !isEmpty else { return }
        let count = bytes.count
        StandardStream.error.write(bytes)
        take(count)
    }
}
