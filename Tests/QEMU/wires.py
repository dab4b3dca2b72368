"""What a test has of an emulated machine beside its console: QEMU's control (QMP), and the pins (qtest)."""

import asyncio
import json


class Control:
    """QMP: commands, and the events that came, each of which is waited for once."""

    def __init__(self, path):
        self._path = path
        self._answers = asyncio.Queue()
        self._events, self._came = [], asyncio.Event()

    async def open(self):
        self._reader, self._writer = await asyncio.open_unix_connection(str(self._path))
        await self._reader.readline()       # the greeting
        self._task = asyncio.ensure_future(self._read())
        await self.ask("qmp_capabilities")
        return self

    async def _read(self):
        while line := await self._reader.readline():
            said = json.loads(line)
            if "event" in said:
                self._events.append(said)
                self._came.set()
            else:
                self._answers.put_nowait(said)
        self._answers.put_nowait({"error": {"desc": "QEMU has ended"}})

    async def ask(self, command, limit=20, **arguments):
        self._writer.write(json.dumps({"execute": command, "arguments": {
            name.replace("_", "-"): value for name, value in arguments.items()}}).encode() + b"\n")
        async with asyncio.timeout(limit):
            answer = await self._answers.get()
        if "error" in answer:
            raise RuntimeError(f"QEMU refuses {command}: {answer['error']['desc']}")
        return answer["return"]

    async def event(self, name, limit=30):
        """The next event of that name; those before it are forgotten."""
        async with asyncio.timeout(limit):
            while True:
                while self._events:
                    event = self._events.pop(0)
                    if event["event"] == name:
                        return event.get("data", {})
                self._came.clear()
                await self._came.wait()

    def events(self):
        """The names of those that came, and are forgotten now."""
        names = [event["event"] for event in self._events]
        self._events.clear()
        return names

    async def find(self, kind):
        """The path of the machine's device of that kind."""
        place = "/machine/unattached"
        return next(f"{place}/{each['name']}" for each in await self.ask("qom-list", path=place) if each["type"] == f"child<{kind}>")

    def close(self):
        self._task.cancel()
        self._writer.close()


class Pins:
    """qtest: the levels of lines, and the registers of what drives them."""

    def __init__(self, path):
        self._path = path

    async def open(self):
        self._reader, self._writer = await asyncio.open_unix_connection(str(self._path))
        return self

    async def _ask(self, words):
        self._writer.write(words.encode() + b"\n")
        async with asyncio.timeout(20):
            while not (answer := await self._reader.readline()).startswith((b"OK", b"FAIL", b"ERR")):
                if not answer:
                    raise RuntimeError("QEMU has ended")
        if not answer.startswith(b"OK"):
            raise RuntimeError(f"QEMU does not take \"{words}\": {answer.decode().strip()}")
        return answer.decode().split()[1:]

    async def put(self, chip, line, level):
        """The level on a line from outside."""
        await self._ask(f"set_irq_in {chip} unnamed-gpio-in {line} {int(level)}")

    async def word(self, address):
        """32 bits of the machine's memory, as its devices show them."""
        return int((await self._ask(f"readl {address:#x}"))[0], 16)

    def close(self):
        self._writer.close()
