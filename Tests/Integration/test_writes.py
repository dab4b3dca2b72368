"""Writes by friends (XEP-0325): what the parent allows of them, by whichever way they come."""

import asyncio
from xml.sax.saxutils import quoteattr

from actors import error_of, local, presence
from conversation import Conversation, both, short
from sysfs import BOILER, LAMP, PULSE, STUCK

CONTROL = "urn:xmpp:iot:control"
FORMS = "jabber:x:data"
VALIDATE = "http://jabber.org/protocol/xdata-validate"


def setting(*parameters):
    """The payload that sets parameters: (type, name, value) of each."""
    inside = "".join(f"<{kind} name={quoteattr(name)} value={quoteattr(value)}/>" for kind, name, value in parameters)
    return f"<set xmlns='{CONTROL}'>{inside}</set>"


def submission(**values):
    """The payload that submits a form."""
    fields = "".join(f"<field var={quoteattr(name)}><value>{value}</value></field>" for name, value in values.items())
    return f"<set xmlns='{CONTROL}'><x xmlns='{FORMS}' type='submit'>{fields}</x></set>"


class Written(Conversation):
    """What these tests ask and look at."""

    async def sets(self, person, thing, *parameters):
        return await person.asks(thing.full, setting(*parameters), "set", 20 * self.firmware.patience)

    def lamp(self, thing):
        return thing.sysfs.holds("leds", LAMP, "brightness")

    async def lamp_becomes(self, thing, value):
        """Waits until the Thing says that it has set the lamp."""
        await thing.log(rf"set {LAMP} to {value} for ")
        self.assertEqual(self.lamp(thing), value)


@both
class Leave(Written):
    """Who may write what."""

    @short
    async def test_friend_is_allowed(self):
        """A friend sets a lamp: the parent is asked, once, for that parameter; then it is lit."""
        thing, parent, friend = await self.household()
        answer = await self.sets(friend, thing, ("int", LAMP, "200"))
        self.assertEqual(answer.get("type"), "result")
        self.assertEqual(len(answer.find(f"{{{CONTROL}}}setResponse")), 0)
        self.assertEqual(self.lamp(thing), "200")
        asked = [element for name, jid, element in parent.questions if name == "canControl" and jid == friend.bare]
        self.assertEqual([[(local(c), c.get("name")) for c in element] for element in asked], [[("parameter", LAMP)]])
        await self.sets(friend, thing, ("int", LAMP, "0"))
        self.assertEqual(self.lamp(thing), "0")
        self.assertEqual(parent.asked("canControl", friend.bare), 1)

    @short
    async def test_denied(self):
        """A no of the parent: forbidden, and the lamp stays as it is; reading is another matter."""
        thing, parent, friend = await self.household()
        parent.can_control = "no"
        self.assertEqual(error_of(await self.sets(friend, thing, ("int", LAMP, "200")))[:2], ("cancel", "forbidden"))
        self.assertEqual(self.lamp(thing), "10")
        self.assertEqual((await friend.reads(thing.full, fields=[LAMP])).values[LAMP][0], "10")

    async def test_partial(self):
        """Of two parameters the parent allows one: that one is set, and named in the answer."""
        thing, parent, friend = await self.household()
        parent.can_control = [LAMP]
        answer = await self.sets(friend, thing, ("double", PULSE, "50"), ("int", LAMP, "33"))
        response = answer.find(f"{{{CONTROL}}}setResponse")
        self.assertEqual([(local(c), c.get("name")) for c in response], [("parameter", LAMP)])
        self.assertEqual(self.lamp(thing), "33")
        self.assertEqual(thing.sysfs.holds("pwm", "pwmchip0/pwm0", "duty_cycle"), "0")

    async def test_clear_cache(self):
        """After clearCache the parent is asked anew, and its new word counts."""
        thing, parent, friend = await self.household()
        await self.sets(friend, thing, ("int", LAMP, "1"))
        parent.can_control = "no"
        await parent.clears(thing.full)
        self.assertEqual(error_of(await self.sets(friend, thing, ("int", LAMP, "2")))[1], "forbidden")
        self.assertEqual(self.lamp(thing), "1")

    @short
    async def test_stranger(self):
        """A stranger sets nothing, by IQ or by message, and learns nothing of what there is."""
        thing, parent = await self.claimed()
        stranger = await self.person("stranger")
        for parameter in (("int", LAMP, "200"), ("int", LAMP, "x"), ("int", "nothing", "1")):
            answer = await self.sets(stranger, thing, parameter)
            self.assertEqual(error_of(answer), ("cancel", "forbidden", "only friends may ask"))
        stranger.tells(thing.full, setting(("int", LAMP, "200")))
        await self.handles(stranger, thing)
        self.assertEqual(self.lamp(thing), "10")
        self.assertEqual(parent.asked("canControl"), 0)


class Ways(Written):
    """By which ways a write may come."""

    @both
    @short
    async def test_by_message(self):
        """By message: the same effect, and no answer, whatever comes of it."""
        thing, parent, friend = await self.household()
        friend.tells(thing.full, setting(("int", LAMP, "77")))
        await self.lamp_becomes(thing, "77")
        friend.tells(thing.full, setting(("int", LAMP, "x")))
        friend.tells(thing.full, setting(("int", STUCK, "5")))
        friend.tells(thing.full, setting(("int", "nothing", "5")))
        await self.handles(friend, thing)
        self.assertIsNone(friend.takes(lambda stanza: local(stanza) == "message"))

    async def test_delayed(self):
        """A set that was kept by the server while the Thing was off is not done when it comes at last."""
        thing, parent, friend = await self.household()
        await self.sets(friend, thing, ("int", LAMP, "1"))
        self.assertEqual(await thing.stop(), 0)
        await friend.hears(presence("unavailable", thing.jid))
        friend.tells(thing.jid, setting(("int", LAMP, "200")) + "<body>kept for later</body>", "chat")
        await friend.fence(friend.bare)    # the server has it
        thing.start()
        await self.seen(friend, thing)
        await thing.log("a set that was delayed on its way is refused")
        await self.handles(friend, thing)
        self.assertEqual(self.lamp(thing), "1")

    @both
    @short
    async def test_form(self):
        """getForm shows what this friend may write, with range and present value; submitted, it is written."""
        thing, parent, friend = await self.household()
        parent.can_control = [LAMP, PULSE, BOILER]
        answer = await friend.asks(thing.full, f"<getForm xmlns='{CONTROL}'/>", limit=20)
        form = answer.find(f"{{{FORMS}}}x")
        fields = {field.get("var"): field for field in form.findall(f"{{{FORMS}}}field")}
        self.assertEqual(set(fields), {LAMP, PULSE})
        self.assertEqual(fields[LAMP].findtext(f"{{{FORMS}}}value"), "10")
        validate = fields[LAMP].find(f"{{{VALIDATE}}}validate")
        self.assertEqual(validate.get("datatype"), "xs:int")
        self.assertEqual(validate.find(f"{{{VALIDATE}}}range").attrib, {"min": "0", "max": "255"})
        self.assertEqual(fields[PULSE].get("label"), f"{PULSE} (%)")
        answer = await friend.asks(thing.full, submission(**{LAMP: "99", PULSE: "2.5"}), "set", limit=20)
        self.assertEqual(answer.get("type"), "result")
        self.assertEqual(self.lamp(thing), "99")
        self.assertEqual(thing.sysfs.holds("pwm", "pwmchip0/pwm0", "duty_cycle"), "500000")

    async def test_slixmpp(self):
        """slixmpp's own XEP-0325 plugin sets, by IQ and by message, and understands the answer."""
        thing, parent, friend = await self.household()
        friend.register_plugin("xep_0325")
        control = friend["xep_0325"]
        answered = asyncio.get_running_loop().create_future()
        control.set_request(friend.full, thing.full, lambda **answer: answered.set_result(answer), [(LAMP, "int", "55")])
        async with asyncio.timeout(20):
            answer = await answered
        self.assertEqual(str(answer["from_jid"]), thing.full)
        self.assertFalse(answer["error_msg"])
        self.assertEqual(answer["fields"], [])
        self.assertEqual(self.lamp(thing), "55")
        control.set_command(friend.full, thing.full, [(LAMP, "int", "56")])
        await self.lamp_becomes(thing, "56")


class Together(Written):
    """Several writes at once."""

    async def test_one_after_the_other(self):
        """Writes of two people at once are all done, one after the other and never mixed, and all answered."""
        thing, parent, friend = await self.household()
        await self.sets(friend, thing, ("int", LAMP, "1"), ("double", PULSE, "1"))
        ids = [(person, person.puts(thing.full, setting(("int", LAMP, str(value)), ("double", PULSE, str(value))), "set"))
               for value, person in ((2, friend), (3, parent), (4, friend), (5, parent))]
        for person, id in ids:
            self.assertEqual((await person.answer(id, 30)).get("type"), "result")
        duty = int(thing.sysfs.holds("pwm", "pwmchip0/pwm0", "duty_cycle"))
        self.assertEqual(duty, int(self.lamp(thing)) * 200_000)
        self.assertIn(self.lamp(thing), ("4", "5"))

    async def test_parent_is_silent(self):
        """The parent never answers: an error says so, and nothing is set."""
        thing, parent, friend = await self.household()
        parent.can_control = "silent"
        answer = await friend.asks(thing.full, setting(("int", LAMP, "200")), "set", 45)
        self.assertEqual(error_of(answer)[:2], ("wait", "remote-server-timeout"))
        self.assertEqual(self.lamp(thing), "10")
