"""A server that lies. It has a good certificate, so that only the protocol is left to see through it."""

from conversation import Conversation
from hostile import PROCEED, STARTTLS, STREAM, Liar, features, mechanisms
from words import ONLINE


class Lies(Conversation):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.liar = await Liar(self.server.certificate, self.server.key).start()
        self.addAsyncCleanup(self.liar.stop)
        self.one = self.thing(server=self.liar.address)
        self.one.write(jid="thing@home.test")
        self.one.start()
        self.wire = await self.liar.arrives(10 * self.firmware.patience)

    async def is_left(self, log):
        """The Thing says why, hangs up, and tries again later."""
        said = await self.wire.hung_up(15)
        await self.one.log(log)
        await self.liar.arrives(20)
        self.assertTrue(self.one.running)
        return said

    async def test_no_tls_offered(self):
        """STARTTLS was stripped: it hangs up and says nothing of itself."""
        await self.wire.greets(mechanisms("PLAIN", "SCRAM-SHA-1"))
        said = await self.is_left("TLS")
        self.assertNotIn(b"<auth", said)

    async def test_tls_refused(self):
        """The server refuses to start TLS."""
        await self.wire.greets(features(STARTTLS))
        await self.wire.hears("<starttls")
        self.wire.says("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>")
        said = await self.is_left("TLS")
        self.assertNotIn(b"<auth", said)

    async def test_text_smuggled_before_tls(self):
        """Plaintext slipped in behind <proceed/> is not taken for the server's word."""
        await self.wire.greets(features(STARTTLS))
        await self.wire.hears("<starttls[^>]*>")
        self.wire.says(PROCEED + STREAM + mechanisms("PLAIN"))
        said = await self.is_left("TLS|plain")
        self.assertNotIn(b"<auth", said)

    async def test_only_plain(self):
        """Only PLAIN is offered, and it is not allowed: no password."""
        await self.wire.to_tls()
        await self.wire.greets(mechanisms("PLAIN", "X-STRANGE"))
        said = await self.is_left("no way to log in")
        self.assertNotIn(b"<auth", said)

    async def lies_in_challenge(self, challenge, log):
        nonce, _ = await self.wire.first("SCRAM-SHA-1")
        self.wire.challenges(challenge.replace("NONCE", nonce))
        said = await self.is_left(log)
        self.assertNotIn(b"<response", said, "it proved its password to a liar")

    async def test_few_iterations(self):
        """An iteration count so low that the password could be guessed from the answer."""
        await self.lies_in_challenge("r=NONCEmore,s=c2FsdA==,i=1", "iteration")

    async def test_many_iterations(self):
        """An iteration count that would keep a small board busy for hours."""
        await self.lies_in_challenge("r=NONCEmore,s=c2FsdA==,i=2000000000", "iteration")

    async def test_foreign_nonce(self):
        """A nonce that does not begin with ours: an old conversation played again."""
        await self.lies_in_challenge("r=somebodyelse,s=c2FsdA==,i=4096", "nonce")

    async def test_mandatory_extension(self):
        """An extension we must understand and do not."""
        await self.lies_in_challenge("m=x,r=NONCEmore,s=c2FsdA==,i=4096", "SCRAM")

    async def test_server_not_proven(self):
        """A server that says success and cannot prove that it knows the password: no binding."""
        nonce, _ = await self.wire.first("SCRAM-SHA-1")
        self.wire.challenges(f"r={nonce}more,s=c2FsdA==,i=4096")
        await self.wire.hears("<response[^>]*>[^<]*</response>", 20)
        self.wire.says("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>dj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE9"
                       "</success>")
        said = await self.is_left("prove")
        self.assertNotIn(b"urn:ietf:params:xml:ns:xmpp-bind", said)

    async def test_success_without_a_word(self):
        """Success without any proof, right after the first message."""
        await self.wire.first("SCRAM-SHA-1")
        self.wire.says("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
        said = await self.is_left("prove|SCRAM|turn")
        self.assertNotIn(b"urn:ietf:params:xml:ns:xmpp-bind", said)

    async def test_not_xmpp(self):
        """Something else answers on that port."""
        self.wire.says("HTTP/1.1 400 Bad Request\r\n\r\n<html>no</html>")
        await self.is_left("XML|XMPP")

    async def test_document_type(self):
        """A document type, as an entity bomb begins: restricted-xml, and the end."""
        await self.wire.hears("<stream:stream[^>]*>")
        self.wire.says("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]>" + STREAM)
        said = await self.is_left("restricted|XML")
        self.assertIn(b"restricted-xml", said)

    async def test_comment_after_login(self):
        """A comment in the middle of a stream is restricted XML too."""
        await self.wire.log_in(self.one.password)
        await self.wire.hears("jabber:iq:roster")
        self.wire.says("<!-- psst -->")
        said = await self.is_left("restricted|XML")
        self.assertIn(b"restricted-xml", said)

    async def test_stream_error(self):
        """A stream error is told in its own words."""
        await self.wire.log_in(self.one.password)
        await self.wire.hears("jabber:iq:roster")
        self.wire.says("<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                       "</stream:stream>")
        await self.is_left("system-shutdown")

    async def test_roster_before_presence(self):
        """It asks for its roster first, and shows itself only when it knows whom it may trust."""
        await self.wire.log_in(self.one.password)
        roster = await self.wire.hears("<iq [^>]*id=['\"]([^'\"]*)['\"][^>]*>\\s*<query [^>]*jabber:iq:roster")
        self.assertNotIn(b"<presence", self.wire.heard)
        self.wire.says("<iq type='get' id='p1' from='home.test'><ping xmlns='urn:xmpp:ping'/></iq>")
        await self.wire.hears("id=['\"]p1['\"]")
        self.assertNotIn(b"<presence", self.wire.heard)
        self.wire.says(f"<iq type='result' id='{roster.group(1).decode()}'><query xmlns='jabber:iq:roster' ver='1'/></iq>")
        await self.wire.hears("<presence")

    async def test_mechanisms_weaker_than_before(self):
        """Once the strongest mechanism was seen, a weaker offer is refused."""
        await self.one.stop()
        honest = self.thing()
        honest.start()
        await honest.log(ONLINE)
        self.assertEqual(await honest.stop(), 0)
        honest.write(server=self.liar.address)
        honest.start()
        wire = await self.liar.arrives(10)
        await wire.to_tls()
        await wire.greets(mechanisms("SCRAM-SHA-1"))
        said = await wire.hung_up(15)
        self.assertNotIn(b"<auth", said)
        await honest.log("weaker")
