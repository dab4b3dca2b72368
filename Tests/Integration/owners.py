"""What owners do, and those who would be: the steps that the tests of ownership are made of."""

import re
import sys
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Tools" / "lib"))

from actors import presence  # noqa: E402
from conversation import Conversation  # noqa: E402
from sticker import Sticker, canonical_key  # noqa: E402
from talk import hear, say, talk, words_heard  # noqa: E402
from words import ONLINE  # noqa: E402

MINE = "^I am yours now"
REALLY_DISOWN = r"say: disown (\d{4})$"
NEW_KEY = r"My new KEY, shown this once: ([0-9A-Z-]{24})"
EMPTY = r"the roster is empty"


def wrong(key):
    """A KEY that differs from this one in its last character."""
    return key[:-1] + ("0" if key[-1] != "0" else "1")


class Ownership(Conversation):
    """Tests of Things that have no parent in their configuration."""

    def sticker(self, thing):
        """What `ward --sticker` prints."""
        done = thing.run("--config", str(thing.config), "--sticker")
        self.assertEqual(done.returncode, 0, done.stderr)
        return Sticker.read(done.stdout)

    async def unclaimed(self, **settings):
        """A Thing that is nobody's, online; and its KEY."""
        thing = self.thing(**settings).start()
        await thing.log(ONLINE)
        return thing, self.sticker(thing).key

    async def owned(self, name="owner", **settings):
        """A Thing, its owner, both online and befriended; and the KEY that he claimed it by."""
        thing, key = await self.unclaimed(**settings)
        return thing, await self.claims(await self.person(name), thing, key), key

    async def claims(self, person, thing, key):
        """Claims the Thing in a chat, and becomes its friend."""
        say(person, thing.jid, f"claim {key}")
        await self.welcomed(person, thing)
        return person

    async def welcomed(self, person, thing):
        """The Thing says that it is this person's, and both befriend each other."""
        await hear(person, thing.jid, MINE, 15 * self.firmware.patience)
        await person.hears(presence("subscribe", thing.jid))
        person.subscribes(thing.jid, "subscribed")
        person.subscribes(thing.jid)
        await self.seen(person, thing)

    def requests(self, person, thing, words):
        """A friend request with words in it."""
        person.says(f"<presence to={quoteattr(thing.jid)} type='subscribe'><status>{escape(words)}</status></presence>")

    async def befriends_by(self, owner, thing, name="friend", may="*", domain=None):
        """Somebody whom the owner lets be the Thing's friend and read."""
        friend = await self.person(name, domain)
        await self.introduced(owner, thing, friend)
        await talk(owner, thing.jid, f"allow {friend.bare} {may}", f"{friend.bare} may read")
        return friend

    async def introduced(self, owner, thing, friend):
        """Somebody asks to be a friend, and the owner says yes in a chat."""
        friend.subscribes(thing.jid)
        await hear(owner, thing.jid, f"{friend.bare} would like to be my friend", 15 * self.firmware.patience)
        await talk(owner, thing.jid, "yes", f"{friend.bare} may be my friend")
        await friend.hears(presence("subscribed", thing.jid))
        await friend.hears(presence("subscribe", thing.jid))
        friend.subscribes(thing.jid, "subscribed")
        await self.seen(friend, thing)

    async def disowns(self, owner, thing):
        """The owner gives the Thing up, and confirms it; its new KEY."""
        asked = await talk(owner, thing.jid, "disown", REALLY_DISOWN)
        words = await talk(owner, thing.jid, f"disown {re.search(REALLY_DISOWN, asked)[1]}", NEW_KEY)
        return canonical_key(re.search(NEW_KEY, words)[1])

    async def refused(self, person, thing, fields=()):
        """Somebody gets no value, and no word of anything."""
        before = len(words_heard(person, thing.jid))
        reading = await person.reads(thing.full, fields=fields)
        self.assertFalse(reading.values)
        self.assertIsNotNone(reading.error)
        for words in ("?", "rules", "friends", "pending", "disown", "transfer " + person.bare, "parent " + person.bare, "accept"):
            say(person, thing.full, words)
        await self.handles(person, thing)
        self.assertEqual(words_heard(person, thing.jid)[before:], [])

    async def stays_unclaimed(self, person, thing, words):
        """Saying this makes nobody its owner, and gets no word."""
        say(person, thing.jid, words)
        await self.handles(person, thing)
        self.assertEqual(words_heard(person, thing.jid), [])

    def nothing_left(self, thing, *people):
        """The state directory has none of these addresses in any of its files."""
        for file in thing.state.iterdir():
            content = file.read_bytes()
            for person in people:
                self.assertNotIn(person.bare.encode(), content, f"{person.bare} is in {file.name}")
