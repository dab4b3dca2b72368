import Firmware
import Hardware
import Linux

Firmware.prepare()
// Before anything is read that could be a secret: this forks. The chips' drivers live in a child.
nonisolated(unsafe) var chips = Board.chips
nonisolated(unsafe) var peripherals = Firmware.assemble(lines: Board.lines, chips: chips, kernel: Board.Kernel.self) {
    chips.serve($0, $1, $2, $3)
}
Process.exit(
    Firmware.run(&peripherals, history: Board.history, nameplate: Board.nameplate, resetLine: Board.resetLine) {
        $0.second.second.discover(root: $1)
    })
