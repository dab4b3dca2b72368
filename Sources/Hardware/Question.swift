/// The files that make one reading: at most four paths, in order.
public struct Question: Sendable {
    private var storage = Text<520>()
    /// Paths that were added.
    public private(set) var count = 0
    /// False once a path did not fit; such a question cannot be asked.
    public private(set) var isWhole = true

    public init() {}

    /// Adds the path `stem` + `suffix`.
    public mutating func add(_ stem: Span<UInt8>, _ suffix: StaticString = "") {
        let before = storage.count
        guard count < 4, storage.append(stem), storage.append(suffix), storage.append(0) else {
            storage.truncate(to: before)
            isWhole = false
            return
        }
        count &+= 1
    }

    /// The paths, each ended by a zero byte.
    public var paths: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { storage.bytes }
    }
}

/// One answer for each file of a question.
public struct Answers: Sendable {
    private var storage: InlineArray<4, FileAnswer>
    private var count = 0

    /// No answers yet. Where one is missing in the end, `missing` stands for it.
    public init(missing: Failure) { storage = InlineArray(repeating: .failed(missing)) }

    /// Adds the next file's answer; more than four are ignored.
    public mutating func add(_ answer: FileAnswer) {
        guard count < 4 else { return }
        storage[count] = answer
        count &+= 1
    }

    /// The answer for the file at `index`; a failure outside 0 ... 3.
    public subscript(index: Int) -> FileAnswer {
        index >= 0 && index < 4 ? storage[index] : .failed(.notAnswering)
    }

    /// The number in file `index` divided by 10^`digits`, with all its digits.
    public func number(_ index: Int, dividedByPowerOfTen digits: UInt8 = 0) -> Number {
        switch self[index] {
        case .failed(let failure): return .failed(failure)
        case .content(let text):
            let bytes = text.bytes.trimmed
            guard !bytes.isEmpty else { return .failed(.notAnswering) }
            guard let value = Decimal(bytes)?.dividedByPowerOfTen(digits) else { return .failed(.notANumber) }
            return .value(value)
        }
    }
}

/// A number out of a file, or why there is none.
public enum Number: Sendable {
    case value(Decimal)
    case failed(Failure)

    public var reading: Reading {
        switch self {
        case .value(let value): return .value(.numeric(value))
        case .failed(let failure): return .failed(failure)
        }
    }
}
