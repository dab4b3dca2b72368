"""Outputs from XMPP to the kernel's files (XEP-0325): what is set there, what is refused, what can be read."""

import os
from xml.sax.saxutils import quoteattr

from actors import error_of
from conversation import Conversation, short
from sysfs import BOILER, LAMP, PANEL, PULSE, STUCK

CONTROL = "urn:xmpp:iot:control"


def setting(*parameters):
    """The payload that sets parameters: (type, name, value) of each."""
    inside = "".join(f"<{kind} name={quoteattr(name)} value={quoteattr(value)}/>" for kind, name, value in parameters)
    return f"<set xmlns='{CONTROL}'>{inside}</set>"


class Outputs(Conversation):
    """The parent may set whatever can be set."""

    async def sets(self, person, thing, *parameters):
        return await person.asks(thing.full, setting(*parameters), "set", 20 * self.firmware.patience)

    @short
    async def test_all_kinds(self):
        """An LED, a backlight and a pulse are set, hold what was set, and are fields of the same name."""
        thing, parent = await self.claimed()
        answer = await self.sets(parent, thing, ("int", LAMP, "200"), ("int", PANEL, "0"), ("double", PULSE, "7.5"))
        self.assertEqual(answer.get("type"), "result", answer)
        self.assertEqual(thing.sysfs.holds("leds", LAMP, "brightness"), "200")
        self.assertEqual(thing.sysfs.holds("backlight", "wardpanel", "brightness"), "0")
        self.assertEqual(thing.sysfs.holds("pwm", "pwmchip0/pwm0", "duty_cycle"), "1500000")
        self.assertEqual(thing.sysfs.holds("pwm", "pwmchip0/pwm0", "enable"), "1")
        reading = await parent.reads(thing.full, fields=[LAMP, PANEL, PULSE])
        self.assertEqual(reading.values[LAMP][0], "200")
        self.assertEqual(reading.values[PANEL][0], "30", "what the hardware says")
        self.assertEqual(reading.values[PULSE], ("7.50", "%"))

    async def test_edges(self):
        """The ends of the range can be set; what is beyond, or finer, is a bad request and reaches no file."""
        thing, parent = await self.claimed()
        for value in ("0", "255"):
            self.assertEqual((await self.sets(parent, thing, ("int", LAMP, value))).get("type"), "result")
            self.assertEqual(thing.sysfs.holds("leds", LAMP, "brightness"), value)
        for kind, name, value in (("int", LAMP, "256"), ("int", LAMP, "-1"), ("double", LAMP, "0.5"),
                                  ("boolean", LAMP, "true"), ("int", LAMP, "x"), ("int", LAMP, ""),
                                  ("double", PULSE, "100.01"), ("double", PULSE, "0.005")):
            answer = await self.sets(parent, thing, (kind, name, value))
            self.assertEqual(error_of(answer)[:2], ("modify", "bad-request"), (kind, name, value))
        self.assertEqual(thing.sysfs.holds("leds", LAMP, "brightness"), "255")
        self.assertEqual(thing.sysfs.holds("pwm", "pwmchip0/pwm0", "duty_cycle"), "0")

    @short
    async def test_refused(self):
        """What the kernel does not let be written is an error, and what was set before it is set back."""
        thing, parent = await self.claimed()
        answer = await self.sets(parent, thing, ("int", STUCK, "5"))
        self.assertEqual(error_of(answer)[1], "internal-server-error")
        answer = await self.sets(parent, thing, ("int", LAMP, "99"), ("int", STUCK, "5"))
        self.assertEqual(error_of(answer)[1], "internal-server-error")
        self.assertEqual(thing.sysfs.holds("leds", LAMP, "brightness"), "10")
        self.assertEqual(thing.sysfs.holds("leds", STUCK, "kept"), "1")

    async def test_gone(self):
        """An output that is gone is an error, and its file is not made anew."""
        thing, parent = await self.claimed()
        file = thing.sysfs.output("leds", LAMP, "brightness")
        file.unlink()
        self.assertEqual((await self.sets(parent, thing, ("int", LAMP, "5"))).get("type"), "error")
        self.assertFalse(file.exists())

    async def test_hanging(self):
        """An output that hangs is an error in its time; the others can be set, and everything read."""
        thing, parent = await self.claimed()
        file = thing.sysfs.output("backlight", "wardpanel", "brightness")
        file.unlink()
        os.mkfifo(file)
        self.assertEqual((await self.sets(parent, thing, ("int", PANEL, "5"))).get("type"), "error")
        self.assertEqual((await self.sets(parent, thing, ("int", LAMP, "5"))).get("type"), "result")
        self.assertEqual(thing.sysfs.holds("leds", LAMP, "brightness"), "5")
        self.assertIn(BOILER, (await parent.reads(thing.full, limit=20)).values)

    async def test_no_output(self):
        """A field that can only be read is no parameter."""
        thing, parent = await self.claimed()
        answer = await self.sets(parent, thing, ("double", BOILER, "20"))
        self.assertEqual(error_of(answer)[:2], ("cancel", "item-not-found"))
        self.assertEqual((thing.sysfs.device("hwmon0") / "temp1_input").read_text(), "23400\n")

    async def test_described(self):
        """--describe names each output with its range, and --once tells its present value."""
        thing = self.thing()
        text = thing.run("--describe", "--config", str(thing.config)).stdout
        for line in (f"output\t{LAMP}\t\t0\t255", f"output\t{PANEL}\t\t0\t31", f"output\t{PULSE}\t%\t0.00\t100.00"):
            self.assertIn(line, text.splitlines())
        self.assertEqual(text.count("\noutput\t"), 4)
        once = thing.run("--once", "--config", str(thing.config)).stdout.splitlines()
        for line in (f"{LAMP}\t10", f"{PANEL}\t30", f"{PULSE}\t0.00 %"):
            self.assertIn(line, once)
