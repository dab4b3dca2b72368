"""A Thing that somebody owns is given up, given away, or gets a parent; and what is left of who had it before."""

import re

from actors import PROVISIONING, presence
from conversation import World, both, short
from owners import EMPTY, NEW_KEY, REALLY_DISOWN, Ownership
from server import COMPONENT, OTHER
from sticker import Sticker, canonical_key, grouped
from sysfs import BOILER
from talk import hear, say, talk, words_heard
from words import ONLINE


@both
class PassingOn(Ownership):

    @short
    async def test_disown(self):
        """Given up: friends are none any more, nothing of anybody is left, and only the new KEY claims it again."""
        thing, owner, key = await self.owned()
        friend = await self.befriends_by(owner, thing)
        self.assertTrue((await friend.reads(thing.full)).values)
        asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
        number = int(re.search(REALLY_DISOWN, asked)[1])
        await talk(owner, thing.jid, f"disown {1000 + (number - 999) % 9000}", REALLY_DISOWN)     # another number asks again
        self.assertTrue((await friend.reads(thing.full)).values)
        new = await self.disowns(owner, thing)
        self.assertNotEqual(new, key)
        for person in (owner, friend):
            await person.hears(presence("unsubscribed", thing.jid), 15)
            await person.hears(presence("unsubscribe", thing.jid))
        await thing.log(EMPTY)
        for person in (owner, friend):
            await self.refused(person, thing, [BOILER])
            say(person, thing.jid, f"claim {key}")       # the old one
        await self.handles(owner, thing)
        await self.handles(friend, thing)
        self.nothing_left(thing, friend)
        bob = await self.claims(await self.person("bob"), thing, grouped(new))
        self.assertTrue((await bob.reads(thing.full)).values)
        self.nothing_left(thing, owner, friend)
        for question in ("friends", "rules", "pending"):
            await talk(bob, thing.jid, question, "")
        for person in (owner, friend):
            self.assertNotIn(person.bare, "".join(words_heard(bob, thing.jid)))
        for person in (owner, friend):
            await self.refused(person, thing, [BOILER])
            self.assertNotIn(await person.subscription(thing.jid), ("both", "to", "from"))

    async def test_only_the_owner(self):
        """Neither friend nor stranger, nor the owner's other account, nor his namesake elsewhere can give it up, away, or a parent."""
        thing, owner, _ = await self.owned()
        friend = await self.befriends_by(owner, thing)
        namesake_jid = owner.bare.partition("@")[0] + "@" + OTHER
        self.server.account(namesake_jid, "secret")
        others = [await self.client(namesake_jid, "secret"), await self.person("owner-2"), await self.person("stranger")]
        asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
        number = re.search(REALLY_DISOWN, asked)[1]
        for person in (friend, *others):
            for words in (f"disown {number}", "disown", f"transfer {person.bare}", f"parent {person.bare}", "accept"):
                say(person, thing.full, words)
            await self.handles(person, thing)
            self.assertFalse([words for words in words_heard(person, thing.jid) if "KEY" in words or "disown" in words])
        self.assertTrue((await owner.reads(thing.full)).values)
        self.assertTrue((await friend.reads(thing.full)).values)
        await talk(owner, thing.jid, f"disown {number}", NEW_KEY)

    @short
    async def test_transfer(self):
        """Given to another, who accepts: he is the owner then, and the one before is nobody; a look-alike's word counts for nothing."""
        thing, owner, _ = await self.owned()
        friend = await self.befriends_by(owner, thing)
        bob = await self.person("bob")
        thief = await self.person("thief")
        namesake_jid = bob.bare.partition("@")[0] + "@" + OTHER
        self.server.account(namesake_jid, "secret")
        namesake = await self.client(namesake_jid, "secret")
        await talk(owner, thing.jid, f"transfer {bob.bare}", f"I have told {bob.bare}")
        await hear(bob, thing.jid, f"^{owner.bare} would give me to you")
        for person in (thief, namesake, friend, owner):
            say(person, thing.jid, "accept")
            await self.handles(person, thing)
        self.assertTrue((await friend.reads(thing.full)).values)
        await talk(owner, thing.jid, "transfer cancel", "I stay yours")
        say(bob, thing.jid, "accept")
        await self.handles(bob, thing)
        self.assertTrue((await friend.reads(thing.full)).values)
        await talk(owner, thing.jid, f"transfer {bob.bare}", f"I have told {bob.bare}")
        say(bob, thing.jid, "accept")
        await hear(owner, thing.jid, f"I belong to {bob.bare} now")
        await self.welcomed(bob, thing)
        self.assertTrue((await bob.reads(thing.full)).values)
        for person in (owner, friend, thief, namesake):
            await self.refused(person, thing, [BOILER])
        self.nothing_left(thing, owner, friend)

    async def test_an_offer_ends_with_its_owner(self):
        """Who was offered the Thing, and has not accepted when it is given up, is nobody to it."""
        thing, owner, _ = await self.owned()
        bob = await self.person("bob")
        await talk(owner, thing.jid, f"transfer {bob.bare}", "I have told")
        await hear(bob, thing.jid, "would give me to you")
        new = await self.disowns(owner, thing)
        await thing.log(EMPTY)
        before = len(words_heard(bob, thing.jid))
        say(bob, thing.jid, "accept")
        await self.refused(bob, thing)
        self.assertEqual(len(words_heard(bob, thing.jid)), before)
        await self.claims(await self.person("carol"), thing, new)
        say(bob, thing.jid, "accept")
        await self.refused(bob, thing)

    async def test_rules_do_not_come_back(self):
        """What a friend was allowed with an owner is no rule of the next one's, though he is made a friend again."""
        thing, owner, _ = await self.owned()
        friend = await self.befriends_by(owner, thing)
        new = await self.disowns(owner, thing)
        await thing.log(EMPTY)
        bob = await self.claims(await self.person("bob"), thing, new)
        friend.ignores()
        await self.introduced(bob, thing, friend)
        self.assertFalse((await friend.reads(thing.full)).values)

    async def test_transfer_survives_a_power_cut(self):
        """An offer stands after a power cut; once accepted and cut again, the next owner has it."""
        thing, owner, _ = await self.owned()
        bob = await self.person("bob")
        await talk(owner, thing.jid, f"transfer {bob.bare}", "I have told")
        thing.kill()
        thing.start()
        await self.seen(owner, thing)
        say(bob, thing.jid, "accept")
        await hear(owner, thing.jid, f"I belong to {bob.bare} now")
        thing.kill()
        thing.start()
        await self.welcomed(bob, thing)
        await self.refused(owner, thing)
        self.nothing_left(thing, owner)

    async def test_power_cut_in_the_middle(self):
        """The power is cut as soon as the owner hears the new KEY: it is nobody's, its roster empties, and the new KEY claims it."""
        thing, owner, key = await self.owned()
        friend = await self.befriends_by(owner, thing)
        new = await self.disowns(owner, thing)
        thing.kill()
        self.nothing_left(thing, friend)
        thing.start()
        await thing.log(EMPTY, 15)
        for person in (owner, friend):
            await person.hears(presence("unsubscribed", thing.jid))
            await self.refused(person, thing)
        say(owner, thing.jid, f"claim {key}")
        await self.handles(owner, thing)
        await self.claims(await self.person("bob"), thing, new)

    async def test_power_cut_anywhere(self):
        """The power is cut after each stanza of a change of hands in turn: one owner, or nobody and a KEY that somebody has; and it goes on."""
        for count in range(7):
            with self.subTest(after=count):
                thing, owner, old = await self.owned(f"owner{count}x")
                friend = await self.befriends_by(owner, thing, f"friend{count}x")
                asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
                mark = len(self.server.lines)
                say(owner, thing.jid, f"disown {re.search(REALLY_DISOWN, asked)[1]}")
                for _ in range(count):
                    mark, _ = await self.server.lines.expect(f"said-by {thing.full} ", 10, mark)
                    mark += 1
                thing.kill()
                for person in (owner, friend):
                    await person.fence(self.home)       # whatever was on its way to them has come
                heard = [match[1] for words in words_heard(owner, thing.jid) if (match := re.search(NEW_KEY, words))]
                sticker = thing.run("--config", str(thing.config), "--sticker")
                thing.start()
                await thing.log(ONLINE)
                bob = await self.person(f"bob{count}x")
                if sticker.returncode and not heard:
                    self.assertTrue((await owner.reads(thing.full)).values, "neither an owner nor a KEY")
                    continue
                key = canonical_key(heard[0]) if heard else Sticker.read(sticker.stdout).key
                self.assertTrue(sticker.returncode or Sticker.read(sticker.stdout).key == key)
                self.assertNotEqual(key, old)
                await self.claims(bob, thing, key)
                for person in (owner, friend):
                    await self.refused(person, thing)
                self.nothing_left(thing, owner, friend)

    async def test_power_cut_before_it_is_confirmed(self):
        """The power is cut while the owner is asked: it is still his, and the number means nothing any more."""
        thing, owner, _ = await self.owned()
        asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
        number = re.search(REALLY_DISOWN, asked)[1]
        thing.kill()
        thing.start()
        await self.seen(owner, thing)
        again = await talk(owner, thing.jid, f"disown {number}", REALLY_DISOWN)
        if re.search(REALLY_DISOWN, again)[1] == number:      # one in nine thousand
            self.skipTest("the same number by chance")
        self.assertTrue((await owner.reads(thing.full)).values)

    async def test_late_words(self):
        """What was said before and comes late, from the server's store, gives nothing up."""
        thing, owner, _ = await self.owned()
        asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
        number = re.search(REALLY_DISOWN, asked)[1]
        owner.tells(thing.full, f"<body>disown {number}</body><delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>", "chat")
        await self.handles(owner, thing)
        self.assertTrue((await owner.reads(thing.full)).values)
        self.assertFalse([words for words in words_heard(owner, thing.jid) if "new KEY" in words])

    async def test_parent(self):
        """The owner names a service that decides in his place; nobody changes that again until the Thing is given up."""
        service = await self.component()
        thing, owner, _ = await self.owned()
        asked = await talk(owner, thing.jid, f"parent {COMPONENT}", rf"say: parent {COMPONENT} (\d+)")
        number = re.search(r"(\d+)$", asked)[1]
        await talk(owner, thing.jid, f"parent {COMPONENT} {number}", f"{COMPONENT} decides for me from now on")
        friend = await self.person("friend")
        await friend.befriends(thing.jid)
        self.assertEqual(service.asked("isFriend", friend.bare), 1)
        self.assertTrue((await friend.reads(thing.full)).values)
        await talk(owner, thing.jid, f"parent {friend.bare}", f"{COMPONENT} decides for me, until you disown me")
        await self.disowns(owner, thing)
        await friend.hears(presence("unsubscribed", thing.jid), 15)
        await self.refused(friend, thing)
        self.nothing_left(thing, friend, service)
        answer = await service.asks(thing.full, f"<clearCache xmlns='{PROVISIONING}'/>", "set")    # it is nobody's parent now
        self.assertEqual(answer.get("type"), "error")
        service.tells(thing.jid, f"<friend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        await self.handles(service, thing)
        await self.handles(friend, thing)
        self.assertEqual(self.witnessed(rf"told-to {friend.full} <presence .*type='subscribe'")[1:], [])


@both
class OnAnotherServer(Ownership):
    """Owner and friend live on another server than the Thing's."""

    async def find_servers(self):
        near, far = await World.federated(self.kind)
        self.home, self.away = near.domains[0], far.domains[0]
        return [near, far]

    async def test_from_owner_to_owner(self):
        """Claimed, befriended, given up and claimed by the next one, across servers: those of before are strangers."""
        thing, key = await self.unclaimed()
        owner = await self.claims(await self.person("owner", self.away), thing, key)
        friend = await self.befriends_by(owner, thing, domain=self.away)
        self.assertTrue((await friend.reads(thing.full)).values)
        new = await self.disowns(owner, thing)
        for person in (owner, friend):
            await person.hears(presence("unsubscribed", thing.jid), 15)
            await self.refused(person, thing)
        namesake = await self.person("bob", self.home)
        bob = await self.claims(await self.person("bob", self.away), thing, new)
        self.assertTrue((await bob.reads(thing.full)).values)
        await self.refused(namesake, thing)
        self.nothing_left(thing, owner, friend)
