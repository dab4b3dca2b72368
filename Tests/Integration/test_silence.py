"""What takes as long as the Thing's patience with its parent: half a minute, spent together."""

from actors import PROVISIONING, presence, question
from conversation import Conversation, short


class Silence(Conversation):

    @short
    async def test_silent_parent(self):
        """A parent that never answers: a read gets no value but an error that says why, a request stays pending,
        and the answers that come too late change nothing."""
        thing, parent, friend = await self.household(opinion="silent")
        parent.is_friend = "silent"
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        about_stranger = await parent.hears(question("isFriend", stranger.bare))
        reading = await friend.reads(thing.full, limit=60)
        self.assertEqual(reading.error[:2], ("wait", "remote-server-timeout"))
        self.assertIn("no decision", reading.error[2])
        self.assertFalse(reading.values)
        about_friend = await parent.hears(question("canRead", friend.bare))
        parent.says(f"<iq to='{thing.full}' type='result' id='{about_friend.get('id')}'><canReadResponse "
                    f"xmlns='{PROVISIONING}' jid='{friend.bare}' result='true'/></iq>")
        await self.handles(parent, thing)
        await self.handles(friend, thing)
        self.assertIsNone(friend.takes(lambda stanza: stanza.find(".//{urn:xmpp:iot:sensordata}fields") is not None))
        self.assertIsNone(stranger.takes(lambda stanza: "subscri" in stanza.get("type", "")))
        self.assertTrue(thing.running)
        self.assertIsNotNone(about_stranger)
        parent.can_read = "yes"
        self.assertTrue((await friend.reads(thing.full)).values)
        await parent.offline()
        parent.is_friend = "yes"
        parent = await self.again(parent)
        await stranger.hears(presence("subscribed", thing.jid))
