import Firmware
import Linux

Firmware.prepare()
// Before anything is read that could be a secret: this forks.
nonisolated(unsafe) var peripherals = SysfsPeripherals<Channels>(forget: Firmware.forget)
Process.exit(
    Firmware.run(&peripherals, history: history, nameplate: nameplate, resetLine: resetLine) { peripherals, root in
        peripherals.discover(root: root)
    })
