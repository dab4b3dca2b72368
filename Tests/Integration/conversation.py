"""What the tests stand on: one Prosody for all of them, and fresh accounts for each."""

import asyncio
import itertools
import re
import unittest

from actors import ComponentParent, Parent, Person, presence
from prosody import COMPONENT, COMPONENT_SECRET, HOME, Prosody
from tap import Tap
from thing import Firmware, Thing


class World:
    """What a run of the tests has in common."""

    firmware = None
    prosody = None

    @classmethod
    def begin(cls, firmware):
        cls.firmware = Firmware(firmware)

    @classmethod
    async def server(cls):
        if cls.prosody is None:
            cls.prosody = Prosody()
            await cls.prosody.start()
        return cls.prosody

    @classmethod
    def end(cls):
        if cls.prosody:
            cls.prosody.stop()
            cls.prosody = None


numbers = itertools.count(1)


def short(test):
    """Marks a test as one of the shorter pass, for firmware that runs emulated."""
    test.short = True
    return test


class Conversation(unittest.IsolatedAsyncioTestCase):
    """A test with people, Things and a server. What it starts ends with it."""

    async def asyncSetUp(self):
        self.firmware = World.firmware
        self.prosody = await World.server()
        self.witness_mark = len(self.prosody.lines)
        self.things = []
        self.people = []
        self.number = next(numbers)
        self.addAsyncCleanup(self._everybody_leaves)

    async def _everybody_leaves(self):
        for person in self.people:
            if person.is_connected():
                person.abort()
            person.cancel_connection_attempt()
        for thing in self.things:
            thing.kill()
            text = thing.log_text()
            thing.remove()
            self.assertNotIn(thing.password, text, "the password is in the log")

    def evidence(self):
        """What was seen, for the report of a failure."""
        parts = [f"--- log of {thing.jid}\n{thing.log_text()}" for thing in self.things]
        seen = self.prosody.lines.since(self.witness_mark)[-40:]
        return "\n".join(parts + ["--- the server, last lines"] + seen)

    # people and Things

    def account(self, name, domain=HOME, **more):
        """A fresh account; returns (bare address, password)."""
        jid, password = f"{name}{self.number}@{domain}", f"secret-{name}-{self.number}"
        self.prosody.account(jid, password, **more)
        return jid, password

    async def person(self, name, domain=HOME, kind=Person, resource="phone", show=True, **more):
        """Somebody new, online."""
        jid, password = self.account(name, domain)
        return await self.client(jid, password, kind, resource, show, **more)

    async def client(self, jid, password, kind=Person, resource="phone", show=True, **more):
        """One more client of an account, online."""
        person = kind(self.prosody, f"{jid}/{resource}", password, **more)
        self.people.append(person)
        return await person.online(show)

    async def again(self, person, resource=None):
        """The same account logs in again, with the same opinions."""
        kind = type(person)
        fresh = kind(self.prosody, f"{person.bare}/{resource or person.boundjid.resource}", person.password)
        if kind is Parent:
            fresh.is_friend, fresh.can_read = person.is_friend, person.can_read
        self.people.append(fresh)
        return await fresh.online()

    async def component(self):
        """The provisioning service of the home server, connected."""
        parent = ComponentParent(self.prosody, COMPONENT, COMPONENT_SECRET)
        self.people.append(parent)
        return await parent.online()

    def thing(self, domain=HOME, name="thing", iterations=4096, prosody=None, **settings):
        """A Thing with a fresh account, not started yet."""
        jid, password = f"{name}{self.number}x{len(self.things)}@{domain}", f"thing-secret-{self.number}"
        prosody = prosody or self.prosody
        prosody.account(jid, password, iterations)
        thing = Thing(self.firmware, prosody, jid, password, **settings)
        self.things.append(thing)
        return thing

    def tap(self, target=None):
        """A wire to the server that can be cut; not laid yet (await its `start`)."""
        tap = Tap(target or self.prosody.port)
        self.addAsyncCleanup(tap.stop)
        return tap

    def befriended(self, *pairs):
        """Puts friendships into the stored rosters of accounts that have not logged in yet."""
        rosters = {}
        for one, other in pairs:
            rosters.setdefault(one, {})[other] = "both"
            rosters.setdefault(other, {})[one] = "both"
        for jid, entries in rosters.items():
            if "@" in jid:
                self.prosody.roster(jid, entries)

    async def seen(self, person, thing, limit=10):
        """Waits until a person sees the Thing's presence; returns its full address."""
        stanza = await person.hears(presence(None, thing.jid), limit * self.firmware.patience)
        return stanza.get("from")

    async def household(self, friend_domain=HOME, opinion="yes", **settings):
        """A Thing with a parent and a friend, befriended before and all online; returns them in that order."""
        parent_jid, parent_password = self.account("parent")
        friend_jid, friend_password = self.account("friend", friend_domain)
        thing = self.thing(parent=parent_jid, **settings)
        self.befriended((thing.jid, parent_jid), (thing.jid, friend_jid))
        parent = await self.client(parent_jid, parent_password, Parent)
        parent.can_read = opinion
        friend = await self.client(friend_jid, friend_password)
        thing.start()
        await self.seen(friend, thing)
        await self.seen(parent, thing)
        return thing, parent, friend

    async def claimed(self, **settings):
        """A Thing with its parent online and befriended, and nobody else; returns both."""
        parent_jid, password = self.account("parent")
        thing = self.thing(parent=parent_jid, **settings)
        self.befriended((thing.jid, parent_jid))
        parent = await self.client(parent_jid, password, Parent)
        thing.start()
        await self.seen(parent, thing)
        return thing, parent

    # what the server saw

    async def witness(self, pattern, limit=10):
        """Waits for a line of the server's witness since this test began."""
        index, match = await self.prosody.lines.expect(
            r"ward_witness\s+info\s+" + pattern, limit * self.firmware.patience, self.witness_mark, "line of the server")
        return match

    def witnessed(self, pattern):
        """The lines of the server's witness, since this test began, that match."""
        return [line for line in self.prosody.lines.since(self.witness_mark)
                if "ward_witness" in line and re.search(pattern, line)]

    async def handles(self, person, thing, limit=8):
        """The Thing is alive and has handled everything `person` sent before.

        A stranger's ping is refused, which serves as well.
        """
        await person.fence(thing.full, limit * self.firmware.patience)

    async def gathered(self, *conversations):
        """Runs conversations at the same time; the first failure is raised once all have ended."""
        results = await asyncio.gather(*conversations, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
