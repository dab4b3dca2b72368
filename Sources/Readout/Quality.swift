import Fixed

/// How far a value is to be trusted (XEP-0323 §"Quality of Service"), as bits,
/// the least trustworthy first.
public struct Quality: Equatable, Sendable {
    public var bits: UInt16
    public init(bits: UInt16) { self.bits = bits }

    public static var count: Int { 14 }

    /// The attribute that says the flag at `index`.
    public static func name(_ index: Int) -> StaticString {
        switch index {
        case 0: return "missing"
        case 1: return "inProgress"
        case 2: return "automaticEstimate"
        case 3: return "manualEstimate"
        case 4: return "manualReadout"
        case 5: return "automaticReadout"
        case 6: return "timeOffset"
        case 7: return "warning"
        case 8: return "error"
        case 9: return "signed"
        case 10: return "invoiced"
        case 11: return "endOfSeries"
        case 12: return "powerFailure"
        default: return "invoiceConfirmed"
        }
    }

    /// A sensor was read.
    public static var automaticReadout: Quality { Quality(bits: 1 << 5) }
    /// The clock was not set when it was read.
    public static var timeOffset: Quality { Quality(bits: 1 << 6) }

    public func union(_ other: Quality) -> Quality { Quality(bits: bits | other.bits) }
    public func contains(_ other: Quality) -> Bool { bits & other.bits == other.bits }
}
