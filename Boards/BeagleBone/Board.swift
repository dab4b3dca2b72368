import Drivers
import Hardware
import Linux

/// BeagleBone Black and Green (TI AM335x).
///
/// I2C2 is on pins 19 and 20 of header P9, /dev/i2c-2. GPIO chips are labelled by their lines:
/// GPIO1_28 is pin 12 of P9, GPIO1_16 pin 15, lines 28 and 16 of `gpio-32-63`.
enum Board {
    static let lines = soldered {
        Relay(on: GPIOOutput("gpio-32-63", 28), named: "Relay")
        Button(on: GPIOInput("gpio-32-63", 16, bias: .pullUp, activeLow: true), named: "Button")
    }

    static let chips = soldered {
        MCP9808(on: LinuxI2C(bus: 2), at: 0x18).named("Temperature")
    }

    /// The four LEDs beside the socket, PWM and analogue inputs as the kernel has them.
    typealias Kernel = Both<LED, Both<PWM, Both<IIO, Both<ThermalZone, KernelStatus>>>>

    static var history: (seconds: Int, rows: Int) { (seconds: 60, rows: 160) }

    static var nameplate: Nameplate { Nameplate(manufacturer: "beagleboard.org", model: "BeagleBone") }

    static var resetLine: StaticString? { nil }
}
