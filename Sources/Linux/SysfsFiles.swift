import Fixed
import Hardware

/// The files below sysfs as drivers look through them at start, each call waiting for its answer.
///
/// After four files that were too slow the search ends: everything else is as if
/// it were not there, so that start takes seconds and not minutes.
extension SysfsReader: ValueFiles {
    /// True where the search ended early.
    var isExhausted: Bool { slow >= SysfsReader.slowMaximum }
    private static var slowMaximum: Int { 4 }

    /// Waits for the answer to what was asked.
    private mutating func answered(_ asked: Bool) -> Bool {
        guard asked else { return false }
        switch waitForAnswer() {
        case .answered:
            if wasSlow { slow &+= 1 }
            return true
        case .nothing:
            slow &+= 1
            return false
        case .gone:
            slow = SysfsReader.slowMaximum
            return false
        }
    }

    mutating func entry(of directory: Span<UInt8>, after previous: Span<UInt8>) -> Text<255>? {
        guard !isExhausted, answered(ask(entryOf: directory, after: previous)) else { return nil }
        return text
    }

    mutating func read(_ path: Span<UInt8>) -> FileAnswer {
        var question = Question()
        question.add(path)
        guard !isExhausted else { return .failed(.tooSlow) }
        guard answered(ask(question)) else { return .failed(.notAnswering) }
        return contents[0]
    }

    mutating func resolve(_ path: Span<UInt8>) -> Text<255>? {
        guard !isExhausted, answered(ask(resolved: path)) else { return nil }
        return text
    }
}
