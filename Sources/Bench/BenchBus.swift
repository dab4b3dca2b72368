import Hardware

/// A bus with one chip on it that keeps registers, and answers as the test or the board says:
/// each register is so many bytes, and what is written is kept for somebody to look at.
public struct BenchBus: I2CBus {
    private let address: UInt8
    /// What is in the registers: 32 bytes for each of those that were set, found by the bytes that name it.
    private var names = InlineArray<16, I2CBytes>(repeating: I2CBytes())
    private var contents = InlineArray<16, I2CBytes>(repeating: I2CBytes())
    private var registers = 0
    /// What was sent last beyond a register's name, all with it; empty before.
    public private(set) var written = I2CBytes()
    /// Transfers until now.
    public private(set) var transfers = 0
    /// Why every transfer fails, while one is to.
    public var failure: Failure?

    public init(address: UInt8) { self.address = address }

    /// From now on, who asks for the register or command `name` gets `bytes`, or as many of them as he asks for.
    /// False where there is no room for another.
    @discardableResult
    public mutating func set(_ name: I2CBytes, _ bytes: I2CBytes) -> Bool {
        for i in 0..<registers where names[i] == name {
            contents[i] = bytes
            return true
        }
        guard registers < 16 else { return false }
        names[registers] = name
        contents[registers] = bytes
        registers &+= 1
        return true
    }

    public mutating func transfer(to address: UInt8, _ sent: I2CBytes, receive count: Int) throws(Failure) -> I2CBytes {
        transfers &+= 1
        if let failure { throw failure }
        guard address == self.address else { throw .notAnswering }
        if count == 0 {
            written = sent
            return I2CBytes()
        }
        for i in 0..<registers where names[i] == sent && contents[i].count >= count {
            var answer = I2CBytes()
            for at in 0..<count { answer.append(contents[i][at]) }
            return answer
        }
        throw .notAnswering
    }
}
