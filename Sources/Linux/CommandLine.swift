import Fixed

/// What the program was asked to do.
public struct CommandLine: Equatable, Sendable {
    public enum Task: UInt8, Sendable {
        case run, check, describe, once, sticker, factoryReset, version, help
        /// The arguments make no sense: there is one that is unknown, there are two of the
        /// former, or --config has no file.
        case unknown, contradiction, missingFile

        /// The option that asks for it; empty for none.
        var option: StaticString {
            switch self {
            case .check: return "--check"
            case .describe: return "--describe"
            case .once: return "--once"
            case .sticker: return "--sticker"
            case .factoryReset: return "--factory-reset"
            case .version: return "--version"
            case .help: return "--help"
            case .run, .unknown, .contradiction, .missingFile: return ""
            }
        }
    }

    public var task = Task.run
    /// The unknown argument, cut to fit.
    public var culprit = Text<64>()
    public var configuration = Path("/etc/ward.conf")

    /// Reads arguments that each end in NUL. None of them is ever a secret.
    public init(_ arguments: Span<UInt8>) { task = read(arguments) }

    private mutating func read(_ arguments: Span<UInt8>) -> Task {
        var task = Task.run
        var rest = arguments
        while rest.count > 0 {
            let argument = Self.next(&rest)
            if argument.starts(with: "--config") && (argument.count == 8 || argument[8] == 0x3D) {
                let path = argument.count > 8 ? argument.extracting(droppingFirst: 9) : Self.next(&rest)
                guard path.count > 0, let kept = Path(path) else { return .missingFile }
                configuration = kept
                continue
            }
            guard let asked = Self.task(of: argument) else {
                culprit.append(argument.extracting(first: min(argument.count, 64)))
                return .unknown
            }
            guard task == .run else { return .contradiction }
            task = asked
        }
        return task
    }

    private static func task(of option: Span<UInt8>) -> Task? {
        guard option.count > 0 else { return nil }
        for raw in Task.check.rawValue...Task.help.rawValue {
            if let task = Task(rawValue: raw), option.equals(task.option) { return task }
        }
        return nil
    }

    @_lifetime(copy rest)
    private static func next(_ rest: inout Span<UInt8>) -> Span<UInt8> {
        let end = rest.firstIndex(of: 0) ?? rest.count
        let argument = rest.extracting(first: end)
        rest = rest.extracting(droppingFirst: min(end &+ 1, rest.count))
        return argument
    }
}
