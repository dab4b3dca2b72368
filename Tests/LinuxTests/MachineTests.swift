import Fixed
import Foundation
import Hardware
import Testing

@testable import Linux

@Suite struct TimeQuestionTests {
    let question = TimeQuestion(cookie: 0x0102_0304_0506_0708)
    /// 2026-11-21 in seconds since 1970, and in NTP's.
    let floor: Int64 = 1_795_000_000

    private func answer(_ change: (inout [UInt8]) -> Void = { _ in }, seconds: UInt32 = UInt32(truncatingIfNeeded: 1_795_000_100 + 2_208_988_800), fraction: UInt32 = 0x8000_0000) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 48)
        (bytes[0], bytes[1]) = (0x24, 2)
        for i in 0..<8 { bytes[24 + i] = UInt8(i + 1) }
        for i in 0..<4 {
            bytes[40 + i] = UInt8(truncatingIfNeeded: seconds >> UInt32(24 - 8 * i))
            bytes[44 + i] = UInt8(truncatingIfNeeded: fraction >> UInt32(24 - 8 * i))
        }
        change(&bytes)
        return bytes
    }

    private func time(_ bytes: [UInt8]) -> Int64? { question.time(in: bytes.span, floor: floor * 1000) }

    @Test func theQuestionTellsNothingButItsCookie() {
        var message = Text<48>()
        question.write(to: &message)
        #expect(message.bytes.array == [0x23] + [UInt8](repeating: 0, count: 39) + [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test func theServersTimeIsTaken() {
        #expect(time(answer()) == (floor + 100) * 1000 + 500)
        #expect(time(answer({ $0[0] = 0x1C })) != nil)
        // RFC 4330 §3: the seconds begin anew in February 2036.
        #expect(time(answer(seconds: 0, fraction: 1)) == 2_085_978_496_000)
        #expect(time(answer(seconds: 100)) == 2_085_978_596_500)
    }

    @Test("what brings our cookie not back, or no time server would say, is no answer") func whatNoServerWouldSayIsNoAnswer() {
        #expect(time(answer({ $0[31] ^= 1 })) == nil)
        #expect(time(answer({ $0[0] = 0x23 })) == nil)
        #expect(time(answer({ $0[0] = 0xE4 })) == nil)
        #expect(time(answer({ $0[0] = 0x0C })) == nil)
        #expect(time(answer({ $0[1] = 0 })) == nil)
        #expect(time(answer({ $0[1] = 16 })) == nil)
        #expect(time(answer(seconds: 0, fraction: 0)) == nil)
        for count in 0..<48 { #expect(time(Array(answer()[0..<count])) == nil) }
    }

    @Test("no time from before the image is believed") func noTimeBeforeTheImageIsBelieved() {
        let start = UInt32(truncatingIfNeeded: floor + 2_208_988_800)
        #expect(time(answer(seconds: start, fraction: 0)) == floor * 1000)
        #expect(time(answer(seconds: start - 1, fraction: .max)) == nil)
        #expect(time(answer(seconds: start - 1_000_000_000)) == nil)
    }

    @Test func aServerIsAskedHourlyAndOneThatIsSilentEverLessOften() {
        var schedule = TimeSchedule()
        #expect(schedule.next == nil)
        var now = Instant(milliseconds: 0)
        schedule.begin(now: now)
        var pauses: [Int64] = []
        for _ in 0..<9 {
            schedule.failed(now: now)
            guard let next = schedule.next else { continue }
            pauses.append(next.since(now).milliseconds / 1000)
            now = next
        }
        #expect(pauses == [15, 30, 60, 120, 240, 480, 960, 960, 960])
        schedule.answered(now: now)
        #expect(schedule.next == now + .minutes(60))
        schedule.failed(now: now)
        #expect(schedule.next == now + .seconds(15))
    }
}

/// A watchdog that counts.
private struct Counter: Watchdog {
    var patience: Interval?
    let fed: Box

    final class Box: @unchecked Sendable { var times = 0, ended = 0 }

    mutating func feed() { fed.times += 1 }
    mutating func end() { fed.ended += 1 }
}

@Suite struct WatchdogTests {
    @Test func aDogIsFedTwiceInItsPatienceAndOnlyByATurn() {
        let box = Counter.Box()
        var feeding = Feeding(Counter(patience: .seconds(10), fed: box))
        #expect(feeding.turned(now: Instant(milliseconds: 0)) == .at(Instant(milliseconds: 5000)))
        #expect(feeding.turned(now: Instant(milliseconds: 4999)) == .at(Instant(milliseconds: 5000)))
        #expect(box.times == 1)
        #expect(feeding.turned(now: Instant(milliseconds: 5000)) == .at(Instant(milliseconds: 10_000)))
        #expect(box.times == 2)
        feeding.end()
        #expect(box.ended == 1)
    }

    @Test func whatDoesNotWatchIsNotFed() {
        let box = Counter.Box()
        var feeding = Feeding(Counter(patience: nil, fed: box))
        #expect(feeding.turned(now: Instant(milliseconds: 0)) == .onInput && box.times == 0)
        var device = Feeding(WatchdogDevice())
        #expect(device.turned(now: Instant(milliseconds: 0)) == .onInput)
        device.end()
    }

    @Test func whatIsNoWatchdogSaysSo() {
        var device = WatchdogDevice()
        #expect(device.open(Array("/nonexistent/watchdog".utf8).span, seconds: 10)?.isMissing == true)
        #expect(device.patience == nil)
    }

    // One test, since the environment is one.
    @Test func theServiceManagersWatchdogIsTheOneItNames() {
        defer {
            unsetenv("WATCHDOG_USEC")
            unsetenv("WATCHDOG_PID")
        }
        #expect(ServiceWatchdog().patience == nil)
        setenv("WATCHDOG_USEC", "30000000", 1)
        #expect(ServiceWatchdog().patience == .seconds(30))
        setenv("WATCHDOG_PID", "\(getpid())", 1)
        #expect(ServiceWatchdog().patience == .seconds(30))
        setenv("WATCHDOG_PID", "\(getpid() + 1)", 1)
        #expect(ServiceWatchdog().patience == nil)
        setenv("WATCHDOG_PID", "\(getpid())", 1)
        for nonsense in ["", "0", "-1", "soon", "99999999999999999999"] {
            setenv("WATCHDOG_USEC", nonsense, 1)
            #expect(ServiceWatchdog().patience == nil, "\(nonsense)")
        }
    }
}

/// A light that notes what it was told.
private struct Lamp: StatusLight {
    final class Box: @unchecked Sendable { var told = "" }
    let box: Box
    mutating func shine(_ isOn: Bool) { box.told += isOn ? "1" : "0" }
}

@Suite struct StatusLightTests {
    private func shown(_ condition: Condition, for milliseconds: Int64) -> String {
        let box = Lamp.Box()
        var light = Signalling(Lamp(box: box))
        var now = Instant(milliseconds: 0)
        while case .at(let next) = light.show(condition, now: now), next.milliseconds <= milliseconds { now = next }
        return box.told
    }

    @Test func eachConditionHasARhythmOfItsOwn() {
        #expect(shown(.off, for: 5000) == "0")
        #expect(shown(.online, for: 5000) == "1")
        #expect(shown(.connecting, for: 2000) == "10101")
        #expect(shown(.fault, for: 1000) == "10101010101")
    }

    @Test func aChangeIsShownAtOnce() {
        let box = Lamp.Box()
        var light = Signalling(Lamp(box: box))
        _ = light.show(.connecting, now: Instant(milliseconds: 0))
        #expect(light.show(.online, now: Instant(milliseconds: 100)) == .onInput)
        #expect(light.show(.online, now: Instant(milliseconds: 9000)) == .onInput)
        _ = light.show(.off, now: Instant(milliseconds: 9001))
        #expect(box.told == "110")
    }

    @Test func anLEDOfTheKernelShinesWithItsFullBrightness() throws {
        let folder = URL(fileURLWithPath: "/tmp/ward-led-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let brightness = folder.appendingPathComponent("brightness")
        try "255\n".write(to: folder.appendingPathComponent("max_brightness"), atomically: true, encoding: .utf8)
        try "".write(to: brightness, atomically: false, encoding: .utf8)
        let light = try #require(LightPlace(Array(folder.path.utf8).span).flatMap { BoardLight($0) })
        light.shine(true)
        light.shine(false)
        light.shine(true)
        #expect(try String(contentsOf: brightness, encoding: .utf8) == "2550255")
        #expect(LightPlace(Array("/nonexistent".utf8).span).flatMap { BoardLight($0) } == nil)
    }
}

@Suite struct MachineSettingsTests {
    private func settings(_ line: String) -> MachineSettings? {
        var configuration = Configuration()
        var isGood = true
        _ = configuration.read(Array("jid = thing@example.org\nca = /c\n\(line)\n".utf8).span) { mistake in
            if mistake.line == 3 { isGood = false }
        }
        return isGood ? configuration.machine : nil
    }

    @Test func theNetworkIsSetUpAsItSays() throws {
        #expect(settings("log = info")?.network.kind == .dhcp)
        #expect(settings("network = dhcp")?.network.kind == .dhcp)
        #expect(settings("network = none")?.network.kind == NetworkPlan.Kind.none)
        let plan = try #require(settings("network = 192.0.2.7/24 via 192.0.2.1 dns 192.0.2.53 198.51.100.53")).network
        #expect(plan.kind == .fixed && plan.address == 0xC000_0207 && plan.mask == 0xFFFF_FF00 && plan.router == 0xC000_0201)
        #expect(plan.nameServers.bytes.array == [192, 0, 2, 53, 198, 51, 100, 53])
        #expect(settings("network = 10.0.0.2/31 dns 10.0.0.3")?.network.router == 0)
        #expect(settings("network = 192.0.2.7/32")?.network.mask == .max)
    }

    @Test(arguments: [
        "DHCP", "dhcp now", "none 1", "192.0.2.7", "192.0.2.7/0", "192.0.2.7/33", "192.0.2.7/", "/24", "192.0.2/24", "2001:db8::1/64",
        "127.0.0.1/8", "192.0.2.0/24", "192.0.2.255/24", "224.0.0.1/4", "192.0.2.7/24 via", "192.0.2.7/24 via 198.51.100.1",
        "192.0.2.7/24 via 192.0.2.7", "192.0.2.7/24 dns", "192.0.2.7/24 dns 1 2", "192.0.2.7/24 192.0.2.1", "192.0.2.7/24 dns 192.0.2.1 via 192.0.2.1",
        "192.0.2.7/24 dns 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4",
    ]) func whatIsNoNetworkIsAMistake(_ text: String) { #expect(settings("network = \(text)") == nil) }

    @Test func everythingElseOfTheMachineIsTakenUp() throws {
        let defaults = MachineSettings()
        #expect(defaults.hostname.string == "ward" && defaults.watchdog.string == "/dev/watchdog" && !defaults.watchdogIsNamed)
        #expect(settings("interface = eth0.7")?.interface.string == "eth0.7")
        #expect(settings("hostname = kitchen-2")?.hostname.string == "kitchen-2")
        let mount = try #require(settings("mount = /dev/mmcblk3p2   /var/lib ext4")?.mount)
        #expect(mount.device.string == "/dev/mmcblk3p2" && mount.directory.string == "/var/lib" && mount.type.string == "ext4")
        #expect(settings("watchdog = none")?.watchdog.isEmpty == true)
        #expect(settings("watchdog = /dev/watchdog1")?.watchdogIsNamed == true)
        #expect(settings("watchdog-seconds = 60")?.watchdogSeconds == 60)
        #expect(settings("time-server = pool.ntp.example")?.timeServer.string == "pool.ntp.example")
        #expect(settings("time-server = 2001:db8::1") != nil)
        #expect(settings("power-line = gpiochip0 3 high")?.powerLine != nil)
        #expect(settings("light = /sys/class/leds/status")?.light?.folder.string == "/sys/class/leds/status")
        #expect(settings("light = gpiochip0 3 high")?.light?.line != nil)
    }

    @Test(arguments: [
        "interface = a/b", "interface = .", "interface = eth0 eth1", "interface = sixteencharacter", "hostname = a.b", "hostname = -a", "hostname = a_b",
        "hostname = a b", "mount = /dev/vda1 /var", "mount = vda1 /var ext4", "mount = /dev/vda1 var ext4", "mount = /dev/vda1 / ext4",
        "mount = /dev/vda1 /var ext4 rw", "mount = /dev/vda1 /var Ext4", "watchdog = watchdog", "watchdog-seconds = 4", "watchdog-seconds = 3601",
        "watchdog-seconds = soon", "time-server = a b", "time-server = -", "power-line = 3", "light = status", "light = /sys/class/leds/a b",
    ]) func whatMakesNoSenseIsAMistake(_ line: String) { #expect(settings(line) == nil) }
}
