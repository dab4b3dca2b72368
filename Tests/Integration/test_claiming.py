"""How somebody becomes the owner of a Thing that has none: by its KEY, and by nothing else."""

import asyncio

from actors import presence
from conversation import both, short
from owners import MINE, Ownership, wrong
from sticker import grouped
from sysfs import BOILER
from talk import hear, say, talk, words_heard
from words import ONLINE


@both
class Claiming(Ownership):

    @short
    async def test_in_a_chat(self):
        """`claim KEY`, as a person writes it, makes its sender the owner: he reads, and decides; nobody else does."""
        thing, key = await self.unclaimed()
        stranger = await self.person("stranger")
        await self.stays_unclaimed(stranger, thing, "claim " + wrong(key))
        owner = await self.claims(await self.person("owner"), thing, grouped(key).lower())
        self.assertTrue((await owner.reads(thing.full)).values)
        await self.refused(stranger, thing)
        friend = await self.befriends_by(owner, thing, may=BOILER)
        self.assertEqual(set((await friend.reads(thing.full)).values), {BOILER})
        self.assertEqual(thing.run("--config", str(thing.config), "--sticker").returncode != 0, True)

    async def test_by_a_request(self):
        """A friend request with the KEY in its words does the same; with a wrong one it is refused as any other."""
        for words in ("{}", "IoTDisco;SN:1;KEY:{}", "claim {}"):
            with self.subTest(words):
                thing, key = await self.unclaimed()
                owner = await self.person(f"owner{len(self.things)}")
                for other in (words.format(wrong(key)), "hello", ""):
                    self.requests(owner, thing, other)
                    await owner.hears(presence("unsubscribed", thing.jid))
                self.assertEqual(words_heard(owner, thing.jid), [])
                self.requests(owner, thing, words.format(key))
                await owner.hears(presence("subscribed", thing.jid), 15)
                await owner.hears(presence("subscribe", thing.jid))
                owner.subscribes(thing.jid, "subscribed")
                await self.seen(owner, thing)
                await hear(owner, thing.jid, MINE)
                self.assertTrue((await owner.reads(thing.full)).values)
                thing.kill()

    @short
    async def test_guessing(self):
        """After five wrong KEYs even the right one is not looked at, nor after a power cut; each was logged, and the KEY never is."""
        thing, key = await self.unclaimed()
        thief = await self.person("thief")
        for _ in range(5):
            await self.stays_unclaimed(thief, thing, "claim " + wrong(key))
        self.assertEqual(thing.logged(rf"a wrong KEY, number \d.*{thief.bare}"), 5)
        buyer = await self.person("buyer")
        await self.stays_unclaimed(buyer, thing, f"claim {key}")
        thing.kill()
        thing.start()
        await thing.log(ONLINE)
        await self.stays_unclaimed(buyer, thing, f"claim {key}")
        self.assertNotIn(key, thing.log_text())
        self.assertNotIn(grouped(key), thing.log_text())

    async def test_what_is_no_key(self):
        """What has not the form of a KEY is no guess, however often it is said."""
        thing, key = await self.unclaimed()
        person = await self.person("person")
        for words in ("claim", "claim me", "claim " + key[1:], "claim " + key + "0", "claim U" + key[1:], "hello", "?"):
            await self.stays_unclaimed(person, thing, words)
        self.assertEqual(thing.logged("wrong KEY"), 0)
        await self.claims(person, thing, key)

    async def test_once(self):
        """The KEY is spent: neither a thief nor a second buyer who saw the sticker gets anything, nor after a restart."""
        thing, owner, key = await self.owned()
        thief = await self.person("thief")
        for _ in range(2):
            say(thief, thing.jid, f"claim {key}")
            self.requests(thief, thing, key)
            await hear(owner, thing.jid, f"{thief.bare} would like to be my friend", 15)     # as anybody might
            await talk(owner, thing.jid, "no", "may not be my friend")
            await thief.hears(presence("unsubscribed", thing.jid))
            await self.refused(thief, thing)
            self.assertEqual(await thing.stop(), 0)
            thing.start()
            await self.seen(owner, thing)
        self.assertTrue((await owner.reads(thing.full)).values)

    @short
    async def test_power_cut(self):
        """The power is cut as soon as somebody learns that it is his: it is, and the KEY is spent."""
        thing, key = await self.unclaimed()
        owner, thief = await self.person("owner"), await self.person("thief")
        self.requests(owner, thing, key)
        await owner.hears(presence("subscribed", thing.jid), 15)
        thing.kill()
        await owner.hears(presence("unavailable", thing.full), 15)
        owner.ignores()
        owner.subscribes(thing.jid, "subscribed")
        thing.start()
        await self.seen(owner, thing)
        await self.refused(thief, thing)
        say(thief, thing.jid, f"claim {key}")
        await self.handles(thief, thing)
        self.assertTrue((await owner.reads(thing.full)).values)

    async def test_at_the_same_time(self):
        """Many say the KEY at the same moment, in words and by requests: exactly one of them is the owner."""
        thing, key = await self.unclaimed()
        people = [await self.person(f"buyer{number}") for number in range(6)]
        for number, person in enumerate(people):
            if number % 2:
                say(person, thing.jid, f"claim {key}")
            else:
                self.requests(person, thing, key)
        done, waiting = await asyncio.wait([asyncio.create_task(hear(person, thing.jid, MINE, 20)) for person in people],
                                           return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        for person in people:
            await self.handles(person, thing)
        self.assertEqual(len([person for person in people if any("yours" in words for words in words_heard(person, thing.jid))]), 1)
        self.assertEqual(thing.logged("owned now by"), 1)

    async def test_cannot_be_kept(self):
        """Where the change cannot be kept nobody hears of it: the program ends, and the Thing is nobody's, with the same KEY."""
        thing, key = await self.unclaimed()
        obstacle = thing.state / "ward.state.new"
        obstacle.mkdir()
        owner = await self.person("owner")
        self.requests(owner, thing, key)
        self.assertEqual(await thing.ended(), 74)
        await owner.fence(self.home)
        self.assertIsNone(owner.takes(presence("subscribed", thing.jid)))
        self.assertEqual(words_heard(owner, thing.jid), [])
        obstacle.rmdir()
        self.assertEqual(self.sticker(thing).key, key)
        owner.ignores()
        thing.start()
        await thing.log(ONLINE)
        await self.claims(owner, thing, key)

    async def test_configured(self):
        """Where the configuration says who the parent is, no KEY is made and nobody can claim; the parent is told where that stands."""
        thing, parent = await self.claimed()
        self.assertNotEqual(thing.run("--config", str(thing.config), "--sticker").returncode, 0)
        person = await self.person("person")
        say(person, thing.jid, "claim " + "0" * 20)
        await self.handles(person, thing)
        self.assertEqual(thing.logged("wrong KEY"), 0)
