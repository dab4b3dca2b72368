import CPlatform
import Drivers
import Foundation
import Hardware
import Testing

@testable import Linux

/// The living children of a process that bear the sensor reader's name.
private func readers(below parent: Int32) -> [Int32] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }.filter { pid in
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let after = stat.range(of: "(ward-sensors) ") else { return false }
        let rest = stat[after.upperBound...].split(separator: " ")
        return rest[0] != "Z" && Int32(rest[1]) == parent
    }.sorted()
}

private func isAlive(_ pid: Int32) -> Bool { FileManager.default.fileExists(atPath: "/proc/\(pid)/fd/0") }

/// Waits, for a limited time, until a process has ended.
private func hasEnded(_ pid: Int32) -> Bool {
    let end = instant() + .seconds(5)
    while isAlive(pid) && instant() < end { usleep(1000) }
    return !isAlive(pid)
}

/// These count milliseconds, so they take turns.
@Suite(.serialized) struct ReaderTests {
    private func tree(_ count: Int) -> Tree {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/chip", ["name": "chip"])
        for n in 1...count { tree.write("devices/platform/chip/hwmon/hwmon0/temp\(n)_input", "\(n)000") }
        return tree
    }

    /// Opening a FIFO without a writer blocks for ever, as a driver may.
    @Test func aFileThatBlocksFailsAloneAndIsThenAskedLast() {
        let tree = tree(4)
        var sensors = SysfsPeripherals<Hwmon>.over(tree, limit: .seconds(1))
        let blocked = "devices/platform/chip/hwmon/hwmon0/temp2_input"
        tree.block(blocked)
        let start = instant()
        let first = sensors.answers()
        #expect(first.map(\.1) == ["1.000", "!tooSlow", "3.000", "4.000"])
        #expect(instant().since(start) >= .seconds(1))
        // It rests: nobody waits for it, and it comes last.
        let again = instant()
        let second = sensors.answers()
        #expect(second.map(\.1) == ["1.000", "3.000", "4.000", "!tooSlow"])
        #expect(instant().since(again) < .seconds(1))
        // When its rest is over it is asked, and works.
        tree.remove(blocked)
        tree.write(blocked, "2500")
        let third = sensors.answers(advance: .seconds(11))
        #expect(third.map(\.1) == ["1.000", "3.000", "4.000", "2.500"])
        #expect(sensors.answers(advance: .seconds(11)).map(\.1) == ["1.000", "2.500", "3.000", "4.000"])
    }

    @Test func aFileThatStopsInTheMiddleBlocksToo() throws {
        let tree = tree(2)
        var sensors = SysfsPeripherals<Hwmon>.over(tree, limit: .milliseconds(500))
        let path = "devices/platform/chip/hwmon/hwmon0/temp1_input"
        tree.block(path)
        // A writer that says half a number and then nothing.
        let writer = open("\(tree.root)/\(path)", O_RDWR)
        #expect(Foundation.write(writer, "12", 2) == 2)
        #expect(sensors.values() == ["chip temperature 1": "!tooSlow", "chip temperature 2": "2.000"])
        close(writer)
    }

    @Test func manyThatBlockDoNotUseUpTheWorkers() {
        let tree = tree(12)
        var sensors = SysfsPeripherals<Hwmon>.over(tree, limit: .milliseconds(200))
        for n in 1...11 { tree.block("devices/platform/chip/hwmon/hwmon0/temp\(n)_input") }
        let values = sensors.values()
        #expect(values.values.filter { $0 == "!tooSlow" }.count == 11)
        #expect(values["chip temperature 12"] == "12.000")
    }

    @Test func aBlockingFileDelaysTheSearchByTheLimitOnly() {
        let tree = tree(2)
        tree.block("devices/platform/chip/hwmon/hwmon0/temp1_label")
        tree.chip("hwmon1", on: "platform/dead", ["name": "dead", "temp1_input": "1"])
        tree.block("devices/platform/dead/hwmon/hwmon1/name")
        let start = instant()
        var sensors = SysfsPeripherals<Hwmon>.over(tree, limit: .milliseconds(500))
        #expect(instant().since(start) < .seconds(5))
        #expect(sensors.values() == ["chip temperature 2": "2.000"])
        let skipped = sensors.skipped
        #expect(skipped == 2)
    }

    @Test func aSearchAmongBlockingFilesEnds() {
        let tree = Tree()
        for n in 0..<40 {
            tree.chip("hwmon\(n)", on: "platform/dead.\(n)", ["temp1_input": "1"])
            tree.block("devices/platform/dead.\(n)/hwmon/hwmon\(n)/name")
        }
        let start = instant()
        let sensors = SysfsPeripherals<AllDrivers>.over(tree, limit: .milliseconds(200))
        #expect(instant().since(start) < .seconds(5))
        let (count, skipped) = (sensors.count, sensors.skipped)
        #expect(count == 0)
        // Four that were waited for, and one for all that was not looked at.
        #expect(skipped == 5)
    }

    /// With room for no stuck worker at all the keeper refuses at once, and says so.
    @Test func withoutAWorkerEveryRequestFailsAtOnce() {
        var pid: Int32 = 0
        let socket = ward_reader_start(60_000, -1, nil, nil, &pid)
        #expect(socket >= 0)
        defer { ward_reader_stop(socket, pid) }
        let request: [UInt8] = [UInt8(WARD_READER_READ), 7, 0, 0, 0] + Array("/proc/uptime".utf8) + [0]
        for _ in 0..<3 {
            #expect(ward_reader_send(socket, request, Int32(request.count)) == 0)
            #expect(ward_reader_wait(socket, 5000) == 1)
            var answer = [UInt8](repeating: 0, count: Int(WARD_READER_ANSWER))
            let count = ward_reader_receive(socket, &answer, Int32(answer.count))
            #expect(Array(answer.prefix(Int(max(count, 0)))) == [7, 0, 0, 0, 0xFF, 0xFF])
        }
    }

    @Test func aKilledWorkerIsReplaced() throws {
        let tree = tree(3)
        var sensors = SysfsPeripherals<Hwmon>.over(tree)
        let keeper = sensors.keeper
        for _ in 0..<3 {
            let worker = try #require(readers(below: keeper).first)
            #expect(kill(worker, SIGKILL) == 0)
            // The first question may have reached the dying one: then it alone fails.
            let values = sensors.values()
            #expect(values["chip temperature 2"] == "2.000" && values["chip temperature 3"] == "3.000")
            #expect(sensors.values()["chip temperature 1"] == "1.000")
        }
    }

    @Test func aKilledKeeperIsReplacedOnlyWhereSecretsAreForgotten() throws {
        let tree = tree(2)
        var trusting = SysfsPeripherals<Hwmon>.over(tree, forget: {})
        let keeper = trusting.keeper
        let descriptor = trusting.descriptor
        #expect(kill(keeper, SIGKILL) == 0)
        #expect(hasEnded(keeper))
        _ = trusting.values()
        #expect(trusting.values() == ["chip temperature 1": "1.000", "chip temperature 2": "2.000"])
        let after = trusting.descriptor
        #expect(after == descriptor)

        var wary = SysfsPeripherals<Hwmon>.over(tree)
        let second = wary.keeper
        #expect(kill(second, SIGKILL) == 0)
        #expect(hasEnded(second))
        #expect(wary.values() == ["chip temperature 1": "!notAnswering", "chip temperature 2": "!notAnswering"])
        let none = wary.keeper
        #expect(none == 0)
    }

    @Test func aStoppedKeeperIsFoundOut() throws {
        let tree = tree(2)
        var sensors = SysfsPeripherals<Hwmon>.over(tree, limit: .milliseconds(500), forget: {})
        #expect(kill(sensors.keeper, SIGSTOP) == 0)
        #expect(sensors.values() == ["chip temperature 1": "!tooSlow", "chip temperature 2": "2.000"])
    }

    @Test func theChildrenEndWithTheSensorsAndHoldNoDescriptors() throws {
        let tree = tree(1)
        let secret = open("/proc/self/stat", O_RDONLY)
        defer { close(secret) }
        func use() throws -> (Int32, Int32) {
            var sensors = SysfsPeripherals<Hwmon>.over(tree)
            #expect(sensors.values() == ["chip temperature": "1.000"])
            let keeper = sensors.keeper
            let worker = try #require(readers(below: keeper).first)
            // stdin, stdout, stderr, the way to the parent and, for the keeper, to the worker.
            #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/\(keeper)/fd").count == 5)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/\(worker)/fd").count == 4)
            for pid in [keeper, worker] {
                #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/1") == "/dev/null")
            }
            return (keeper, worker)
        }
        let (keeper, worker) = try use()
        #expect(!isAlive(keeper))
        #expect(hasEnded(worker))
    }

    @Test func askingForNothingAndForWhatIsNotThereAnswersNothing() {
        let tree = tree(2)
        var sensors = SysfsPeripherals<Hwmon>.over(tree)
        #expect(sensors.values(FieldSet()).isEmpty)
        var beyond = FieldSet()
        beyond.insert(2)
        beyond.insert(127)
        #expect(sensors.values(beyond).isEmpty)
        var second = FieldSet()
        second.insert(1)
        #expect(sensors.values(second) == ["chip temperature 2": "2.000"])
        #expect(sensors.poll(now: instant()) == .onInput)
    }

    @Test func aRootIsTakenOnceAndMustBePossible() {
        let tree = tree(1)
        var sensors = SysfsPeripherals<Hwmon>.over(tree)
        let root: StaticString = "/sys"
        let again = sensors.discover(root: root.bytes)
        #expect(!again)
        var other = SysfsPeripherals<Hwmon>()
        let empty = other.discover(root: StaticString("").bytes)
        let long = other.discover(root: InlineArray<256, UInt8>(repeating: 0x2F).span)
        #expect(!empty && !long)
    }
}
