"""Act: manifests: what each snapshot holds, as sorted lines. A manifest's rename under its name is what makes a snapshot.

A file `ID.REVISION.full` has a line for every path; a file `ID.REVISION.diff` has the lines that changed since the manifest that it names as
its base. The first line says what it is, then comes the squeezed body, and the last line has its sha256 and the totals. Prune writes a
manifest anew under the next revision; of one id the highest revision counts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO

from wslcfg.errors import Unreadable
from wslcfg.model.record import NamedTuple
from wslcfg.store.codec import PIECE, Squeezer, stream
from wslcfg.store.disk import TEMPORARY, Fresh
from wslcfg.store.entry import Entry, dump, guarded, load, path_of, unguarded

# A full manifest is written when so many diffs, or so many lines in them, stand on the last one: readers hold those lines in memory.
MOST_DIFFS, MOST_LINES = 24, 2000
# The last line is found in this much of a manifest's end.
_FOOT = 512


class Totals(NamedTuple):
    """A manifest's last line: `lines` in it; `files` and `bytes` that the snapshot holds (deleted ones not counted); `new` raw bytes of it."""

    lines: int = 0
    files: int = 0
    bytes: int = 0
    new: int = 0


class Manifest(NamedTuple):
    """A manifest that lies there. `name` is the file's; `kind` is full or diff."""

    id: str
    revision: int
    kind: str
    name: str

    @property
    def key(self) -> str:
        """By what a diff names its base."""
        return f"{self.id}.{self.revision}"


class Maker:
    """Writes a manifest; lines have to come sorted by path."""

    def __init__(self, folder: str, id: str, revision: int, kind: str, base: str = "") -> None:
        self.key, self.kind, self.lines = f"{id}.{revision}", kind, 0
        self.path = os.path.join(folder, f"{self.key}.{kind}")
        self._squeezer = Squeezer()
        self._file = Fresh(self.path)
        self._digest, self._buffer, self._length = hashlib.sha256(), bytearray(), 0
        head = {
            "manifest": 1,
            "id": id,
            "revision": revision,
            "kind": kind,
            "base": base,
            "codec": self._squeezer.codec,
        }
        self._file.write(guarded(head))

    def add(self, line: str) -> None:
        """Add a line (without its end)."""
        self._buffer += line.encode()
        self._buffer += b"\n"
        self.lines += 1
        if len(self._buffer) >= PIECE:
            self._put(self._squeezer.add(bytes(self._buffer)))
            self._buffer.clear()

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._length += len(data)
        self._file.write(data)

    def seal(self, totals: Totals) -> Manifest:
        """Write the last line; gives the manifest under its temporary name, to be read before it is committed or dropped."""
        self._put(self._squeezer.add(bytes(self._buffer)) + self._squeezer.end())
        foot = {**totals._asdict(), "lines": self.lines, "body": self._length, "sha256": self._digest.hexdigest()}
        self._file.write(b"\n" + guarded(foot))
        id, _, revision = self.key.rpartition(".")
        return Manifest(id, int(revision), self.kind, os.path.basename(self.path) + TEMPORARY)

    def commit(self) -> int:
        """Make it last under its name; gives its size. Raises OSError; then it is not there."""
        self._file.commit()
        return self._file.size

    def drop(self) -> None:
        """Leave nothing behind; no error, and none after a commit."""
        self._file.drop()


class Manifests:
    """The manifests of a store."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def all(self) -> list[Manifest]:
        """Every manifest that lies there, oldest first, lower revisions included."""
        try:
            names = os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = []
        for name in names:
            id, _, rest = name.rpartition("Z.")
            revision, _, kind = rest.partition(".")
            if len(id) == 22 and revision.isdigit() and kind in ("full", "diff"):
                found.append(Manifest(id + "Z", int(revision), kind, name))
        return sorted(found)

    def listing(self) -> list[Manifest]:
        """The manifest of each snapshot, oldest first."""
        return list({one.id: one for one in self.all()}.values())

    def head(self, manifest: Manifest) -> dict[str, object]:
        """The first line. Raises Unreadable."""
        try:
            with open(os.path.join(self.folder, manifest.name), "rb") as file:
                head = unguarded(file.readline(4096))
        except OSError as error:
            raise _broken(manifest, error) from error
        if head is None or head.get("manifest") != 1 or (head["id"], head["revision"], head["kind"]) != manifest[:3]:
            raise _broken(manifest, "its first line is not what was written")
        return head

    def totals(self, manifest: Manifest) -> Totals:
        """The last line's numbers. Raises Unreadable."""
        with _opened(self.folder, manifest) as file:
            foot = _foot(manifest, file.fileno())
        return Totals(*(int(str(foot[field])) for field in Totals._fields))

    def lines(self, manifest: Manifest) -> Iterator[str]:
        """The lines as they stand. Raises Unreadable at the end at the latest when a byte of them is not what was written."""
        with _opened(self.folder, manifest) as file:
            foot = _foot(manifest, file.fileno())
            codec = str(self.head(manifest)["codec"])
            file.readline(4096)
            digest = hashlib.sha256()
            count = 0
            rest = b""
            try:
                for piece in stream(codec, _pieces(file.fileno(), file.tell(), int(str(foot["body"])), digest)):
                    *whole, rest = (rest + piece).split(b"\n")
                    count += len(whole)
                    for line in whole:
                        yield line.decode()
            except (Unreadable, UnicodeDecodeError, OSError) as error:
                if isinstance(error, Unreadable) and error.code == "codec":
                    raise
                raise _broken(manifest, error) from error
            if digest.hexdigest() != foot["sha256"] or count != foot["lines"] or rest:
                raise _broken(manifest, "its checksum is wrong")

    def check(self, manifest: Manifest) -> None:
        """Raise Unreadable unless every manifest that makes up a snapshot is byte for byte what was written."""
        for one in self.chain(manifest):
            self.head(one)
            with _opened(self.folder, one) as file:
                foot = _foot(one, file.fileno())
                file.readline(4096)
                digest = hashlib.sha256()
                try:
                    for _ in _pieces(file.fileno(), file.tell(), int(str(foot["body"])), digest):
                        pass
                except OSError as error:
                    raise _broken(one, error) from error
                if digest.hexdigest() != foot["sha256"]:
                    raise _broken(one, "its checksum is wrong")

    def chain(self, manifest: Manifest) -> list[Manifest]:
        """The manifests that make up a snapshot: the full one, then the diffs up to this one. Raises Unreadable where one is missing."""
        there = {one.key: one for one in self.all()}
        found = [manifest]
        while found[-1].kind != "full":
            base = str(self.head(found[-1])["base"])
            if base not in there or base >= found[-1].key:
                raise _broken(found[-1], f"it stands on {base}, which is not there")
            found.append(there[base])
        return found[::-1]

    def overlay(self, chain: list[Manifest]) -> dict[str, str]:
        """The lines of a chain's diffs, each made whole by the lines before it. Raises Unreadable."""
        changed: dict[str, list[str]] = {}
        for diff in chain[1:]:
            for line in self.lines(diff):
                changed.setdefault(path_of(line), []).append(line)
        return {path: lines[-1] if '"keep":' not in lines[-1] else "\n".join(lines) for path, lines in changed.items()}

    def state(self, manifest: Manifest) -> Iterator[str]:
        """Every line of a snapshot, whole and sorted by path. Raises Unreadable, at the end at the latest."""
        chain = self.chain(manifest)
        over = self.overlay(chain)
        if not over:
            yield from self.lines(chain[0])
            return
        paths = sorted(over)
        at = 0
        for line in self.lines(chain[0]):
            path = path_of(line)
            while at < len(paths) and paths[at] < path:
                yield resolved(over[paths[at]], None)
                at += 1
            if at < len(paths) and paths[at] == path:
                yield resolved(over[path], line)
                at += 1
            else:
                yield line
        for path in paths[at:]:
            yield resolved(over[path], None)

    def entries(self, manifest: Manifest) -> Iterator[Entry]:
        """Every entry of a snapshot, sorted by path. Raises Unreadable, at the end at the latest."""
        return map(load, self.state(manifest))


def resolved(lines: str, base: str | None) -> str:
    """The last of a path's lines from consecutive diffs, made whole by those before it and the full manifest's."""
    if '"keep":' not in lines:
        return lines
    entry = load(base) if base is not None else None
    for line in lines.split("\n"):
        entry = load(line, entry)
    assert entry is not None
    return dump(entry)


def joined(first: Iterator[str], second: Iterator[str]) -> Iterator[tuple[str, str | None, str | None]]:
    """Two sorted runs of lines side by side: path, the line of the first, the line of the second."""
    one, two = next(first, None), next(second, None)
    while one is not None or two is not None:
        left = path_of(one) if one is not None else None
        right = path_of(two) if two is not None else None
        if right is None or (left is not None and left < right):
            assert left is not None
            yield left, one, None
            one = next(first, None)
        elif left is None or right < left:
            yield right, None, two
            two = next(second, None)
        else:
            yield left, one, two
            one, two = next(first, None), next(second, None)


def _opened(folder: str, manifest: Manifest) -> BinaryIO:
    try:
        return open(os.path.join(folder, manifest.name), "rb")
    except OSError as error:
        raise _broken(manifest, error) from error


def _foot(manifest: Manifest, handle: int) -> dict[str, object]:
    try:
        size = os.fstat(handle).st_size
        end = os.pread(handle, _FOOT, max(size - _FOOT, 0))
        foot = unguarded(end[:-1].rpartition(b"\n")[2])
        if foot is None or end[-1:] != b"\n":
            raise ValueError("its last line is not what was written")
    except (OSError, ValueError) as error:
        raise _broken(manifest, error) from error
    return foot


def _pieces(handle: int, at: int, left: int, digest: hashlib._Hash) -> Iterator[bytes]:
    while left > 0:
        piece = os.pread(handle, min(PIECE, left), at)
        if not piece:
            raise OSError("it is cut")
        digest.update(piece)
        yield piece
        at += len(piece)
        left -= len(piece)


def _broken(manifest: Manifest, why: object) -> Unreadable:
    return Unreadable(
        f"The manifest of snapshot {manifest.id} is damaged: {why}.",
        "Run 'wslcfg sessions backup': it makes a new one from the packs, which hold everything.",
        code="damaged",
        data={"snapshot": manifest.id, "manifest": manifest.name},
    )
