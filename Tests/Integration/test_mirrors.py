"""Thing to Thing: one firmware that has a field of another among its own."""

import asyncio

from actors import PROVISIONING, SENSOR, Parent
from conversation import Conversation, both, short
from sysfs import BOILER, EXACT
from test_events import event, subscribes, value_in


@both
class Mirrors(Conversation):

    async def two(self, befriended=True, mutual=False):
        """A lamp, a panel that mirrors it, their parent and a friend of the panel, all online."""
        parent_jid, password = self.account("parent")
        friend_jid, friend_password = self.account("friend")
        lamp = self.thing(name="lamp", parent=parent_jid)
        panel = self.thing(name="panel", parent=parent_jid, mirror=f"{lamp.jid} {BOILER}")
        if mutual:
            lamp.write(mirror=f"{panel.jid} {BOILER}")
        pairs = [(lamp.jid, parent_jid), (panel.jid, parent_jid), (panel.jid, friend_jid), (lamp.jid, friend_jid)]
        self.befriended(*pairs, *([(lamp.jid, panel.jid)] if befriended else []))
        parent = await self.client(parent_jid, password, Parent)
        friend = await self.client(friend_jid, friend_password)
        for thing in (lamp, panel):
            thing.start()
            await self.seen(friend, thing)
            await self.seen(parent, thing)
        return lamp, panel, parent, friend

    async def mirrored(self, friend, panel, lamp, value, limit=25):
        """Waits until the panel says that of the lamp's field; each reading is a wait of its own."""
        said = None
        async with asyncio.timeout(limit * self.firmware.patience):
            while said != (value, "°C"):
                mark = len(self.server.lines)
                reading = await friend.reads(panel.full, fields=[BOILER], nodes=[lamp.jid])
                said = reading.values.get(BOILER)
                if said != (value, "°C"):
                    await self.server.lines.expect(rf"told-to {panel.full} .*{SENSOR}", limit * self.firmware.patience, mark,
                                                   "line of the server")
        return reading

    @short
    async def test_value(self):
        """The lamp's value is the panel's, on a node named as the lamp, and each change follows."""
        lamp, panel, parent, friend = await self.two()
        reading = await self.mirrored(friend, panel, lamp, EXACT[BOILER][0])
        self.assertEqual(reading.nodes, [lamp.jid])
        await subscribes(friend, panel.full, 3, f"<field name='{BOILER}' changedBy='1'/>", f"<node nodeId='{lamp.jid}'/>",
                         minInterval="PT1S", req="true")
        self.assertEqual(value_in(await friend.hears(event(3))), EXACT[BOILER][0])
        lamp.sysfs.set("temp1_input", "-40125")
        self.assertEqual(value_in(await friend.hears(event(3), 30)), "-40.125")

    async def test_friendship(self):
        """The panel asks the lamp to be friends by itself, and the parent decides on both sides."""
        lamp, panel, parent, friend = await self.two(befriended=False)
        await self.mirrored(friend, panel, lamp, EXACT[BOILER][0])
        self.assertEqual((parent.asked("isFriend", panel.jid), parent.asked("isFriend", lamp.jid)), (1, 1))

    async def test_each_other(self):
        """Two Things that mirror each other have each other's values, and not their own back."""
        lamp, panel, parent, friend = await self.two(mutual=True)
        panel.sysfs.set("temp1_input", "11000")
        await self.mirrored(friend, panel, lamp, EXACT[BOILER][0])
        await self.mirrored(friend, lamp, panel, "11.000")
        both_nodes = await friend.reads(panel.full, fields=[BOILER], nodes=[panel.jid.partition("@")[0]])
        self.assertEqual(both_nodes.values[BOILER][0], "11.000")

    async def test_gone(self):
        """A lamp that is gone has no value, and neither has one that is a friend no more."""
        lamp, panel, parent, friend = await self.two()
        await self.mirrored(friend, panel, lamp, EXACT[BOILER][0])
        parent.tells(panel.full, f"<unfriend xmlns='{PROVISIONING}' jid='{lamp.jid}'/>")
        await parent.fence(panel.full)
        reading = await friend.reads(panel.full, fields=[BOILER], nodes=[lamp.jid])
        self.assertFalse(reading.values)
        self.assertTrue(any("is gone" in text for _, text in reading.failures), reading.failures)

    async def test_forged(self):
        """Values that nobody asked for change nothing, whoever sends them."""
        lamp, panel, parent, friend = await self.two()
        await self.mirrored(friend, panel, lamp, EXACT[BOILER][0])
        for sender in (friend, parent):
            for number in ("1", "0", "2147483647"):
                sender.tells(panel.full, f"<fields xmlns='{SENSOR}' seqnr='{number}' done='true'><node nodeId='{lamp.jid}'>"
                                         f"<timestamp value='2030-01-01T00:00:00Z'><numeric name='{BOILER}' momentary='true' "
                                         "value='99' unit='°C'/></timestamp></node></fields>")
            await sender.fence(panel.full)
        reading = await friend.reads(panel.full, fields=[BOILER], nodes=[lamp.jid])
        self.assertEqual(reading.values[BOILER], EXACT[BOILER])
