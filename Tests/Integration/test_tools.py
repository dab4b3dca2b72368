"""The factory's tools: what stands on a sticker is what the Thing goes by, and nobody else learns of it."""

import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET
from hashlib import sha256
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "Tools"
sys.path.insert(0, str(TOOLS / "lib"))

from conversation import World, both, short  # noqa: E402
from owners import Ownership, wrong  # noqa: E402
from server import OPEN  # noqa: E402
from sysfs import Sysfs  # noqa: E402
from thing import Provisioned  # noqa: E402
from words import ONLINE  # noqa: E402
from sticker import Sticker, Unreadable, canonical_key, grouped  # noqa: E402

KEY = "7K3D9QXZ2M4P6R8T0VWY"
FULL = f"IoTDisco;SN:394872348732948723;MAN:www.example.org;MODEL:A\\;B\\\\C;#V:1.2;ROOM:Küche;KEY:{KEY}"


def decoded(picture):
    """What a QR code says, read by zbar."""
    # As bytes: left to itself it guesses an encoding.
    return subprocess.run(["zbarimg", "--quiet", "--raw", "--oneshot", "-Sdisable", "-Sqrcode.enable", "-Sbinary", str(picture)],
                          capture_output=True, check=True).stdout.decode().rstrip("\n")


def painted(drawing, folder):
    """A drawing's modules as a picture."""
    root = ET.parse(drawing).getroot()
    size = int(root.get("viewBox").split()[2])
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", root.find("{*}path").get("d"))}
    picture = folder / "painted.pgm"
    scale = 8
    rows = (bytes(0 if (x, y) in dark else 255 for x in range(size) for _ in range(scale)) for y in range(size))
    picture.write_bytes(b"P5 %d %d 255\n" % (size * scale, size * scale) + b"".join(row * scale for row in rows))
    return picture


def record_of(state):
    """The record of a state's file, whose two hashes are right."""
    content = state.read_bytes()
    head, digest, record = content[:16], content[16:48], content[48:]
    assert head == b"WARD" + struct.pack("!IQ", 1, len(record))
    assert digest == sha256(head + sha256(record).digest()).digest()
    return record


class Workshop(unittest.TestCase):
    """Tests in a folder of their own."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ward-tools-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def run_tool(self, tool, *arguments, input="", **environment):
        return subprocess.run([str(TOOLS / tool), *map(str, arguments)], input=input, capture_output=True, text=True,
                              timeout=60, cwd=self.folder, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment})


class Texts(unittest.TestCase):

    def test_specification(self):
        """The text of XEP-0347's example, as it stands there but for the KEY."""
        sticker = Sticker([("SN", "394872348732948723"), ("MAN", "www.ktc.se"), ("MODEL", "IMC"), ("V", "1.2")], KEY)
        self.assertEqual(sticker.xep, f"IoTDisco;SN:394872348732948723;MAN:www.ktc.se;MODEL:IMC;#V:1.2;KEY:{KEY}")

    def test_both_forms_say_the_same(self):
        """Whatever a value holds, both forms read back as it was written."""
        for value in ("a;b", "\\", ";;\\;", "=", "#", "%41", "Küche 3", "a:b", "x" * 128, "100%"):
            made = Sticker([("SN", value), ("V", "1.0"), ("ROOM", value)], KEY, "registry.example.org")
            self.assertEqual(Sticker.read(made.xep).tags, made.tags)
            read = Sticker.read(made.uri)
            self.assertEqual((read.tags, read.key, read.registry), (made.tags, made.key, made.registry))
            self.assertEqual(Sticker.read(made.xep + "\n" + made.uri), made)

    def test_numbers(self):
        """A version that is a number is marked as one; one that is none is not."""
        for version, mark in (("1.2", "#"), ("-3", "#"), ("+1", ""), (".5", ""), ("1.", ""), ("0" * 18, "#"), ("0" * 19, ""), (".", ""), ("1.2.3", ""), ("1,2", ""), ("v1", ""), ("1e5", ""), ("", "")):
            self.assertIn(f";{mark}V:{version};", Sticker([("V", version)], KEY).xep)
        self.assertIn(";SN:12;", Sticker([("SN", "12")], KEY).xep)

    def test_what_is_none(self):
        """What is no sticker's text is refused, and a refusal never quotes the KEY."""
        for text in ("", "hello", "IoTDisco", f"IoTDisco;SN;KEY:{KEY}", "IoTDisco;SN:1", "IoTDisco;SN:1;KEY:short",
                     f"IoTDisco;KEY:{KEY[:-1]}U", f"IoTDisco;SN:1;SN:2;KEY:{KEY}", f"IoTDisco;KEY:{KEY}\\",
                     f"IoTDisco;SN:{'x' * 129};KEY:{KEY}", f"IoTDisco;a b:1;KEY:{KEY}", f"iotdisco:SN=%ff;KEY={KEY}",
                     f"IoTDisco;SN:1;KEY:{KEY}\niotdisco:SN=2;KEY={KEY}",
                     f"IoTDisco;SN:1;KEY:{KEY}\niotdisco:SN=1;KEY={KEY[::-1]}"):
            with self.assertRaises(Unreadable, msg=text) as refusal:
                Sticker.read(text)
            self.assertNotIn(KEY, str(refusal.exception))

    def test_keys_as_people_write_them(self):
        """A KEY is read in any case, with hyphens and blanks, with O for 0, and I or L for 1."""
        self.assertEqual(canonical_key(grouped(KEY).lower()), KEY)
        self.assertEqual(canonical_key(" 7k3d 9qxz-2m4p 6r8t-Ovwy "), KEY)
        self.assertEqual(canonical_key("il" + KEY[2:]), "11" + KEY[2:])
        for none in (KEY[1:], KEY + "0", "U" + KEY[1:], "", "é" + KEY[1:], "٣" + KEY[1:]):
            self.assertIsNone(canonical_key(none))


class Label(Workshop):

    def test_codes(self):
        """Picture and drawing say what the text says; both texts and the line for people are shown."""
        done = self.run_tool("label", "--png", "a.png", "--svg", "a.svg", "--registry", "registry.test", input=FULL + "\nxmpp:box@home.test\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(decoded(self.folder / "a.png"), FULL)
        self.assertEqual(decoded(painted(self.folder / "a.svg", self.folder)), FULL)
        code, lines = done.stdout.split("\n\n", 1)
        self.assertEqual(lines.splitlines(), [FULL, Sticker.read(FULL).uri + ";R=registry.test", "",
                                              "SN 394872348732948723", f"KEY {grouped(KEY)}", "box@home.test"])
        self.assertGreater(len(code.splitlines()), 15)
        self.assertIn(grouped(KEY), (self.folder / "a.svg").read_text())

    def test_uri(self):
        """On request the code holds the other form."""
        self.run_tool("label", "--png", "a.png", "--uri", "--quiet", input=FULL)
        self.assertEqual(decoded(self.folder / "a.png"), Sticker.read(FULL).uri)

    def test_files_are_the_owners(self):
        """Files are closed to others, and none is overwritten, not even through a link."""
        (self.folder / "link.png").symlink_to(self.folder / "elsewhere")
        for name, status in (("a.png", 0), ("a.png", 1), ("link.png", 1)):
            self.assertEqual(self.run_tool("label", "--quiet", "--png", name, input=FULL).returncode, status)
        self.assertEqual((self.folder / "a.png").stat().st_mode & 0o777, 0o600)
        self.assertFalse((self.folder / "elsewhere").exists())

    def test_key_is_in_no_arguments(self):
        """No program is told the KEY in its arguments or its environment."""
        seen, spy = self.folder / "seen", self.folder / "bin" / "qrencode"
        spy.parent.mkdir()
        spy.write_text(f'#!/bin/sh\necho "$0 $@" >>{seen}\nenv >>{seen}\nexec /usr/bin/qrencode "$@"\n')
        spy.chmod(0o755)
        done = self.run_tool("label", "--png", "a.png", "--svg", "a.svg", input=FULL, PATH=f"{self.folder}/bin:/usr/bin:/bin")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(seen.read_text().count(f"{spy} "), 3)
        self.assertNotIn(KEY[:8], seen.read_text())

    def test_statuses(self):
        """Each way to fail has its status, one line, and no KEY in it."""
        (self.folder / "no.txt").write_text(f"IoTDisco;KEY:{KEY};SN")
        for status, arguments, text in ((64, ["--what"], ""), (64, ["--quiet"], FULL), (64, ["--state", "x"], ""),
                                        (64, ["--config", "x", "no.txt"], ""), (65, [], "none"), (65, ["no.txt"], ""),
                                        (1, ["gone.txt"], ""), (1, ["--config", "gone", "--firmware", "/none"], ""),
                                        (65, [], "x" * 70_000)):
            done = self.run_tool("label", *arguments, input=text)
            self.assertEqual(done.returncode, status, (arguments, done.stderr))
            self.assertTrue(done.stderr.startswith("Tools/label: ") or "no.txt can be read" in done.stderr, done.stderr)
            self.assertNotIn(KEY, done.stderr + done.stdout)


class Provision(Workshop):

    COMMON = ("--domain", "home.test", "--ca", "/etc/ward/ca.pem")
    REGISTRY = ("--registry", "registry.home.test")

    def provision(self, table, *options, folder="made"):
        (self.folder / "batch.csv").write_text(table, encoding="utf-8")
        return self.run_tool("provision", *options, "batch.csv", folder)

    def made(self, name, folder="made"):
        return self.folder / folder / name

    def test_a_batch(self):
        """Each row becomes a configuration, a state and a sticker that agree; the index has all but the KEYs."""
        done = self.provision("serial,manufacturer,model,version,class,room\n"
                              "1,www.example.org,Meter 3,1.2,meter,Kitchen\n2,www.example.org,Meter 3,1.2,meter,\n",
                              *self.COMMON, *self.REGISTRY)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        keys = set()
        for name in "12":
            label = Sticker.read(self.made(name, "made").joinpath("sticker.txt").read_text())
            self.assertEqual(label.registry, "registry.home.test")
            self.assertEqual(decoded(self.made(name) / "sticker.png"), label.xep)
            self.assertEqual(decoded(painted(self.made(name) / "sticker.svg", self.folder)), label.xep)
            self.assertEqual(record_of(self.made(name) / "state" / "ward.state"),
                             b"WARD\1" + struct.pack("!BH", 14, 21) + b"\1" + label.key.encode())
            keys.add(label.key)
        self.assertEqual(len(keys), 2)
        self.assertEqual((self.made("1") / "ward.conf").read_text(),
                         "domain = home.test\nregistry = registry.home.test\nca = /etc/ward/ca.pem\nserial = 1\n"
                         "manufacturer = www.example.org\nmodel = Meter 3\nversion = 1.2\nclass = meter\ntag = ROOM Kitchen\n")
        index = self.made("batch.csv").read_text()
        self.assertEqual(index.splitlines()[1:], ["1,1,www.example.org,Meter 3,1.2,meter,ROOM=Kitchen",
                                                  "2,2,www.example.org,Meter 3,1.2,meter,"])
        for key in keys:
            self.assertNotIn(key, index + done.stdout + (self.made("1") / "ward.conf").read_text())
        for file in self.made("").rglob("*"):
            self.assertEqual(file.stat().st_mode & 0o077, 0, file)

    def test_hashed_without_registry(self):
        """Where no registry has to be told, the state has the KEY's digest and not the KEY."""
        self.assertEqual(self.provision("serial\n1\n", *self.COMMON).returncode, 0)
        key = Sticker.read((self.made("1") / "sticker.txt").read_text()).key
        self.assertEqual(record_of(self.made("1") / "state" / "ward.state"),
                         b"WARD\1" + struct.pack("!BH", 14, 33) + b"\0" + sha256(key.encode()).digest())

    def test_bad_rows(self):
        """A bad row is named with its line and leaves nothing; the others go on, and the status says so."""
        done = self.provision('serial,model,ROOM\n1,a,b\n\n2,a\n,a,b\n3,"a\nb",c\n4,a #b,c\n5,' + "x" * 129 + ",c\n1,a,b\n6,,\n",
                              *self.COMMON)
        self.assertEqual(done.returncode, 1)
        self.assertEqual([int(line.split(":")[2]) for line in done.stderr.splitlines()], [4, 5, 7, 8, 9, 10])
        self.assertEqual(sorted(each.name for each in self.made("").iterdir()), ["1", "6", "batch.csv"])
        self.assertTrue(done.stdout.startswith("2 made"))

    def test_nothing_is_overwritten(self):
        """What is there stays; a second run adds what is new, and the index has both."""
        self.provision("serial\n1\n", *self.COMMON)
        before = {file: file.read_bytes() for file in self.made("1").rglob("*") if file.is_file()}
        done = self.provision("serial\n1\n2\n", *self.COMMON)
        self.assertEqual(done.returncode, 1)
        self.assertIn("batch.csv:2: made/1 is there already", done.stderr)
        self.assertEqual({file: file.read_bytes() for file in self.made("1").rglob("*") if file.is_file()}, before)
        self.assertEqual([row.split(",")[0] for row in self.made("batch.csv").read_text().splitlines()], ["folder", "1", "2"])

    def test_serial_numbers_are_no_paths(self):
        """A serial number, whatever it is, names a folder in this place and no other."""
        done = self.provision("serial\n../../x\n..\n/etc\n.hidden\nbatch.csv\n" + "ü" * 64 + "\n", *self.COMMON)
        self.assertIn("made/batch.csv is there already", done.stderr)
        self.assertEqual(sorted(each.name for each in self.made("").iterdir() if each.is_dir()),
                         ["%2E.", "%2E.%2F..%2Fx", "%2Ehidden", "%2Fetc"])

    def test_interrupted(self):
        """What an interrupted run left half made is no Thing, and is gone after the next."""
        self.made("").mkdir()
        left = self.made(".making-x1")
        left.mkdir()
        (left / "sticker.txt").write_text(FULL)
        self.assertEqual(self.provision("serial\n1\n", *self.COMMON).returncode, 0)
        self.assertFalse(left.exists())

    def test_without_qrencode(self):
        """Where a file cannot be made, no part of its Thing is."""
        (self.folder / "batch.csv").write_text("serial\n1\n")
        done = self.run_tool("provision", *self.COMMON, "batch.csv", "made", PATH="/none")
        self.assertEqual(done.returncode, 1)
        self.assertIn("qrencode", done.stderr)
        self.assertEqual([each.name for each in self.made("").iterdir()], ["batch.csv"])

    def test_bad_tables_and_templates(self):
        """What cannot be begun is refused as a whole, with the line, before anything is made."""
        template = self.folder / "template"
        for table, options, words in (
                ("model\na\n", self.COMMON, "batch.csv:1: there is no column serial"),
                ("", self.COMMON, "no column serial"),
                ("serial,key\n1,2\n", self.COMMON, "KEYs are made here"),
                ("serial,SN\n1,2\n", self.COMMON, "\"SN\" is neither"),
                ("serial,a b\n1,2\n", self.COMMON, "\"a b\" is neither"),
                ("serial,ROOM,room\n1,2,3\n", self.COMMON, "twice"),
                ("serial," + ",".join("ABCDEFGHI") + "\n", self.COMMON, "more than 8"),
                ("serial\n1\n", ("--domain", "x"), "Say ca"),
                ("serial\n1\n", ("--ca", "x"), "Say domain or discover"),
                ("serial\n1\n", ("--template", template, "--ca", "x"), "template:2: parent is")):
            template.write_text("domain = home.test\nparent = a@b\n")
            done = self.provision(table, *options)
            self.assertEqual(done.returncode, 65, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertFalse(self.made("").exists())
        self.assertEqual(self.provision("serial\n1\n", "--domain", "a", "--discover").returncode, 64)

    def test_template(self):
        """What all have in common comes from a template, as it stands there."""
        (self.folder / "template").write_text("# ours\ndiscover = on\nca = /ca.pem\nregistry = registry.x  # here\nlog = debug")
        self.assertEqual(self.provision("serial\n1\n", "--template", "template").returncode, 0)
        self.assertEqual((self.made("1") / "ward.conf").read_text(),
                         "# ours\ndiscover = on\nca = /ca.pem\nregistry = registry.x  # here\nlog = debug\nserial = 1\n")
        self.assertEqual(Sticker.read((self.made("1") / "sticker.txt").read_text()).registry, "registry.x")

    def test_the_firmware_takes_it(self):
        """The firmware takes configuration and state as they are made, and prints the very sticker; Tools/label shows it again."""
        authorities = self.folder / "ca.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null",
                        "-out", authorities, "-subj", "/CN=x"], check=True, capture_output=True)
        long = "ü" * 64
        done = self.provision(f"serial,model,version,A_1,b-2,LAT,LON\n1,{long},1.2,{long},a # b,x#y,\n"
                              f"2,{long},1.2,{long},'\\;=%41&<>,-53.5,1.\n3,%,+1,;,\\,-.5,1e3\n",
                              "--domain", "home.test", "--ca", authorities, *self.REGISTRY)
        self.assertEqual(done.stderr.count("\n"), 1)
        for name in "23":
            config = self.made(name) / "ward.conf"
            config.write_text(config.read_text() + f"state = {self.made(name) / 'state'}\n")
            for argument in ("--check", "--sticker"):
                said = subprocess.run([*World.firmware.command, "--config", str(config), argument], capture_output=True, text=True, timeout=60)
                self.assertEqual(said.returncode, 0, said.stderr)
            label = (self.made(name) / "sticker.txt").read_text()
            self.assertEqual(said.stdout.splitlines()[:2], label.splitlines()[:2])
        if not World.firmware.emulated:
            config.write_text(config.read_text().replace(str(self.made("3") / "state"), "/nowhere"))
            done = self.run_tool("label", "--config", config, "--state", self.made("3") / "state", "--firmware", World.firmware.path)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(label.splitlines()[1], done.stdout)


@both
class OutOfTheBox(Ownership):
    """What the factory made, started where its buyer lives."""

    def made(self):
        """A Thing without registry, as Tools/provision makes it: its state has a digest of the KEY alone; and its sticker."""
        folder = Path(tempfile.mkdtemp(prefix="ward-tools-"))
        self.addCleanup(shutil.rmtree, folder, True)
        Sysfs(folder / "sys")
        (folder / "batch.csv").write_text("serial\n1\n")
        (folder / "template").write_text(f"state = state\nsysfs = {folder / 'sys'}\nlog = debug\n")
        subprocess.run([str(TOOLS / "provision"), "--template", "template", "--domain", OPEN, "--ca", self.server.ca,
                        "--server", self.server.address, "batch.csv", "made"], cwd=folder, check=True, capture_output=True)
        thing = Provisioned(self.firmware, folder / "made" / "1")
        self.things.append(thing)
        return thing, Sticker.read((thing.folder / "sticker.txt").read_text())

    @short
    async def test_claimed_by_its_sticker(self):
        """It makes its account, and is claimed by the KEY of its sticker and by no other, after a power cut too."""
        thing, sticker = self.made()
        thing.start()
        await thing.account()
        await thing.log(ONLINE)
        self.assertNotEqual(thing.run("--config", str(thing.config), "--sticker").returncode, 0)
        thief = await self.person("thief")
        await self.stays_unclaimed(thief, thing, f"claim {wrong(sticker.key)}")
        jid = thing.jid
        thing.kill()
        thing.start()
        self.assertEqual(await thing.account(), jid)
        await thing.log(ONLINE)
        await self.stays_unclaimed(thief, thing, f"claim {wrong(sticker.key)}")
        owner = await self.claims(await self.person("owner"), thing, grouped(sticker.key))
        self.assertTrue((await owner.reads(thing.full)).values)
        await self.refused(thief, thing)
        new = await self.disowns(owner, thing)
        self.assertNotEqual(new, sticker.key)
        await self.stays_unclaimed(await self.person("finder"), thing, f"claim {sticker.key}")
