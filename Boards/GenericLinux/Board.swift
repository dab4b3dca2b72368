import Drivers
import Hardware
import Linux

/// Any machine with Linux: it measures, and sets, what the kernel shows of it.
enum Board {
    /// None that are known of a machine in general.
    static let lines = Nothing()
    static let chips = Nothing()

    /// Outputs come first: the name of what can be written is never the one that has to give way.
    typealias Kernel = Both<Outputs, Sensors>
    typealias Outputs = Both<LED, Both<PWM, Backlight>>
    typealias Sensors = Both<Hwmon, Both<DS18B20, Both<ThermalZone, Both<IIO, Both<PowerSupply, KernelStatus>>>>>

    /// What it keeps of its values: a row a minute, as many as there is room for.
    static var history: (seconds: Int, rows: Int) { (seconds: 60, rows: 160) }

    /// What it says of itself, where the configuration says nothing: many boards know their serial number.
    static var nameplate: Nameplate { Nameplate(serialFile: "/proc/device-tree/serial-number") }

    /// The button by which it is taken back, as `reset-line` of the configuration would name it: which, if any,
    /// nobody knows of a machine in general.
    static var resetLine: StaticString? { nil }
}
