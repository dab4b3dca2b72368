"""The reset line on a machine of its own: what the button does that is held while the program starts."""

import time
import unittest

from machine import Machine

HELD = r"^warning: the reset line is held, this Thing becomes nobody's: gpiochip0 5 high"
STARTED = r"^info: ward "


class ResetLine(unittest.IsolatedAsyncioTestCase):
    async def machine(self, **settings):
        machine = Machine(**settings)
        self.addCleanup(machine.end)
        self.addCleanup(machine.unwire)
        return await machine.boot()

    async def test_held(self):
        """Held for three seconds from the start on, it makes the Thing nobody's: there is another KEY."""
        machine = await self.machine()
        key = await machine.sticker()
        await machine.press()
        began = time.monotonic()
        machine.tell("run")
        await machine.says(HELD)
        self.assertGreater(time.monotonic() - began, 2.9)
        await machine.says(STARTED)
        await machine.stop()
        self.assertNotEqual(await machine.sticker(), key)

    async def test_released_early(self):
        """Released before, it does nothing, and neither does it when it is pressed later."""
        machine = await self.machine()
        key = await machine.sticker()
        await machine.press()
        machine.tell("run")
        machine.tell("looking")
        await machine.says(r"^looking")
        await machine.release()
        await machine.says(STARTED)
        await machine.press()
        await machine.stop()
        self.assertIsNone(machine.lines.find(HELD))
        self.assertEqual(await machine.sticker(), key)

    async def test_not_pressed(self):
        """Where nobody presses, the Thing starts at once and stays whose it was."""
        machine = await self.machine()
        key = await machine.sticker()
        machine.tell("run")
        await machine.says(STARTED)
        await machine.stop()
        self.assertIsNone(machine.lines.find(HELD))
        self.assertEqual(await machine.sticker(), key)

    async def test_no_such_line(self):
        """A line that is not to be had is an error in the log, and no reset."""
        machine = await self.machine(line="gpiochip0 8 low")
        key = await machine.sticker()
        machine.tell("run")
        await machine.says(r"^error: the reset line cannot be looked at: gpiochip0 8 low: ")
        await machine.says(STARTED)
        await machine.stop()
        self.assertEqual(await machine.sticker(), key)
