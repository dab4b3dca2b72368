"""What every XMPP entity owes: exactly one answer to every request, and saying what it is."""

import base64
import hashlib
from xml.sax.saxutils import quoteattr

from actors import CAPS, DISCO, PING, SENSOR, VERSION, error_of, presence
from conversation import Conversation, both, short


def verification_string(query):
    """The string of XEP-0115 §5.1 for a disco#info result without forms."""
    identities = sorted(f"{i.get('category')}/{i.get('type')}/"
                        f"{i.get('{http://www.w3.org/XML/1998/namespace}lang', '')}/{i.get('name', '')}"
                        for i in query.iter(f"{{{DISCO}}}identity"))
    features = sorted(f.get("var") for f in query.iter(f"{{{DISCO}}}feature"))
    text = "".join(part + "<" for part in identities + features)
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()


class WhatItIs(Conversation):

    @short
    async def test_ping(self):
        """A ping is answered (XEP-0199)."""
        thing, parent, friend = await self.household()
        self.assertEqual((await friend.asks(thing.full, f"<ping xmlns='{PING}'/>")).get("type"), "result")

    async def test_disco(self):
        """disco#info names an identity and the features (XEP-0030)."""
        thing, parent, friend = await self.household()
        query = (await friend.asks(thing.full, f"<query xmlns='{DISCO}'/>")).find(f"{{{DISCO}}}query")
        features = {feature.get("var") for feature in query.iter(f"{{{DISCO}}}feature")}
        self.assertLessEqual({DISCO, PING, SENSOR, VERSION, CAPS}, features)
        self.assertTrue(query.find(f"{{{DISCO}}}identity").get("category"))

    @short
    @both
    async def test_caps(self):
        """The hash in its presence is the hash of what disco#info says (XEP-0115)."""
        thing, parent, friend = await self.household()
        shown = next(stanza for stanza in friend.journal if presence(None, thing.jid)(stanza))
        caps = shown.find(f"{{{CAPS}}}c")
        self.assertEqual(caps.get("hash"), "sha-1")
        node = f"{caps.get('node')}#{caps.get('ver')}"
        for query in (f"<query xmlns='{DISCO}'/>", f"<query xmlns='{DISCO}' node='{node}'/>"):
            answer = (await friend.asks(thing.full, query)).find(f"{{{DISCO}}}query")
            self.assertEqual(verification_string(answer), caps.get("ver"))

    async def test_disco_of_unknown_node(self):
        """A node that is not ours is not found."""
        thing, parent, friend = await self.household()
        answer = await friend.asks(thing.full, f"<query xmlns='{DISCO}' node='nonsense'/>")
        self.assertEqual(error_of(answer)[1], "item-not-found")

    async def test_version(self):
        """The software says its name and version (XEP-0092)."""
        thing, parent, friend = await self.household()
        query = (await friend.asks(thing.full, f"<query xmlns='{VERSION}'/>")).find(f"{{{VERSION}}}query")
        self.assertEqual(query.findtext(f"{{{VERSION}}}name"), "Ward")
        self.assertTrue(query.findtext(f"{{{VERSION}}}version"))


class OneAnswer(Conversation):

    async def once(self, person, thing, payload, kind):
        """Sends an IQ; returns its answer, and checks that there is only one."""
        id = person.puts(thing.full, payload, kind)
        answer = await person.answer(id)
        await self.handles(person, thing)
        self.assertIsNone(person.takes(lambda stanza: stanza.get("id") == id), "a second answer")
        return answer

    @short
    @both
    async def test_unknown(self):
        """Unknown requests get exactly one error each, friend or stranger."""
        thing, parent, friend = await self.household()
        stranger = await self.person("stranger")
        for who in (friend, stranger, parent):
            for kind in ("get", "set"):
                for payload in ("<query xmlns='urn:example:unknown'/>", "<ping xmlns='urn:example:not-ping'/>",
                                "<query xmlns='jabber:iq:last'/>", "<register xmlns='urn:xmpp:iot:discovery'/>"):
                    with self.subTest(who=who.bare, kind=kind, payload=payload):
                        answer = await self.once(who, thing, payload, kind)
                        self.assertEqual(error_of(answer)[:2], ("cancel", "service-unavailable"))

    @both
    async def test_malformed(self):
        """An IQ that breaks the rules gets one error: no child, two children, or the wrong type."""
        thing, parent, friend = await self.household()
        for payload, kind in (("", "get"), (f"<ping xmlns='{PING}'/><ping xmlns='{PING}'/>", "get"),
                              (f"<ping xmlns='{PING}'/>", "set"), (f"<req xmlns='{SENSOR}' seqnr='1'/>", "set")):
            with self.subTest(payload=payload, kind=kind):
                answer = await self.once(friend, thing, payload, kind)
                self.assertEqual(answer.get("type"), "error")

    @both
    async def test_results_are_not_answered(self):
        """Results and errors nobody asked for are dropped in silence."""
        thing, parent, friend = await self.household()
        friend.says(f"<iq to='{thing.full}' type='result' id='stray-1'/>")
        friend.says(f"<iq to='{thing.full}' type='error' id='stray-2'><error type='cancel'/></iq>")
        friend.tells(thing.full, "<body>hello</body>", "error")
        await self.handles(friend, thing)
        self.assertIsNone(friend.takes(lambda stanza: stanza.get("id", "").startswith("stray")))
        self.assertIsNone(friend.takes(lambda stanza: stanza.tag.endswith("}message")))

    async def test_parent_commands_from_others(self):
        """clearCache and claims from somebody who is not the parent get one error and change nothing."""
        thing, parent, friend = await self.household()
        for payload in ("<clearCache xmlns='urn:xmpp:iot:provisioning'/>",
                        f"<claimed xmlns='urn:xmpp:iot:discovery' jid='{friend.bare}'/>",
                        "<disowned xmlns='urn:xmpp:iot:discovery'/>", "<removed xmlns='urn:xmpp:iot:discovery'/>"):
            answer = await self.once(friend, thing, payload, "set")
            self.assertEqual(answer.get("type"), "error")
        self.assertTrue((await friend.reads(thing.full)).values)

    @both
    async def test_odd_id(self):
        """The answer carries the id it was asked with, whatever characters it has."""
        thing, parent, friend = await self.household()
        for id in ("<&>\"'", "é", "🌡", "a b", "x" * 200):
            friend.says(f"<iq to='{thing.full}' type='get' id={quoteattr(id)}><ping xmlns='{PING}'/></iq>")
            self.assertEqual((await friend.answer(id)).get("type"), "result")
