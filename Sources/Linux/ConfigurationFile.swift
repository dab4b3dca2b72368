import Fixed

extension Configuration {
    /// Reads the configuration and, where it is needed, the password it names. Every
    /// mistake is reported; nil where there was one. `block` is wiped after use.
    public static func load<let n: Int>(
        _ path: Span<UInt8>, needsSecrets: Bool = true, through block: inout Block<n>, report: (Mistake) -> Void
    ) -> Configuration? {
        var mistakes = 0
        func count(_ mistake: Mistake) {
            mistakes &+= 1
            report(mistake)
        }
        block.wipe()
        if let kind = read(path, into: &block, limit: sizeLimit, secret: false) {
            count(Mistake(kind, 0))
            block.wipe()
            return nil
        }
        var configuration = Configuration(block.bytes, report: count)
        block.wipe()
        if needsSecrets { configuration.findPassword(through: &block, report: count) }
        block.wipe()
        return mistakes == 0 ? configuration : nil
    }

    /// True where the file itself holds the password and others than its owner can read it.
    public func exposesPassword(in path: Span<UInt8>) -> Bool {
        guard line(of: .password) > 0, case .open(let file) = File.open(path) else { return false }
        return (file.mode ?? 0o777) & 0o077 != 0
    }

    /// Reads the whole of a file into `block`; answers what is wrong with it. One
    /// that keeps a secret must be closed to everybody but its owner.
    public static func read<let n: Int>(
        _ path: Span<UInt8>, into block: inout Block<n>, limit: Int, secret: Bool
    ) -> Mistake.Kind? {
        switch File.open(path) {
        case .failed(let error): return .unreadable(error)
        case .open(let file):
            guard file.isRegular else { return .notRegular }
            if secret, (file.mode ?? 0o777) & 0o077 != 0 { return .openToOthers }
            switch file.read(into: &block, limit: min(limit, n)) {
            case .whole: return nil
            case .tooLarge: return .fileTooLarge(min(limit, n))
            case .failed(let error): return .unreadable(error)
            }
        }
    }

    /// The password comes from exactly one place: the file itself, the file it
    /// names, or the service manager's directory of credentials (systemd.exec(5)).
    private mutating func findPassword<let n: Int>(through block: inout Block<n>, report: (Mistake) -> Void) {
        let given = line(of: .password) > 0
        let named = line(of: .passwordFile) > 0
        if !passwordFile.isEmpty && !given {
            let path = passwordFile
            if let kind = readPassword(path.bytes, through: &block, secret: true) {
                report(mistake(kind, at: .passwordFile, path.bytes))
            }
        }
        guard var path = Process.environment("CREDENTIALS_DIRECTORY"), path.append("/password") else {
            if !given && !named { report(Mistake(.missing, .password)) }
            return
        }
        if case .failed(let error) = File.open(path.bytes), error.isMissing {
            if !given && !named { report(Mistake(.missing, .password)) }
            return
        }
        if given || named {
            report(Mistake(.twoPasswords, max(line(of: .password), line(of: .passwordFile)), given ? .password : .passwordFile))
            return
        }
        // The mode says nothing here: systemd may grant access by an access control list.
        if let kind = readPassword(path.bytes, through: &block, secret: false) {
            report(mistake(kind, at: .passwordFile, path.bytes))
        }
    }

    private mutating func readPassword<let n: Int>(
        _ path: Span<UInt8>, through block: inout Block<n>, secret: Bool
    ) -> Mistake.Kind? {
        block.wipe()
        if let kind = Self.read(path, into: &block, limit: 1024, secret: secret) { return kind }
        var content = block.bytes
        if content.count > 0 && content[content.count &- 1] == 0x0A { content = content.extracting(droppingLast: 1) }
        if content.count > 0 && content[content.count &- 1] == 0x0D { content = content.extracting(droppingLast: 1) }
        guard content.count > 0 else { return .noContent }
        guard content.firstIndex(of: 0x0A) == nil else { return .severalLines }
        guard content.firstIndex(of: 0) == nil else { return .holdsNUL }
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
