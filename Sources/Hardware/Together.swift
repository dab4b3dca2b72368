/// Two kinds of peripherals as one: the fields of the first come first, at most
/// `FieldSet.capacity` in all.
public struct Together<First: Peripherals & ~Copyable, Second: Peripherals & ~Copyable>: ~Copyable, Peripherals {
    private let place = InPlace()
    public var first: First
    public var second: Second
    public let descriptor: Int32

    /// `descriptor` is readable when that of the first or of the second is.
    public init(_ first: consuming First, _ second: consuming Second, descriptor: Int32) {
        self.first = first
        self.second = second
        self.descriptor = descriptor
    }

    private var room: Int { max(FieldSet.capacity &- first.count, 0) }

    public var count: Int { first.count &+ min(second.count, room) }
    public var skipped: Int { first.skipped &+ second.skipped &+ max(second.count &- room, 0) }

    public func field(at index: Int) -> Field {
        index < first.count ? first.field(at: index) : second.field(at: index &- first.count)
    }

    // A board without lines, or chips, is common, and known when this is compiled: nothing is left of them then.

    @inline(__always)
    public mutating func sample(_ wanted: FieldSet, now: Instant) {
        if first.count == 0 { return second.sample(wanted, now: now) }
        var here = FieldSet(), there = FieldSet()
        var rest = wanted
        while let index = rest.popFirst() {
            if index < first.count { here.insert(index) } else { there.insert(index &- first.count) }
        }
        if !here.isEmpty { first.sample(here, now: now) }
        if !there.isEmpty { second.sample(there, now: now) }
    }

    public mutating func write(_ request: WriteRequest, now: Instant) -> Bool {
        if first.count == 0 { return second.write(request, now: now) }
        if request.index < first.count { return first.write(request, now: now) }
        return second.write(request.counted(from: first.count), now: now)
    }

    @inline(__always)
    public mutating func poll(now: Instant) -> Wake {
        if first.count == 0 { return second.poll(now: now) }
        return first.poll(now: now).earlier(second.poll(now: now))
    }

    @inline(__always)
    public mutating func next() -> Report? {
        if first.count == 0 { return second.next() }
        if let report = first.next() { return report }
        guard let report = second.next() else { return nil }
        switch report {
        case .sampled(let index, let reading): return .sampled(index &+ first.count, reading)
        case .written(let index, let failure): return .written(index &+ first.count, failure)
        case .changed(let index): return .changed(index &+ first.count)
        }
    }
}
