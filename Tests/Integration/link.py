"""A network of the test's own: two network namespaces and the wire between them.

In the one live the servers (XMPP, DHCP, DNS, multicast DNS), in the other the Thing alone. Nothing of it
is seen from outside. Namespaces are root's to make: where they cannot be made, the test fails and says so.
"""

import ctypes
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from lines import Lines, tied

HERE = Path(__file__).resolve().parent
CLONE_NEWNET = 0x40000000

SERVERS, THING, PREFIX = "10.77.0.1", "10.77.0.2", 24
SERVERS6, THING6 = "fe80::77:1", "fe80::77:2"
FAR = "192.0.2.9"       # an address of the servers that is not on the wire


class Namespace:
    """A network namespace that lasts as long as the process that holds it."""

    def __init__(self):
        if os.geteuid() != 0:
            raise RuntimeError("a network namespace of the test's own can only be made by root")
        self._holder = subprocess.Popen(tied(["unshare", "--net", "cat"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._holder.stdin.write(b"here\n")
        self._holder.stdin.flush()
        if self._holder.stdout.readline() != b"here\n":
            raise RuntimeError("unshare --net does not work here: is the test in a container without CAP_SYS_ADMIN?")
        self.path = f"/proc/{self._holder.pid}/ns/net"
        self.pid = self._holder.pid

    def command(self, *command):
        """The command, to be run inside."""
        return ["nsenter", f"--net={self.path}", *command]

    def run(self, *command):
        done = subprocess.run(self.command(*command), capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def socket(self, family, address, *options, shared=True):
        """A UDP socket inside, bound to that address, which it shares or not; it may be used from anywhere."""
        results = []

        def make():
            libc = ctypes.CDLL(None, use_errno=True)
            try:
                with open(self.path) as file:
                    if libc.setns(file.fileno(), CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                one = socket.socket(family, socket.SOCK_DGRAM)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, shared)
                for option in options:
                    one.setsockopt(*option)
                one.bind(address)
                results.append(one)
            except OSError as error:
                results.append(error)

        # The namespace is the thread's; the socket keeps it.
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if isinstance(results[0], OSError):
            raise results[0]
        return results[0]

    def end(self):
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait(10)


class Network:
    """The two namespaces, `servers` and `thing`, and whatever was started in the first."""

    def __init__(self):
        self._programs = []
        self._voices = []
        self.lines = []
        self._folder = tempfile.TemporaryDirectory(prefix="ward-network-")
        self._resolvers = Path(self._folder.name) / "resolv.conf"
        self._resolvers.write_text(f"nameserver {SERVERS}\n")
        self.servers = Namespace()
        self.thing = Namespace()
        # The Thing has other links before the wire, on which nobody answers.
        self.thing.run("ip", "link", "add", "empty", "type", "veth", "peer", "name", "nowhere")
        for name in ("empty", "nowhere"):
            self.thing.run("ip", "link", "set", name, "up")
        self.thing.run("ip", "addr", "add", "10.78.0.2/24", "dev", "empty")
        self.servers.run("ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", str(self.thing.pid))
        for space, four, six in ((self.servers, SERVERS, SERVERS6), (self.thing, THING, THING6)):
            space.run("ip", "link", "set", "lo", "up")
            space.run("ip", "link", "set", "wire", "addrgenmode", "none")
            space.run("ip", "link", "set", "wire", "up")
            space.run("ip", "addr", "add", f"{four}/{PREFIX}", "dev", "wire")
            space.run("ip", "addr", "add", f"{six}/64", "dev", "wire", "nodad")
        self.servers.run("ip", "addr", "add", f"{FAR}/32", "dev", "lo")
        self.thing.run("ip", "route", "add", "default", "via", SERVERS)

    def without_ipv4(self):
        """Takes the Thing's IPv4 addresses away."""
        for name in ("empty", "wire"):
            self.thing.run("ip", "-4", "addr", "flush", "dev", name)

    def command(self, *command):
        """The command, to be run where the Thing is, with the servers' name server as its own."""
        return self.thing.command("unshare", "--mount", "--propagation", "private", "sh", "-c",
                                  'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(self._resolvers), *command)

    def _start(self, *command):
        program = subprocess.Popen(tied(self.servers.command(*command)), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._programs.append(program)
        self.lines.append(Lines(program.stdout))
        return self.lines[-1]

    def evidence(self):
        """The last lines of what was started."""
        return "\n".join(line for lines in self.lines for line in lines.since()[-20:])

    async def dnsmasq(self, *options):
        """dnsmasq with these options: it answers DHCP and, where it is told what, DNS."""
        if not shutil.which("dnsmasq"):
            raise RuntimeError("dnsmasq is missing: apt-get install dnsmasq-base")
        lines = self._start("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--log-dhcp",
                            "--interface=wire", "--bind-interfaces", "--user=root", "--leasefile-ro",
                            "--dhcp-range=10.77.0.100,10.77.0.200", *options)
        await lines.expect(r"DHCP, sockets bound", what="line of dnsmasq")
        return lines

    async def announces(self, instance, port, **text):
        """A responder of multicast DNS that announces an XMPP server of that name, with its TXT record."""
        lines = self._start("/usr/bin/python3", str(HERE / "announcer.py"), instance, SERVERS, str(port),
                            *[f"{key}={value}" for key, value in text.items()])
        await lines.expect(r"^announced", what="line of the announcer")
        return lines

    def answers(self, ear, reply):
        """Whoever is on the wire may answer: for each datagram that comes to the socket `ear`, `reply(datagram)`
        yields the answers and, for each, the socket to send it from."""
        voice = Voice(ear, reply)
        self._voices.append(voice)
        return voice

    def end_programs(self):
        """Nobody answers any more."""
        for program in self._programs:
            program.terminate()
        for program in self._programs:
            try:
                program.wait(5)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        self._programs = []

    def end(self):
        self.end_programs()
        for voice in self._voices:
            voice.end()
        self.thing.end()
        self.servers.end()
        self._folder.cleanup()


class Voice:
    """Answers what comes to a socket, in a thread of its own. `heard` is what came: (datagram, sender, TTL or hop limit)."""

    def __init__(self, ear, reply):
        self.heard = []
        self._ear = ear
        self._reply = reply
        self._ends = False
        ear.settimeout(0.2)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while not self._ends:
            try:
                datagram, ancillary, _, sender = self._ear.recvmsg(1500, 64)
            except TimeoutError:
                continue
            hops = [int.from_bytes(data[:4], "little") for _, _, data in ancillary]
            self.heard.append((datagram, sender, hops[0] if hops else None))
            for answer, mouth in self._reply(datagram):
                mouth.sendto(answer, sender)

    def end(self):
        self._ends = True
        self._thread.join(5)
        self._ear.close()
