"""Wrong certificates: one clear line, no credentials sent, and another try later."""

from conversation import Conversation, short
from words import EXPIRED, FOREIGN, NOT_YET, ONLINE, WRONG_NAME


class WrongCertificates(Conversation):

    async def refused(self, domain, words, **settings):
        tap = await self.tap().start()
        thing = self.thing(domain, server=tap.address, **settings).start()
        await thing.log(words)
        self.assertEqual(thing.logged(words), 1, "one line for one failure")
        await tap.reached(2)
        self.assertTrue(thing.running)
        self.assertFalse(self.witnessed(rf"auth-attempt {domain}"), "credentials were sent")
        self.assertEqual(await thing.stop(), 0)

    @short
    async def test_expired(self):
        """An expired certificate is not accepted."""
        await self.refused("expired.test", EXPIRED)

    async def test_not_yet_valid(self):
        """A certificate of the future is not accepted; it may be our clock."""
        await self.refused("early.test", NOT_YET)

    @short
    async def test_foreign_authority(self):
        """A certificate that another authority signed is not accepted."""
        await self.refused("foreign.test", FOREIGN)

    @short
    async def test_wrong_name(self):
        """A certificate of our authority for another host is not accepted."""
        await self.refused("wrong.test", WRONG_NAME)

    async def test_direct_tls_foreign_authority(self):
        """Direct TLS verifies as strictly: here we trust only somebody else."""
        tap = await self.tap(self.server.direct_port).start()
        thing = self.thing(server=tap.address, tls="direct",
                           ca=str(self.server.foreign_authority.certificate)).start()
        await thing.log(FOREIGN)
        await tap.reached(2)
        self.assertFalse(self.witnessed("auth-attempt home.test"))

    async def test_direct_tls_against_plain_port(self):
        """TLS spoken to a port that speaks plain XML: a line, another try, no crash."""
        tap = await self.tap().start()
        thing = self.thing(server=tap.address, tls="direct").start()
        await tap.reached(2)
        self.assertTrue(thing.running)
        self.assertEqual(await thing.stop(), 0)

    async def test_bundle(self):
        """A CA file may hold several authorities; the right one is found."""
        thing = self.thing()
        bundle = thing.folder / "bundle.pem"
        bundle.write_text(self.server.foreign_authority.certificate.read_text() + self.server.ca.read_text())
        thing.write(ca=str(bundle))
        thing.start()
        await thing.log(ONLINE)
