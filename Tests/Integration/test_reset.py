"""Reset to what it was when it left the factory, but for its account."""

import re

from actors import presence
from conversation import Conversation, both, short
from owners import EMPTY, Ownership
from sticker import canonical_key
from talk import say
from words import ONLINE


@both
class FactoryReset(Ownership):

    def reset(self, thing):
        return thing.run("--config", str(thing.config), "--factory-reset")

    @short
    async def test_reset(self):
        """Reset while it is off: nobody's, with a new KEY that is shown once; its account stays, its friends do not."""
        thing, owner, key = await self.owned()
        friend = await self.befriends_by(owner, thing)
        running = self.reset(thing)
        self.assertNotEqual(running.returncode, 0, "it runs, and was reset all the same")
        self.assertNotIn("KEY", running.stdout)
        self.assertTrue((await friend.reads(thing.full)).values)
        self.assertEqual(await thing.stop(), 0)
        done = self.reset(thing)
        self.assertEqual(done.returncode, 0, done.stderr)
        new = canonical_key(re.search(r"KEY ([0-9A-Z-]{24})", done.stdout)[1])
        self.assertNotEqual(new, key)
        self.nothing_left(thing, owner, friend)
        thing.start()
        await thing.log(EMPTY, 15)
        for person in (owner, friend):
            await self.refused(person, thing)
            say(person, thing.jid, f"claim {key}")
            await self.handles(person, thing)
        await self.claims(await self.person("bob"), thing, new)

    async def test_reset_cannot_be_kept(self):
        """A reset that cannot be kept shows no KEY and ends with 74; the owner is the owner still."""
        thing, owner, _ = await self.owned()
        self.assertEqual(await thing.stop(), 0)
        obstacle = thing.state / "ward.state.new"
        obstacle.mkdir()
        done = self.reset(thing)
        self.assertEqual(done.returncode, 74)
        self.assertNotIn("KEY", done.stdout)
        obstacle.rmdir()
        thing.start()
        await self.seen(owner, thing)
        self.assertTrue((await owner.reads(thing.full)).values)

    async def test_power_cut_after_reset(self):
        """The power is cut while the roster is being emptied: it goes on at the next start, and nobody of before is a friend."""
        thing, owner, _ = await self.owned()
        friend = await self.befriends_by(owner, thing)
        self.assertEqual(await thing.stop(), 0)
        self.assertEqual(self.reset(thing).returncode, 0)
        thing.start()
        await self.witness(rf"said-by {thing.full} .*subscription='remove'")
        thing.kill()
        thing.start()
        await thing.log(ONLINE)
        if not any("the roster is empty" in line for line in thing.history):     # it may have been quick
            await thing.log(EMPTY, 15)
        for person in (owner, friend):
            await self.refused(person, thing)
            self.assertNotIn(await person.subscription(thing.jid), ("both", "to", "from"))


class ConfiguredParent(Conversation):

    @short
    async def test_no_key(self):
        """A Thing whose parent stands in its configuration has no KEY to show, and is reset without one."""
        thing, parent = await self.claimed()
        self.assertEqual(await thing.stop(), 0)
        shown = thing.run("--config", str(thing.config), "--sticker")
        self.assertEqual(shown.returncode, 1)
        self.assertIn("its parent stands in the configuration", shown.stderr)
        done = thing.run("--config", str(thing.config), "--factory-reset")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertIn("all is forgotten", done.stderr)
        thing.start()
        await thing.log(ONLINE, 15)
        await parent.hears(presence("subscribe", thing.jid), 15)
