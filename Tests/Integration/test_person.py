"""A person as parent, with a chat client that knows nothing of provisioning: asked in words, answered by words."""

from actors import Parent
from conversation import Conversation, both, short
from stanzas import presence
from sysfs import BOILER, OUTSIDE
from talk import hear, say, talk, words_heard


@both
class APerson(Conversation):

    async def family(self, *friends):
        """A Thing with a person as parent, and friends of the Thing, all online."""
        parent_jid, password = self.account("parent")
        accounts = [self.account(name) for name in friends]
        thing = self.thing(parent=parent_jid)
        self.befriended((thing.jid, parent_jid), *((thing.jid, jid) for jid, _ in accounts))
        parent = await self.client(parent_jid, password, Parent, "chat", provisioning=False)
        people = [await self.client(*account) for account in accounts]
        thing.start()
        await thing.log(r"the parent is a person")
        for person in people:
            await self.seen(person, thing)
        return thing, parent, *people

    @short
    async def test_from_stranger_to_reader(self):
        """A stranger becomes a friend, and then reads what was allowed: two questions, two words."""
        thing, parent = await self.family()
        alice = await self.person("alice")
        alice.subscribes(thing.jid)
        await hear(parent, thing.jid, f"^{alice.bare} would like to be my friend. Answer: yes 1, or no 1$")
        say(parent, thing.jid, "yes 1")
        await alice.hears(presence("subscribed", thing.jid))
        await alice.hears(presence("subscribe", thing.jid))
        alice.subscribes(thing.jid, "subscribed")
        await self.seen(alice, thing)
        for _ in range(3):
            reading = await alice.reads(thing.full, fields=[BOILER])
            self.assertEqual(reading.error[0], "wait")
            self.assertIn("my parent has been asked", reading.error[2])
        await hear(parent, thing.jid, f"^{alice.bare} would like to read {BOILER}. Answer: yes 2, or no 2$", 10)
        await talk(parent, thing.jid, "yes 2", f"^{alice.bare} may read {BOILER}.$")
        self.assertEqual(set((await alice.reads(thing.full, fields=[BOILER])).values), {BOILER})
        self.assertEqual(sum("would like" in words for words in words_heard(parent, thing.jid)), 2)

    async def test_rules(self):
        """Rules by words, for one of two friends, stand after a restart, the parent being away."""
        thing, parent, alice, bob = await self.family("alice", "bob")
        await talk(parent, thing.full, f"allow {alice.bare.partition('@')[0]} {OUTSIDE}", f"^{alice.bare} may read {OUTSIDE}")
        await talk(parent, thing.full, f"deny {bob.bare} *", f"^{bob.bare} may not read or set anything")
        await parent.offline()
        await thing.log(r"the parent is away")
        self.assertEqual(await thing.stop(), 0)
        alice.ignores()
        thing.start()
        await self.seen(alice, thing)
        self.assertEqual(set((await alice.reads(thing.full)).values), {OUTSIDE})
        self.assertEqual((await bob.reads(thing.full)).error[:2], ("cancel", "forbidden"))
        self.assertEqual((await alice.reads(thing.full, fields=[BOILER])).error[0], "wait")

    async def test_late_yes(self):
        """A yes that the server kept while the Thing was away admits nobody, and numbers go on after a restart."""
        thing, parent = await self.family()
        alice = await self.person("alice")
        alice.subscribes(thing.jid)
        await hear(parent, thing.jid, "yes 1, or no 1")
        self.assertEqual(await thing.stop(), 0)
        say(parent, thing.jid, "yes 1")
        alice.subscribes(thing.jid, "unsubscribe")
        mallory = await self.person("mallory")
        mallory.subscribes(thing.jid)
        parent.ignores()
        thing.start()
        asked = await hear(parent, thing.jid, f"{mallory.bare} would like to be my friend", 20)
        self.assertNotIn("yes 1,", asked)
        await talk(parent, thing.jid, "yes 1", "^There is nothing with that number")
        self.assertIsNone(mallory.takes(presence("subscribed", thing.jid)))
        self.assertEqual(thing.logged(r"the parent allows the friendship"), 0)

    async def test_unfriend(self):
        """Unfriended by a word: the friend sees it at once, and reads no more."""
        thing, parent, alice = await self.family("alice")
        await talk(parent, thing.jid, "allow alice%d *" % self.number, "may read everything")
        self.assertTrue((await alice.reads(thing.full)).values)
        await talk(parent, thing.jid, "unfriend " + alice.bare, f"^{alice.bare} is my friend no more")
        await alice.hears(presence("unsubscribed", thing.jid))
        self.assertEqual((await alice.reads(thing.full)).error[:2], ("cancel", "forbidden"))

    async def test_others_are_not_heard(self):
        """The words of a friend, of a stranger, and of the parent's name elsewhere change nothing."""
        thing, parent, alice = await self.family("alice")
        mallory = await self.person("mallory")
        namesake = await self.client(*self.account("parent", self.away))
        for somebody in (alice, mallory, namesake):
            say(somebody, thing.full, f"allow {alice.bare} *")
            await self.handles(somebody, thing)
        self.assertEqual((await alice.reads(thing.full)).error[0], "wait")
        await talk(parent, thing.jid, "rules", "^There are no rules")
