"""What the XMPP servers of the tests have in common.

Each runs in the foreground as this user, on loopback, in a temporary folder with domains,
certificates and accounts of its own, and ends by its process id.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from certificates import Authority
from lines import Lines, tied

HOME = "home.test"
OTHER = "other.test"
OPEN = "open.test"       # where anybody can make an account (XEP-0077), as nowhere else
COMPONENT = "provisioning.home.test"
REGISTRY = "registry.home.test"
LOOKALIKE = "registry.home.test.evil.test"     # what the registry's address begins
COMPONENT_SECRET = "component-secret-of-the-tests"


def free_ports(count):
    """`count` loopback ports nobody listens on at this moment."""
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


class Server:
    """One server. `await start()` returns once it listens; `stop()` leaves nothing behind.

    Without `names` (a `NameServer`) no name is resolved and no other server is spoken to. With it the
    server looks up the others there, and trusts those whose certificate its `authority` signed.

    A subclass says what it is (`program`, `package`) and how it is run: `configure`, `command`,
    `environment`, `ready`; and keeps accounts and rosters: `account`, `roster`.
    """

    program = None
    package = None
    strongest = None    # the strongest way to log in to its home domain

    def __init__(self, domains=(HOME, OTHER, OPEN), authority=None, names=None, echo=None):
        if not shutil.which(self.program):
            raise RuntimeError(f"{self.program} is not installed: apt-get install {self.package}")
        self.folder = Path(tempfile.mkdtemp(prefix=f"ward-{self.package}-"))
        self.port, self.direct_port, self.component_port, self.far_port = free_ports(4)
        self.domains = tuple(domains)
        self.authority = authority or Authority(self.folder / "ca", "Ward test authority")
        self.ca = self.authority.certificate
        self.names = names
        self.process = None
        self.lines = None
        self._echo = echo
        if names:
            for domain in self.domains:
                names.tells(domain, self.far_port)
        self.configure()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def direct_address(self):
        return f"127.0.0.1:{self.direct_port}"

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def components(self):
        """The addresses of the services that may connect; none but where the home domain is."""
        return (COMPONENT, REGISTRY, LOOKALIKE) if HOME in self.domains else ()

    @property
    def component(self):
        """The address of the provisioning service: it belongs to the home domain."""
        return COMPONENT if HOME in self.domains else None

    def configure(self):
        """Writes the configuration and whatever it names."""
        raise NotImplementedError

    def command(self):
        """The program and its arguments, to run in the foreground."""
        raise NotImplementedError

    def environment(self):
        """What it finds in its environment beside PATH, HOME and LANG."""
        return {}

    async def ready(self):
        """Waits for the lines by which the server says that it listens."""
        raise NotImplementedError

    async def start(self):
        self.process = subprocess.Popen(
            tied(self.command()), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=self.folder, env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(self.folder),
                                  "LANG": "C.UTF-8", **self.environment()})
        self.lines = Lines(self.process.stdout, self._echo)
        try:
            await self.ready()
        except BaseException:
            self.kill()
            raise
        return self

    async def says(self, pattern, limit=30):
        """Waits for a line of the server, from its start on."""
        await self.lines.expect(pattern, limit, what=f"line of {self.package}")

    def kill(self):
        """Ends it as a power cut would."""
        if self.running:
            self.process.kill()
        if self.process:
            self.process.wait()
            self.lines.finish()

    def halt(self):
        """Ends it in good order; it tells its clients."""
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        if self.process:
            self.process.wait()
            self.lines.finish()

    async def restart(self):
        await asyncio.to_thread(self.halt)
        await self.start()

    def stop(self):
        """Ends it and removes its folder."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pushes_as(self, jid):
        """Whom its roster pushes to `jid` come from; both ways are right (RFC 6121 §2.1.6)."""
        return None

    def account(self, jid, password, iterations=4096):
        """Makes an account or changes its password; the server keeps what SCRAM needs, not the password."""
        raise NotImplementedError

    def accounts(self, domain):
        """The names of all accounts of a domain."""
        raise NotImplementedError

    def forget(self, jid):
        """Removes an account that nobody is logged in to."""
        raise NotImplementedError

    def roster(self, jid, entries):
        """Sets the roster of an account that was not logged in yet: {jid: subscription}."""
        raise NotImplementedError
