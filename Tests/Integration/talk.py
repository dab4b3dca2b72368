"""What people say and hear in an ordinary chat client."""

import re
from xml.sax.saxutils import escape

from stanzas import bare, local

CLIENT = "{jabber:client}"


def spoken(pattern, by):
    """What `hears` is given to wait for a message in words."""
    def fits(stanza):
        body = stanza.findtext(f"{CLIENT}body")
        return (local(stanza) == "message" and body is not None and bare(stanza.get("from", "")) == bare(by)
                and re.search(pattern, body) is not None)
    fits.words = f"words like \"{pattern}\" from {by}"
    return fits


def say(person, to, words):
    """Says something, as a chat client does."""
    person.tells(to, f"<body>{escape(words)}</body>", "chat")


async def hear(person, thing, pattern, limit=8):
    """Waits for words, and returns them whole."""
    stanza = await person.hears(spoken(pattern, thing), limit)
    return stanza.findtext(f"{CLIENT}body")


async def talk(person, thing, words, pattern, limit=8):
    """Says something and waits for what is said to it."""
    say(person, thing, words)
    return await hear(person, thing, pattern, limit)


def words_heard(person, thing):
    """All that the Thing ever said in words."""
    return [stanza.findtext(f"{CLIENT}body") for stanza in person.journal if spoken("", thing)(stanza)]
