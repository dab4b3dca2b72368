import Foundation
import Support

/// `Tools/simulate` runs this; see there for what it is for.
@main enum Simulation {
    static func main() {
        var from: UInt64 = 1, count: UInt64 = 100, one: UInt64?
        var arguments = CommandLine.arguments.dropFirst()
        while let option = arguments.popFirst() {
            if option == "--ownership" {
                isMarket = true
                continue
            }
            if option == "--resale" { exit(resale()) }
            if option == "--story" { exit(story(arguments.map { $0 })) }
            guard let value = arguments.popFirst().flatMap({ UInt64($0) }) else { fail("\(option) wants a number") }
            switch option {
            case "--from": from = value
            case "--seeds": count = value
            case "--seed": one = value
            default: fail("unknown option \(option)")
            }
        }
        if let one { exit(show(one)) }
        watchForTraps()
        exit(runAll(from, count))
    }

    nonisolated(unsafe) private static var isMarket = false

    private static func begin(_ seed: UInt64, prints: Bool = false) -> World {
        isMarket ? Market(seed: seed, prints: prints) : Gate(seed: seed, prints: prints)
    }

    private static func fail(_ words: String) -> Never {
        FileHandle.standardError.write(Data("simulation: \(words)\n".utf8))
        exit(64)
    }

    /// One conversation, from beginning to end.
    private static func show(_ seed: UInt64) -> Int32 {
        current = seed
        let world = begin(seed, prints: true)
        world.run()
        print("digest \(String(world.digest, radix: 16))")
        for violation in world.violations { print("VIOLATION \(violation)") }
        return world.violations.isEmpty ? 0 : 1
    }

    /// One story, told: yes or no for a registry, what happens, and to which save.
    private static func story(_ words: [String]) -> Int32 {
        let fates = ["nothing": Fate.kept, "before": .cutBefore, "after": .cutAfter, "full": .refused]
        guard words.count == 3, let fate = fates[words[1]], let when = Int(words[2]) else { fail("--story yes|no nothing|before|after|full SAVE") }
        let world = Resale(fate, at: when, registry: words[0] == "yes", seed: 1, prints: true)
        world.run()
        for violation in world.violations { print("VIOLATION \(violation)") }
        return world.violations.isEmpty ? 0 : 1
    }

    private static func resale() -> Int32 {
        watchForTraps()
        let (stories, failures, _) = Resale.all(1)
        for failure in failures { print("FAIL \(failure.replacing("\n", with: " "))") }
        print("tally stories \(stories) 0")
        return failures.isEmpty ? 0 : 1
    }

    private static func runAll(_ from: UInt64, _ count: UInt64) -> Int32 {
        var tally = Tally()
        var failures = 0
        var before = 0
        for seed in from..<(from + count) {
            current = seed
            limit(60)
            let world = begin(seed)
            world.run()
            tally.add(world.tally)
            if !world.violations.isEmpty {
                failures += 1
                print("FAIL seed \(seed): \(world.violations[0].replacing("\n", with: " "))")
            }
            // The same seed says the same.
            if (seed - from) % 50 == 0 {
                let again = begin(seed)
                again.run()
                if again.digest != world.digest {
                    failures += 1
                    print("FAIL seed \(seed): it does not replay")
                }
            }
            if (seed - from) % 10 == 9 {
                print("progress \(seed - from + 1)")
                fflush(nil)
            }
            // Nothing may stay behind of any world: the first ones fill what is kept for good.
            if seed - from == 40 { before = inUse() }
        }
        limit(0)
        if count > 41 {
            let growth = inUse() - before
            print("growth \(growth)")
            if growth > 4_000_000 {
                failures += 1
                print("FAIL memory grew by \(growth) bytes over \(count - 41) worlds")
            }
        }
        for (what, n) in zip(Tally.What.allCases, tally.counts) where (isMarket ? Tally.What.market : Tally.What.gate).contains(what) { print("tally \(what.rawValue) \(n) \(what.least)") }
        return failures == 0 ? 0 : 1
    }

    /// Bytes of memory the process has, pages apart.
    private static func inUse() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
    }

    // MARK: Traps, and worlds without end

    nonisolated(unsafe) static var current: UInt64 = 0

    /// So many seconds of the processor's time are enough for what comes next, however busy the machine is.
    static func limit(_ seconds: Int) {
        var time = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: seconds, tv_usec: 0))
        setitimer(__itimer_which_t(ITIMER_VIRTUAL.rawValue), &time, nil)
    }

    private static func watchForTraps() {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGVTALRM] {
            signal(number) { number in
                // Nothing here may allocate.
                Simulation.say("FAIL seed ", Simulation.current, number == SIGVTALRM ? ": it never ends\n" : ": it traps\n")
                _exit(70)
            }
        }
    }

    private static func say(_ front: StaticString, _ number: UInt64, _ back: StaticString) {
        _ = write(1, front.utf8Start, front.utf8CodeUnitCount)
        var digits: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) =
            (48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48)
        withUnsafeMutableBytes(of: &digits) { digits in
            var rest = number, at = digits.count
            repeat {
                at -= 1
                digits[at] = UInt8(48 + rest % 10)
                rest /= 10
            } while rest > 0
            _ = write(1, digits.baseAddress! + at, digits.count - at)
        }
        _ = write(1, back.utf8Start, back.utf8CodeUnitCount)
    }
}
