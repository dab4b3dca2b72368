"""The people of a conversation: each a real XMPP client (slixmpp) that says what a test tells it to.

A person keeps every stanza that was received until a test asks for it with `hears`; nothing is
answered automatically but what a client library answers by itself (ping, disco, unknown requests).
"""

import asyncio
import itertools
import logging
from xml.sax.saxutils import quoteattr

logging.getLogger("slixmpp").setLevel(logging.CRITICAL)

from slixmpp import ClientXMPP, ComponentXMPP  # noqa: E402  (it logs while it is imported)
from stanzas import (CAPS, DISCO, PING, PROVISIONING, ROSTER, SENSOR, STANZAS, VERSION, Reading,  # noqa: E402, F401
                     bare, discovery, error_of, local, presence, question, show)   # tests have them all from here

counter = itertools.count(1)


class Unheard(AssertionError):
    """Something that should have been received did not come in time."""


class _Ears:
    """The part a client and a component have in common."""

    def _listen(self):
        self.inbox = []
        self._heard = asyncio.Event()
        self.journal = []          # everything ever received, in order
        self.add_filter("in", self._keep)

    def _keep(self, stanza):
        xml = stanza.xml
        if local(xml) not in ("iq", "message", "presence"):
            return stanza
        self.inbox.append(xml)
        self.journal.append(xml)
        self._heard.set()
        return None if self.answers(xml) else stanza

    def answers(self, xml):
        """True when the stanza was answered here and is nobody else's business."""
        return False

    def takes(self, wanted):
        """The first waiting stanza that fits, taken out of the inbox; None if there is none."""
        for index, xml in enumerate(self.inbox):
            if wanted(xml):
                return self.inbox.pop(index)
        return None

    async def hears(self, wanted, limit=8):
        """Waits for a stanza that fits and takes it; raises Unheard with what came instead."""
        try:
            async with asyncio.timeout(limit):
                while True:
                    self._heard.clear()
                    found = self.takes(wanted)
                    if found is not None:
                        return found
                    await self._heard.wait()
        except TimeoutError:
            words = getattr(wanted, "words", "what was expected")
            seen = "\n  ".join(show(xml) for xml in self.inbox[-8:]) or "nothing"
            raise Unheard(f"{self.boundjid} did not hear {words} within {limit} s; in the inbox:\n  {seen}") from None

    def ignores(self):
        """Forgets what waits in the inbox."""
        self.inbox.clear()

    def says(self, xml):
        """Sends text as it is."""
        self.send_raw(xml)

    def subscribes(self, to, kind="subscribe", sender=None):
        sender = f" from={quoteattr(sender)}" if sender else ""
        self.says(f"<presence to={quoteattr(to)} type='{kind}'{sender}/>")

    def tells(self, to, payload, kind=None):
        kind = f" type='{kind}'" if kind else ""
        self.says(f"<message to={quoteattr(to)}{self._sender()}{kind}>{payload}</message>")

    def _sender(self):
        return ""

    def puts(self, to, payload, kind="get", id=None):
        """Sends an IQ; returns its id."""
        id = id or f"test-{next(counter)}"
        self.says(f"<iq to={quoteattr(to)}{self._sender()} type='{kind}' id='{id}'>{payload}</iq>")
        return id

    async def asks(self, to, payload, kind="get", limit=8):
        """Sends an IQ and waits for its one answer."""
        id = self.puts(to, payload, kind)
        return await self.answer(id, limit)

    async def answer(self, id, limit=8):
        def fits(stanza):
            return local(stanza) == "iq" and stanza.get("id") == id and stanza.get("type") in ("result", "error")
        fits.words = f"an answer to {id}"
        return await self.hears(fits, limit)

    async def fence(self, to, limit=8):
        """Returns when `to` has handled everything sent to it before: a ping that was answered."""
        return await self.asks(to, f"<ping xmlns='{PING}'/>", limit=limit)

    async def reads(self, thing, seqnr=None, fields=(), nodes=(), attributes=None, limit=8):
        """Asks for a readout (XEP-0323) and waits for its end; the request is momentary unless said otherwise."""
        seqnr = seqnr or str(next(counter))
        attributes = {"momentary": "true"} if attributes is None else attributes
        words = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        children = "".join(f"<node nodeId={quoteattr(node)}/>" for node in nodes)
        children += "".join(f"<field name={quoteattr(field)}/>" for field in fields)
        reading = Reading()
        answer = await self.asks(thing, f"<req xmlns='{SENSOR}' seqnr='{seqnr}'{words}>{children}</req>", limit=limit)
        if answer.get("type") == "error":
            reading.error = error_of(answer)
            return reading
        accepted = answer.find(f"{{{SENSOR}}}accepted")
        if accepted is None or accepted.get("seqnr") != seqnr:
            raise AssertionError(f"expected accepted for {seqnr}: {show(answer)}")
        reading.accepted = True

        def part(stanza):
            return local(stanza) == "message" and bare(stanza.get("from", "")) == bare(thing) and any(
                child.tag in (f"{{{SENSOR}}}fields", f"{{{SENSOR}}}failure") and child.get("seqnr") == seqnr
                for child in stanza)
        part.words = f"fields or failure of readout {seqnr}"
        done = False
        while not done:
            message = await self.hears(part, limit)
            reading.messages += 1
            for child in message:
                done = reading.takes(child) or done
        return reading


class Person(_Ears, ClientXMPP):
    """An account with one client."""

    def __init__(self, server, jid, password):
        ClientXMPP.__init__(self, jid, password, sasl_mech="PLAIN")
        self.at = server
        self.ca_certs = str(server.ca)
        self.auto_authorize = None
        self.auto_subscribe = False
        for plugin in ("xep_0030", "xep_0199", "xep_0115", "xep_0323"):
            self.register_plugin(plugin)
        self._listen()

    @property
    def bare(self):
        return self.boundjid.bare

    @property
    def full(self):
        return self.boundjid.full

    async def online(self, show=True):
        """Logs in, gets the roster and (unless `show` is false) shows its presence."""
        ready = asyncio.get_running_loop().create_future()
        self.add_event_handler("session_start", lambda _: ready.done() or ready.set_result(True), disposable=True)
        self.add_event_handler("failed_all_auth", lambda _: ready.done() or ready.set_exception(
            Unheard(f"{self.boundjid} may not log in")), disposable=True)
        self.connect(("127.0.0.1", self.at.port))
        async with asyncio.timeout(15):
            await ready
            await self.get_roster()
        if show:
            self.says("<presence/>")
        return self

    async def offline(self):
        """Logs out and waits until the server has closed."""
        if self.is_connected():
            gone = self.disconnected
            self.disconnect(wait=1)
            async with asyncio.timeout(5):
                await gone

    async def subscription(self, jid):
        """The subscription to `jid` as the server's roster has it: none, to, from, both; None when not listed."""
        answer = await self.asks(self.bare, f"<query xmlns='{ROSTER}'/>")
        for item in answer.iter(f"{{{ROSTER}}}item"):
            if item.get("jid") == jid:
                return item.get("subscription")
        return None

    async def befriends(self, thing):
        """Asks for friendship and accepts the request that comes back; returns the Thing's full address."""
        self.subscribes(bare(thing))
        await self.hears(presence("subscribed", bare(thing)))
        await self.hears(presence("subscribe", bare(thing)))
        self.subscribes(bare(thing), "subscribed")
        return (await self.hears(presence(None, bare(thing)))).get("from")

    async def unfriends(self, thing):
        await self.asks(self.bare, f"<query xmlns='{ROSTER}'><item jid={quoteattr(bare(thing))} "
                        "subscription='remove'/></query>", "set")


class _Opinions:
    """What a parent thinks. Each opinion is yes, no, silent, error, a list of names of fields (of
    parameters, where setting is asked about), or a function from the question's element to the
    text of a whole answer's payload."""

    def _think(self):
        self.is_friend = "yes"
        self.can_read = "yes"
        self.can_control = "yes"
        self.questions = []   # (name, jid, element)

    def answers(self, xml):
        child = next(iter(xml), None)
        if local(xml) != "iq" or xml.get("type") != "get" or child is None \
                or not child.tag.startswith(f"{{{PROVISIONING}}}"):
            return False
        name = local(child)
        self.questions.append((name, child.get("jid"), child))
        opinion = {"isFriend": self.is_friend, "canRead": self.can_read, "canControl": self.can_control}.get(name, "error")
        jid = quoteattr(child.get("jid", ""))
        if callable(opinion):
            opinion = opinion(child)
        if opinion == "silent" or opinion is None:
            return True
        if opinion == "error":
            self._reply(xml, "error", "<error type='cancel'><internal-server-error "
                        f"xmlns='{STANZAS}'/></error>")
        elif opinion in ("yes", "no"):
            self._reply(xml, "result", f"<{name}Response xmlns='{PROVISIONING}' jid={jid} "
                        f"result='{'true' if opinion == 'yes' else 'false'}'/>")
        elif isinstance(opinion, (list, tuple)):
            kind = "parameter" if name == "canControl" else "field"
            allowed = "".join(f"<{kind} name={quoteattr(each)}/>" for each in opinion)
            self._reply(xml, "result", f"<{name}Response xmlns='{PROVISIONING}' jid={jid} result='true'>"
                        f"{allowed}</{name}Response>")
        else:
            self._reply(xml, "result", opinion)
        return True

    def _reply(self, xml, kind, payload):
        sender = f" from={quoteattr(xml.get('to'))}" if self._sender() else ""
        self.says(f"<iq to={quoteattr(xml.get('from'))}{sender} id={quoteattr(xml.get('id'))} type='{kind}'>"
                  f"{payload}</iq>")

    async def clears(self, thing, limit=8):
        """Has the Thing forget what was decided (clearCache)."""
        answer = await self.asks(thing, f"<clearCache xmlns='{PROVISIONING}'/>", "set", limit)
        if answer.find(f"{{{PROVISIONING}}}clearCacheResponse") is None:
            raise AssertionError(f"expected clearCacheResponse: {show(answer)}")

    def asked(self, name, jid=None):
        """How often a question was put."""
        return sum(1 for kind, about, _ in self.questions if kind == name and jid in (None, about))


class Parent(_Opinions, Person):
    """An account that owns Things: decides by `is_friend`, `can_read` and `can_control`, and befriends whom it is told to.

    One that `hesitates` says what it knows (XEP-0030) only once it `reveals` it.
    """

    def __init__(self, server, jid, password, provisioning=True, hesitates=False):
        Person.__init__(self, server, jid, password)
        self._think()
        self._hesitates = hesitates
        self.provisioning = provisioning
        if provisioning:
            self["xep_0030"].add_feature(PROVISIONING)

    def answers(self, xml):
        if self._hesitates and discovery()(xml):
            return True
        return self.provisioning and _Opinions.answers(self, xml)

    def reveals(self, asked):
        """Answers the discovery that was heard."""
        self._reply(asked, "result", f"<query xmlns='{DISCO}'><identity category='client' type='pc'/>"
                    f"<feature var='{DISCO}'/><feature var='{PROVISIONING}'/></query>")


class Component(_Ears, ComponentXMPP):
    """A service of the server rather than an account. It has no roster."""

    def __init__(self, server, jid, secret):
        ComponentXMPP.__init__(self, jid, secret, "127.0.0.1", server.component_port)
        self.auto_authorize = None
        for plugin in ("xep_0030", "xep_0199"):
            self.register_plugin(plugin)
        self._listen()

    def _sender(self):
        return f" from={quoteattr(self.boundjid.bare)}"

    @property
    def bare(self):
        return self.boundjid.bare

    async def online(self):
        ready = asyncio.get_running_loop().create_future()
        self.add_event_handler("session_start", lambda _: ready.done() or ready.set_result(True), disposable=True)
        self.connect()
        async with asyncio.timeout(10):
            await ready
        return self

    async def offline(self):
        if self.is_connected():
            gone = self.disconnected
            self.disconnect(wait=1)
            async with asyncio.timeout(5):
                await gone


class ComponentParent(_Opinions, Component):
    """A parent that is a service of the server."""

    def __init__(self, server, jid, secret):
        Component.__init__(self, server, jid, secret)
        self._think()
        self["xep_0030"].add_feature(PROVISIONING)
