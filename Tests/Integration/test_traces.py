"""What an earlier owner could still get from the Thing, or the next one learn of him: nothing."""

import asyncio
import re

from actors import PROVISIONING, Parent, counter, local, presence
from conversation import both
from owners import EMPTY, NEW_KEY, REALLY_DISOWN, Ownership
from stanzas import SENSOR
from sysfs import BOILER
from talk import say, talk, words_heard
from test_events import event, subscribes


@both
class Traces(Ownership):

    async def kept(self, person, thing):
        """The values of the boiler that the Thing kept."""
        seqnr, values = str(next(counter)), []
        await person.asks(thing.full, f"<req xmlns='{SENSOR}' seqnr='{seqnr}' historical='true'><field name='{BOILER}'/></req>")

        def part(stanza):
            return local(stanza) == "message" and any(child.get("seqnr") == seqnr for child in stanza)
        part.words = f"fields of readout {seqnr}"
        while True:
            message = await person.hears(part)
            values += [field.get("value") for field in message.iter() if field.get("name") == BOILER]
            if any(child.get("done") == "true" for child in message):
                return values

    async def keeps(self, person, thing, value):
        """Waits until the Thing has kept this value."""
        async with asyncio.timeout(20 * self.firmware.patience):
            while value not in await self.kept(person, thing):
                pass

    async def test_history(self):
        """What was measured in an earlier owner's time is not told to the next one."""
        thing, owner, _ = await self.owned(history="1")
        thing.sysfs.set("temp1_input", "-7125")
        await self.keeps(owner, thing, "-7.125")
        thing.sysfs.set("temp1_input", "55000")
        await self.keeps(owner, thing, "55.000")
        bob = await self.claims(await self.person("bob"), thing, await self.disowns(owner, thing))
        await self.keeps(bob, thing, "55.000")
        self.assertNotIn("-7.125", await self.kept(bob, thing))

    async def test_subscriptions(self):
        """Who was told of changes is told of none from the moment the Thing is given up, nor when he is a friend again."""
        thing, owner, _ = await self.owned()
        friend = await self.befriends_by(owner, thing)
        for person in (owner, friend):
            await subscribes(person, thing.full, 5, f"<field name='{BOILER}'/>", minInterval="PT1S", maxInterval="PT1S")
            await person.hears(event(5), 15)
        new = await self.disowns(owner, thing)
        await thing.log(EMPTY)
        for person in (owner, friend):
            await person.fence(self.home)
            person.ignores()
        bob = await self.claims(await self.person("bob"), thing, new)
        await self.introduced(bob, thing, friend)
        await subscribes(bob, thing.full, 6, f"<field name='{BOILER}'/>", minInterval="PT1S", maxInterval="PT1S")
        for _ in range(3):
            await bob.hears(event(6), 15)
        for person in (owner, friend):
            self.assertIsNone(person.takes(event(5)))

    async def test_a_person_as_delegate(self):
        """An account that the owner named decides; the owner alone gives the Thing up, and then its word is nobody's."""
        thing, owner, _ = await self.owned()
        parent_jid, password = self.account("steward")
        steward = await self.client(parent_jid, password, Parent)
        asked = await talk(owner, thing.jid, f"parent {steward.bare}", rf"say: parent {steward.bare} (\d+)")
        await talk(owner, thing.jid, re.search(r"parent \S+ \d+$", asked)[0], "decides for me from now on")
        await steward.hears(presence("subscribe", thing.jid), 15)
        steward.subscribes(thing.jid, "subscribed")
        steward.subscribes(thing.jid)
        await self.seen(steward, thing)
        friend = await self.person("friend")
        await friend.befriends(thing.jid)
        self.assertEqual(steward.asked("isFriend", friend.bare), 1)
        heard = len(words_heard(steward, thing.jid))
        for words in ("disown", f"transfer {steward.bare}", f"parent {friend.bare}"):
            say(steward, thing.full, words)
        await self.handles(steward, thing)
        self.assertFalse([words for words in words_heard(steward, thing.jid)[heard:] if re.search(REALLY_DISOWN, words) or "I have told" in words])
        self.assertTrue((await friend.reads(thing.full)).values)
        new = await self.disowns(owner, thing)
        await thing.log(EMPTY)
        for person in (steward, friend, owner):
            await self.refused(person, thing)
        steward.tells(thing.jid, f"<friend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        self.assertEqual((await steward.asks(thing.full, f"<clearCache xmlns='{PROVISIONING}'/>", "set")).get("type"), "error")
        self.nothing_left(thing, steward, friend)
        await self.claims(await self.person("bob"), thing, new)

    async def test_the_owner_is_gone(self):
        """The owner's word counts from his address, whether his client has it as a friend or not."""
        thing, owner, _ = await self.owned()
        await owner.unfriends(thing.jid)
        asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
        await talk(owner, thing.jid, re.search(r"disown \d+", asked)[0], NEW_KEY)
