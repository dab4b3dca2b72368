"""A wire between a Thing and its server that a test can cut, freeze or refuse."""

import asyncio
import contextlib


class Tap:
    """Forwards one loopback port to another.

    `cut_after` = n ends the connection, once, when the server has sent n pieces and sends one more;
    `frozen` keeps connections open and forwards nothing more, as a network does that lost its far side.
    """

    def __init__(self, target):
        self.target = target
        self.port = None
        self.cut_after = None
        self.connections = 0
        self.cuts = 0
        self.bytes_out = 0      # from the Thing to the server
        self.frozen = False
        self._server = None
        self._arrived = asyncio.Event()
        self._writers = set()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    async def start(self, port=None):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port or self.port or 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def _serve(self, reader, writer):
        self.connections += 1
        self._arrived.set()
        self._writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(far_writer)
        await asyncio.gather(self._pass(reader, far_writer, False),
                             self._pass(far_reader, writer, True), return_exceptions=True)

    async def _pass(self, reader, writer, from_server):
        pieces = 0
        try:
            while data := await reader.read(65536):
                if self.frozen:
                    continue
                pieces += 1
                if from_server and self.cut_after is not None and pieces > self.cut_after:
                    self.cut_after = None
                    self.cuts += 1
                    self.cut()
                    break
                if not from_server:
                    self.bytes_out += len(data)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    async def reached(self, count, limit=20):
        """Waits until the Thing has connected `count` times."""
        async with asyncio.timeout(limit):
            while self.connections < count:
                self._arrived.clear()
                await self._arrived.wait()

    def cut(self):
        """Ends every connection without a farewell; new ones may come."""
        for writer in list(self._writers):
            writer.transport.abort()
        self._writers.clear()

    async def stop(self):
        """Refuses connections from now on, and ends those there are."""
        if self._server:
            self._server.close()
            self._server = None
        self.cut()
