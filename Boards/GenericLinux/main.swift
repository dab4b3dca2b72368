import Firmware
import Linux

Firmware.prepare()
// Before anything is read that could be a secret: this forks.
nonisolated(unsafe) var sensors = SysfsSensors<Channels>(forget: Firmware.forget)
Process.exit(Firmware.run(&sensors) { sensors, root in sensors.discover(root: root) })
