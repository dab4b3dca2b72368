"""What callgrind counted, by function and by part of the firmware."""

import re
from collections import defaultdict

SYMBOL = re.compile(r"^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ {17}(\S.*)$")
NAMED = re.compile(r"^(c?)fn=\((\d+)\)(?: (.*))?$")
COSTS = re.compile(r"^(?:[+-]?\d+|\*) (\d+)$")
ROOM = re.compile(r"^\$[es](\d+)(\w+)")


class Profile:
    """One process: instructions by function, and by caller and callee with what they call in turn."""

    def __init__(self, paths):
        self.own = defaultdict(int)
        self.within = defaultdict(int)   # (caller, callee): instructions of such calls
        self.calls = defaultdict(int)
        for path in paths:
            self.add(path)

    def add(self, path):
        names, here, callee, times = {}, None, None, None
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                named = NAMED.match(line)
                if named:
                    which, number, name = named.groups()
                    if name:
                        names[number] = name.removesuffix("'2")   # a function within itself
                    if which:
                        callee = names[number]
                    else:
                        here = names[number]
                elif line.startswith("calls="):
                    times = int(line[6:].split()[0])
                else:
                    cost = COSTS.match(line)
                    if cost and times is not None:
                        # The line after `calls=` is what the call took as a whole.
                        self.within[here, callee] += int(cost[1])
                        self.calls[here, callee] += times
                        times = None
                    elif cost and here is not None:
                        self.own[here] += int(cost[1])

    @property
    def total(self):
        return sum(self.own.values())

    def less(self, other):
        """This profile without what the other has."""
        for name, count in other.own.items():
            self.own[name] -= count
        for pair, count in other.within.items():
            self.within[pair] -= count
        for pair, count in other.calls.items():
            self.calls[pair] -= count
        return self


def room(symbol):
    """The Swift module that a symbol was declared in; None for C."""
    match = ROOM.match(symbol)
    if not match:
        return "Swift's library" if symbol.startswith(("$es", "$ss", "swift_")) else None
    return match[2][:int(match[1])]


# What does its caller's work: its instructions are the caller's.
SERVANTS = re.compile(r"^(mem\w+|str\w+|__aeabi_\w+|__u?divti3|__umodti3|\$es.*|\$ss.*)$")


def parts(profile, map):
    """Instructions by part; `map` tells names of functions and the part that each belongs to."""
    found = defaultdict(float)
    callers = defaultdict(list)
    for (caller, callee), calls in profile.calls.items():
        if calls > 0 and caller != callee:
            callers[callee].append((caller, max(profile.within[caller, callee], 0)))

    def charge(function, cost, depth=0):
        whole = sum(taken for _, taken in callers[function])
        if SERVANTS.match(map.name(function)) and whole > 0 and depth < 6:
            for caller, taken in callers[function]:
                charge(caller, cost * taken / whole, depth + 1)
        else:
            found[map.part(function)] += cost

    for function, cost in profile.own.items():
        charge(function, cost)
    return found
