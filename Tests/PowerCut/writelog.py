"""A disk's writes as QEMU's blklogwrites logs them (the form of Linux' dm-log-writes), and what of them a power cut leaves."""

import struct

SECTOR = 512
MAGIC, VERSION = 0x6A736677736872, 1
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8


class Write:
    """One request: `flush` for what came before it, or data to be written at an offset."""

    __slots__ = ("offset", "data", "flush", "durable")

    def __init__(self, offset, data, flags):
        self.offset, self.data = offset, data
        self.flush, self.durable = bool(flags & FLUSH), bool(flags & FUA)


def read(path):
    """All writes of a log, in order."""
    with open(path, "rb") as file:
        magic, version, count, sector = struct.unpack("<QQQI", file.read(28))
        if (magic, version) != (MAGIC, VERSION):
            raise ValueError(f"{path} is no log of writes")
        file.seek(sector)
        writes = []
        for _ in range(count):
            place, sectors, flags, _ = struct.unpack("<QQQQ", file.read(sector)[:32])
            if flags & (DISCARD | MARK):
                raise ValueError("a discard in the log: what it leaves nobody can say")
            data = file.read(sectors * sector) if sectors else b""
            if len(data) != sectors * sector:
                raise ValueError("the log ends in the middle of a write")
            writes.append(Write(place * sector, data, flags))
        return writes


def cuts(image, writes, places, chance, piece=SECTOR):
    """For each place (so many writes have been begun), ascending: the disk as a power cut there may leave it.

    All up to the last flush that had ended is there. Of what was written since, each write is there, or not, or some
    of its pieces are, so many bytes each: whatever the disk's cache had got round to, in whatever order.
    """
    image = bytearray(image)
    before, since, done = [], [], 0     # written before the flush that came last, and since
    for place in places:
        for write in writes[done:place]:
            if write.flush:
                for each in before:
                    _put(image, each)
                before, since = since, []
            if write.data:
                since.append(write)
        done = place
        left = bytearray(image)
        # A flush that is the last of all may not have ended.
        unsure = place and writes[place - 1].flush and not writes[place - 1].data and chance.random() < 0.5
        mood = chance.choice(("all", "none", "some", "some", "some", "one"))
        if not unsure:
            for write in before:
                _put(left, write)
        pending = (before if unsure else []) + since
        missing = chance.randrange(len(pending)) if pending else 0
        for index, write in enumerate(pending):
            fate = {"all": "whole", "none": "lost", "one": "torn" if index == missing else "whole"}.get(mood)
            fate = "whole" if write.durable else fate or chance.choice(("whole", "lost", "torn"))
            if fate == "whole":
                _put(left, write)
            elif fate == "torn":
                for start in range(0, len(write.data), piece):
                    if chance.random() < 0.5:
                        part = write.data[start:start + piece]
                        left[write.offset + start:write.offset + start + len(part)] = part
        yield place, left


def _put(image, write):
    image[write.offset:write.offset + len(write.data)] = write.data
