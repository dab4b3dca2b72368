"""What is flashed or booted: the firmware as the first process, with all that it needs beside it.

The same input makes the same bytes. The layout is what the firmware expects as PID 1: itself as
/init, /etc/ward.conf, /etc/ward-ca.pem, /etc/ward.modules and /etc/ward.time.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from initramfs import Tree
from machines import Unusable

CONFIGURATION, AUTHORITIES, MODULES, TIME = "/etc/ward.conf", "/etc/ward-ca.pem", "/etc/ward.modules", "/etc/ward.time"
SECTOR = 512
MIB = 1 << 20
NUMBER = "57415244"     # of the FAT volume and of the card; any other would do as well


def tree(machine, firmware, configuration, authorities, time, files=(), modules=()):
    """What is in the initramfs. `files` are more of them, (path there, content, mode); `modules` more drivers."""
    tree = Tree()
    for path in ("/dev", "/proc", "/sys", "/run", "/var"):
        tree.folder(path)
    tree.folder("/tmp", 0o1777)
    # The kernel opens it for the first process before anything is mounted.
    tree.character_device("/dev/console", 5, 1)
    tree.file("/init", firmware, 0o755)
    tree.file(CONFIGURATION, configuration, 0o600)
    tree.file(AUTHORITIES, authorities)
    tree.file(TIME, b"%d\n" % time)
    found = machine.modules(modules)
    for path, file in found:
        tree.file(f"/lib/modules/{path}", file.read_bytes())
    tree.file(MODULES, "".join(f"/lib/modules/{path}\n" for path, _ in found).encode())
    for path, content, mode in files:
        tree.file(path, content, mode)
    return tree


def append(machine, words=""):
    """The kernel's command line."""
    return f"console={machine.console} panic=10 quiet {words}".strip()


EXTLINUX = """\
default ward
timeout 1
label ward
  kernel /kernel
  fdt /device-tree.dtb
  initrd /initramfs
  append {append}
"""


def card(folder, append, time, state_size):
    """Makes card.img of what is in the folder: partition 1 is for U-Boot (FAT, extlinux.conf), 2 for the state."""
    for program, package in (("mkfs.vfat", "dosfstools"), ("mcopy", "mtools"), ("sfdisk", "fdisk")):
        if not shutil.which(program, path=_path()):
            raise Unusable(f"{program} is missing: apt-get install {package}")
    with tempfile.TemporaryDirectory(dir=folder) as work:
        work = Path(work)
        names = ("kernel", "device-tree.dtb", "initramfs")
        for name in names:
            shutil.copyfile(folder / name, work / name)
        (work / "extlinux").mkdir()
        (work / "extlinux" / "extlinux.conf").write_text(EXTLINUX.format(append=append))
        for path in work.rglob("*"):
            os.utime(path, (time, time))
        # Twice what is needed, so that a next version can be put beside this one.
        boot_size = max(16, 2 * (sum(path.stat().st_size for path in work.rglob("*")) // MIB + 1))
        state_begins = (1 + boot_size) * MIB
        whole = SECTOR
        while whole < state_begins + state_size * MIB:
            whole *= 2      # QEMU takes cards of such sizes only; on a real one the rest stays free
        image, boot = folder / "card.img.new", work / "boot"
        for path, size in ((image, whole), (boot, boot_size * MIB)):
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.truncate(size)
        _run("mkfs.vfat", "--invariant", "-i", NUMBER, "-n", "WARD", "-F", "32" if boot_size > 64 else "16", boot, time=time)
        _run("mcopy", "-Q", "-m", "-s", "-i", boot, *(work / name for name in (*names, "extlinux")), "::/", time=time)
        # Onto the card, and only where there is something: a sparse file stays one.
        with open(boot, "rb") as source, open(image, "r+b") as target:
            target.seek(MIB)
            while block := source.read(MIB):
                if block.count(0) == len(block):
                    target.seek(len(block), os.SEEK_CUR)
                else:
                    target.write(block)
        _run("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", image, time=time, input=(
            f"label: dos\nlabel-id: 0x{NUMBER}\nunit: sectors\n"
            f"start={MIB // SECTOR}, size={boot_size * MIB // SECTOR}, type={'c' if boot_size > 64 else 'e'}, bootable\n"
            f"start={state_begins // SECTOR}, size={state_size * MIB // SECTOR}, type=da\n"))
        os.replace(image, folder / "card.img")
    return whole


def _path():
    return os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def _run(*command, time, input=""):
    """A program of the card's, for which it is always the same time, in one zone."""
    done = subprocess.run([str(word) for word in command], input=input, capture_output=True, text=True,
                          env={"PATH": _path(), "SOURCE_DATE_EPOCH": str(time), "TZ": "UTC", "LC_ALL": "C", "MTOOLS_SKIP_CHECK": "1"})
    if done.returncode:
        raise Unusable(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")


def write(path, content, mode=0o644):
    """A file, whole or not at all."""
    new = path.with_name(path.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
    os.replace(new, path)
