/// One answer for each file of a question: what it holds, or why it could not be read.
public struct Answers: ~Copyable {
    private let place = InPlace()
    /// As received; texts are parts of it.
    public var storage = InlineArray<640, UInt8>(repeating: 0)
    private var starts = InlineArray<4, UInt16>(repeating: 0)
    private var ends = InlineArray<4, UInt16>(repeating: 0)
    private var failures = InlineArray<4, Failure?>(repeating: .notAnswering)
    private var count = 0

    public init() {}

    /// Forgets all answers. Where one is missing in the end, `missing` stands for it.
    public mutating func begin(missing: Failure) {
        count = 0
        for i in 0..<4 { failures[i] = missing }
    }

    /// Adds the next file's answer: a part of `storage`, or a failure. More than four are ignored.
    public mutating func add(_ part: Range<Int>, _ failure: Failure?) {
        guard count < 4, part.lowerBound >= 0, part.upperBound <= 640 else { return }
        starts[count] = UInt16(truncatingIfNeeded: part.lowerBound)
        ends[count] = UInt16(truncatingIfNeeded: part.upperBound)
        failures[count] = failure
        count &+= 1
    }

    /// Why the file at `index` could not be read; nil where it could. A failure outside 0 ... 3.
    public func failure(_ index: Int) -> Failure? {
        index >= 0 && index < 4 ? failures[index] : .notAnswering
    }

    /// What the file at `index` holds; empty where it could not be read.
    @_lifetime(borrow self)
    @inline(__always)  // see Text.bytes
    public func text(_ index: Int) -> Span<UInt8> {
        guard index >= 0 && index < 4 && failures[index] == nil else { return Span() }
        return storage.span.extracting(Int(starts[index])..<Int(ends[index]))
    }

    /// True where the file holds exactly `literal`, apart from white space around it.
    public func says(_ index: Int, _ literal: StaticString) -> Bool {
        failure(index) == nil && text(index).trimmed.equals(literal)
    }

    /// The number in the file at `index` divided by 10^`digits`, with all its digits.
    public func number(_ index: Int, dividedByPowerOfTen digits: UInt8 = 0) -> Reading {
        if let failure = failure(index) { return .failed(failure) }
        return Reading(text(index).trimmed, dividedByPowerOfTen: digits)
    }

    /// The whole number 0 ... `maximum` in the first file.
    @inline(never)
    public func brightness(upTo maximum: Int32) -> Reading {
        if let failure = failure(0) { return .failed(failure) }
        let said = text(0).trimmed
        if said.isEmpty { return .failed(.notAnswering) }
        guard let number = said.wideDecimalNumber, number <= Int64(maximum) else { return .failed(.notANumber) }
        return .value(.int(Int32(truncatingIfNeeded: number)))
    }
}

extension Reading {
    /// The number in `text` divided by 10^`digits`. Nothing in it is a sensor that does not answer.
    public init(_ text: Span<UInt8>, dividedByPowerOfTen digits: UInt8 = 0) {
        if text.isEmpty {
            self = .failed(.notAnswering)
        } else if let value = Decimal(text)?.dividedByPowerOfTen(digits) {
            self = .value(.numeric(value))
        } else {
            self = .failed(.notANumber)
        }
    }
}
