"""The firmware under test: started with a configuration of its own, watched through its log.

It runs as it is when it was built for this machine, and through QEMU's user mode emulation
when it was built for another.
"""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from lines import Lines, tied
from sysfs import Sysfs

EMULATORS = {0x28: ("qemu-arm-static", "armhf"), 0xB7: ("qemu-aarch64-static", "arm64")}
NATIVE = {"x86_64": 0x3E, "aarch64": 0xB7, "armv7l": 0x28}


class Firmware:
    """A program file, and how it is run on this machine."""

    def __init__(self, path):
        self.path = Path(path).resolve()
        head = self.path.open("rb").read(20)
        if head[:4] != b"\x7fELF":
            raise ValueError(f"{path} is not an ELF program")
        machine = int.from_bytes(head[18:20], "little")
        self.emulated = NATIVE.get(os.uname().machine) != machine
        self.command = [str(self.path)]
        if self.emulated:
            if machine not in EMULATORS:
                raise ValueError(f"{path} is for a machine (ELF number {machine}) that cannot be emulated here")
            emulator, _ = EMULATORS[machine]
            if not shutil.which(emulator):
                raise RuntimeError(f"{emulator} is missing: apt-get install qemu-user-static")
            self.command = [emulator, *self.command]
        self.patience = 4 if self.emulated else 1   # how much longer its answers may take


class Thing:
    """One Thing: its configuration, its state, its /sys, and the process while it runs."""

    def __init__(self, firmware, server, jid, password, /, parent=None, folder=None, sysfs=True, **settings):
        self.firmware = firmware
        self.jid = jid
        self.password = password
        self.folder = Path(folder or tempfile.mkdtemp(prefix="ward-thing-"))
        self.config = self.folder / "ward.conf"
        self.state = self.folder / "state"
        self.sysfs = Sysfs(self.folder / "sys") if sysfs else None
        self.settings = {"jid": jid, "password-file": str(self.folder / "password"), "server": server.address,
                         "ca": str(server.ca), "state": str(self.state), "log": "debug"}
        if parent:
            self.settings["parent"] = parent
        if self.sysfs:
            self.settings["sysfs"] = str(self.sysfs.root)
        self.settings.update({name.replace("_", "-"): value for name, value in settings.items()})
        self.process = None
        self.lines = None
        self.mark = 0
        self.history = []
        self.write()

    def write(self, **changes):
        """Writes the configuration again, with changed settings; None removes one."""
        self.settings.update({name.replace("_", "-"): value for name, value in changes.items()})
        password = self.folder / "password"
        password.write_text(self.password + "\n")
        password.chmod(0o600)
        self.config.write_text("".join(f"{name} = {value}\n" for name, value in self.settings.items()
                                       if value is not None))

    @property
    def resource(self):
        return self.settings.get("resource", "ward")

    @property
    def full(self):
        return f"{self.jid}/{self.resource}"

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def start(self, *arguments, echo=None):
        """Starts the program; does not wait for anything."""
        if self.lines:
            self.history += self.lines.since()
        self.process = subprocess.Popen(
            tied([*self.firmware.command, *(arguments or ("--config", str(self.config)))]),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin"}, cwd=self.folder)
        self.lines = Lines(self.process.stderr, echo)
        self.mark = 0
        return self

    async def log(self, pattern, limit=8):
        """Waits for the next line of the log that matches, after the one found last; returns the line."""
        index, match = await self.lines.expect(pattern, limit * self.firmware.patience, self.mark, "line of the log")
        self.mark = index + 1
        return match.string

    def logged(self, pattern):
        """How many lines of the log match."""
        return sum(1 for line in self.lines.since() if re.search(pattern, line))

    async def ended(self, limit=10):
        """Waits until the program ends; returns its exit status."""
        async with asyncio.timeout(limit * self.firmware.patience):
            status = await asyncio.to_thread(self.process.wait)
        self.lines.finish()
        return status

    def signal(self, which):
        self.process.send_signal(which)

    async def stop(self):
        """SIGTERM, and the exit status."""
        if self.running:
            self.signal(signal.SIGTERM)
        return await self.ended()

    def kill(self):
        """SIGKILL: what a power cut is to a program."""
        if self.running:
            self.process.kill()
        if self.process:
            self.process.wait()
            self.lines.finish()

    def log_text(self):
        return "\n".join(self.history + (self.lines.since() if self.lines else []))

    def run(self, *arguments, limit=20):
        """Runs the program to its end with other arguments; returns the completed process."""
        return subprocess.run([*self.firmware.command, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=limit * self.firmware.patience, cwd=self.folder,
                              env={"PATH": "/usr/bin:/bin"})

    def processes(self):
        """The ids of the program's processes: the one started, and its children."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split()]
        return found

    def remove(self):
        """Ends the program if it runs, and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Provisioned(Thing):
    """A Thing as Tools/provision made it: with a configuration and a state of its own, and no account yet.

    Its configuration names the state by a path of its folder: `state = state`.
    """

    def __init__(self, firmware, folder):
        self.firmware = firmware
        self.folder = Path(folder)
        self.config = self.folder / "ward.conf"
        self.state = self.folder / "state"
        self.sysfs = self.jid = self.process = self.lines = None
        self.settings, self.history, self.mark = {}, [], 0
        # What must not be in its log: it has this in place of a password that we know.
        self.password = re.search(r"KEY:(\w+)", (self.folder / "sticker.txt").read_text())[1]

    def write(self, **changes):
        raise NotImplementedError("its configuration is the factory's")

    async def account(self, limit=10):
        """Waits until it has logged in to the account that it made, and returns its bare address."""
        words = await self.log(r"logged in as \S+@\S+/\S+", limit)
        self.jid, _, self.settings["resource"] = re.search(r"logged in as (\S+)", words)[1].partition("/")
        return self.jid
