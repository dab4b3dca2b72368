"""One emulated machine, from its start to its end: its console as lines, its control and its pins."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests" / "Integration"), str(ROOT / "Tools" / "lib")]

from emulator import command        # noqa: E402
from images import append, write    # noqa: E402
from lines import Lines, tied       # noqa: E402
from machines import Machine        # noqa: E402, F401   (tests have it from here)
from wires import Control, Pins     # noqa: E402


class Emulation:
    """QEMU with a machine's kernel and the tree of an initramfs (Tools/lib/images.py)."""

    def __init__(self, machine, tree, words="", state=0, echo=None, **options):
        self.machine = machine
        self._folder = tempfile.TemporaryDirectory(prefix="ward-machine-")
        folder = self.folder = Path(self._folder.name)
        write(folder / "initramfs", tree.archive(), 0o600)
        os.symlink(machine.kernel, folder / "kernel")
        if machine.device_tree_name:
            write(folder / "device-tree.dtb", machine.device_tree())
        if state:
            self.card = folder / "card"
            with self.card.open("wb") as file:
                file.truncate(state)
            options["card"] = self.card
        self._process = subprocess.Popen(
            tied(command(machine, folder, append(machine, words), control=folder / "control", pins=folder / "pins", **options)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines = Lines(self._process.stdout, echo)
        self.mark = 0
        self._open = contextlib.ExitStack()     # the wires; they belong to one event loop

    async def wire(self):
        """Connects to control and pins, which are there once the console has spoken."""
        await self.lines.expect(r"", 60, what="line of the console")
        self.control = await Control(self.folder / "control").open()
        self._open.callback(self.control.close)
        self.pins = await Pins(self.folder / "pins").open()
        self._open.callback(self.pins.close)
        return self

    def unwire(self):
        self._open.close()

    @property
    def running(self):
        return self._process.poll() is None

    def tell(self, word):
        """A line into the console."""
        self._process.stdin.write(word.encode() + b"\n")
        self._process.stdin.flush()

    async def says(self, pattern, limit=30):
        """Waits for the next line of the console that matches; returns the match."""
        index, match = await self.lines.expect(pattern, limit, self.mark, "line of the console")
        self.mark = index + 1
        return match

    async def ended(self, limit=30):
        """Waits until QEMU has ended by itself; its exit status."""
        async with asyncio.timeout(limit):
            return await asyncio.to_thread(self._process.wait)

    def end(self):
        with contextlib.suppress(RuntimeError):     # a loop that has closed already closed them
            self._open.close()
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self.lines.finish()
        self._folder.cleanup()
