"""Readouts put off until a time, and what was kept (XEP-0323): on real servers, by real clients."""

import asyncio
from datetime import datetime, timedelta, timezone

from actors import SENSOR, error_of, local
from conversation import Conversation, both, short
from sysfs import BOILER, EXACT, OUTSIDE, SUPPLY


def ahead(seconds):
    """The time in some seconds, as XMPP writes it."""
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def part(seqnr, *names):
    """What `hears` is given to wait for a message of a readout: started, fields, failure."""
    def fits(stanza):
        return local(stanza) == "message" and any(
            child.tag in {f"{{{SENSOR}}}{name}" for name in names} and child.get("seqnr") == seqnr for child in stanza)
    fits.words = f"{' or '.join(names)} of readout {seqnr}"
    return fits


def request(seqnr, fields=(BOILER,), **attributes):
    words = "".join(f" {name}='{value}'" for name, value in attributes.items())
    return (f"<req xmlns='{SENSOR}' seqnr='{seqnr}'{words}>"
            + "".join(f"<field name='{field}'/>" for field in fields) + "</req>")


class Later(Conversation):

    async def put_off(self, person, thing, seqnr, seconds=4):
        """Has a readout accepted that begins in some seconds; returns its time."""
        when = ahead(seconds)
        answer = await person.asks(thing.full, request(seqnr, momentary="true", when=when))
        accepted = answer.find(f"{{{SENSOR}}}accepted")
        self.assertEqual((accepted.get("seqnr"), accepted.get("queued")), (seqnr, "true"))
        return when

    @short
    @both
    async def test_when(self):
        """A readout with a time is accepted as queued, started then, and its values are of then."""
        thing, parent, friend = await self.household()
        when = await self.put_off(friend, thing, "1")
        thing.sysfs.set("temp1_input", "-1000")
        self.assertEqual((await friend.reads(thing.full, fields=[SUPPLY])).values, {SUPPLY: EXACT[SUPPLY]})
        await friend.hears(part("1", "started"), 15 * self.firmware.patience)
        message = await friend.hears(part("1", "fields"))
        self.assertEqual(message.find(f"{{{SENSOR}}}fields").get("done"), "true")
        self.assertGreaterEqual(message.find(f".//{{{SENSOR}}}timestamp").get("value"), when)
        self.assertEqual(message.find(f".//{{{SENSOR}}}numeric").get("value"), "-1.000")

    async def test_limits(self):
        """What is past is read now; a day ahead is the limit; what is no time is a bad request."""
        thing, parent, friend = await self.household()
        reading = await friend.reads(thing.full, fields=[BOILER], attributes={"momentary": "true", "when": ahead(-5)})
        self.assertEqual(reading.values, {BOILER: EXACT[BOILER]})
        answer = await friend.asks(thing.full, request("2", momentary="true", when=ahead(86_500)))
        self.assertEqual(error_of(answer)[:2], ("modify", "not-acceptable"))
        answer = await friend.asks(thing.full, request("3", momentary="true", when="tomorrow"))
        self.assertEqual(error_of(answer)[:2], ("modify", "bad-request"))

    async def test_cancelled(self):
        """A readout that was cancelled in the queue does not begin; another one's does."""
        thing, parent, friend = await self.household()
        await self.put_off(friend, thing, "1", 4)
        await self.put_off(friend, thing, "2", 5)
        answer = await friend.asks(thing.full, f"<cancel xmlns='{SENSOR}' seqnr='1'/>")
        self.assertEqual(answer.find(f"{{{SENSOR}}}cancelled").get("seqnr"), "1")
        await friend.hears(part("2", "fields"), 15 * self.firmware.patience)
        self.assertIsNone(friend.takes(part("1", "started", "fields", "failure")))

    @both
    async def test_taken_back(self):
        """Leave that was taken back meanwhile is asked for again when it begins; a no ends it with a failure."""
        thing, parent, friend = await self.household()
        await self.put_off(friend, thing, "1", 5)
        await parent.clears(thing.full)
        parent.can_read = "no"
        asked = parent.asked("canRead")
        message = await friend.hears(part("1", "started", "fields", "failure"), 15 * self.firmware.patience)
        failure = message.find(f"{{{SENSOR}}}failure")
        self.assertEqual(failure.get("done"), "true")
        self.assertEqual([error.text for error in failure], ["not allowed"])
        self.assertEqual(parent.asked("canRead"), asked + 1)

    @both
    async def test_unfriended(self):
        """Whoever is no friend any more when it begins hears nothing at all."""
        thing, parent, friend = await self.household()
        await self.put_off(friend, thing, "1", 4)
        await self.put_off(parent, thing, "2", 5)
        await friend.unfriends(thing.jid)
        await parent.hears(part("2", "fields"), 15 * self.firmware.patience)
        self.assertIsNone(friend.takes(part("1", "started", "fields", "failure")))

    @both
    async def test_client_gone(self):
        """The client that wanted it has gone: no other client of the friend gets it instead."""
        thing, parent, friend = await self.household()
        other = await self.client(friend.bare, friend.password, resource="other")
        await self.seen(other, thing)
        await self.put_off(friend, thing, "1", 4)
        await self.put_off(other, thing, "2", 5)
        await friend.offline()
        await other.hears(part("2", "fields"), 15 * self.firmware.patience)
        self.assertIsNone(other.takes(part("1", "started", "fields", "failure")))


class Kept(Conversation):
    """A Thing that keeps its values every second."""

    async def recounted(self, person, thing, fields=(BOILER,), limit=8, **attributes):
        """What a readout tells, as (name, time, value, type) in its order, and the number of its messages."""
        self.sequence = getattr(self, "sequence", 0) + 1
        answer = await person.asks(thing.full, request(str(self.sequence), fields, **attributes), limit=limit)
        if answer.get("type") == "error":
            return error_of(answer)[:2], 0
        told, messages, done = [], 0, False
        while not done:
            message = await person.hears(part(str(self.sequence), "fields", "failure"), limit * self.firmware.patience)
            messages += 1
            for piece in message:
                done = piece.get("done") == "true"
                for stamp in piece.iter(f"{{{SENSOR}}}timestamp"):
                    for field in stamp:
                        kinds = [name for name in field.keys() if name.startswith("historical") or name in ("peak", "momentary")]
                        told.append((field.get("name"), stamp.get("value"), field.get("value"), *kinds))
        return told, messages

    async def rows(self, person, thing, count, **attributes):
        """The values of the boiler, once there are so many of them."""
        async with asyncio.timeout((count + 15) * self.firmware.patience):
            while True:
                told, _ = await self.recounted(person, thing, **attributes)
                if len(told) >= count:
                    return told
                await self.second(person, thing)

    async def second(self, person, thing):
        """Waits until the Thing itself says that the next second has come: a readout that was put off until then."""
        await self.recounted(person, thing, momentary="true", when=ahead(1))

    @short
    @both
    async def test_history(self):
        """Each second's value is kept, and told under its time, the oldest first."""
        thing, parent, friend = await self.household(history="1")
        await self.rows(friend, thing, 2, historical="true")
        thing.sysfs.set("temp1_input", "-7125")
        changed = ahead(1)
        told = await self.rows(friend, thing, 1, historicalSecond="true", **{"from": changed})
        self.assertEqual({(name, value, kind) for name, _, value, kind in told}, {(BOILER, "-7.125", "historicalSecond")})
        told = await self.rows(friend, thing, 4, historicalSecond="true")
        times = [time for _, time, _, _ in told]
        self.assertEqual(times, sorted(set(times)))
        self.assertEqual([told[0][2], told[-1][2]], [EXACT[BOILER][0], "-7.125"])
        told, _ = await self.recounted(friend, thing, historicalMinute="true", historicalHour="true")
        self.assertEqual(told, [], "what was not kept is not made up")

    async def test_peak(self):
        """A peak is the least and the greatest of what was kept, each with its time."""
        thing, parent, friend = await self.household(history="1")
        values = [EXACT[BOILER][0]]
        for raw, value in (("-7125", "-7.125"), ("99000", "99.000")):
            thing.sysfs.set("temp1_input", raw)
            async with asyncio.timeout(20 * self.firmware.patience):
                while values[-1] != value:
                    await self.second(friend, thing)
                    values += [row[2] for row in (await self.recounted(friend, thing, historical="true"))[0]]
        told, _ = await self.recounted(friend, thing, peak="true", momentary="true")
        self.assertEqual([row[2:] for row in told], [("-7.125", "peak"), ("99.000", "peak"), ("99.000", "momentary")])
        self.assertLess(told[0][1], told[1][1])

    @both
    async def test_large(self):
        """A long history comes in several messages, and the values of now behind it."""
        thing, parent, friend = await self.household(history="1")
        await self.rows(friend, thing, 5, historical="true")
        told, messages = await self.recounted(friend, thing, (), historical="true", momentary="true")
        self.assertGreater(messages, 3)
        kinds = [row[3] for row in told]
        self.assertEqual(kinds, sorted(kinds))
        self.assertGreaterEqual(sum(1 for name, *_, kind in told if name == SUPPLY and kind == "historicalSecond"), 5)
        self.assertEqual(sum(1 for name, *_, kind in told if name == SUPPLY and kind == "momentary"), 1)

    @short
    async def test_leave(self):
        """What was is asked for by its own name, and only what the parent allows of it is told."""
        thing, parent, friend = await self.household(opinion=[SUPPLY], history="1")
        self.assertEqual(await self.recounted(friend, thing, historical="true"), (("cancel", "forbidden"), 0))
        question = parent.questions[-1][2]
        self.assertEqual((question.get("historicalSecond"), question.get("momentary")), ("true", None))
        told, _ = await self.recounted(friend, thing, (BOILER, SUPPLY, OUTSIDE), historical="true", momentary="true")
        self.assertEqual({row[0] for row in told}, {SUPPLY})
        stranger = await self.person("stranger")
        self.assertEqual(await self.recounted(stranger, thing, historical="true"), (("cancel", "forbidden"), 0))

    async def test_none_kept(self):
        """Without a history there is an answer, and nothing in it."""
        thing, parent, friend = await self.household(history="0")
        self.assertEqual(await self.recounted(friend, thing, historical="true", peak="true"), ([], 1))


@both
class AnotherLibrary(Conversation):
    """slixmpp's own XEP-0323 plugin, which knows nothing of Ward."""

    async def told(self, friend, thing, flags, limit=15):
        """What the plugin's callback is told until the end, and the values by their times."""
        done = asyncio.get_running_loop().create_future()
        results, values = [], []

        def callback(from_jid, result, nodeId=None, timestamp=None, fields=None, error_msg=None):
            results.append(result)
            values.extend((timestamp, field["value"], field["flags"]) for field in fields or ())
            if result in ("done", "rejected", "failure", "cancelled") and not done.done():
                done.set_result(result)
        session = friend["xep_0323"].request_data(friend.full, thing.full, callback, fields=[BOILER], flags=flags)
        self.session = session
        async with asyncio.timeout(limit * self.firmware.patience):
            await done
        return results, values

    @short
    async def test_queued(self):
        """It is told that its request is queued, has started, and is done."""
        thing, parent, friend = await self.household()
        results, values = await self.told(friend, thing, {"momentary": "true", "when": ahead(3)})
        self.assertEqual(results, ["queued", "started", "fields", "done"])
        self.assertEqual([value for _, value, _ in values], [EXACT[BOILER][0]])

    async def test_history(self):
        """It reads what was kept."""
        thing, parent, friend = await self.household(history="1")
        values = []
        async with asyncio.timeout(20 * self.firmware.patience):
            while len(values) < 3:
                await self.told(friend, thing, {"momentary": "true", "when": ahead(1)})    # the next second's is there
                results, values = await self.told(friend, thing, {"historicalSecond": "true", "from": ahead(-3600)})
                self.assertEqual((results[0], results[-1]), ("accepted", "done"))
        self.assertEqual({value for _, value, _ in values}, {EXACT[BOILER][0]})
        self.assertEqual({flags.get("historicalSecond") for *_, flags in values}, {"true"})

    async def test_cancel(self):
        """It cancels a request that waits in the queue."""
        thing, parent, friend = await self.household()
        answer = asyncio.create_task(self.told(friend, thing, {"momentary": "true", "when": ahead(3600)}))

        def accepted(stanza):
            return stanza.find(f"{{{SENSOR}}}accepted") is not None
        await friend.hears(accepted)
        friend["xep_0323"].cancel_request(self.session)
        self.assertEqual((await answer)[0], ["queued", "cancelled"])
