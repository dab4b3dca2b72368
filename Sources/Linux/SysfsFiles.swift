import CPlatform
import Fixed
import Hardware

/// The files below sysfs as drivers look through them at start, each call waiting for its answer.
///
/// After four files that were too slow the search ends: everything else is as if
/// it were not there, so that start takes seconds and not minutes.
extension ReaderProcess: ValueFiles {
    /// True where the search ended early.
    var isExhausted: Bool { slow >= ReaderProcess.slowMaximum }
    private static var slowMaximum: Int { 4 }

    /// Asks the question and waits for its answer.
    @inline(never)
    private mutating func answered() -> Bool {
        guard ask() else { return false }
        switch waitForAnswer() {
        case .answered:
            if wasSlow { slow &+= 1 }
            return true
        case .nothing:
            slow &+= 1
            return false
        case .gone:
            slow = ReaderProcess.slowMaximum
            return false
        }
    }

    @inline(never)
    mutating func find(after previous: Span<UInt8>, in directory: Span<UInt8>) -> Bool {
        begin(Int(WARD_READER_NEXT))
        question.add(directory)
        question.add(name: previous)
        return found()
    }

    @inline(never)
    mutating func read(_ stem: Span<UInt8>, _ suffix: StaticString) -> Failure? {
        begin(Int(WARD_READER_READ))
        question.add(stem, suffix)
        if isExhausted { return .tooSlow }
        return answered() ? answers.failure(0) : .notAnswering
    }

    @inline(never)
    mutating func resolve(_ stem: Span<UInt8>, _ suffix: StaticString) -> Bool {
        begin(Int(WARD_READER_RESOLVE))
        question.add(stem, suffix)
        return found()
    }

    /// Asks for a name or path, of which an empty one is none.
    private mutating func found() -> Bool {
        !isExhausted && answered() && !answers.text(0).isEmpty
    }

    var text: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { answers.text(0) }
    }
}
