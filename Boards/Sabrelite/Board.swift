import Drivers
import Hardware
import Linux

/// SABRE Lite (Boundary Devices BD-SL-i.MX6; i.MX 6Quad), and QEMU's machine `sabrelite`.
///
/// On the J7 header: I2C3 of the board's manual is bus 2 of the kernel; QEMU hangs its sensors on
/// bus 0. Labels of GPIO chips as Linux 6.1 has them: GPIO3 of the i.MX 6 is at 0x020A4000.
enum Board {
    static let lines = soldered {
        Relay(on: GPIOOutput("20a4000.gpio", 5), named: "Relay")
        Button(on: GPIOInput("20a4000.gpio", 7), named: "Button")
    }

    static let chips = soldered {
        TMP105(on: LinuxI2C(bus: 0), at: 0x48).named("Temperature")
    }

    /// The processor's own temperature, and what the kernel knows of itself.
    typealias Kernel = Both<ThermalZone, KernelStatus>

    static var history: (seconds: Int, rows: Int) { (seconds: 60, rows: 160) }

    static var nameplate: Nameplate {
        Nameplate(manufacturer: "boundarydevices.com", model: "SABRE Lite", serialFile: "/proc/device-tree/serial-number")
    }

    static var resetLine: StaticString? { nil }
}
