"""A machine with the firmware, a shell that does what the test says, and a button."""

import os
import tempfile
from pathlib import Path

from emulation import Emulation, Machine as Kind

from certificates import Authority   # by Tests/Integration, which emulation looks into
from initramfs import Tree

BUSYBOX = Path(os.environ["WARD_QEMU_FILES"]) / "busybox-arm64"
FIRMWARE = Path(os.environ["WARD_QEMU_FIRMWARE"])
LINE = 5    # of the machine's one GPIO chip; QEMU pulls its lines down

# Only as the first process of a machine: it mounts what a machine has.
INIT = """\
#!/bin/busybox sh
[ $$ = 1 ] || exit 1
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
stty -echo
echo ready
while read -r word; do
    case $word in
    run) ward 2>&1 & ward=$! ;;
    looking)
        until ls -l /proc/$ward/fd 2>&1 | grep -q gpio-line; do kill -0 $ward || break; done
        echo looking ;;
    stop) kill $ward; wait $ward; echo ended $? ;;
    sticker) ward --sticker; echo sticker $? ;;
    esac
done
"""

CONFIGURATION = """\
domain = home.test
server = 127.0.0.1:5222
ca = /etc/ca.pem
state = /var/ward
reset-line = {line}
"""


class Machine(Emulation):
    """One machine, from its start to its end. `line` is what the configuration says of the reset line."""

    def __init__(self, line=f"gpiochip0 {LINE} high"):
        tree = Tree()
        for name in ("/bin", "/dev", "/proc", "/sys", "/var"):
            tree.folder(name)
        tree.file("/init", INIT.encode(), 0o755)
        tree.file("/bin/busybox", BUSYBOX.read_bytes(), 0o755)
        tree.file("/bin/ward", FIRMWARE.read_bytes(), 0o755)
        with tempfile.TemporaryDirectory() as folder:
            tree.file("/etc/ca.pem", Authority(Path(folder) / "ca", "Ward test authority").certificate.read_bytes())
        tree.file("/etc/ward.conf", CONFIGURATION.format(line=line).encode(), 0o600)
        super().__init__(Kind("virt"), tree, "loglevel=1", memory=192, network=False, more=["-no-reboot"])

    async def boot(self):
        await self.wire()
        await self.says(r"^ready", 60)
        self._chip = await self.control.find("pl061")
        return self

    async def press(self, pressed=True):
        """The level of the button's line: high while it is pressed."""
        await self.pins.put(self._chip, LINE, pressed)

    async def release(self):
        await self.press(False)

    async def sticker(self):
        """The KEY, as the stopped Thing's sticker has it."""
        self.tell("sticker")
        key = (await self.says(r"^KEY ((?:[0-9A-Z]{4}-){4}[0-9A-Z]{4})\s*$")).group(1)
        await self.says(r"^sticker 0")
        return key

    async def stop(self):
        self.tell("stop")
        await self.says(r"^ended 0")
