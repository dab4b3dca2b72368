"""Logging in: every mechanism, both ways into TLS, and what happens when it is refused."""

from conversation import Conversation, both, short
from server import HOME, free_ports
from words import ONLINE, REFUSED, UNKNOWN_HOST, WRONG_PASSWORD


class Mechanisms(Conversation):

    async def by(self, domain, mechanism, **settings):
        """A Thing of `domain` comes online, and the server saw it use `mechanism`."""
        thing = self.thing(domain, **settings).start()
        await thing.log(ONLINE)
        found = await self.witness(rf"auth-success {thing.jid} (\S+)")
        self.assertEqual(found.group(1), mechanism)
        self.assertEqual(await thing.stop(), 0)
        return thing

    @short
    async def test_scram_sha_1(self):
        """Where the server has nothing better, the Thing logs in by SCRAM-SHA-1."""
        await self.by("sha1.test", "SCRAM-SHA-1")

    @short
    async def test_scram_sha_256(self):
        """SCRAM-SHA-256 is used where it is offered without channel binding."""
        await self.by("sha256.test", "SCRAM-SHA-256")

    @short
    async def test_scram_sha_1_plus(self):
        """The login is bound to the TLS channel: SCRAM-SHA-1-PLUS."""
        await self.by("sha1plus.test", "SCRAM-SHA-1-PLUS")

    @short
    async def test_scram_sha_256_plus(self):
        """The strongest of all: SCRAM-SHA-256-PLUS."""
        await self.by("sha256plus.test", "SCRAM-SHA-256-PLUS")

    @both
    async def test_strongest_of_many(self):
        """Offered everything a server offers by default, PLAIN among it, the Thing picks the strongest."""
        await self.by(HOME, self.server.strongest)

    @short
    @both
    async def test_direct_tls(self):
        """With tls = direct, TLS comes first, and channel binding works just the same."""
        await self.by(HOME, self.server.strongest, tls="direct", server=self.server.direct_address)

    async def test_many_iterations(self):
        """A server that asks for 50,000 rounds of PBKDF2 is served."""
        thing = self.thing(iterations=50_000).start()
        await thing.log(ONLINE, limit=15)

    async def test_plain_is_not_used_unasked(self):
        """A server that offers only PLAIN gets no password."""
        thing = self.thing("plain.test").start()
        await thing.log(r"no way to log in")
        self.assertFalse(self.witnessed(rf"auth-attempt plain.test"))

    async def test_plain_when_allowed(self):
        """PLAIN is used inside TLS when the configuration allows it."""
        await self.by("plain.test", "PLAIN", allow_plain="true")

    async def test_resource(self):
        """The Thing lives at the resource its configuration names."""
        thing, parent = await self.claimed(resource="cellar")
        self.assertEqual((await parent.fence(f"{thing.jid}/cellar")).get("type"), "result")

    async def test_keys_are_kept(self):
        """The second login uses the kept keys: no fresh PBKDF2, and it succeeds."""
        thing = self.thing("sha256plus.test").start()
        await thing.log(ONLINE)
        self.assertEqual(await thing.stop(), 0)
        thing.start()
        await thing.log(ONLINE)
        self.assertEqual(len(self.witnessed(rf"auth-success {thing.jid}")), 2)

    async def test_password_changed_on_both_sides(self):
        """Kept keys that no longer fit are dropped and the configured password is used."""
        thing = self.thing().start()
        await thing.log(ONLINE)
        self.assertEqual(await thing.stop(), 0)
        thing.password = "another-secret"
        thing.write()
        self.server.account(thing.jid, thing.password)
        thing.start()
        await thing.log(ONLINE, limit=15)


class Refusals(Conversation):

    @short
    @both
    async def test_wrong_password(self):
        """A wrong password is said in one line, and the program ends with 77."""
        thing = self.thing()
        self.server.account(thing.jid, "something-else")
        thing.start()
        self.assertEqual(await thing.ended(20), 77)
        self.assertRegex(thing.log_text(), WRONG_PASSWORD)

    async def test_wrong_password_after_kept_keys(self):
        """Kept keys refused, then the password refused: 77, and not an endless loop."""
        thing = self.thing().start()
        await thing.log(ONLINE)
        self.assertEqual(await thing.stop(), 0)
        self.server.account(thing.jid, "changed-on-the-server-only")
        thing.start()
        self.assertEqual(await thing.ended(30), 77)

    @both
    async def test_unknown_account(self):
        """An account that does not exist is treated like a wrong password."""
        thing = self.thing()
        thing.write(jid=f"nobody{self.number}@{HOME}")
        thing.start()
        self.assertEqual(await thing.ended(20), 77)

    @both
    async def test_unknown_host(self):
        """A server that does not serve the domain is named in the log, and asked again later."""
        tap = await self.tap().start()
        thing = self.thing(server=tap.address)
        thing.write(jid="thing@nowhere.test")
        thing.start()
        await tap.reached(2)
        self.assertTrue(thing.running)
        self.assertRegex(thing.log_text(), UNKNOWN_HOST)

    @short
    async def test_refused_then_up(self):
        """No server there: one line, another try, and online once the server is there."""
        tap = self.tap()
        [port] = free_ports(1)
        thing = self.thing(server=f"127.0.0.1:{port}").start()
        await thing.log(REFUSED)
        await tap.start(port)
        await thing.log(ONLINE, limit=20)
