"""The demo's conversation: who says what to whom, in words, as it happens."""

import signal
import time
from xml.sax.saxutils import escape, quoteattr

from stage import Failed, Play, arguments, body_of, has_sensors, line, performed

from actors import Parent, local, presence
from prosody import HOME, Prosody
from thing import Thing

CAST = {"thing": "the Thing", "owner": "its parent", "friend": "the friend", "stranger": "the stranger",
        "guest": "you"}


def name(jid):
    """Who an address is, in the play's words."""
    return CAST.get(str(jid).partition("@")[0], str(jid))


def chat_from(address):
    """A line of chat from that address."""
    def wanted(xml):
        return local(xml) == "message" and xml.get("from") == address and body_of(xml)
    wanted.words = f"a line of chat from {address}"
    return wanted


class Owner(Parent):
    """A parent that tells the audience what it is asked and what it answers."""

    def answers(self, xml):
        child = next(iter(xml), None)
        about = name(child.get("jid")) if child is not None else ""
        asked = {"isFriend": f"May {about} be my friend?", "canRead": f"May {about} read what I measure?",
                 "canControl": f"May {about} switch that?"}.get(local(child) if child is not None else "")
        if asked and xml.get("type") == "get":
            line(CAST["thing"], CAST["owner"], asked)
        answered = super().answers(xml)
        if asked and answered:
            opinion = {"isFriend": self.is_friend, "canRead": self.can_read, "canControl": self.can_control}[local(child)]
            line(CAST["owner"], CAST["thing"], {"yes": "Yes.", "no": "No."}.get(opinion, "…"))
        return answered


class Household(Play):
    def __init__(self, options):
        super().__init__(options.firmware)
        self.stay = options.stay

    async def run(self):
        began = time.monotonic()
        await self.set_the_stage()
        self.begins(4, "The Thing comes online and finds its parent")
        self.thing.start()
        await self.finds_its_parent()
        self.begins(5, "A friend asks to become one")
        await self.makes_a_friend()
        self.begins(6, "The friend reads")
        await self.is_read()
        self.begins(7, "The friend reads again: what the parent said is remembered")
        await self.is_read_again()
        self.begins(8, "The parent takes its word back")
        await self.takes_its_word_back()
        self.begins(9, "A stranger tries")
        await self.is_tried_by_a_stranger()
        if self.stay:
            await self.audience()
        self.begins(10, "The Thing is told to stop")
        await self.stops()
        print(f"Done, in {time.monotonic() - began:.0f} s. Nothing is left running.")

    async def finds_its_parent(self):
        thing, owner = self.thing, self.people["owner"]
        await owner.hears(presence("subscribe", thing.jid), self.patience)
        line(CAST["thing"], CAST["owner"], "Hello. You are my parent: may I see whether you are there?")
        owner.subscribes(thing.jid, "subscribed")
        owner.subscribes(thing.jid)
        line(CAST["owner"], CAST["thing"], "You may, and I want to see you too.")
        await owner.hears(presence("subscribed", thing.jid), self.patience)
        line(CAST["thing"], CAST["owner"], "Agreed. I am here.")

    async def makes_a_friend(self):
        thing, owner = self.thing, self.people["owner"]
        friend = await self.person("friend")
        friend.subscribes(thing.jid)
        line(CAST["friend"], CAST["thing"], "I would like to be your friend.")
        await friend.hears(presence("subscribed", thing.jid), self.patience)
        line(CAST["thing"], CAST["friend"], "You may see me.")
        await friend.hears(presence("subscribe", thing.jid), self.patience)
        line(CAST["thing"], CAST["friend"], "May I see you too?")
        friend.subscribes(thing.jid, "subscribed")
        line(CAST["friend"], CAST["thing"], "Yes. Now we are friends, both ways.")
        await friend.hears(presence(None, thing.jid), self.patience)
        if await friend.subscription(thing.jid) != "both":
            raise Failed("the server says that they are not both subscribed")
        if owner.asked("isFriend", friend.bare) != 1:
            raise Failed("the parent was not asked about the friend exactly once")

    async def reading(self, person, fields=()):
        """What the Thing answers with values."""
        reading = await person.reads(self.thing.full, fields=fields, limit=self.patience)
        if reading.error or not reading.values:
            raise Failed(f"values were expected, and this came: {reading.error or reading.failures}")
        return reading

    async def is_read(self):
        owner, friend = self.people["owner"], self.people["friend"]
        line(CAST["friend"], CAST["thing"], "What do you measure at this moment?")
        reading = await self.reading(friend)
        for field, (value, unit) in reading.values.items():
            line(CAST["thing"], CAST["friend"], f"{field:<28} {value:>14} {unit or ''}")
        for _, text in reading.failures:
            line(CAST["thing"], CAST["friend"], f"(cannot be read: {text})")
        if owner.asked("canRead", friend.bare) != 1:
            raise Failed("the parent was not asked whether the friend may read")

    async def is_read_again(self):
        owner, friend = self.people["owner"], self.people["friend"]
        line(CAST["friend"], CAST["thing"], "And now?")
        reading = await self.reading(friend)
        if owner.asked("canRead", friend.bare) != 1:
            raise Failed("the parent was asked what it had answered already")
        line(CAST["thing"], CAST["friend"], f"{len(reading.values)} values. I need not ask again.")
        field = next(iter(reading.values))
        friend.says(f"<message type='chat' to={quoteattr(self.thing.full)}><body>{escape(field)}?</body></message>")
        line(CAST["friend"], CAST["thing"], f"{field}? (in a chat)")
        answer = await friend.hears(chat_from(self.thing.full), self.patience)
        line(CAST["thing"], CAST["friend"], " ".join(body_of(answer).split()))

    async def refused(self, who):
        """That who asks is refused, and why."""
        reading = await self.people[who].reads(self.thing.full, limit=self.patience)
        if reading.values or not reading.error or reading.error[1] != "forbidden":
            raise Failed(f"{CAST[who]} should be refused, and got {reading}")
        return reading.error

    async def takes_its_word_back(self):
        owner = self.people["owner"]
        owner.can_read = "no"
        line(CAST["owner"], CAST["thing"], "Forget what I said.")
        await owner.clears(self.thing.full, self.patience)
        line(CAST["friend"], CAST["thing"], "What do you measure at this moment?")
        line(CAST["thing"], CAST["friend"], f"No: {(await self.refused('friend'))[2]}.")

    async def is_tried_by_a_stranger(self):
        thing, owner = self.thing, self.people["owner"]
        stranger = await self.person("stranger")
        line(CAST["stranger"], CAST["thing"], "What do you measure?")
        error = await self.refused("stranger")
        line(CAST["thing"], CAST["stranger"], f"No: {error[1]}. {error[2]}".rstrip())
        owner.is_friend = "no"
        stranger.subscribes(thing.jid)
        line(CAST["stranger"], CAST["thing"], "Then let me be your friend.")
        await stranger.hears(presence("unsubscribed", thing.jid), self.patience)
        line(CAST["thing"], CAST["stranger"], "No.")
        reading = await stranger.reads(thing.full, limit=self.patience)
        if reading.values or not reading.error:
            raise Failed(f"the stranger should still be refused, and got {reading}")

    async def stops(self):
        self.told_to_stop = True
        self.thing.signal(signal.SIGTERM)
        await self.people["friend"].hears(presence("unavailable", self.thing.jid), self.patience)
        line(CAST["thing"], CAST["friend"], "Goodbye.")
        status = await self.thing.ended()
        if status != 0:
            raise Failed(f"the firmware ended with status {status}")

    async def set_the_stage(self):
        self.begins(3, "A real XMPP server, with accounts and a certificate")
        self.server = Prosody()
        await self.server.start()
        real = has_sensors()
        jid, password = f"thing@{HOME}", "thing-demo-secret"
        self.server.account(jid, password, 10_000)
        settings = {"log": "info"} | ({"sysfs": "/sys"} if real else {})
        self.thing = Thing(self.firmware, self.server, jid, password, parent=f"owner@{HOME}", sysfs=not real,
                           **settings)
        await self.person("owner", Owner)
        print(f"   Prosody listens on {self.server.address}; the TLS certificate is checked by everybody\n"
              f"   the Thing runs {'under ' + self.firmware.command[0] if self.firmware.emulated else 'on this machine'}"
              f": {self.firmware.path.name}, {self.firmware.path.stat().st_size:,} bytes\n"
              f"   it reads " + ("the sensors of this machine (/sys)" if real else
                                 "this machine's load and uptime, and sensors laid out for the demo: the machine has none"))

    def hints(self):
        """What else can be done while everything stays up, in lines."""
        return ""

    async def audience(self):
        """Keeps everything up until Ctrl-C, and tells how to take part."""
        self.step = "the visit"
        owner = self.people["owner"]
        owner.is_friend = owner.can_read = "yes"
        self.server.account(f"guest@{HOME}", "guest-demo-secret")
        host, port = self.server.address.split(":")
        print(f"""
Everything stays up until Ctrl-C. To take part, log in with any XMPP client:
   address      guest@{HOME}       password  guest-demo-secret
   server       {host}             port      {port} (STARTTLS) or {self.server.direct_port} (direct TLS)
   certificate authority           {self.server.ca}
   for example  profanity: /connect guest@{HOME} server {host} port {port}
Other accounts: {', '.join(f'{who}@{HOME} ({person.password})' for who, person in self.people.items())}
Add {self.thing.jid} as a contact: its parent says yes to you. Then send, from an XML console:
   <iq type='get' id='1' to='{self.thing.full}'>
     <req xmlns='urn:xmpp:iot:sensordata' seqnr='1' momentary='true'/></iq>
{self.hints()}The Thing's log follows.""")
        await self.shows_the_log()

    async def shows_the_log(self):
        shown = 0
        while True:
            shown, match = await self.thing.lines.expect("", None, shown)
            print(f"   | {match.string}")
            shown += 1


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--stay", action="store_true", help="keep everything up, for you to log in")
    performed(Household(parser.parse_args()))
