"""How a Thing without a domain finds one: by DHCP and by multicast DNS, on a network of the test's own."""

import socket
import struct

from conversation import Conversation, short
from link import FAR, SERVERS, THING6, Network
from names import encoded
from prosody import Prosody
from thing import Thing

DOMAIN, OVERLOAD, KIND, SERVER, END = 15, 52, 53, 224, b"\xff"
SERVICE = "_xmpp-client._tcp.local"
POINTER, TEXT, SRV = 12, 16, 33
GROUP, GROUP6, MULTICAST = "224.0.0.251", "ff02::fb", 5353
IP_RECVTTL = 12     # ip(7); Python has no name for it


def option(code, value):
    return bytes([code, len(value)]) + value


def acknowledged(inform, options=option(SERVER, b"evil.test") + END, number=None, kind=5, operation=2):
    """An answer to a DHCPINFORM."""
    return (bytes([operation, 1, 6, 0]) + (number or inform[4:8]) + bytes(4) + inform[12:16] + bytes(12) + inform[28:44]
            + bytes(192) + bytes.fromhex("63825363") + option(KIND, bytes([kind])) + options)


def record(owner, kind, data):
    return encoded(owner) + struct.pack("!HHIH", kind, 1, 10, len(data)) + data


def announced(question, *records, number=None):
    """An answer to a question of multicast DNS."""
    return (number or question[:2]) + struct.pack("!HHHHH", 0x8400, 0, len(records), 0, 0) + b"".join(records)


def text(domain, instance="a"):
    return record(f"{instance}.{SERVICE}", TEXT, bytes([len(domain) + 6]) + b"ordom=" + domain.encode())


def groups(family, index=2):
    """What makes a socket of the servers one that hears multicast DNS, and how many hops it had left."""
    if family == socket.AF_INET6:
        return ((socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(family, GROUP6) + struct.pack("@i", index)),
                (socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1))
    return ((socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + socket.inet_aton(SERVERS)),
            (socket.IPPROTO_IP, IP_RECVTTL, 1))


class NetworkProsody(Prosody):
    """A Prosody on the test's network."""

    def __init__(self, network):
        self.network = network
        super().__init__()

    address = None      # it is to be found

    def configure(self):
        super().configure()
        file = self.folder / "prosody.cfg.lua"
        content = file.read_text()
        here = 'interfaces = { "127.0.0.1" }\nc2s'
        assert here in content
        file.write_text(content.replace(here, here.replace(" }", f', "{SERVERS}" }}')))

    def command(self):
        return self.network.servers.command(*super().command())


class Inside:
    """The firmware, run in the Thing's namespace."""

    def __init__(self, firmware, network):
        self.command = network.command(*firmware.command)
        self.patience = firmware.patience


class Discovery(Conversation):
    async def find_servers(self):
        self.network = Network()
        self.addCleanup(self.network.end)
        server = NetworkProsody(self.network)
        self.addCleanup(server.stop)
        return [await server.start()]

    def evidence(self):
        return super().evidence() + "\n--- on the network\n" + self.network.evidence()

    def unnamed(self, **settings):
        """A Thing that knows no domain, alone on its end of the wire, started."""
        thing = Thing(Inside(self.firmware, self.network), self.server, "", "no password at all",
                      **{"jid": None, "password-file": None, "server": None, "discover": "on", **settings})
        self.things.append(thing)
        return thing.start()

    async def named(self):
        """dnsmasq, which knows by DNS where open.test is served."""
        return await self.network.dnsmasq(
            f"--srv-host=_xmpp-client._tcp.open.test,pronto.open.test,{self.server.port}",
            f"--address=/pronto.open.test/{SERVERS}", f"--dhcp-option={SERVER},open.test")

    async def makes_an_account(self):
        """Waits until a Thing has logged in to open.test with an account of its own; returns the account."""
        match = await self.witness(r"auth-success ([a-z2-7]{16}@open\.test) ", 20)
        return match.group(1)

    # DHCP

    @short
    async def test_dhcp(self):
        """The domain that a real DHCP server names is asked for by DNS, and an account is made there."""
        await self.named()
        thing = self.unnamed()
        await thing.log(r"^info: domain found by DHCP: open\.test$")
        await self.makes_an_account()

    async def test_dhcp_port(self):
        """Who may not use DHCP's own port asks from another, and is answered there."""
        taken = self.network.thing.socket(socket.AF_INET, ("0.0.0.0", 68), shared=False)
        self.addCleanup(taken.close)
        lines = await self.named()
        thing = self.unnamed()
        await thing.log(r"^info: domain found by DHCP: open\.test$")
        self.assertTrue(lines.find(r"DHCPINFORM\(wire\)"))

    async def test_dhcp_forged(self):
        """Of DHCP's answers only a well-formed one to the very question counts, and only from the servers' port."""
        ear = self.network.servers.socket(socket.AF_INET, ("0.0.0.0", 67))
        elsewhere = self.network.servers.socket(socket.AF_INET, (SERVERS, 6767))
        self.addCleanup(elsewhere.close)

        def reply(inform):
            self.assertEqual(inform[236:243], bytes.fromhex("63825363350108"))
            wrong = bytes([inform[4] ^ 1]) + inform[5:8]
            forged = [acknowledged(inform, number=wrong), acknowledged(inform, kind=2), acknowledged(inform, operation=1),
                      acknowledged(inform, bytes([SERVER, 200]) + b"evil.test"), acknowledged(inform)[:250],
                      acknowledged(inform, option(OVERLOAD, b"\x03\x03") + option(SERVER, b"evil.test") + END), b"", b"\x02"]
            for name in (b"", b"evil test", b"192.0.2.1", b"-evil.test", b"evil..test", b"evil.test\n", b"a" * 64, b"a." * 127):
                forged.append(acknowledged(inform, option(SERVER, name) + END))
            yield acknowledged(inform), elsewhere
            yield from ((answer, ear) for answer in forged)
            yield acknowledged(inform, option(DOMAIN, b"good.test") + option(SERVER, b"xmpp") + END), ear

        voice = self.network.answers(ear, reply)
        thing = self.unnamed()
        self.assertTrue((await thing.log("domain found")).endswith("by DHCP: xmpp.good.test"))
        self.assertEqual(len(voice.heard[0][0]), 300)

    # Multicast DNS

    @short
    async def test_multicast(self):
        """Where DHCP names nothing, a real responder's announcement does; the account is made at the address it gave."""
        await self.network.announces("The house's own", self.server.port, txtvers="1", ordom="open.test")
        thing = self.unnamed()
        await thing.log(r"^info: domain found by multicast DNS: open\.test$")
        await thing.log(rf"^info: connected to {SERVERS}:{self.server.port}$")
        await self.makes_an_account()

    async def test_multicast_forged(self):
        """Of multicast DNS only an answer to the very question counts, from its port and from the link itself."""
        ear = self.network.servers.socket(socket.AF_INET, ("", MULTICAST), *groups(socket.AF_INET))
        far = self.network.servers.socket(socket.AF_INET, (FAR, MULTICAST))
        elsewhere = self.network.servers.socket(socket.AF_INET, (SERVERS, 5354))
        for each in (far, elsewhere):
            self.addCleanup(each.close)

        def reply(question):
            instance = f"b.{SERVICE}"
            if struct.unpack_from("!H", question, 4) == (2,):      # what the instance is
                self.assertIn(encoded(instance), question)
                yield announced(question, record(instance, SRV, bytes(6) + encoded("pronto.local")), text("good.test", "b")), ear
                return
            evil = text("evil.test")
            yield announced(question, evil), far
            yield announced(question, evil), elsewhere
            for forged in (announced(question, evil, number=bytes([question[0] ^ 1, question[1]])), question + evil,
                           announced(question, evil)[:-1], announced(question, text("evil_.test")), announced(question, text("")),
                           announced(question, record(f"a.{SERVICE}", TEXT, b"\xffordom=evil.test")),
                           announced(question, record("a._http._tcp.local", TEXT, b"\x0fordom=evil.test"))):
                yield forged, ear
            yield announced(question, record(SERVICE, POINTER, encoded(instance))), ear

        voice = self.network.answers(ear, reply)
        thing = self.unnamed()
        self.assertTrue((await thing.log("domain found", 10)).endswith("by multicast DNS: good.test"))
        self.assertEqual({hops for _, _, hops in voice.heard}, {255})

    async def test_multicast_ipv6(self):
        """A Thing with IPv6 alone asks and hears by that."""
        self.network.without_ipv4()
        ear = self.network.servers.socket(socket.AF_INET6, ("::", MULTICAST), *groups(socket.AF_INET6))
        voice = self.network.answers(ear, lambda question: [(announced(question, text("six.test")), ear)])
        thing = self.unnamed()
        await thing.log(r"domain found by multicast DNS: six\.test", 10)
        _, sender, hops = voice.heard[0]
        self.assertEqual((sender[0].partition("%")[0], hops), (THING6, 255))

    # What comes of it

    async def test_nobody_then_somebody(self):
        """Where nobody answers that is said, and asked again later: who comes then is found."""
        thing = self.unnamed()
        await thing.log(r"^warning: nobody on this network names an XMPP domain$", 10)
        await thing.log(r"trying again in")
        await self.network.announces("late", self.server.port, ordom="open.test")
        await self.makes_an_account()

    async def test_second_choice(self):
        """Where the domain of DHCP leads nowhere, that of multicast DNS gets its turn."""
        await self.network.dnsmasq(f"--dhcp-option={SERVER},nowhere.test")
        await self.network.announces("house", self.server.port, ordom="open.test")
        thing = self.unnamed()
        await thing.log(r"domain found by DHCP: nowhere\.test")
        await thing.log(r"domain found by multicast DNS: open\.test", 30)
        await self.makes_an_account()

    async def test_impostor(self):
        """A domain whose server cannot prove it by an authority of ours gets nothing, however it was found."""
        await self.network.announces("house", self.server.port, ordom="foreign.test")
        thing = self.unnamed()
        await thing.log(r"domain found by multicast DNS: foreign\.test")
        await thing.log(r"warning: .*certificate")
        await thing.log(r"domain found by multicast DNS: foreign\.test", 20)
        self.assertEqual(self.witnessed("auth-attempt"), [])
        self.assertFalse((self.server.folder / "data" / "foreign%2etest" / "accounts").exists())

    async def test_moved(self):
        """A server of our domain that no record leads to any more is found by its announcement, and by no other's."""
        await self.named()
        thing = self.unnamed()
        account = await self.makes_an_account()
        await self.witness(rf"told-to {account}/ward .*jabber:iq:roster")
        await thing.stop()
        self.network.end_programs()
        await self.network.announces("other", self.server.port, ordom="other.test")
        await self.network.announces("house", self.server.port, ordom="open.test")
        self.witness_mark = len(self.server.lines)
        thing.start()
        await thing.log(r"domain found by multicast DNS: open\.test", 30)
        self.assertEqual(await self.makes_an_account(), account)
        self.assertEqual(thing.logged(r"other\.test"), 0)
