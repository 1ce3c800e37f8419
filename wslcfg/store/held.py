"""Act: versions out of the store: what the packs hold of one, written to a fresh file."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from wslcfg.errors import Unreadable
from wslcfg.store.disk import told
from wslcfg.store.engine import Held
from wslcfg.store.entry import GONE, Entry, Segment, Version, made_at, segment
from wslcfg.store.manifest import Manifest, Manifests
from wslcfg.store.pack import Reader


def held(entry: Entry, newest: Manifest) -> Held:
    """An entry as it passes between engine and restore."""
    now = entry.now
    snapshot = now.until or newest.id
    key = ",".join([now.chain, str(now.size), *(":".join(map(str, one)) for one in now.segments)])
    modified = datetime.fromtimestamp(now.mtime // 10**9, timezone.utc) + timedelta(microseconds=now.mtime // 1000 % 10**6)
    return Held(entry.path, now.size, modified, now.mode, snapshot, made_at(snapshot), entry.seen == GONE, key)


class Elsewhere:
    """Where the bytes of a version lie by now: a chain whose pieces were lost is stored anew under its own name, and older manifests do not know.

    Made at the first damage that is met, so that nobody else waits for it.
    """

    def __init__(self, manifests: Manifests, is_whole: Callable[[Version], bool] = lambda _: True) -> None:
        self._manifests, self._is_whole = manifests, is_whole
        self._found: dict[str, tuple[int, tuple[Segment, ...]]] | None = None

    def pieces(self, chain: str, size: int) -> tuple[Segment, ...] | None:
        """The pieces that begin with the `size` bytes of this version; None where the newest snapshot has no such chain. Raises Unreadable."""
        if self._found is None:
            self._found = {}
            for newest in self._manifests.listing()[-1:]:
                for entry in self._manifests.entries(newest):
                    for one in (entry.now, *entry.old):
                        if self._is_whole(one):
                            self._found[one.chain] = (one.size, one.segments)
        there, segments = self._found.get(chain, (-1, ()))
        return segments if there >= size else None


def bring(reader: Reader, wanted: Held, to: str, elsewhere: Elsewhere) -> None:
    """Write one version to a fresh file. Raises Unreadable, naming it, and Unreachable; then the file is not there."""
    chain, size, *texts = wanted.key.split(",")
    segments = tuple(segment(text) for text in texts)
    try:
        try:
            _write(reader, wanted.path, segments, int(size), to)
        except Unreadable as error:
            other = None if error.code == "codec" else elsewhere.pieces(chain, int(size))
            if other is None or other == segments:
                raise
            _write(reader, wanted.path, other, int(size), to)
    except Unreadable as error:
        if error.code == "codec":
            raise
        raise Unreadable(
            f"{wanted.path} in snapshot {wanted.snapshot} cannot be brought back whole. {error.message}",
            "Restore the others without it; the mirror may have it whole (--repo MIRROR).",
            code="damaged",
            data={"path": wanted.path, "snapshot": wanted.snapshot},
        ) from error


def _write(reader: Reader, path: str, segments: tuple[Segment, ...], left: int, to: str) -> None:
    """The first `left` bytes of these pieces as a fresh file. Raises Unreadable, Unreachable; then it is not there."""
    with told(to):
        handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            try:
                for one in segments:
                    if not left:
                        break
                    frame, data = reader.piece(one)
                    if frame.path != path:
                        raise Unreadable("Damaged: a piece of another file.", "")
                    rest = memoryview(data)[:left]
                    left -= len(rest)
                    while rest:
                        rest = rest[os.write(handle, rest) :]
                if left:
                    raise Unreadable(f"Damaged: the last {left} bytes are not there.", "")
            finally:
                os.close(handle)
        except (Unreadable, OSError):
            os.unlink(to)
            raise
