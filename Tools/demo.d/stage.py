"""What the plays of the demo have in common: the stage, the lines, and that nothing is left behind."""

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Tests" / "Integration"))

from actors import Person, local  # noqa: E402
from prosody import HOME  # noqa: E402
from thing import Firmware  # noqa: E402

SENSORS = ("class/hwmon/hwmon*/*_input", "class/thermal/thermal_zone*/temp", "bus/iio/devices/*/in_*",
           "class/power_supply/*/capacity")


class Failed(Exception):
    """A step of the demo did not go as it should; the words say what was expected."""


def line(who, whom, text):
    arrow = "→" if whom else " "
    print(f"   {who:>12} {arrow} {whom:<12}  {text}")


def heading(number, text):
    print(f"{number}. {text}")


def body_of(message):
    return next((child.text or "" for child in message if local(child) == "body"), "")


def has_sensors():
    """This machine has sensors of its own to be read."""
    return any(True for pattern in SENSORS for _ in Path("/sys").glob(pattern))


class Play:
    """One play, from the first line to the last; `run` is the play itself."""

    def __init__(self, firmware):
        self.firmware = Firmware(firmware)
        self.patience = 10 * self.firmware.patience
        self.server = self.thing = None
        self.people = {}
        self.step = "the start"
        self.told_to_stop = False

    async def run(self):
        raise NotImplementedError

    async def person(self, who, kind=Person):
        password = f"{who}-demo-secret"
        self.server.account(f"{who}@{HOME}", password)
        person = kind(self.server, f"{who}@{HOME}/demo", password)
        self.people[who] = person
        return await person.online()

    async def until_the_end(self):
        """Runs the play, and stops it at once when the firmware ends before its time."""
        play = asyncio.ensure_future(self.run())
        try:
            while not play.done():
                await asyncio.wait({play}, timeout=0.5)
                if self.thing and self.thing.process and not self.thing.running and not self.told_to_stop:
                    raise Failed(f"the firmware ended by itself, with status {self.thing.process.returncode}")
            play.result()
        finally:
            play.cancel()
            with contextlib.suppress(BaseException):
                await play

    def begins(self, number, step):
        self.step = f"step {number}, {step[0].lower()}{step[1:]}"
        heading(number, step)

    def clear_up(self):
        for person in self.people.values():
            person.abort()
        if self.thing:
            self.thing.remove()
        if self.server:
            self.server.stop()

    def evidence(self):
        log = self.thing.log_text() if self.thing and self.thing.lines else ""
        return "\n".join(f"   | {text}" for text in log.splitlines()[-20:]) or "   | (nothing)"


async def perform(play):
    """The play's exit status. Signals end it, and what it started ends with it."""
    task = asyncio.current_task()
    stopped = []

    def stop():
        if not stopped:
            stopped.append(True)
            task.cancel()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await play.until_the_end()
        return 0
    except asyncio.CancelledError:
        print("\nStopped. Nothing is left running.")
        return 0 if play.step == "the visit" else 130
    except (Failed, AssertionError, TimeoutError, OSError, RuntimeError) as problem:
        print(f"\nThe demo failed at {play.step}:\n   {problem or type(problem).__name__}\n"
              f"The Thing's log ends:\n{play.evidence()}", file=sys.stderr)
        return 1
    finally:
        play.clear_up()


def arguments(words):
    """The options that every play has."""
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--firmware", required=True, metavar="PATH")
    return parser


def performed(play):
    """Performs it, and ends the program."""
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(asyncio.run(perform(play)))
