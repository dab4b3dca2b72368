"""The demo on a board: a whole Sabre Lite under QEMU, whose thermometer the host warms and whose pins it watches."""

import asyncio
import os
import sys
import time
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import quoteattr

from stage import Failed, arguments, line, performed
from household import CAST, Household, Owner

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Tests" / "QEMU"))

from actors import SENSOR, local            # noqa: E402   (by Tests/Integration, which stage looks into)
from board import Board                     # noqa: E402
from prosody import HOME, Prosody           # noqa: E402

TEMPERATURE, RELAY, BUTTON = "Temperature", "Relay", "Button"
EVENTS, CONTROL = "urn:xmpp:iot:events", "urn:xmpp:iot:control"
GPIO3, RELAY_LINE, BUTTON_LINE = 0x020A_4000, 5, 7      # the port's registers, and its lines
HOST = "the host"


def event(seqnr):
    """What a subscription of that number is told."""
    def wanted(xml):
        fields = xml.find(f"{{{SENSOR}}}fields")
        return local(xml) == "message" and fields is not None and fields.get("seqnr") == seqnr
    wanted.words = f"an event of subscription {seqnr}"
    return wanted


def value_in(message, name):
    return next((field.get("value") for field in message.iter() if field.get("name") == name), None)


def shown(text):
    if not text.startswith(("debug: ", "tmp105_write")):
        print(f"   | {text}")


class OnBoard(Household):
    async def run(self):
        began = time.monotonic()
        await self.set_the_stage()
        self.begins(4, "The board is switched on: Debian's kernel, and the firmware as the first process")
        await self.is_switched_on()
        await self.finds_its_parent()
        self.begins(5, "A friend asks to become one")
        await self.makes_a_friend()
        self.begins(6, "The friend reads")
        await self.is_read()
        self.begins(7, "The chip gets warmer, and colder than ice; the friend reads what it feels")
        await self.is_warmed()
        self.begins(8, "The friend wants to be told, and need not ask any more")
        await self.is_followed()
        self.begins(9, "The friend switches the relay")
        await self.is_switched()
        self.begins(10, "Somebody presses the button on the board")
        await self.is_pressed()
        self.begins(11, "The parent takes its word back")
        await self.takes_its_word_back()
        self.begins(12, "A stranger tries")
        await self.is_tried_by_a_stranger()
        if self.stay:
            await self.audience()
        self.told_to_stop = True
        print(f"Done, in {time.monotonic() - began:.0f} s. Nothing is left running.")

    async def set_the_stage(self):
        self.begins(3, "A real XMPP server, with accounts and a certificate")
        self.server = Prosody()
        await self.server.start()
        jid, password = f"thing@{HOME}", "thing-demo-secret"
        self.server.account(jid, password, 10_000)
        self.board = Board("sabrelite", self.server, jid, password, parent=f"owner@{HOME}", firmware=self.firmware.path, log="info")
        await self.person("owner", Owner)
        print(f"   Prosody listens on {self.server.address}, which is {self.board.settings['server']} to the board; the TLS certificate is "
              "checked by everybody")

    async def is_switched_on(self):
        board = self.board
        print(f"   qemu-system-arm -M sabrelite; {board.machine.version}\n"
              f"   /init is {self.firmware.path.name}, {self.firmware.path.stat().st_size:,} bytes; there is no other program")
        began = time.monotonic()
        # From here on the play ends when the machine does.
        self.thing = board.start(echo=shown)
        await board.wired()
        await board.warm(21500)
        await board.online(10 * self.patience)
        print(f"   online {time.monotonic() - began:.1f} s after the power came")

    async def warm(self, degrees):
        await self.board.warm(int(Decimal(degrees) * 1000))
        line(HOST, "the chip", f"Be {degrees} °C.  (qom-set, by QMP)")

    async def is_warmed(self):
        friend = self.people["friend"]
        for degrees in ("36.6", "-12.25"):
            await self.warm(degrees)
            line(CAST["friend"], CAST["thing"], "And now?")
            value, unit = (await self.reading(friend, [TEMPERATURE])).values[TEMPERATURE]
            line(CAST["thing"], CAST["friend"], f"{TEMPERATURE} {value} {unit}")
            # The chip counts in sixteenths of a degree.
            if abs(Decimal(value) - Decimal(degrees)) > Decimal("0.0625"):
                raise Failed(f"the chip feels {degrees} °C, and the Thing says {value}")

    async def follows(self, seqnr, field, least):
        friend = self.people["friend"]
        answer = await friend.asks(self.thing.full, f"<subscribe xmlns='{EVENTS}' seqnr='{seqnr}' momentary='true' minInterval='PT1S' req='true'>"
                                   f"<field name={quoteattr(field)} changedBy='{least}'/></subscribe>", limit=self.patience)
        if answer.get("type") != "result":
            raise Failed(f"the friend may not follow {field}")
        return await self.is_told(seqnr, field)

    async def is_told(self, seqnr, field):
        return value_in(await self.people["friend"].hears(event(seqnr), 4 * self.patience), field)

    async def is_followed(self):
        line(CAST["friend"], CAST["thing"], "Tell me when it has changed by a degree.")
        line(CAST["thing"], CAST["friend"], f"Now it is {await self.follows('1', TEMPERATURE, 1)} °C.")
        for degrees in ("4", "30"):
            await self.warm(degrees)
            value = await self.is_told("1", TEMPERATURE)
            line(CAST["thing"], CAST["friend"], f"Now it is {value} °C.")
            if Decimal(value) != Decimal(degrees):
                raise Failed(f"the chip feels {degrees} °C, and the Thing says {value}")

    async def pin(self):
        level = await self.board.pins.word(GPIO3) >> RELAY_LINE & 1
        line("the pin", HOST, f"GPIO3 line {RELAY_LINE} is {'high' if level else 'low'}.")
        return level

    async def is_switched(self):
        friend = self.people["friend"]
        await self.pin()
        for word, level in (("true", 1), ("false", 0)):
            line(CAST["friend"], CAST["thing"], f"{RELAY} {'on' if level else 'off'}, please.")
            answer = await friend.asks(self.thing.full, f"<set xmlns='{CONTROL}'><boolean name='{RELAY}' value='{word}'/></set>", "set", self.patience)
            if answer.get("type") != "result":
                raise Failed("the relay was not switched")
            line(CAST["thing"], CAST["friend"], "Done.")
            if await self.pin() != level:
                raise Failed("the pin does not have the level that the friend asked for")

    async def is_pressed(self):
        line(CAST["friend"], CAST["thing"], "Tell me when somebody presses the button.")
        await self.follows("2", BUTTON, 1)
        for level, word, words in ((1, "true", "pressed"), (0, "false", "let go")):
            await self.board.pins.put("/machine/soc/gpio3", BUTTON_LINE, level)
            line(HOST, "the button", f"({words})")
            if await self.is_told("2", BUTTON) != word:
                raise Failed(f"the button was {words}, and the friend was told otherwise")
            line(CAST["thing"], CAST["friend"], f"{BUTTON}: {word}.")

    def hints(self):
        # One program at a time can have the board's control.
        self.board.unwired()
        control = self.board.emulation.folder / "control"
        return ("The board stays on; what its thermometer feels is set from another terminal:\n"
                f"   Tools/qemu sabrelite --control {control} --temperature=-12.25\n")

    async def shows_the_log(self):
        await asyncio.Event().wait()    # what comes is shown as it comes, on a board


if __name__ == "__main__":
    os.environ.setdefault("WARD_QEMU_FILES", str(ROOT / ".build" / "qemu"))
    parser = arguments(__doc__)
    parser.add_argument("--stay", action="store_true", help="keep everything up, for you to log in")
    performed(OnBoard(parser.parse_args()))
