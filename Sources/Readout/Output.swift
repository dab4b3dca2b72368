import Fixed

/// What can be set of a field: its parameter of the same name (XEP-0325 §3).
public struct Output: Equatable, Sendable {
    /// The type under which the parameter is written.
    public enum Kind: UInt8, Sendable {
        case boolean, int, long, double
    }

    public var kind: Kind
    /// The least and the greatest value, in units of 10^-`scale`; of a boolean 0 and 1.
    public var minimum: Int64
    public var maximum: Int64
    /// Digits behind the point that a value can have; 0 for all but `double`.
    public var scale: UInt8

    /// `scale` is at most 9.
    public init(_ kind: Kind, _ range: ClosedRange<Int64>, scale: UInt8 = 0) {
        self.kind = kind
        minimum = range.lowerBound
        maximum = range.upperBound
        self.scale = min(scale, 9)
    }
}
