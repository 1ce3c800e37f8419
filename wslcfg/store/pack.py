"""Act: packs: files that hold pieces of files, never changed once they have their name.

A pack is frames one behind the other. A frame is a line `CRC32 JSON`, its payload, and a line break. The line says whose bytes they are
(path, chain, offset, length), how they are squeezed and what their sha256 is, so that packs alone are enough to have everything back; the pack's
last line says that it is whole. docs/store-format.md describes them for people.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator

from wslcfg.errors import Unreadable
from wslcfg.model.record import NamedTuple
from wslcfg.store.codec import Squeezer, restored
from wslcfg.store.disk import Fresh, forget, make_folder
from wslcfg.store.entry import Segment, guarded, unguarded

# A piece's greatest length: what is held in memory at once, raw and squeezed.
PIECE = 4 << 20
# A pack is closed at this size, or after that time, so that a killed first run keeps what it did.
PACK, PACK_S = 32 << 20, 10.0
# Read ahead of the payload: a frame's line is 300 bytes and the path.
_LINE = 2048
# No frame's line is longer: a path has at most 4096 bytes, and JSON makes 6 of each at most.
_LONGEST = 64 << 10
ENDING = ".pack"


class Frame(NamedTuple):
    """A frame's line. `run` is the snapshot id of the run that wrote it; mtime (ns) and mode are the file's at that time."""

    path: str
    chain: str
    offset: int
    length: int
    stored: int
    codec: str
    sha256: str
    mtime: int
    mode: int
    run: str


class Writer:
    """Writes pieces into packs, and closes each when it is full. `closed` is called after each one, when it lies synced under its name.

    Attributes:
        stored: bytes written so far. made: the packs that are closed, with their sizes.
    """

    def __init__(self, folder: str, closed: Callable[[], None] = lambda: None) -> None:
        self.stored = 0
        self.made: dict[str, int] = {}
        self._folder = folder
        self._closed = closed
        self._squeezer = Squeezer()
        self._pack: Fresh | None = None
        self._name = ""
        self._opened = 0.0
        self._frames = 0

    def add(self, frame: Frame, data: bytes) -> Segment:
        """Store a piece; `stored`, `codec`, `length` and `sha256` of the frame are filled in here. Raises OSError."""
        codec, small = self._squeezer.piece(data)
        digest = hashlib.sha256(data).hexdigest()
        line = guarded({**frame._asdict(), "length": len(data), "stored": len(small), "codec": codec, "sha256": digest})
        if self._pack is None:
            make_folder(self._folder)
            self._name = os.urandom(8).hex()
            self._pack, self._opened, self._frames = Fresh(os.path.join(self._folder, self._name + ENDING)), time.monotonic(), 0
        at = self._pack.size
        self._pack.write(line, small, b"\n")
        self._frames += 1
        made = Segment(self._name, at, len(small), len(data), digest[:16])
        if self._pack.size >= PACK or time.monotonic() - self._opened >= PACK_S:
            self.close()
        return made

    def close(self) -> None:
        """End the pack that is open, if one is. Raises OSError; then it is not there."""
        if self._pack is None:
            return
        pack, self._pack = self._pack, None
        try:
            pack.write(guarded({"end": self._frames, "bytes": pack.size}))
            pack.commit()
        finally:
            pack.drop()
        self.stored += pack.size
        self.made[self._name] = pack.size
        self._closed()

    def drop(self) -> None:
        """Leave the pack that is open; no error."""
        if self._pack is not None:
            self._pack.drop()
            self._pack = None


class Reader:
    """Reads pieces; the pack of the last one stays open."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._name = ""
        self._handle = -1

    def piece(self, segment: Segment) -> tuple[Frame, bytes]:
        """A frame and its bytes, proven by their sha256. Raises Unreadable (damaged, or not there)."""
        frame, payload = self.payload(segment)
        return frame, proven(frame, payload)

    def payload(self, segment: Segment) -> tuple[Frame, bytes]:
        """A frame and its squeezed bytes, not yet proven. Raises Unreadable."""
        try:
            if segment.pack != self._name:
                self.close()
                self._handle, self._name = os.open(pack_path(self._folder, segment.pack), os.O_RDONLY | os.O_CLOEXEC), segment.pack
            start = os.pread(self._handle, segment.stored + _LINE, segment.at)
            line, broken, payload = start.partition(b"\n")
            if not broken:
                start += os.pread(self._handle, segment.stored + _LONGEST, segment.at + len(start))
                line, broken, payload = start.partition(b"\n")
            if len(payload) < segment.stored:
                payload += os.pread(self._handle, segment.stored - len(payload), segment.at + len(line) + 1 + len(payload))
        except OSError as error:
            raise damaged(segment.pack, error.strerror or str(error)) from error
        del start
        frame = parse(line)
        if not isinstance(frame, Frame) or frame.stored != segment.stored or frame.sha256[:16] != segment.digest:
            raise damaged(segment.pack, f"no such frame at byte {segment.at}")
        return frame, payload[: segment.stored]

    def close(self) -> None:
        """Close the open pack."""
        if self._handle >= 0:
            forget(self._handle)
            os.close(self._handle)
        self._handle, self._name = -1, ""


def proven(frame: Frame, payload: bytes) -> bytes:
    """The bytes of a payload if their sha256 is right. Raises Unreadable."""
    data = restored(frame.codec, payload, frame.length)
    if len(data) != frame.length or hashlib.sha256(data).hexdigest() != frame.sha256:
        raise damaged("", f"bytes {frame.offset} to {frame.offset + frame.length} of {frame.path} are not those that were stored")
    return data


def frames(path: str) -> Iterator[tuple[int, Frame, bytes]]:
    """Each frame of a pack: where it begins, its line, its payload (not proven). Raises Unreadable where the pack is damaged or cut."""
    name = os.path.basename(path).removesuffix(ENDING)
    try:
        with open(path, "rb") as file:
            count = 0
            while True:
                at = file.tell()
                line = file.readline(_LONGEST)
                found = parse(line)
                if isinstance(found, int):
                    if found != count or file.read(1):
                        raise damaged(name, "its end is not where it should be")
                    forget(file.fileno())
                    return
                if found is None:
                    raise damaged(name, f"no frame at byte {at}" if line else "it is cut")
                payload = file.read(found.stored)
                if len(payload) != found.stored or file.read(1) != b"\n":
                    raise damaged(name, f"the frame at byte {at} is cut")
                yield at, found, payload
                count += 1
    except OSError as error:
        raise damaged(name, error.strerror or str(error)) from error


def found_frames(path: str) -> Iterator[tuple[int, Frame]]:
    """Each frame of a pack that can still be told, without its payload; what is damaged between them is passed over. Raises OSError."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        while True:
            at = file.tell()
            line = file.readline(_LONGEST)
            if not line:
                return
            found = parse(line)
            if not isinstance(found, Frame):
                continue  # every frame begins behind a line break, so going on line by line meets the next one
            end = at + len(line) + found.stored
            if end < size:
                yield at, found
                file.seek(end + 1)


def parse(line: bytes) -> Frame | int | None:
    """A frame's line; the number of frames for a pack's last line; None for anything else."""
    plain = unguarded(line)
    if plain is None:
        return None
    try:
        return int(str(plain["end"])) if "end" in plain else Frame(**plain)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return None


def pack_path(folder: str, name: str) -> str:
    """Where a pack lies."""
    return os.path.join(folder, name + ENDING)


def damaged(pack: str, why: str) -> Unreadable:
    """The error for damage in a pack."""
    return Unreadable(
        f"The pack {pack} is damaged: {why}." if pack else f"Damaged: {why}.",
        "Run 'wslcfg sessions verify --full' to see what it hurts; the mirror may have it whole.",
        code="damaged",
        data={"pack": pack},
    )
