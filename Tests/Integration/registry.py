#!/usr/bin/python3
"""A small registry of Things (XEP-0347), as a component of an XMPP server: for the tests and the demonstration.

Things register here with their tags and their KEY, and whoever brings the same tags with the same KEY
is their owner. What it knows it knows until it ends. Of a KEY only the digest is kept, and
nothing of it is ever found, shown or logged.

Of the specification it leaves out Things that own themselves and Things behind concentrators.
"""

import argparse
import asyncio
import contextlib
import decimal
import hashlib
import hmac
import itertools
import re
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from actors import Component
from stanzas import STANZAS, bare, local

DISCOVERY = "urn:xmpp:iot:discovery"
NAME = re.compile(r"[^\s:#]{1,32}")
VALUE_LIMIT = 128
TAG_LIMIT = 32
FOUND_LIMIT = 20                # Things in one answer to a search
# How long an owner's wish to give a Thing up waits for the Thing, which may have to ask that owner: 2 minutes.
PATIENCE = 165


class Refused(Exception):
    """An error to answer with: its type and its condition."""

    def __init__(self, kind, condition):
        super().__init__(condition)
        self.kind, self.condition = kind, condition


MISSING = ("cancel", "item-not-found")      # also for what is somebody else's: why is not told
BAD = ("modify", "bad-request")


@dataclass
class Record:
    """One Thing: what it says of itself, and whose it is."""

    address: str                # where it last spoke from: requests to its bare address would not reach it
    tags: dict = field(default_factory=dict)        # NAME: str or Decimal; without the KEY
    key: bytes = None           # its digest
    owner: str = None           # bare
    public: bool = True
    knows: bool = False         # the Thing has acknowledged its owner


def digest(key):
    return hashlib.sha256(key.encode()).digest()


def tags_of(element):
    """({NAME: value}, the KEY's digest or None); raises Refused. Names are the same in any case."""
    tags, key = {}, None
    for child in element:
        kind, name, value = local(child), (child.get("name") or "").upper(), child.get("value")
        if kind not in ("str", "num") or value is None or len(value.encode()) > VALUE_LIMIT or not NAME.fullmatch(name) \
                or name in tags or len(tags) >= TAG_LIMIT or (name == "KEY" and key):
            raise Refused(*BAD)
        if name == "KEY":
            key = digest(value)
        else:
            tags[name] = number(value) if kind == "num" else value
    return tags, key


def number(text):
    if not re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)", text or ""):
        raise Refused(*BAD)
    return decimal.Decimal(text)


def is_true(text, default):
    return default if text is None else text in ("true", "1")


class Registry(Component):
    """One registry. `told` is what it said to Things and what they answered, for tests: (name, to, "result" or a condition)."""

    def __init__(self, server, jid, secret, patience=PATIENCE, says=None):
        Component.__init__(self, server, jid, secret)
        self["xep_0030"].add_feature(DISCOVERY)
        self["xep_0030"].add_identity("directory", "thing-registry", "Things")
        self.records = {}       # bare address of the Thing: Record
        self.patience = patience
        self.requests = []      # (name, bare address of who asked)
        self.told = []
        self.deaf = False       # nothing is answered and nothing noticed, as if the service hung
        self._numbers = itertools.count(1)
        self._waiting = {}      # id: (address, future)
        self._tasks = set()
        self._note = says or (lambda line: None)

    # what it is asked

    def answers(self, xml):
        if local(xml) != "iq":
            return False
        if xml.get("type") in ("result", "error"):
            address, heard = self._waiting.get(xml.get("id"), (None, None))
            if address == xml.get("from") and not heard.done() and not self.deaf:
                heard.set_result("result" if xml.get("type") == "result" else next(
                    (local(part) for error in xml for part in error if part.tag.startswith(f"{{{STANZAS}}}")), "error"))
                return True
            return False
        child = next(iter(xml), None)
        if child is None or not child.tag.startswith(f"{{{DISCOVERY}}}") or xml.get("to") != self.bare:
            return False
        if not self.deaf:
            self.requests.append((local(child), bare(xml.get("from"))))
            task = asyncio.ensure_future(self._handle(xml, child))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return True

    async def _handle(self, xml, element):
        name = local(element)
        kind, handler = {"register": ("set", self._register), "mine": ("set", self._mine), "update": ("set", self._update),
                         "remove": ("set", self._remove), "disown": ("set", self._disown),
                         "unregister": ("set", self._unregister), "search": ("get", self._search)}.get(name, (None, None))
        sender, id = xml.get("from"), xml.get("id")
        try:
            if kind != xml.get("type") or any(element.get(each) for each in ("nodeId", "sourceId", "cacheType", "selfOwned")):
                raise Refused("cancel", "feature-not-implemented")
            payload = await handler(sender, element) or ""
            self._note(f"{name} by {bare(sender)}: done")
            self.says(f"<iq to={quoteattr(sender)} from='{self.bare}' type='result' id={quoteattr(id)}>{payload}</iq>")
        except Refused as refusal:
            self._note(f"{name} by {bare(sender)}: {refusal.condition}")
            self.says(f"<iq to={quoteattr(sender)} from='{self.bare}' type='error' id={quoteattr(id)}><error type='{refusal.kind}'>"
                      f"<{refusal.condition} xmlns='{STANZAS}'/></error></iq>")

    # by the Thing

    async def _register(self, sender, element):
        tags, key = tags_of(element)
        if key is None or "@" not in sender:
            raise Refused(*BAD)
        known = self.records.get(bare(sender))
        if known and known.owner:
            known.address, known.knows = sender, True
            return self._claimed(known)
        self.records[bare(sender)] = Record(sender, tags, key)

    async def _update(self, sender, element):
        tags, _ = tags_of(element)
        thing = element.get("jid")
        if thing is None:
            record = self.records.get(bare(sender))
            if record is None:
                raise Refused(*MISSING)
            record.address = sender
            if not record.owner:
                return f"<disowned xmlns='{DISCOVERY}'/>"
        else:
            record = self._owned(thing, sender)
        record.tags = {name: value for name, value in (record.tags | tags).items() if value != ""}

    async def _unregister(self, sender, element):
        self.records.pop(bare(sender), None)

    # by people

    async def _mine(self, sender, element):
        tags, key = tags_of(element)
        owner = bare(sender)
        for thing, record in self.records.items():
            if record.tags == tags and key and record.key and hmac.compare_digest(record.key, key) and record.owner in (None, owner):
                if record.owner is None:
                    record.owner, record.public, record.knows = owner, is_true(element.get("public"), True), False
                    task = asyncio.ensure_future(self._tells_owner(record))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                return f"<claimed xmlns='{DISCOVERY}' jid={quoteattr(thing)}/>"
        raise Refused(*MISSING)

    async def _tells_owner(self, record):
        """Without an acknowledgement the Thing is told when it registers again."""
        if await self.tell_thing(record.address, self._claimed(record), 30) == "result":
            record.knows = True

    def _claimed(self, record):
        private = "" if record.public else " public='false'"
        return f"<claimed xmlns='{DISCOVERY}' jid={quoteattr(record.owner)}{private}/>"

    async def _remove(self, sender, element):
        thing = element.get("jid") or ""
        record = self._owned(thing, sender)
        del self.records[thing]
        await self.tell_thing(record.address, f"<removed xmlns='{DISCOVERY}'/>", 10)

    async def _disown(self, sender, element):
        thing = element.get("jid") or ""
        record = self._owned(thing, sender)
        if await self.tell_thing(record.address, f"<disowned xmlns='{DISCOVERY}'/>", self.patience) != "result":
            raise Refused("cancel", "not-allowed")
        # The Thing may have unregistered by now, or registered with a new KEY.
        if self.records.get(thing) is record:
            self.records[thing] = Record(record.address, {}, digest(secrets.token_hex(16)))

    def _owned(self, thing, sender):
        record = self.records.get(thing)
        if record is None or record.owner != bare(sender):
            raise Refused(*MISSING)
        return record

    async def tell_thing(self, address, payload, limit):
        """Sends a request to a Thing; "result", the condition of its error, or "silence"."""
        id = f"registry-{next(self._numbers)}-{secrets.token_hex(6)}"
        heard = asyncio.get_running_loop().create_future()
        self._waiting[id] = (address, heard)
        self.says(f"<iq to={quoteattr(address)} from='{self.bare}' type='set' id='{id}'>{payload}</iq>")
        outcome = "silence"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                outcome = await heard
        del self._waiting[id]
        name = re.match(r"<(\w+)", payload)[1]
        self.told.append((name, bare(address), outcome))
        self._note(f"{name} to {bare(address)}: {outcome}")
        return outcome

    # by anybody

    async def _search(self, sender, element):
        conditions = [condition(part) for part in element]
        if not conditions:
            raise Refused(*BAD)
        offset, most = (int(number(element.get(name) or default)) for name, default in (("offset", "0"), ("maxCount", str(FOUND_LIMIT))))
        if offset < 0 or most < 1:
            raise Refused(*BAD)
        all = [(thing, record) for thing, record in sorted(self.records.items())
               if record.owner and record.public and all_hold(conditions, record.tags)]
        most = min(most, FOUND_LIMIT)
        found = "".join(
            f"<thing owner={quoteattr(record.owner)} jid={quoteattr(thing)}>" + "".join(
                f"<{'num' if isinstance(value, decimal.Decimal) else 'str'} name={quoteattr(name)} value={quoteattr(str(value))}/>"
                for name, value in record.tags.items()) + "</thing>"
            for thing, record in all[offset:offset + most])
        more = "true" if len(all) > offset + most else "false"
        return f"<found xmlns='{DISCOVERY}' more='{more}'>{found}</found>"


# Searches


COMPARISONS = {"Eq": lambda a, b: a == b, "NEq": lambda a, b: a != b, "Gt": lambda a, b: a > b, "GtEq": lambda a, b: a >= b,
               "Lt": lambda a, b: a < b, "LtEq": lambda a, b: a <= b}


def condition(element):
    """(NAME, type of value, what has to hold) of a search's operator; raises Refused."""
    operator, name = local(element), (element.get("name") or "").upper()
    kind, operator = {"str": str, "num": decimal.Decimal}.get(operator[:3]), operator[3:]
    read = number if kind is decimal.Decimal else (lambda text: text if text is not None else "")
    if kind and operator in COMPARISONS:
        wanted = read(element.get("value"))
        return name, kind, lambda value: COMPARISONS[operator](value, wanted)
    if kind and operator in ("Range", "NRange"):
        low, high = read(element.get("min")), read(element.get("max"))
        above = COMPARISONS["GtEq" if is_true(element.get("minIncluded"), True) else "Gt"]
        below = COMPARISONS["LtEq" if is_true(element.get("maxIncluded"), True) else "Lt"]
        return name, kind, lambda value: (above(value, low) and below(value, high)) == (operator == "Range")
    if kind is str and operator == "Mask":
        wildcard = element.get("wildcard") or "*"
        pattern = ".*".join(re.escape(part) for part in (element.get("value") or "").split(wildcard))
        return name, kind, lambda value: re.fullmatch(pattern, value, re.DOTALL) is not None
    raise Refused(*BAD)


def all_hold(conditions, tags):
    """A tag that is not there holds nothing; the KEY never is."""
    return all(isinstance(tags.get(name), kind) and holds(tags[name]) for name, kind, holds in conditions)


# By itself


@dataclass
class Place:
    component_port: int


async def serve(options):
    secret = Path(options.secret_file).read_text().strip()
    registry = Registry(Place(options.port), options.address, secret, says=lambda line: print(line, flush=True))
    await registry.online()
    print(f"{options.address} is there; Ctrl-C ends it", flush=True)
    await registry.disconnected
    print("the server has closed the connection", file=sys.stderr)
    return 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", required=True, help="the component's, as in registry.example.org")
    parser.add_argument("--port", type=int, default=5347, help="the server's port for components, on this machine")
    parser.add_argument("--secret-file", required=True, metavar="FILE", help="the component's secret, in one line")
    try:
        sys.exit(asyncio.run(serve(parser.parse_args())))
    except KeyboardInterrupt:
        sys.exit(0)
    except (OSError, TimeoutError) as problem:
        sys.exit(f"registry.py: {str(problem) or 'the server does not answer'}")
