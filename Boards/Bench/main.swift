import Bench
import Firmware
import Hardware
import Linux

Firmware.prepare()
// Nothing here can be held up by a bus: no child is needed, and to read everything once takes no time.
nonisolated(unsafe) var peripherals = Together(
    LinePeripherals(Board.lines, descriptor: -1, watch: { _ in }), ChipPeripherals(ChipsHere(Board.chips)), descriptor: -1)
Process.exit(
    Firmware.run(&peripherals, history: Board.history, nameplate: Board.nameplate, clock: VirtualClock()) { _, _ in true })
