"""Reading and setting in words, by friends with ordinary chat clients."""

from actors import Parent
from conversation import Conversation, both, short
from sysfs import BOILER, BROKEN, EXACT, LAMP, OUTSIDE, STUCK
from talk import say, talk, words_heard


@both
class Chat(Conversation):

    async def family(self, *rules):
        """A Thing whose parent, a person, said these things of a friend; the three of them, online."""
        parent_jid, password = self.account("parent")
        friend_jid, friend_password = self.account("friend")
        thing = self.thing(parent=parent_jid)
        self.befriended((thing.jid, parent_jid), (thing.jid, friend_jid))
        parent = await self.client(parent_jid, password, Parent, "chat", provisioning=False)
        friend = await self.client(friend_jid, friend_password)
        thing.start()
        await thing.log(r"the parent is a person")
        await self.seen(friend, thing)
        for rule in rules:
            await talk(parent, thing.jid, rule.format(friend=friend.bare), " may ")
        return thing, parent, friend

    @short
    async def test_values(self):
        """All values as rows, one by its name, and the one that fails with why."""
        thing, _, friend = await self.family("allow {friend} *")
        table = await talk(friend, thing.full, "?", BOILER)
        rows = dict(line.split("\t", 1) for line in table.split("\r\n" if "\r\n" in table else "\n"))
        for name, (value, unit) in EXACT.items():
            self.assertEqual(rows[name], f"{value}\t{unit}")
        await talk(friend, thing.full, BROKEN.lower() + "?", f"^{BROKEN}\tthe sensor")
        self.assertEqual(await talk(friend, thing.full, BOILER + "?", BOILER), f"{BOILER}\t" + "\t".join(EXACT[BOILER]))

    async def test_only_what_is_allowed(self):
        """Of all values those that may be read; the others are asked about; what is denied is denied."""
        thing, parent, friend = await self.family("allow {friend} " + OUTSIDE, "deny {friend} " + BOILER)
        self.assertEqual(await talk(friend, thing.full, "?", "."), f"{OUTSIDE}\t" + "\t".join(EXACT[OUTSIDE]))
        await talk(friend, thing.full, BOILER + "?", "^not allowed$")
        await talk(friend, thing.full, LAMP + "?", "^no decision yet")
        await parent.hears(lambda s: LAMP in (s.findtext("{jabber:client}body") or ""))

    @short
    async def test_set(self):
        """A line sets an output, down to the kernel's file; what does not fit or is refused is told."""
        thing, _, friend = await self.family("allow {friend} read write *")
        await talk(friend, thing.full, "=?", f"{LAMP}\t10")
        await talk(friend, thing.full, LAMP + "=75", f"^{LAMP}\t75$")
        self.assertEqual(thing.sysfs.holds("leds", LAMP, "brightness"), "75")
        await talk(friend, thing.full, LAMP + "?", f"^{LAMP}\t75$")
        await talk(friend, thing.full, LAMP + "=256", "takes 0")
        await talk(friend, thing.full, STUCK + "=1", ".")
        self.assertEqual(thing.sysfs.holds("leds", LAMP, "brightness"), "75")

    async def test_two_things(self):
        """Two Things that are friends and hear one another's words say a handful of them and fall silent."""
        thing, parent, friend = await self.family("allow {friend} *")
        # The friend says again whatever the Thing says, as a program might.
        say(friend, thing.full, "Hello, who is there?")
        for _ in range(40):
            await self.handles(friend, thing)
            for words in words_heard(friend, thing.jid)[-1:]:
                say(friend, thing.full, words)
        self.assertLessEqual(len(words_heard(friend, thing.jid)), 11)
        await talk(parent, thing.jid, "friends", friend.bare)
