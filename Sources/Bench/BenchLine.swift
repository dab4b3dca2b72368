import Hardware

/// A line that nobody soldered: an input that a test or the Bench board moves, or an output that it looks at.
public struct BenchLine: DigitalInput, DigitalOutput {
    private var isActive = false
    private var edges = InlineArray<16, Bool>(repeating: false)
    private var count = 0
    /// What `open` says, and every other call after it.
    public var failure: Failure?

    public init() {}

    /// The line takes this level; the change is told once.
    public mutating func move(to active: Bool) {
        if active != isActive && count < 16 {
            edges[count] = active
            count &+= 1
        }
        isActive = active
    }

    public mutating func open() throws(Failure) {
        if let failure { throw failure }
    }

    public var descriptor: Int32 { -1 }

    public mutating func level() throws(Failure) -> Bool {
        if let failure { throw failure }
        return isActive
    }

    public mutating func takeEdge() -> Bool? {
        guard count > 0 else { return nil }
        let edge = edges[0]
        for i in 1..<count { edges[i &- 1] = edges[i] }
        count &-= 1
        return edge
    }

    public mutating func set(_ active: Bool) throws(Failure) {
        if let failure { throw failure }
        isActive = active
    }
}
