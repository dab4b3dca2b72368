"""What the tests stand on: servers for all of them, and fresh accounts for each."""

import asyncio
import contextlib
import itertools
import re
import shutil
import tempfile
import unittest
from pathlib import Path

from actors import PROVISIONING, Component, ComponentParent, Parent, Person, presence
from certificates import Authority
from ejabberd import Ejabberd
from names import NameServer
from prosody import Prosody
from registry import Registry
from server import COMPONENT_SECRET, HOME, OTHER, REGISTRY
from tap import Tap
from thing import Firmware, Thing


KINDS = {"prosody": Prosody, "ejabberd": Ejabberd}


class World:
    """What a run of the tests has in common. A server is started when the first test wants it."""

    firmware = None
    running = {}        # kind: the server of most tests
    federation = None

    @classmethod
    def begin(cls, firmware):
        cls.firmware = Firmware(firmware)

    @classmethod
    async def server(cls, kind):
        if kind not in cls.running:
            cls.running[kind] = KINDS[kind]()
        server = cls.running[kind]
        if not server.running:
            await server.start()
        return server

    @classmethod
    async def federated(cls, kind):
        """A server of this kind, and one of the other kind that it can reach."""
        if cls.federation is None:
            cls.federation = Federation()
        await cls.federation.start()
        near, far = cls.federation.servers
        return (near, far) if near.package == kind else (far, near)

    @classmethod
    def end(cls):
        for each in [*cls.running.values(), *([cls.federation] if cls.federation else [])]:
            each.stop()
        cls.running, cls.federation = {}, None


class Federation:
    """Two servers of different make, each with a domain of its own, that find each other by name
    and know each other by certificate."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ward-federation-"))
        authority = Authority(self.folder / "ca", "Ward test authority")
        self.names = NameServer()
        self.servers = [Prosody(domains=["north.test"], authority=authority, names=self.names),
                        Ejabberd(domains=["south.test"], authority=authority, names=self.names)]

    async def start(self):
        """Starts what does not run."""
        for server in self.servers:
            if not server.running:
                await server.start()

    def stop(self):
        for server in self.servers:
            server.stop()
        self.names.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


numbers = itertools.count(1)


def short(test):
    """Marks a test as one of the shorter pass, for firmware that runs emulated."""
    test.short = True
    return test


def both(test):
    """Marks a test, or a class of them, whose promise is kept on every server there is: it runs once on each."""
    test.both = True
    return test


class Conversation(unittest.IsolatedAsyncioTestCase):
    """A test with people, Things and a server. What it starts ends with it."""

    kind = "prosody"    # on which server it runs; the run may say otherwise
    home = HOME         # where Things and people live unless the test says otherwise
    away = OTHER        # another domain

    async def asyncSetUp(self):
        self.firmware = World.firmware
        self.servers = await self.find_servers()
        self.server = self.servers[0]
        self.witness_mark = len(self.server.lines)
        self.things = []
        self.people = []
        self.number = next(numbers)
        self.addAsyncCleanup(self._everybody_leaves)

    async def find_servers(self):
        """The servers that this test needs, the Things' first."""
        return [await World.server(self.kind)]

    def server_of(self, domain):
        """The server that has a domain."""
        return next((server for server in self.servers if domain in server.domains), self.server)

    async def _everybody_leaves(self):
        for person in self.people:
            if isinstance(person, Component):       # the server has to know before somebody else is it
                with contextlib.suppress(TimeoutError):
                    await person.offline()
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
        parts += ["--- the server, last lines", *self.server.lines.since(self.witness_mark)[-40:]]
        for server in self.servers[1:]:
            parts += [f"--- {server.package}, last lines", *server.lines.since()[-20:]]
        return "\n".join(parts)

    # people and Things

    def account(self, name, domain=None, **more):
        """A fresh account; returns (bare address, password)."""
        domain = domain or self.home
        jid, password = f"{name}{self.number}@{domain}", f"secret-{name}-{self.number}"
        self.server_of(domain).account(jid, password, **more)
        return jid, password

    async def person(self, name, domain=None, kind=Person, resource="phone", show=True, **more):
        """Somebody new, online."""
        jid, password = self.account(name, domain)
        return await self.client(jid, password, kind, resource, show, **more)

    async def client(self, jid, password, kind=Person, resource="phone", show=True, **more):
        """One more client of an account, online."""
        person = kind(self.server_of(jid.partition("@")[2]), f"{jid}/{resource}", password, **more)
        return await self._comes(person, show)

    async def again(self, person, resource=None):
        """The same account logs in again, with the same opinions."""
        kind = type(person)
        fresh = kind(person.at, f"{person.bare}/{resource or person.boundjid.resource}", person.password)
        if kind is Parent:
            fresh.is_friend, fresh.can_read, fresh.can_control = person.is_friend, person.can_read, person.can_control
        return await self._comes(fresh)

    async def _comes(self, person, show=True):
        person.mark = len(self.server.lines)    # where the witness begins to speak of this client
        self.people.append(person)
        return await person.online(show)

    async def component(self):
        """The provisioning service of the home server, connected."""
        parent = ComponentParent(self.server, self.server.component, COMPONENT_SECRET)
        self.people.append(parent)
        return await parent.online()

    async def registry(self, address=REGISTRY, **more):
        """The registry of the home server, connected; or a service at another address that does as it does."""
        registry = Registry(self.server, address, COMPONENT_SECRET, **more)
        self.people.append(registry)
        return await registry.online()

    def thing(self, domain=None, name="thing", iterations=4096, at=None, **settings):
        """A Thing with a fresh account, not started yet; `at` is a server that the test has started itself."""
        jid, password = f"{name}{self.number}x{len(self.things)}@{domain or self.home}", f"thing-secret-{self.number}"
        server = at or self.server
        server.account(jid, password, iterations)
        thing = Thing(self.firmware, server, jid, password, **settings)
        self.things.append(thing)
        return thing

    def tap(self, target=None):
        """A wire to the server that can be cut; not laid yet (await its `start`)."""
        tap = Tap(target or self.server.port)
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
                self.server_of(jid.partition("@")[2]).roster(jid, entries)

    async def seen(self, person, thing, limit=10):
        """Waits until a person sees the Thing's presence; returns its full address.

        For its parent also until the Thing has been told that this client knows provisioning, and asks it.
        """
        stanza = await person.hears(presence(None, thing.jid), limit * self.firmware.patience)
        if isinstance(person, Parent) and person.provisioning and thing.settings.get("parent") == person.bare:
            logins = [number for number, line in enumerate(self.server.lines.since())
                      if f"auth-success {thing.jid} " in line]
            await self.server.lines.expect(rf"told-to {thing.full} .*from='{person.full}'.*{PROVISIONING}",
                                           limit * self.firmware.patience, max([person.mark, *logins]),
                                           "line of the server")
        return stanza.get("from")

    async def household(self, friend_domain=None, opinion="yes", parent_domain=None, **settings):
        """A Thing with a parent and a friend, befriended before and all online; returns them in that order."""
        parent_jid, parent_password = self.account("parent", parent_domain)
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

    async def claimed(self, parent_domain=None, **settings):
        """A Thing with its parent online and befriended, and nobody else; returns both."""
        parent_jid, password = self.account("parent", parent_domain)
        thing = self.thing(parent=parent_jid, **settings)
        self.befriended((thing.jid, parent_jid))
        parent = await self.client(parent_jid, password, Parent)
        thing.start()
        await self.seen(parent, thing)
        return thing, parent

    # what the server saw

    async def witness(self, pattern, limit=10):
        """Waits for a line of the server's witness since this test began."""
        index, match = await self.server.lines.expect(
            r"ward_witness\s+info\s+" + pattern, limit * self.firmware.patience, self.witness_mark, "line of the server")
        return match

    def witnessed(self, pattern):
        """The lines of the server's witness, since this test began, that match."""
        return [line for line in self.server.lines.since(self.witness_mark)
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
