"""Friendship in all its turns: two-way presence subscriptions that the parent decides on."""

import xml.etree.ElementTree as ET

from actors import PROVISIONING, ROSTER, Parent, bare, presence, question
from conversation import Conversation, both, short
from words import ONLINE


@both
class Asking(Conversation):

    @short
    async def test_allowed(self):
        """A stranger asks, the parent allows, both are subscribed, and the friend reads."""
        thing, parent = await self.claimed()
        friend = await self.person("friend")
        full = await friend.befriends(thing.jid)
        self.assertEqual(full, thing.full)
        self.assertEqual(await friend.subscription(thing.jid), "both")
        self.assertEqual(parent.asked("isFriend", friend.bare), 1)
        self.assertTrue((await friend.reads(full)).values)

    @short
    async def test_denied(self):
        """The parent says no: the stranger is told, and reads nothing."""
        thing, parent = await self.claimed()
        parent.is_friend = "no"
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await stranger.hears(presence("unsubscribed", thing.jid))
        self.assertEqual((await stranger.reads(thing.full)).error[:2], ("cancel", "forbidden"))
        self.assertNotIn(await stranger.subscription(thing.jid), ("to", "both"))

    async def test_parent_first(self):
        """An unknown parent becomes a friend by itself: the Thing asks, and accepts, without asking anybody."""
        jid, password = self.account("parent")
        thing = self.thing(parent=jid)
        parent = await self.client(jid, password, Parent)
        thing.start()
        await parent.hears(presence("subscribe", thing.jid))
        parent.subscribes(thing.jid, "subscribed")
        parent.subscribes(thing.jid)
        await parent.hears(presence("subscribed", thing.jid))
        await self.seen(parent, thing)
        self.assertEqual(await parent.subscription(thing.jid), "both")
        friend = await self.person("friend")
        await friend.befriends(thing.jid)

    async def test_silent_is_pending(self):
        """While the parent has not answered, the stranger hears neither yes nor no."""
        thing, parent = await self.claimed()
        parent.is_friend = "silent"
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await parent.hears(question("isFriend", stranger.bare))
        await self.handles(stranger, thing)
        self.assertIsNone(stranger.takes(lambda stanza: "subscri" in stanza.get("type", "")))

    @short
    async def test_parent_away_then_back(self):
        """The parent is offline: the request waits, is asked when it returns, and is granted."""
        thing, parent = await self.claimed()
        await parent.offline()
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await self.handles(stranger, thing)
        self.assertIsNone(stranger.takes(lambda stanza: "subscri" in stanza.get("type", "")))
        parent = await self.again(parent)
        await parent.hears(question("isFriend", stranger.bare))
        await stranger.hears(presence("subscribed", thing.jid))

    async def test_silent_then_back(self):
        """A question that was never answered is put again when the parent comes back."""
        thing, parent = await self.claimed()
        parent.is_friend = "silent"
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await parent.hears(question("isFriend", stranger.bare))
        await parent.offline()
        parent.is_friend = "yes"
        parent = await self.again(parent)
        await parent.hears(question("isFriend", stranger.bare))
        await stranger.hears(presence("subscribed", thing.jid))

    async def test_error_is_no_decision(self):
        """An error instead of an answer leaves the request pending."""
        thing, parent = await self.claimed()
        parent.is_friend = "error"
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await parent.hears(question("isFriend", stranger.bare))
        await self.handles(stranger, thing)
        await self.handles(parent, thing)
        self.assertIsNone(stranger.takes(lambda stanza: "subscri" in stanza.get("type", "")))
        await parent.offline()
        parent.is_friend = "no"
        await self.again(parent)
        await stranger.hears(presence("unsubscribed", thing.jid))

    async def test_answer_about_somebody_else(self):
        """An answer whose jid is not the one asked about decides nothing."""
        thing, parent = await self.claimed()
        parent.is_friend = lambda asked: (f"<isFriendResponse xmlns='{PROVISIONING}' jid='x@home.test' result='true'/>")
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await parent.hears(question("isFriend", stranger.bare))
        await self.handles(parent, thing)
        await self.handles(stranger, thing)
        self.assertIsNone(stranger.takes(presence("subscribed")))
        self.assertEqual((await stranger.reads(thing.full)).error[1], "forbidden")

    async def test_thing_restarts_with_pending(self):
        """A request that waited while the Thing was off is decided after its restart."""
        thing, parent = await self.claimed()
        parent.is_friend = "silent"
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await parent.hears(question("isFriend", stranger.bare))
        self.assertEqual(await thing.stop(), 0)
        parent.is_friend = "yes"
        thing.start()
        await stranger.hears(presence("subscribed", thing.jid))

    async def test_other_domain(self):
        """A friend may live on another domain; nobody with the same name here profits from it."""
        thing, parent = await self.claimed()
        friend = await self.person("friend", self.away)
        await friend.befriends(thing.jid)
        self.assertEqual(parent.asked("isFriend", friend.bare), 1)
        self.assertTrue((await friend.reads(thing.full)).values)
        namesake = await self.person("friend")
        self.assertEqual((await namesake.reads(thing.full)).error[1], "forbidden")

    async def test_request_names_a_resource(self):
        """The parent is asked about the bare address, whoever's client asks."""
        thing, parent = await self.claimed()
        friend = await self.person("friend", resource="tablet")
        friend.says(f"<presence to='{thing.jid}' from='{friend.full}' type='subscribe'/>")
        asked = await parent.hears(question("isFriend"))
        self.assertEqual(asked[0].get("jid"), friend.bare)

    async def test_two_strangers(self):
        """Two ask at once, and each gets its own answer."""
        thing, parent = await self.claimed()
        good, bad = await self.person("good"), await self.person("bad")
        parent.is_friend = lambda asked: (
            f"<isFriendResponse xmlns='{PROVISIONING}' jid='{asked.get('jid')}' "
            f"result='{'true' if asked.get('jid') == good.bare else 'false'}'/>")
        bad.subscribes(thing.jid)
        good.subscribes(thing.jid)
        await good.hears(presence("subscribed", thing.jid))
        await bad.hears(presence("unsubscribed", thing.jid))

    @short
    async def test_unclaimed(self):
        """A Thing without a parent makes no friends."""
        thing = self.thing().start()
        await thing.log(ONLINE)
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await self.handles(stranger, thing)
        self.assertIsNone(stranger.takes(presence("subscribed")))
        self.assertEqual((await stranger.reads(thing.full)).error[1], "forbidden")


@both
class Ending(Conversation):

    @short
    async def test_friend_leaves(self):
        """The friend removes the Thing: it reads nothing any more, and the Thing's roster forgets it."""
        thing, parent, friend = await self.household()
        await friend.unfriends(thing.jid)
        self.assertEqual((await friend.reads(thing.full)).error[1], "forbidden")
        await self.witness(rf"said-by {thing.full} .*jid='{friend.bare}'.*subscription='remove'"
                           rf"|said-by {thing.full} .*subscription='remove'.*jid='{friend.bare}'"
                           rf"|said-by {thing.full} <presence[^>]*type='unsubscribe")
        self.assertTrue((await parent.reads(thing.full)).values)

    @short
    async def test_parent_ends_it(self):
        """The parent says unfriend: both directions end, and the friend is told."""
        thing, parent, friend = await self.household()
        parent.tells(thing.jid, f"<unfriend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        await friend.hears(presence("unsubscribed", thing.jid))
        self.assertEqual((await friend.reads(thing.full)).error[1], "forbidden")
        self.assertNotIn(await friend.subscription(thing.jid), ("to", "from", "both"))

    async def test_ended_then_asks_again(self):
        """Somebody unfriended may ask again, and the parent is asked again."""
        thing, parent, friend = await self.household()
        parent.tells(thing.jid, f"<unfriend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        await friend.hears(presence("unsubscribed", thing.jid))
        parent.is_friend = "no"
        friend.subscribes(thing.jid)
        await parent.hears(question("isFriend", friend.bare))
        await friend.hears(presence("unsubscribed", thing.jid))

    async def test_stranger_says_unfriend(self):
        """An unfriend from anybody but the parent is ignored."""
        thing, parent, friend = await self.household()
        stranger = await self.person("stranger")
        for who in (stranger, friend):
            who.tells(thing.jid, f"<unfriend xmlns='{PROVISIONING}' jid='{parent.bare}'/>")
            who.tells(thing.full, f"<unfriend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
            await self.handles(who, thing)
        self.assertTrue((await friend.reads(thing.full)).values)
        self.assertTrue((await parent.reads(thing.full)).values)

    async def test_parent_says_friend(self):
        """The parent names a friend: the Thing itself asks for the friendship."""
        thing, parent = await self.claimed()
        friend = await self.person("friend")
        parent.tells(thing.jid, f"<friend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        await friend.hears(presence("subscribe", thing.jid))
        friend.subscribes(thing.jid, "subscribed")
        friend.subscribes(thing.jid)
        await friend.hears(presence("subscribed", thing.jid))
        self.assertEqual(bare(await self.seen(friend, thing)), thing.jid)
        self.assertTrue((await friend.reads(thing.full)).values)

    async def test_stranger_says_friend(self):
        """A friend recommendation from a stranger is ignored."""
        thing, parent = await self.claimed()
        stranger = await self.person("stranger")
        stranger.tells(thing.jid, f"<friend xmlns='{PROVISIONING}' jid='{stranger.bare}'/>")
        await self.handles(stranger, thing)
        self.assertIsNone(stranger.takes(presence("subscribe")))

    async def test_parent_unsubscribes_itself(self):
        """A parent that removes the Thing from its roster is no longer a friend: nobody is let in after that."""
        thing, parent = await self.claimed()
        await parent.unfriends(thing.jid)
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await self.handles(stranger, thing)
        self.assertIsNone(stranger.takes(presence("subscribed")))


@both
class Forgeries(Conversation):

    async def test_roster_push_of_the_server(self):
        """The server's own push is believed and answered, whether it bears no sender or the account's address."""
        thing, parent = await self.claimed()
        friend = await self.person("friend")
        await friend.befriends(thing.jid)
        push = await self.witness(rf"told-to {thing.full} (<iq (?=.*jabber:iq:roster).*{friend.bare}.*)")
        push = ET.fromstring(push.group(1))
        self.assertEqual(push.get("from"), self.server.pushes_as(thing.jid))
        await self.witness(rf"said-by {thing.full} <iq [^>]*{push.get('id')}")
        self.assertTrue((await friend.reads(thing.full)).values)

    @short
    async def test_roster_push_of_a_stranger(self):
        """A forged roster push is refused and changes nothing."""
        thing, parent = await self.claimed()
        stranger = await self.person("stranger")
        answer = await stranger.asks(
            thing.full, f"<query xmlns='{ROSTER}'><item jid='{stranger.bare}' subscription='both'/></query>", "set")
        self.assertEqual(answer.get("type"), "error")
        self.assertEqual((await stranger.reads(thing.full)).error[1], "forbidden")

    async def test_roster_push_of_a_friend(self):
        """A friend cannot remove others by a forged push either."""
        thing, parent, friend = await self.household()
        answer = await friend.asks(
            thing.full, f"<query xmlns='{ROSTER}'><item jid='{parent.bare}' subscription='remove'/></query>", "set")
        self.assertEqual(answer.get("type"), "error")
        self.assertTrue((await parent.reads(thing.full)).values)

    @short
    async def test_answers_of_a_stranger(self):
        """A stranger who answers for the parent is not believed, not even with the right id."""
        thing, parent = await self.claimed()
        parent.is_friend = "silent"
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        asked = await parent.hears(question("isFriend", stranger.bare))
        for id in (asked.get("id"), "1", "guess"):
            stranger.says(f"<iq to='{thing.full}' type='result' id='{id}'><isFriendResponse xmlns='{PROVISIONING}' "
                          f"jid='{stranger.bare}' result='true'/></iq>")
        await self.handles(stranger, thing)
        self.assertIsNone(stranger.takes(presence("subscribed")))
        parent.says(f"<iq to='{thing.full}' type='result' id='{asked.get('id')}'><isFriendResponse "
                    f"xmlns='{PROVISIONING}' jid='{stranger.bare}' result='true'/></iq>")
        await stranger.hears(presence("subscribed", thing.jid))

    async def test_wrong_id_of_the_parent(self):
        """An answer nobody asked for is no answer, even from the parent."""
        thing, parent = await self.claimed()
        parent.is_friend = "silent"
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await parent.hears(question("isFriend", stranger.bare))
        parent.says(f"<iq to='{thing.full}' type='result' id='guess'><isFriendResponse xmlns='{PROVISIONING}' "
                    f"jid='{stranger.bare}' result='true'/></iq>")
        await self.handles(parent, thing)
        await self.handles(stranger, thing)
        self.assertIsNone(stranger.takes(presence("subscribed")))

    async def test_presence_subscribed_unasked(self):
        """Somebody who claims to have accepted what the Thing never asked gains nothing."""
        thing, parent = await self.claimed()
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid, "subscribed")
        await self.handles(stranger, thing)
        self.assertEqual((await stranger.reads(thing.full)).error[1], "forbidden")


class Crowds(Conversation):

    async def test_roster_larger_than_the_table(self):
        """A roster too large for the Thing: it says so, the parent is still known, the rest is denied and not mixed up."""
        parent_jid, password = self.account("parent")
        thing = self.thing(parent=parent_jid)
        friend_jid, friend_password = self.account("friend")
        crowd = [(thing.jid, f"contact{n}@other.test") for n in range(300)]
        self.befriended(*crowd, (thing.jid, friend_jid), (thing.jid, parent_jid))
        parent = await self.client(parent_jid, password, Parent)
        friend = await self.client(friend_jid, friend_password)
        thing.start()
        await thing.log(ONLINE)
        self.assertRegex(thing.log_text(), r"roster is larger than our table")
        await self.seen(parent, thing)
        self.assertTrue((await parent.reads(thing.full)).values)
        reading = await friend.reads(thing.full)
        self.assertTrue(reading.values or reading.error[1] == "forbidden")
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        refused = await stranger.hears(lambda stanza: stanza.get("type") in ("error", "unsubscribed"))
        self.assertEqual(bare(refused.get("from")), thing.jid)

    async def test_many_strangers(self):
        """Forty strangers ask while the parent is away: those with room wait, the others are told; all is decided later."""
        thing, parent = await self.claimed()
        await parent.offline()
        crowd = [await self.person(f"s{n}x") for n in range(40)]
        for stranger in crowd:
            stranger.subscribes(thing.jid)
        await self.gathered(*(self.handles(stranger, thing) for stranger in crowd))
        waiting = [stranger for stranger in crowd
                   if not stranger.takes(lambda stanza: stanza.get("type") in ("error", "unsubscribed"))]
        self.assertGreaterEqual(len(waiting), 4)
        await self.again(parent)
        for stranger in waiting:
            await stranger.hears(presence("subscribed", thing.jid), 15)
