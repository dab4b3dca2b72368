"""Friend and parent in other domains than the Thing's: on the same server, and on another that is reached by name."""

from actors import PROVISIONING, ROSTER, bare, presence, question
from conversation import Conversation, World, both
from sysfs import BOILER, EXACT, SUPPLY


class OtherDomain:
    """What holds wherever the other domain is served. Things live at home, parent and friends away."""

    async def family(self, **more):
        return await self.household(self.away, parent_domain=self.away, **more)

    async def test_friendship_and_read(self):
        """The parent of another domain allows a friend of that domain, who reads; a namesake at home does not."""
        thing, parent = await self.claimed(self.away)
        friend = await self.person("friend", self.away)
        self.assertEqual(await friend.befriends(thing.jid), thing.full)
        self.assertEqual(await friend.subscription(thing.jid), "both")
        self.assertEqual(parent.asked("isFriend", friend.bare), 1)
        reading = await friend.reads(thing.full, fields=[BOILER])
        self.assertEqual(reading.values, {BOILER: EXACT[BOILER]})
        self.assertEqual(parent.asked("canRead", friend.bare), 1)
        namesake = await self.person("friend", self.home)
        self.assertEqual((await namesake.reads(thing.full)).error[1], "forbidden")

    async def test_parent_first(self):
        """A parent of another domain, not known yet, becomes a friend by itself."""
        jid, password = self.account("parent", self.away)
        thing = self.thing(parent=jid)
        parent = await self.client(jid, password)
        thing.start()
        await parent.hears(presence("subscribe", thing.jid))
        parent.subscribes(thing.jid, "subscribed")
        parent.subscribes(thing.jid)
        await parent.hears(presence("subscribed", thing.jid))
        await self.seen(parent, thing)
        self.assertEqual(await parent.subscription(thing.jid), "both")

    async def test_denied(self):
        """The parent of another domain says no to both: the stranger is told, and no value leaves."""
        thing, parent = await self.claimed(self.away)
        parent.is_friend = "no"
        stranger = await self.person("stranger", self.away)
        stranger.subscribes(thing.jid)
        await stranger.hears(presence("unsubscribed", thing.jid))
        self.assertEqual((await stranger.reads(thing.full)).error[:2], ("cancel", "forbidden"))

    async def test_partly_allowed(self):
        """What the parent of another domain allows is all that comes."""
        thing, parent, friend = await self.family(opinion=[SUPPLY])
        self.assertEqual(set((await friend.reads(thing.full, fields=[BOILER, SUPPLY])).values), {SUPPLY})

    async def test_unfriended(self):
        """The parent of another domain ends the friendship: the friend is told and reads nothing."""
        thing, parent, friend = await self.family()
        parent.tells(thing.jid, f"<unfriend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        await friend.hears(presence("unsubscribed", thing.jid))
        self.assertEqual((await friend.reads(thing.full)).error[1], "forbidden")

    async def test_parent_away_then_back(self):
        """The parent's going and coming is seen across domains: no decision meanwhile, the request waits."""
        thing, parent = await self.claimed(self.away)
        await parent.offline()
        await self.witness(rf"told-to {thing.full} <presence.*type='unavailable'")
        stranger = await self.person("stranger", self.away)
        stranger.subscribes(thing.jid)
        await self.handles(stranger, thing)
        self.assertIsNone(stranger.takes(lambda stanza: "subscri" in stanza.get("type", "")))
        parent = await self.again(parent)
        await parent.hears(question("isFriend", stranger.bare))
        await stranger.hears(presence("subscribed", thing.jid))

    async def test_namesake_of_the_parent(self):
        """The parent's name at the Thing's own domain commands nothing, and its answers decide nothing."""
        thing, parent, friend = await self.family(opinion="silent")
        namesake = await self.person("parent", self.home)
        self.assertNotEqual(namesake.bare, parent.bare)
        namesake.tells(thing.jid, f"<unfriend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        id = friend.puts(thing.full, "<req xmlns='urn:xmpp:iot:sensordata' seqnr='77' momentary='true'/>")
        asked = await parent.hears(question("canRead", friend.bare))
        yes = f"<canReadResponse xmlns='{PROVISIONING}' jid='{friend.bare}' result='true'/>"
        namesake.says(f"<iq to='{thing.full}' type='result' id='{asked.get('id')}'>{yes}</iq>")
        await self.handles(namesake, thing)
        await self.handles(friend, thing)
        self.assertIsNone(friend.takes(lambda stanza: stanza.get("id") == id))
        parent.says(f"<iq to='{thing.full}' type='result' id='{asked.get('id')}'>{yes}</iq>")
        self.assertEqual((await friend.answer(id)).get("type"), "result")

    async def test_forged_roster_push(self):
        """A roster push from another domain is refused and changes nothing."""
        thing, parent = await self.claimed(self.away)
        stranger = await self.person("stranger", self.away)
        answer = await stranger.asks(
            thing.full, f"<query xmlns='{ROSTER}'><item jid='{stranger.bare}' subscription='both'/></query>", "set")
        self.assertEqual(answer.get("type"), "error")
        self.assertEqual((await stranger.reads(thing.full)).error[1], "forbidden")

    async def test_thing_goes(self):
        """A friend of another domain sees the Thing go and come back."""
        thing, parent, friend = await self.family()
        self.assertEqual(await thing.stop(), 0)
        await friend.hears(presence("unavailable", thing.full))
        thing.start()
        self.assertEqual(bare(await self.seen(friend, thing)), thing.jid)


@both
class OnTheSameServer(OtherDomain, Conversation):
    """A second domain of one server."""


@both
class OnAnotherServer(OtherDomain, Conversation):
    """A server of another make, found by name and known by its certificate: Prosody and ejabberd, in both roles."""

    async def find_servers(self):
        near, far = await World.federated(self.kind)
        self.home, self.away = near.domains[0], far.domains[0]
        return [near, far]

    async def test_found_by_name(self):
        """The servers really speak to each other: each asked the name server of the tests for the other."""
        await self.claimed(self.away)
        asked = {name for name, _ in World.federation.names.asked}
        self.assertLessEqual({f"_xmpp-server._tcp.{domain}" for domain in (self.home, self.away)}, asked)
