"""Think: one line of a manifest: which bytes make up a file, and by what it is known to be unchanged.

A line is a JSON list `[path, seen, rest]`. `seen` is `"SIZE MTIME_NS CTIME_NS INODE"` of the file as it was read. It stands near the front
so that an unchanged file is told by the line's beginning alone, without parsing it: most lines of most runs are never parsed.

A version of a file is a chain: segments one behind the other. An append adds a segment to the chain; anything else makes a new chain, and the
one before goes to `old`. The newest manifest so names everything that is held, deleted files (`gone`) and rewritten versions included.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import datetime, timezone
from json.encoder import encode_basestring_ascii

from wslcfg.errors import Unreadable
from wslcfg.model.record import NamedTuple

# `seen` of a file that has to be read whole before anything is taken for granted of it.
UNSEEN = "-"
# `seen` of a file that is gone: no file is ever seen like this.
GONE = "gone"
# How much of the held end is compared before an append is believed. A page: shorter than most records, and read in one go.
TAIL = 4096


class Segment(NamedTuple):
    """Where a piece of a file lies.

    Attributes:
        pack: the pack's name (16 hex digits). at: where its frame begins. stored: bytes of its payload there. length: bytes of the file.
        digest: the first 16 hex digits of their sha256; the frame has it whole.
    """

    pack: str
    at: int
    stored: int
    length: int
    digest: str


class Version(NamedTuple):
    """One version of a file: `size` bytes, which are the segments one behind the other, cut at `size`.

    Attributes:
        chain: its name (16 hex digits), the same after an append. mtime: nanoseconds. mode: permission bits. tail: see `tail_of`, '' unknown.
        until: the last snapshot that had it as the file's present version; '' while it is that.
    """

    chain: str
    size: int
    mtime: int
    mode: int
    tail: str
    segments: tuple[Segment, ...]
    until: str = ""


class Entry(NamedTuple):
    """A line: the present (or last) version of a path, `old` ones newest first; `gone` is the first snapshot that missed the file, else ''."""

    path: str
    seen: str
    now: Version
    gone: str = ""
    old: tuple[Version, ...] = ()


def guarded(plain: dict[str, object]) -> bytes:
    """A line `CRC32 JSON`, for what stands outside the squeezed bytes."""
    text = json.dumps(plain, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def unguarded(line: bytes) -> dict[str, object] | None:
    """What such a line says (with or without its line break); None for anything else."""
    line = line.removesuffix(b"\n")
    try:
        if len(line) < 10 or line[:8] != b"%08x" % zlib.crc32(line[9:]) or line[8:9] != b" ":
            return None
        plain = json.loads(line[9:])
    except ValueError:
        return None
    return plain if isinstance(plain, dict) else None


def tail_of(data: bytes) -> str:
    """The digest of a version's last 4 KiB, by which an append is told from a rewriting."""
    return hashlib.sha256(data[-TAIL:]).hexdigest()[:16]


def begin(path: str, seen: str | None = None) -> str:
    """How the line of this path begins; with `seen` while the file is unchanged."""
    path = encode_basestring_ascii(path)
    return f"[{path}," if seen is None else f'[{path},"{seen}",'


def dump(entry: Entry, keep: int = 0) -> str:
    """The line of an entry; the first `keep` segments are left out, for those of the manifest before it hold."""
    rest = _plain(entry.now, keep)
    if keep:
        rest["keep"] = keep
    if entry.gone:
        rest["gone"] = entry.gone
    if entry.old:
        rest["old"] = [_plain(one, 0) for one in entry.old]
    return f"{begin(entry.path, entry.seen)}{json.dumps(rest, separators=(',', ':'))}]"


def load(line: str, base: Entry | None = None, *, alone: bool = False) -> Entry:
    """Read a line; `base` is the same path's entry in the manifest before it; `alone` leaves out what that one has. Raises Unreadable."""
    try:
        path, seen, rest = json.loads(line)
        now = _version(rest)
        keep = rest.get("keep", 0)
        if keep and not alone:
            if base is None or base.now.chain != now.chain or len(base.now.segments) < keep:
                raise ValueError("it builds on a line that is not there")
            now = now._replace(segments=(*base.now.segments[:keep], *now.segments))
        return Entry(str(path), str(seen), now, rest.get("gone", ""), tuple(_version(one) for one in rest.get("old", ())))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(
            f"A line of a manifest is damaged ({error}).",
            "Run 'wslcfg sessions verify' to see what it hurts.",
            data={"excerpt": line[:200]},
        ) from error


def lean(entry: Entry, base: Entry | None) -> str:
    """The line of an entry in a diff: without the segments that the same path's entry before it begins with."""
    if base is None or base.now.chain != entry.now.chain:
        return dump(entry)
    keep = 0
    for one, two in zip(base.now.segments, entry.now.segments):  # noqa: B905 -- the shorter one ends it
        if one != two:
            break
        keep += 1
    return dump(entry, keep)


_DECODER = json.JSONDecoder()


def path_of(line: str) -> str:
    """The path of a line, without parsing the rest. Raises Unreadable."""
    try:
        return str(_DECODER.raw_decode(line, 1)[0])
    except ValueError as error:
        raise Unreadable(f"A line of a manifest is damaged ({error}).", "Run 'wslcfg sessions verify'.") from error


def made_at(snapshot: str) -> datetime:
    """The time in a snapshot's id: `20261126T033748.123456Z`."""
    digits = snapshot[:8] + snapshot[9:15]
    parts = [int(digits[at : at + 2]) for at in range(4, 14, 2)]
    return datetime(int(digits[:4]), *parts, int(snapshot[16:22]), tzinfo=timezone.utc)  # type: ignore[arg-type,misc]


def named(time: datetime) -> str:
    """The id of a snapshot made at that time; ids sort as times do."""
    return time.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")


def _plain(one: Version, keep: int) -> dict[str, object]:
    plain: dict[str, object] = {"chain": one.chain, "size": one.size, "mtime": one.mtime, "mode": one.mode, "tail": one.tail}
    if one.until:
        plain["until"] = one.until
    plain["segments"] = [":".join(map(str, segment)) for segment in one.segments[keep:]]
    return plain


def _version(plain: dict[str, object]) -> Version:
    segments = plain["segments"]
    if not isinstance(segments, list):
        raise ValueError("segments are no list")
    return Version(
        str(plain["chain"]),
        _int(plain["size"]),
        _int(plain["mtime"]),
        _int(plain["mode"]),
        str(plain["tail"]),
        tuple(segment(str(one)) for one in segments),
        str(plain.get("until", "")),
    )


def segment(text: str) -> Segment:
    """Read `PACK:AT:STORED:LENGTH:DIGEST`. Raises ValueError."""
    pack, at, stored, length, digest = text.split(":")
    return Segment(pack, int(at), int(stored), int(length), digest)


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is no number")
    return value
