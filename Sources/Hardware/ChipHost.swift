/// Who runs the drivers of a board's chips, one step at a time: the same process, or another that may
/// be held up by a bus without holding up anybody else.
public protocol ChipHost: ~Copyable {
    associatedtype Parts: Chips

    /// The field at an index below `Parts.count`.
    func field(_ index: Int) -> Field
    /// Readable when an answer may be there; -1 where `ask` answers at once.
    var descriptor: Int32 { get }
    /// Asks the driver of the field at `index` for a step. One step at a time.
    mutating func ask(_ step: ChipStep, _ index: Int, now: Instant)
    /// What came of it; once.
    mutating func answer(now: Instant) -> ChipAnswer
}

public enum ChipStep: UInt8, Sendable {
    case start = 0x73, finish = 0x66
}

public enum ChipAnswer: Sendable {
    /// None yet. Ask again when the descriptor can be read, at this instant at the latest.
    case none(until: Instant)
    /// The measurement takes so long.
    case started(Interval)
    case finished(Readings)
    case failed(Failure)
    /// The same, and what any driver knew of its chip is gone: measurements under way are void.
    case lost(Failure)
}

/// Drivers in this very process: for chips that are not real.
public struct ChipsHere<Parts: Chips>: ~Copyable, ChipHost {
    public var parts: Parts
    private var last: ChipAnswer = .failed(.notAnswering)

    public init(_ parts: Parts) { self.parts = parts }

    public func field(_ index: Int) -> Field { parts.field(index) }
    public var descriptor: Int32 { -1 }

    public mutating func ask(_ step: ChipStep, _ index: Int, now: Instant) { last = parts.take(step, index) }

    public mutating func answer(now: Instant) -> ChipAnswer { last }
}

extension Chips {
    /// Lets the driver of the field at `index` take a step.
    public mutating func take(_ step: ChipStep, _ index: Int) -> ChipAnswer {
        guard index >= 0 && index < Self.count else { return .failed(.gone) }
        do throws(Failure) {
            switch step {
            case .start: return .started(try start(index))
            case .finish:
                var readings = Readings()
                try finish(index, &readings)
                return .finished(readings)
            }
        } catch {
            return .failed(error)
        }
    }
}
