import Drivers
import Hardware
import Linux

/// What this board measures: whatever the kernel shows of the machine it runs on.
typealias Sensors = Both<Hwmon, Both<DS18B20, Both<ThermalZone, Both<IIO, Both<PowerSupply, KernelStatus>>>>>

/// What it keeps of them: a row of values a minute, as many as there is room for.
let history = (seconds: 60, rows: 160)

/// What it says of itself, where the configuration says nothing: many boards know their serial number.
let nameplate = Nameplate(serialFile: "/proc/device-tree/serial-number")

/// The button by which it is taken back, as `reset-line` of the configuration would name it: which, if any, nobody
/// knows of a machine in general.
let resetLine: StaticString? = nil

/// What it can set.
typealias Outputs = Both<LED, Both<PWM, Backlight>>

/// All of it. Outputs come first: the name of what can be written is never the one that has to give way.
typealias Channels = Both<Outputs, Sensors>
