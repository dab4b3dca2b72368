"""A whole machine under QEMU: a board's kernel, the firmware, a shell that does what the test says, and a button."""

import contextlib
import gzip
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

INTEGRATION = Path(__file__).resolve().parent.parent / "Integration"
sys.path.insert(0, str(INTEGRATION))

from certificates import Authority   # noqa: E402
from lines import Lines, tied        # noqa: E402

FILES = Path(os.environ["WARD_QEMU_FILES"])
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


def archive(files):
    """An initramfs (cpio, newc) of these files: {path: (mode, content)}."""
    out = bytearray()
    for number, (path, (mode, content)) in enumerate([*files.items(), ("TRAILER!!!", (0, b""))], 1):
        name = path.encode() + b"\0"
        fields = [number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        out += bytes(-len(out) % 4) + content
        out += bytes(-len(out) % 4)
    return gzip.compress(bytes(out), 1)


class Machine:
    """One machine, from its start to its end. `line` is what the configuration says of the reset line."""

    def __init__(self, line=f"gpiochip0 {LINE} high"):
        self._folder = tempfile.TemporaryDirectory(prefix="ward-machine-")
        folder = Path(self._folder.name)
        authority = Authority(folder / "ca", "Ward test authority")
        files = {name: (0o40755, b"") for name in ("bin", "dev", "etc", "proc", "sys", "var")}
        files["init"] = (0o100755, INIT.encode())
        files["bin/busybox"] = (0o100755, (FILES / "busybox").read_bytes())
        files["bin/ward"] = (0o100755, FIRMWARE.read_bytes())
        files["etc/ca.pem"] = (0o100644, authority.certificate.read_bytes())
        files["etc/ward.conf"] = (0o100600, CONFIGURATION.format(line=line).encode())
        (folder / "initramfs").write_bytes(archive(files))
        self._pins, self._control = folder / "pins", folder / "control"
        self._process = subprocess.Popen(
            tied(["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", "-m", "192", "-nic", "none", "-display", "none",
                  "-no-reboot", "-monitor", "none", "-serial", "stdio", "-kernel", str(FILES / "kernel"),
                  "-initrd", str(folder / "initramfs"), "-append", "console=ttyAMA0 panic=-1 quiet loglevel=1",
                  "-qmp", f"unix:{self._control},server=on,wait=off",
                  "-qtest", f"unix:{self._pins},server=on,wait=off", "-qtest-log", "none"]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines = Lines(self._process.stdout)
        self._mark = 0
        self._open = contextlib.ExitStack()

    async def boot(self):
        await self.says(r"^ready", 60)
        self._qtest = self._connected(self._pins)
        self._chip = self._find("pl061")
        return self

    def _connected(self, path):
        one = socket.socket(socket.AF_UNIX)
        self._open.callback(one.close)
        one.settimeout(10)
        one.connect(str(path))
        return self._open.enter_context(one.makefile("rw", newline="\n"))

    def _find(self, kind):
        """The path of the machine's device of that kind (QMP)."""
        control = self._connected(self._control)
        control.readline()

        def ask(command, **arguments):
            control.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            control.flush()
            while True:
                answer = json.loads(control.readline())
                if "return" in answer or "error" in answer:
                    return answer["return"]

        ask("qmp_capabilities")
        place = "/machine/unattached"
        return next(f"{place}/{each['name']}" for each in ask("qom-list", path=place) if each["type"] == f"child<{kind}>")

    def press(self, pressed=True):
        """The level of the button's line: high while it is pressed."""
        self._qtest.write(f"set_irq_in {self._chip} unnamed-gpio-in {LINE} {int(pressed)}\n")
        self._qtest.flush()
        answer = self._qtest.readline()
        if not answer.startswith("OK"):
            raise RuntimeError(f"QEMU does not take the level: {answer.strip()}")

    def release(self):
        self.press(False)

    def tell(self, word):
        """Has the machine's shell do something."""
        self._process.stdin.write(word.encode() + b"\n")
        self._process.stdin.flush()

    async def says(self, pattern, limit=30):
        """Waits for the next line of the console that matches; returns the match."""
        index, match = await self.lines.expect(pattern, limit, self._mark, "line of the console")
        self._mark = index + 1
        return match

    async def sticker(self):
        """The KEY, as the stopped Thing's sticker has it."""
        self.tell("sticker")
        key = (await self.says(r"^KEY ((?:[0-9A-Z]{4}-){4}[0-9A-Z]{4})\s*$")).group(1)
        await self.says(r"^sticker 0")
        return key

    async def stop(self):
        self.tell("stop")
        await self.says(r"^ended 0")

    def end(self):
        self._open.close()
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self.lines.finish()
        self._folder.cleanup()
