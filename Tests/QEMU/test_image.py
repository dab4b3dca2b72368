"""Tools/image: the same input makes the same bytes, what is in them, and what it refuses."""

import gzip
import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from board import HOST
from boarded import Boarded
from emulation import ROOT

from actors import presence             # by Tests/Integration, which emulation looks into
from certificates import Authority
from lines import Lines, tied
from words import ONLINE

FIRMWARE = Path(os.environ.get("WARD_QEMU_SABRELITE", ""))
OTHER = Path(os.environ.get("WARD_QEMU_FIRMWARE", ""))
CONFIGURATION = "domain = home.test\nca = /etc/ward-ca.pem\n"
MOMENT = 1_700_000_000


def entries(initramfs):
    """{path: (mode, owner, content)} of a cpio archive, newc."""
    data, at, found = gzip.decompress(initramfs), 0, {}
    while True:
        fields = [int(data[at + 6 + 8 * each:at + 14 + 8 * each], 16) for each in range(13)]
        begins = at + 110
        name = data[begins:begins + fields[11] - 1].decode()
        begins += fields[11]
        begins += -begins % 4
        if name == "TRAILER!!!":
            return found
        found[name] = (fields[1], fields[2:4], data[begins:begins + fields[6]])
        at = begins + fields[6]
        at += -at % 4


class Image(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.ca = Authority(self.folder / "ca", "Ward test authority").certificate
        self.configuration = self.folder / "ward.conf"
        self.configuration.write_text(CONFIGURATION)

    def make(self, output="one", *more, machine="sabrelite", firmware=FIRMWARE, moment=MOMENT):
        done = subprocess.run([ROOT / "Tools" / "image", machine, "--config", self.configuration, "--ca", self.ca, "--firmware", firmware,
                               "--time", str(moment), "--output", self.folder / output, *more],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.returncode, done.stderr

    def made(self, output="one"):
        return {path.name: path.read_bytes() for path in (self.folder / output).iterdir()}

    def test_same_bytes(self):
        """The same input makes the same bytes, however much later and by whomever; another time makes others."""
        self.assertEqual(self.make("one")[0], 0)
        began = int(time.time())
        while int(time.time()) < began + 2:     # what FAT keeps counts by two seconds
            time.sleep(0.2)
        self.addCleanup(os.umask, os.umask(0o077))
        self.assertEqual(self.make("two")[0], 0)
        self.assertEqual(self.made("one"), self.made("two"))
        self.assertEqual(set(self.made()), {"kernel", "device-tree.dtb", "initramfs", "command-line", "card.img"})
        self.assertEqual(self.make("three", moment=MOMENT + 86400)[0], 0)
        self.assertNotEqual(self.made("three")["initramfs"], self.made("one")["initramfs"])

    def test_contents(self):
        """The firmware is /init, everything is root's, secrets are his alone; modules are named in an order in which all they need is there."""
        secret = self.folder / "password"
        secret.write_text("sesame\n")
        secret.chmod(0o600)
        self.configuration.write_text(CONFIGURATION.replace("domain", "jid = me@home.test\npassword-file = /etc/secret\n#"))
        self.assertEqual(self.make("one", "--file", f"{secret}:/etc/secret", "--module", "lm75"), (0, ""))
        found = entries(self.made()["initramfs"])
        self.assertEqual({tuple(owner) for _, owner, _ in found.values()}, {(0, 0)})
        self.assertEqual(found["init"][::2], (0o100755, FIRMWARE.read_bytes()))
        self.assertEqual(found["etc/ward.conf"][::2], (0o100600, self.configuration.read_bytes()))
        self.assertEqual(found["etc/secret"][::2], (0o100600, b"sesame\n"))
        self.assertEqual(found["etc/ward.time"][2], b"%d\n" % MOMENT)
        modules = found["etc/ward.modules"][2].decode().splitlines()
        self.assertTrue(modules[-1].endswith("/lm75.ko"))
        there = set()
        for path in modules:
            module = self.folder / "module.ko"
            module.write_bytes(found[path[1:]][2])
            needs = subprocess.run(["/sbin/modinfo", "-F", "depends", module], capture_output=True, check=True)
            for need in filter(None, needs.stdout.decode().strip().split(",")):
                self.assertIn(need.replace("-", "_"), there, f"{path} stands before what it needs")
            there.add(Path(path).stem.replace("-", "_"))
        for name in ("initramfs", "card.img"):
            self.assertEqual((self.folder / "one" / name).stat().st_mode & 0o777, 0o600)

    def test_card(self):
        """On the card, U-Boot finds kernel, device tree and initramfs on the first partition; the second is empty, for the state."""
        self.assertEqual(self.make("one", "--state-size", "2", "--append", "ward.hang=5")[0], 0)
        card, made = self.folder / "one" / "card.img", self.made()
        table = json.loads(subprocess.run(["/sbin/sfdisk", "--json", card], capture_output=True, check=True).stdout)["partitiontable"]
        boot, state = table["partitions"]
        self.assertEqual((boot["start"], boot["bootable"], state["size"]), (2048, True, 4096))
        self.assertEqual(made["card.img"][state["start"] * 512:][:state["size"] * 512].strip(b"\0"), b"")
        for path, content in (("kernel", made["kernel"]), ("device-tree.dtb", made["device-tree.dtb"]), ("initramfs", made["initramfs"])):
            there = subprocess.run(["mtype", "-i", f"{card}@@1M", f"::/{path}"], capture_output=True, check=True).stdout
            self.assertEqual(there, content)
        words = subprocess.run(["mtype", "-i", f"{card}@@1M", "::/extlinux/extlinux.conf"], capture_output=True, check=True).stdout.decode()
        self.assertIn(f"append {made['command-line'].decode().strip()}", words)
        self.assertIn("ward.hang=5", words)

    def test_refused(self):
        """What would never come online is refused, with the reason and a status of its own."""
        for status, words, *more in (
                (65, "which the image does not have", {"configuration": CONFIGURATION.replace("ward-ca", "another")}),
                (65, "which the image does not have", {"configuration": CONFIGURATION + "password-file = /etc/nowhere\n"}),
                (65, "is no program for armhf", {"firmware": OTHER}),
                (66, "there is no", {"firmware": Path("/nowhere")}),
                (64, "is FILE:/PATH/THERE", {}, "--file", f"{self.ca}:relative"),
                (64, "no absolute path", {}, "--file", f"{self.ca}:/etc/../x"),
                (1, "has no module nonsense", {}, "--module", "nonsense")):
            with self.subTest(words):
                change, *more = more
                self.configuration.write_text(change.pop("configuration", CONFIGURATION))
                ended, said = self.make("one", *more, **change)
                self.assertEqual(ended, status, said)
                self.assertIn(words, said)
        self.ca.write_text("no certificate")
        self.configuration.write_text(CONFIGURATION)
        self.assertEqual(self.make()[0], 65)


class Booted(Boarded):

    async def test_image_and_console(self):
        """What Tools/image made, Tools/qemu boots, with its card; the temperature is set as Tools/qemu says; Ctrl-A X ends it."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        image, control = Path(folder.name), Path(folder.name) / "control"
        jid, password = self.account("board")
        friend, secret = self.account("friend")
        self.befriended((jid, friend))
        configuration = image / "ward.conf"
        configuration.write_text(f"jid = {jid}\npassword = {password}\nca = /etc/ward-ca.pem\nserver = {HOST}:{self.server.port}\n"
                                 f"parent = {friend}\nstate = /dev/mmcblk3p2\n")
        subprocess.run([ROOT / "Tools" / "image", "sabrelite", "--quiet", "--config", configuration, "--ca", self.server.ca,
                        "--firmware", FIRMWARE, "--output", image], stdin=subprocess.DEVNULL, check=True)
        card = (image / "card.img").read_bytes()
        qemu = [str(ROOT / "Tools" / "qemu"), "sabrelite", "--control", str(control)]
        process = subprocess.Popen(tied([*qemu, "--image", str(image)]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = Lines(process.stdout)
        try:
            person = await self.client(friend, secret)
            await lines.expect(ONLINE, 60, what="line of the console")
            await person.hears(presence(None, jid), 30)
            subprocess.run([*qemu, "--temperature=-12.25"], check=True)
            reading = await person.reads(f"{jid}/ward", fields=["Temperature"], limit=30)
            self.assertEqual(reading.values["Temperature"], ("-12.2500", "°C"))
            process.stdin.write(b"\x01x")
            process.stdin.flush()
            self.assertEqual(process.wait(20), 0)
        finally:
            process.kill()
            process.wait()
            process.stdin.close()
            lines.finish()
        after, begins = (image / "card.img").read_bytes(), 512 * int.from_bytes(card[446 + 16 + 8:446 + 16 + 12], "little")
        self.assertNotEqual(after, card, "nothing was kept")
        self.assertEqual(after[:begins], card[:begins], "more of the card was written than the state's partition")
