import Bench
import Drivers
import Hardware
import Testing

/// A bus with any number of chips on it, which a test and the drivers on it share.
final class Wire: @unchecked Sendable {
    var chips: [UInt8: BenchBus] = [:]
    /// In place of all chips.
    var noise: Noise?
    /// Every transfer fails so.
    var failure: Failure?
    /// The one with this number, from 0, fails so.
    var failureAt: (number: Int, reason: Failure)?
    var transfers = 0
    /// All that was sent beyond a register's name.
    var written: [[UInt8]] = []

    func transfer(to address: UInt8, _ sent: I2CBytes, receive count: Int) throws(Failure) -> I2CBytes {
        let number = transfers
        transfers += 1
        if count == 0 { written.append((0..<sent.count).map { sent[$0] }) }
        if let noise { return try noise.transfer(to: address, sent, receive: count) }
        if let failure { throw failure }
        if let failureAt, failureAt.number == number { throw failureAt.reason }
        guard chips[address] != nil else { throw .notAnswering }
        return try chips[address]!.transfer(to: address, sent, receive: count)
    }
}

struct Wired: I2CBus {
    nonisolated(unsafe) let wire: Wire

    func transfer(to address: UInt8, _ sent: I2CBytes, receive count: Int) throws(Failure) -> I2CBytes {
        try wire.transfer(to: address, sent, receive: count)
    }
}

extension I2CBytes {
    init(_ bytes: [UInt8]) {
        self.init()
        for byte in bytes { append(byte) }
    }
}

/// What a measurement comes to, as on the wire or `!` and why not; with something done in its middle.
func measure(_ chip: inout any Chip, between: () -> Void = {}) -> [String] {
    var readings = Readings()
    do throws(Failure) {
        let wait = try chip.start()
        #expect(wait >= .milliseconds(0) && wait <= .seconds(60))
        between()
        try chip.finish(&readings)
    } catch {
        readings = Readings(error)
    }
    return shown(readings, of: chip)
}

func shown(_ readings: Readings, of chip: any Chip) -> [String] {
    (0..<type(of: chip).quantities.count).map { readings[$0].shown }
}

/// A chip as it is to be tested: what it says, and what that means.
struct Specimen: Sendable, CustomTestStringConvertible {
    let name: String
    let address: UInt8
    let driver: @Sendable (Wired, UInt8) -> any Chip
    /// Having measured what `reads` says.
    let chip: @Sendable (UInt8) -> BenchBus
    let reads: [String]
    /// The same with another result.
    let vary: @Sendable (inout BenchBus) -> Void
    let varied: [String]
    /// Just after a reset, having measured nothing yet.
    let reset: @Sendable (UInt8) -> BenchBus
    /// The time between start and finish.
    let time: Interval
    /// In which its values are, whatever it says.
    let limits: [ClosedRange<Double>]

    var testDescription: String { name }

    func wire() -> Wire {
        let wire = Wire()
        wire.chips[address] = chip(address)
        return wire
    }

    /// On a bus that says anything.
    func noisy(_ seed: UInt64) -> any Chip {
        let wire = Wire()
        wire.noise = Noise(seed)
        return driver(Wired(wire: wire), address)
    }

    /// One measurement of a chip to which something was done.
    func reads(after change: (inout BenchBus) -> Void) -> [String] {
        let wire = wire()
        change(&wire.chips[address]!)
        var driver = driver(Wired(wire: wire), address)
        return measure(&driver)
    }
}

/// Random numbers that are the same in every run.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

/// A bus that says anything: as many bytes as were asked for, or a failure.
final class Noise {
    private var dice: Dice

    init(_ seed: UInt64) { dice = Dice(seed) }

    func transfer(to address: UInt8, _ sent: I2CBytes, receive count: Int) throws(Failure) -> I2CBytes {
        if dice.next() % 32 == 0 { throw Failure(rawValue: UInt8(dice.next() % 10) + 1) ?? .notAnswering }
        var bytes = I2CBytes()
        // The bytes at the ends of every range are the ones that hurt.
        let favourites: [UInt8] = [0x00, 0xFF, 0x7F, 0x80, 0x01, 0xFE]
        for _ in 0..<count {
            bytes.append(dice.next() % 3 == 0 ? favourites.randomElement(using: &dice)! : UInt8.random(in: 0...255, using: &dice))
        }
        return bytes
    }
}
