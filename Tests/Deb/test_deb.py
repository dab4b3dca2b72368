#!/usr/bin/python3
"""The packages that Tools/deb makes: what is in them, and that they do what they are for under a real systemd."""

import filecmp
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

from nest import Nest, NoNest   # noqa: E402
from recipes import RECIPES, Recipes     # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / ".build" / "firmware"
MACHINES = {"host": ("amd64", 62), "arm64": ("arm64", 183), "armhf": ("armhf", 40)}    # and what the ELF header calls it
# The exposure that systemd-analyze sees, 0 to 10: what is left is the network, the two groups and their devices.
EXPOSURE = 1.4

CONFIGURATION = """\
jid = thing@example.test
server = 127.0.0.1:5222
ca = /etc/ward-ca.pem
"""

EXPECTED = {
    "usr/bin/ward": 0o755,
    "lib/systemd/system/ward.service": 0o644,
    "lib/udev/rules.d/60-ward.rules": 0o644,
    "usr/lib/sysusers.d/ward.conf": 0o644,
    "usr/share/man/man1/ward.1.gz": 0o644,
    "usr/share/doc/ward/copyright": 0o644,
    "usr/share/doc/ward/changelog.gz": 0o644,
    "usr/share/doc/ward/examples/ward.conf": 0o644,
}

# What lintian says, and why it stays.
ACCEPTED = {
    "statically-linked-binary": "that is the point of it",
    "bogus-mail-host": "who packs gives an address by DEBEMAIL; the sources have none",
    "bogus-mail-host-in-debian-changelog": "the same",
    "maintainer-script-calls-systemctl": "the tools of Debian's own packages are not on every derivative",
    "running-with-root": "",
}


def packed(target, folder):
    done = subprocess.run([ROOT / "Tools" / "deb", "--output", folder, target], capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(done.stderr)
    return next(Path(folder).glob(f"ward_*_{MACHINES[target][0]}.deb"))


class Package(unittest.TestCase):
    """What can be seen without installing it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="ward-deb-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.packages = {target: packed(target, cls.folder.name) for target in MACHINES if (FIRMWARE / f"ward-{target}").exists()}

    def test_contents(self):
        """Each package has the files it should have, with their modes, and the program of its architecture."""
        self.assertTrue(self.packages, "there is no firmware to be packed: Tools/build host")
        for target, package in self.packages.items():
            with self.subTest(target), tempfile.TemporaryDirectory() as tree:
                subprocess.run(["dpkg-deb", "-x", package, tree], check=True)
                found = {str(path.relative_to(tree)): path.stat().st_mode & 0o7777 for path in Path(tree).rglob("*") if path.is_file()}
                self.assertEqual(found, EXPECTED)
                program = Path(tree) / "usr/bin/ward"
                self.assertTrue(filecmp.cmp(program, FIRMWARE / f"ward-{target}", shallow=False))
                self.assertEqual(int.from_bytes(program.read_bytes()[18:20], "little"), MACHINES[target][1])
                fields = subprocess.run(["dpkg-deb", "-f", package, "Architecture", "Version"], capture_output=True, text=True, check=True).stdout
                self.assertRegex(fields, rf"Architecture: {MACHINES[target][0]}\nVersion: [0-9.]+\n")
                example = (Path(tree) / "usr/share/doc/ward/examples/ward.conf").read_text()
                self.assertNotRegex(example, r"(?m)^password")

    def test_same_bytes(self):
        """Packed again, it is the same to the byte."""
        target = next(iter(self.packages))
        with tempfile.TemporaryDirectory() as folder:
            self.assertTrue(filecmp.cmp(packed(target, folder), self.packages[target], shallow=False))

    def test_unit(self):
        """systemd understands every line of the unit, and sees little that an intruder in it could reach."""
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder) / "ward.service"
            text = (ROOT / "Boards/GenericLinux/ward.service").read_text()
            unit.write_text(text.replace("ExecStart=/usr/bin/ward", "ExecStart=/bin/true"))
            analyze = "env", "-u", "SYSTEMD_LOG_LEVEL", "systemd-analyze"
            done = subprocess.run([*analyze, "verify", "--man=no", unit], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertEqual([line for line in done.stdout.splitlines() if "ward.service" in line], [])
            said = subprocess.run([*analyze, "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True).stdout
            score = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
            self.assertTrue(score, said)
            print(f"exposure {score[1]} of 10")
            self.assertLessEqual(float(score[1]), EXPOSURE)

    def test_lintian(self):
        """lintian objects to nothing but what is named here."""
        for target, package in self.packages.items():
            with self.subTest(target):
                said = subprocess.run(["lintian", "--tag-display-limit", "0", package], capture_output=True, text=True).stdout
                tags = set(re.findall(r"^[EW]: \S+ (\S+)", said.replace("ward: ", "ward "), re.M))
                self.assertEqual(tags - set(ACCEPTED), set(), said)


class Service(unittest.TestCase):
    """Installed in a system of its own, whose first process is systemd."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            try:
                cls.nest = Nest(packed("host", folder))
            except NoNest as reason:
                print(f"LEFT OUT: {reason}")
                raise unittest.SkipTest(str(reason)) from None
        cls.addClassCleanup(cls.nest.end)
        cls.nest.does("dpkg", "-i", "/ward.deb")

    def show(self, name):
        return self.nest.does("systemctl", "show", "--property", name, "--value", "ward").strip()

    def restart(self):
        self.nest.run("systemctl", "reset-failed", "ward")    # which it need not have
        self.nest.does("systemctl", "restart", "ward")

    def becomes(self, name, value, limit=30):
        end = time.monotonic() + limit
        while (now := self.show(name)) != value:
            if time.monotonic() > end:
                self.fail(f"{name} is {now}, and not {value}:\n" + self.nest.run("journalctl", "-u", "ward", "--no-pager").stdout)
            time.sleep(0.1)

    def configure(self, text=CONFIGURATION):
        authority = ROOT / "Tests" / "Integration"
        sys.path.insert(0, str(authority))
        from certificates import Authority
        with tempfile.TemporaryDirectory() as folder:
            self.nest.write("/etc/ward-ca.pem", Authority(Path(folder) / "ca", "Ward test authority").certificate.read_text(), "644")
        self.nest.write("/etc/ward.conf", text, "644")
        self.nest.write("/etc/ward.password", "a secret of two hundred words\n", "600")

    def test_1_waits_for_a_configuration(self):
        """Installed, it neither runs nor fails, and the groups are there."""
        self.assertEqual(self.show("ActiveState"), "inactive")
        self.nest.does("systemctl", "start", "ward")
        self.assertEqual(self.show("ActiveState"), "inactive")
        for group in ("i2c", "gpio"):
            self.nest.does("getent", "group", group)

    def test_2_unit(self):
        """systemd understands every line of the unit that is installed."""
        self.assertEqual(self.nest.does("systemd-analyze", "verify", "--man=no", "ward.service"), "")

    def test_2_rules(self):
        """udev reads the rules without objection, and knows the groups that are in them."""
        said = self.nest.run("udevadm", "test", "/sys/class/net/lo").stdout
        lines = [line for line in said.splitlines() if "60-ward.rules" in line]
        self.assertEqual([line.replace("/usr/lib/", "/lib/") for line in lines], ["Reading rules file: /lib/udev/rules.d/60-ward.rules"], said)

    def test_3_runs(self):
        """It runs as a user of its own with all restrictions in force, with the password that only root can read; it remembers, reloads and stops."""
        self.configure()
        self.restart()
        self.assertEqual(self.show("ActiveState"), "active")
        main = self.show("MainPID")
        status = self.nest.does("cat", f"/proc/{main}/status")
        self.assertNotRegex(status, r"(?m)^Uid:\t0")
        self.assertRegex(status, r"(?m)^NoNewPrivs:\t1$")
        self.assertRegex(status, r"(?m)^Seccomp:\t2$")
        for kind in ("Eff", "Prm", "Bnd", "Amb"):
            self.assertRegex(status, rf"(?m)^Cap{kind}:\t0+$")
        groups = {self.nest.does("getent", "group", name).split(":")[2] for name in ("i2c", "gpio")}
        self.assertLessEqual(groups, set(re.search(r"(?m)^Groups:\t(.*)$", status)[1].split()))
        mounts = self.nest.does("cat", f"/proc/{main}/mountinfo")
        self.assertRegex(mounts, r"(?m) /usr/?\S* ro\b| / ro\b")
        before = self.show("ActiveEnterTimestampMonotonic")
        self.nest.does("systemctl", "reload", "ward")
        self.assertIn("the configuration was read again", self.journal())
        self.assertEqual((self.show("MainPID"), self.show("ActiveEnterTimestampMonotonic")), (main, before))
        self.assertEqual(self.nest.does("stat", "-c", "%a", "/var/lib/private/ward").strip(), "700")
        self.nest.does("test", "-s", "/var/lib/ward/ward.state")
        self.nest.does("systemctl", "stop", "ward")
        self.assertEqual((self.show("ActiveState"), self.show("Result"), self.show("ExecMainStatus")), ("inactive", "success", "0"))
        self.nest.does("systemctl", "start", "ward")
        self.assertEqual(self.show("ActiveState"), "active")
        self.assertNotIn("error: ", self.journal())

    def journal(self):
        return self.nest.does("journalctl", "-u", "ward", "--no-pager", "-o", "cat")

    def test_3_devices(self):
        """Within the service's walls the groups' devices can be used, and no device that it does not name, even if all may."""
        self.configure()
        # Of the same kind as /dev/null, which every service may use; and as /dev/tty, which this one may not.
        self.nest.does("sh", "-c", "mknod -m 660 /dev/i2c-9 c 1 3 && chgrp i2c /dev/i2c-9 && mknod -m 666 /dev/stranger c 5 0")
        self.nest.write("/run/systemd/system/ward.service.d/look.conf", """\
[Service]
Type=oneshot
Restart=no
ExecStart=
ExecStart=/bin/sh -c 'for file in i2c-9 stranger null; do (echo >/dev/$file) && echo may use $file; done; touch /etc/new /usr/new /home/new'
""", "644")
        self.nest.does("systemctl", "daemon-reload")
        try:
            self.nest.run("systemctl", "start", "ward")
            said = self.journal()
        finally:
            self.nest.does("rm", "-r", "/run/systemd/system/ward.service.d")
            self.nest.does("systemctl", "daemon-reload")
        self.assertEqual(re.findall(r"may use (\S+)", said), ["i2c-9", "null"], said)
        self.assertNotEqual(self.nest.run("ls", "/etc/new", "/usr/new", "/home/new").returncode, 0)
        self.assertEqual(said.count("Read-only file system") + said.count("Permission denied"), 3, said)

    def test_4_mistakes(self):
        """A mistake in the configuration is in the journal, and nobody tries again and again."""
        self.configure(CONFIGURATION + "nonsense = 1\n")
        self.nest.run("systemctl", "restart", "ward")
        self.becomes("ActiveState", "failed")
        self.assertEqual(self.show("ExecMainStatus"), "78")
        self.assertIn("nonsense", self.journal())
        self.assertEqual(self.show("NRestarts"), "0")

    def test_5_watchdog(self):
        """A program that hangs is killed by the watchdog and started again; one that runs is left alone."""
        self.configure()
        self.nest.write("/etc/systemd/system/ward.service.d/quick.conf", "[Service]\nWatchdogSec=5s\nRestartSec=100ms\n", "644")
        self.nest.does("systemctl", "daemon-reload")
        self.restart()
        main = self.show("MainPID")
        end = time.monotonic() + 11
        while time.monotonic() < end:
            self.assertEqual((self.show("MainPID"), self.show("NRestarts")), (main, "0"), self.journal())
            time.sleep(0.5)
        self.nest.does("kill", "-STOP", main)
        self.becomes("NRestarts", "1")
        self.becomes("ActiveState", "active")
        self.assertNotEqual(self.show("MainPID"), main)
        self.assertIn("watchdog", self.nest.does("journalctl", "--no-pager", "-o", "cat").lower())

    def test_6_without_systemd(self):
        """Buildroot's script for busybox init starts, keeps, reloads and stops it."""
        self.nest.run("systemctl", "stop", "ward")
        self.configure(CONFIGURATION + "password-file = /etc/ward.password\nstate = /tmp/state\n")
        script = "/tmp/S60ward"
        self.nest.write(script, (RECIPES / "buildroot/package/ward/S60ward").read_text(), "755")

        def programs():
            return self.nest.run("pgrep", "-x", "ward").stdout.split()

        def until(true, what):
            end = time.monotonic() + 20
            while not true():
                self.assertLess(time.monotonic(), end, what + self.nest.run("journalctl", "-t", "ward", "--no-pager").stdout)
                time.sleep(0.1)

        self.nest.does("busybox", "sh", script, "start")
        until(programs, "it does not start")
        first = programs()
        self.nest.does("kill", "-KILL", *first)
        until(lambda: programs() and programs() != first, "it is not started again")
        until(lambda: self.nest.run("test", "-e", "/tmp/state/ward.lock").returncode == 0, "it does not get on")
        self.nest.does("busybox", "sh", script, "reload")
        until(lambda: "was read again" in self.nest.does("journalctl", "-t", "ward", "--no-pager"), "it is not told")
        self.nest.does("busybox", "sh", script, "stop")
        until(lambda: not programs(), "it does not stop")

    def test_7_goes(self):
        """Removed, it is stopped and leaves what it learnt; purged, nothing of it is left."""
        self.configure()
        self.restart()
        self.nest.does("dpkg", "-r", "ward")
        self.assertNotEqual(self.nest.run("systemctl", "is-active", "ward").stdout.strip(), "active")
        self.nest.does("test", "-s", "/var/lib/private/ward/ward.state")
        self.nest.does("dpkg", "-P", "ward")
        self.assertNotEqual(self.nest.run("test", "-e", "/var/lib/private/ward").returncode, 0)
        self.assertEqual(self.nest.run("find", "/usr", "/lib/systemd", "/lib/udev", "-xdev", "-name", "*ward.*", "-newer", "/etc/hostname").stdout, "")


if __name__ == "__main__":
    names = [f"{kind.__name__}.{name}" for kind in (Package, Recipes, Service) for name in dir(kind)
             if name.startswith("test_") and (not sys.argv[1:] or any(word in f"{kind.__name__}.{name}" for word in sys.argv[1:]))]
    result = unittest.main(argv=[sys.argv[0], *names], verbosity=2, exit=False).result
    bad = len(result.failures) + len(result.errors)
    print(f"{max(result.testsRun - bad, 0)} passed, {bad} failed")
    sys.exit(1 if bad or not result.testsRun else 0)
