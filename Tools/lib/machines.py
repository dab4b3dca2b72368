"""The machines that images are made for, as Tools/image.d describes them, and Debian's kernel for each."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTIONS = ROOT / "Tools" / "image.d"
ONE, MANY = ("architecture", "board", "kernel", "device-tree", "console"), ("property", "module")


class Unusable(Exception):
    """What cannot be made of what was given; the words say why."""


def names():
    return sorted(path.name for path in DESCRIPTIONS.iterdir() if re.fullmatch(r"[a-z][a-z0-9-]*", path.name))


class Machine:
    """One of them. `fetch` brings its kernel; what is asked of it afterwards is in its folder."""

    def __init__(self, name):
        if name not in names():
            raise Unusable(f"there is no machine \"{name}\": it is one of {', '.join(names())}")
        self.name = name
        said = {key: [] for key in ONE + MANY}
        for number, line in enumerate((DESCRIPTIONS / name).read_text().splitlines(), 1):
            key, _, rest = line.partition("#")[0].strip().partition(" ")
            if key and (key not in said or key in ONE and said[key]):
                raise Unusable(f"Tools/image.d/{name}, line {number}: {key}")
            if key:
                said[key].append(rest.strip())
        self.architecture, self.board, self.package, tree, self.console = (" ".join(said[key]) for key in ONE)
        self.device_tree_name = tree or None
        self.properties = [line.split() for line in said["property"]]
        self.drivers = [name for line in said["module"] for name in line.split()]
        self.folder = ROOT / ".build" / "kernels" / self.architecture

    @property
    def firmware(self):
        """The program for it, as Tools/build leaves it."""
        board = "" if self.board == "GenericLinux" else f"-{self.board}"
        return ROOT / ".build" / "firmware" / f"ward{board}-{self.architecture}"

    def fetch(self, newest=False):
        """Brings the kernel, where it is not there yet; what it says goes to standard error."""
        command = ["bash", str(ROOT / "Tools" / "lib" / "kernel.sh"), *(["--newest"] if newest else []),
                   self.architecture, self.package, str(self.folder)]
        if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode:
            raise Unusable(f"Debian's kernel for {self.architecture} could not be had (see above)")
        return self

    @property
    def version(self):
        """The kernel's package and its version."""
        return (self.folder / "version").read_text().strip()

    @property
    def kernel(self):
        return self.folder / "kernel"

    def device_tree(self):
        """Debian's, with the properties that the machine needs added; None where the machine brings its own."""
        if not self.device_tree_name:
            return None
        if not shutil.which("fdtput"):
            raise Unusable("fdtput is missing: apt-get install device-tree-compiler")
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "dtb"
            shutil.copyfile(self.folder / "device-trees" / self.device_tree_name, copy)
            for node, *name in self.properties:
                done = subprocess.run(["fdtput", str(copy), node, *name], capture_output=True, text=True)
                if done.returncode:
                    raise Unusable(f"the device tree does not take {' '.join(name)}: {done.stderr.strip()}")
            return copy.read_bytes()

    def modules(self, more=()):
        """The files of the drivers' modules and of all that they need, in the order in which they can be loaded:
        [(path below /lib/modules, file)]."""
        modules = self.folder / "lib" / "modules"
        release = next(modules.iterdir())
        needs, builtin = {}, set()
        for line in (release / "modules.dep").read_text().splitlines():
            module, _, others = line.partition(":")
            # The nearest stand first there; each is to come after all that it needs.
            needs[_name(module)] = (module, [_name(other) for other in others.split()])
        for line in (release / "modules.builtin").read_text().splitlines():
            builtin.add(_name(line))
        order = []

        def add(name):
            if name in needs:
                for other in reversed(needs[name][1]):
                    add(other)
                if needs[name][0] not in order:
                    order.append(needs[name][0])
            elif name not in builtin:
                raise Unusable(f"{self.version} has no module {name}")

        for driver in (*self.drivers, *more):
            add(driver.replace("-", "_"))
        return [(f"{release.name}/{module}", release / module) for module in order]


def _name(path):
    """A module's name as the kernel spells it."""
    return path.rpartition("/")[2].removesuffix(".ko").replace("-", "_")
