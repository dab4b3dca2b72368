"""A Thing in an emulated board: the firmware as its first process, and its server on the host's loopback."""

import os
import time
from pathlib import Path

from emulation import Emulation, Machine

from images import AUTHORITIES, tree
from words import ONLINE      # by Tests/Integration, which emulation looks into

HOST = "10.0.2.2"       # what QEMU calls the host's loopback
FIRMWARE = {"sabrelite": Path(os.environ.get("WARD_QEMU_SABRELITE", "")), "virt": Path(os.environ.get("WARD_QEMU_FIRMWARE", ""))}
SHELLS = Path(os.environ.get("WARD_QEMU_FILES", ""))

# The firmware is the first process and the only program. Where a test wants to look at it from
# inside, this is started before it, and becomes the firmware.
PRELUDE = """\
#!/bin/busybox sh
[ $$ = 1 ] || exit 1
/bin/busybox mount -t proc proc /proc
/bin/busybox stty -echo
/bin/busybox sh /bin/inside </dev/console &
exec /bin/ward
"""

INSIDE = """\
while read -r word; do
    case $word in
    memory)
        for process in /proc/[0-9]*; do
            [ "$(/bin/busybox readlink $process/exe)" = /bin/ward ] || continue
            echo "memory ${process#/proc/} $(/bin/busybox awk '{ printf "%s%s ", $1, $2 }' $process/smaps_rollup)"
        done
        echo "memory end $(/bin/busybox cut -d ' ' -f 1 /proc/uptime)" ;;
    mappings)
        /bin/busybox awk '/^[0-9a-f]+-/ { name = $2 " " ($6 == "" ? "[anonymous]" : $6) }
            /^Rss:/ { r = $2 } /^Private_/ { p += $2 } /^VmFlags:/ { if (r) print "mapping", r, p, name; p = 0 }' /proc/1/smaps
        echo "mapping end" ;;
    signal\\ *) kill -${word#signal } 1 ;;
    esac
done
"""


class Board:
    """One Thing: its configuration, its account, and the machine while it runs. Like a Thing of Tests/Integration."""

    def __init__(self, kind, server, jid=None, password=None, *, parent=None, firmware=None, inside=False, made=None, **settings):
        self.kind, self.server, self.jid, self.password = kind, server, jid, password or "no password at all"
        self.machine = Machine(kind).fetch()
        self.firmware = Path(firmware or FIRMWARE[kind])
        self.inside = inside
        self.made = int(time.time()) if made is None else made
        self.settings = {"jid": jid, "password": password, "parent": parent, "ca": AUTHORITIES, "server": f"{HOST}:{server.port}",
                         "log": "debug", "state": {"sabrelite": "/dev/mmcblk3", "virt": "/dev/vda"}[kind],
                         **{name.replace("_", "-"): value for name, value in settings.items()}}
        self.emulation = None

    @property
    def full(self):
        return f"{self.jid}/{self.settings.get('resource', 'ward')}"

    @property
    def configuration(self):
        return "".join(f"{name} = {value}\n" for name, value in self.settings.items() if value is not None).encode()

    def tree(self):
        """The initramfs of the image, and what a look from inside needs."""
        made = tree(self.machine, self.firmware.read_bytes(), self.configuration, self.server.ca.read_bytes(), self.made)
        if self.inside:
            shell = SHELLS / f"busybox-{self.machine.architecture}"
            made.file("/bin/ward", self.firmware.read_bytes(), 0o755)
            made.file("/bin/busybox", shell.read_bytes(), 0o755)
            made.file("/bin/inside", INSIDE.encode())
            made.character_device("/dev/null", 1, 3, 0o666)
            made.file("/init", PRELUDE.encode(), 0o755)
        return made

    def start(self, words="", **options):
        """Starts the machine; does not wait for anything."""
        self.emulation = Emulation(self.machine, self.tree(), f"loglevel=1 {words}".strip(), state=4 << 20, **options)
        return self

    async def wired(self):
        """Its control and its pins, for this loop."""
        await self.emulation.wire()
        self.control, self.pins = self.emulation.control, self.emulation.pins

    def unwired(self):
        self.emulation.unwire()

    async def log(self, pattern, limit=60):
        """Waits for the next line of the console that matches; returns it."""
        return (await self.emulation.says(pattern, limit)).string

    async def online(self, limit=60):
        await self.log(ONLINE, limit)

    @property
    def process(self):
        return self.emulation

    @property
    def running(self):
        """Whether the machine is on."""
        return self.emulation is not None and self.emulation.running

    @property
    def lines(self):
        return self.emulation.lines

    def log_text(self):
        return "\n".join(self.emulation.lines.since()) if self.emulation else ""

    async def warm(self, millidegrees):
        """What the thermometer feels."""
        await self.control.ask("qom-set", path="/machine/peripheral/t0", property="temperature", value=millidegrees)

    async def memory(self):
        """{process: {words of smaps_rollup: kB}} of the firmware's processes, and the seconds since the kernel's start."""
        self.emulation.tell("memory")
        found = {}
        while True:
            process, rest = (await self.emulation.says(r"^memory (\S+) (.*)$")).groups()
            if process == "end":
                if not found:
                    raise RuntimeError("the firmware is not among the machine's processes")
                return found, float(rest)
            pairs = (word.split(":") for word in rest.split() if ":" in word)
            found[int(process)] = {name: int(value) for name, value in pairs if value.isdigit()}

    async def mappings(self):
        """What the firmware's own process has mapped: [(resident, private, permissions and name)], kB."""
        self.emulation.tell("mappings")
        found = []
        while (words := (await self.emulation.says(r"^mapping (.*)$")).group(1).split(maxsplit=2)) != ["end"]:
            found.append((int(words[0]), int(words[1]), words[2]))
        return found

    def kill(self):
        if self.emulation:
            self.emulation.end()
            self.emulation = None

    remove = kill
