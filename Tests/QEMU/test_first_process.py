"""The firmware as the first process of a machine: its clock, its power, and that it never just ends."""

import time

from boarded import Boarded

from actors import presence

NOWHEN = ["-rtc", "base=1970-01-02T00:00:00"]
POWER_LINE = "gpiochip0 3 high"     # where QEMU's "virt" has its power button


class Clock(Boarded):

    async def test_of_1970(self):
        """With a clock of 1970 it goes by the time of its making, and finds the server's certificate good."""
        board = await self.alone("virt", options={"more": NOWHEN})
        await board.online()

    async def test_without_any_time(self):
        """Where the image knows no time either, no certificate can be judged: the Thing does not log in, and the log says why."""
        board = await self.alone("virt", made=1, options={"more": NOWHEN})
        await board.log(r"the clock is not set")


class Watchdog(Boarded):

    async def test_hung(self):
        """As long as the loop advances nothing happens, however little there is to do; once it has stopped, the machine is
        reset, and online again afterwards."""
        board = await self.alone("virt", "ward.hang=12", watchdog_seconds="5")
        await board.online()
        began = time.monotonic()
        parent, friend = await self.people_of(board)
        await board.control.event("WATCHDOG", 60)
        self.assertGreater(time.monotonic() - began, 11)
        await board.control.event("RESET")
        await friend.hears(presence(None, board.jid), 60)


class Power(Boarded):

    async def test_button(self):
        """The power button, pressed, lets the Thing say good-bye and powers the machine off."""
        board = await self.alone("virt", power_line=POWER_LINE)
        await board.online()
        parent, friend = await self.people_of(board)
        await board.control.ask("system_powerdown")
        await friend.hears(presence("unavailable", board.jid), 30)
        await board.control.event("SHUTDOWN")
        self.assertEqual(await board.emulation.ended(), 0)

    async def test_reboot(self):
        """SIGTERM reboots: the Thing says good-bye, and comes back to its friends. SIGUSR2 powers off."""
        board = await self.alone("virt", inside=True)
        await board.online()
        parent, friend = await self.people_of(board)
        await friend.reads(board.full, limit=30)
        board.emulation.tell("signal TERM")
        await friend.hears(presence("unavailable", board.jid), 30)
        await board.control.event("RESET")
        await friend.hears(presence(None, board.jid), 60)
        await friend.reads(board.full, limit=30)
        self.assertEqual(parent.asked("canRead", friend.bare), 1, "what it knew of its friends is lost")
        board.emulation.tell("signal USR2")
        await board.control.event("SHUTDOWN")
        self.assertEqual(await board.emulation.ended(), 0)

    async def test_configuration(self):
        """Where the configuration is wrong, the console says what, and the machine tries again later: it does not panic."""
        board = await self.alone("virt", log="loudly")
        await board.log(r"ward\.conf.*log")
        await board.control.event("RESET")
