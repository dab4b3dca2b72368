"""The owner's words as commands with forms (XEP-0050)."""

import re

from actors import error_of
from conversation import both, short
from owners import EMPTY, NEW_KEY, Ownership
from server import COMPONENT
from sticker import canonical_key
from talk import hear, say

COMMANDS = "http://jabber.org/protocol/commands"
ITEMS = "http://jabber.org/protocol/disco#items"


@both
class Buttons(Ownership):
    """A client that shows commands and forms."""

    async def command(self, person, thing, node, session=None, **values):
        """Executes or completes a command; its element, or the error's condition."""
        words = f" sessionid='{session}' action='complete'" if session else " action='execute'"
        form = "".join(f"<field var='{name}'><value>{value}</value></field>" for name, value in values.items())
        form = f"<x xmlns='jabber:x:data' type='submit'>{form}</x>" if session else ""
        answer = await person.asks(thing.full, f"<command xmlns='{COMMANDS}' node='{node}'{words}>{form}</command>", "set")
        return error_of(answer)[1] if answer.get("type") == "error" else answer[0]

    async def submits(self, person, thing, node, **values):
        """The note at the end of a command."""
        begun = await self.command(person, thing, node)
        self.assertEqual(begun.get("status"), "executing")
        done = await self.command(person, thing, node, begun.get("sessionid"), **values)
        self.assertEqual(done.get("status"), "completed")
        return done.findtext(f"{{{COMMANDS}}}note")

    async def nodes(self, person, thing):
        answer = await person.asks(thing.full, f"<query xmlns='{ITEMS}' node='{COMMANDS}'/>")
        return {item.get("node") for item in answer.iter(f"{{{ITEMS}}}item")}

    @short
    async def test_disown(self):
        """The owner gives it up by a form, once he says that he means it; its note has the new KEY."""
        thing, owner, _ = await self.owned()
        friend = await self.befriends_by(owner, thing)
        for values in ({}, {"sure": "0"}, {"sure": "maybe"}):
            self.assertNotIn("KEY", await self.submits(owner, thing, "disown", **values))
        self.assertTrue((await friend.reads(thing.full)).values)
        note = await self.submits(owner, thing, "disown", sure="1")
        await thing.log(EMPTY)
        for person in (owner, friend):
            await self.refused(person, thing)
        await self.claims(await self.person("bob"), thing, canonical_key(re.search(NEW_KEY, note)[1]))

    async def test_transfer(self):
        """The owner names the next one by a form, and he accepts in a chat."""
        thing, owner, _ = await self.owned()
        bob = await self.person("bob")
        for nobody in ("", "home.test", owner.bare, thing.jid):
            await self.submits(owner, thing, "transfer", address=nobody)
        self.assertTrue((await owner.reads(thing.full)).values)
        await self.submits(owner, thing, "transfer", address=bob.bare)
        await hear(bob, thing.jid, f"^{owner.bare} would give me to you")
        say(bob, thing.jid, "accept")
        await hear(owner, thing.jid, f"I belong to {bob.bare} now")
        await self.welcomed(bob, thing)
        await self.refused(owner, thing)

    async def test_parent(self):
        """The owner names a service by a form: it decides, and has the parent's commands but not the owner's."""
        service = await self.component()
        thing, owner, _ = await self.owned()
        await self.submits(owner, thing, "parent", address=COMPONENT)
        self.assertEqual(service.questions, [])
        await self.submits(owner, thing, "parent", address=COMPONENT, sure="1")
        friend = await self.person("friend")
        await friend.befriends(thing.jid)
        self.assertEqual(service.asked("isFriend", friend.bare), 1)
        await self.submits(owner, thing, "parent", address=friend.bare, sure="1")      # too late
        self.assertTrue((await friend.reads(thing.full)).values)
        self.assertEqual(service.asked("canRead", friend.bare), 1)

    async def test_only_the_owner(self):
        """Nobody else is shown these commands or can give them: not friends, not strangers, nor a parent by configuration."""
        thing, owner, _ = await self.owned()
        self.assertLessEqual({"parent", "disown", "transfer"}, await self.nodes(owner, thing))
        friend = await self.befriends_by(owner, thing)
        stranger = await self.person("stranger")
        for person in (friend, stranger):
            self.assertFalse({"parent", "disown", "transfer"} & await self.nodes(person, thing))
            for node in ("parent", "disown", "transfer"):
                self.assertIsInstance(await self.command(person, thing, node), str)
        begun = await self.command(owner, thing, "disown")
        self.assertIsInstance(await self.command(friend, thing, "disown", begun.get("sessionid"), sure="1"), str)
        self.assertTrue((await owner.reads(thing.full)).values)
        configured, parent = await self.claimed()
        self.assertFalse({"parent", "disown", "transfer"} & await self.nodes(parent, configured))
        self.assertIsInstance(await self.command(parent, configured, "disown"), str)
