import Fixed

/// What a sensor said when it was asked: a value, or why there is none.
public enum Reading: Sendable {
    case value(Value, Quality = .automaticReadout)
    case failed(Failure)
}

/// Why a sensor gave no value, or an output took none. A failed reading is never a number.
public enum Failure: UInt8, Error, Sendable {
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
    /// The checksum is wrong.
    case corrupt
    /// Another chip answers than the board has there.
    case anotherChip
    /// The bus is held: nothing on it can be asked.
    case stuck

    /// In words, for the wire and the log.
    public var words: StaticString {
        switch self {
        case .notAnswering: return "the sensor does not answer"
        case .tooSlow: return "the sensor did not answer in time"
        case .notANumber: return "the sensor's answer is not a value"
        case .gone: return "the sensor is gone"
        case .refused: return "the output refuses the value"
        case .corrupt: return "the sensor's answer was damaged on its way"
        case .anotherChip: return "another chip answers in the sensor's place"
        case .stuck: return "the sensor's bus is held by something"
        }
    }

    /// The same of an output that was to be set.
    public var wordsOfOutput: StaticString {
        switch self {
        case .refused: return words
        case .tooSlow: return "the output did not answer in time"
        case .gone: return "the output is gone"
        case .notAnswering, .notANumber, .corrupt, .anotherChip, .stuck: return "the output does not answer"
        }
    }
}
