"""A name server on loopback that knows the domains of the tests and nothing else.

It needs no privilege: the servers under test are told its port. It speaks as much of DNS
(RFC 1035, SRV by RFC 2782) as a resolver needs to find an XMPP server. The target it gives is
localhost, since that is the one name that ejabberd, which leaves targets to the C library, and
every other resolver know without asking anybody.
"""

import socket
import struct
import threading

SRV, IN = 33, 1
RESPONSE, RECURSION_DESIRED, RECURSION_AVAILABLE = 0x8000, 0x0100, 0x0080
NOT_IMPLEMENTED, NO_SUCH_NAME = 4, 3
SERVICE = "_xmpp-server._tcp."


def encoded(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


class NameServer:
    """Says of each domain it was told that its server is on loopback, at which port; `asked` is what it was asked."""

    def __init__(self):
        self._ports = {}
        self.asked = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def tells(self, domain, port):
        self._ports[domain] = port

    def stop(self):
        host, port = self.address.split(":")
        self._socket.sendto(b"", (host, int(port)))     # wakes the thread, which close alone does not
        self._thread.join(5)
        self._socket.close()

    def _serve(self):
        while True:
            try:
                query, sender = self._socket.recvfrom(512)
            except OSError:
                return
            if not query:
                return
            try:
                answer = self._answer(query)
            except (IndexError, struct.error, UnicodeDecodeError):
                continue        # no question of DNS
            self._socket.sendto(answer, sender)

    def _answer(self, query):
        number, flags, questions = struct.unpack_from("!HHH", query)
        if flags & RESPONSE or questions != 1:
            raise IndexError
        parts, place = [], 12
        while query[place]:
            parts.append(query[place + 1:place + 1 + query[place]].decode("ascii"))
            place += 1 + query[place]
        kind, group = struct.unpack_from("!HH", query, place + 1)
        question = query[12:place + 5]
        name = ".".join(parts).lower()
        self.asked.append((name, kind))
        records, result = self._records(name, kind) if group == IN else ([], NOT_IMPLEMENTED)
        # Each record names what was asked by a pointer to the question.
        body = b"".join(struct.pack("!HHHIH", 0xC00C, kind, IN, 60, len(data)) + data for data in records)
        flags = RESPONSE | RECURSION_AVAILABLE | flags & RECURSION_DESIRED | result
        return struct.pack("!HHHHHH", number, flags, 1, len(records), 0, 0) + question + body

    def _records(self, name, kind):
        """The data of the records of this kind, and the result's code."""
        domain = name.removeprefix(SERVICE)
        if domain not in self._ports:
            return [], NO_SUCH_NAME
        if name == domain or kind != SRV:
            return [], 0
        return [struct.pack("!HHH", 0, 0, self._ports[domain]) + encoded("localhost")], 0
