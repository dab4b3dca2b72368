import Drivers
import Foundation
import Hardware
import Linux
import Testing

/// Names are the label, unique, and the same after every restart.
struct NameTests {
    @Test func aLabelIsTheNameAndOthersAreNumberedOnlyWhereNeeded() {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/nct6775", [
            "name": "nct6775", "temp1_input": "1", "temp1_label": "SYSTIN", "temp2_input": "2", "temp10_input": "10",
            "fan2_input": "900", "in0_input": "1", "in0_label": "Vcore: 1/2 \"é\"",
        ])
        let sensors = SysfsPeripherals<Hwmon>.over(tree)
        let names = sensors.names
        #expect(names == ["SYSTIN", "nct6775 temperature 2", "nct6775 temperature 10", "Vcore: 1/2 \"é\"", "nct6775 fan"])
    }

    /// Two machines that differ in the kernel's numbering alone.
    @Test func theKernelsNumbersPlayNoPart() {
        func names(_ first: String, _ second: String, _ third: String) -> [String] {
            let tree = Tree()
            tree.chip(third, on: "i2c-1/1-0049", ["name": "lm75", "temp1_input": "3000"])
            tree.chip(second, on: "platform/coretemp.1", ["name": "coretemp", "temp2_input": "2000", "temp2_label": "Core 0"])
            tree.chip(first, on: "platform/coretemp.0", ["name": "coretemp", "temp2_input": "1000", "temp2_label": "Core 0"])
            var sensors = SysfsPeripherals<Hwmon>.over(tree)
            let values = sensors.values()
            #expect(values["Core 0"] == "1.000" && values["Core 0 (coretemp.1)"] == "2.000")
            return sensors.names
        }
        let one = names("hwmon0", "hwmon1", "hwmon2")
        #expect(one == ["lm75 temperature", "Core 0", "Core 0 (coretemp.1)"])
        #expect(names("hwmon2", "hwmon1", "hwmon0") == one)
        #expect(names("hwmon10", "hwmon2", "hwmon7") == one)
    }

    @Test func equalLabelsOnOneChipAreToldApartByQuantity() {
        let tree = Tree()
        tree.chip("hwmon0", on: "i2c-1/1-0040", [
            "name": "ina226", "in1_input": "5000", "in1_label": "VCC", "curr1_input": "100", "curr1_label": "VCC",
            "in2_input": "1", "in2_label": "VCC",
        ])
        tree.chip("hwmon1", on: "i2c-1/1-0041", ["name": "ina226", "in1_input": "1", "in1_label": "VCC"])
        let sensors = SysfsPeripherals<Hwmon>.over(tree)
        let names = sensors.names
        #expect(names == ["VCC", "VCC voltage", "VCC current", "VCC (1-0041)"])
    }

    @Test func twoUnlabelledChipsOfAKindAreToldApartByPlace() {
        let tree = Tree()
        tree.chip("hwmon0", on: "i2c-1/1-0049", ["name": "lm75", "temp1_input": "1"])
        tree.chip("hwmon1", on: "i2c-1/1-0048", ["name": "lm75", "temp1_input": "2"])
        // Without any place in the machine the entry is all there is.
        tree.add("class/hwmon/hwmon5", ["name": "lm75", "temp1_input": "3"])
        let sensors = SysfsPeripherals<Hwmon>.over(tree)
        let names = sensors.names
        #expect(names == ["lm75 temperature", "lm75 temperature (1-0048)", "lm75 temperature (1-0049)"])
    }

    @Test(arguments: ["", " ", "a\tb", "bell\u{7}", "\u{85}", "\u{FFFE}", "caf\u{E9}"])
    func aLabelThatCannotBeANameIsNone(label: String) {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/lm75", ["name": "lm75", "temp1_input": "1"])
        let path = "devices/platform/lm75/hwmon/hwmon0/temp1_label"
        // The last one as Latin-1, which is not UTF-8.
        tree.write(path, label == "caf\u{E9}" ? Data([0x63, 0x61, 0x66, 0xE9]) : Data(label.utf8))
        let sensors = SysfsPeripherals<Hwmon>.over(tree)
        let names = sensors.names
        #expect(names == ["lm75 temperature"])
    }

    @Test func aChipWithoutANameHasItsPlacesName() {
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/odd.3", ["temp1_input": "1"])
        let sensors = SysfsPeripherals<Hwmon>.over(tree)
        let names = sensors.names
        #expect(names == ["odd.3 temperature"])
    }

    @Test func longNamesAreShortenedWithoutBecomingOne() {
        let long = String(repeating: "é", count: 40)  // 80 bytes
        let tree = Tree()
        tree.chip("hwmon0", on: "platform/x", [
            "name": "x", "temp1_input": "1", "temp1_label": long + "A", "temp2_input": "2", "temp2_label": long + "B",
            "temp3_input": "3", "temp3_label": String(repeating: "m", count: 64),
        ])
        let sensors = SysfsPeripherals<Hwmon>.over(tree)
        let names = sensors.names
        #expect(Set(names).count == 3)
        for name in names { #expect(name.utf8.count <= 64) }
        #expect(names[0].hasPrefix(String(repeating: "é", count: 27) + " #"))
        #expect(names[1].hasPrefix(String(repeating: "é", count: 27) + " #"))
        #expect(names[2] == String(repeating: "m", count: 64))
    }

    @Test func whatDoesNotFitIsCounted() {
        let tree = Tree()
        for chip in 0..<5 {
            tree.chip("hwmon\(chip)", on: "platform/chip.\(chip)", ["name": "chip\(chip)"])
            for n in 1...30 { tree.write("devices/platform/chip.\(chip)/hwmon/hwmon\(chip)/temp\(n)_input", "\(n)000") }
        }
        tree.write("devices/platform/chip.0/hwmon/hwmon0/temp64_input", "1")
        var sensors = SysfsPeripherals<Hwmon>.over(tree)
        let (count, skipped) = (sensors.count, sensors.skipped)
        #expect(count == FieldSet.capacity)
        #expect(skipped == 5 * 30 - 128 + 1)
        let values = sensors.values()
        #expect(values.count == 128)
        #expect(values["chip4 temperature 8"] == "8.000" && values["chip4 temperature 9"] == nil)
    }

    @Test func nothingThereIsNoFieldAndNoFailure() {
        let tree = Tree()
        let sensors = SysfsPeripherals<DeviceDrivers>.over(tree)
        let (count, skipped) = (sensors.count, sensors.skipped)
        #expect(count == 0 && skipped == 0)
    }
}
