"""What a firmware takes of its memory while it works: prints it as JSON.

The firmware goes through one short life with a real server: it logs in over verified
TLS, becomes its parent's and a friend's friend, is read, and ends. At its end it
tells how much of the C arena and of the parser's memory was in use at most. For a
program of this machine the life is repeated with less and less stack, until it no
longer survives.
"""

import asyncio
import json
import logging
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Tests" / "Integration"))

from actors import Parent, Person, presence  # noqa: E402
from prosody import HOME, Prosody  # noqa: E402
from thing import Firmware, Thing  # noqa: E402

LAST_WORDS = re.compile(r"most memory in use: arena (\d+), XML (\d+)")
PAGE = 4096
MOST_STACK = 512 * 1024


class Life:
    def __init__(self, firmware, server, number):
        self.firmware, self.server, self.number = firmware, server, number
        self.people = []

    async def person(self, kind, who):
        jid, password = f"{who}-{self.number}@{HOME}", f"{who}-secret"
        self.server.account(jid, password)
        person = kind(self.server, f"{jid}/measure", password)
        self.people.append(person)
        return await person.online()

    async def live(self, stack=None):
        """The log of a whole life; None where the program did not get to its end."""
        jid, password = f"thing-{self.number}@{HOME}", "thing-secret"
        self.server.account(jid, password)
        owner = await self.person(Parent, "owner")
        friend = await self.person(Person, "friend")
        thing = Thing(self.firmware, self.server, jid, password, parent=owner.bare)
        command = self.firmware.command
        if stack is not None:
            self.firmware.command = ["prlimit", f"--stack={stack}:{stack}", *command]
        try:
            thing.start()
            talk = asyncio.ensure_future(self.talk(thing, owner, friend))
            death = asyncio.ensure_future(asyncio.to_thread(thing.process.wait))
            await asyncio.wait({talk, death}, return_when=asyncio.FIRST_COMPLETED)
            if not talk.done():
                talk.cancel()
                return None
            talk.result()
            return thing.log_text() if await thing.stop() == 0 else None
        finally:
            self.firmware.command = command
            thing.remove()
            for person in self.people:
                person.abort()

    async def talk(self, thing, owner, friend):
        limit = 10 * self.firmware.patience
        await owner.hears(presence("subscribe", thing.jid), limit)
        owner.subscribes(thing.jid, "subscribed")
        owner.subscribes(thing.jid)
        await owner.hears(presence("subscribed", thing.jid), limit)
        friend.subscribes(thing.jid)
        await friend.hears(presence("subscribe", thing.jid), limit)
        friend.subscribes(thing.jid, "subscribed")
        await friend.hears(presence(None, thing.jid), limit)
        reading = await friend.reads(thing.full, limit=limit)
        if not reading.values:
            raise SystemExit(f"the friend got no values: {reading.error}")


async def measure(path):
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)   # of people that leave in mid-sentence
    firmware = Firmware(path)
    server = Prosody()
    await server.start()
    try:
        words = LAST_WORDS.search(await Life(firmware, server, 0).live() or "")
        if not words:
            raise SystemExit(f"{path} does not tell at its end what it used")
        found = {"arena": int(words[1]), "xml": int(words[2])}
        if not firmware.emulated:
            low, high, number = 0, MOST_STACK // PAGE, 1
            # The least number of pages that is enough.
            while low + 1 < high:
                middle = (low + high) // 2
                if await Life(firmware, server, number).live(middle * PAGE) is None:
                    low = middle
                else:
                    high = middle
                number += 1
            found["stack"] = high * PAGE
        return found
    finally:
        server.stop()


print(json.dumps(asyncio.run(measure(sys.argv[1]))))
