import Drivers
import Foundation
import Hardware
import Linux
import Testing

/// DS18B20 as the kernel shows it.
struct DS18B20Tests {
    typealias Drivers = Both<Hwmon, DS18B20>

    private static let serial = "28-000005e2fdc3"

    /// The kernel's two lines about a scratchpad.
    private static func lines(_ scratchpad: String, _ verdict: String = "YES") -> String {
        "\(scratchpad) : crc=\(scratchpad.suffix(2)) \(verdict)\n\(scratchpad) t=12345"
    }

    private static func tree(_ content: String, serial: String = serial) -> Tree {
        let tree = Tree()
        add(serial, content, to: tree)
        return tree
    }

    private static func add(_ serial: String, _ content: String, to tree: Tree) {
        tree.add("devices/w1_bus_master1/\(serial)", ["name": serial, "w1_slave": content])
        tree.link("bus/w1/devices/\(serial)", to: "devices/w1_bus_master1/\(serial)")
    }

    private func reads(_ content: String) -> [String: String] {
        let tree = Self.tree(content)
        return withExtendedLifetime(tree) {
            var sensors = SysfsPeripherals<Drivers>.over(tree)
            #expect(sensors.fields == ["\(Self.serial) temperature": "°C"])
            return sensors.values()
        }
    }

    private func reads(scratchpad: String) -> String? { reads(Self.lines(scratchpad))["\(Self.serial) temperature"] }

    /// Table 1 of the datasheet, and what is beyond it.
    @Test(arguments: [
        ("d0 07", "125.0000"), ("50 05", "85.0000"), ("91 01", "25.0625"), ("a2 00", "10.1250"), ("08 00", "0.5000"),
        ("00 00", "0.0000"), ("f8 ff", "-0.5000"), ("5e ff", "-10.1250"), ("6f fe", "-25.0625"), ("90 fc", "-55.0000"),
        ("ff ff", "-0.0625"), ("d1 07", "!notANumber"), ("8f fc", "!notANumber"), ("00 80", "!notANumber"), ("ff 7f", "!notANumber"),
    ])
    func aTemperature(said: String, reads: String) {
        #expect(self.reads(scratchpad: "\(said) 4b 46 7f ff 10 10 1c") == reads)
    }

    /// Figure 10: bits that a coarser resolution does not have are undefined.
    @Test(arguments: [("7f", "25.9375"), ("5f", "25.8750"), ("3f", "25.7500"), ("1f", "25.5000")])
    func aResolution(configuration: String, reads: String) {
        #expect(self.reads(scratchpad: "9f 01 4b 46 \(configuration) ff 01 10 1c") == reads)
    }

    /// After power came it says 85 °C until it has measured.
    @Test func whatIsThereAfterPowerOnIsNoValue() {
        #expect(reads(scratchpad: "50 05 4b 46 7f ff 0c 10 1c") == "!notAnswering")
        #expect(reads(scratchpad: "50 05 4b 46 7f ff 10 10 1c") == "85.0000")
        #expect(reads(scratchpad: "51 05 4b 46 7f ff 0c 10 1c") == "85.0625")
    }

    @Test func aWrongChecksumIsNoValue() {
        #expect(reads(Self.lines("91 01 4b 46 7f ff 0f 10 25", "NO")) == ["\(Self.serial) temperature": "!corrupt"])
    }

    /// Nine zeros have the checksum 0; a wire held high says nine times ff.
    @Test func aWireThatIsHeldIsNoValue() {
        #expect(reads(scratchpad: "00 00 00 00 00 00 00 00 00") == "!notAnswering")
        #expect(reads(scratchpad: "ff ff ff ff ff ff ff ff ff") == "!notAnswering")
    }

    @Test(arguments: [
        ("", "!notAnswering"), ("YES", "!notANumber"), (" YES", "!notANumber"), ("91 01 4b 46 7f ff 0f 10 YES", "!notANumber"),
        ("91 01 4b 46 7f ff 0f 10 25", "!notANumber"), ("91 01 4b 46 7f ff 0f 10 25 : crc=25", "!notANumber"),
        ("91 01 4b 46 7f ff 0f 10 2", "!notANumber"), ("9101 4b 46 7f ff 0f 10 25 : crc=25 YES", "!notANumber"),
        ("91 01 4b 46 7f ff 0f 10 2g : crc=25 YES", "!notANumber"), ("\n91 01 4b 46 7f ff 0f 10 25 : crc=25 YES", "25.0625"),
        ("91 01 4B 46 7F FF 0F 10 25 : crc=25 YES", "25.0625"),
        ("91 01 4b 46 7f ff 0f 10 25 : crc=25 NO\n91 01 4b 46 7f ff 0f 10 25 : crc=25 YES", "!corrupt"),
        (String(repeating: "91 ", count: 60), "!notANumber"),
    ])
    func whatIsNotTheKernelsFormIsNoValue(content: String, says: String) {
        #expect(reads(content) == ["\(Self.serial) temperature": says])
    }

    /// Any bytes that a file may hold: nothing traps, and what is a value is one that the chip can have.
    @Test func anythingMayBeSaid() {
        var dice = Dice(18)
        let tree = Self.tree("")
        var sensors = SysfsPeripherals<DS18B20>.over(tree)
        let whole = Array(Self.lines("91 01 4b 46 7f ff 0f 10 25").utf8)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<(1 + dice.next() % 6) { bytes[Int(dice.next() % UInt64(bytes.count))] = UInt8.random(in: 0...255, using: &dice) }
            tree.write("devices/w1_bus_master1/\(Self.serial)/w1_slave", Data(bytes.prefix(Int(dice.next() % 90))))
            for text in sensors.values().values where !text.hasPrefix("!") {
                #expect(Double(text).map { (-55...125).contains($0) } == true)
            }
        }
    }

    /// By their serial numbers, each as its own; other families are others'.
    @Test func severalOnOneWire() {
        let tree = Self.tree(Self.lines("91 01 4b 46 7f ff 0f 10 25"))
        Self.add("28-00000000000a", Self.lines("f8 ff 4b 46 7f ff 08 10 25"), to: tree)
        Self.add("10-00000000000b", Self.lines("91 01 4b 46 ff ff 0f 10 25"), to: tree)
        tree.add("devices/w1_bus_master1/28-00000000000c", ["name": "28-00000000000c"])
        tree.link("bus/w1/devices/28-00000000000c", to: "devices/w1_bus_master1/28-00000000000c")
        var sensors = SysfsPeripherals<Drivers>.over(tree)
        #expect(sensors.values() == ["28-00000000000a temperature": "-0.5000", "\(Self.serial) temperature": "25.0625"])
        #expect(sensors.skipped == 1)
    }

    @Test func oneThatIsTakenOffIsGoneAndMayComeBack() {
        let tree = Self.tree(Self.lines("91 01 4b 46 7f ff 0f 10 25"))
        var sensors = SysfsPeripherals<Drivers>.over(tree)
        let name = "\(Self.serial) temperature"
        #expect(sensors.values() == [name: "25.0625"])
        let file = "devices/w1_bus_master1/\(Self.serial)/w1_slave"
        tree.remove(file)
        #expect(sensors.values() == [name: "!gone"])
        tree.write(file, Self.lines("a2 00 4b 46 7f ff 0e 10 25"))
        #expect(sensors.values() == [name: "10.1250"])
    }

    /// The kernel has it as hwmon too. There it would be a second field, without a verdict.
    @Test func itDoesNotAppearTwice() {
        let tree = Self.tree(Self.lines("91 01 4b 46 7f ff 0f 10 25"))
        tree.chip("hwmon3", on: "w1_bus_master1/\(Self.serial)", ["name": "w1_slave_temp", "temp1_input": "25062"])
        tree.chip("hwmon4", on: "platform/lm75", ["name": "lm75", "temp1_input": "21000"])
        var sensors = SysfsPeripherals<Drivers>.over(tree)
        #expect(sensors.values() == ["\(Self.serial) temperature": "25.0625", "lm75 temperature": "21.000"])
    }

    /// Another family's hwmon stays: nobody else reads it.
    @Test func anotherFamilysHwmonStays() {
        let tree = Tree()
        Self.add("10-00000000000b", "", to: tree)
        tree.chip("hwmon3", on: "w1_bus_master1/10-00000000000b", ["name": "w1_slave_temp", "temp1_input": "25062"])
        var sensors = SysfsPeripherals<Drivers>.over(tree)
        #expect(sensors.values() == ["w1_slave_temp temperature": "25.062"])
    }
}
