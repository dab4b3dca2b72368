"""A real Prosody on loopback, with domains, certificates and accounts of its own.

It runs in the foreground as this user, in a temporary folder, and ends by its process id.
No name is resolved: all its domains live on 127.0.0.1.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from certificates import Authority
from lines import Lines

HOME = "home.test"
OTHER = "other.test"
COMPONENT = "provisioning.home.test"
COMPONENT_SECRET = "component-secret-of-the-tests"
PLUS = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"]

# domain: which login mechanisms it offers
HASHES = {"sha1.test": ("SHA-1", [*PLUS, "PLAIN"]),
          "sha1plus.test": ("SHA-1", ["SCRAM-SHA-1", "PLAIN"]),
          "sha256.test": ("SHA-256", [*PLUS, "PLAIN"]),
          "sha256plus.test": ("SHA-256", ["SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "PLAIN"]),
          "plain.test": ("SHA-1", [*PLUS, "SCRAM-SHA-1"])}

# domain: what is wrong with its certificate
BAD_CERTIFICATES = ("expired.test", "early.test", "foreign.test", "wrong.test")

CONFIG = """\
run_as_root = true
data_path = "{folder}/data"
pidfile = "{folder}/prosody.pid"
plugin_paths = {{ "{here}/witness" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ {direct_port} }}
component_ports = {{ {component_port} }}
component_interfaces = {{ "127.0.0.1" }}
certificates = "{folder}/ca"
s2s_ports = {{ }}
modules_enabled = {{ "disco", "roster", "saslauth", "tls", "ping", "blocklist", "carbons", "pep", "smacks", "csi_simple", "ward_witness" }}
modules_disabled = {{ "s2s", "s2s_auth_certs" }}
c2s_require_encryption = true
allow_registration = false
authentication = "internal_hashed"
storage = "internal"
c2s_stanza_size_limit = 1024 * 1024
log = {{ {{ levels = {{ min = "{level}" }}, to = "console" }} }}
ssl = {{ protocol = "{protocol}", certificate = "{certificate}", key = "{key}" }}
"""


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


def stored_name(text):
    """A name as Prosody's file storage spells it."""
    return re.sub(r"[^A-Za-z0-9]", lambda match: "".join(f"%{b:02x}" for b in match.group().encode()), text)


def lua(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Prosody:
    """One server. `await start()` returns once it listens; `stop()` leaves nothing behind."""

    def __init__(self, protocol="tlsv1_2+", echo=None):
        if not shutil.which("prosody"):
            raise RuntimeError("prosody is not installed: apt-get install prosody")
        self.folder = Path(tempfile.mkdtemp(prefix="ward-prosody-"))
        self.port, self.direct_port, self.component_port = free_ports(3)
        self.process = None
        self.lines = None
        self._echo = echo
        self._protocol = protocol
        self._hash = {}
        self._make_certificates()
        self._write_config()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def direct_address(self):
        return f"127.0.0.1:{self.direct_port}"

    def _make_certificates(self):
        self.authority = Authority(self.folder / "ca", "Ward test authority")
        self.foreign_authority = Authority(self.folder / "foreign", "Somebody else's authority")
        self.ca = self.authority.certificate
        good = [HOME, OTHER, COMPONENT, *HASHES]
        self.certificate, self.key = self.authority.issue("server", *good)
        self._certificates = {
            "expired.test": self.authority.issue("expired", "expired.test", begins=-60, ends=-30),
            "early.test": self.authority.issue("early", "early.test", begins=5, ends=30),
            "foreign.test": self.foreign_authority.issue("foreign", "foreign.test"),
            "wrong.test": self.authority.issue("wrong", "elsewhere.test")}

    def _write_config(self):
        (self.folder / "data").mkdir(exist_ok=True)
        text = CONFIG.format(folder=self.folder, here=Path(__file__).parent, port=self.port,
                             direct_port=self.direct_port, component_port=self.component_port,
                             protocol=self._protocol, certificate=self.certificate, key=self.key,
                             level=os.environ.get("PROSODY_LOG", "info"))
        for domain in (HOME, OTHER):
            text += f'VirtualHost "{domain}"\n'
            self._hash[domain] = "SHA-1"
        for domain, (kind, without) in HASHES.items():
            names = ", ".join(lua(name) for name in without)
            text += f'VirtualHost "{domain}"\n  password_hash = "{kind}"\n  disable_sasl_mechanisms = {{ {names} }}\n'
            text += f"  ward_no_channel_binding = {'true' if PLUS[0] in without and PLUS[1] in without else 'false'}\n"
            self._hash[domain] = kind
        for domain in BAD_CERTIFICATES:
            certificate, key = self._certificates[domain]
            text += f'VirtualHost "{domain}"\n  ssl = {{ certificate = "{certificate}", key = "{key}" }}\n'
            self._hash[domain] = "SHA-1"
        text += f'Component "{COMPONENT}"\n  component_secret = "{COMPONENT_SECRET}"\n'
        (self.folder / "prosody.cfg.lua").write_text(text)

    def _store(self, domain, kind, user, text):
        folder = self.folder / "data" / stored_name(domain) / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{stored_name(user)}.dat").write_text(text)

    def account(self, jid, password, iterations=4096):
        """Makes an account or changes its password, as a SCRAM server stores it: the password itself is not kept."""
        user, domain = jid.split("@")
        name = self._hash[domain].replace("-", "").lower()
        salt = os.urandom(12).hex()
        salted = hashlib.pbkdf2_hmac(name, password.encode(), salt.encode(), iterations)
        client = hmac.digest(salted, b"Client Key", name)
        values = {"iteration_count": str(iterations), "salt": lua(salt),
                  "stored_key": lua(hashlib.new(name, client).hexdigest()),
                  "server_key": lua(hmac.digest(salted, b"Server Key", name).hex())}
        self._store(domain, "accounts", user,
                    "return {\n" + "".join(f"\t[{lua(key)}] = {value};\n" for key, value in values.items()) + "};\n")

    def roster(self, jid, entries):
        """Sets the stored roster of an account that is not logged in: {jid: subscription}."""
        user, domain = jid.split("@")
        items = "".join(f"\t[{lua(other)}] = {{ subscription = {lua(kind)}; groups = {{ }} }};\n"
                        for other, kind in entries.items())
        self._store(domain, "roster", user,
                    "return {\n\t[false] = { version = 1; pending = { } };\n" + items + "};\n")

    def stored_roster(self, jid):
        """The roster file of an account, as text; empty when there is none."""
        user, domain = jid.split("@")
        file = self.folder / "data" / stored_name(domain) / "roster" / f"{stored_name(user)}.dat"
        return file.read_text() if file.exists() else ""

    async def start(self):
        self.process = subprocess.Popen(
            ["prosody", "-F", "--config", str(self.folder / "prosody.cfg.lua")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(self.folder), "LANG": "C.UTF-8"})
        self.lines = Lines(self.process.stdout, self._echo)
        try:
            for service in ("component", "c2s", "c2s_direct_tls"):
                await self.lines.expect(rf"Activated service '{service}' on .*127\.0\.0\.1", 20, what="line of Prosody")
            for domain in self._hash:
                await self.lines.expect(rf"^{re.escape(domain)}:tls.*Certificates loaded", 20, what="line of Prosody")
        except BaseException:
            self.kill()
            raise
        return self

    def kill(self):
        """Ends it as a power cut would."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
            self.lines.finish()

    def halt(self):
        """Ends it in good order; it tells its clients."""
        if self.process and self.process.poll() is None:
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
