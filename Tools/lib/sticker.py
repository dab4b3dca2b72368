"""What stands on a Thing's sticker: its tags and its KEY, as text in both forms, and as a QR code.

The forms are that of XEP-0347 §3.6, `IoTDisco;SN:123;#V:1.2;KEY:abc`, and that of the `iotdisco`
URI scheme, `iotdisco:SN=123;#V=1.2;KEY=abc;R=registry.example.org`. Whoever has the text can claim
the Thing: it goes through pipes and into files of mode 0600, never into a command line or a log.
"""

import decimal
import os
import re
import secrets
import subprocess
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes
from xml.sax.saxutils import escape

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"    # Crockford's base 32: without I, L, O and U
KEY_LENGTH = 20                                  # 100 bits
KEY = re.compile(f"[{ALPHABET}]{{{KEY_LENGTH}}}")
TAG = re.compile(r"[A-Za-z0-9_-]{1,32}")
VALUE_LIMIT = 128                                # bytes of UTF-8 (XEP-0347 §5.1)
NUMERIC = ("V", "LAT", "LON", "ALT")             # numbers, where the value is one
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
DIGITS = 18                                      # more than that is a word to a Thing
REGISTRY = "R"
XEP, URI, ADDRESS = "IoTDisco;", "iotdisco:", "xmpp:"


class Unreadable(ValueError):
    """No sticker's text; the words say why, and never quote it, since a KEY may be in it."""


def fresh_key():
    """A KEY of 100 bits from the kernel's generator, canonical: 20 characters without hyphens."""
    return "".join(secrets.choice(ALPHABET) for _ in range(KEY_LENGTH))


def canonical_key(text):
    """The KEY that a person wrote: any case, hyphens and blanks ignored, O read as 0, I and L as 1. None if it is none."""
    key = re.sub(r"[-\s]", "", text).upper().translate(str.maketrans("OIL", "011"))
    return key if KEY.fullmatch(key) else None


def grouped(key):
    """A KEY as it is shown: XXXX-XXXX-XXXX-XXXX-XXXX."""
    return "-".join(key[i:i + 4] for i in range(0, len(key), 4))


def is_number(name, value):
    """Whether a tag is a numeric one on the sticker and in the registry."""
    return name in NUMERIC and NUMBER.fullmatch(value) is not None and sum(map(str.isdigit, value)) <= DIGITS


class Sticker:
    """Tags in their order, (NAME, value), the KEY, the registry where there is one, and the Thing's account where it has one already."""

    def __init__(self, tags, key, registry=None, address=None):
        self.tags, self.key, self.registry, self.address = tuple(tags), key, registry, address

    def __eq__(self, other):
        """Whether both are the same Thing's; only one form of the text names the registry."""
        def meaning(sticker):
            return [(name, decimal.Decimal(value) if is_number(name, value) else value) for name, value in sticker.tags]
        return isinstance(other, Sticker) and self.key == other.key and meaning(self) == meaning(other)

    @property
    def xep(self):
        """The form of XEP-0347: `;` and `\\` within values behind a `\\`, numbers marked with `#`."""
        return XEP + ";".join(
            f"{'#' if is_number(name, value) else ''}{name}:" + value.replace("\\", "\\\\").replace(";", "\\;")
            for name, value in (*self.tags, ("KEY", self.key)))

    @property
    def uri(self):
        """The form of the URI scheme, with values percent-encoded."""
        all = (*self.tags, ("KEY", self.key), *([(REGISTRY, self.registry)] if self.registry else []))
        return URI + ";".join(f"{'#' if is_number(name, value) else ''}{name}=" + (value if name == REGISTRY else quote(value, safe=""))
                              for name, value in all)

    @property
    def words(self):
        """What a person reads and types, in lines: the Thing's serial number, its KEY in groups, its account."""
        serial = next((value for name, value in self.tags if name == "SN"), None)
        return [*([f"SN {serial}"] if serial else []), f"KEY {grouped(self.key)}", *([self.address] if self.address else [])]

    @classmethod
    def read(cls, text):
        """The sticker of a text that has one or both forms, each in its own line; other lines are passed over."""
        found, address = [], None
        for line in text.splitlines():
            line = line.strip()
            if line.startswith(XEP):
                found.append(cls._from(_split_xep(line[len(XEP):])))
            elif line[:len(URI)].lower() == URI:
                found.append(cls._from(_split_uri(line[len(URI):])))
            elif line.startswith(ADDRESS) and line.isprintable():
                address = line[len(ADDRESS):]
        if not found:
            raise Unreadable(f"no line begins with {XEP} or {URI}")
        first = found[0]
        first.address = address
        for other in found[1:]:
            if other != first or (first.registry and other.registry and first.registry != other.registry):
                raise Unreadable("the lines are not of one Thing")
            first.registry = first.registry or other.registry
        return first

    @classmethod
    def _from(cls, pairs):
        tags, key, registry, names = [], None, None, set()
        for name, value in pairs:
            name = name.removeprefix("#").upper()
            if not TAG.fullmatch(name):
                raise Unreadable("a tag's name is none")
            if name in names:
                raise Unreadable(f"the tag {name} stands there twice")
            names.add(name)
            if len(value.encode()) > VALUE_LIMIT and name != REGISTRY:
                raise Unreadable(f"the tag {name} has more than {VALUE_LIMIT} bytes")
            if any(ord(character) < 32 or ord(character) == 127 for character in value):
                raise Unreadable(f"the tag {name} has a control character")
            if name == "KEY":
                key = canonical_key(value)
            elif name == REGISTRY:
                registry = value
            else:
                tags.append((name, value))
        if key is None:
            raise Unreadable("there is no KEY in it, or not one of Ward's")
        return cls(tags, key, registry)


def _split_xep(text):
    parts, escaped = [""], False
    for character in text:
        if not escaped and character == "\\":
            escaped = True
            continue
        if not escaped and character == ";":
            parts.append("")
        else:
            parts[-1] += character
        escaped = False
    if escaped:
        raise Unreadable("it ends within an escape")
    return _pairs(parts, ":")


def _split_uri(text):
    try:
        return [(name, unquote_to_bytes(value).decode()) for name, value in _pairs(text.split(";"), "=")]
    except UnicodeDecodeError:
        raise Unreadable("a value is not UTF-8") from None


def _pairs(parts, mark):
    pairs = [part.partition(mark) for part in parts]
    if not all(found for _, found, _ in pairs):
        raise Unreadable(f"a part of it has no {mark}")
    return [(name, value) for name, _, value in pairs]


# The QR code


def _qrencode(text, *arguments):
    """Debian's qrencode, told the text by a pipe; what it wrote."""
    try:
        done = subprocess.run(["qrencode", "--8bit", "--level=M", "--output=-", *arguments], input=text.encode(), capture_output=True)
    except FileNotFoundError:
        raise RuntimeError("qrencode is not installed: apt-get install qrencode") from None
    if done.returncode:
        raise RuntimeError("qrencode failed: " + done.stderr.decode(errors="replace").strip())
    return done.stdout


def png(text):
    """A picture with 8 dots for each module."""
    return _qrencode(text, "--type=PNG", "--size=8", "--margin=4")


def terminal(text):
    """Lines of half blocks, dark on light whatever the terminal's colours."""
    return _qrencode(text, "--type=ANSIUTF8", "--margin=2").decode()


def svg(text, lines=()):
    """The code with lines of words under it, a module being one unit."""
    rows = [row for row in _qrencode(text, "--type=ASCII", "--margin=4").decode().split("\n") if row]
    size = len(rows)
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x in range(size) if row[2 * x] == "#")
    letter = size / max(30, *(0.62 * len(line) for line in lines)) if lines else 0
    height = size + letter * 1.6 * len(lines)
    words = "".join(f'<text x="{size / 2:g}" y="{size + letter * (1.6 * i + 1):.2f}">{escape(line)}</text>\n'
                    for i, line in enumerate(lines))
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="40mm" height="{40 * height / size:.2f}mm" '
            f'viewBox="0 0 {size} {height:.2f}">\n<rect width="100%" height="100%" fill="#fff"/>\n'
            f'<path d="{dark}" shape-rendering="crispEdges"/>\n'
            f'<g font-family="monospace" font-size="{letter:.2f}" text-anchor="middle">\n{words}</g>\n</svg>\n').encode()


def write(path, content):
    """Writes a file that only its owner may read, whole or not at all, and never over another."""
    path = Path(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
