import Hardware

/// What the kernel says of itself in /proc: `uptime` in seconds, to hundredths, and the
/// load averages over 1, 5 and 15 minutes as `load1`, `load5`, `load15` (proc(5)).
/// They are read from `/proc` whatever the root for sysfs is.
public enum KernelStatus: Driver {
    public static func declare(in catalogue: inout Catalogue, from files: inout some ValueFiles & ~Copyable) {
        var candidate = Candidate()
        for line in UInt8(0)..<4 {
            switch line {
            case 0: candidate.begin(kernel: "/proc/uptime", name: "uptime")
            case 1: candidate.begin(kernel: "/proc/loadavg", name: "load1")
            case 2: candidate.begin(kernel: "/proc/loadavg", name: "load5")
            default: candidate.begin(kernel: "/proc/loadavg", name: "load15")
            }
            guard files.resolve(candidate.stem.bytes, "") else { continue }
            catalogue.declare(line == 0 ? .uptime : .load, parts: line == 0 ? 0 : line &- 1, &candidate)
        }
    }

    public static func start(_ channel: Channel, _ stem: Span<UInt8>, _ question: inout Question) {
        question.add(stem)
    }

    /// The word whose number is in `parts`.
    public static func finish(_ channel: Channel, _ answers: borrowing Answers) -> Reading {
        if let failure = answers.failure(0) { return .failed(failure) }
        var rest = answers.text(0).trimmed
        guard !rest.isEmpty else { return .failed(.notAnswering) }
        for _ in 0..<channel.parts {
            guard let space = rest.firstIndex(of: 0x20) else { return .failed(.notANumber) }
            rest = rest.extracting((space &+ 1)..<rest.count)
        }
        if let space = rest.firstIndex(of: 0x20) { rest = rest.extracting(first: space) }
        return rest.isEmpty ? .failed(.notANumber) : Reading(rest)
    }
}
