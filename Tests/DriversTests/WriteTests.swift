import Drivers
import Foundation
import Hardware
import Testing

@testable import Linux

/// What becomes of a write: served in turn, refused, gone or too slow; and that none
/// goes where it should not. The real child writes real files.
@Suite(.serialized) struct WriteTests {
    private let led = "class/leds/led"

    private func tree() -> Tree {
        let tree = Tree()
        tree.add(led, ["brightness": "1", "max_brightness": "9"])
        tree.add("class/leds/spare", ["brightness": "1", "max_brightness": "9"])
        tree.chip("hwmon0", on: "platform/chip", ["name": "chip", "temp1_input": "1000", "temp2_input": "2000"])
        return tree
    }

    typealias Peripherals = SysfsPeripherals<Both<Outputs, Hwmon>>

    @Test func nothingIsWrittenForAChannelThatIsNoOutput() {
        let tree = tree()
        var peripherals = Peripherals.over(tree)
        let before = tree.everything
        let names = peripherals.names
        #expect(names == ["led", "spare", "chip temperature 1", "chip temperature 2"])
        for index in [2, 3, 4, 127] {
            #expect(peripherals.write(index, .int(1)) == .failed(.refused))
            #expect(peripherals.write(index, .numeric(Decimal(0))) == .failed(.refused))
        }
        for index in [128, -1, Int.max, Int.min] {
            let isPossible = WriteRequest(index, .int(1)) != nil
            #expect(!isPossible)
        }
        #expect(tree.everything == before)
        // The same child would have written this.
        #expect(peripherals.write(0, .int(2)) == .done)
        #expect(tree.everything != before)
    }

    /// As an unprivileged user, since nothing is closed to root.
    @Test func aFileThatIsNotOursToWriteIsRefusedAndLeftAsItWas() {
        let tree = tree()
        chmod("\(tree.root)/\(led)/brightness", 0o444)
        chmod("\(tree.root)/class/leds/spare/brightness", 0o666)
        var peripherals = Peripherals.over(tree, forget: { if getuid() == 0 { setuid(65534) } })
        #expect(peripherals.write("led", .int(5)) == .failed(.refused))
        #expect(tree.content("\(led)/brightness") == "1\n")
        #expect(peripherals.write("spare", .int(5)) == .done)
        #expect(tree.content("class/leds/spare/brightness") == "5\n")
    }

    @Test func aFileThatIsGoneIsNotMadeAnew() {
        let tree = tree()
        var peripherals = Peripherals.over(tree)
        tree.remove("\(led)/brightness")
        #expect(peripherals.write("led", .int(5)) == .failed(.gone))
        tree.remove(led)
        #expect(peripherals.write("led", .int(5)) == .failed(.gone))
        #expect(tree.content("\(led)/brightness") == nil)
    }

    @Test func aLinkInPlaceOfTheFileIsNotFollowed() {
        let tree = tree()
        var peripherals = Peripherals.over(tree)
        tree.write("other", "secret")
        tree.remove("\(led)/brightness")
        tree.link("\(led)/brightness", to: "other")
        #expect(peripherals.write("led", .int(5)) == .failed(.refused))
        #expect(tree.content("other") == "secret\n")
    }

    /// The second of two files refuses: the caller hears of it.
    @Test func aWriteThatWasDoneInPartIsAFailure() {
        let tree = Tree()
        let channel = "class/pwm/pwmchip0/pwm0"
        tree.add(channel, ["period": "1000", "duty_cycle": "0", "enable": "0"])
        var peripherals = Peripherals.over(tree, forget: { if getuid() == 0 { setuid(65534) } })
        chmod("\(tree.root)/\(channel)/duty_cycle", 0o666)
        chmod("\(tree.root)/\(channel)/enable", 0o444)
        #expect(peripherals.write("pwmchip0 duty cycle 0", .int(50)) == .failed(.refused))
        #expect(tree.content("\(channel)/duty_cycle") == "500\n" && tree.content("\(channel)/enable") == "0\n")
    }

    /// A FIFO without a reader blocks whoever opens it for writing, as a driver may.
    @Test func aWriteThatHangsIsGivenUpAndTheNextIsServed() throws {
        let tree = tree()
        let panel = "class/backlight/panel"
        tree.add(panel, ["brightness": "1", "actual_brightness": "1", "max_brightness": "9"])
        var peripherals = Peripherals.over(tree, limit: .milliseconds(500))
        tree.block("\(panel)/brightness")
        let start = instant()
        #expect(peripherals.write("panel brightness", .int(5)) == .failed(.tooSlow))
        #expect(instant().since(start) >= .milliseconds(500))
        #expect(instant().since(start) < .milliseconds(3000))
        // Another child serves the next, at once.
        let again = instant()
        #expect(peripherals.write("led", .int(5)) == .done)
        #expect(tree.content("\(led)/brightness") == "5\n")
        // The one that hung is left alone for a while, and nobody waits for it.
        #expect(peripherals.write("panel brightness", .int(6)) == .failed(.tooSlow))
        #expect(instant().since(again) < .milliseconds(500))
        tree.remove("\(panel)/brightness")
        tree.write("\(panel)/brightness", "1")
        #expect(peripherals.write("panel brightness", .int(7), advance: .seconds(11)) == .done)
        #expect(tree.content("\(panel)/brightness") == "7\n")
    }

    /// Its value cannot be read, so the write is never begun.
    @Test func anOutputThatHangsWhenReadIsNotWritten() {
        let tree = tree()
        var peripherals = Peripherals.over(tree, limit: .milliseconds(500))
        tree.block("\(led)/brightness")
        #expect(peripherals.write("led", .int(5)) == .failed(.tooSlow))
        #expect(peripherals.write("spare", .int(5)) == .done)
    }

    @Test func aKilledKeeperFailsOneWriteAndIsReplaced() {
        let tree = tree()
        var peripherals = Peripherals.over(tree, forget: {})
        #expect(kill(peripherals.keeper, SIGKILL) == 0)
        let first = peripherals.write("led", .int(5))
        #expect(first == .failed(.notAnswering) || first == .done)
        #expect(peripherals.write("led", .int(6)) == .done)
        #expect(tree.content("\(led)/brightness") == "6\n")
    }

    @Test func oneIsUnderWayAtATime() throws {
        let tree = tree()
        var peripherals = Peripherals.over(tree)
        let (one, other) = (try #require(WriteRequest(0, .int(5))), try #require(WriteRequest(1, .int(6))))
        let first = peripherals.write(one, now: instant())
        let second = peripherals.write(other, now: instant())
        #expect(first && !second)
        #expect(peripherals.reports() == ["led written"])
        #expect(tree.content("class/leds/spare/brightness") == "1\n")
        let third = peripherals.write(other, now: instant())
        #expect(third)
        #expect(peripherals.reports() == ["spare written"])
    }

    /// Writes that never end must not keep readings waiting, nor the other way round.
    @Test func readingsAndWritesTakeTurns() {
        let tree = tree()
        var peripherals = Peripherals.over(tree)
        var order: [String] = []
        var next = Int32(2)
        peripherals.sample(.anyField, now: instant())
        func ask() { _ = WriteRequest(0, .int(next)).map { peripherals.write($0, now: instant()) } }
        ask()
        while order.count < 8, let report = peripherals.nextReport() {
            order.append(report)
            next += 1
            if next < 6, report == "led written" { ask() }
        }
        #expect(order == [
            "led written", "led = 2", "led written", "spare = 1", "led written", "chip temperature 1 = 1.000",
            "chip temperature 2 = 2.000",
        ])
        #expect(tree.content("\(led)/brightness") == "5\n")
    }
}
