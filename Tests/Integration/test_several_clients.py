"""One account, logged in several times: each client of a friend is served by itself, and the Thing's own
account, taken by somebody else, is no tug-of-war."""

import asyncio
import os
import signal

from actors import PROVISIONING, SENSOR, Reading, error_of, presence, question
from conversation import Conversation, both, short
from sysfs import BOILER, EXACT, OUTSIDE, SUPPLY
from words import CONFLICT, ONLINE


def request(seqnr, *fields):
    names = "".join(f"<field name='{field}'/>" for field in fields)
    return f"<req xmlns='{SENSOR}' seqnr='{seqnr}' momentary='true'>{names}</req>"


def values(stanza):
    """Anything of a readout, whatever its number."""
    return any(stanza.find(f"{{{SENSOR}}}{name}") is not None for name in ("fields", "failure", "started"))


@both
class AFriend(Conversation):

    async def pair(self, **more):
        """A household whose friend is online twice; returns Thing, parent and the friend's two clients."""
        thing, parent, friend = await self.household(**more)
        second = await self.client(friend.bare, friend.password, resource="tablet")
        await self.seen(second, thing)
        return thing, parent, friend, second

    def blocks(self, thing):
        """Reading the boiler takes until it is given up, so that a readout lasts."""
        file = thing.sysfs.device("hwmon0") / "temp1_input"
        file.unlink()
        os.mkfifo(file)

    async def rest(self, client, seqnr):
        """What comes of a readout, up to its end."""
        reading = Reading()

        def part(stanza):
            return any(child.get("seqnr") == seqnr and child.tag.startswith(f"{{{SENSOR}}}") for child in stanza)
        while True:
            for child in await client.hears(part):
                if reading.takes(child):
                    return reading

    @short
    async def test_each_client_gets_its_own(self):
        """Two clients read at once under the same number; each gets the answer to its own request, and only that."""
        thing, parent, friend, second = await self.pair()
        one, two = await asyncio.gather(friend.reads(thing.full, seqnr="5", fields=[BOILER]),
                                        second.reads(thing.full, seqnr="5", fields=[SUPPLY]))
        self.assertEqual(one.values, {BOILER: EXACT[BOILER]})
        self.assertEqual(two.values, {SUPPLY: EXACT[SUPPLY]})
        for client in (friend, second):
            await self.handles(client, thing)
            self.assertIsNone(client.takes(values))

    async def test_one_word_for_both(self):
        """The parent's word is about the account: what one client may read, the other may without a question."""
        thing, parent, friend, second = await self.pair(opinion=[BOILER])
        for client in (friend, second):
            self.assertEqual(set((await client.reads(thing.full, fields=[BOILER, SUPPLY])).values), {BOILER})
        self.assertEqual(parent.asked("canRead", friend.bare), 1)

    async def test_one_goes_in_mid_readout(self):
        """Both read, one client goes away: the other gets all that is left, and the first may begin again."""
        thing, parent, friend, second = await self.pair()
        self.blocks(thing)
        for client, number in ((friend, "7"), (second, "8")):
            client.puts(thing.full, request(number, BOILER, OUTSIDE))
            await self.handles(client, thing)
        await second.offline()
        reading = await self.rest(friend, "7")
        self.assertEqual(reading.values, {OUTSIDE: EXACT[OUTSIDE]})
        self.assertEqual(len(reading.failures), 1)
        second = await self.again(second)
        await self.seen(second, thing)
        self.assertEqual((await second.reads(thing.full, seqnr="8", fields=[SUPPLY])).values, {SUPPLY: EXACT[SUPPLY]})

    async def test_one_goes_while_the_parent_thinks(self):
        """Both wait for the parent, one client goes away: the yes is for the one that is still there."""
        thing, parent, friend, second = await self.pair(opinion="silent")
        second.puts(thing.full, request("5", SUPPLY))
        await parent.hears(question("canRead", friend.bare))
        id = friend.puts(thing.full, request("5", BOILER))
        asked = await parent.hears(question("canRead", friend.bare))
        await second.offline()
        await friend.hears(presence("unavailable", second.full))
        parent.says(f"<iq to='{thing.full}' type='result' id='{asked.get('id')}'><canReadResponse "
                    f"xmlns='{PROVISIONING}' jid='{friend.bare}' result='true'/></iq>")
        self.assertEqual((await friend.answer(id)).get("type"), "result")
        self.assertEqual((await self.rest(friend, "5")).values, {BOILER: EXACT[BOILER]})

    async def test_cancel_is_ones_own(self):
        """A client ends its own readout, not that of the other one under the same number."""
        thing, parent, friend, second = await self.pair()
        self.blocks(thing)
        friend.puts(thing.full, request("9", BOILER))
        await self.handles(friend, thing)
        answer = await second.asks(thing.full, f"<cancel xmlns='{SENSOR}' seqnr='9'/>")
        self.assertEqual(error_of(answer)[1], "item-not-found")
        second.puts(thing.full, request("9", BOILER))
        answer = await second.asks(thing.full, f"<cancel xmlns='{SENSOR}' seqnr='9'/>")
        self.assertIsNotNone(answer.find(f"{{{SENSOR}}}cancelled"))
        self.assertEqual(len((await self.rest(friend, "9")).failures), 1)
        await self.handles(second, thing)
        self.assertIsNone(second.takes(values))

    async def test_unfriended_for_all(self):
        """The friendship ends for every client of the account at once."""
        thing, parent, friend, second = await self.pair()
        parent.tells(thing.jid, f"<unfriend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        await friend.hears(presence("unsubscribed", thing.jid))
        for client in (friend, second):
            self.assertEqual((await client.reads(thing.full)).error[1], "forbidden")


@both
class TheThingsAccount(Conversation):

    async def test_same_resource_elsewhere(self):
        """Somebody logs in with the Thing's account and resource: it says so, and the two do not fight."""
        tap = await self.tap().start()
        thing = self.thing(server=tap.address).start()
        await thing.log(ONLINE)
        other = await self.client(thing.jid, thing.password, resource=thing.resource)
        await thing.log(CONFLICT)
        with self.assertRaises(TimeoutError, msg="it came back at once, and would be thrown out at once"):
            await tap.reached(2, limit=5)
        self.assertTrue(thing.running)
        self.assertEqual(len(self.witnessed(rf"auth-success {thing.jid}")), 2, "one login each")
        self.assertEqual((await other.fence(other.bare)).get("type"), "result", "the other one was thrown out")
        thing.signal(signal.SIGTERM)
        self.assertEqual(await thing.ended(), 0)

    async def test_another_resource(self):
        """Somebody logs in with the Thing's account and another resource: it goes on, and trusts that client with nothing."""
        thing, parent, friend = await self.household()
        other = await self.client(thing.jid, thing.password, resource="laptop")
        await self.seen(other, thing)
        self.assertEqual((await friend.reads(thing.full, fields=[BOILER])).values, {BOILER: EXACT[BOILER]})
        self.assertEqual((await other.reads(thing.full)).error[1], "forbidden")
        other.tells(thing.full, f"<unfriend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        await self.handles(other, thing)
        self.assertTrue((await friend.reads(thing.full)).values)
        self.assertEqual(thing.logged(ONLINE), 1)
