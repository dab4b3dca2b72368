import Bench
import Drivers
import Hardware
import Testing

/// What every chip's driver promises.
struct ChipTests {
    static let all = [
        TMP105Tests.specimen, LM75Tests.specimen, TMP421Tests.specimen, TMP421Tests.extended, DPS310Tests.specimen,
        SHT3xTests.specimen, BME280Tests.specimen, BH1750Tests.specimen, INA219Tests.specimen, MCP9808Tests.specimen,
        ADS1115Tests.specimen,
    ]

    @Test(arguments: all) func itMeasures(_ specimen: Specimen) throws {
        let wire = specimen.wire()
        var driver = specimen.driver(Wired(wire: wire), specimen.address)
        #expect(try driver.start() == specimen.time)
        for _ in 0..<3 { #expect(measure(&driver) == specimen.reads) }
        #expect(specimen.limits.count == specimen.reads.count)
        specimen.vary(&wire.chips[specimen.address]!)
        #expect(measure(&driver) == specimen.varied)
        #expect(specimen.reads != specimen.varied)
    }

    /// Not there at first, there, gone, and there again.
    @Test(arguments: all) func nobodyAnswers(_ specimen: Specimen) {
        let wire = Wire()
        var driver = specimen.driver(Wired(wire: wire), specimen.address)
        let nothing = specimen.reads.map { _ in "!notAnswering" }
        #expect(measure(&driver) == nothing)
        wire.chips[specimen.address] = specimen.chip(specimen.address)
        #expect(measure(&driver) == specimen.reads)
        #expect(measure(&driver, between: { wire.chips = [:] }) == nothing)
        #expect(measure(&driver) == nothing)
        wire.chips[specimen.address] = specimen.chip(specimen.address)
        // One measurement may go into setting it right.
        _ = measure(&driver)
        #expect(measure(&driver) == specimen.reads)
    }

    /// Each transfer in turn fails, for each reason: that is what is told, and the next measurement is whole.
    @Test(arguments: all, [Failure.notAnswering, .stuck, .gone, .tooSlow])
    func anyTransferMayFail(_ specimen: Specimen, reason: Failure) {
        var count = 0
        do {
            let wire = specimen.wire()
            var driver = specimen.driver(Wired(wire: wire), specimen.address)
            #expect(measure(&driver) == specimen.reads)
            count = wire.transfers
        }
        for number in 0..<count {
            let wire = specimen.wire()
            var driver = specimen.driver(Wired(wire: wire), specimen.address)
            wire.failureAt = (number, reason)
            #expect(measure(&driver) == specimen.reads.map { _ in "!\(reason)" }, "transfer \(number)")
            #expect(measure(&driver) == specimen.reads, "after transfer \(number)")
        }
    }

    @Test(arguments: all) func theBusIsStuckAndFreeAgain(_ specimen: Specimen) {
        let wire = specimen.wire()
        var driver = specimen.driver(Wired(wire: wire), specimen.address)
        let stuck = specimen.reads.map { _ in "!stuck" }
        wire.failure = .stuck
        #expect(measure(&driver) == stuck)
        #expect(measure(&driver) == stuck)
        wire.failure = nil
        #expect(measure(&driver) == specimen.reads)
        #expect(measure(&driver, between: { wire.failure = .stuck }) == stuck)
        wire.failure = nil
        #expect(measure(&driver) == specimen.reads)
    }

    /// A bus on which all bits are 1, or all 0, is no value.
    @Test(arguments: all, [0xFF, 0x00] as [UInt8]) func aBusThatSaysOneThingOnlyIsNoValue(_ specimen: Specimen, byte: UInt8) {
        // A BH1750 has nothing but two bytes, and says so at night.
        if specimen.name == "BH1750" && byte == 0 { return }
        let wire = specimen.wire()
        var driver = specimen.driver(Wired(wire: wire), specimen.address)
        let said = measure(&driver, between: {
            var chip = BenchBus(address: specimen.address)
            for i in UInt8(0)...0xFF { chip.set(i, byte) }
            wire.chips[specimen.address] = chip
        })
        #expect(said.allSatisfy { $0.hasPrefix("!") })
        #expect(measure(&driver).allSatisfy { $0.hasPrefix("!") })
    }

    /// Another program, or this one in another life, left it in any state.
    @Test(arguments: all, [0xFF, 0x00, 0xA5, 0x5A] as [UInt8]) func anyStateIsABeginning(_ specimen: Specimen, byte: UInt8) {
        let wire = specimen.wire()
        var driver = specimen.driver(Wired(wire: wire), specimen.address)
        wire.chips[specimen.address]!.disturb(byte)
        #expect(measure(&driver) == specimen.reads)
        wire.chips[specimen.address]!.disturb(~byte)
        #expect(measure(&driver) == specimen.reads)
        var another = specimen.driver(Wired(wire: wire), specimen.address)
        #expect(measure(&another) == specimen.reads)
    }

    /// Another chip of its kind in its place, or the same after its power was off.
    @Test(arguments: all) func aChipIsReplacedBetweenReadings(_ specimen: Specimen) {
        let wire = specimen.wire()
        var driver = specimen.driver(Wired(wire: wire), specimen.address)
        #expect(measure(&driver) == specimen.reads)
        var another = specimen.chip(specimen.address)
        specimen.vary(&another)
        wire.chips[specimen.address] = another
        #expect(measure(&driver) == specimen.varied)
    }

    /// What a chip says before it has measured is no value.
    @Test(arguments: all) func aChipIsResetBetweenStartAndFinish(_ specimen: Specimen) {
        // A BH1750 cannot be told from one in the dark; its driver says so.
        if specimen.name == "BH1750" { return }
        let wire = specimen.wire()
        var driver = specimen.driver(Wired(wire: wire), specimen.address)
        let said = measure(&driver, between: { wire.chips[specimen.address] = specimen.reset(specimen.address) })
        #expect(said.allSatisfy { $0.hasPrefix("!") })
        wire.chips[specimen.address] = specimen.chip(specimen.address)
        _ = measure(&driver)
        #expect(measure(&driver) == specimen.reads)
    }

    @Test(arguments: all) func twoOfAKindDoNotMix(_ specimen: Specimen) throws {
        let wire = specimen.wire()
        let address = specimen.address ^ 1
        wire.chips[address] = specimen.chip(address)
        specimen.vary(&wire.chips[address]!)
        var one = specimen.driver(Wired(wire: wire), specimen.address)
        var other = specimen.driver(Wired(wire: wire), address)
        for _ in 0..<2 {
            var (first, second) = (Readings(), Readings())
            _ = try one.start()
            _ = try other.start()
            try one.finish(&first)
            try other.finish(&second)
            #expect(shown(first, of: one) == specimen.reads)
            #expect(shown(second, of: other) == specimen.varied)
        }
    }

    private func expectSense(_ said: [String], _ specimen: Specimen) {
        for (index, text) in said.enumerated() where !text.hasPrefix("!") {
            guard let value = Double(text), specimen.limits[index].contains(value) else {
                Issue.record("\(specimen.name) says \(text)")
                return
            }
        }
    }

    /// Nothing that is said traps, and what is a value is one that the chip can have.
    @Test(arguments: all) func anythingMayBeSaid(_ specimen: Specimen) {
        for seed in 0..<20_000 as Range<UInt64> {
            var driver = specimen.noisy(seed)
            for _ in 0..<2 { expectSense(measure(&driver), specimen) }
        }
    }

    /// The same from chips that are what they should be, but for some of their bytes.
    @Test(arguments: all) func anyBytesMayBeWrong(_ specimen: Specimen) {
        var dice = Dice(7)
        let (wire, whole) = (Wire(), specimen.chip(specimen.address))
        var driver = specimen.driver(Wired(wire: wire), specimen.address)
        for _ in 0..<10_000 {
            var chip = whole
            for _ in 0..<(1 + dice.next() % 12) {
                chip.set(UInt8.random(in: 0...255, using: &dice), UInt8.random(in: 0...255, using: &dice))
            }
            wire.chips[specimen.address] = chip
            expectSense(measure(&driver), specimen)
        }
    }
}

extension Specimen {
    /// All of the above, for a chip that is not among `ChipTests.all`: one whose test has it alone.
    func keepsEveryPromise() throws {
        let tests = ChipTests()
        try tests.itMeasures(self)
        tests.nobodyAnswers(self)
        for reason in [Failure.notAnswering, .stuck, .gone, .tooSlow] { tests.anyTransferMayFail(self, reason: reason) }
        tests.theBusIsStuckAndFreeAgain(self)
        for byte in [0xFF, 0x00] as [UInt8] { tests.aBusThatSaysOneThingOnlyIsNoValue(self, byte: byte) }
        for byte in [0xFF, 0x00, 0xA5, 0x5A] as [UInt8] { tests.anyStateIsABeginning(self, byte: byte) }
        tests.aChipIsReplacedBetweenReadings(self)
        tests.aChipIsResetBetweenStartAndFinish(self)
        try tests.twoOfAKindDoNotMix(self)
        tests.anythingMayBeSaid(self)
        tests.anyBytesMayBeWrong(self)
    }
}
