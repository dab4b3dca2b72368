"""A certificate authority of the tests' own, and the good and bad certificates it makes."""

import datetime
import subprocess
from pathlib import Path

AUTHORITY = """\
[ca]
default_ca = here
[here]
dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = anything
copy_extensions = copy
unique_subject = no
[anything]
commonName = supplied
"""


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")


def stamp(days):
    """The moment `days` from now as openssl wants it."""
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return then.strftime("%Y%m%d%H%M%SZ")


class Authority:
    """One CA in one folder; `certificate` is what a client is told to trust."""

    def __init__(self, folder, name):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.certificate = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        self._config = self.folder / "ca.cnf"
        self._config.write_text(AUTHORITY.format(folder=self.folder))
        (self.folder / "index.txt").write_text("")
        (self.folder / "serial").write_text("1000\n")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.key, "-out", self.certificate, "-days", "30", "-subj", f"/CN={name}",
                "-addext", "basicConstraints=critical,CA:true",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, file, *names, begins=-1, ends=30):
        """A server certificate for `names`, valid from `begins` to `ends` days from now; (certificate, key)."""
        certificate, key, request = (self.folder / f"{file}.{kind}" for kind in ("crt", "key", "csr"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", key, "-out", request, "-subj", f"/CN={names[0]}",
                "-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names),
                "-addext", "extendedKeyUsage=serverAuth,clientAuth")   # servers speak to servers as both
        openssl("ca", "-batch", "-notext", "-config", self._config, "-cert", self.certificate,
                "-keyfile", self.key, "-in", request, "-out", certificate,
                "-startdate", stamp(begins), "-enddate", stamp(ends))
        return certificate, key
