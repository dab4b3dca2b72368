"""The parent's word by buttons (XEP-0050 with XEP-0004 forms), with slixmpp's own plugins as the client."""

from actors import Parent, error_of, presence
from conversation import Conversation, both, short
from sysfs import BOILER, LAMP

COMMANDS = "http://jabber.org/protocol/commands"
ITEMS = "http://jabber.org/protocol/disco#items"
NODES = ["pending", "allow", "deny", "rules", "friends", "forget", "unfriend"]


@both
class Buttons(Conversation):
    """A person as parent, with a client that shows commands and forms."""

    async def persons_household(self):
        """A Thing whose parent is a person, and a friend; all online."""
        parent_jid, parent_password = self.account("parent")
        friend_jid, friend_password = self.account("friend")
        thing = self.thing(parent=parent_jid)
        self.befriended((thing.jid, parent_jid), (thing.jid, friend_jid))
        parent = await self.client(parent_jid, parent_password, Parent, provisioning=False)
        for plugin in ("xep_0004", "xep_0050"):
            parent.register_plugin(plugin)
        friend = await self.client(friend_jid, friend_password)
        thing.start()
        await self.seen(friend, thing)
        await self.seen(parent, thing)
        await thing.log("the parent is a person")
        return thing, parent, friend

    async def form(self, parent, thing, node):
        """The command's form, and its session."""
        iq = await parent["xep_0050"].send_command(thing.full, node, timeout=10 * self.firmware.patience)
        self.assertEqual(iq["command"]["status"], "executing")
        return iq["command"]["form"], iq["command"]["sessionid"]

    async def submits(self, parent, thing, node, session, **values):
        """Submits a form; returns the notes of what came of it."""
        answer = parent["xep_0004"].make_form(ftype="submit")
        for name, value in values.items():
            answer.add_field(var=name, ftype="list-multi" if isinstance(value, list) else "text-single", value=value)
        iq = await parent["xep_0050"].send_command(
            thing.full, node, action="complete", payload=answer, sessionid=session, timeout=10 * self.firmware.patience)
        self.assertEqual(iq["command"]["status"], "completed")
        return iq["command"]["notes"]

    def options(self, form, name):
        return [option["value"] for option in form.get_fields()[name]["options"]]

    @short
    async def test_list(self):
        """The parent's client is told the commands; anybody else's finds nothing."""
        thing, parent, friend = await self.persons_household()
        items = await parent["xep_0050"].get_commands(thing.full, timeout=10 * self.firmware.patience)
        self.assertEqual({node for _, node, _ in items["disco_items"]["items"]}, set(NODES))
        stranger = await self.person("stranger")
        for other in (friend, stranger):
            answer = await other.asks(thing.full, f"<query xmlns='{ITEMS}' node='{COMMANDS}'/>")
            self.assertEqual(error_of(answer)[1], "service-unavailable")
            answer = await other.asks(thing.full, f"<command xmlns='{COMMANDS}' node='allow' action='execute'/>", "set")
            self.assertEqual(error_of(answer)[1], "service-unavailable")

    @short
    async def test_allow_then_deny(self):
        """What is allowed by a form can be read and set; what is then denied cannot."""
        thing, parent, friend = await self.persons_household()
        self.assertEqual((await friend.reads(thing.full, fields=[BOILER])).error[0], "wait")
        form, session = await self.form(parent, thing, "allow")
        self.assertEqual(self.options(form, "friend"), [friend.bare])
        self.assertIn(LAMP, self.options(form, "fields"))
        notes = await self.submits(parent, thing, "allow", session,
                                   friend=friend.bare, operation="everything", fields=[BOILER, LAMP])
        self.assertEqual(notes, [("info", "So be it.")])
        self.assertEqual(set((await friend.reads(thing.full, fields=[BOILER, LAMP])).values), {BOILER, LAMP})
        answer = await friend.asks(
            thing.full, f"<set xmlns='urn:xmpp:iot:control'><int name='{LAMP}' value='5'/></set>", "set", 20)
        self.assertEqual(answer.get("type"), "result")
        self.assertEqual(thing.sysfs.holds("leds", LAMP, "brightness"), "5")
        _, session = await self.form(parent, thing, "deny")
        await self.submits(parent, thing, "deny", session, friend=friend.bare, operation="everything", fields=["*"])
        self.assertEqual((await friend.reads(thing.full, fields=[BOILER])).error[1], "forbidden")

    async def test_pending(self):
        """A stranger becomes a friend by a button, and a wish that is open is granted by one."""
        thing, parent, friend = await self.persons_household()
        stranger = await self.person("stranger")
        stranger.subscribes(thing.jid)
        await self.handles(stranger, thing)
        self.assertEqual((await friend.reads(thing.full, fields=[BOILER])).error[0], "wait")
        form, session = await self.form(parent, thing, "pending")
        labels = {field["label"]: name for name, field in form.get_fields().items()}
        self.assertEqual(set(labels), {f"{stranger.bare} would like to be my friend", f"{friend.bare} would like to read {BOILER}"})
        notes = await self.submits(parent, thing, "pending", session, **{name: "yes" for name in labels.values()})
        self.assertEqual(notes, [("info", "Thank you.")])
        await stranger.hears(presence("subscribed", thing.jid))
        self.assertIn(BOILER, (await friend.reads(thing.full, fields=[BOILER])).values)

    async def test_unfriend_and_rules(self):
        """A friendship that is ended by a button is over on the server too; the lists tell what is left."""
        thing, parent, friend = await self.persons_household()
        _, session = await self.form(parent, thing, "allow")
        await self.submits(parent, thing, "allow", session, friend=friend.bare, operation="read", fields=["*"])
        iq = await parent["xep_0050"].send_command(thing.full, "rules")
        self.assertEqual(iq["command"]["form"].get_fields()["list"]["value"], f"{friend.bare} may read everything")
        _, session = await self.form(parent, thing, "unfriend")
        await self.submits(parent, thing, "unfriend", session, friend=friend.bare)
        await friend.hears(presence("unsubscribed", thing.jid))
        iq = await parent["xep_0050"].send_command(thing.full, "rules")
        self.assertEqual(iq["command"]["form"].get_fields()["list"]["value"],
                         "There are no rules. What friends would like, I ask you.")
