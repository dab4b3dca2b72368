"""Child processes that end with us, and the lines they write, kept as they come and waited for as events."""

import asyncio
import re
import threading


def tied(command):
    """The command, to be killed by the kernel when this program ends, in whatever way that comes."""
    return ["setpriv", "--pdeathsig", "KILL", *command]


class Missing(AssertionError):
    """A line that was expected did not come in time."""


class Lines:
    """Reads a pipe to its end in a thread of its own, so that it outlives any one event loop.

    `echo`, when given, is called with each line as it comes.
    """

    def __init__(self, stream, echo=None):
        self._lines = []
        self._lock = threading.Lock()
        self._watchers = set()
        self._echo = echo
        self.ended = False
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream):
        with stream:
            for raw in stream:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")   # a console ends its lines with both
                with self._lock:
                    self._lines.append(line)
                if self._echo:
                    self._echo(line)
                self._wake()
        self.ended = True
        self._wake()

    def _wake(self):
        with self._lock:
            watchers = list(self._watchers)
        for loop, event in watchers:
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:  # that loop has closed, and with it whoever waited
                pass

    def __len__(self):
        with self._lock:
            return len(self._lines)

    def since(self, start=0):
        with self._lock:
            return self._lines[start:]

    def find(self, pattern, start=0):
        """(index, match) of the first line from `start` on that matches, or None."""
        for index, line in enumerate(self.since(start), start):
            match = re.search(pattern, line)
            if match:
                return index, match
        return None

    async def expect(self, pattern, limit=10, start=0, what="a line"):
        """Waits until a line from `start` on matches; returns (index, match), raises Missing."""
        event = asyncio.Event()
        watcher = (asyncio.get_running_loop(), event)
        with self._lock:
            self._watchers.add(watcher)
        try:
            async with asyncio.timeout(limit):
                while True:
                    event.clear()
                    ended = self.ended
                    found = self.find(pattern, start)
                    if found:
                        return found
                    if ended:
                        break
                    await event.wait()
            reason = "the program ended"
        except TimeoutError:
            reason = f"{limit} s passed"
        finally:
            with self._lock:
                self._watchers.discard(watcher)
        raise Missing(f"no {what} like /{pattern}/: {reason}; seen since then:\n  "
                      + "\n  ".join(self.since(start)[-30:]))

    def finish(self):
        """Waits for the last line, once the writer has gone."""
        self._thread.join(5)
