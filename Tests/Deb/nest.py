"""A real systemd in namespaces of its own, over a layer of this machine's files: see nest.sh."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Integration"))

from lines import tied      # noqa: E402


class NoNest(Exception):
    """This machine does not let a systemd run in namespaces; the words are why."""


class Nest:
    """Up from its making to its `end`. `run` runs a program in it."""

    def __init__(self, package):
        self._folder = tempfile.TemporaryDirectory(prefix="ward-nest-")
        self._log = open(Path(self._folder.name).with_suffix(".log"), "w+b", buffering=0)
        self._outside = subprocess.Popen(
            tied(["unshare", "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--fork", "--kill-child",
                  "/bin/bash", str(HERE / "nest.sh"), self._folder.name, str(package)]),
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        try:
            self._await_systemd()
        except BaseException:
            self.end()
            raise

    def _await_systemd(self):
        end = time.monotonic() + 30
        children = Path(f"/proc/{self._outside.pid}/task/{self._outside.pid}/children")
        while time.monotonic() < end and self._outside.poll() is None:
            inside = children.read_text().split()
            if inside:
                self._inside = inside[0]
                done = self.run("systemctl", "is-system-running", "--wait", limit=30)
                if done.stdout.strip() in ("running", "degraded"):
                    return
            time.sleep(0.1)     # for the one thing that tells nobody when it is there: systemd's socket
        self._log.seek(0)
        raise NoNest("no systemd came up in namespaces of its own: " + " ".join(self._log.read().decode(errors="replace").split()))

    def run(self, *command, limit=60, input=None):
        """Runs a program in there; the completed process, with what it said on both streams together."""
        return subprocess.run(["nsenter", "-t", self._inside, "-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w", "env", "-i",
                               "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", *command],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit,
                              **({"input": input} if input is not None else {"stdin": subprocess.DEVNULL}))

    def does(self, *command, **options):
        """As `run`, of what must not fail; what it said."""
        done = self.run(*command, **options)
        if done.returncode:
            raise AssertionError(f"{' '.join(command)}: {done.returncode}: {done.stdout}")
        return done.stdout

    def write(self, path, content, mode="600"):
        self.does("install", "-D", "-m", mode, "/dev/stdin", path, input=content)

    def end(self):
        self._outside.kill()    # and with it all that is in there
        self._outside.wait()
        self._log.close()
        Path(self._log.name).unlink(missing_ok=True)
        self._folder.cleanup()
