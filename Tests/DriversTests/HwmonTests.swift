import Drivers
import Foundation
import Hardware
import Linux
import Testing

/// hwmon: names, exact values, failures.
struct HwmonTests {
    @Test func everyQuantityIsExactAndHasItsUnit() {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/sht3x", [
            "name": "sht3x", "temp1_input": "23400", "humidity1_input": "45030", "in0_input": "3312",
            "curr1_input": "-150", "power1_input": "1234567", "fan1_input": "1200",
        ])
        var sensors = SysfsPeripherals<Hwmon>.over(tree)
        #expect(sensors.fields == [
            "sht3x temperature": "°C", "sht3x humidity": "%", "sht3x voltage": "V",
            "sht3x current": "A", "sht3x power": "W", "sht3x fan": "rpm",
        ])
        #expect(sensors.values() == [
            "sht3x temperature": "23.400", "sht3x humidity": "45.030", "sht3x voltage": "3.312",
            "sht3x current": "-0.150", "sht3x power": "1.234567", "sht3x fan": "1200",
        ])
    }

    @Test(arguments: [
        ("0", "0.000"), ("-1", "-0.001"), ("-40000", "-40.000"), ("125000", "125.000"), ("23", "0.023"),
        ("2147483647", "2147483.647"), ("-2147483648", "-2147483.648"), ("999999999999999999", "999999999999999.999"),
        ("  23400  ", "23.400"), ("", "!notAnswering"), ("warm", "!notANumber"), ("0x10", "!notANumber"),
        ("23400 C", "!notANumber"), ("1e5", "!notANumber"), ("--1", "!notANumber"), ("-", "!notANumber"),
        ("9999999999999999999", "!notANumber"),
    ])
    func aTemperature(said: String, reads: String) {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/lm75", ["name": "lm75", "temp1_input": said])
        var sensors = SysfsPeripherals<Hwmon>.over(tree)
        #expect(sensors.values() == ["lm75 temperature": reads])
    }

    @Test func aFileOfAnyLengthAndAnyBytesIsNoNumber() {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/chip", [
            "name": "chip", "temp1_input": String(repeating: "1", count: 127), "temp2_input": "23400\u{0}",
            "temp3_input": String(repeating: "1", count: 5000), "temp4_input": String(repeating: " ", count: 128),
            "temp5_input": String(repeating: " ", count: 127),
        ])
        tree.write("devices/platform/chip/hwmon/hwmon0/temp6_input", Data())
        tree.write("devices/platform/chip/hwmon/hwmon0/temp7_input", Data((0...255).map { UInt8($0) }))
        var sensors = SysfsPeripherals<Hwmon>.over(tree)
        let values = sensors.answers().map(\.1)
        #expect(values == [
            "!notANumber", "!notANumber", "!notANumber", "!notANumber", "!notAnswering", "!notAnswering", "!notANumber",
        ])
    }

    @Test func faultAndSwitchedOffAreFailures() {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/chip", [
            "name": "chip",
            "temp1_label": "ok", "temp1_input": "1000", "temp1_fault": "0", "temp1_enable": "1",
            "temp2_label": "broken", "temp2_input": "1000", "temp2_fault": "1",
            "temp3_label": "off", "temp3_input": "1000", "temp3_enable": "0",
            "temp4_label": "odd", "temp4_input": "1000", "temp4_fault": "?",
            "temp5_label": "both", "temp5_input": "1000", "temp5_fault": "0", "temp5_enable": "0",
        ])
        var sensors = SysfsPeripherals<Hwmon>.over(tree)
        #expect(sensors.values() == [
            "ok": "1.000", "broken": "!notAnswering", "off": "!notAnswering", "odd": "!notAnswering",
            "both": "!notAnswering",
        ])
    }

    @Test func anAverageStandsInForAnInput() {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/meter", [
            "name": "meter", "power1_average": "5000000", "power2_average": "1", "power2_input": "7000001",
        ])
        var sensors = SysfsPeripherals<Hwmon>.over(tree)
        #expect(sensors.values() == ["meter power 1": "5.000000", "meter power 2": "7.000001"])
    }

    @Test func whatIsNoValueBecomesAFailureAndNeverTheLastValue() {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/lm75", ["name": "lm75", "temp1_input": "21000"])
        var sensors = SysfsPeripherals<Hwmon>.over(tree)
        #expect(sensors.values() == ["lm75 temperature": "21.000"])
        let input = "devices/platform/lm75/hwmon/hwmon0/temp1_input"
        tree.write(input, "x")
        #expect(sensors.values() == ["lm75 temperature": "!notANumber"])
        tree.remove(input)
        #expect(sensors.values() == ["lm75 temperature": "!gone"])
        tree.make(input)  // a directory cannot be read: EISDIR, as little as EIO
        #expect(sensors.values() == ["lm75 temperature": "!notAnswering"])
        tree.remove(input)
        tree.write(input, "22000")
        #expect(sensors.values() == ["lm75 temperature": "22.000"])
    }

    @Test func aSupplysOwnHwmonIsLeftToThePowerSupply() {
        let tree = Tree()
        tree.add("devices/acpi/power_supply/BAT0", ["voltage_now": "12345678"])
        tree.link("class/power_supply/BAT0", to: "devices/acpi/power_supply/BAT0")
        tree.add("devices/acpi/power_supply/BAT0/hwmon1", ["name": "BAT0", "in0_input": "12345"])
        tree.link("class/hwmon/hwmon1", to: "devices/acpi/power_supply/BAT0/hwmon1")
        var sensors = SysfsPeripherals<DeviceDrivers>.over(tree)
        #expect(sensors.values() == ["BAT0 voltage": "12.345678"])
    }
}
