"""A server that lies: speaks just enough XMPP to get to the lie, and keeps what it was told."""

import asyncio
import base64
import hashlib
import hmac
import re
import ssl

STREAM = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams' id='lie' from='home.test' version='1.0'>")
STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"


def features(inner):
    return f"<stream:features>{inner}</stream:features>"


def mechanisms(*names):
    return features(f"<mechanisms xmlns='{SASL}'>" + "".join(f"<mechanism>{n}</mechanism>" for n in names)
                    + "</mechanisms>")


class Connection:
    """One connection of the Thing, from the server's side."""

    def __init__(self, reader, writer, context):
        self.reader, self.writer, self._context = reader, writer, context
        self.heard = b""     # everything, in the order it came
        self._used = 0

    def says(self, text):
        self.writer.write(text.encode())

    async def hears(self, pattern, limit=10):
        """Waits for text that matches; returns the match. Raises EOFError when the Thing hangs up first."""
        async with asyncio.timeout(limit):
            while True:
                match = re.compile(pattern.encode(), re.DOTALL).search(self.heard, self._used)
                if match:
                    self._used = match.end()
                    return match
                data = await self.reader.read(65536)
                if not data:
                    raise EOFError(f"hung up; it had said: {self.heard[self._used:]!r}")
                self.heard += data

    async def hung_up(self, limit=10):
        """Waits until the Thing ends the connection; returns what it said since the last match."""
        async with asyncio.timeout(limit):
            try:
                while data := await self.reader.read(65536):
                    self.heard += data
            except (ConnectionError, ssl.SSLError):
                pass
        return self.heard[self._used:]

    async def greets(self, inner):
        """Answers a stream header with features."""
        await self.hears("<stream:stream[^>]*>")
        self.says(STREAM + inner)

    async def to_tls(self):
        """From the first byte to TLS with a good certificate."""
        await self.greets(features(STARTTLS))
        await self.hears("<starttls[^>]*>")
        self.says(PROCEED)
        await self.writer.drain()
        await self.writer.start_tls(self._context)

    async def first(self, *offered):
        """To the Thing's first SCRAM message; returns (its nonce, that message without its header)."""
        await self.to_tls()
        await self.greets(mechanisms(*offered))
        auth = await self.hears("<auth [^>]*>([^<]*)</auth>")
        bare = base64.b64decode(auth.group(1)).split(b",", 2)[2]
        return re.search(rb"r=([^,]*)", bare).group(1).decode(), bare.decode()

    def challenges(self, text):
        self.says(f"<challenge xmlns='{SASL}'>{base64.b64encode(text.encode()).decode()}</challenge>")

    async def log_in(self, password, resource="ward"):
        """All the way to a bound resource, as an honest server would."""
        nonce, first = await self.first("SCRAM-SHA-1")
        challenge = f"r={nonce}more,s={base64.b64encode(b'salt').decode()},i=4096"
        self.challenges(challenge)
        final = await self.hears("<response[^>]*>([^<]*)</response>")
        without = base64.b64decode(final.group(1)).decode().rpartition(",p=")[0]
        salted = hashlib.pbkdf2_hmac("sha1", password.encode(), b"salt", 4096)
        key = hmac.digest(salted, b"Server Key", "sha1")
        signature = base64.b64encode(hmac.digest(key, f"{first},{challenge},{without}".encode(), "sha1")).decode()
        self.says(f"<success xmlns='{SASL}'>{base64.b64encode(f'v={signature}'.encode()).decode()}</success>")
        await self.greets(features("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"))
        bind = await self.hears("<iq [^>]*id=['\"]([^'\"]*)['\"][^>]*>.*?</iq>")
        self.says(f"<iq type='result' id='{bind.group(1).decode()}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  f"<jid>thing@home.test/{resource}</jid></bind></iq>")


class Liar:
    """Listens on loopback; hands each connection to whoever awaits `arrives`."""

    def __init__(self, certificate, key):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._queue = asyncio.Queue()
        self._server = None
        self._writers = []

    async def start(self):
        self._server = await asyncio.start_server(self._arrived, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def _arrived(self, reader, writer):
        self._writers.append(writer)
        self._queue.put_nowait(Connection(reader, writer, self._context))

    async def arrives(self, limit=10):
        async with asyncio.timeout(limit):
            return await self._queue.get()

    async def stop(self):
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
