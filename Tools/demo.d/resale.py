"""The demo's other play: a Thing from the factory to its owner, and on to the next one."""

import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from xml.sax.saxutils import quoteattr

from stage import Failed, Play, arguments, line, performed

from actors import presence
from prosody import HOME, Prosody
from registry import DISCOVERY, Registry
from server import COMPONENT_SECRET, OPEN, REGISTRY
from sysfs import Sysfs
from talk import hear, say, talk, words_heard
from thing import Provisioned

TOOLS = Path(__file__).resolve().parents[1]
WIDTH = 108


def told(who, whom, text):
    """A line of the conversation, folded where it is long."""
    words, row = text.split(" "), ""
    for word in words:
        if row and len(row) + 1 + len(word) > WIDTH - 32:
            line(who, whom, row)
            who, whom, row = "", "", ""
        row = f"{row} {word}".strip()
    line(who, whom, row)


def shown(text):
    for row in text.rstrip("\n").split("\n"):
        print("   " + row)


class Resale(Play):
    def __init__(self, options):
        super().__init__(options.firmware)
        self.shop = Path(tempfile.mkdtemp(prefix="ward-resale-"))

    async def run(self):
        began = time.monotonic()
        await self.set_the_stage()
        sticker = self.factory()
        thing = await self.unpacked()
        alice = await self.claimed_by_its_sticker(sticker)
        bob = await self.a_friend(alice)
        new = await self.given_up(alice)
        await self.sold_on(new)
        await self.those_of_before(alice, bob, sticker)
        self.begins(11, "The Thing is told to stop")
        self.told_to_stop = True
        thing.signal(signal.SIGTERM)
        status = await thing.ended()
        if status != 0:
            raise Failed(f"the firmware ended with status {status}")
        print(f"Done, in {time.monotonic() - began:.0f} s. Nothing is left running.")

    async def set_the_stage(self):
        self.begins(3, "A real XMPP server where Things can make accounts, and a registry of Things")
        self.server = Prosody()
        await self.server.start()
        self.people["registry"] = Registry(self.server, REGISTRY, COMPONENT_SECRET)
        await self.people["registry"].online()
        print(f"   Prosody listens on {self.server.address}, and {REGISTRY} is there")

    def factory(self):
        """A batch of one; its sticker's text, as a telephone reads it."""
        self.begins(4, "The factory: a row of a table becomes a configuration, a KEY and a sticker")
        Sysfs(self.shop / "sys")
        (self.shop / "batch.csv").write_text("serial,manufacturer,model,version,class\n394872,www.example.org,Meter 3,1.2,meter\n")
        (self.shop / "template.conf").write_text(f"state = state\nsysfs = {self.shop / 'sys'}\nlog = info\n")
        shown("$ Tools/provision --domain … --registry … batch.csv made")
        self.tool("provision", "--template", "template.conf", "--domain", OPEN, "--registry", REGISTRY, "--ca", self.server.ca,
                  "--server", self.server.address, "batch.csv", "made")
        box = self.shop / "made" / "394872"
        shown("$ Tools/label sticker.txt")
        shown(self.tool("label", box / "sticker.txt"))
        self.thing = Provisioned(self.firmware, box)
        return subprocess.run(["zbarimg", "--quiet", "--raw", "--oneshot", "-Sbinary", str(box / "sticker.png")], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=True).stdout.decode().rstrip("\n")

    def tool(self, name, *options):
        done = subprocess.run([str(TOOLS / name), *map(str, options)], cwd=self.shop, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"Tools/{name} ended with status {done.returncode}: {done.stderr}")
        return done.stdout

    async def unpacked(self):
        self.begins(5, "Out of the box: it has no account and no owner")
        self.thing.start()
        await self.thing.account(self.patience)
        await self.thing.log("registered, and waiting for an owner", self.patience)
        shown("\n".join(f"| {text}" for text in self.thing.lines.since()))
        line("the Thing", "the registry", "I am here, and this is my KEY. Whoever else knows it, is my owner.")
        return self.thing

    async def claimed_by_its_sticker(self, sticker):
        self.begins(6, "Alice has bought it, and scans the sticker")
        alice = await self.person("alice")
        tags = "".join(f"<{'num' if mark else 'str'} name={quoteattr(name)} value={quoteattr(value)}/>"
                       for mark, name, value in re.findall(r";(#?)([^:;]+):([^;]*)", sticker))
        line("Alice", "the registry", f"Mine is: {'; '.join(part for part in sticker.split(';')[1:3])} …")
        answer = await alice.asks(REGISTRY, f"<mine xmlns='{DISCOVERY}'>{tags}</mine>", "set", self.patience)
        claimed = answer.find(f"{{{DISCOVERY}}}claimed")
        if claimed is None or claimed.get("jid") != self.thing.jid:
            raise Failed("the registry did not give the Thing to Alice")
        line("the registry", "Alice", f"It is {claimed.get('jid')}.")
        line("the registry", "the Thing", f"Your owner is {alice.bare}.")
        await self.welcomed("Alice", alice)
        return alice

    async def welcomed(self, name, owner):
        told("the Thing", name, await hear(owner, self.thing.jid, "^I am yours now", self.patience))
        await owner.hears(presence("subscribe", self.thing.jid), self.patience)
        owner.subscribes(self.thing.jid, "subscribed")
        owner.subscribes(self.thing.jid)
        line(name, "the Thing", "(accepts)")
        await owner.hears(presence(None, self.thing.jid), self.patience)

    async def a_friend(self, alice):
        self.begins(7, "Bob asks to be its friend, and reads what Alice allows")
        thing = self.thing
        bob = await self.person("bob")
        bob.subscribes(thing.jid)
        line("Bob", "the Thing", "I would like to be your friend.")
        told("the Thing", "Alice", await hear(alice, thing.jid, "would like to be my friend", self.patience))
        await self.chat("Alice", alice, "yes 1", "may be my friend")
        await bob.hears(presence("subscribed", thing.jid), self.patience)
        await bob.hears(presence("subscribe", thing.jid), self.patience)
        bob.subscribes(thing.jid, "subscribed")
        await bob.hears(presence(None, thing.jid), self.patience)
        await self.chat("Alice", alice, "allow bob Boiler", "may read Boiler")
        reading = await bob.reads(thing.full, limit=self.patience)
        if set(reading.values) != {"Boiler"}:
            raise Failed(f"Bob should read the boiler alone, and got {reading}")
        line("Bob", "the Thing", "What do you measure?")
        line("the Thing", "Bob", "Boiler  {} {}".format(*reading.values["Boiler"]))
        return bob

    async def chat(self, name, person, words, pattern):
        line(name, "the Thing", words)
        heard = await talk(person, self.thing.jid, words, pattern, self.patience)
        told("the Thing", name, heard)
        return heard

    async def given_up(self, alice):
        """Alice gives it up; its new KEY, in groups."""
        self.begins(8, "Alice sells it on: she gives it up, and confirms that")
        asked = await self.chat("Alice", alice, "disown", r"say: disown \d{4}$")
        words = await self.chat("Alice", alice, re.search(r"disown \d{4}$", asked)[0], "My new KEY, shown this once")
        await self.thing.log("the roster is empty", self.patience)
        await self.thing.log("registered, and waiting for an owner", self.patience)
        line("the Thing", "the registry", "Forget all of me. … I am here again, and this is my new KEY.")
        return re.search("[0-9A-Z]{4}(-[0-9A-Z]{4}){4}", words)[0]

    async def sold_on(self, key):
        self.begins(9, "Carol gets it with the new KEY, and says it in her friend request")
        carol = await self.person("carol")
        carol.says(f"<presence to={quoteattr(self.thing.jid)} type='subscribe'><status>{key}</status></presence>")
        line("Carol", "the Thing", f"I would like to be your friend. {key}")
        await self.welcomed("Carol", carol)
        reading = await carol.reads(self.thing.full, limit=self.patience)
        if not reading.values:
            raise Failed(f"Carol should read everything, and got {reading}")
        line("Carol", "the Thing", "What do you measure?")
        line("the Thing", "Carol", f"{len(reading.values)} values, all that I have.")

    async def those_of_before(self, alice, bob, sticker):
        self.begins(10, "And those of before?")
        old = re.search(r"KEY:(\w+)", sticker)[1]
        for name, person in (("Alice", alice), ("Bob", bob)):
            heard = len(words_heard(person, self.thing.jid))
            reading = await person.reads(self.thing.full, limit=self.patience)
            if reading.values or not reading.error:
                raise Failed(f"{name} should be refused, and got {reading}")
            line(name, "the Thing", "What do you measure?")
            line("the Thing", name, f"No: {reading.error[1]}.")
            for words in (f"claim {old}", "friends"):
                say(person, self.thing.jid, words)
                line(name, "the Thing", words.replace(old, "the old KEY"))
            await person.fence(self.thing.full, self.patience)
            if len(words_heard(person, self.thing.jid)) != heard:
                raise Failed(f"{name} should hear nothing more")
            line("the Thing", name, "(nothing)")
        for file in self.thing.state.iterdir():
            if any(f"{name}@{HOME}".encode() in file.read_bytes() for name in ("alice", "bob")):
                raise Failed(f"somebody of before is still in {file.name}")
        print("   Neither of them is in anything that the Thing keeps.")

    def clear_up(self):
        super().clear_up()
        shutil.rmtree(self.shop, ignore_errors=True)


if __name__ == "__main__":
    performed(Resale(arguments(__doc__).parse_args()))
