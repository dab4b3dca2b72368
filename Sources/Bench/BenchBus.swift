import Hardware

/// A bus with one chip on it that keeps registers, and answers as the test or the board says.
///
/// What is sent begins with a register, or with a command that is taken for one; what follows is written from
/// there on, in those bits that can be written. What is received is read from there on; where nothing was sent, from
/// where it was sent last.
public struct BenchBus: I2CBus, Sendable {
    private let address: UInt8
    /// Bytes in each register: what is beyond them is in the next.
    private let width: Int
    private var contents = InlineArray<256, UInt8>(repeating: 0)
    /// Which bits a write changes.
    private var writable = InlineArray<256, UInt8>(repeating: 0)
    private var register: UInt8 = 0
    /// Transfers until now, those that failed with them.
    public private(set) var transfers = 0
    /// Why every transfer fails, while one is to.
    public var failure: Failure?

    /// Registers of one byte or two. All are 0 and cannot be written.
    public init(address: UInt8, width: Int = 1) {
        self.address = address
        self.width = width == 2 ? 2 : 1
    }

    /// Where the byte at `index` from a register on is; beyond the last one it is the first again.
    private func place(_ register: UInt8, _ index: Int) -> Int { (Int(register) &* width &+ index) & 0xFF }

    /// What is in a register and those behind it.
    public mutating func set(_ register: UInt8, _ bytes: I2CBytes) {
        for i in 0..<bytes.count { contents[place(register, i)] = bytes[i] }
    }

    public mutating func set(_ register: UInt8, _ byte: UInt8) { set(register, I2CBytes(byte)) }

    /// In a register of two bytes, the more significant first.
    public mutating func set(_ register: UInt8, bigEndian word: UInt16) {
        set(register, I2CBytes(UInt8(truncatingIfNeeded: word >> 8), UInt8(truncatingIfNeeded: word)))
    }

    /// From now on a write changes these bits of a register.
    public mutating func allow(_ register: UInt8, _ bits: UInt8 = 0xFF) { writable[place(register, 0)] = bits }

    /// From now on a write changes these bits of a register of two bytes.
    public mutating func allow(_ register: UInt8, bigEndian bits: UInt16) {
        writable[place(register, 0)] = UInt8(truncatingIfNeeded: bits >> 8)
        writable[place(register, 1)] = UInt8(truncatingIfNeeded: bits)
    }

    /// The byte at `index` from a register on.
    public func byte(_ register: UInt8, _ index: Int = 0) -> UInt8 { contents[place(register, index)] }

    /// All bits that can be written are as `byte` has them: another program was here before.
    public mutating func disturb(_ byte: UInt8) {
        for i in contents.indices { contents[i] = contents[i] & ~writable[i] | byte & writable[i] }
    }

    public mutating func transfer(to address: UInt8, _ sent: I2CBytes, receive count: Int) throws(Failure) -> I2CBytes {
        transfers &+= 1
        if let failure { throw failure }
        guard address == self.address else { throw .notAnswering }
        if sent.count > 0 { register = sent[0] }
        var i = 1
        while i < sent.count {
            let at = place(register, i &- 1)
            contents[at] = contents[at] & ~writable[at] | sent[i] & writable[at]
            i &+= 1
        }
        var answer = I2CBytes()
        for i in 0..<max(0, min(count, I2CBytes.maximum)) { answer.append(contents[place(register, i)]) }
        return answer
    }
}
