"""Whose the Thing is: claimed by who has its KEY, given up, given away; and what is left of who had it before."""

import asyncio
import re

from actors import PROVISIONING, error_of, presence
from conversation import World, both, short
from owners import EMPTY, MINE, NEW_KEY, REALLY_DISOWN, Ownership, wrong
from server import COMPONENT, OTHER
from sticker import Sticker, canonical_key, grouped
from sysfs import BOILER
from talk import hear, say, talk, words_heard
from words import ONLINE

COMMANDS = "http://jabber.org/protocol/commands"
ITEMS = "http://jabber.org/protocol/disco#items"


@both
class Claiming(Ownership):

    @short
    async def test_in_a_chat(self):
        """`claim KEY`, as a person writes it, makes its sender the owner: he reads, and decides; nobody else does."""
        thing, key = await self.unclaimed()
        stranger = await self.person("stranger")
        await self.stays_unclaimed(stranger, thing, "claim " + wrong(key))
        owner = await self.claims(await self.person("owner"), thing, grouped(key).lower())
        self.assertTrue((await owner.reads(thing.full)).values)
        await self.refused(stranger, thing)
        friend = await self.befriends_by(owner, thing, may=BOILER)
        self.assertEqual(set((await friend.reads(thing.full)).values), {BOILER})
        self.assertEqual(thing.run("--config", str(thing.config), "--sticker").returncode != 0, True)

    async def test_by_a_request(self):
        """A friend request with the KEY in its words does the same; with a wrong one it is refused as any other."""
        for words in ("{}", "IoTDisco;SN:1;KEY:{}", "claim {}"):
            with self.subTest(words):
                thing, key = await self.unclaimed()
                owner = await self.person(f"owner{len(self.things)}")
                for other in (words.format(wrong(key)), "hello", ""):
                    self.requests(owner, thing, other)
                    await owner.hears(presence("unsubscribed", thing.jid))
                self.assertEqual(words_heard(owner, thing.jid), [])
                self.requests(owner, thing, words.format(key))
                await owner.hears(presence("subscribed", thing.jid), 15)
                await owner.hears(presence("subscribe", thing.jid))
                owner.subscribes(thing.jid, "subscribed")
                await self.seen(owner, thing)
                await hear(owner, thing.jid, MINE)
                self.assertTrue((await owner.reads(thing.full)).values)
                thing.kill()

    @short
    async def test_guessing(self):
        """After five wrong KEYs even the right one is not looked at, nor after a power cut; each was logged, and the KEY never is."""
        thing, key = await self.unclaimed()
        thief = await self.person("thief")
        for _ in range(5):
            await self.stays_unclaimed(thief, thing, "claim " + wrong(key))
        self.assertEqual(thing.logged(rf"a wrong KEY, number \d.*{thief.bare}"), 5)
        buyer = await self.person("buyer")
        await self.stays_unclaimed(buyer, thing, f"claim {key}")
        thing.kill()
        thing.start()
        await thing.log(ONLINE)
        await self.stays_unclaimed(buyer, thing, f"claim {key}")
        self.assertNotIn(key, thing.log_text())
        self.assertNotIn(grouped(key), thing.log_text())

    async def test_what_is_no_key(self):
        """What has not the form of a KEY is no guess, however often it is said."""
        thing, key = await self.unclaimed()
        person = await self.person("person")
        for words in ("claim", "claim me", "claim " + key[1:], "claim " + key + "0", "claim U" + key[1:], "hello", "?"):
            await self.stays_unclaimed(person, thing, words)
        self.assertEqual(thing.logged("wrong KEY"), 0)
        await self.claims(person, thing, key)

    async def test_once(self):
        """The KEY is spent: neither a thief nor a second buyer who saw the sticker gets anything, nor after a restart."""
        thing, owner, key = await self.owned()
        thief = await self.person("thief")
        for _ in range(2):
            say(thief, thing.jid, f"claim {key}")
            self.requests(thief, thing, key)
            await hear(owner, thing.jid, f"{thief.bare} would like to be my friend", 15)     # as anybody might
            await talk(owner, thing.jid, "no", "may not be my friend")
            await thief.hears(presence("unsubscribed", thing.jid))
            await self.refused(thief, thing)
            self.assertEqual(await thing.stop(), 0)
            thing.start()
            await self.seen(owner, thing)
        self.assertTrue((await owner.reads(thing.full)).values)

    @short
    async def test_power_cut(self):
        """The power is cut as soon as somebody learns that it is his: it is, and the KEY is spent."""
        thing, key = await self.unclaimed()
        owner, thief = await self.person("owner"), await self.person("thief")
        self.requests(owner, thing, key)
        await owner.hears(presence("subscribed", thing.jid), 15)
        thing.kill()
        await owner.hears(presence("unavailable", thing.full), 15)
        owner.ignores()
        owner.subscribes(thing.jid, "subscribed")
        thing.start()
        await self.seen(owner, thing)
        await self.refused(thief, thing)
        say(thief, thing.jid, f"claim {key}")
        await self.handles(thief, thing)
        self.assertTrue((await owner.reads(thing.full)).values)

    async def test_at_the_same_time(self):
        """Many say the KEY at the same moment, in words and by requests: exactly one of them is the owner."""
        thing, key = await self.unclaimed()
        people = [await self.person(f"buyer{number}") for number in range(6)]
        for number, person in enumerate(people):
            if number % 2:
                say(person, thing.jid, f"claim {key}")
            else:
                self.requests(person, thing, key)
        done, waiting = await asyncio.wait([asyncio.create_task(hear(person, thing.jid, MINE, 20)) for person in people],
                                           return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        for person in people:
            await self.handles(person, thing)
        self.assertEqual(len([person for person in people if any("yours" in words for words in words_heard(person, thing.jid))]), 1)
        self.assertEqual(thing.logged("owned now by"), 1)

    async def test_cannot_be_kept(self):
        """Where the change cannot be kept nobody hears of it: the program ends, and the Thing is nobody's, with the same KEY."""
        thing, key = await self.unclaimed()
        obstacle = thing.state / "ward.state.new"
        obstacle.mkdir()
        owner = await self.person("owner")
        self.requests(owner, thing, key)
        self.assertEqual(await thing.ended(), 74)
        await owner.fence(self.home)
        self.assertIsNone(owner.takes(presence("subscribed", thing.jid)))
        self.assertEqual(words_heard(owner, thing.jid), [])
        obstacle.rmdir()
        self.assertEqual(self.sticker(thing).key, key)
        owner.ignores()
        thing.start()
        await thing.log(ONLINE)
        await self.claims(owner, thing, key)

    async def test_configured(self):
        """Where the configuration says who the parent is, no KEY is made and nobody can claim; the parent is told where that stands."""
        thing, parent = await self.claimed()
        self.assertNotEqual(thing.run("--config", str(thing.config), "--sticker").returncode, 0)
        person = await self.person("person")
        say(person, thing.jid, "claim " + "0" * 20)
        await self.handles(person, thing)
        self.assertEqual(thing.logged("wrong KEY"), 0)


@both
class PassingOn(Ownership):

    @short
    async def test_disown(self):
        """Given up: friends are none any more, nothing of anybody is left, and only the new KEY claims it again."""
        thing, owner, key = await self.owned()
        friend = await self.befriends_by(owner, thing)
        self.assertTrue((await friend.reads(thing.full)).values)
        asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
        number = int(re.search(REALLY_DISOWN, asked)[1])
        await talk(owner, thing.jid, f"disown {1000 + (number - 999) % 9000}", REALLY_DISOWN)     # another number asks again
        self.assertTrue((await friend.reads(thing.full)).values)
        new = await self.disowns(owner, thing)
        self.assertNotEqual(new, key)
        for person in (owner, friend):
            await person.hears(presence("unsubscribed", thing.jid), 15)
            await person.hears(presence("unsubscribe", thing.jid))
        await thing.log(EMPTY)
        for person in (owner, friend):
            await self.refused(person, thing, [BOILER])
            say(person, thing.jid, f"claim {key}")       # the old one
        await self.handles(owner, thing)
        await self.handles(friend, thing)
        self.nothing_left(thing, friend)
        bob = await self.claims(await self.person("bob"), thing, grouped(new))
        self.assertTrue((await bob.reads(thing.full)).values)
        self.nothing_left(thing, owner, friend)
        for question in ("friends", "rules", "pending"):
            await talk(bob, thing.jid, question, "")
        for person in (owner, friend):
            self.assertNotIn(person.bare, "".join(words_heard(bob, thing.jid)))
        for person in (owner, friend):
            await self.refused(person, thing, [BOILER])
            self.assertNotIn(await person.subscription(thing.jid), ("both", "to", "from"))

    async def test_only_the_owner(self):
        """Neither friend nor stranger, nor the owner's other account, nor his namesake elsewhere can give it up, away, or a parent."""
        thing, owner, _ = await self.owned()
        friend = await self.befriends_by(owner, thing)
        namesake_jid = owner.bare.partition("@")[0] + "@" + OTHER
        self.server.account(namesake_jid, "secret")
        others = [await self.client(namesake_jid, "secret"), await self.person("owner-2"), await self.person("stranger")]
        asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
        number = re.search(REALLY_DISOWN, asked)[1]
        for person in (friend, *others):
            for words in (f"disown {number}", "disown", f"transfer {person.bare}", f"parent {person.bare}", "accept"):
                say(person, thing.full, words)
            await self.handles(person, thing)
            self.assertFalse([words for words in words_heard(person, thing.jid) if "KEY" in words or "disown" in words])
        self.assertTrue((await owner.reads(thing.full)).values)
        self.assertTrue((await friend.reads(thing.full)).values)
        await talk(owner, thing.jid, f"disown {number}", NEW_KEY)

    @short
    async def test_transfer(self):
        """Given to another, who accepts: he is the owner then, and the one before is nobody; a look-alike's word counts for nothing."""
        thing, owner, _ = await self.owned()
        friend = await self.befriends_by(owner, thing)
        bob = await self.person("bob")
        thief = await self.person("thief")
        namesake_jid = bob.bare.partition("@")[0] + "@" + OTHER
        self.server.account(namesake_jid, "secret")
        namesake = await self.client(namesake_jid, "secret")
        await talk(owner, thing.jid, f"transfer {bob.bare}", f"I have told {bob.bare}")
        await hear(bob, thing.jid, f"^{owner.bare} would give me to you")
        for person in (thief, namesake, friend, owner):
            say(person, thing.jid, "accept")
            await self.handles(person, thing)
        self.assertTrue((await friend.reads(thing.full)).values)
        await talk(owner, thing.jid, "transfer cancel", "I stay yours")
        say(bob, thing.jid, "accept")
        await self.handles(bob, thing)
        self.assertTrue((await friend.reads(thing.full)).values)
        await talk(owner, thing.jid, f"transfer {bob.bare}", f"I have told {bob.bare}")
        say(bob, thing.jid, "accept")
        await hear(owner, thing.jid, f"I belong to {bob.bare} now")
        await self.welcomed(bob, thing)
        self.assertTrue((await bob.reads(thing.full)).values)
        for person in (owner, friend, thief, namesake):
            await self.refused(person, thing, [BOILER])
        self.nothing_left(thing, owner, friend)

    async def test_an_offer_ends_with_its_owner(self):
        """Who was offered the Thing, and has not accepted when it is given up, is nobody to it."""
        thing, owner, _ = await self.owned()
        bob = await self.person("bob")
        await talk(owner, thing.jid, f"transfer {bob.bare}", "I have told")
        await hear(bob, thing.jid, "would give me to you")
        new = await self.disowns(owner, thing)
        await thing.log(EMPTY)
        before = len(words_heard(bob, thing.jid))
        say(bob, thing.jid, "accept")
        await self.refused(bob, thing)
        self.assertEqual(len(words_heard(bob, thing.jid)), before)
        await self.claims(await self.person("carol"), thing, new)
        say(bob, thing.jid, "accept")
        await self.refused(bob, thing)

    async def test_rules_do_not_come_back(self):
        """What a friend was allowed with an owner is no rule of the next one's, though he is made a friend again."""
        thing, owner, _ = await self.owned()
        friend = await self.befriends_by(owner, thing)
        new = await self.disowns(owner, thing)
        await thing.log(EMPTY)
        bob = await self.claims(await self.person("bob"), thing, new)
        friend.ignores()
        friend.subscribes(thing.jid)
        await hear(bob, thing.jid, f"{friend.bare} would like to be my friend", 15)
        await talk(bob, thing.jid, "yes", "may be my friend")
        await friend.hears(presence("subscribed", thing.jid))
        await friend.hears(presence("subscribe", thing.jid))
        friend.subscribes(thing.jid, "subscribed")
        await self.seen(friend, thing)
        self.assertFalse((await friend.reads(thing.full)).values)

    async def test_transfer_survives_a_power_cut(self):
        """An offer stands after a power cut; once accepted and cut again, the next owner has it."""
        thing, owner, _ = await self.owned()
        bob = await self.person("bob")
        await talk(owner, thing.jid, f"transfer {bob.bare}", "I have told")
        thing.kill()
        thing.start()
        await self.seen(owner, thing)
        say(bob, thing.jid, "accept")
        await hear(owner, thing.jid, f"I belong to {bob.bare} now")
        thing.kill()
        thing.start()
        await self.welcomed(bob, thing)
        await self.refused(owner, thing)
        self.nothing_left(thing, owner)

    async def test_power_cut_in_the_middle(self):
        """The power is cut as soon as the owner hears the new KEY: it is nobody's, its roster empties, and the new KEY claims it."""
        thing, owner, key = await self.owned()
        friend = await self.befriends_by(owner, thing)
        new = await self.disowns(owner, thing)
        thing.kill()
        self.nothing_left(thing, friend)
        thing.start()
        await thing.log(EMPTY, 15)
        for person in (owner, friend):
            await person.hears(presence("unsubscribed", thing.jid))
            await self.refused(person, thing)
        say(owner, thing.jid, f"claim {key}")
        await self.handles(owner, thing)
        await self.claims(await self.person("bob"), thing, new)

    async def test_power_cut_anywhere(self):
        """The power is cut after each stanza of a change of hands in turn: one owner, or nobody and a KEY that somebody has; and it goes on."""
        for count in range(7):
            with self.subTest(after=count):
                thing, owner, old = await self.owned(f"owner{count}x")
                friend = await self.befriends_by(owner, thing, f"friend{count}x")
                asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
                mark = len(self.server.lines)
                say(owner, thing.jid, f"disown {re.search(REALLY_DISOWN, asked)[1]}")
                for _ in range(count):
                    mark, _ = await self.server.lines.expect(f"said-by {thing.full} ", 10, mark)
                    mark += 1
                thing.kill()
                for person in (owner, friend):
                    await person.fence(self.home)       # whatever was on its way to them has come
                heard = [match[1] for words in words_heard(owner, thing.jid) if (match := re.search(NEW_KEY, words))]
                sticker = thing.run("--config", str(thing.config), "--sticker")
                thing.start()
                await thing.log(ONLINE)
                bob = await self.person(f"bob{count}x")
                if sticker.returncode and not heard:
                    self.assertTrue((await owner.reads(thing.full)).values, "neither an owner nor a KEY")
                    continue
                key = canonical_key(heard[0]) if heard else Sticker.read(sticker.stdout).key
                self.assertTrue(sticker.returncode or Sticker.read(sticker.stdout).key == key)
                self.assertNotEqual(key, old)
                await self.claims(bob, thing, key)
                for person in (owner, friend):
                    await self.refused(person, thing)
                self.nothing_left(thing, owner, friend)

    async def test_power_cut_before_it_is_confirmed(self):
        """The power is cut while the owner is asked: it is still his, and the number means nothing any more."""
        thing, owner, _ = await self.owned()
        asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
        number = re.search(REALLY_DISOWN, asked)[1]
        thing.kill()
        thing.start()
        await self.seen(owner, thing)
        again = await talk(owner, thing.jid, f"disown {number}", REALLY_DISOWN)
        if re.search(REALLY_DISOWN, again)[1] == number:      # one in nine thousand
            self.skipTest("the same number by chance")
        self.assertTrue((await owner.reads(thing.full)).values)

    async def test_late_words(self):
        """What was said before and comes late, from the server's store, gives nothing up."""
        thing, owner, _ = await self.owned()
        asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
        number = re.search(REALLY_DISOWN, asked)[1]
        owner.tells(thing.full, f"<body>disown {number}</body><delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/>", "chat")
        await self.handles(owner, thing)
        self.assertTrue((await owner.reads(thing.full)).values)
        self.assertFalse([words for words in words_heard(owner, thing.jid) if "new KEY" in words])

    async def test_parent(self):
        """The owner names a service that decides in his place; nobody changes that again until the Thing is given up."""
        service = await self.component()
        thing, owner, _ = await self.owned()
        asked = await talk(owner, thing.jid, f"parent {COMPONENT}", rf"say: parent {COMPONENT} (\d+)")
        number = re.search(r"(\d+)$", asked)[1]
        await talk(owner, thing.jid, f"parent {COMPONENT} {number}", f"{COMPONENT} decides for me from now on")
        friend = await self.person("friend")
        await friend.befriends(thing.jid)
        self.assertEqual(service.asked("isFriend", friend.bare), 1)
        self.assertTrue((await friend.reads(thing.full)).values)
        await talk(owner, thing.jid, f"parent {friend.bare}", f"{COMPONENT} decides for me, until you disown me")
        await self.disowns(owner, thing)
        await friend.hears(presence("unsubscribed", thing.jid), 15)
        await self.refused(friend, thing)
        self.nothing_left(thing, friend, service)
        answer = await service.asks(thing.full, f"<clearCache xmlns='{PROVISIONING}'/>", "set")    # it is nobody's parent now
        self.assertEqual(answer.get("type"), "error")
        service.tells(thing.jid, f"<friend xmlns='{PROVISIONING}' jid='{friend.bare}'/>")
        await self.handles(service, thing)
        await self.handles(friend, thing)
        self.assertEqual(self.witnessed(rf"told-to {friend.full} <presence .*type='subscribe'")[1:], [])


@both
class FactoryReset(Ownership):

    def reset(self, thing):
        return thing.run("--config", str(thing.config), "--factory-reset")

    @short
    async def test_reset(self):
        """Reset while it is off: nobody's, with a new KEY that is shown once; its account stays, its friends do not."""
        thing, owner, key = await self.owned()
        friend = await self.befriends_by(owner, thing)
        running = self.reset(thing)
        self.assertNotEqual(running.returncode, 0, "it runs, and was reset all the same")
        self.assertNotIn("KEY", running.stdout)
        self.assertTrue((await friend.reads(thing.full)).values)
        self.assertEqual(await thing.stop(), 0)
        done = self.reset(thing)
        self.assertEqual(done.returncode, 0, done.stderr)
        new = canonical_key(re.search(r"KEY ([0-9A-Z-]{24})", done.stdout)[1])
        self.assertNotEqual(new, key)
        self.nothing_left(thing, owner, friend)
        thing.start()
        await thing.log(EMPTY, 15)
        for person in (owner, friend):
            await self.refused(person, thing)
            say(person, thing.jid, f"claim {key}")
            await self.handles(person, thing)
        await self.claims(await self.person("bob"), thing, new)

    async def test_reset_cannot_be_kept(self):
        """A reset that cannot be kept shows no KEY and ends with 74; the owner is the owner still."""
        thing, owner, _ = await self.owned()
        self.assertEqual(await thing.stop(), 0)
        obstacle = thing.state / "ward.state.new"
        obstacle.mkdir()
        done = self.reset(thing)
        self.assertEqual(done.returncode, 74)
        self.assertNotIn("KEY", done.stdout)
        obstacle.rmdir()
        thing.start()
        await self.seen(owner, thing)
        self.assertTrue((await owner.reads(thing.full)).values)

    async def test_power_cut_after_reset(self):
        """The power is cut while the roster is being emptied: it goes on at the next start, and nobody of before is a friend."""
        thing, owner, _ = await self.owned()
        friend = await self.befriends_by(owner, thing)
        self.assertEqual(await thing.stop(), 0)
        self.assertEqual(self.reset(thing).returncode, 0)
        thing.start()
        await self.witness(rf"said-by {thing.full} .*subscription='remove'")
        thing.kill()
        thing.start()
        await thing.log(ONLINE)
        if not any("the roster is empty" in line for line in thing.history):     # it may have been quick
            await thing.log(EMPTY, 15)
        for person in (owner, friend):
            await self.refused(person, thing)
            self.assertNotIn(await person.subscription(thing.jid), ("both", "to", "from"))


@both
class Buttons(Ownership):
    """The same by commands with forms (XEP-0050)."""

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


@both
class OnAnotherServer(Ownership):
    """Owner and friend live on another server than the Thing's."""

    async def find_servers(self):
        near, far = await World.federated(self.kind)
        self.home, self.away = near.domains[0], far.domains[0]
        return [near, far]

    async def test_from_owner_to_owner(self):
        """Claimed, befriended, given up and claimed by the next one, across servers: those of before are strangers."""
        thing, key = await self.unclaimed()
        owner = await self.claims(await self.person("owner", self.away), thing, key)
        friend = await self.befriends_by(owner, thing, domain=self.away)
        self.assertTrue((await friend.reads(thing.full)).values)
        new = await self.disowns(owner, thing)
        for person in (owner, friend):
            await person.hears(presence("unsubscribed", thing.jid), 15)
            await self.refused(person, thing)
        namesake = await self.person("bob", self.home)
        bob = await self.claims(await self.person("bob", self.away), thing, new)
        self.assertTrue((await bob.reads(thing.full)).values)
        await self.refused(namesake, thing)
        self.nothing_left(thing, owner, friend)
