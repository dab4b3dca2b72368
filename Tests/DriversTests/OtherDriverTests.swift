import Drivers
import Foundation
import Hardware
import Linux
import Testing

struct ThermalZoneTests {
    @Test func zonesAreNamedByTypeAndNumberedWhereNeeded() {
        let tree = Tree()
        tree.add("class/thermal/thermal_zone10", ["type": "cpu-thermal", "temp": "48312"])
        tree.add("class/thermal/thermal_zone2", ["type": "acpitz", "temp": "-5000", "mode": "enabled"])
        tree.add("class/thermal/thermal_zone0", ["type": "acpitz", "temp": "0", "mode": "disabled"])
        tree.add("class/thermal/cooling_device0", ["type": "Processor", "cur_state": "0"])
        var sensors = SysfsPeripherals<ThermalZone>.over(tree)
        let names = sensors.names
        #expect(names == ["acpitz temperature 1", "acpitz temperature 2", "cpu-thermal temperature"])
        #expect(sensors.values() == [
            "acpitz temperature 1": "!notAnswering", "acpitz temperature 2": "-5.000", "cpu-thermal temperature": "48.312",
        ])
    }

    @Test func aZoneThatHwmonShowsIsNotShownTwice() {
        let tree = Tree()
        let zones = "devices/virtual/thermal"
        tree.add("\(zones)/thermal_zone0", ["type": "acpitz", "temp": "1000"])
        tree.add("\(zones)/thermal_zone1", ["type": "acpitz", "temp": "2000"])
        tree.add("\(zones)/thermal_zone2", ["type": "soc", "temp": "3000", "hwmon": "no number, so no chip"])
        tree.add("\(zones)/thermal_zone0/hwmon7", ["name": "acpitz", "temp1_input": "1000", "temp2_input": "2000"])
        tree.link("class/hwmon/hwmon7", to: "\(zones)/thermal_zone0/hwmon7")
        for n in 0..<3 { tree.link("class/thermal/thermal_zone\(n)", to: "\(zones)/thermal_zone\(n)") }
        var sensors = SysfsPeripherals<DeviceDrivers>.over(tree)
        #expect(sensors.values() == [
            "acpitz temperature 1": "1.000", "acpitz temperature 2": "2.000", "soc temperature": "3.000",
        ])
    }
}

struct IIOTests {
    /// (raw + offset) · scale, by hand.
    @Test(arguments: [
        ("100", "2.500000000", nil, "0.2500"),  // 250 mV
        ("-100", "2.500000000", nil, "-0.2500"),
        ("0", "0.805664062", nil, "0.000000000000"),
        ("4095", "0.805664062", nil, "3.299194333890"),
        ("26214", "0.030517578", "-10", "0.799682613912"),
        ("1000", "1", "0.5", "1.0005"),
        ("8388607", "0.000000596", nil, "0.004999609772"),
        ("1", "x", nil, "!notANumber"), ("x", "1", nil, "!notANumber"), ("1", "1", "", "!notAnswering"),
        ("999999999999999999", "0.999999999", nil, "!notANumber"),  // 27 digits
        ("999999999999999999", "1", "999999999999999999", "1999999999999999.998"),
    ] as [(String, String, String?, String)])
    func aVoltage(raw: String, scale: String, offset: String?, reads: String) {
        let tree = Tree()
        tree.add("bus/iio/devices/iio:device0", ["name": "ads1015", "in_voltage0_raw": raw, "in_voltage0_scale": scale])
        if let offset { tree.write("bus/iio/devices/iio:device0/in_voltage0_offset", offset) }
        var sensors = SysfsPeripherals<IIO>.over(tree)
        #expect(sensors.values() == ["ads1015 voltage 0": reads])
    }

    @Test func scalesAreSharedAsTheKernelSharesThem() {
        let tree = Tree()
        tree.add("bus/iio/devices/iio:device3", [
            "name": "adc", "in_voltage_scale": "2", "in_voltage_offset": "10", "in_voltage-voltage_scale": "3.0",
            "in_voltage0_raw": "100", "in_voltage1_raw": "100", "in_voltage1_scale": "1.500000",
            "in_voltage0-voltage1_raw": "100",
            "in_accel_scale": "0.009806", "in_accel_x_raw": "-1000", "in_accel_x_peak_raw": "7",
            "in_temp_input": "23400", "in_temp_raw": "1", "in_pressure_input": "101.325000",
            "in_humidityrelative_input": "45030", "in_humidityrelative_label": "Room",
            "in_current5_raw": "1", "in_tempest_raw": "1", "in_steps_input": "3", "out_voltage0_raw": "9",
        ])
        var sensors = SysfsPeripherals<IIO>.over(tree)
        #expect(sensors.values() == [
            "adc voltage 0": "0.220", "adc voltage 1": "0.1650", "adc voltage 0-1": "0.330",
            "adc acceleration x": "-9.806000", "adc temperature": "23.400", "adc pressure": "101.325000", "Room": "45.030",
        ])
        let (fields, skipped) = (sensors.fields, sensors.skipped)
        #expect(fields["adc acceleration x"] == "m/s²" && fields["adc pressure"] == "kPa" && fields["Room"] == "%")
        // A current without scale, and two types of unknown unit.
        #expect(skipped == 3)
    }
}

struct PowerSupplyTests {
    @Test func aBatteryAndACharger() {
        let tree = Tree()
        tree.add("class/power_supply/BAT0", [
            "status": "Not charging", "capacity": "87", "voltage_now": "12345678", "current_now": "-1500000",
            "power_now": "0", "energy_now": "45670000", "charge_now": "3700000", "temp": "-53", "type": "Battery",
        ])
        tree.add("class/power_supply/AC", ["online": "1"])
        tree.add("class/power_supply/usb", ["online": "2"])
        tree.add("class/power_supply/odd", ["online": "3", "status": String(repeating: "x", count: 33), "capacity": ""])
        var sensors = SysfsPeripherals<PowerSupply>.over(tree)
        #expect(sensors.values() == [
            "BAT0 status": "Not charging", "BAT0 capacity": "87", "BAT0 voltage": "12.345678",
            "BAT0 current": "-1.500000", "BAT0 power": "0.000000", "BAT0 energy": "45.670000",
            "BAT0 charge": "3.700000", "BAT0 temperature": "-5.3", "AC online": "true", "usb online": "true",
            "odd online": "!notANumber", "odd status": "!notANumber", "odd capacity": "!notAnswering",
        ])
        let fields = sensors.fields
        #expect(fields["BAT0 capacity"] == "%" && fields["BAT0 energy"] == "Wh" && fields["BAT0 charge"] == "Ah")
        #expect(fields["BAT0 status"] == "" && fields["AC online"] == "")
        tree.write("class/power_supply/AC/online", "0")
        #expect(sensors.values()["AC online"] == "false")
    }
}

struct KernelStatusTests {
    @Test func uptimeAndLoadAreRead() throws {
        let tree = Tree()
        var sensors = SysfsPeripherals<AllDrivers>.over(tree)
        #expect(sensors.fields == ["uptime": "s", "load1": "", "load5": "", "load15": ""])
        let before = try #require(Double(String(contentsOfFile: "/proc/uptime", encoding: .utf8).split(separator: " ")[0]))
        let values = sensors.values()
        for name in ["uptime", "load1", "load5", "load15"] {
            let value = try #require(values[name])
            // Two digits behind the point, as the kernel writes them.
            #expect(value.split(separator: ".").last?.count == 2)
            #expect(Double(value) != nil)
        }
        #expect(try #require(Double(values["uptime"]!)) >= before)
    }
}
