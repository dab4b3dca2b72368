"""A real Prosody, with all the domains, good and bad, that the tests log in to."""

import hashlib
import hmac
import os
import re
from pathlib import Path

from certificates import Authority
from server import COMPONENT_SECRET, HOME, OPEN, Server

PLUS = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"]

# domain: which login mechanisms it offers
HASHES = {"sha1.test": ("SHA-1", [*PLUS, "PLAIN"]),
          "sha1plus.test": ("SHA-1", ["SCRAM-SHA-1", "PLAIN"]),
          "sha256.test": ("SHA-256", [*PLUS, "PLAIN"]),
          "sha256plus.test": ("SHA-256", ["SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "PLAIN"]),
          "plain.test": ("SHA-1", [*PLUS, "SCRAM-SHA-1"])}

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
certificates = "{authority}"
modules_enabled = {{ "disco", "roster", "saslauth", "tls", "ping", "blocklist", "carbons", "pep", "smacks", "csi_simple", "ward_witness" }}
c2s_require_encryption = true
allow_registration = false
authentication = "internal_hashed"
storage = "internal"
c2s_stanza_size_limit = 1024 * 1024
log = {{ {{ levels = {{ min = "{level}" }}, to = "console" }} }}
"""

ALONE = """\
s2s_ports = {{ }}
modules_disabled = {{ "s2s", "s2s_auth_certs" }}
ssl = {{ protocol = "{protocol}", certificate = "{certificate}", key = "{key}" }}
"""

# By certificates alone: no dialback. The name server is asked for .test too, which resolvers
# otherwise know to be nobody's (RFC 6761), and may be on loopback.
FEDERATED = """\
s2s_ports = {{ {far_port} }}
s2s_require_encryption = true
s2s_secure_auth = true
ssl = {{ protocol = "{protocol}", certificate = "{certificate}", key = "{key}", cafile = "{ca}" }}
unbound = {{ resolvconf = false; hoststxt = false; forward = "{names}";
  options = {{ ["do-not-query-localhost:"] = "no"; ["local-zone:"] = "test. transparent" }} }}
"""


def stored_name(text):
    """A name as Prosody's file storage spells it."""
    return re.sub(r"[^A-Za-z0-9]", lambda match: "".join(f"%{b:02x}" for b in match.group().encode()), text)


def lua(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Prosody(Server):
    """One Prosody. The domains beyond those it is given, for logins of every kind, are its own:
    it has them where it has the home domain."""

    program = package = "prosody"
    strongest = "SCRAM-SHA-1-PLUS"

    def __init__(self, protocol="tlsv1_2+", **more):
        self._protocol = protocol
        self._hash = {}
        super().__init__(**more)

    def configure(self):
        laboratory = HOME in self.domains    # where the logins of every kind are tried
        hashes = HASHES if laboratory else {}
        names = [*self.domains, *self.components, *hashes]
        self.certificate, self.key = self.authority.issue(f"prosody-{self.domains[0]}", *names)
        (self.folder / "data").mkdir()
        text = (CONFIG + (FEDERATED if self.names else ALONE)).format(
            folder=self.folder, authority=self.authority.folder, here=Path(__file__).parent, port=self.port, direct_port=self.direct_port,
            component_port=self.component_port, far_port=self.far_port, protocol=self._protocol, ca=self.ca,
            certificate=self.certificate, key=self.key, names=self.names and self.names.address.replace(":", "@"),
            level=os.environ.get("PROSODY_LOG", "info"))
        for domain in self.domains:
            text += f'VirtualHost "{domain}"\n'
            if domain == OPEN:
                text += '  modules_enabled = { "register_ibr" }\n  allow_registration = true\n'
            self._hash[domain] = "SHA-1"
        for domain, (kind, without) in hashes.items():
            listed = ", ".join(lua(name) for name in without)
            text += f'VirtualHost "{domain}"\n  password_hash = "{kind}"\n  disable_sasl_mechanisms = {{ {listed} }}\n'
            text += f"  ward_no_channel_binding = {'true' if PLUS[0] in without and PLUS[1] in without else 'false'}\n"
            self._hash[domain] = kind
        for domain, (certificate, key) in (self._wrong_certificates() if laboratory else {}).items():
            text += f'VirtualHost "{domain}"\n  ssl = {{ certificate = "{certificate}", key = "{key}" }}\n'
            self._hash[domain] = "SHA-1"
        for service in self.components:
            text += f'Component "{service}"\n  component_secret = "{COMPONENT_SECRET}"\n'
        (self.folder / "prosody.cfg.lua").write_text(text)

    def _wrong_certificates(self):
        """Domains whose certificate a client must refuse, each for a reason of its own."""
        self.foreign_authority = Authority(self.folder / "foreign", "Somebody else's authority")
        return {"expired.test": self.authority.issue("expired", "expired.test", begins=-60, ends=-30),
                "early.test": self.authority.issue("early", "early.test", begins=5, ends=30),
                "foreign.test": self.foreign_authority.issue("foreign", "foreign.test"),
                "wrong.test": self.authority.issue("wrong", "elsewhere.test")}

    def command(self):
        return ["prosody", "-F", "--config", str(self.folder / "prosody.cfg.lua")]

    async def ready(self):
        services = ["c2s", "c2s_direct_tls"]
        services += ["component"] if self.component else []
        services += ["s2s"] if self.names else []
        for service in services:
            await self.says(rf"Activated service '{service}' on .*127\.0\.0\.1")
        for domain in self._hash:
            await self.says(rf"^{re.escape(domain)}:tls.*Certificates loaded")

    def _store(self, domain, kind, user, text):
        folder = self.folder / "data" / stored_name(domain) / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{stored_name(user)}.dat").write_text(text)

    def account(self, jid, password, iterations=4096):
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

    def _accounts(self, domain):
        return self.folder / "data" / stored_name(domain) / "accounts"

    def accounts(self, domain):
        return sorted(path.stem for path in self._accounts(domain).glob("*.dat"))

    def forget(self, jid):
        user, domain = jid.split("@")
        (self._accounts(domain) / f"{stored_name(user)}.dat").unlink()

    def roster(self, jid, entries):
        user, domain = jid.split("@")
        items = "".join(f"\t[{lua(other)}] = {{ subscription = {lua(kind)}; groups = {{ }} }};\n"
                        for other, kind in entries.items())
        self._store(domain, "roster", user,
                    "return {\n\t[false] = { version = 1; pending = { } };\n" + items + "};\n")
