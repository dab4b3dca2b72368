/// What is to happen, in the order of its time; what falls on the same instant, in
/// an order that the seed chooses.
struct Schedule {
    private struct Event {
        let time: Int64
        let tie: UInt64
        let act: () -> Void

        func isBefore(_ other: Event) -> Bool { (time, tie) < (other.time, other.tie) }
    }

    private var heap: [Event] = []

    var nextTime: Int64? { heap.first?.time }

    mutating func add(at time: Int64, tie: UInt64, _ act: @escaping () -> Void) {
        heap.append(Event(time: time, tie: tie, act: act))
        var i = heap.count - 1
        while i > 0, heap[i].isBefore(heap[(i - 1) / 2]) {
            heap.swapAt(i, (i - 1) / 2)
            i = (i - 1) / 2
        }
    }

    /// Takes out what comes next.
    mutating func take() -> (() -> Void)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first.act }
        heap[0] = last
        var i = 0
        while true {
            var least = i
            for child in [2 * i + 1, 2 * i + 2] where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != i else { return first.act }
            heap.swapAt(i, least)
            i = least
        }
    }

    mutating func removeAll() { heap = [] }
}

/// A way that keeps its order, as a stream does: nothing on it overtakes anything.
/// Between two of them there is no order at all.
struct Line {
    private var last: Int64 = .min

    /// When what is sent now arrives.
    mutating func arrival(_ sent: Int64, latency: Int64) -> Int64 {
        last = max(last == .min ? sent : last + 1, sent + latency)
        return last
    }
}
