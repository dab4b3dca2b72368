import Drivers
import Foundation
import Hardware
import Linux
import Testing

/// What the outputs are called, what they take, and what then stands in the kernel's files.
struct OutputTests {
    private let steady = "class/leds/green:status"
    private let channel = "devices/platform/soc/fe20c000.pwm/pwm/pwmchip1/pwm0"

    private func tree() -> Tree {
        let tree = Tree()
        tree.add(steady, ["brightness": "12", "max_brightness": "255", "trigger": "[none] timer"])
        tree.add("class/leds/input3::capslock", ["brightness": "0", "max_brightness": "1"])
        tree.add("class/leds/rgb:indicator", [
            "brightness": "0", "max_brightness": "65535", "multi_index": "red green blue", "multi_intensity": "1 2 3",
        ])
        tree.add("class/backlight/10-0045", ["brightness": "20", "actual_brightness": "19", "max_brightness": "31"])
        tree.add("class/backlight/panel", ["brightness": "7", "max_brightness": "7"])
        tree.add(channel, ["period": "20000000", "duty_cycle": "1500000", "enable": "1", "polarity": "normal"])
        tree.add("devices/platform/soc/fe20c000.pwm/pwm/pwmchip1", ["npwm": "2"])
        tree.link("class/pwm/pwmchip1", to: "devices/platform/soc/fe20c000.pwm/pwm/pwmchip1")
        return tree
    }

    @Test func eachHasItsNameUnitRangeAndPresentValue() {
        let tree = tree()
        var peripherals = SysfsPeripherals<Outputs>.over(tree)
        #expect(peripherals.outputs == [
            "green:status": Output(.int, 0...255), "input3::capslock": Output(.int, 0...1),
            "rgb:indicator": Output(.int, 0...65535), "10-0045 brightness": Output(.int, 0...31),
            "panel brightness": Output(.int, 0...7), "fe20c000.pwm duty cycle 0": Output(.double, 0...10_000, scale: 2),
        ])
        let fields = peripherals.fields
        #expect(fields["green:status"] == "" && fields["fe20c000.pwm duty cycle 0"] == "%")
        #expect(peripherals.values() == [
            "green:status": "12", "input3::capslock": "0", "rgb:indicator": "0", "10-0045 brightness": "19",
            "panel brightness": "7", "fe20c000.pwm duty cycle 0": "7.50",
        ])
    }

    @Test func sensorsHaveNoOutput() {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/lm75", ["name": "lm75", "temp1_input": "1"])
        tree.add("class/power_supply/AC", ["online": "1"])
        tree.add("class/thermal/thermal_zone0", ["type": "soc", "temp": "1"])
        tree.add("bus/iio/devices/iio:device0", ["name": "adc", "in_voltage0_input": "1"])
        let peripherals = SysfsPeripherals<AllDrivers>.over(tree)
        let (count, outputs) = (peripherals.count, peripherals.outputs)
        #expect(count == 8 && outputs.isEmpty)
    }

    /// What another room calls by the name of an output has to give way, not the output.
    @Test func anOutputKeepsItsName() {
        let tree = tree()
        tree.chip("hwmon0", on: "platform/chip", ["name": "chip", "temp1_label": "green:status", "temp1_input": "1000"])
        var peripherals = SysfsPeripherals<Both<Outputs, AllDrivers>>.over(tree)
        let names = peripherals.names
        #expect(names.contains("green:status (chip)"))
        #expect(peripherals.write("green:status", .int(3)) == .done)
        #expect(tree.content("\(steady)/brightness") == "3\n")
    }

    @Test(arguments: ["", "0", "x", "-1", "2147483648", "99999999999999999999"])
    func anOutputWithoutARangeIsLeftOut(maximum: String) {
        let tree = Tree()
        tree.add("class/leds/a", ["brightness": "0", "max_brightness": maximum])
        tree.add("class/leds/b", ["brightness": "0"])
        tree.add("class/leds/c", ["brightness": "0", "max_brightness": "2147483647"])
        tree.add("class/backlight/d", ["brightness": "0", "max_brightness": maximum])
        let peripherals = SysfsPeripherals<Outputs>.over(tree)
        let (names, skipped) = (peripherals.names, peripherals.skipped)
        #expect(names == ["c"] && skipped == 3)
    }

    @Test func aDirectoryThatCannotBeANameIsLeftOut() {
        let tree = Tree()
        for name in ["bell\u{7}", "\u{FFFE}", String(repeating: "x", count: 65), String(repeating: "y", count: 64)] {
            tree.add("class/leds/\(name)", ["brightness": "0", "max_brightness": "1"])
        }
        let peripherals = SysfsPeripherals<Outputs>.over(tree)
        let (names, skipped) = (peripherals.names, peripherals.skipped)
        #expect(names == [String(repeating: "y", count: 64)] && skipped == 3)
    }

    @Test func whatIsReadBackIsWithinTheRangeOrAFailure() {
        let tree = tree()
        var peripherals = SysfsPeripherals<Outputs>.over(tree)
        for (said, reads) in [("255", "255"), ("256", "!notANumber"), ("-1", "!notANumber"), ("on", "!notANumber"),
            ("1.0", "!notANumber"), ("", "!notAnswering")] {
            tree.write("\(steady)/brightness", said)
            #expect(peripherals.values()["green:status"] == reads)
        }
    }

    @Test(arguments: [
        (.int(0), "0\n"), (.int(255), "255\n"), (.int(7), "7\n"), (.long(128), "128\n"), (.numeric(Decimal(90)), "90\n"),
        (.numeric(Decimal(2550, scale: 1)), "255\n"), (.numeric(Decimal(0, scale: 18)), "0\n"),
        (.int(256), nil), (.int(-1), nil), (.int(.min), nil), (.long(.max), nil), (.long(.min), nil),
        (.numeric(Decimal(5, scale: 1)), nil), (.numeric(Decimal(2551, scale: 1)), nil),
        (.numeric(Decimal(.max, scale: 18)), nil), (.numeric(Decimal(.min)), nil), (.boolean(true), nil), (.boolean(false), nil),
        (.string("7"), nil), (.enumeration("7"), nil), (.date(7), nil), (.time(7), nil), (.duration(7), nil),
    ] as [(Value, String?)])
    func anLEDTakesWholeNumbersOfItsRange(value: Value, holds: String?) {
        let tree = tree()
        var peripherals = SysfsPeripherals<Outputs>.over(tree)
        #expect(peripherals.write("green:status", value) == (holds == nil ? .failed(.refused) : .done))
        #expect(tree.content("\(steady)/brightness") == holds ?? "12\n")
        if let holds { #expect(peripherals.values()["green:status"] == String(holds.dropLast())) }
    }

    @Test func aBacklightIsSetByItsBrightnessAndReadByWhatTheHardwareSays() {
        let tree = tree()
        var peripherals = SysfsPeripherals<Outputs>.over(tree)
        #expect(peripherals.write("10-0045 brightness", .int(31)) == .done)
        #expect(peripherals.write("10-0045 brightness", .int(32)) == .failed(.refused))
        #expect(tree.content("class/backlight/10-0045/brightness") == "31\n")
        #expect(tree.content("class/backlight/10-0045/actual_brightness") == "19\n")
        #expect(peripherals.values()["10-0045 brightness"] == "19")
    }

    /// Period, hundredths of a percent; the duty by hand, and what is then shown.
    @Test(arguments: [
        (20_000_000, 750, 1_500_000, "7.50"), (20_000_000, 0, 0, "0.00"), (20_000_000, 10_000, 20_000_000, "100.00"),
        (40_000, 1, 4, "0.01"), (40_000, 3333, 13_332, "33.33"), (1000, 3333, 333, "33.30"), (1000, 3335, 334, "33.40"),
        (1, 4999, 0, "0.00"), (1, 5000, 1, "100.00"), (3, 5000, 2, "66.67"),
        (900_000_000_000_000, 9999, 899_910_000_000_000, "99.99"),
    ] as [(Int, Int64, Int, String)])
    func aPulseIsAPartOfItsPeriod(period: Int, hundredths: Int64, duty: Int, reads: String) {
        let tree = tree()
        tree.write("\(channel)/period", "\(period)")
        tree.write("\(channel)/duty_cycle", "0")
        var peripherals = SysfsPeripherals<Outputs>.over(tree)
        #expect(peripherals.write("fe20c000.pwm duty cycle 0", .numeric(Decimal(hundredths, scale: 2))) == .done)
        #expect(tree.content("\(channel)/duty_cycle") == "\(duty)\n")
        #expect(peripherals.values()["fe20c000.pwm duty cycle 0"] == reads)
    }

    @Test(arguments: [
        Decimal(10_001, scale: 2), Decimal(-1, scale: 2), Decimal(5, scale: 3), Decimal(101), Decimal(.max), Decimal(.max, scale: 18),
    ])
    func aPulseBeyondItsPeriodOrTooFineIsRefused(value: Decimal) {
        let tree = tree()
        var peripherals = SysfsPeripherals<Outputs>.over(tree)
        #expect(peripherals.write("fe20c000.pwm duty cycle 0", .numeric(value)) == .failed(.refused))
        #expect(tree.content("\(channel)/duty_cycle") == "1500000\n")
    }

    @Test func aPulseAboveNothingEnablesItsChannelAndNothingLeavesItEnabled() {
        let tree = tree()
        tree.write("\(channel)/enable", "0")
        var peripherals = SysfsPeripherals<Outputs>.over(tree)
        let name = "fe20c000.pwm duty cycle 0"
        #expect(peripherals.values()[name] == "0.00")
        #expect(peripherals.write(name, .int(0)) == .done)
        #expect(tree.content("\(channel)/enable") == "0\n")
        #expect(peripherals.write(name, .int(50)) == .done)
        #expect(tree.content("\(channel)/enable") == "1\n" && tree.content("\(channel)/duty_cycle") == "10000000\n")
        #expect(peripherals.write(name, .int(0)) == .done)
        #expect(tree.content("\(channel)/enable") == "1\n" && tree.content("\(channel)/duty_cycle") == "0\n")
    }

    @Test(arguments: [("0", "0"), ("x", "1"), ("900000000000001", "1"), ("", "1")])
    func withoutAPeriodThereIsNoPulse(period: String, enable: String) {
        let tree = tree()
        tree.write("\(channel)/period", period)
        tree.write("\(channel)/enable", enable)
        var peripherals = SysfsPeripherals<Outputs>.over(tree)
        #expect(peripherals.write("fe20c000.pwm duty cycle 0", .int(50)) == .failed(.refused))
        #expect(tree.content("\(channel)/duty_cycle") == "1500000\n" && tree.content("\(channel)/enable") == "\(enable)\n")
        #expect(peripherals.values()["fe20c000.pwm duty cycle 0"] == (enable == "0" ? "0.00" : "!notANumber"))
    }

    @Test func aPulseThatCannotBeIsNoReading() {
        let tree = tree()
        var peripherals = SysfsPeripherals<Outputs>.over(tree)
        tree.write("\(channel)/duty_cycle", "20000001")
        #expect(peripherals.values()["fe20c000.pwm duty cycle 0"] == "!notANumber")
        tree.remove("\(channel)/enable")
        #expect(peripherals.values()["fe20c000.pwm duty cycle 0"] == "!gone")
        #expect(peripherals.write("fe20c000.pwm duty cycle 0", .int(50)) == .failed(.gone))
        #expect(tree.content("\(channel)/duty_cycle") == "20000001\n")
    }

    /// Two chips swap their numbers: the names stay with the chips.
    @Test func theKernelsNumbersOfChipsPlayNoPart() {
        func outputs(_ first: Int, _ second: Int) -> [String] {
            let tree = Tree()
            for (number, place) in [(first, "fe20c000.pwm"), (second, "1f00098000.pwm")] {
                tree.add("devices/platform/\(place)/pwm/pwmchip\(number)/pwm3", ["period": "1", "duty_cycle": "0", "enable": "0"])
                tree.link("class/pwm/pwmchip\(number)", to: "devices/platform/\(place)/pwm/pwmchip\(number)")
            }
            tree.add("devices/platform/fe20c000.pwm/pwm/pwmchip\(first)/pwm100", ["period": "1"])
            let peripherals = SysfsPeripherals<Outputs>.over(tree)
            let skipped = peripherals.skipped
            #expect(skipped == 1)
            return peripherals.names
        }
        let one = outputs(0, 1)
        #expect(one == ["1f00098000.pwm duty cycle 3", "fe20c000.pwm duty cycle 3"])
        #expect(outputs(4, 0) == one)
    }
}
