"""Think: a generation, one entry of the history: what was changed, from which bytes to which, and what became of it; and its JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone

from wslcfg.model.plan import KeyChange, Restart
from wslcfg.model.record import NamedTuple

# Of generation.json and of the state folder as a whole; a newer one is refused, never rewritten.
SCHEMA = 1

# What can become of a generation, the later word winning where two copies differ. `candidate` is the state that was found at first:
# it worked, as far as anybody knows. `abandoned`: the backup was made, the files never written. `undone`: written and put back.
RANKS = {"pending": 0, "candidate": 1, "written": 1, "abandoned": 2, "undone": 2, "good": 3, "bad": 3}

# The states of a generation whose bytes were (or still are) on the machine.
IN_EFFECT = frozenset({"candidate", "written", "good", "bad"})

KINDS = frozenset({"found", "foreign", "apply", "rollback"})


class Record(NamedTuple):
    """One file of a generation.

    Attributes:
        label, path: as in the plan; path as the distro saw it that made the generation. windows_path: the same for Windows, None when unknown.
        shared: on the Windows side, for all distros. as_root: only root may write it.
        before, after: sha256 (hex), None where the file was absent.
        before_file, after_file: names beside generation.json that hold those bytes, None where absent.
        after_head, after_tail: how many bytes `after` has in common with `before` at its begin and at its end; `after_file` holds those between.
        before_mode, after_mode: permission bits, None when absent or unknown.
        restart, part: what the file's change waits for, and which part of it is ours, as in the plan.
    """

    label: str
    path: str
    windows_path: str | None
    shared: bool
    as_root: bool
    before: str | None
    after: str | None
    before_file: str | None
    after_file: str | None
    before_mode: int | None = None
    after_mode: int | None = None
    restart: Restart = "none"
    part: str = ""
    after_head: int = 0
    after_tail: int = 0


class Generation(NamedTuple):
    """One entry of the history.

    Attributes:
        id: `20261121T094000Z-Ubuntu-3f9a01`, also the folder's name. number: what people say; unique over all distros.
        kind: `found` (before our first change), `foreign` (somebody else's edit, kept), `apply` or `rollback`.
        made_at: UTC. title: one line. command: the command line. tool: version of wslcfg. distro, user, boot_id: where and who.
        state: see RANKS. back_to: for a rollback the number it went back to.
        writer: for `foreign` and `found`: who probably wrote it. note: one sentence about an interruption, else ''.
        registered: whether the shared home has it, so that its number is final.
    """

    id: str
    number: int
    kind: str
    made_at: datetime
    title: str
    command: str
    tool: str
    distro: str
    user: str
    boot_id: str
    state: str
    records: tuple[Record, ...]
    changes: tuple[KeyChange, ...] = ()
    back_to: int | None = None
    writer: str = ""
    note: str = ""
    registered: bool = True

    @property
    def in_effect(self) -> bool:
        """Whether its bytes came to lie on the machine."""
        return self.state in IN_EFFECT


def identity(label: str, path: str, *, shared: bool, distro: str) -> tuple[str, str]:
    """What makes a file the same file over all distros: a shared one its label, for its path differs with each distro's mounts."""
    return ("", label) if shared else (distro, path)


def common(before: bytes, after: bytes) -> tuple[int, int]:
    """How many bytes both begin with, and how many of the rest both end with."""
    most = min(len(before), len(after))
    head = _same(most, lambda start, end: before[start:end] == after[start:end])
    first, last = len(before), len(after)
    tail = _same(most - head, lambda start, end: before[first - end : first - start] == after[last - end : last - start])
    return head, tail


def _same(most: int, equal: Callable[[int, int], bool]) -> int:
    """The largest number up to `most` before which all is equal; halved each time, so that each byte is compared about once, in blocks."""
    known = 0
    while known < most:
        middle = (known + most + 1) // 2
        if equal(known, middle):
            known = middle
        else:
            most = middle - 1
    return known


def to_json(generation: Generation) -> dict[str, object]:
    """The generation as generation.json holds it; times RFC 3339, digests hex, absent null."""
    whole: dict[str, object] = {"schema": SCHEMA, **generation._asdict()}
    whole["made_at"] = generation.made_at.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    whole["records"] = [record._asdict() for record in generation.records]
    whole["changes"] = [key_to_json(change) for change in generation.changes]
    return whole


def key_to_json(change: KeyChange) -> dict[str, object]:
    """A key change as plain data."""
    return {"file": change.file, "section": change.section, "key": change.key, "old": change.old, "new": change.new, "why": change.why}


def from_json(data: object) -> Generation:
    """Read what `to_json` wrote.

    Raises:
        ValueError: not ours, a newer schema, a missing or odd field; the text fits after "generation.json ".
    """
    top = _mapping(data)
    schema = top.get("schema")
    if schema != SCHEMA:
        raise ValueError(f"has schema {schema!r}, this wslcfg knows {SCHEMA}")
    state, kind = _text(top, "state"), _text(top, "kind")
    if state not in RANKS or kind not in KINDS:
        raise ValueError(f"has an unknown state or kind: {state!r}, {kind!r}")
    number = _number(top, "number")
    if number is None or number < 1:
        raise ValueError("has no number")
    made_at = datetime.fromisoformat(_text(top, "made_at").replace("Z", "+00:00"))
    if made_at.tzinfo is None:
        raise ValueError("has a time without a zone")
    return Generation(
        id=_text(top, "id"),
        number=number,
        kind=kind,
        made_at=made_at,
        title=_text(top, "title"),
        command=_text(top, "command"),
        tool=_text(top, "tool"),
        distro=_text(top, "distro"),
        user=_text(top, "user"),
        boot_id=_text(top, "boot_id"),
        state=state,
        records=tuple(_record(_mapping(item)) for item in _items(top, "records")),
        changes=tuple(key_from_json(item) for item in _items(top, "changes")),
        back_to=_number(top, "back_to"),
        writer=_text(top, "writer"),
        note=_text(top, "note"),
        registered=_flag(top, "registered"),
    )


def key_from_json(data: object) -> KeyChange:
    """Read what `key_to_json` wrote; raises ValueError."""
    item = _mapping(data)
    return KeyChange(
        _text(item, "file"), _text(item, "section"), _text(item, "key"), _maybe(item, "old"), _maybe(item, "new"), _text(item, "why")
    )


def _record(item: Mapping[str, object]) -> Record:
    record = Record(
        label=_text(item, "label"),
        path=_text(item, "path"),
        windows_path=_maybe(item, "windows_path"),
        shared=_flag(item, "shared"),
        as_root=_flag(item, "as_root"),
        before=_maybe(item, "before"),
        after=_maybe(item, "after"),
        before_file=_maybe(item, "before_file"),
        after_file=_maybe(item, "after_file"),
        before_mode=_number(item, "before_mode"),
        after_mode=_number(item, "after_mode"),
        restart=_restart(item),
        part=_maybe(item, "part") or "",
        after_head=_number(item, "after_head") or 0,
        after_tail=_number(item, "after_tail") or 0,
    )
    # The names are joined to a folder: one that leads out of it is not ours.
    for name in (record.before_file, record.after_file):
        if name is not None and ("/" in name or name in {"", ".", ".."}):
            raise ValueError(f"names a file outside its folder: {name!r}")
    if (record.before is None) != (record.before_file is None) or (record.after is None) != (record.after_file is None):
        raise ValueError("has a digest without bytes, or bytes without a digest")
    return record


def _restart(data: Mapping[str, object]) -> Restart:
    match data.get("restart"):
        case "vm":
            return "vm"
        case "distro":
            return "distro"
        case "none":
            return "none"
        case other:
            raise ValueError(f"has an unknown restart: {other!r}")


def _mapping(data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise ValueError("is not an object")
    return data


def _items(data: Mapping[str, object], name: str) -> list[object]:
    value = data.get(name)
    if not isinstance(value, list):
        raise ValueError(f"has no list '{name}'")
    return value


def _text(data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise ValueError(f"has no text '{name}'")
    return value


def _maybe(data: Mapping[str, object], name: str) -> str | None:
    return None if data.get(name) is None else _text(data, name)


def _number(data: Mapping[str, object], name: str) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"has no number '{name}'")
    return value


def _flag(data: Mapping[str, object], name: str) -> bool:
    value = data.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"has no yes or no '{name}'")
    return value
