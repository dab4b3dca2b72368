import Fixed

/// What a sensor said when it was asked: a value, or why there is none.
public enum Reading: Sendable {
    case value(Value, Quality = .automaticReadout)
    case failed(Failure)
}

/// Why a sensor gave no value, or an output took none. A failed reading is never a number.
public enum Failure: UInt8, Sendable {
    /// The driver or the chip reports an error.
    case notAnswering = 1
    /// Nothing came before the deadline.
    case tooSlow
    /// What came is not what this sensor can say.
    case notANumber
    /// The sensor was there and is gone.
    case gone
    /// The kernel does not let the output be set so, or at all.
    case refused

    /// In words, for the wire and the log.
    public var words: StaticString {
        switch self {
        case .notAnswering: return "the sensor does not answer"
        case .tooSlow: return "the sensor did not answer in time"
        case .notANumber: return "the sensor's answer is not a value"
        case .gone: return "the sensor is gone"
        case .refused: return "the output refuses the value"
        }
    }

    /// The same of an output that was to be set.
    public var wordsOfOutput: StaticString {
        switch self {
        case .refused: return words
        case .tooSlow: return "the output did not answer in time"
        case .gone: return "the output is gone"
        case .notAnswering, .notANumber: return "the output does not answer"
        }
    }
}
