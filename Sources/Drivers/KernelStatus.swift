import Hardware

/// What the kernel says of itself in /proc: `uptime` in seconds, to hundredths, and the
/// load averages over 1, 5 and 15 minutes as `load1`, `load5`, `load15` (proc(5)).
/// They are read from `/proc` whatever the root for sysfs is.
public enum KernelStatus: Driver {
    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        declare(.uptime, "uptime", "/proc/uptime", word: 0, in: &catalogue, from: &files)
        declare(.load, "load1", "/proc/loadavg", word: 0, in: &catalogue, from: &files)
        declare(.load, "load5", "/proc/loadavg", word: 1, in: &catalogue, from: &files)
        declare(.load, "load15", "/proc/loadavg", word: 2, in: &catalogue, from: &files)
    }

    private static func declare(
        _ quantity: Quantity, _ name: StaticString, _ path: StaticString, word: UInt8,
        in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable
    ) {
        guard files.resolve(path.bytes) != nil else { return }
        catalogue.declare(
            quantity, name: Text(name), stem: path.bytes, parts: word, of: Device(kernel: "kernel"))
    }

    public static func start(_ channel: Channel, _ question: inout Question) {
        question.add(channel.stem.bytes)
    }

    /// The word whose number is in `parts`.
    public static func finish(_ channel: Channel, _ answers: Answers) -> Reading {
        switch answers[0] {
        case .failed(let failure): return .failed(failure)
        case .content(let text):
            var rest = text.bytes.trimmed
            guard !rest.isEmpty else { return .failed(.notAnswering) }
            for _ in 0..<channel.parts {
                guard let space = rest.firstIndex(of: 0x20) else { return .failed(.notANumber) }
                rest = rest.extracting((space &+ 1)..<rest.count)
            }
            if let space = rest.firstIndex(of: 0x20) { rest = rest.extracting(first: space) }
            guard let value = Decimal(rest) else { return .failed(.notANumber) }
            return .value(.numeric(value))
        }
    }
}
