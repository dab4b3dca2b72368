"""The program as a citizen of its machine: signals, exit status, configuration, secrets, quiet."""

import asyncio
import contextlib
import signal
import subprocess
from pathlib import Path

from actors import Parent, presence, question
from conversation import Conversation, short
from sysfs import BOILER, BROKEN
from words import ONLINE, RELOADED


class Signals(Conversation):

    @short
    async def test_terminate(self):
        """SIGTERM: friends see it go, and it ends with 0."""
        thing, parent, friend = await self.household()
        thing.signal(signal.SIGTERM)
        await friend.hears(presence("unavailable", thing.full))
        self.assertEqual(await thing.ended(), 0)

    async def test_interrupt(self):
        """SIGINT does the same."""
        thing, parent, friend = await self.household()
        thing.signal(signal.SIGINT)
        await friend.hears(presence("unavailable", thing.full))
        self.assertEqual(await thing.ended(), 0)

    async def test_terminate_while_not_connected(self):
        """SIGTERM while it waits for its next try ends it at once, with 0."""
        tap = await self.tap(1).start()
        thing = self.thing(server=tap.address).start()
        await tap.reached(2)
        self.assertEqual(await thing.stop(), 0)

    async def test_terminate_with_a_frozen_server(self):
        """SIGTERM while the server does not answer: it does not wait for ever."""
        tap = await self.tap().start()
        thing = self.thing(server=tap.address).start()
        await thing.log(ONLINE)
        tap.frozen = True
        thing.signal(signal.SIGTERM)
        self.assertEqual(await thing.ended(15), 0)

    @short
    async def test_reload(self):
        """SIGHUP reads the configuration again: a new parent is the one who is asked from then on."""
        thing, parent = await self.claimed()
        new_jid, password = self.account("newparent")
        new = await self.client(new_jid, password, Parent)
        thing.write(parent=new_jid)
        thing.signal(signal.SIGHUP)
        await thing.log(RELOADED)
        await new.hears(presence("subscribe", thing.jid), 15)
        new.subscribes(thing.jid, "subscribed")
        new.subscribes(thing.jid)
        await self.seen(new, thing)
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await new.hears(question("isFriend", stranger.bare))
        self.assertEqual(parent.asked("isFriend", stranger.bare), 0)

    async def test_reload_of_a_bad_file(self):
        """SIGHUP with a mistake in the file: said with its line, and the old configuration stays."""
        thing, parent, friend = await self.household()
        thing.config.write_text(thing.config.read_text() + "nonsense = 1\n")
        thing.signal(signal.SIGHUP)
        line = await thing.log(r"ward\.conf:\d+: ")
        self.assertIn("nonsense", line)
        self.assertTrue((await friend.reads(thing.full)).values)

    async def test_what_could_not_be_kept(self):
        """A state that cannot be kept is tried again, without anything new; at the latest when the program ends."""
        thing = self.thing()
        obstacle = thing.state / "ward.state.new"
        obstacle.mkdir(parents=True)
        thing.start()
        await thing.log(r"the state cannot be kept")
        await thing.log(ONLINE)
        self.assertFalse((thing.state / "ward.state").exists())
        obstacle.rmdir()
        await thing.log(r"the state is kept again", 15)
        self.assertTrue((thing.state / "ward.state").exists())
        (thing.state / "ward.state").unlink()
        obstacle.mkdir()
        thing.kill()
        thing.start()
        await thing.log(r"the state cannot be kept")
        await thing.log(ONLINE)
        obstacle.rmdir()
        self.assertEqual(await thing.stop(), 0)
        self.assertTrue((thing.state / "ward.state").exists())


class Configuration(Conversation):

    def status(self, thing, *arguments):
        done = thing.run("--check", "--config", str(thing.config), *arguments)
        return done.returncode, done.stdout + done.stderr

    @short
    async def test_good(self):
        """--check accepts a good file, and does not show the password."""
        thing = self.thing(parent="parent@home.test")
        status, text = self.status(thing)
        self.assertEqual(status, 0, text)
        self.assertNotIn(thing.password, text)

    @short
    async def test_each_mistake(self):
        """Every kind of mistake is named with its line and key, and the exit status is 78."""
        thing = self.thing()
        lines = thing.config.read_text().splitlines()
        at = len(lines) + 1
        for extra, expected in (
                ("nonsense = 1", (at, "nonsense")), ("jid = other@home.test", (at, "jid")),
                ("tls = perhaps", (at, "tls")), ("log = loud", (at, "log")), ("parent =", (at, "parent")),
                ("parent = @@", (at, "parent")), ("just words", (at, "")), ("allow-plain = maybe", (at, "allow-plain"))):
            with self.subTest(extra):
                thing.config.write_text("\n".join(
                    [line for line in lines if not line.startswith(("log ", "tls "))] + [extra]) + "\n")
                number = at - 1     # the log line was left out
                status, text = self.status(thing)
                self.assertEqual(status, 78, text)
                self.assertIn(f"ward.conf:{number}:", text)
                self.assertIn(expected[1], text)
                self.assertNotIn(thing.password, text)

    async def test_missing(self):
        """No address, no password, no CA, an unreadable CA, no such file: 78, and the key is named."""
        thing = self.thing()
        for changes, word in (({"jid": None}, "jid"), ({"password_file": None}, "password"), ({"ca": None}, "ca"),
                              ({"ca": "/nonexistent.pem"}, "ca"), ({"server": "127.0.0.1:99999"}, "server"),
                              ({"password_file": "/nonexistent"}, "password")):
            with self.subTest(changes):
                before = dict(thing.settings)
                thing.write(**changes)
                thing.start()
                self.assertEqual(await thing.ended(), 78)
                self.assertIn(word, thing.lines.since()[-1])
                thing.settings = before
        done = thing.run("--config", str(thing.folder / "nowhere.conf"))
        self.assertEqual(done.returncode, 78)
        self.assertIn("nowhere.conf", done.stderr)

    async def test_ca_that_is_none(self):
        """A CA file that holds no certificate is a mistake of the configuration."""
        thing = self.thing()
        junk = thing.folder / "junk.pem"
        junk.write_text("this is not a certificate\n")
        thing.write(ca=str(junk))
        thing.start()
        self.assertEqual(await thing.ended(), 78)

    async def test_password_file_others_can_read(self):
        """A password file that others may read is refused."""
        thing = self.thing()
        (thing.folder / "password").chmod(0o644)
        thing.start()
        self.assertEqual(await thing.ended(), 78)
        self.assertIn("password", thing.log_text())

    @short
    async def test_once(self):
        """--once reads all sensors to standard output, failures in words."""
        thing = self.thing()
        done = thing.run("--once", "--config", str(thing.config))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, rf"(?m)^{BOILER}\b.*23\.400.*°C")

    @short
    async def test_describe_and_version(self):
        """--describe names the fields, --version the version, and an unknown option is a mistake."""
        thing = self.thing()
        self.assertIn(BOILER, thing.run("--describe", "--config", str(thing.config)).stdout)
        done = thing.run("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\d+\.\d+")
        self.assertEqual(thing.run("--nonsense").returncode, 64)


class Container(Conversation):

    async def test_first_of_a_container(self):
        """Process 1 of a container is a program like any other: it takes its arguments, ends by itself, and leaves the machine alone."""
        thing = self.thing()
        mounts = Path("/proc/self/mounts").read_text()
        for words in (["--version"], ["--check", "--config", str(thing.config)], ["--nonsense"]):
            outside = thing.run(*words)
            inside = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", *thing.firmware.command, *words], stdin=subprocess.DEVNULL,
                                    capture_output=True, text=True, timeout=20 * thing.firmware.patience, cwd=thing.folder)
            self.assertEqual((inside.returncode, inside.stdout, inside.stderr), (outside.returncode, outside.stdout, outside.stderr))
        self.assertEqual(Path("/proc/self/mounts").read_text(), mounts)


class Secrets(Conversation):

    async def test_nowhere_to_be_seen(self):
        """The password is in no argument, no environment and no log, not even at debug."""
        thing, parent, friend = await self.household()
        await friend.reads(thing.full)
        for pid in thing.processes():
            self.assertNotIn(thing.password.encode(), Path(f"/proc/{pid}/cmdline").read_bytes())
            with contextlib.suppress(PermissionError):    # its own user may not look, only root may
                self.assertNotIn(thing.password.encode(), Path(f"/proc/{pid}/environ").read_bytes())
        self.assertEqual(await thing.stop(), 0)
        self.assertNotIn(thing.password, thing.log_text())

    async def test_no_core(self):
        """A crash would leave no core file: its limit is 0 in every process."""
        thing = self.thing().start()
        await thing.log(ONLINE)
        if self.firmware.emulated:
            self.skipTest("the limits seen are the emulator's")
        for pid in thing.processes():
            limits = Path(f"/proc/{pid}/limits").read_text()
            line = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
            self.assertEqual(line.split()[4], "0")


class Quiet(Conversation):

    async def test_idle(self):
        """Online and left alone, it does not wake up once in five seconds."""
        if self.firmware.emulated:
            self.skipTest("the emulator has threads of its own")
        thing, parent, friend = await self.household(log="warning")
        friend.ignores()
        await friend.reads(thing.full)
        await friend.hears(presence(None, thing.full), 15)    # the last it has to say: which sensor fails
        await self.handles(parent, thing)

        def switches():
            return {pid: Path(f"/proc/{pid}/status").read_text().split("\nvoluntary_ctxt_switches:")[1].split()[0]
                    for pid in thing.processes()}
        loop = asyncio.get_running_loop()
        before = switches()
        quiet = loop.create_future()
        loop.call_later(5, quiet.set_result, None)    # the time over which is measured
        await quiet
        self.assertEqual(switches(), before)


class Status(Conversation):

    async def test_words_in_the_presence(self):
        """Its presence says in words that the parent is away, and says so once."""
        thing, parent, friend = await self.household()
        friend.ignores()
        await parent.offline()

        def says(words, there=True):
            def fits(stanza):
                return presence(None, thing.full)(stanza) and there == (
                    words in (stanza.findtext("{jabber:client}status") or ""))
            fits.words = f"a presence {'with' if there else 'without'} {words}"
            return fits
        await friend.hears(says("parent away"), 15)
        await self.again(parent)
        await friend.hears(says("parent away", False))
        await self.handles(friend, thing)
        self.assertIsNone(friend.takes(presence(None, thing.full)), "sent anew without a change")

    async def test_failing_sensor(self):
        """Once a sensor was seen to fail, the presence names it, and says so once."""
        thing, parent, friend = await self.household()
        friend.ignores()
        await friend.reads(thing.full)
        shown = await friend.hears(presence(None, thing.full), 15)
        self.assertIn(BROKEN, shown.findtext("{jabber:client}status") or "")
        await friend.reads(thing.full)
        await self.handles(friend, thing)
        self.assertIsNone(friend.takes(presence(None, thing.full)), "sent anew without a change")
