import Drivers
import Hardware
import Linux

/// SABRE Lite (Boundary Devices BD-SL-i.MX6; i.MX 6Quad), and QEMU's machine `sabrelite`.
///
/// As Debian's device tree for Linux 6.1 has it: /dev/i2c-0 is the processor's I2C1, where the audio codec is (0x0A), and
/// where QEMU hangs its sensors; `20a4000.gpio` is GPIO3. Nothing there uses its lines 5 and 7, and nothing gives them their
/// pads (EIM_DA5, EIM_DA7) either: under QEMU they need none, on the real board that is for the device tree to say.
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
