"""Stanzas as the tests speak of them: their names, what one waits for, and what came of a readout."""

import xml.etree.ElementTree as ET

SENSOR = "urn:xmpp:iot:sensordata"
PROVISIONING = "urn:xmpp:iot:provisioning"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
PING = "urn:xmpp:ping"
DISCO = "http://jabber.org/protocol/disco#info"
CAPS = "http://jabber.org/protocol/caps"
VERSION = "jabber:iq:version"
ROSTER = "jabber:iq:roster"


def local(element):
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def bare(jid):
    return jid.partition("/")[0]


def show(element):
    """A stanza as text, short enough for a failure report."""
    text = ET.tostring(element, encoding="unicode")
    return text if len(text) < 600 else text[:600] + "…"


def presence(kind=None, of=None):
    """What `hears` is given to wait for a presence: available when `kind` is None."""
    def fits(stanza):
        sender = stanza.get("from", "")
        return (local(stanza) == "presence" and stanza.get("type") == kind
                and (of is None or sender == of or bare(sender) == of))
    fits.words = f"presence {kind or 'available'} of {of or 'anybody'}"
    return fits


def question(name, about=None):
    """A question to the parent: isFriend or canRead, about somebody."""
    def fits(stanza):
        child = next(iter(stanza), None)
        return (local(stanza) == "iq" and stanza.get("type") == "get" and child is not None
                and child.tag == f"{{{PROVISIONING}}}{name}" and (about is None or child.get("jid") == about))
    fits.words = f"the question {name} about {about or 'anybody'}"
    return fits


def discovery(of=None):
    """The question of somebody what we are and know (XEP-0030)."""
    def fits(stanza):
        return (local(stanza) == "iq" and stanza.get("type") == "get" and of in (None, stanza.get("from"))
                and stanza.find(f"{{{DISCO}}}query") is not None)
    fits.words = f"a discovery by {of or 'anybody'}"
    return fits


class Reading:
    """What came of one readout request."""

    def __init__(self):
        self.accepted = False
        self.values = {}     # name: (value, unit)
        self.fields = {}     # name: the element, for what else it carries
        self.failures = []   # (node, text)
        self.nodes = []
        self.error = None    # (type, condition, text)
        self.messages = 0

    def takes(self, part):
        """Adds a `fields` or `failure`; true when it was the last."""
        if local(part) == "failure":
            self.failures += [(error.get("nodeId"), error.text or "") for error in part]
        elif local(part) == "fields":
            for node in part:
                self.nodes.append(node.get("nodeId"))
                for timestamp in node:
                    for field in timestamp:
                        name = field.get("name")
                        if name in self.values:
                            raise AssertionError(f"field {name} was given twice")
                        self.values[name] = (field.get("value"), field.get("unit"))
                        self.fields[name] = field
        return part.get("done") == "true"

    def __repr__(self):
        return f"Reading(error={self.error}, values={self.values}, failures={self.failures})"


def error_of(stanza):
    """(type, condition, text) of an error stanza."""
    error = next(child for child in stanza if local(child) == "error")
    condition = next((local(c) for c in error if c.tag.startswith(f"{{{STANZAS}}}") and local(c) != "text"), "")
    text = error.findtext(f"{{{STANZAS}}}text") or ""
    return error.get("type"), condition, text
