import CPlatform
import Fixed
import Hardware

/// The drivers of a board's chips, in a child process: a bus that hangs holds up no more than its own chips.
/// Where a step takes longer than the limit (2 s) the child is killed, and the drivers begin anew.
///
/// The board keeps the drivers where the child finds them, and lends it the way in:
///
///     nonisolated(unsafe) var chips = Board.chips
///     ChipsInChild(chips, serve: { chips.serve($0, $1, $2, $3) }, forget: Firmware.forget)
public struct ChipsInChild<Parts: Chips>: ~Copyable, ChipHost {
    private let place = InPlace()
    private let parts: Parts
    private var reader: ReaderProcess
    private var step = ChipStep.start
    private var until: Instant?

    /// Forks the child, where there are chips, before anything secret is read; `forget` is as of `SysfsPeripherals`.
    public init(
        _ parts: Parts,
        serve: @convention(c) (UnsafePointer<UInt8>?, Int32, UnsafeMutablePointer<UInt8>?, Int32) -> Int32,
        limit: Interval = .seconds(2), forget: (@convention(c) () -> Void)? = nil
    ) {
        self.parts = parts
        reader = ReaderProcess(limit: limit, forget: forget, serve: serve, isNeeded: Parts.count > 0)
    }

    public func field(_ index: Int) -> Field { parts.field(index) }
    public var descriptor: Int32 { reader.watch }

    public mutating func ask(_ step: ChipStep, _ index: Int, now: Instant) {
        self.step = step
        var request = Text<2>()
        request.append(step.rawValue)
        request.append(Parts.byte(index))
        reader.begin(Int(WARD_READER_CALL))
        reader.question.add(name: request.bytes)
        reader.revive(now: now)
        until = reader.ask() ? now + reader.patience : nil
    }

    public mutating func answer(now: Instant) -> ChipAnswer {
        guard let until else {
            reader.restart(now: now)
            return .lost(.notAnswering)
        }
        switch reader.receive() {
        case .answered: return said()
        case .nothing where now < until: return .none(until: until)
        case .nothing:
            reader.restart(now: now)
            return .lost(.tooSlow)
        case .gone:
            reader.restart(now: now)
            return .lost(.notAnswering)
        }
    }

    private func said() -> ChipAnswer {
        // The keeper's own word: the worker is no more.
        if let failure = reader.answers.failure(0) { return .lost(failure) }
        let bytes = reader.answers.text(0)
        if step == .finish, let readings = Readings(bytes) { return .finished(readings) }
        if step == .start, bytes.count == 8 {
            var milliseconds: UInt64 = 0
            for i in 0..<8 { milliseconds |= UInt64(bytes[i]) &<< UInt64(8 &* i) }
            return .started(.milliseconds(Int64(bitPattern: milliseconds)))
        }
        if bytes.count == 1, let failure = Failure(rawValue: bytes[0]) { return .failed(failure) }
        return .failed(.notAnswering)
    }
}

extension Chips {
    /// The byte that stands for a field; none is 0.
    fileprivate static func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index) &+ 0x30 }

    /// Answers in the child, for `WARD_READER_CALL`: takes the step that is asked for.
    public mutating func serve(
        _ request: UnsafePointer<UInt8>?, _ count: Int32, _ answer: UnsafeMutablePointer<UInt8>?, _ capacity: Int32
    ) -> Int32 {
        guard let request, count >= 2, let answer, capacity >= Readings.size,
            let step = ChipStep(rawValue: unsafe request[0]) else { return Int32(WARD_READER_FAILED) }
        var said = Text<36>()
        switch take(step, Int(unsafe request[1]) &- 0x30) {
        case .started(let interval):
            let bits = UInt64(bitPattern: interval.milliseconds)
            for shift in 0..<8 { said.append(UInt8(truncatingIfNeeded: bits &>> UInt64(8 &* shift))) }
        case .finished(let readings): readings.write(to: &said)
        case .failed(let failure), .lost(let failure): said.append(failure.rawValue)
        case .none: return Int32(WARD_READER_FAILED)
        }
        for i in 0..<said.count { unsafe answer[i] = said.bytes[i] }
        return Int32(truncatingIfNeeded: said.count)
    }
}
