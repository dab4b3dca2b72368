"""Stanzas too large, too deep or too strange: skipped or refused, and the next one is handled."""

from actors import PING, error_of
from conversation import Conversation, short
from words import ONLINE


def deep(levels):
    return "<a>" * levels + "</a>" * levels


def broad(attributes):
    return "<x xmlns='urn:example:x' " + " ".join(f"a{n}='{n}'" for n in range(attributes)) + "/>"


class TooMuch(Conversation):

    async def skipped(self, payload, kind="get"):
        """An IQ with this payload is refused once, a message with it is passed over; then a ping is answered."""
        thing, parent, friend = await self.household()
        stranger = await self.person("stranger")
        for who in (friend, stranger):
            id = who.puts(thing.full, payload, kind)
            # The server's Expat waits for as much again before it looks at a long unfinished tag once more.
            who.says(" " * len(payload))
            answer = await who.answer(id)
            self.assertEqual(error_of(answer)[:2], ("modify", "not-acceptable"))
            await self.handles(who, thing)
            self.assertIsNone(who.takes(lambda stanza: stanza.get("id") == id))
            who.tells(thing.full, payload)
            who.says(" " * len(payload))
            await self.handles(who, thing)
        self.assertTrue((await friend.reads(thing.full)).values)
        self.assertEqual(thing.logged(ONLINE), 1, "it lost its connection")

    @short
    async def test_twenty_kilobytes(self):
        """A stanza of 20 KB."""
        await self.skipped(f"<x xmlns='urn:example:x'>{'a' * 20_000}</x>")

    @short
    async def test_two_hundred_kilobytes(self):
        """A stanza of 200 KB."""
        await self.skipped(f"<x xmlns='urn:example:x'>{'b' * 200_000}</x>", "set")

    @short
    async def test_deep(self):
        """Elements nested 500 deep."""
        await self.skipped(f"<x xmlns='urn:example:x'>{deep(500)}</x>")

    async def test_many_attributes(self):
        """An element with 500 attributes."""
        await self.skipped(broad(500))

    async def test_huge_attribute(self):
        """One attribute of 50 KB."""
        await self.skipped(f"<x xmlns='urn:example:x' a='{'c' * 50_000}'/>")

    async def test_many_children(self):
        """5,000 children in a readout request."""
        await self.skipped("<req xmlns='urn:xmpp:iot:sensordata' seqnr='1' momentary='true'>"
                           + "".join(f"<field name='F{n}'/>" for n in range(5000)) + "</req>")


class Strange(Conversation):

    @short
    async def test_large_but_allowed(self):
        """A message of 2 KB text is nothing special."""
        thing, parent, friend = await self.household()
        friend.tells(thing.full, f"<body>{'d' * 2000}</body>", "chat")
        await self.handles(friend, thing)

    async def test_other_namespaces(self):
        """Presence and messages full of unknown things change nothing."""
        thing, parent, friend = await self.household()
        friend.says(f"<presence to='{thing.full}'><show xmlns='urn:example:y'>{deep(10)}</show>"
                    "<priority>999999999999999999</priority><c xmlns='http://jabber.org/protocol/caps'/></presence>")
        friend.says(f"<presence to='{thing.full}' type='nonsense'/>")
        friend.says(f"<message to='{thing.full}' type='nonsense'>{broad(10)}</message>")
        friend.tells(thing.full, "<fields xmlns='urn:xmpp:iot:sensordata' seqnr='1' done='true'/>")
        friend.tells(thing.full, "<event xmlns='http://jabber.org/protocol/pubsub#event'/>", "headline")
        await self.handles(friend, thing)
        self.assertTrue((await friend.reads(thing.full)).values)

    async def test_names_with_markup(self):
        """Field names full of markup are compared and echoed as text."""
        thing, parent, friend = await self.household()
        for name in ("<Boiler>", "\"'&", "Boiler\n", "‮Boiler", "x" * 64, "é" * 33, "x" * 300):
            with self.subTest(name):
                reading = await friend.reads(thing.full, fields=[name])
                self.assertIsNotNone(reading.error)
                self.assertFalse(reading.values)
        self.assertTrue((await friend.reads(thing.full)).values)

    async def test_new_names_for_ever(self):
        """Two thousand stanzas, each with names never seen: memory stays what it was."""
        thing, parent, friend = await self.household()

        def resident():
            text = open(f"/proc/{thing.process.pid}/status").read()
            return int(text.split("VmRSS:")[1].split()[0])

        def flood(start):
            for n in range(start, start + 1000):
                friend.tells(thing.full, f"<e{n} xmlns='urn:example:{n}' attribute{n}='{n}'/>")
        flood(0)
        await self.handles(friend, thing, 30)
        before = resident()
        flood(1000)
        await self.handles(friend, thing, 30)
        self.assertLessEqual(resident() - before, 16)

    async def test_burst(self):
        """A thousand pings in one go are a thousand answers."""
        thing, parent, friend = await self.household()
        ids = {friend.puts(thing.full, f"<ping xmlns='{PING}'/>") for _ in range(1000)}
        for _ in range(1000):
            answer = await friend.hears(lambda stanza: stanza.get("id") in ids, 20)
            ids.discard(answer.get("id"))
        self.assertFalse(ids)
