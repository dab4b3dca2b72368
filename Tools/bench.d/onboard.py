"""What the firmware takes in an emulated board: memory, and the time until it is online."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests" / "QEMU"), str(ROOT / "Tools" / "lib")]

RESIDENT, PRIVATE = 600, 256        # kB of the firmware's own process, on armhf
ARCHITECTURES = {"sabrelite": "armhf", "virt": "arm64"}


def shell(architecture):
    """The shell that looks at the firmware from inside, fetched where it is not there."""
    file = ROOT / ".build" / "qemu" / f"busybox-{architecture}"
    file.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["bash", str(ROOT / "Tools" / "lib" / "busybox.sh"), architecture, str(file)], check=True, stdout=sys.stderr)
    return file.parent


async def busy(friend, thing):
    """Something of everything that a friend can ask; whether it is answered with a yes does not matter here."""
    for _ in range(10):
        await friend.reads(thing, limit=60)
    for payload, kind in (
            ("<req xmlns='urn:xmpp:iot:sensordata' seqnr='8' all='true'/>", "get"),
            ("<subscribe xmlns='urn:xmpp:iot:events' seqnr='9' momentary='true' req='true' minInterval='PT1S'/>", "get"),
            ("<getForm xmlns='urn:xmpp:iot:control'/>", "get"),
            ("<set xmlns='urn:xmpp:iot:control'><boolean name='Relay' value='true'/></set>", "set"),
            ("<query xmlns='http://jabber.org/protocol/disco#info'/>", "get"),
            ("<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/>", "get")):
        await friend.asks(thing, payload, kind, 60)
    for words in ("#", "?", "??", "Relay=?", "Relay=0"):
        friend.tells(thing, f"<body>{words}</body>", "chat")
    await friend.fence(thing, 60)


async def life(kind, program, settle):
    """[(when, {process: {word: kB}})] of a board that comes online and is read, the seconds from the kernel's start until
    it was online, what its own process has mapped in the end, and the kernel."""
    from board import Board
    from actors import Parent, Person, presence
    from prosody import Prosody
    server = Prosody()
    await server.start()
    people, board = [], None
    try:
        jid, owner, friend = (f"{name}@home.test" for name in ("board", "owner", "friend"))
        for each in (jid, owner, friend):
            server.account(each, "secret")
        server.roster(jid, {owner: "both", friend: "both"})
        server.roster(owner, {jid: "both"})
        server.roster(friend, {jid: "both"})
        for kind_of, each in ((Parent, owner), (Person, friend)):
            people.append(await kind_of(server, f"{each}/bench", "secret").online())
        board = Board(kind, server, jid, "secret", parent=owner, firmware=program, inside=True, log="info")
        began = time.monotonic()
        board.start()
        await board.online(120)
        whole = time.monotonic() - began
        first, online = await board.memory()
        print(f"Tools/bench: online {online:.1f} s after the kernel's start, {whole:.1f} s after QEMU's", file=sys.stderr, flush=True)
        await people[1].hears(presence(None, jid), 30)
        reading = await people[1].reads(board.full, limit=60)
        if reading.error or not reading.values:
            raise RuntimeError(f"the answer to a read was {reading}")
        found = [("online", first), ("after a read", (await board.memory())[0])]
        await busy(people[1], board.full)
        found.append(("after more of all kinds", (await board.memory())[0]))
        if settle:
            await asyncio.sleep(settle)
            found.append((f"{settle} s later, at rest", (await board.memory())[0]))
        return found, online, await board.mappings(), board.machine.version
    finally:
        for each in people:
            each.abort()
        if board:
            board.remove()
        server.stop()


def measure(options):
    """Prints it; the exit status."""
    architecture = ARCHITECTURES[options.machine]
    os.environ["WARD_QEMU_FILES"] = str(shell(architecture))
    from machines import Machine
    program = Path(options.firmware or Machine(options.machine).firmware)
    if not program.exists():
        raise SystemExit(f"Tools/bench: there is no {program}; make it with Tools/build, or see --firmware")
    print(f"Tools/bench: booting {program.name}", file=sys.stderr, flush=True)
    found, online, mappings, version = asyncio.run(life(options.machine, program, options.settle))
    print(f"{program.name} as the first process of QEMU's \"{options.machine}\", {version};\nits server is a Prosody on this machine\n")
    print(f"  from the kernel's start until it is online   {online:5.1f} s\n")
    print(f"  {'memory, kB (smaps_rollup)':40} {'resident':>10} {'private':>10} {'shared':>10} {'anonymous':>10}")
    worst = (0, 0)
    for when, processes in found:
        for number, (process, words) in enumerate(sorted(processes.items())):
            private, shared = (sum(words[f"{kind}_{state}"] for state in ("Clean", "Dirty")) for kind in ("Private", "Shared"))
            who = f"the firmware, {when}" if number == 0 else "  a child that touches the sensors"
            print(f"  {who:40} {words['Rss']:10,} {private:10,} {shared:10,} {words['Anonymous']:10,}")
            if number == 0:
                worst = (words["Rss"], private)
    print("\n  of which, in the end (the program's text is shared while a child has the same page mapped):")
    for resident, private, name in mappings:
        print(f"    {name:38} {resident:10,} {private:10,}")
    good = worst[0] <= RESIDENT and worst[1] <= PRIVATE
    if architecture == "armhf":
        print(f"\n  The goal, at rest: at most {RESIDENT} resident, {PRIVATE} of it private: {'kept' if good else 'NOT reached'}")
    return 1 if options.check and not good else 0
