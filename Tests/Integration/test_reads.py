"""A friend's read (XEP-0323): values from kernel files, with units, and errors that say why."""

import asyncio
import os
import shutil

from actors import SENSOR, error_of, local
from conversation import Conversation, both, short
from sysfs import BOILER, BROKEN, CELLAR, EXACT, OUTSIDE, SUPPLY


class Values(Conversation):

    @short
    @both
    async def test_momentary(self):
        """All momentary values come exactly as the kernel has them, each with its unit."""
        thing, parent, friend = await self.household()
        reading = await friend.reads(thing.full)
        for name, expected in EXACT.items():
            self.assertEqual(reading.values.get(name), expected)
        self.assertNotIn(BROKEN, reading.values)
        units = {unit for _, unit in reading.values.values()}
        self.assertLessEqual({"°C", "V", "A", "W", "%"}, units)
        self.assertTrue(any("uptime" in name.lower() for name in reading.values), list(reading.values))
        self.assertTrue(any("load" in name.lower() for name in reading.values), list(reading.values))
        self.assertTrue(any(value == "41.250" for value, _ in reading.values.values()), "the thermal zone")
        self.assertTrue(any(value == "87" for value, _ in reading.values.values()), "the battery's charge")
        self.assertTrue(any(value in ("0.512", "0.5120") for value, _ in reading.values.values()), "IIO, raw and scale")

    @short
    async def test_failing_channel(self):
        """A channel that cannot be read is a failure beside the good values, never a number."""
        thing, parent, friend = await self.household()
        reading = await friend.reads(thing.full)
        self.assertIn(BOILER, reading.values)
        self.assertTrue(any(BROKEN in text for _, text in reading.failures), reading.failures)

    @short
    async def test_named_fields(self):
        """Only the fields asked for come."""
        thing, parent, friend = await self.household()
        reading = await friend.reads(thing.full, fields=[OUTSIDE, BOILER])
        self.assertEqual(reading.values, {OUTSIDE: EXACT[OUTSIDE], BOILER: EXACT[BOILER]})
        self.assertFalse(reading.failures)

    async def test_everything(self):
        """all='true' asks for every kind, and includes the momentary values."""
        thing, parent, friend = await self.household(history="0")
        reading = await friend.reads(thing.full, attributes={"all": "true"})
        self.assertEqual(reading.values.get(BOILER), EXACT[BOILER])

    async def test_no_kind_named(self):
        """A request that names no kind of field is answered once, and not left hanging."""
        thing, parent, friend = await self.household()
        reading = await friend.reads(thing.full, attributes={})
        self.assertTrue(reading.accepted or reading.error)

    async def test_one_is_true(self):
        """momentary='1' means the same as 'true', and 'false' the opposite."""
        thing, parent, friend = await self.household(history="0")
        self.assertIn(BOILER, (await friend.reads(thing.full, attributes={"momentary": "1"})).values)
        reading = await friend.reads(thing.full, attributes={"momentary": "false", "peak": "true"})
        self.assertNotIn(BOILER, reading.values)

    async def test_fresh_each_time(self):
        """Each read takes a new reading, and one that fails now is not answered with the last value."""
        thing, parent, friend = await self.household()
        self.assertEqual((await friend.reads(thing.full, fields=[BOILER])).values[BOILER], EXACT[BOILER])
        thing.sysfs.set("temp1_input", "-40125")
        self.assertEqual((await friend.reads(thing.full, fields=[BOILER])).values[BOILER], ("-40.125", "°C"))
        thing.sysfs.set("temp1_input", "")
        reading = await friend.reads(thing.full, fields=[BOILER, SUPPLY])
        self.assertNotIn(BOILER, reading.values)
        self.assertIn(SUPPLY, reading.values)
        self.assertTrue(any(BOILER in text for _, text in reading.failures))
        for garbage in ("nan", "23,4", "99999999999999999999999999", "0x10"):
            thing.sysfs.set("temp1_input", garbage)
            reading = await friend.reads(thing.full, fields=[BOILER])
            self.assertNotIn(BOILER, reading.values, garbage)

    async def test_form(self):
        """Each field is numeric, momentary and an automatic readout; the time carries its zone."""
        thing, parent, friend = await self.household()
        reading = await friend.reads(thing.full, fields=[BOILER])
        field = reading.fields[BOILER]
        self.assertEqual(local(field), "numeric")
        self.assertEqual(field.get("momentary"), "true")
        self.assertEqual(field.get("automaticReadout"), "true")
        message = next(stanza for stanza in reversed(friend.journal) if stanza.find(f"{{{SENSOR}}}fields") is not None)
        stamp = message.find(f".//{{{SENSOR}}}timestamp").get("value")
        self.assertRegex(stamp, r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")

    async def test_by_node(self):
        """The node the Thing names itself by can be asked for; another is not found."""
        thing, parent, friend = await self.household()
        [node] = set((await friend.reads(thing.full)).nodes)
        self.assertTrue(node)
        self.assertIn(BOILER, (await friend.reads(thing.full, nodes=[node])).values)
        self.assertEqual((await friend.reads(thing.full, nodes=["elsewhere"])).error[:2], ("cancel", "item-not-found"))

    async def test_blocked_file(self):
        """A file that never answers does not hold up the others, nor the Thing."""
        thing, parent, friend = await self.household()
        file = thing.sysfs.device("hwmon0") / "temp1_input"
        file.unlink()
        os.mkfifo(file)
        reading = await friend.reads(thing.full, limit=20)
        self.assertNotIn(BOILER, reading.values)
        self.assertEqual(reading.values.get(OUTSIDE), EXACT[OUTSIDE])
        self.assertEqual(reading.values.get(SUPPLY), EXACT[SUPPLY])

    async def test_vanished_chip(self):
        """A chip that was unplugged is a failure, and the rest still answers."""
        thing, parent, friend = await self.household()
        link = thing.sysfs.device("hwmon0")
        shutil.rmtree(link.resolve())
        reading = await friend.reads(thing.full)
        self.assertFalse({BOILER, OUTSIDE, SUPPLY, CELLAR} & set(reading.values))
        self.assertTrue(any(value == "41.250" for value, _ in reading.values.values()))


class Errors(Conversation):

    @short
    async def test_stranger(self):
        """Somebody who is no friend gets forbidden, whatever is asked for, and the parent is not bothered."""
        thing, parent, friend = await self.household()
        stranger = await self.person("stranger")
        for fields in ((), [BOILER], ["no such field"]):
            self.assertEqual((await stranger.reads(thing.full, fields=fields)).error[:2], ("cancel", "forbidden"))
        self.assertEqual(parent.asked("canRead"), 0)

    @short
    async def test_unknown_field(self):
        """A field that does not exist, asked for by one who may know: item-not-found."""
        thing, parent, friend = await self.household()
        reading = await friend.reads(thing.full, fields=["no such field"])
        self.assertEqual(reading.error[:2], ("cancel", "item-not-found"))

    async def test_unknown_beside_known(self):
        """A field that exists is given although another does not."""
        thing, parent, friend = await self.household()
        reading = await friend.reads(thing.full, fields=["no such field", BOILER])
        self.assertEqual(reading.values, {BOILER: EXACT[BOILER]})

    async def test_no_oracle(self):
        """Denied, a friend cannot tell a field that exists from one that does not."""
        thing, parent, friend = await self.household(opinion="no")
        there = await friend.reads(thing.full, fields=[BOILER])
        not_there = await friend.reads(thing.full, fields=["no such field"])
        self.assertEqual(there.error, not_there.error)

    async def test_bad_sequence_number(self):
        """A request without a number, or with one that is none, is a bad request, answered once."""
        thing, parent, friend = await self.household()
        for attribute in ("", "seqnr=''", "seqnr='abc'", "seqnr='1x'", "seqnr='99999999999999999999'", "seqnr='1.5'"):
            with self.subTest(attribute):
                answer = await friend.asks(thing.full, f"<req xmlns='{SENSOR}' {attribute} momentary='true'/>")
                self.assertEqual(error_of(answer)[:2], ("modify", "bad-request"))

    async def test_bad_boolean(self):
        """A kind that is neither true nor false is a bad request."""
        thing, parent, friend = await self.household()
        answer = await friend.asks(thing.full, f"<req xmlns='{SENSOR}' seqnr='1' momentary='perhaps'/>")
        self.assertEqual(error_of(answer)[:2], ("modify", "bad-request"))

    async def test_cancel_of_nothing(self):
        """A cancel of a readout that does not run: item-not-found."""
        thing, parent, friend = await self.household()
        answer = await friend.asks(thing.full, f"<cancel xmlns='{SENSOR}' seqnr='4711'/>")
        self.assertEqual(error_of(answer)[1], "item-not-found")

    @both
    async def test_many_at_once(self):
        """Thirty requests at once: each gets its answer, or is told that there is no room."""
        thing, parent, friend = await self.household()
        ids = [friend.puts(thing.full, f"<req xmlns='{SENSOR}' seqnr='{1000 + n}' momentary='true'><field "
                           f"name='{BOILER}'/></req>") for n in range(30)]
        granted = 0
        for id in ids:
            answer = await friend.answer(id)
            if answer.get("type") == "result":
                granted += 1
            else:
                self.assertEqual(error_of(answer)[:2], ("wait", "resource-constraint"))
        self.assertGreaterEqual(granted, 1)

        def fields(stanza):
            return stanza.find(f"{{{SENSOR}}}fields[@done='true']") is not None
        for _ in range(granted):
            await friend.hears(fields)
        self.assertIn(BOILER, (await friend.reads(thing.full)).values)


@both
class AnotherLibrary(Conversation):

    @short
    async def test_slixmpp_plugin(self):
        """slixmpp's own XEP-0323 plugin, which knows nothing of Ward, reads the values."""
        thing, parent, friend = await self.household()
        done = asyncio.get_running_loop().create_future()
        seen = {}
        results = []

        def callback(from_jid, result, nodeId=None, timestamp=None, fields=None, error_msg=None):
            results.append(result)
            for field in fields or ():
                seen[field["name"]] = (field["value"], field.get("unit"))
            if result in ("done", "rejected", "failure") and not done.done():
                done.set_result(result)
        friend["xep_0323"].request_data(friend.full, thing.full, callback, fields=[BOILER, OUTSIDE],
                                        flags={"momentary": "true"})
        async with asyncio.timeout(10 * self.firmware.patience):
            self.assertEqual(await done, "done")
        self.assertEqual(results[0], "accepted")
        self.assertEqual(seen, {BOILER: EXACT[BOILER], OUTSIDE: EXACT[OUTSIDE]})
