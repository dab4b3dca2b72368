"""The connection breaks in every way, and the Thing comes back; power fails, and it remembers."""

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path

from actors import Person, presence, question
from conversation import KINDS, Conversation, both, short
from sysfs import BOILER
from words import ONLINE, STATE_BAD


class Restarts(Conversation):

    async def find_servers(self):
        """A server that nobody else depends on."""
        server = KINDS[self.kind]()
        self.addAsyncCleanup(asyncio.to_thread, server.stop)
        return [await server.start()]

    @short
    @both
    async def test_server_restarts(self):
        """The server goes down in good order and comes back: so does the Thing, and the friend reads again."""
        await self.over_a_restart(self.server.halt)

    async def test_server_is_killed(self):
        """The server is killed and comes back: the same."""
        # Not on ejabberd, which forgets the accounts that were made a moment before.
        await self.over_a_restart(self.server.kill)

    async def over_a_restart(self, end):
        thing, parent, friend = await self.household()
        await asyncio.to_thread(end)
        await self.server.start()
        await thing.log(ONLINE, limit=20)
        parent, friend = await self.again(parent), await self.again(friend)
        await self.seen(parent, thing)
        await self.seen(friend, thing)
        self.assertIn(BOILER, (await friend.reads(thing.full)).values)


class Connection(Conversation):

    async def test_cut_in_every_state(self):
        """The connection is cut after each piece the server sends, from the first to well after login."""
        for first in range(0, 16, 4):
            await self.gathered(*(self.cut_after(n) for n in range(first, first + 4)))

    async def cut_after(self, pieces):
        tap = self.tap()
        tap.cut_after = pieces
        await tap.start()
        thing = self.thing(server=tap.address).start()
        if pieces < 8:
            await tap.reached(2)
            self.assertEqual(tap.cuts, 1)
        await thing.log(ONLINE, limit=20)
        self.assertEqual(await thing.stop(), 0)

    async def test_cut_while_asking(self):
        """The connection is cut while the parent thinks: the request is decided after the reconnect."""
        tap = await self.tap().start()
        thing, parent = await self.claimed(server=tap.address)
        parent.is_friend = "silent"
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await parent.hears(question("isFriend", stranger.bare))
        parent.is_friend = "yes"
        tap.cut()
        await stranger.hears(presence("subscribed", thing.jid), 20)

    async def test_backoff_grows(self):
        """Tries that fail come at growing distances, the first after about a second."""
        tap = await self.tap(1).start()    # nobody listens there: each try is cut at once
        self.thing(server=tap.address).start()
        times = []
        for count in range(1, 5):
            await tap.reached(count, 30)
            times.append(asyncio.get_running_loop().time())
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        self.assertTrue(0.3 <= gaps[0] <= 2.5, gaps)
        self.assertGreater(gaps[2], gaps[0])


class Power(Conversation):

    @short
    async def test_kill_and_restart(self):
        """Killed without warning and started again, it knows its roster version and serves its friend."""
        thing, parent, friend = await self.household()
        self.assertTrue((await friend.reads(thing.full)).values)
        thing.kill()
        thing.start()
        await thing.log(ONLINE)
        asked = self.witnessed(rf"said-by {thing.full} .*jabber:iq:roster")
        self.assertEqual(len(asked), 2)
        self.assertRegex(asked[0], r"ver=''")
        self.assertNotRegex(asked[1], r"ver=''")
        await self.seen(friend, thing)
        await self.seen(parent, thing)
        self.assertTrue((await friend.reads(thing.full)).values)

    async def test_friend_made_before_the_cut(self):
        """A friendship made a moment before the power cut is still there after it."""
        thing, parent = await self.claimed()
        friend = await self.person("friend")
        await friend.befriends(thing.jid)
        thing.kill()
        friend.ignores()
        parent.ignores()
        thing.start()
        await self.seen(friend, thing)
        await self.seen(parent, thing)
        self.assertTrue((await friend.reads(thing.full)).values)

    @short
    async def test_garbage_state(self):
        """An unreadable state file is set aside and reported, and the Thing starts without it."""
        for garbage in (b"", b"garbage", b"\x00" * 5000, None):
            with self.subTest(garbage and garbage[:8]):
                thing = self.thing().start()
                await thing.log(ONLINE)
                self.assertEqual(await thing.stop(), 0)
                file = thing.state / "ward.state"
                if garbage is None:     # one flipped bit
                    whole = bytearray(file.read_bytes())
                    whole[len(whole) // 2] ^= 1
                    garbage = bytes(whole)
                file.write_bytes(garbage)
                thing.start()
                await thing.log(STATE_BAD)
                await thing.log(ONLINE)
                aside = [path for path in thing.state.iterdir() if path.name != "ward.lock" and path.read_bytes() == garbage]
                self.assertEqual([path.name for path in aside], ["ward.state.bad"])
                self.assertEqual(await thing.stop(), 0)

    @short
    async def test_slots(self):
        """Kept in two slots on a bare medium: it remembers over a power cut, one program has it at a time, and damage is set aside."""
        medium = Path(tempfile.mkdtemp(prefix="ward-medium-")) / "medium"
        self.addCleanup(shutil.rmtree, medium.parent)
        medium.write_bytes(bytes(256 * 1024))
        medium.chmod(0o600)
        thing, parent = await self.claimed(state=str(medium))
        friend = await self.person("friend")
        await friend.befriends(thing.jid)
        config = "--config", str(thing.config)
        self.assertEqual((await asyncio.to_thread(thing.run, *config)).returncode, 78, "a second program runs with the same state")
        self.assertEqual((await asyncio.to_thread(thing.run, *config, "--factory-reset")).returncode, 75)
        self.assertEqual((await asyncio.to_thread(thing.run, *config, "--check")).returncode, 0)
        thing.kill()
        friend.ignores()
        parent.ignores()
        thing.start()
        await self.seen(friend, thing)
        self.assertTrue((await friend.reads(thing.full)).values)
        self.assertEqual(await thing.stop(), 0)
        damaged = bytearray(medium.read_bytes())
        self.assertNotIn(thing.password.encode(), damaged)
        for slot in (0, 65536):
            damaged[slot + 60] ^= 1
        medium.write_bytes(damaged)
        thing.start()
        await thing.log(STATE_BAD)
        await thing.log(ONLINE)
        self.assertEqual(medium.read_bytes()[131072:131072 + 400], bytes(damaged[:400]))
        self.assertEqual(await thing.stop(), 0)
        # Somebody else's medium is left alone.
        medium.write_bytes(bytes(1080) + b"\x53\xef" + bytes(256 * 1024))
        for arguments in ((), ("--check",), ("--factory-reset",)):
            refused = await asyncio.to_thread(thing.run, *config, *arguments)
            self.assertEqual(refused.returncode, 78)
            self.assertIn("holds something else", refused.stderr)
        self.assertEqual(medium.read_bytes().count(0), 1080 + 256 * 1024)

    async def test_device(self):
        """A block device is its own while it runs: no second program, no mount and no mkfs; one that is mounted, or read-only, is refused."""
        folder = Path(tempfile.mkdtemp(prefix="ward-medium-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "medium").write_bytes(bytes(2 << 20))

        def attach(*options):
            made = subprocess.run(["losetup", "--show", *options, "-f", folder / "medium"], capture_output=True, text=True)
            if made.returncode:
                self.skipTest(f"no loop device is to be had: {made.stderr.strip()}")
            device = made.stdout.strip()
            self.addCleanup(subprocess.run, ["losetup", "-d", device], stderr=subprocess.DEVNULL)
            return device

        device = attach()
        thing = self.thing(state=device).start()
        await thing.log(ONLINE)
        config = "--config", str(thing.config)
        for arguments, status in (((), 78), (("--check",), 0), (("--factory-reset",), 75), (("--sticker",), 0)):
            self.assertEqual((await asyncio.to_thread(thing.run, *config, *arguments)).returncode, status, arguments)
        self.assertNotEqual(subprocess.run(["mkfs.ext4", "-q", "-F", device], capture_output=True).returncode, 0)
        self.assertEqual(await thing.stop(), 0)
        subprocess.run(["mkfs.ext4", "-q", "-F", device], check=True, stderr=subprocess.DEVNULL)
        (folder / "mounted").mkdir()
        subprocess.run(["mount", device, folder / "mounted"], check=True)
        try:
            self.assertIn("is mounted", thing.run(*config).stderr)
        finally:
            subprocess.run(["umount", folder / "mounted"], check=True)
        self.assertIn("holds something else", thing.run(*config).stderr)
        subprocess.run(["losetup", "-d", device], check=True)
        thing.write(state=attach("--read-only"))
        for arguments in ((), ("--check",)):
            self.assertIn("is read-only", thing.run(*config, *arguments).stderr)

    async def test_roster_changed_meanwhile(self):
        """A friend removed on the server while the Thing was off is no friend any more."""
        thing, parent, friend = await self.household()
        self.assertEqual(await thing.stop(), 0)
        owner = await self.client(thing.jid, thing.password, Person, "laptop")
        await owner.unfriends(friend.bare)
        await owner.offline()
        parent.ignores()
        thing.start()
        await self.seen(parent, thing)
        self.assertEqual((await friend.reads(thing.full)).error[1], "forbidden")

    async def test_state_is_private(self):
        """What it keeps can be read by nobody else."""
        thing = self.thing().start()
        await thing.log(ONLINE)
        self.assertEqual(await thing.stop(), 0)
        for path in [thing.state, *thing.state.iterdir()]:
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
            if path.is_file():
                self.assertNotIn(thing.password.encode(), path.read_bytes())
