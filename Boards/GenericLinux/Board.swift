import Drivers
import Hardware

/// What this board measures: whatever the kernel shows of the machine it runs on.
typealias Channels = Both<Hwmon, Both<ThermalZone, Both<IIO, Both<PowerSupply, KernelStatus>>>>
