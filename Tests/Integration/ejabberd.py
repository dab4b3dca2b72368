"""A real ejabberd, of which the tests ask the same as of Prosody.

Its Erlang has no node name: nothing is distributed, and no epmd is started.

Where it differs: its roster pushes bear the account's address; it offers SCRAM-SHA-256-PLUS; it passes
on a request with two children, which Prosody answers itself; attributes come in another order; and
accounts made a moment before it is killed are gone afterwards.
"""

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from server import COMPONENT_SECRET, OPEN, Server, free_ports

MODULES = ("mod_admin_extra", "mod_blocking", "mod_caps", "mod_carboncopy", "mod_client_state", "mod_disco", "mod_ping",
           "mod_privacy", "mod_stream_mgmt", "mod_ward_witness")


class Ejabberd(Server):
    """One ejabberd. Accounts and rosters are kept by its commands, so that it must run to have them."""

    program, package = "erl", "ejabberd"
    strongest = "SCRAM-SHA-256-PLUS"

    def configure(self):
        try:
            [self._libraries, *_] = sorted(Path("/usr/lib").glob("*/ejabberd-*/ebin"))
        except ValueError:
            raise RuntimeError("ejabberd is not installed: apt-get install ejabberd") from None
        [self._command_port] = free_ports(1)
        names = [*self.domains, *self.components]
        self.certificate, self.key = self.authority.issue(f"ejabberd-{self.domains[0]}", *names)
        both = self.folder / "server.pem"
        both.touch(0o600)
        both.write_text(self.certificate.read_text() + self.key.read_text())
        for name in ("spool", "log", "modules"):
            (self.folder / name).mkdir()
        client = {"ip": "127.0.0.1", "module": "ejabberd_c2s", "max_stanza_size": 1024 * 1024, "backlog": 128}
        listeners = [{**client, "port": self.port, "starttls_required": True},
                     {**client, "port": self.direct_port, "tls": True},
                     {"ip": "127.0.0.1", "port": self._command_port, "module": "ejabberd_http", "backlog": 128,
                      "request_handlers": {"/api": "mod_http_api"}}]
        if self.component:
            listeners.append({"ip": "127.0.0.1", "port": self.component_port, "module": "ejabberd_service",
                              "hosts": {service: {"password": COMPONENT_SECRET} for service in self.components}})
        if self.names:
            listeners.append({"ip": "127.0.0.1", "port": self.far_port, "module": "ejabberd_s2s_in"})
        # JSON is YAML. Servers are known by their certificates alone: there is no dialback.
        (self.folder / "ejabberd.yml").write_text(json.dumps({
            "hosts": list(self.domains), "listen": listeners, "certfiles": [str(both)], "ca_file": str(self.ca),
            "loglevel": "info", "hide_sensitive_log_data": True, "acme": {"auto": False},
            "auth_method": "internal", "auth_password_format": "scram", "auth_scram_hash": "sha256",
            "s2s_access": "all" if self.names else "none", "s2s_use_starttls": "required",
            "api_permissions": {"the tests": {"who": {"ip": "127.0.0.1/8"}, "what": "*"}},
            "acl": {"newcomers": {"server": OPEN}}, "access_rules": {"newcomers": {"allow": "newcomers"}},
            "registration_timeout": "infinity",
            "modules": {**{name: {} for name in MODULES}, "mod_roster": {"versioning": True},
                        "mod_register": {"access": "newcomers"}}}, indent=1))
        # It asks no name server but the tests' own: another one would be traffic that leaves this
        # machine, and one that does not answer would hold up its start.
        lookup = '{lookup, [file]}.\n{host, {127,0,0,1}, ["localhost"]}.\n'
        if self.names:
            host, port = self.names.address.split(":")
            lookup = f'{{lookup, [dns]}}.\n{{nameserver, {{{host.replace(".", ",")}}}, {port}}}.\n'
        (self.folder / "inetrc").write_text('{resolv_conf, ""}.\n{hosts_file, ""}.\n' + lookup)
        self._compile_witness()

    def _compile_witness(self):
        done = subprocess.run(["erlc", "-o", str(self.folder / "modules"),
                               str(Path(__file__).parent / "witness" / "mod_ward_witness.erl")],
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"erlc failed: {done.stdout}{done.stderr}")

    def command(self):
        # One scheduler that does not spin: the Things and the clients want the processor too.
        return ["erl", "+S", "1", "+sbwt", "none", "-noinput", "-pa", str(self.folder / "modules"),
                "-mnesia", "dir", f'"{self.folder / "spool"}"', "-s", "ejabberd"]

    def environment(self):
        return {"ERL_LIBS": str(self._libraries.parent.parent), "EJABBERD_CONFIG_PATH": str(self.folder / "ejabberd.yml"),
                 "EJABBERD_LOG_PATH": str(self.folder / "log" / "ejabberd.log"),
                 "ERL_CRASH_DUMP": str(self.folder / "log" / "erl_crash.dump"),
                 "ERL_INETRC": str(self.folder / "inetrc")}

    async def ready(self):
        # A second or two where nothing else runs; on a machine that is busy building it was seen to take half a minute.
        ports = [self.port, self.direct_port, self._command_port]
        ports += [self.component_port] if self.component else []
        ports += [self.far_port] if self.names else []
        for port in ports:
            await self.says(rf"Start accepting T(CP|LS) connections at 127\.0\.0\.1:{port} ", limit=90)

    def _orders(self, command, **arguments):
        """Runs one of ejabberd's commands; (HTTP status, answer)."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._command_port}/api/{command}",
                                         json.dumps(arguments).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def _must(self, command, **arguments):
        status, answer = self._orders(command, **arguments)
        if status != 200:
            raise RuntimeError(f"ejabberd's command {command} failed with {status}: {answer}")
        return answer

    def pushes_as(self, jid):
        return jid

    def account(self, jid, password, iterations=4096):
        if iterations != 4096:
            raise ValueError("ejabberd knows one number of iterations, 4096")
        user, domain = jid.split("@")
        status, _ = self._orders("register", user=user, host=domain, password=password)
        if status != 200:
            self._must("change_password", user=user, host=domain, newpass=password)

    def accounts(self, domain):
        return sorted(json.loads(self._must("registered_users", host=domain)))

    def forget(self, jid):
        user, domain = jid.split("@")
        self._must("unregister", user=user, host=domain)

    def roster(self, jid, entries):
        user, domain = jid.split("@")
        for other, kind in entries.items():
            name, _, host = other.rpartition("@")
            self._must("add_rosteritem", localuser=user, localhost=domain, user=name, host=host, nick="", group="",
                       subs=kind)
