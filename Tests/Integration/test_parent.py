"""Who the parent is: an account with several clients, or a service; and being asked before each read."""

from actors import PROVISIONING, Parent, discovery, presence, question
from conversation import Conversation, both, short
from server import COMPONENT
from sysfs import BOILER, OUTSIDE, SUPPLY


@both
class SeveralClients(Conversation):

    async def test_client_without_provisioning_joins(self):
        """A second client of the parent that knows nothing of provisioning is online too: the first one decides."""
        thing, parent = await self.claimed()
        chat = await self.client(parent.bare, parent.password, Parent, "chat", provisioning=False)
        await self.seen(chat, thing)
        await self.parent_decides(thing, parent)

    async def test_client_without_provisioning_came_first(self):
        """The client that knows nothing of provisioning was there first: the later one decides."""
        parent_jid, password = self.account("parent")
        thing = self.thing(parent=parent_jid)
        self.befriended((thing.jid, parent_jid))
        chat = await self.client(parent_jid, password, Parent, "chat", provisioning=False)
        thing.start()
        await self.seen(chat, thing)
        parent = await self.client(parent_jid, password, Parent, "console")
        await self.seen(parent, thing)
        await self.parent_decides(thing, parent)

    async def parent_decides(self, thing, parent):
        friend = await self.person("friend")
        await friend.befriends(thing.jid)
        self.assertEqual(parent.asked("isFriend", friend.bare), 1)
        self.assertTrue((await friend.reads(thing.full)).values)
        self.assertEqual(parent.asked("canRead", friend.bare), 1)

    async def test_asked_client_goes_away(self):
        """The client that was asked goes offline without an answer; the other one is asked."""
        thing, parent = await self.claimed()
        second = await self.client(parent.bare, parent.password, Parent, "second")
        await self.seen(second, thing)
        parent.is_friend = second.is_friend = "silent"
        friend = await self.person("friend")
        friend.subscribes(thing.jid)
        asked, waiting = parent, second
        try:
            await parent.hears(question("isFriend", friend.bare), 2)
        except AssertionError:
            asked, waiting = second, parent
            await second.hears(question("isFriend", friend.bare))
        waiting.is_friend = "yes"
        await asked.offline()
        await friend.hears(presence("subscribed", thing.jid))


    async def test_read_while_it_is_discovered(self):
        """A friend reads before it is known whether the parent's client decides: the read waits, and is then put to it."""
        parent_jid, password = self.account("parent")
        friend_jid, friend_password = self.account("friend")
        thing = self.thing(parent=parent_jid)
        self.befriended((thing.jid, parent_jid), (thing.jid, friend_jid))
        parent = await self.client(parent_jid, password, Parent, hesitates=True)
        friend = await self.client(friend_jid, friend_password)
        thing.start()
        await self.seen(friend, thing)
        asked = await parent.hears(discovery(thing.full))
        id = friend.puts(thing.full, "<req xmlns='urn:xmpp:iot:sensordata' seqnr='5' momentary='true'/>")
        await self.handles(friend, thing)
        self.assertIsNone(friend.takes(lambda stanza: stanza.get("id") == id), "it did not wait")
        self.assertEqual(parent.asked("canRead"), 0)
        parent.reveals(asked)
        self.assertEqual((await friend.answer(id)).get("type"), "result")
        self.assertEqual(parent.asked("canRead", friend.bare), 1)


@both
class AService(Conversation):

    @short
    async def test_component_decides(self):
        """A provisioning service, which has no roster, decides on friendship and on reads."""
        service = await self.component()
        friend_jid, password = self.account("friend")
        thing = self.thing(parent=COMPONENT).start()
        friend = await self.client(friend_jid, password)
        await friend.befriends(thing.jid)
        self.assertEqual(service.asked("isFriend", friend.bare), 1)
        service.can_read = [BOILER]
        self.assertEqual(set((await friend.reads(thing.full)).values), {BOILER})
        service.can_read = "no"
        await service.clears(thing.full)
        self.assertEqual((await friend.reads(thing.full)).error[:2], ("cancel", "forbidden"))
        await service.offline()

    async def test_component_unfriends(self):
        """The service may end a friendship; somebody at the service's address may not."""
        service = await self.component()
        friend_jid, password = self.account("friend")
        thing = self.thing(parent=COMPONENT)
        self.befriended((thing.jid, friend_jid))
        friend = await self.client(friend_jid, password)
        thing.start()
        await self.seen(friend, thing)
        service.says(f"<message from='somebody@{COMPONENT}' to='{thing.jid}'>"
                     f"<unfriend xmlns='{PROVISIONING}' jid='{friend.bare}'/></message>")
        self.assertTrue((await friend.reads(thing.full)).values)
        service.tells(thing.jid, f"<unfriend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        await friend.hears(presence("unsubscribed", thing.jid))
        await service.offline()

    async def test_component_down(self):
        """The service is not connected: no decision, so no friend and no value, and the Thing stays up."""
        friend_jid, password = self.account("friend")
        thing = self.thing(parent=COMPONENT)
        self.befriended((thing.jid, friend_jid))
        friend = await self.client(friend_jid, password)
        thing.start()
        await self.seen(friend, thing)
        reading = await friend.reads(thing.full)
        self.assertEqual(reading.error[0], "wait")
        self.assertIn("no decision", reading.error[2])
        self.assertFalse(reading.values)


@both
class EachRead(Conversation):

    @short
    async def test_asked_once(self):
        """Each kind of read of a friend is put to the parent once, with what is asked for; the parent's own is not."""
        thing, parent, friend = await self.household()
        await friend.reads(thing.full, fields=[BOILER, SUPPLY])
        asked = await parent.hears(question("canRead", friend.bare))
        self.assertEqual(asked[0].get("momentary"), "true")
        self.assertEqual({field.get("name") for field in asked[0] if field.tag.endswith("field")}, {BOILER, SUPPLY})
        self.assertTrue((await friend.reads(thing.full)).values)
        self.assertEqual(parent.asked("canRead", friend.bare), 2)
        self.assertEqual(set((await friend.reads(thing.full, fields=[SUPPLY, BOILER])).values), {BOILER, SUPPLY})
        self.assertTrue((await friend.reads(thing.full)).values)
        self.assertEqual(parent.asked("canRead", friend.bare), 2)
        self.assertTrue((await parent.reads(thing.full)).values)
        self.assertEqual(parent.asked("canRead", parent.bare), 0)

    @short
    async def test_denied(self):
        """The parent says no: forbidden, and no value."""
        thing, parent, friend = await self.household(opinion="no")
        reading = await friend.reads(thing.full)
        self.assertEqual(reading.error[:2], ("cancel", "forbidden"))
        self.assertFalse(reading.values)

    async def test_error(self):
        """The parent answers with an error: no decision, so no value."""
        thing, parent, friend = await self.household(opinion="error")
        reading = await friend.reads(thing.full)
        self.assertEqual(reading.error[:2], ("wait", "remote-server-timeout"))
        self.assertIn("no decision", reading.error[2])

    @short
    async def test_offline(self):
        """The parent is away: denied now, with an error that says why; granted when it is back."""
        thing, parent, friend = await self.household()
        await parent.offline()
        reading = await friend.reads(thing.full)
        self.assertEqual(reading.error[:2], ("wait", "remote-server-timeout"))
        self.assertIn("no decision", reading.error[2])
        parent = await self.again(parent)
        await self.seen(parent, thing)
        self.assertTrue((await friend.reads(thing.full)).values)

    @short
    async def test_restricted(self):
        """The parent allows some fields: only those come, and not those the friend did not ask for."""
        thing, parent, friend = await self.household(opinion=[BOILER, SUPPLY])
        self.assertEqual(set((await friend.reads(thing.full)).values), {BOILER, SUPPLY})
        reading = await friend.reads(thing.full, fields=[BOILER, OUTSIDE])
        self.assertEqual(set(reading.values), {BOILER})

    async def test_restricted_to_nothing_asked(self):
        """The parent allows only what was not asked for: no value."""
        thing, parent, friend = await self.household(opinion=[SUPPLY])
        reading = await friend.reads(thing.full, fields=[BOILER])
        self.assertFalse(reading.values)
        self.assertEqual(reading.error[1], "forbidden")

    async def test_restricted_to_another_node(self):
        """The parent allows a node that is not ours: no value."""
        thing, parent, friend = await self.household(opinion=lambda asked: (
            f"<canReadResponse xmlns='{PROVISIONING}' jid='{asked.get('jid')}' result='true'>"
            "<node nodeId='elsewhere'/></canReadResponse>"))
        reading = await friend.reads(thing.full)
        self.assertFalse(reading.values)
        self.assertIsNotNone(reading.error)

    async def test_answer_about_somebody_else(self):
        """A yes for another address is no decision about this one."""
        thing, parent, friend = await self.household(opinion=lambda asked: (
            f"<canReadResponse xmlns='{PROVISIONING}' jid='other@home.test' result='true'/>"))
        reading = await friend.reads(thing.full)
        self.assertFalse(reading.values)
        self.assertEqual(reading.error[0], "wait")

    async def test_answer_of_another_kind(self):
        """A friendly answer to another question is not permission to read."""
        thing, parent, friend = await self.household(opinion=lambda asked: (
            f"<isFriendResponse xmlns='{PROVISIONING}' jid='{asked.get('jid')}' result='true'/>"))
        reading = await friend.reads(thing.full)
        self.assertFalse(reading.values)
        self.assertEqual(reading.error[0], "wait")

    async def test_tokens_are_passed_on(self):
        """Tokens of the request reach the parent unchanged."""
        thing, parent, friend = await self.household()
        await friend.reads(thing.full, attributes={
            "momentary": "true", "serviceToken": "s-1", "deviceToken": "d<2", "userToken": "u&3"})
        asked = await parent.hears(question("canRead", friend.bare))
        self.assertEqual([asked[0].get(f"{kind}Token") for kind in ("service", "device", "user")],
                         ["s-1", "d<2", "u&3"])

    async def test_unfriended_while_asked(self):
        """The friendship ends while the parent thinks: a late yes gives no value."""
        thing, parent, friend = await self.household(opinion="silent")
        id = friend.puts(thing.full, "<req xmlns='urn:xmpp:iot:sensordata' seqnr='77' momentary='true'/>")
        asked = await parent.hears(question("canRead", friend.bare))
        parent.tells(thing.jid, f"<unfriend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        await friend.hears(presence("unsubscribed", thing.jid))
        parent.says(f"<iq to='{thing.full}' type='result' id='{asked.get('id')}'><canReadResponse "
                    f"xmlns='{PROVISIONING}' jid='{friend.bare}' result='true'/></iq>")
        answer = await friend.answer(id)
        self.assertEqual(answer.get("type"), "error")
        await self.handles(parent, thing)
        await self.handles(friend, thing)
        self.assertIsNone(friend.takes(lambda stanza: stanza.find(".//{urn:xmpp:iot:sensordata}fields") is not None))
