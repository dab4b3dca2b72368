import Drivers
import Hardware
import Linux

/// NAME: say here which board this is, and by which manual its buses and pins are numbered.
enum Board {
    /// What hangs on lines, at most 16: `Relay(on: GPIOOutput("label of the chip", 5), named: "Relay")`,
    /// `Button(on: GPIOInput("label of the chip", 7), named: "Button")`. `gpioinfo` lists labels and lines.
    static let lines = soldered {
    }

    /// The chips that are read without the kernel's help, one a line: `TMP105(on: LinuxI2C(bus: 0), at: 0x48).named("Cellar")`.
    static let chips = soldered {
    }

    /// What the kernel has a driver for.
    typealias Kernel = Both<LED, Both<Hwmon, Both<DS18B20, Both<ThermalZone, Both<IIO, KernelStatus>>>>>

    /// A row of values so many seconds, and how many of them are kept.
    static var history: (seconds: Int, rows: Int) { (seconds: 60, rows: 160) }

    static var nameplate: Nameplate { Nameplate(model: "NAME", serialFile: "/proc/device-tree/serial-number") }

    /// The button by which the Thing is taken back, if there is one: `"gpiochip0 3 low"`, as `reset-line` in ward(1).
    static var resetLine: StaticString? { nil }
}
