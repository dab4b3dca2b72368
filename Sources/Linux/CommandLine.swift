import Fixed

/// What the program was asked to do.
public struct CommandLine: Equatable, Sendable {
    public enum Task: Equatable, Sendable {
        case run, check, describe, once, version, help
        /// The arguments make no sense; the culprit, cut to fit.
        case unknown(Text<64>)
        case contradiction
        case missingFile
    }

    public var task = Task.run
    public var configuration = Path("/etc/ward.conf")

    /// Reads arguments that each end in NUL. None of them is ever a secret.
    public init(_ arguments: Span<UInt8>) { task = read(arguments) }

    private mutating func read(_ arguments: Span<UInt8>) -> Task {
        var task = Task.run
        var rest = arguments
        var taskGiven = false
        while rest.count > 0 {
            let argument = Self.next(&rest)
            var path: Span<UInt8>?
            switch argument {
            case "--config":
                if rest.count == 0 { return .missingFile }
                path = Self.next(&rest)
            case "--check", "--describe", "--once", "--version", "--help":
                guard !taskGiven else { return .contradiction }
                taskGiven = true
                task = Self.task(of: argument)
            default:
                guard argument.starts(with: "--config=") else {
                    var culprit = Text<64>()
                    culprit.append(argument.count <= 64 ? argument : argument.extracting(first: 64))
                    return .unknown(culprit)
                }
                path = argument.extracting(droppingFirst: 9)
            }
            if let path {
                guard path.count > 0, let kept = Path(path) else { return .missingFile }
                configuration = kept
            }
        }
        return task
    }

    private static func task(of option: Span<UInt8>) -> Task {
        switch option {
        case "--check": return .check
        case "--describe": return .describe
        case "--once": return .once
        case "--version": return .version
        default: return .help
        }
    }

    @_lifetime(copy rest)
    private static func next(_ rest: inout Span<UInt8>) -> Span<UInt8> {
        let end = rest.firstIndex(of: 0) ?? rest.count
        let argument = rest.extracting(first: end)
        rest = rest.extracting(droppingFirst: min(end &+ 1, rest.count))
        return argument
    }
}
