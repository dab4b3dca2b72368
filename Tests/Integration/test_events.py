"""Being told of changes (urn:xmpp:iot:events), and the parent of decisions (XEP-0337)."""

from actors import SENSOR, error_of, local
from conversation import Conversation, both, short
from sysfs import BOILER, EXACT, OUTSIDE

EVENTS = "urn:xmpp:iot:events"
EVENTLOG = "urn:xmpp:eventlog"


def event(seqnr):
    """A message of values under that number."""
    def fits(stanza):
        fields = stanza.find(f"{{{SENSOR}}}fields")
        return local(stanza) == "message" and fields is not None and fields.get("seqnr") == str(seqnr)
    fits.words = f"an event of subscription {seqnr}"
    return fits


def value_in(message, name=BOILER):
    return next((field.get("value") for field in message.iter() if field.get("name") == name), None)


async def subscribes(person, thing, seqnr, fields="", nodes="", **attributes):
    """Asks to be told of changes; returns the answer."""
    words = "".join(f" {name}='{value}'" for name, value in attributes.items())
    return await person.asks(thing, f"<subscribe xmlns='{EVENTS}' seqnr='{seqnr}' momentary='true'{words}>"
                                    f"{nodes}{fields}</subscribe>")


CHANGES = f"<field name='{BOILER}' changedBy='1'/>"


@both
class Events(Conversation):

    @short
    async def test_changes(self):
        """A change that is large enough is told, under the subscription's number; a smaller one is not."""
        thing, parent, friend = await self.household()
        answer = await subscribes(friend, thing.full, 71, CHANGES + f"<field name='{OUTSIDE}'/>", minInterval="PT1S", req="true")
        self.assertEqual(answer.find(f"{{{SENSOR}}}accepted").get("seqnr"), "71")
        first = await friend.hears(event(71))
        self.assertEqual((value_in(first), value_in(first, OUTSIDE)), (EXACT[BOILER][0], EXACT[OUTSIDE][0]))
        thing.sysfs.set("temp1_input", "24399")
        await friend.reads(thing.full, fields=[BOILER])
        thing.sysfs.set("temp1_input", "24400")
        self.assertEqual(value_in(await friend.hears(event(71), 15)), "24.400")
        answer = await friend.asks(thing.full, f"<unsubscribe xmlns='{EVENTS}' seqnr='71'/>")
        self.assertEqual((answer.get("type"), len(answer)), ("result", 0))

    async def test_interval(self):
        """What does not change is told when maxInterval is over."""
        thing, parent, friend = await self.household()
        await subscribes(friend, thing.full, 5, f"<field name='{BOILER}'/>", minInterval="PT1S", maxInterval="PT2S")
        for _ in range(2):
            self.assertEqual(value_in(await friend.hears(event(5), 15)), EXACT[BOILER][0])

    async def test_absence(self):
        """Nothing is sent to a client that is away; back again, it is told what has changed."""
        thing, parent, friend = await self.household()
        await subscribes(friend, thing.full, 6, CHANGES, minInterval="PT1S", req="true")
        await friend.hears(event(6))
        await subscribes(parent, thing.full, 7, CHANGES, minInterval="PT1S", req="true")
        await parent.hears(event(7))
        friend.says("<presence type='unavailable'/>")
        await friend.fence(thing.full)
        thing.sysfs.set("temp1_input", "90000")
        await parent.hears(event(7), 15)
        await friend.fence(thing.full)
        self.assertIsNone(friend.takes(event(6)))
        friend.says("<presence/>")
        self.assertEqual(value_in(await friend.hears(event(6), 15)), "90.000")

    async def test_taken_back(self):
        """After clearCache the parent is asked again; its no ends the subscription."""
        thing, parent, friend = await self.household()
        for person, number in ((friend, 8), (parent, 9)):
            await subscribes(person, thing.full, number, CHANGES, minInterval="PT1S", req="true")
            await person.hears(event(number))
        parent.can_read = "no"
        await parent.clears(thing.full)
        thing.sysfs.set("temp1_input", "70000")
        await parent.hears(event(9), 15)
        await thing.log("a subscription has ended: the parent said no")
        await friend.fence(thing.full)
        self.assertIsNone(friend.takes(event(8)))
        answer = await subscribes(friend, thing.full, 10, CHANGES)
        self.assertEqual(error_of(answer)[:2], ("cancel", "forbidden"))

    async def test_end_of_a_friendship(self):
        """A friendship that ends takes its subscriptions along."""
        thing, parent, friend = await self.household()
        for person, number in ((friend, 11), (parent, 12)):
            await subscribes(person, thing.full, number, CHANGES, minInterval="PT1S", req="true")
            await person.hears(event(number))
        await friend.unfriends(thing.full)
        await thing.log("a subscription has ended: not a friend")
        thing.sysfs.set("temp1_input", "70000")
        await parent.hears(event(12), 15)
        await friend.fence(friend.bare)
        self.assertIsNone(friend.takes(event(11)))


@both
class Audit(Conversation):

    async def test_parent_is_told(self):
        """With `audit = parent` the parent hears of each decision but those about itself."""
        thing, parent, friend = await self.household(audit="parent")

        def log(stanza):
            return stanza.find(f"{{{EVENTLOG}}}log") is not None
        await parent.reads(thing.full)
        await friend.reads(thing.full, fields=[BOILER])
        told = (await parent.hears(log)).find(f"{{{EVENTLOG}}}log")
        self.assertEqual((told.get("id"), told.get("subject"), told.get("object")), ("AccessAllowed", friend.bare, BOILER))
        self.assertEqual(told.findtext(f"{{{EVENTLOG}}}message"), f"{friend.bare} may read {BOILER} (fresh)")
        self.assertIsNone(parent.takes(log))
