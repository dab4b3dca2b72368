/// A two-wire bus (NXP UM10204, "I2C-bus specification and user manual", rev. 7) as drivers use it.
///
/// A transfer ends within the platform's limit. It may take that long where a chip holds
/// the clock, so nobody who must not wait makes one: the platform has a process for that.
public protocol I2CBus: Sendable {
    /// Sends bytes to the target at a 7-bit address, and then, after a repeated start, receives
    /// `count` bytes, 0 ... 32, in one transaction. With nothing to send it only receives.
    ///
    /// Answers exactly `count` bytes, or throws: `.notAnswering` where nobody acknowledged, `.stuck` where
    /// the bus was not free or the clock was held, `.gone` where there is no such bus.
    mutating func transfer(to address: UInt8, _ sent: I2CBytes, receive count: Int) throws(Failure) -> I2CBytes
}

/// At most 32 bytes on their way over a bus.
public struct I2CBytes: Equatable, Sendable {
    private var storage = InlineArray<32, UInt8>(repeating: 0)
    public private(set) var count = 0

    public static var maximum: Int { 32 }

    public init() {}

    public init(_ first: UInt8) { append(first) }

    public init(_ first: UInt8, _ second: UInt8) {
        append(first)
        append(second)
    }

    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
        append(first)
        append(second)
        append(third)
    }

    /// Of more than 32 bytes the rest is left out.
    public init(_ bytes: Span<UInt8>) {
        for i in bytes.indices { append(bytes[i]) }
    }

    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { storage.span.extracting(first: count) }
    }

    /// What is beyond the 32nd is left out.
    public mutating func append(_ byte: UInt8) {
        guard count < Self.maximum else { return }
        storage[count] = byte
        count &+= 1
    }

    /// The byte at `index`; 0 where there is none.
    public subscript(index: Int) -> UInt8 { index >= 0 && index < count ? storage[index] : 0 }

    /// The two bytes from `index` on, the more significant first.
    public func bigEndian(_ index: Int = 0) -> UInt16 { UInt16(self[index]) &<< 8 | UInt16(self[index &+ 1]) }

    /// The two bytes from `index` on, the less significant first.
    public func littleEndian(_ index: Int = 0) -> UInt16 { UInt16(self[index &+ 1]) &<< 8 | UInt16(self[index]) }

    public static func == (a: Self, b: Self) -> Bool {
        guard a.count == b.count else { return false }
        for i in 0..<a.count where a.storage[i] != b.storage[i] { return false }
        return true
    }
}

/// One chip's address on one bus: what a driver holds.
public struct I2CTarget<Bus: I2CBus>: Sendable {
    public var bus: Bus
    public let address: UInt8

    public init(_ bus: Bus, _ address: UInt8) {
        self.bus = bus
        self.address = address
    }

    /// Receives `count` bytes without sending any.
    public mutating func receive(_ count: Int) throws(Failure) -> I2CBytes {
        try bus.transfer(to: address, I2CBytes(), receive: count)
    }

    /// Sends a register's number, or a command, and receives what is there.
    public mutating func read(_ register: UInt8, _ count: Int) throws(Failure) -> I2CBytes {
        try bus.transfer(to: address, I2CBytes(register), receive: count)
    }

    /// Sends bytes: a register's number and what goes into it, or a command.
    public mutating func write(_ bytes: I2CBytes) throws(Failure) {
        _ = try bus.transfer(to: address, bytes, receive: 0)
    }

    public mutating func write(_ register: UInt8, _ value: UInt8) throws(Failure) {
        try write(I2CBytes(register, value))
    }

    /// A register of 16 bits, the more significant byte first.
    public mutating func write(_ register: UInt8, bigEndian value: UInt16) throws(Failure) {
        try write(I2CBytes(register, UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)))
    }
}
