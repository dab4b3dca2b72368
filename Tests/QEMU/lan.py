"""A network of one emulated machine and what is played here: a server of DHCP and of time at 192.0.2.1, frame by frame."""

import asyncio
import socket
import struct
from dataclasses import dataclass

SERVER = "192.0.2.1"
MASK = "255.255.255.0"
OUR_HARDWARE = bytes.fromhex("52540000fe01")
DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
BROADCAST = "255.255.255.255"


def packed(address):
    return socket.inet_aton(address)


def option(code, value):
    return bytes([code, len(value)]) + value


@dataclass
class Message:
    """What the machine sent to a DHCP server."""
    source: str         # the addresses that it was sent from and to
    target: str
    kind: int
    number: bytes
    client: str         # ciaddr
    hardware: bytes
    options: dict

    def address(self, code):
        return socket.inet_ntoa(self.options[code]) if code in self.options else None


def checksum(words):
    if len(words) % 2:
        words += b"\0"
    total = sum(struct.unpack(f"!{len(words) // 2}H", words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Lan(asyncio.DatagramProtocol):
    """The wire: QEMU's frames come and go as datagrams on loopback."""

    def __init__(self):
        self.messages = asyncio.Queue()
        self.questions = asyncio.Queue()    # for the time: (the machine's address and port, the message)

    async def open(self):
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        # QEMU has to be told a port of its own: one that was free a moment ago.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self._machine = probe.getsockname()
        return self

    @property
    def options(self):
        """For QEMU."""
        here = self._transport.get_extra_info("sockname")[1]
        return ["-netdev", f"socket,id=n0,udp=127.0.0.1:{here},localaddr=127.0.0.1:{self._machine[1]}", "-device", "virtio-net-device,netdev=n0"]

    def close(self):
        self._transport.close()

    def datagram_received(self, frame, _):
        kind = frame[12:14]
        if kind == b"\x08\x06" and frame[20:22] == b"\0\x01" and frame[38:42] == packed(SERVER):
            asked, hardware, address = frame[38:42], frame[22:28], frame[28:32]
            self._frame(hardware, b"\x08\x06", b"\0\x01\x08\0\x06\x04\0\x02" + OUR_HARDWARE + asked + hardware + address)
        elif kind == b"\x08\0" and frame[23] == socket.IPPROTO_UDP:
            packet = frame[14:]
            datagram = packet[(packet[0] & 15) * 4:]
            source, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
            here, there = struct.unpack("!HH", datagram[:4])
            if there == 67:
                self._heard(source, target, datagram[8:])
            elif there == 123 and target == SERVER:
                self.questions.put_nowait((frame[6:12], source, here, datagram[8:]))

    def _heard(self, source, target, message):
        options, rest = {}, message[240:]
        while rest and rest[0] != 255:
            if rest[0] == 0:
                rest = rest[1:]
                continue
            options[rest[0]] = rest[2:2 + rest[1]]
            rest = rest[2 + rest[1]:]
        self.messages.put_nowait(Message(source, target, options[53][0], message[4:8], socket.inet_ntoa(message[12:16]), message[28:34], options))

    def _frame(self, to, kind, content):
        self._transport.sendto(to + OUR_HARDWARE + kind + content.ljust(46, b"\0"), self._machine)

    async def hears(self, kind, limit=30):
        """The next message, which must be of that kind."""
        async with asyncio.timeout(limit):
            message = await self.messages.get()
        assert message.kind == kind, f"{message} in place of one of kind {kind}"
        return message

    def answer(self, message, kind, address="0.0.0.0", lease=None, number=None, more=b""):
        """Answers a message; to all, as it wants who has no address yet, or to its address. `more` are more options."""
        options = option(53, bytes([kind])) + option(54, packed(SERVER)) + more
        if lease:
            options += option(51, struct.pack("!I", lease)) + option(1, packed(MASK)) + option(3, packed(SERVER))
        reply = bytes([2, 1, 6, 0]) + (number or message.number) + bytes(4) + packed(message.client) + packed(address) + bytes(8)
        reply = (reply + message.hardware).ljust(236, b"\0") + bytes.fromhex("63825363") + options + b"\xff"
        target = message.client if message.client != "0.0.0.0" and kind != NAK else BROADCAST
        self._datagram(message.hardware if target != BROADCAST else b"\xff" * 6, target, 67, 68, reply)

    def tells(self, question, seconds, origin=None):
        """Answers a question for the time, in seconds since 1970; with another origin than its own where one is given."""
        hardware, address, port, asked = question
        stamp = struct.pack("!II", seconds + 2_208_988_800, 0)
        self._datagram(hardware, address, 123, port, bytes([0x24, 2, 0, 0]) + bytes(20) + (origin or asked[40:48]) + stamp + stamp)

    def _datagram(self, hardware, target, source_port, port, content):
        udp = struct.pack("!HHHH", source_port, port, 8 + len(content), 0)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(content), 0, 0, 64, socket.IPPROTO_UDP, 0, packed(SERVER), packed(target))
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        self._frame(hardware, b"\x08\0", head + udp + content)
