"""A Thing without an account: it makes its own, on a server that lets it, and keeps to it."""

import re

from conversation import both, short
from owners import Ownership
from server import HOME, OPEN
from thing import Thing
from words import ONLINE

MADE = r"the server made our account: (\S+)"
NOT_LET = r"the server does not let Things make accounts"
LATER = r"trying again in (\d+) ms"
LOGGED_IN = r"logged in as (\S+)/ward"


class Unnamed(Ownership):

    def unnamed(self, domain=OPEN, **settings):
        """A Thing that is to make its account in a domain, not started yet."""
        thing = Thing(self.firmware, self.server, None, "no password is given", jid=None, password_file=None,
                      domain=domain, **settings)
        self.things.append(thing)
        return thing

    async def logs_in(self, thing, limit=15):
        """Waits until the Thing is logged in; returns its address. Its log must not have its password."""
        thing.jid = re.search(LOGGED_IN, await thing.log(LOGGED_IN, limit))[1]
        await thing.log(ONLINE)
        user = thing.jid.partition("@")[0].encode()
        thing.password = re.search(rb"([a-z2-7]{32})" + user, (thing.state / "ward.state").read_bytes())[1].decode()
        return thing.jid


@both
class Making(Unnamed):

    @short
    async def test_from_the_box(self):
        """It makes an account of 16 random characters, logs in at once, and makes no second one when it starts again."""
        before = set(self.server.accounts(OPEN))
        thing = self.unnamed().start()
        made = re.search(MADE, await thing.log(MADE))[1]
        self.assertRegex(made, rf"^[a-z2-7]{{16}}@{re.escape(OPEN)}$")
        self.assertEqual(await self.logs_in(thing), made)
        self.assertEqual(set(self.server.accounts(OPEN)) - before, {made.partition("@")[0]})
        self.assertEqual(thing.logged("trying again"), 0)
        self.assertEqual(oct((thing.state / "ward.state").stat().st_mode & 0o777), "0o600")
        self.assertEqual(await thing.stop(), 0)
        thing.start()
        self.assertEqual(await self.logs_in(thing), made)
        self.assertEqual(thing.logged(MADE), 0)
        self.assertEqual(len(self.server.accounts(OPEN)), len(before) + 1)

    async def test_direct_tls(self):
        """The same with TLS from the first byte."""
        thing = self.unnamed(tls="direct", server=self.server.direct_address).start()
        await thing.log(MADE)
        await self.logs_in(thing)

    @short
    async def test_server_that_does_not(self):
        """A server where accounts cannot be made is told of in a clear line, and left alone for 5 minutes and more."""
        before = self.server.accounts(HOME)
        tap = await self.tap().start()
        thing = self.unnamed(HOME, server=tap.address).start()
        await thing.log(r"^error: .*" + NOT_LET)
        wait = int(re.search(LATER, await thing.log(LATER))[1])
        self.assertGreaterEqual(wait, 300_000)
        self.assertLessEqual(wait, 450_000)
        self.assertEqual(tap.connections, 1)
        self.assertTrue(thing.running)
        self.assertEqual(await thing.stop(), 0)
        self.assertEqual(self.server.accounts(HOME), before)

    async def test_cannot_be_kept(self):
        """Where name and password cannot be kept, the server hears of neither."""
        before = self.server.accounts(OPEN)
        thing = self.unnamed()
        (thing.state / "ward.state.new").mkdir(parents=True)
        thing.start()
        await thing.log(r"the state cannot be kept")
        await thing.log(r"^error: no account is made, since it could not be kept")
        self.assertGreaterEqual(int(re.search(LATER, await thing.log(LATER))[1]), 300_000)
        self.assertEqual(self.server.accounts(OPEN), before)
        self.assertEqual(await thing.stop(), 0)

    async def test_cut_anywhere(self):
        """Wherever connection and power are cut, in the end it has one account, and the server no other of its."""
        for pieces in range(1, 40):
            before = set(self.server.accounts(OPEN))
            tap = await self.tap().start()
            tap.cut_after = pieces
            thing = self.unnamed(server=tap.address).start()
            with self.subTest(pieces=pieces):
                try:
                    await thing.log(rf"{LATER}|{ONLINE}")
                finally:
                    thing.kill()
                cut = tap.cuts
                thing.start()
                jid = await self.logs_in(thing)
                self.assertEqual(set(self.server.accounts(OPEN)) - before, {jid.partition("@")[0]})
            thing.kill()
            await tap.stop()
            if not cut:
                break
        self.assertGreater(pieces, 8)
        self.assertEqual(cut, 0, "it was cut to the end")


@both
class Keeping(Unnamed):

    async def test_account_that_is_gone(self):
        """A Thing that somebody owns does not make a second account when its own is gone: it says so, and waits."""
        thing = self.unnamed().start()
        jid = await self.logs_in(thing)
        await self.claims(await self.person("owner"), thing, self.sticker(thing).key)
        self.assertEqual(await thing.stop(), 0)
        self.server.forget(jid)
        before = self.server.accounts(OPEN)
        thing.start()
        await thing.log(rf"^error: the account that we made is refused, and we keep to it: {jid}", 15)
        self.assertGreaterEqual(int(re.search(LATER, await thing.log(LATER))[1]), 300_000)
        self.assertTrue(thing.running)
        self.assertEqual(self.server.accounts(OPEN), before)
        self.assertEqual(thing.logged(MADE), 0)


class Certificates(Unnamed):

    async def test_not_without_the_certificate(self):
        """To a server that cannot show its domain's certificate not a word is said of an account."""
        thing = self.unnamed("wrong.test").start()
        await thing.log(r"certificate is for another host name")
        self.assertEqual(thing.logged(MADE), 0)
        self.assertEqual(self.server.accounts("wrong.test"), [])
