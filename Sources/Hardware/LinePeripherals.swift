/// A board's lines as `Peripherals`. Nothing here waits: a read or a write is done when it is asked for.
public struct LinePeripherals<Things: Lines>: ~Copyable, Peripherals {
    private let place = InPlace()
    private var things: Things
    private var failures = InlineArray<16, Failure?>(repeating: .gone)
    private var waiting = FieldSet()
    private var changed = FieldSet()
    private var written: Report?
    private var report: Report?
    /// Readable when a line has something to tell.
    public let descriptor: Int32

    /// Takes all lines. One that is not to be had fails whenever it is asked, and says why. `watch` adds the
    /// descriptors to what `descriptor` stands for.
    public init(_ things: consuming Things, descriptor: Int32, watch: (Int32) -> Void) {
        var things = things
        for index in 0..<min(Things.count, 16) {
            do throws(Failure) {
                try things.open(index)
                failures[index] = nil
                if things.descriptor(index) >= 0 { watch(things.descriptor(index)) }
            } catch {
                failures[index] = error
            }
        }
        self.things = things
        self.descriptor = descriptor
    }

    public var count: Int { min(Things.count, 16) }
    public var skipped: Int { Things.count &- count }
    public func field(at index: Int) -> Field { things.field(index) }

    public mutating func sample(_ wanted: FieldSet, now: Instant) {
        for index in 0..<count where wanted.contains(index) { waiting.insert(index) }
    }

    public mutating func write(_ request: WriteRequest, now: Instant) -> Bool {
        guard written == nil else { return false }
        var failure = Failure?.some(.refused)
        let index = request.index
        if index >= 0, index < count, let steps = things.field(index).output?.steps(request.value) {
            failure = failures[index]
            if failure == nil {
                do throws(Failure) { try things.set(index, steps) } catch { failure = error }
            }
        }
        written = .written(index, failure)
        return true
    }

    public mutating func poll(now: Instant) -> Wake {
        if report != nil { return .now }
        for index in 0..<count where failures[index] == nil {
            if things.settle(index, now: now) { changed.insert(index) }
        }
        if let written {
            report = written
            self.written = nil
        } else if let index = changed.popFirst() {
            report = .changed(index)
        } else if let index = waiting.popFirst() {
            report = .sampled(index, read(index, now))
        }
        return report == nil ? things.wake : .now
    }

    private mutating func read(_ index: Int, _ now: Instant) -> Reading {
        if let failure = failures[index] { return .failed(failure) }
        do throws(Failure) { return .value(try things.read(index, now: now)) } catch { return .failed(error) }
    }

    public mutating func next() -> Report? {
        let next = report
        report = nil
        return next
    }
}
