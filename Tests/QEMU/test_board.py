"""The Sabre Lite with a thermometer on its bus, a relay and a button: what friends see and do, and what is really there."""

from decimal import Decimal

from boarded import Boarded, Shared

from actors import SENSOR, presence
from test_events import event, subscribes, value_in
from test_outputs import setting

TEMPERATURE, RELAY, BUTTON = "Temperature", "Relay", "Button"
GPIO3 = 0x020A_4000         # its registers: the levels, and which lines are outputs (i.MX6 manual, 28.5)
CHIP = "/machine/soc/gpio3"
RELAY_LINE, BUTTON_LINE = 5, 7


class Sabrelite(Shared):
    """One boot, and what can be tried on it one after the other."""

    story = {"kind": "sabrelite", "inside": True}

    async def temperature(self, person):
        reading = await person.reads(self.board.full, fields=[TEMPERATURE], limit=30)
        value, unit = reading.values[TEMPERATURE]
        self.assertEqual(unit, "°C")
        return value

    async def test_temperature(self):
        """A friend reads what the thermometer feels at that moment: above and below zero, and to the sixteenth of a degree."""
        for millidegrees, value in ((23500, "23.5"), (0, "0"), (-12250, "-12.25"), (-62, "-0.0625"), (-55000, "-55"), (125000, "125")):
            await self.board.warm(millidegrees)
            self.assertEqual(Decimal(await self.temperature(self.friend)), Decimal(value), f"{millidegrees} m°C")

    async def test_temperature_changes(self):
        """A friend who follows the temperature is told once it has changed as far as he said."""
        await self.board.warm(20000)
        await subscribes(self.friend, self.board.full, 21, f"<field name='{TEMPERATURE}' changedBy='2'/>", minInterval="PT1S", req="true")
        self.assertEqual(Decimal(value_in(await self.friend.hears(event(21), 30), TEMPERATURE)), 20)
        await self.board.warm(22000)
        self.assertEqual(Decimal(value_in(await self.friend.hears(event(21), 30), TEMPERATURE)), 22)

    async def relay(self):
        """Whether the relay's line is an output, and its level."""
        level, direction = [await self.board.pins.word(GPIO3 + offset) >> RELAY_LINE & 1 for offset in (0, 4)]
        return direction, level

    async def test_relay(self):
        """A friend whom the parent allows it switches the relay, and the pin has that level; it is a field of the same name."""
        for word, level in (("true", 1), ("false", 0), ("true", 1)):
            answer = await self.friend.asks(self.board.full, setting(("boolean", RELAY, word)), "set", 30)
            self.assertEqual(answer.get("type"), "result", answer)
            self.assertEqual(await self.relay(), (1, level))
            reading = await self.friend.reads(self.board.full, fields=[RELAY], limit=30)
            self.assertEqual(reading.values[RELAY][0], word)

    async def test_relay_refused(self):
        """Whom the parent does not allow it does not: the pin stays as it is."""
        await self.friend.asks(self.board.full, setting(("boolean", RELAY, "false")), "set", 30)
        self.parent.can_control = "no"
        await self.parent.clears(self.board.full, 30)
        answer = await self.friend.asks(self.board.full, setting(("boolean", RELAY, "true")), "set", 30)
        self.assertEqual(answer.get("type"), "error", answer)
        self.assertEqual(await self.relay(), (1, 0))
        self.parent.can_control = "yes"
        await self.parent.clears(self.board.full, 30)

    async def press(self, level):
        await self.board.pins.put(CHIP, BUTTON_LINE, level)

    async def test_button(self):
        """Who follows the button hears at once that it was pressed, and soon that it was let go; it can be read meanwhile."""
        await self.press(0)
        await subscribes(self.friend, self.board.full, 31, f"<field name='{BUTTON}' changedBy='1'/>", minInterval="PT1S", req="true")
        self.assertEqual(value_in(await self.friend.hears(event(31), 30), BUTTON), "false")
        for level, word in ((1, "true"), (0, "false"), (1, "true"), (0, "false")):
            await self.press(level)
            # A field is looked at every ten seconds anyway; an edge does not wait for that.
            self.assertEqual(value_in(await self.friend.hears(event(31), 8), BUTTON), word)
            reading = await self.friend.reads(self.board.full, fields=[BUTTON], limit=30)
            self.assertEqual(reading.values[BUTTON][0], word)

    async def test_network_pulled(self):
        """With the cable out the Thing is silent; with the cable back it answers what waited, over the same connection."""
        await self.temperature(self.friend)
        logins = self.logins()
        self.board.emulation.mark = len(self.board.lines)
        await self.board.control.ask("set_link", name="n0", up=False)
        await self.board.log(r"^warning: the network's link is gone")
        id = self.friend.puts(self.board.full, f"<req xmlns='{SENSOR}' seqnr='41' momentary='true'/>")
        # The other end of the wire is there: the server, which the friend's own request went through.
        await self.friend.fence(self.friend.bare)
        self.assertIsNone(self.friend.takes(lambda stanza: stanza.get("id") == id))
        await self.board.control.ask("set_link", name="n0", up=True)
        await self.board.log(r"^info: the network's link is there")
        answer = await self.friend.answer(id, 60)
        self.assertEqual(answer.get("type"), "result")
        await self.board.warm(31000)
        self.assertEqual(Decimal(await self.temperature(self.friend)), 31)
        self.assertEqual(self.logins(), logins, "it has logged in anew")

    def logins(self):
        return sum("logged in as" in line for line in self.board.lines.since())

    async def test_reboot(self):
        """SIGTERM reboots the board; on its card is what it knew of its friends, and the parent is not asked again."""
        await self.temperature(self.friend)
        asked = self.parent.asked("canRead", self.friend.bare)
        self.board.control.events()
        self.board.emulation.tell("signal TERM")
        await self.friend.hears(presence("unavailable", self.board.jid), 30)
        await self.board.control.event("RESET")
        await self.friend.hears(presence(None, self.board.jid), 60)
        await self.temperature(self.friend)
        self.assertEqual(self.parent.asked("canRead", self.friend.bare), asked)

    async def test_server_gone_meanwhile(self):
        """Where its server has ended the connection while the cable was out, the Thing finds that out, and logs in anew."""
        await self.board.control.ask("set_link", name="n0", up=False)
        await self.server.restart()
        people = [await self.again(person) for person in (self.parent, self.friend)]
        await self.board.control.ask("set_link", name="n0", up=True)
        await people[1].hears(presence(None, self.board.jid), 120)
        self.assertIn(TEMPERATURE, (await people[1].reads(self.board.full, fields=[TEMPERATURE], limit=30)).values)


def done(stanza):
    """The end of a readout."""
    return any(part.get("done") == "true" for part in stanza)


class Without(Boarded):
    """What a board does without."""

    async def test_chip_absent(self):
        """Where the chip does not answer, its field fails; everything else is told, and the Thing goes on meanwhile.
        And if its loop stops for good, the watchdog resets the board, which is online again afterwards."""
        board = await self.alone("sabrelite", "ward.hang=15", watchdog_seconds="5", options={"sensor": False})
        await board.online()
        parent, friend = await self.people_of(board)
        reading = await friend.reads(board.full, limit=30)
        self.assertNotIn(TEMPERATURE, reading.values)
        self.assertEqual(len(reading.failures), 1, reading)
        self.assertIn("uptime", reading.values)
        self.assertIn(BUTTON, reading.values)
        # Such a chip costs a third of a second, in which others are heard. (On a busy host that may be over too soon.)
        for _ in range(5):
            friend.ignores()
            friend.puts(board.full, f"<req xmlns='{SENSOR}' seqnr='51' momentary='true'/>")
            await friend.fence(board.full, 30)
            is_heard = friend.takes(done) is None
            if is_heard:
                await friend.hears(done, 30)
                break
        self.assertTrue(is_heard, "the Thing was deaf while it waited for the chip")
        board.control.events()
        await board.control.event("WATCHDOG", 120)
        await board.control.event("RESET")
        await friend.hears(presence("unavailable", board.jid), 60)
        await friend.hears(presence(None, board.jid), 60)
