import Access
import Fixed
import Support
import Testing

@testable import Readout

@Suite("A pass over the sensors ends, with a value or a failure for each")
struct SamplerTests {
    private func reading(_ sampler: borrowing Sampler, _ index: Int) -> String {
        switch sampler[index] {
        case .value(let value, _):
            var text = Text<40>()
            value.write(to: &text)
            return string(text.bytes)
        case .failed(let why): return why.words.description
        }
    }

    private let five = Reading.value(.numeric(Decimal(50, scale: 1)))

    @Test("It ends with the last answer, and no other")
    func complete() {
        var sampler = Sampler()
        sampler.begin(set([1, 3]), at: DateTime(unixSeconds: 0))
        #expect(sampler.wake == .now)
        var wanted = sampler.takeRequest(now: at(0))
        #expect(places(wanted) == [1, 3] && sampler.wake == .at(at(6)))
        wanted = sampler.takeRequest(now: at(0))
        #expect(wanted.isEmpty)
        var last = sampler.sampled(3, five)
        #expect(!last)
        // Once is enough, and nobody asked for 2.
        last = sampler.sampled(3, .failed(.gone))
        #expect(!last)
        last = sampler.sampled(2, five)
        #expect(!last)
        last = sampler.sampled(-1, five)
        #expect(!last)
        last = sampler.sampled(1, .failed(.notAnswering))
        let complete = sampler.isComplete
        #expect(last && complete && sampler.wake == .onInput)
        #expect(reading(sampler, 3) == "5.0" && reading(sampler, 1) == "the sensor does not answer")
        #expect(places(sampler.failures(among: set([1, 3]))) == [1])
        last = sampler.sampled(1, five)
        #expect(!last && reading(sampler, 1) == "the sensor does not answer")
    }

    @Test("A sensor that does not answer in time has failed; its last value is not shown again")
    func overdue() {
        var sampler = Sampler()
        sampler.begin(set([0]), at: DateTime(unixSeconds: 0))
        _ = sampler.takeRequest(now: at(0))
        _ = sampler.sampled(0, five)
        sampler.release()
        sampler.begin(set([0]), at: DateTime(unixSeconds: 10))
        _ = sampler.takeRequest(now: at(10))
        #expect(reading(sampler, 0) == "the sensor did not answer in time")
        var overdue = sampler.isOverdue(now: at(15))
        #expect(!overdue)
        overdue = sampler.isOverdue(now: at(16))
        #expect(overdue)
        #expect(reading(sampler, 0) == "the sensor did not answer in time")
        overdue = sampler.isOverdue(now: at(17))
        let late = sampler.sampled(0, five)
        #expect(!overdue && !late && reading(sampler, 0) == "the sensor did not answer in time")
    }

    @Test("A pass over nothing is complete at once")
    func nothing() {
        var sampler = Sampler()
        sampler.begin(FieldSet(), at: DateTime(unixSeconds: 0))
        let complete = sampler.isComplete
        sampler.release()
        let idle = sampler.isIdle
        #expect(complete && idle)
    }

    @Test("A failing field is told of until it has been read well")
    func failing() {
        var sampler = Sampler()
        func pass(_ index: Int, _ reading: Reading) -> Int? {
            sampler.begin(set([index]), at: DateTime(unixSeconds: 0))
            _ = sampler.takeRequest(now: at(0))
            _ = sampler.sampled(index, reading)
            sampler.release()
            return sampler.failing
        }
        #expect(pass(4, .failed(.gone)) == 4)
        #expect(pass(2, five) == 4)
        #expect(pass(4, five) == nil)
    }

    @Test("No place outside the catalogue has a value")
    func outside() {
        let sampler = Sampler()
        for index in [-1, 128, .max, .min] { #expect(reading(sampler, index) == "the sensor is gone") }
    }
}
