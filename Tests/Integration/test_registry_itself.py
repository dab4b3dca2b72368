"""The registry of the tests (XEP-0347): that it does what the specification says. What a Thing makes of it: `test_registry`."""

from actors import Person
from conversation import Conversation, both
from registry import DISCOVERY
from server import REGISTRY
from stanzas import DISCO, error_of, local

TAGS = (("str", "SN", "12"), ("str", "MAN", "www.example.org"), ("num", "V", "1.2"))
KEY = "7K3D9QXZ2M4P6R8T0VWY"


def tags(*more, key=KEY, of=TAGS):
    listed = [*of, *more, *([("str", "KEY", key)] if key else [])]
    return "".join(f"<{kind} name='{name}' value='{value}'/>" for kind, name, value in listed)


def request(name, payload="", **attributes):
    words = "".join(f" {key}='{value}'" for key, value in attributes.items())
    return f"<{name} xmlns='{DISCOVERY}'{words}>{payload}</{name}>"


class Box(Person):
    """A client that plays a Thing: what the registry tells it waits for the test to answer."""

    def answers(self, xml):
        return local(xml) == "iq" and xml.get("type") == "set" and any(child.tag.startswith(f"{{{DISCOVERY}}}") for child in xml)


@both
class TheRegistryItself(Conversation):
    """What is asked of it here comes from clients that play the Thing."""

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.service = await self.registry()
        self.box = await self.person("box", kind=Box, resource="ward")

    async def demand(self, person, payload, kind="set"):
        """The answer's payload: its name, or the condition of the error; and the element."""
        answer = await person.asks(REGISTRY, payload, kind)
        if answer.get("type") == "error":
            return error_of(answer)[1]
        child = next(iter(answer), None)
        return None if child is None else (local(child), dict(child.attrib))

    async def told(self, name):
        """The Thing is told something, and says nothing to it yet."""
        def fits(stanza):
            return local(stanza) == "iq" and stanza.get("from") == REGISTRY and stanza.get("type") == "set" \
                and stanza.find(f"{{{DISCOVERY}}}{name}") is not None
        fits.words = f"{name} of the registry"
        return await self.box.hears(fits)

    def acknowledges(self, asked):
        self.box.says(f"<iq to='{REGISTRY}' type='result' id='{asked.get('id')}'/>")

    async def test_story(self):
        """Registered, claimed, updated, found, removed: each step as the specification shows it."""
        owner = await self.person("owner")
        info = await owner.asks(REGISTRY, f"<query xmlns='{DISCO}'/>")
        self.assertIn(DISCOVERY, {each.get("var") for each in info.iter(f"{{{DISCO}}}feature")})
        self.assertIsNone(await self.demand(self.box, request("register", tags())))
        self.assertEqual(await self.demand(owner, request("mine", tags(("str", "sn2", "x")))), "item-not-found")
        self.assertEqual(await self.demand(owner, request("mine", tags(key=KEY[:-1] + "Z"))), "item-not-found")
        self.assertEqual(await self.demand(owner, request("mine", tags(key=None))), "item-not-found")
        mixed = "".join(reversed([f"<{kind} name='{name.lower()}' value='{value}'/>" for kind, name, value in
                                  (*TAGS, ("str", "KEY", KEY))]))
        self.assertEqual(await self.demand(owner, request("mine", mixed)), ("claimed", {"jid": self.box.bare}))
        claimed = await self.told("claimed")
        self.assertEqual(dict(claimed[0].attrib), {"jid": owner.bare})
        self.acknowledges(claimed)
        other = await self.person("other")
        self.assertEqual(await self.demand(other, request("mine", tags())), "item-not-found")
        self.assertEqual(await self.demand(owner, request("mine", tags())), ("claimed", {"jid": self.box.bare}))
        self.assertIsNone(await self.demand(self.box, request("update", "<str name='ROOM' value='Hall'/><str name='KEY' value=''/>")))
        self.assertEqual(await self.demand(other, request("remove", jid=self.box.bare)), "item-not-found")
        self.assertIsNone(await self.demand(owner, request("update", "<str name='CITY' value='Kiel'/>", jid=self.box.bare)))
        found = await other.asks(REGISTRY, request("search", "<strEq name='room' value='Hall'/><numRange name='V' min='1' max='2' "
                                                   "maxIncluded='false'/><strMask name='MAN' value='www.*' wildcard='*'/>"))
        [thing] = found.iter(f"{{{DISCOVERY}}}thing")
        self.assertEqual((thing.get("owner"), thing.get("jid")), (owner.bare, self.box.bare))
        self.assertEqual({tag.get("name"): tag.get("value") for tag in thing},
                         {"SN": "12", "MAN": "www.example.org", "V": "1.2", "ROOM": "Hall", "CITY": "Kiel"})
        id = owner.puts(REGISTRY, request("remove", jid=self.box.bare), "set")
        self.acknowledges(await self.told("removed"))
        self.assertEqual((await owner.answer(id)).get("type"), "result")
        self.assertEqual(await self.demand(self.box, request("update", "<str name='ROOM' value='x'/>")), "item-not-found")

    async def test_keys_are_never_found(self):
        """No search finds a KEY or finds a Thing by it; what is unclaimed or private is not found at all."""
        owner = await self.person("owner")

        async def found(condition):
            answer = await owner.asks(REGISTRY, request("search", condition))
            return len(list(answer.iter(f"{{{DISCOVERY}}}thing")))
        await self.demand(self.box, request("register", tags()))
        self.assertEqual(await found("<strEq name='SN' value='12'/>"), 0)
        await self.demand(owner, request("mine", tags(), public="false"))
        self.assertEqual((await self.told("claimed"))[0].get("public"), "false")
        self.assertEqual(await found("<strEq name='SN' value='12'/>"), 0)
        await self.demand(self.box, request("unregister"))
        await self.demand(self.box, request("register", tags()))
        await self.demand(owner, request("mine", tags()))
        self.assertEqual(await found("<strEq name='SN' value='12'/>"), 1)
        for condition in (f"<strEq name='KEY' value='{KEY}'/>", "<strNEq name='key' value='x'/>", "<strMask name='KEY' value='*'/>",
                          "<strGt name='KEY' value=''/>"):
            self.assertEqual(await found(condition), 0)
        self.assertNotIn(KEY, repr(self.service.records))

    async def test_told_at_the_next_register(self):
        """A Thing that was not there when it was claimed is told as the answer to its next register; its tags stay as they were."""
        owner = await self.person("owner")
        await self.demand(self.box, request("register", tags()))
        await self.box.offline()
        self.assertEqual(await self.demand(owner, request("mine", tags())), ("claimed", {"jid": self.box.bare}))
        self.box = await self.again(self.box)
        self.assertEqual(await self.demand(self.box, request("register", tags(key="0" * 20))), ("claimed", {"jid": owner.bare}))

    async def test_disown_needs_the_thing(self):
        """A Thing is given up only once it has acknowledged: not while it is away, and not with its error."""
        owner = await self.person("owner")
        other = await self.person("other")
        disown = request("disown", jid=self.box.bare)
        await self.demand(self.box, request("register", tags()))
        await self.demand(owner, request("mine", tags()))
        self.acknowledges(await self.told("claimed"))
        self.assertEqual(await self.demand(other, disown), "item-not-found")
        id = owner.puts(REGISTRY, disown, "set")
        asked = await self.told("disowned")
        self.box.says(f"<iq to='{REGISTRY}' type='error' id='{asked.get('id')}'><error type='wait'><recipient-unavailable "
                      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>")
        self.assertEqual(error_of(await owner.answer(id))[1], "not-allowed")
        id = owner.puts(REGISTRY, disown, "set")
        asked = await self.told("disowned")
        other.says(f"<iq to='{REGISTRY}' type='result' id='{asked.get('id')}'/>")      # not the Thing's word
        await other.fence(REGISTRY)
        self.assertEqual(self.service.records[self.box.bare].owner, owner.bare)
        self.acknowledges(asked)
        self.assertEqual((await owner.answer(id)).get("type"), "result")
        self.assertEqual(await self.demand(other, request("mine", tags())), "item-not-found")
        self.assertEqual(await self.demand(self.box, request("update", "<str name='A' value='1'/>")), ("disowned", {}))
        await self.demand(self.box, request("register", tags(key="1" * 20)))
        await self.demand(other, request("mine", tags(key="1" * 20)))
        self.acknowledges(await self.told("claimed"))
        await self.box.offline()
        self.assertEqual(await self.demand(other, disown), "not-allowed")
        self.assertEqual(self.service.records[self.box.bare].owner, other.bare)

    async def test_bad_requests(self):
        """What is no request of the specification changes nothing."""
        for payload in (tags(key=None), tags(("str", "sn", "13")), "<str name='KEY'/>", tags(("num", "LAT", "north")),
                        tags(("str", "A B", "x")), tags(("str", "A", "x" * 129)), tags(("bool", "A", "1"))):
            self.assertEqual(await self.demand(self.box, request("register", payload)), "bad-request")
        self.assertEqual(await self.demand(self.box, request("register", tags(), nodeId="n")), "feature-not-implemented")
        self.assertEqual(await self.demand(self.box, request("register", tags()), "get"), "feature-not-implemented")
        self.assertEqual(await self.demand(self.box, request("mine", tags())), "item-not-found")
        self.assertEqual(self.service.records, {})
