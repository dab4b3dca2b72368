"""An initramfs: a cpio archive (newc), compressed, that is the same for the same files.

Everything in it is root's, whoever makes it, and of no particular time.
"""

import gzip
import stat

DIRECTORY, FILE, DEVICE = 0o040000, 0o100000, 0o020000
LIMIT = 0xFFFFFFFF


class Tree:
    """Files by their absolute path; the folders above them are made as they are needed."""

    def __init__(self):
        self._entries = {}      # path without the slash at its beginning: (mode, content, device)

    def _put(self, path, mode, content=b"", device=(0, 0)):
        parts = [part for part in path.split("/") if part]
        if not path.startswith("/") or not parts or any(part in (".", "..") for part in parts):
            raise ValueError(f"{path} is no absolute path of a file")
        if len(content) > LIMIT:
            raise ValueError(f"{path} is too large for an initramfs")
        for depth in range(1, len(parts)):
            above = self._entries.setdefault("/".join(parts[:depth]), (DIRECTORY | 0o755, b"", (0, 0)))
            if not stat.S_ISDIR(above[0]):
                raise ValueError(f"{path}: what is above it is a file")
        name = "/".join(parts)
        if name in self._entries and (stat.S_ISDIR(self._entries[name][0]) != stat.S_ISDIR(mode)):
            raise ValueError(f"{path} is a file and a folder")
        self._entries[name] = (mode, content, device)

    def folder(self, path, mode=0o755):
        self._put(path, DIRECTORY | mode)

    def file(self, path, content, mode=0o644):
        self._put(path, FILE | mode, content)

    def character_device(self, path, major, minor, mode=0o600):
        self._put(path, DEVICE | mode, device=(major, minor))

    def archive(self):
        """All of it, compressed."""
        out = bytearray()
        # A folder stands before what is in it: sorted by name it does.
        entries = [*sorted(self._entries.items()), ("TRAILER!!!", (0, b"", (0, 0)))]
        for number, (path, (mode, content, device)) in enumerate(entries, 1):
            name = path.encode() + b"\0"
            links = 2 if stat.S_ISDIR(mode) else 1
            fields = [number, mode, 0, 0, links, 0, len(content), 0, 0, *device, len(name), 0]
            out += b"070701" + b"".join(b"%08X" % field for field in fields) + name
            out += bytes(-len(out) % 4) + content
            out += bytes(-len(out) % 4)
        return gzip.compress(bytes(out), 6, mtime=0)
