#!/usr/bin/python3
"""Cuts the power where it hurts: see Tests/PowerCut/run --help."""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

from machine import DISK, logged, plain, run      # noqa: E402
from writelog import SECTOR, cuts, read           # noqa: E402

MIB = 1 << 20
BEGUN, KEPT = 1, 2
OWNER = re.compile(rb"owner-(\d{6})")


class Workload:
    """Records kept on one disk, by the machine: what it looked like before, and all that was written to it."""

    def __init__(self, options, folder, name, size, count, prepare, mounting="", unmounting="", place=DISK, broken=False):
        self.name, self.size = name, size
        disk, log = folder / f"{name}.img", folder / f"{name}.log"
        for path, length in ((disk, size + MIB), (log, 0)):
            with path.open("wb") as file:
                file.truncate(length)
        prepare(disk)
        self.image = disk.read_bytes()
        block = size // SECTOR      # the marks go behind what the store has
        began = time.monotonic()
        said = run(f"{mounting}\nPowerCut write {place} {count} {DISK} {block}{' --break' if broken else ''}\n{unmounting}",
                   options.program, options.busybox, logged(disk, log), 180)
        if "done" not in said:
            raise SystemExit("\n".join(["powercuts: the machine did not keep all records; its console:", *said[-30:]]))
        self.seconds = time.monotonic() - began
        self.writes = read(log)
        self.marks = []             # (writes before it, kind, number)
        for index, write in enumerate(self.writes):
            if write.offset == size and write.data.startswith(b"WARDMARK"):
                self.marks.append((index, int.from_bytes(write.data[8:12], "little"), int.from_bytes(write.data[12:16], "little")))
        if [number for _, kind, number in self.marks if kind == KEPT] != list(range(1, count + 1)):
            raise SystemExit("powercuts: the log of writes lacks marks")

    def cuts(self, number, chance, piece=SECTOR):
        """So many disks as a power cut may leave them, and where each was cut."""
        last = self.marks[-1][0] + 1
        places = sorted(chance.randrange(last + 1) for _ in range(number))
        return cuts(self.image, self.writes, places, chance, piece)

    def judge(self, place, found):
        """What is wrong with what was found behind a cut; None for nothing."""
        begun = max((number for index, kind, number in self.marks if index < place and kind == BEGUN), default=0)
        kept = max((number for index, kind, number in self.marks if index < place and kind == KEPT), default=0)
        # Half of the very first record cannot be told from a damaged one: it is set aside, and nothing is lost by that.
        nothing = found == "nothing" or found == "set aside" and not kept
        held = 0 if nothing else int(found[6:]) if re.fullmatch(r"holds \d+", found) else None
        if held is not None and kept <= held <= begun:
            return None
        return f"{self.name}: cut behind write {place} of {len(self.writes)}: {found}, where {kept} was acknowledged and {begun} begun"


def slots(options, folder, chance, number, count=250, broken=False):
    """A bare medium. Every disk is looked at here, with the same program built for this machine."""
    load = Workload(options, folder, "broken" if broken else "slots", MIB, count, lambda disk: None, broken=broken)
    failures = []
    medium = folder / "medium"
    for place, image in load.cuts(number, chance):
        medium.write_bytes(image)
        medium.chmod(0o600)
        done = subprocess.run([options.native, "check", medium], capture_output=True, text=True)
        found = (done.stdout.splitlines() or ["no answer"])[-1]
        wrong = load.judge(place, found)
        if not wrong and found.startswith("holds"):
            owner = int(found[6:]) // 7
            older = {int(match) - 100_000 for match in OWNER.findall(medium.read_bytes()[:load.size])}
            if older and min(older) < owner:
                wrong = f"{load.name}: cut behind write {place}: owner {owner} has it, and {min(older)} is still to be read there"
        failures += [wrong] if wrong else []
    return load, failures


def files(options, folder, chance, number, count=80):
    """A file system, which the machine's own kernel repairs: many disks at once, as partitions of one.

    No disk tears a block of the file system: Linux 6.1 takes half a commit block of the journal for damage, and does not
    mount what has it before e2fsck has been there ("Structure needs cleaning"). That is for the medium to promise.
    """
    size, block = 10 * MIB, 4096

    def prepare(disk):
        subprocess.run([which("mkfs.ext4"), "-q", "-F", "-b", str(block), "-m", "0", "-J", "size=4",
                        "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", disk, f"{size // 1024}k"], check=True)

    load = Workload(options, folder, "ext4", size, count, prepare, f"mount -t ext4 {DISK} /state", "umount /state", "/state")
    disk, places = folder / "cut.img", []
    with disk.open("wb") as file:
        file.truncate((number + 2) * size)
        for index, (place, image) in enumerate(load.cuts(number, chance, block)):
            places.append(place)
            for start in range(0, size, 65536):
                if any(part := image[start:start + 65536]):
                    file.seek((index + 1) * size + start)
                    file.write(part)
    table = "".join(f"start={(index + 1) * size // SECTOR}, size={size // SECTOR}\n" for index in range(number))
    subprocess.run([which("sfdisk"), "--quiet", "--no-reread", "--no-tell-kernel", disk], input="label: gpt\nunit: sectors\n" + table,
                   capture_output=True, text=True, check=True)
    said = run(f"for i in $(seq {number}); do mount -t ext4 {DISK}$i /state 2>&1 && echo cut $i $(PowerCut check /state) && umount /state; done",
               options.program, options.busybox, plain(disk), 180)
    found = dict(re.findall(r"^cut (\d+) (.*)$", "\n".join(said), re.M))
    failures = [load.judge(place, found.get(str(index), "no file system")) for index, place in enumerate(places, 1)]
    failures = [wrong for wrong in failures if wrong]
    if failures:
        failures += [line for line in said if "EXT4-fs error" in line][:5]
    return load, failures


def which(program):
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise SystemExit(f"powercuts: {program} is missing: apt-get install {'e2fsprogs' if 'mkfs' in program else 'fdisk'}")
    return found


def main():
    parser = argparse.ArgumentParser()
    for name in ("program", "native", "busybox"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--slots", type=int, default=300)
    parser.add_argument("--files", type=int, default=100)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    failed = passed = 0
    with tempfile.TemporaryDirectory(prefix="ward-powercuts-") as folder:
        folder = Path(folder)
        for kind, number in ((slots, options.slots), (files, options.files)):
            if not number:
                continue
            load, failures = kind(options, folder, random.Random(f"{options.seed} {kind.__name__}"), number)
            print(f"{load.name}: {load.marks[-1][2]} records in {len(load.writes)} writes and flushes, {number} cuts, {len(failures)} wrong")
            print(*failures[:20], sep="\n", end="\n" if failures else "")
            failed += len(failures)
            passed += number - len(failures)
        # The same, with a kernel that does not flush: were that not noticed, nothing above would mean anything.
        load, failures = slots(options, folder, random.Random(options.seed), 40, count=40, broken=True)
        print(f"without fdatasync: 40 cuts, {len(failures)} wrong, as it should be" if failures
              else "a store that does not wait for the medium was not caught")
        failed, passed = failed + (not failures), passed + bool(failures)
    if failed:
        print(f"again with: Tests/PowerCut/run --seed {options.seed}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
