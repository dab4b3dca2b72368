import Drivers
import Hardware
import Linux
import Testing

private func string(_ bytes: Span<UInt8>) -> String {
    bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
}

struct CatalogueTests {
    @Test func everyQuantityHasItsWordAndUnit() {
        let expected: [(Quantity, String, String)] = [
            (.temperature, "temperature", "°C"), (.voltage, "voltage", "V"), (.current, "current", "A"),
            (.power, "power", "W"), (.energy, "energy", "Wh"), (.charge, "charge", "Ah"), (.humidity, "humidity", "%"),
            (.fanSpeed, "fan", "rpm"), (.pressure, "pressure", "kPa"), (.illuminance, "illuminance", "lx"),
            (.acceleration, "acceleration", "m/s²"), (.angularVelocity, "angular velocity", "rad/s"),
            (.magneticField, "magnetic field", "G"), (.resistance, "resistance", "Ω"),
            (.concentration, "concentration", "%"), (.distance, "distance", "m"), (.capacity, "capacity", "%"),
            (.status, "status", ""), (.online, "online", ""), (.uptime, "uptime", "s"), (.load, "load", ""),
            (.brightness, "brightness", ""), (.dutyCycle, "duty cycle", "%"),
        ]
        for (quantity, word, unit) in expected {
            #expect(string(quantity.word) == word && string(quantity.unit) == unit)
        }
        #expect(Quantity(rawValue: UInt8(expected.count)) == nil)
    }

    @Test func anItemBeyondTheListIsEmpty() {
        let list: StaticString = "a,,b"
        let items = (0..<5).map { string(list.item($0)) }
        #expect(items == ["a", "", "b", "", ""])
    }

    /// Long names on long paths fill the store of 12 KiB before there are 128.
    @Test func whatTheStoreHasNoRoomForIsCounted() {
        let tree = Tree()
        let device = "bus/iio/devices/iio:device0"
        tree.add(device, ["name": "adc"])
        for n in 0..<128 {
            tree.write("\(device)/in_voltage\(n)_input", "\(n)")
            tree.write("\(device)/in_voltage\(n)_label", String(repeating: "m", count: 60) + "\(1000 + n)")
        }
        var sensors = SysfsPeripherals<IIO>.over(tree)
        let (count, skipped, first) = (sensors.count, sensors.skipped, sensors.names[0])
        // Each takes 64 bytes of name and 39 to 41 of path.
        #expect(count == 117 && skipped == 11)
        #expect(first == String(repeating: "m", count: 60) + "1000")
        let values = sensors.values()
        #expect(values.count == count && values[first] == "0.000")
    }

    @Test(arguments: ["Unknown", "Charging", "Discharging", "Not charging", "Full"])
    func aBatterySaysWhatTheKernelCanSay(word: String) {
        let tree = Tree()
        tree.add("class/power_supply/BAT0", ["status": word])
        var sensors = SysfsPeripherals<PowerSupply>.over(tree)
        #expect(sensors.values() == ["BAT0 status": word])
        tree.write("class/power_supply/BAT0/status", word + "!")
        #expect(sensors.values() == ["BAT0 status": "!notANumber"])
    }
}
