"""How QEMU is called for the machines that images are made for."""

import shutil
from pathlib import Path

from machines import Unusable

# The emulator, the machine, and what is soldered to it. The network card is n0, the thermometer t0.
BOARDS = {
    "sabrelite": ("qemu-system-arm", ["-M", "sabrelite", "-nic", "user,id=n0,model=imx.enet"]),
    "virt": ("qemu-system-aarch64", ["-M", "virt", "-cpu", "cortex-a53", "-netdev", "user,id=n0", "-device", "virtio-net-device,netdev=n0",
                                     "-device", "i6300esb"]),
}
THERMOMETER = ["-device", "tmp105,id=t0,bus=i2c-bus.0,address=0x48"]
CARDS = {"sabrelite": "sd-card,drive=card", "virt": "virtio-blk-device,drive=card"}
NO_NETWORK = ["-nic", "none"]


def thermometers(machine):
    """Whether the machine has a bus for the thermometer."""
    return machine.name == "sabrelite"


def command(machine, folder, append, console="stdio", memory=256, sensor=True, card=None, control=None, pins=None, network=True, more=()):
    """QEMU with the kernel, the device tree and the initramfs of a folder. `control` and `pins` are where its sockets
    for QMP and qtest are to be; `card` an image that it writes to."""
    program, board = BOARDS[machine.name]
    if not shutil.which(program):
        raise Unusable(f"{program} is missing: apt-get install qemu-system-arm")
    folder = Path(folder)
    words = [program, *(board if network else [*board[:board.index("cortex-a53") + 1], *NO_NETWORK]), "-m", str(memory),
             "-kernel", str(folder / "kernel"), "-initrd", str(folder / "initramfs"), "-append", append]
    if machine.device_tree_name:
        words += ["-dtb", str(folder / "device-tree.dtb")]
    words += ["-display", "none"]
    # The console of the real board is the second of its serial ports.
    words += [*(["-serial", "null"] if machine.name == "sabrelite" else []), "-serial", console]
    if sensor and thermometers(machine):
        words += THERMOMETER
    if card:
        words += ["-drive", f"if=none,id=card,file={str(card).replace(',', ',,')},format=raw", "-device", CARDS[machine.name]]
    if control:
        words += ["-qmp", f"unix:{control},server=on,wait=off"]
    if pins:
        words += ["-qtest", f"unix:{pins},server=on,wait=off", "-qtest-log", "none"]
    return [*words, *more]
