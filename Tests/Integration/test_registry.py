"""Claimed through a registry, given up through it, and what everybody else who says so gets (XEP-0347)."""

import re
from xml.sax.saxutils import quoteattr

from actors import counter, presence
from conversation import both, short
from owners import REALLY_DISOWN, Ownership
from registry import DISCOVERY
from server import LOOKALIKE, OTHER, REGISTRY
from sticker import is_number
from stanzas import error_of, local
from sysfs import BOILER
from talk import hear, say, words_heard
from words import ONLINE

REGISTERED = "registered, and waiting for an owner"
TAGS = {"serial": "394872", "manufacturer": "www.example.org", "model": "Meter <3>", "version": "1.2", "tag": "ROOM Küche"}


def request(name, payload="", **attributes):
    words = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name} xmlns='{DISCOVERY}'{words}>{payload}</{name}>"


def mine(sticker, **attributes):
    """The request by which an owner claims what the sticker is on."""
    return request("mine", "".join(
        f"<{'num' if is_number(name, value) else 'str'} name={quoteattr(name)} value={quoteattr(value)}/>"
        for name, value in (*sticker.tags, ("KEY", sticker.key))), **attributes)


class WithARegistry(Ownership):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.service = await self.registry()

    async def listed(self, **settings):
        """A Thing that is nobody's and has registered; and its sticker."""
        thing = self.thing(registry=REGISTRY, **TAGS, **settings).start()
        await thing.log(REGISTERED)
        return thing, self.sticker(thing)

    async def takes(self, person, thing, sticker, **attributes):
        """Claims the Thing at the registry, and becomes its friend."""
        answer = await person.asks(REGISTRY, mine(sticker, **attributes), "set")
        self.assertEqual(answer.get("type"), "result")
        self.assertEqual(answer.find(f"{{{DISCOVERY}}}claimed").get("jid"), thing.jid)
        await self.welcomed(person, thing)
        return person

    async def taken(self, name="owner", **attributes):
        """A Thing that was claimed through the registry; its owner; and the sticker it had."""
        thing, sticker = await self.listed()
        return thing, await self.takes(await self.person(name), thing, sticker, **attributes), sticker

    async def updated(self, thing):
        """The Thing has told the registry its tags."""
        return (await self.witness(rf"said-by {thing.full} .*<update .*")).string

    async def update_answered(self, thing):
        """The registry has heard it, too."""
        asked = re.search(r"id='([^']+)'", await self.updated(thing))[1]
        await self.witness(rf"told-to {thing.full} .*{asked}")

    async def restarted(self, thing, *people):
        self.assertEqual(await thing.stop(), 0)
        for person in people:
            person.ignores()
        thing.start()
        await thing.log(ONLINE)
        for person in people:
            await self.seen(person, thing)


@both
class Claiming(WithARegistry):

    @short
    async def test_claimed(self):
        """Whoever brings the sticker's tags and KEY to the registry is the owner; the KEY leaves the registry."""
        thing, sticker = await self.listed()
        self.assertEqual(dict(sticker.tags), {"SN": "394872", "MAN": "www.example.org", "MODEL": "Meter <3>", "V": "1.2", "ROOM": "Küche"})
        self.assertEqual(sticker.registry, REGISTRY)
        thief = await self.person("thief")
        for other in (type(sticker)(sticker.tags, sticker.key[::-1]), type(sticker)(sticker.tags[1:], sticker.key)):
            self.assertEqual((await thief.asks(REGISTRY, mine(other), "set")).get("type"), "error")
        owner = await self.takes(await self.person("owner"), thing, sticker)
        self.assertEqual(self.service.told, [("claimed", thing.jid, "result")])
        self.assertTrue((await owner.reads(thing.full)).values)
        update = await self.updated(thing)
        self.assertNotIn(sticker.key, update)
        self.assertIn("Küche", update)
        found = await thief.asks(REGISTRY, request("search", "<strEq name='SN' value='394872'/>"))
        self.assertEqual([each.get("jid") for each in found.iter(f"{{{DISCOVERY}}}thing")], [thing.jid])
        await self.refused(thief, thing)
        self.assertEqual((await thief.asks(REGISTRY, mine(sticker), "set")).get("type"), "error")
        self.assertNotIn(sticker.key, thing.log_text())

    async def test_private(self):
        """Claimed as a private Thing: the registry hears no more of it, after a restart either."""
        thing, owner, _ = await self.taken(public="false")
        await self.restarted(thing, owner)
        await self.handles(owner, thing)
        self.assertEqual({name for name, who in self.service.requests if who == thing.jid}, {"register"})

    @short
    async def test_claimed_while_away(self):
        """A Thing that is away when it is claimed learns it as the answer to its next registration."""
        thing, sticker = await self.listed()
        thing.kill()
        owner = await self.person("owner")
        self.assertEqual((await owner.asks(REGISTRY, mine(sticker), "set")).get("type"), "result")
        thing.start()
        await self.welcomed(owner, thing)
        self.assertTrue((await owner.reads(thing.full)).values)
        self.assertEqual([name for name, who in self.service.requests if who == thing.jid][:2], ["register", "register"])

    async def test_power_cut(self):
        """The power is cut as soon as it has acknowledged its owner: it is his, and does not register again."""
        thing, sticker = await self.listed()
        owner = await self.person("owner")
        await owner.asks(REGISTRY, mine(sticker), "set")
        await self.witness(rf"said-by {thing.full} <iq .*type='result'")
        thing.kill()
        thing.start()
        await owner.hears(presence("subscribe", thing.jid), 15)
        owner.subscribes(thing.jid, "subscribed")
        owner.subscribes(thing.jid)
        await self.seen(owner, thing)
        self.assertTrue((await owner.reads(thing.full)).values)
        await self.updated(thing)
        self.assertEqual([name for name, who in self.service.requests if who == thing.jid].count("register"), 1)

    async def test_said_again(self):
        """The registry may say the same again; another owner it cannot give it."""
        thing, owner, _ = await self.taken()
        other = await self.person("other")
        self.assertEqual(await self.service.tell_thing(thing.full, request("claimed", jid=owner.bare), 8), "result")
        self.assertEqual(await self.service.tell_thing(thing.full, request("claimed", jid=other.bare), 8), "not-allowed")
        self.assertTrue((await owner.reads(thing.full)).values)
        await self.refused(other, thing)

    async def test_no_owner_at_all(self):
        """What cannot own a Thing does not: a domain, the Thing itself, no address."""
        thing, sticker = await self.listed()
        for jid in ("home.test", thing.jid, "", "@home.test", "a@b@c", "x" * 300 + "@home.test"):
            self.assertNotEqual(await self.service.tell_thing(thing.full, request("claimed", jid=jid), 8), "result")
        await self.takes(await self.person("owner"), thing, sticker)

    async def test_the_chat_is_quicker(self):
        """Claimed in a chat while it is registered: the registry is told to forget it, and can give it to nobody."""
        thing, sticker = await self.listed()
        owner = await self.claims(await self.person("owner"), thing, sticker.key)
        await self.witness(rf"said-by {thing.full} .*<unregister ")
        other = await self.person("other")
        self.assertEqual(await self.service.tell_thing(thing.full, request("claimed", jid=other.bare), 8), "not-allowed")
        self.assertEqual((await other.asks(REGISTRY, mine(sticker), "set")).get("type"), "error")
        self.assertTrue((await owner.reads(thing.full)).values)

    async def test_configured(self):
        """A Thing whose parent stands in the configuration has no business with a registry."""
        thing, parent = await self.claimed(registry=REGISTRY, **TAGS)
        await self.handles(parent, thing)
        self.assertEqual(self.service.requests, [])
        self.assertEqual(await self.service.tell_thing(thing.full, request("claimed", jid="a@home.test"), 8), "service-unavailable")


@both
class Leaving(WithARegistry):

    async def test_removed(self):
        """Taken out of the registry by its owner: his still, and the registry hears no more of it."""
        thing, owner, _ = await self.taken()
        await self.updated(thing)
        self.assertEqual((await owner.asks(REGISTRY, request("remove", jid=thing.jid), "set")).get("type"), "result")
        self.assertEqual(self.service.told[-1], ("removed", thing.jid, "result"))
        heard = len(self.service.requests)
        await self.restarted(thing, owner)
        self.assertTrue((await owner.reads(thing.full)).values)
        self.assertNotIn(thing.jid, [who for _, who in self.service.requests[heard:]])

    @short
    async def test_disowned(self):
        """Given up at the registry: the owner confirms it to the Thing; then it registers with a new KEY, and another claims it."""
        thing, owner, old = await self.taken()
        friend = await self.befriends_by(owner, thing)
        id = owner.puts(REGISTRY, request("disown", jid=thing.jid), "set")
        asked = await hear(owner, thing.jid, "^The registry says that you give me up")
        self.assertTrue((await friend.reads(thing.full)).values)
        mark = thing.mark
        say(owner, thing.jid, f"disown {re.search(REALLY_DISOWN, asked)[1]}")
        self.assertEqual((await owner.answer(id, 15)).get("type"), "result")
        thing.mark = mark
        await thing.log(REGISTERED, 15)
        new = self.sticker(thing)
        self.assertNotEqual(new.key, old.key)
        for person in (owner, friend):
            await self.refused(person, thing, [BOILER])
            self.assertEqual((await person.asks(REGISTRY, mine(old), "set")).get("type"), "error")
        bob = await self.takes(await self.person("bob"), thing, new)
        self.assertTrue((await bob.reads(thing.full)).values)
        self.nothing_left(thing, owner, friend)

    async def test_not_confirmed(self):
        """Given up at the registry alone, as by who has only that password: without the owner's word to the Thing it stays his."""
        await self.service.offline()
        self.service = await self.registry(patience=3)
        thing, owner, _ = await self.taken()
        answer = await owner.asks(REGISTRY, request("disown", jid=thing.jid), "set")
        self.assertEqual(error_of(answer)[1], "not-allowed")
        self.assertTrue((await owner.reads(thing.full)).values)
        self.assertEqual(self.service.records[thing.jid].owner, owner.bare)

    async def test_owner_is_away(self):
        """Given up while no client of the owner's is there to be asked: refused at once, and it stays his."""
        thing, owner, _ = await self.taken()
        await self.updated(thing)
        hidden = await self.client(owner.bare, owner.password, resource="hidden", show=False)
        await owner.offline()
        await self.witness(rf"told-to {thing.full} <presence [^>]*type='unavailable'")
        answer = await hidden.asks(REGISTRY, request("disown", jid=thing.jid), "set")
        self.assertEqual(error_of(answer)[1], "not-allowed")
        self.assertEqual(self.service.told[-1], ("disowned", thing.jid, "recipient-unavailable"))

    async def test_given_up_in_a_chat(self):
        """Given up in a chat: the registry forgets it first, and then gets the new KEY."""
        thing, owner, old = await self.taken()
        await self.update_answered(thing)
        heard = len(self.service.requests)
        mark = thing.mark
        new = await self.disowns(owner, thing)
        thing.mark = mark
        await thing.log(REGISTERED, 15)
        self.assertEqual([name for name, _ in self.service.requests[heard:]], ["unregister", "register"])
        sticker = self.sticker(thing)
        self.assertEqual(sticker.key, new)
        self.assertEqual((await owner.asks(REGISTRY, mine(old), "set")).get("type"), "error")
        await self.takes(await self.person("bob"), thing, sticker)

    async def test_reset(self):
        """Reset while it was off: at its next start the registry forgets the old owner, and gets the new KEY."""
        thing, owner, old = await self.taken()
        await self.update_answered(thing)
        self.assertEqual(await thing.stop(), 0)
        heard = len(self.service.requests)
        done = thing.run("--config", str(thing.config), "--factory-reset")
        self.assertEqual(done.returncode, 0, done.stderr)
        thing.start()
        await thing.log(REGISTERED, 15)
        self.assertEqual([name for name, _ in self.service.requests[heard:]], ["unregister", "register"])
        self.assertEqual((await owner.asks(REGISTRY, mine(old), "set")).get("type"), "error")
        await self.takes(await self.person("bob"), thing, self.sticker(thing))
        await self.refused(owner, thing)

    async def test_registry_is_away(self):
        """Without its registry a Thing is as it was: it can be claimed in a chat, read, and given up."""
        await self.service.offline()
        thing = self.thing(registry=REGISTRY, **TAGS).start()
        await thing.log(ONLINE)
        owner = await self.claims(await self.person("owner"), thing, self.sticker(thing).key)
        new = await self.disowns(owner, thing)
        await self.claims(await self.person("bob"), thing, new)


class Forgeries(WithARegistry):
    """On Prosody alone, which has a domain for the look-alike too."""

    async def forgers(self, thing, *more):
        """Everybody who is not the registry: (who speaks, in whose name)."""
        lookalike = await self.registry(LOOKALIKE)
        account = f"registry@{self.home}"
        self.server.account(account, "secret")
        return [(await self.person("stranger"), None), (await self.client(account, "secret"), None),
                (lookalike, LOOKALIKE), (lookalike, f"{REGISTRY}@{LOOKALIKE}"), (self.service, f"{REGISTRY}/res"),
                (self.service, f"registry@{REGISTRY}"), *((person, None) for person in more)]

    async def forge(self, forger, name, thing, payload):
        """Sends it, and gets what anybody gets who asks a Thing for what it does not know."""
        id = f"forged-{next(counter)}"
        sender = f" from={quoteattr(name)}" if name else ""
        forger.says(f"<iq to={quoteattr(thing.full)}{sender} type='set' id='{id}'>{payload}</iq>")
        answer = await forger.answer(id)
        self.assertEqual(answer.get("type"), "error")
        self.assertIn(error_of(answer)[1], ("service-unavailable", "feature-not-implemented"))
        self.assertFalse([child for child in answer if local(child) == "claimed"])

    async def test_claimed_by_nobody(self):
        """`claimed` from anybody but the registry, letter for letter, makes nobody an owner."""
        thing, sticker = await self.listed()
        thief = await self.person("thief")
        for forger, name in await self.forgers(thing, thief):
            await self.forge(forger, name, thing, request("claimed", jid=thief.bare))
        self.assertEqual(words_heard(thief, thing.jid), [])
        await self.refused(thief, thing)
        await self.takes(await self.person("owner"), thing, sticker)

    @short
    async def test_orders_to_an_owned_thing(self):
        """`claimed`, `removed` and `disowned` from friend, stranger, look-alikes and the owner himself change nothing, and ask him nothing."""
        thing, owner, _ = await self.taken()
        await self.update_answered(thing)
        friend = await self.befriends_by(owner, thing)
        namesake_jid = owner.bare.partition("@")[0] + "@" + OTHER
        self.server.account(namesake_jid, "secret")
        namesake = await self.client(namesake_jid, "secret")
        for forger, name in await self.forgers(thing, owner, friend, namesake):
            for payload in (request("claimed", jid=namesake.bare), request("removed"), request("disowned")):
                await self.forge(forger, name, thing, payload)
        self.assertFalse([words for words in words_heard(owner, thing.jid) if "registry says" in words])
        self.assertTrue((await owner.reads(thing.full)).values)
        self.assertTrue((await friend.reads(thing.full)).values)
        await self.refused(namesake, thing)
        thing.write(tag="ROOM Hall")
        await self.restarted(thing, owner)
        self.assertIn("Hall", await self.updated_with(thing, "Hall"))     # not removed: it still tells the registry

    async def updated_with(self, thing, word):
        return (await self.witness(rf"said-by {thing.full} .*<update .*{word}.*")).string
