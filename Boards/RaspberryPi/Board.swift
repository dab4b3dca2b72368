import Drivers
import Hardware
import Linux

/// Raspberry Pi, all models with the 40-pin header, 32 and 64 bit.
///
/// I2C is bus 1, on pins 3 and 5 of the header: `dtparam=i2c_arm=on` in config.txt, and the module
/// i2c-dev. The header's GPIO chip has another label in the models before the Pi 4, in the Pi 4, and in the Pi 5.
enum Board {
    private static var header: StaticString { "pinctrl-bcm2835,pinctrl-bcm2711,pinctrl-rp1" }

    static let lines = soldered {
        Relay(on: GPIOOutput(header, 17), named: "Relay")
        Button(on: GPIOInput(header, 27, bias: .pullUp, activeLow: true), named: "Button")
    }

    static let chips = soldered {
        BME280(on: LinuxI2C(bus: 1), at: 0x76).named("Room")
    }

    /// The green LED, what is on the 1-wire bus (`dtoverlay=w1-gpio`), and the board's own sensors.
    typealias Kernel = Both<LED, Both<DS18B20, Both<Hwmon, Both<ThermalZone, KernelStatus>>>>

    static var history: (seconds: Int, rows: Int) { (seconds: 60, rows: 160) }

    static var nameplate: Nameplate {
        Nameplate(manufacturer: "raspberrypi.com", model: "Raspberry Pi", serialFile: "/proc/device-tree/serial-number")
    }

    static var resetLine: StaticString? { nil }
}
