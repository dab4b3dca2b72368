"""The machine that records are kept on: Debian's kernel, a shell, the program, and a disk whose writes are logged."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tools" / "lib"), str(ROOT / "Tests" / "Integration")]

from emulator import command        # noqa: E402
from images import append, write    # noqa: E402
from initramfs import Tree          # noqa: E402
from lines import tied              # noqa: E402
from machines import Machine        # noqa: E402

DISK = "/dev/vda"

# Only as the first process of a machine: it mounts what a machine has.
INIT = """\
#!/bin/busybox sh
[ $$ = 1 ] || exit 1
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod $module; done </modules
until [ -b /dev/vda ]; do usleep 10000; done
{work}
sync
poweroff -f
"""


def logged(image, log):
    """A disk that QEMU logs the writes of."""
    return ["-blockdev", f"driver=file,node-name=df,filename={image}", "-blockdev", "driver=raw,node-name=dr,file=df",
            "-blockdev", f"driver=file,node-name=lf,filename={log}",
            "-blockdev", "driver=blklogwrites,node-name=card,file=dr,log=lf,log-super-update-interval=1",
            "-device", "virtio-blk-device,drive=card"]


def plain(image):
    return ["-drive", f"if=none,id=card,file={image},format=raw,cache=unsafe", "-device", "virtio-blk-device,drive=card"]


def run(work, program, busybox, disk, limit):
    """Boots, does the work, and answers what the console said, by lines."""
    machine = Machine("virt").fetch()
    tree = Tree()
    for name in ("/bin", "/dev", "/proc", "/sys", "/state"):
        tree.folder(name)
    tree.character_device("/dev/console", 5, 1)
    tree.file("/init", INIT.format(work=work).encode(), 0o755)
    tree.file("/bin/busybox", Path(busybox).read_bytes(), 0o755)
    tree.file("/bin/PowerCut", Path(program).read_bytes(), 0o755)
    modules = machine.modules()
    for path, file in modules:
        tree.file(f"/{path}", file.read_bytes())
    tree.file("/modules", "".join(f"/{path}\n" for path, _ in modules).encode())
    with tempfile.TemporaryDirectory(prefix="ward-cut-") as folder:
        folder = Path(folder)
        write(folder / "initramfs", tree.archive(), 0o600)
        (folder / "kernel").symlink_to(machine.kernel)
        words = command(machine, folder, append(machine, "loglevel=1"), network=False, more=["-no-reboot", "-monitor", "none", *disk])
        done = subprocess.run(tied(words), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=limit)
    return [line.rstrip("\r") for line in done.stdout.split("\n")] + done.stderr.splitlines()
