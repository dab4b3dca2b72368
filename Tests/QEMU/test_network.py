"""The firmware as the first process of a machine: the address that it is lent, and the time that it is told, by servers played here."""

import asyncio
import tempfile
import unittest
from pathlib import Path

from board import FIRMWARE
from emulation import Emulation, Machine
from lan import ACK, BROADCAST, DISCOVER, NAK, OFFER, REQUEST, SERVER, Lan, option, packed

from certificates import Authority   # by Tests/Integration, which emulation looks into
from images import AUTHORITIES, tree

HOME, OTHER = "192.0.2.7", "192.0.2.8"
MADE = 1_700_000_000        # when the image was, as far as it says


class Network(unittest.IsolatedAsyncioTestCase):

    machine = None

    async def asyncSetUp(self):
        self.lan = await Lan().open()
        self.addCleanup(self.lan.close)
        machine = Machine("virt").fetch()
        with tempfile.TemporaryDirectory() as folder:
            authority = Authority(Path(folder) / "ca", "Ward test authority").certificate.read_bytes()
        configuration = f"domain = home.test\nserver = {SERVER}:5222\nca = {AUTHORITIES}\nstate = /var/ward\n".encode()
        self.machine = Emulation(machine, tree(machine, FIRMWARE["virt"].read_bytes(), configuration, authority, MADE),
                                 "loglevel=1", network=False, more=[*self.lan.options, "-rtc", "base=1980-01-01"])
        self.addCleanup(self.machine.end)
        await self.machine.wire()

    def evidence(self):
        return "\n".join(["--- the console", *(self.machine.lines.since() if self.machine else [])])

    async def bound(self, address, lease, more=b""):
        """Lends an address, in four messages."""
        discover = await self.lan.hears(DISCOVER, 60)
        self.assertEqual((discover.source, discover.target, discover.client), ("0.0.0.0", BROADCAST, "0.0.0.0"))
        self.lan.answer(discover, OFFER, address, lease, more=more)
        request = await self.lan.hears(REQUEST)
        self.assertEqual((request.address(50), request.address(54), request.target), (address, SERVER, BROADCAST))
        self.lan.answer(request, ACK, address, lease, more=more)
        await self.machine.says(rf"address is {address}/24 via {SERVER}")

    async def test_lease(self):
        """A lease is renewed by its server, then asked of all, then given up; refused, it is given up at once; and when the link comes back
        the address is confirmed."""
        await self.bound(HOME, 8)
        # At half of it: from the address itself, to its server.
        renewal = await self.lan.hears(REQUEST)
        self.assertEqual((renewal.source, renewal.target, renewal.client), (HOME, SERVER, HOME))
        self.assertIsNone(renewal.address(50) or renewal.address(54))
        self.lan.answer(renewal, ACK, HOME, 8)
        # The server falls silent.
        renewal = await self.lan.hears(REQUEST)
        self.assertEqual(renewal.target, SERVER)
        rebinding = await self.lan.hears(REQUEST)
        self.assertEqual((rebinding.source, rebinding.target, rebinding.client), (HOME, BROADCAST, HOME))
        await self.machine.says(r"the address is not ours any more")
        # Another address; what answers something else, or lends what no machine can have, is not listened to.
        discover = await self.lan.hears(DISCOVER)
        self.assertEqual(discover.source, "0.0.0.0")
        self.lan.answer(discover, OFFER, HOME, 8, number=b"\1\2\3\4")
        self.lan.answer(discover, OFFER, "127.0.0.1", 8)
        self.lan.answer(discover, NAK)
        self.lan.answer(discover, OFFER, OTHER, 8)
        request = await self.lan.hears(REQUEST)
        self.assertEqual(request.address(50), OTHER)
        self.lan.answer(request, ACK, OTHER, 8)
        await self.machine.says(rf"address is {OTHER}/24")
        # Refused.
        renewal = await self.lan.hears(REQUEST)
        self.assertEqual(renewal.source, OTHER)
        self.lan.answer(renewal, NAK)
        await self.machine.says(r"the address is not ours any more")
        await self.bound(HOME, 3600)
        # The link.
        await self.machine.control.ask("set_link", name="n0", up=False)
        await self.machine.says(r"link is gone")
        await self.machine.control.ask("set_link", name="n0", up=True)
        confirming = await self.lan.hears(REQUEST)
        self.assertEqual((confirming.address(50), confirming.address(54), confirming.client), (HOME, None, "0.0.0.0"))
        self.lan.answer(confirming, ACK, HOME, 3600)
        await self.machine.says(r"link is there")

    async def test_time(self):
        """The time server that DHCP names sets the clock; what does not answer the question does not, nor a time from before the image."""
        await self.bound(HOME, 3600, more=option(42, packed(SERVER)))
        async with asyncio.timeout(20):
            question = await self.lan.questions.get()
        self.assertEqual(question[3][:40], b"\x23" + bytes(39), "it tells more of itself than it has to")
        self.lan.tells(question, MADE + 7000, origin=bytes(8))
        self.lan.tells(question, MADE - 1)
        self.lan.tells(question, MADE + 5000)
        said = await self.machine.says(r"the clock was set by the time server, in seconds by (\d+)")
        # What went by since the machine began, which had the image's time then.
        self.assertIn(5000 - int(said.group(1)), range(60))
