"""Act: the store of generations, folders that people can read: `history/<id>/generation.json` and the bytes before and after.

Two homes hold it. The shared one (`%LOCALAPPDATA%\\wslcfg`) has every generation's metadata, so that numbers are unique over all distros, and
the bytes of files that all distros share; the local one has everything that this distro did, with all bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Sequence

from wslcfg import __version__
from wslcfg.apply import generation as form
from wslcfg.apply.generation import Generation, Record
from wslcfg.apply.homes import Homes
from wslcfg.apply.rescue import HERE, resource
from wslcfg.errors import Refused, Unreadable
from wslcfg.host import atomic
from wslcfg.model.record import NamedTuple

_META = "generation.json"
_STATE = "state.json"
# Lies in a generation's folder while it is being made, so that what a kill leaves can be told from what somebody damaged.
_UNFINISHED = "unfinished"


class History(NamedTuple):
    """All generations that can be read, oldest first, and a sentence for each entry that cannot."""

    generations: tuple[Generation, ...]
    problems: tuple[str, ...]


class Store:
    """The history of one person's machine. Writing methods want the lock held (`apply.lock.hold`)."""

    def __init__(self, homes: Homes) -> None:
        self.homes = homes

    def check(self) -> None:
        """Raise Refused when a newer wslcfg has written one of the homes in a form that this one does not know."""
        for home in self._roots():
            try:
                with open(os.path.join(home, _STATE), "rb") as file:
                    state = json.loads(file.read())
            except (OSError, ValueError):
                continue  # not there, or damaged: then nothing in it forbids us anything, and each generation has its own schema
            schema = state.get("schema") if isinstance(state, dict) else None
            if isinstance(schema, int) and schema > form.SCHEMA:
                raise Refused(
                    f"The history in {home} was written by wslcfg {state.get('tool', '?')} (schema {schema}), newer than this one.",
                    "Upgrade this wslcfg, or use the one that wrote it.",
                    code="newer-state",
                )

    def prepare(self) -> None:
        """Make the homes and clear away what a killed run left unfinished. Raises Refused (newer schema), Unreachable."""
        self.check()
        for home in self._roots():
            history = os.path.join(home, "history")
            try:
                os.makedirs(history, mode=0o700, exist_ok=True)
                if not os.path.exists(os.path.join(home, _STATE)):
                    atomic.replace(os.path.join(home, _STATE), json.dumps({"schema": form.SCHEMA, "tool": __version__}).encode() + b"\n")
                for name in os.listdir(history):
                    _tidy(os.path.join(history, name))
            except OSError as error:
                raise atomic.unreachable(error, home, "prepare") from error

    def all(self) -> History:
        """Read both homes; what cannot be read is skipped and told, never deleted. Raises Refused (newer schema)."""
        self.check()
        found: dict[str, Generation] = {}
        problems: list[str] = []
        for home in self._roots():
            history = os.path.join(home, "history")
            for name in sorted(_names(history)):
                if name.startswith("."):
                    continue
                place = os.path.join(history, name)
                try:
                    generation = _load(place, name)
                except (OSError, ValueError) as error:
                    if not _unfinished(place):
                        problems.append(f"{place} is skipped: its {_META} {_reason(error)}.")
                    continue
                found[name] = _later(found[name], generation) if name in found else generation
        ordered = sorted(found.values(), key=lambda item: (item.number, item.made_at, item.id))
        return History(tuple(ordered), tuple(problems))

    def get(self, number: int) -> Generation:
        """The generation of that number. Raises Refused when there is none, or when two have it (a shared home that was away)."""
        history = self.all()
        hits = [item for item in history.generations if item.number == number]
        if not hits:
            numbers = [item.number for item in history.generations]
            known = (
                f"There are {numbers[0]} to {numbers[-1]}; see wslcfg history."
                if numbers
                else "There is no history yet: nothing was applied."
            )
            raise Refused(f"There is no generation {number}.", known, code="no-generation")
        if len(hits) > 1:
            raise Refused(
                f"Two generations have the number {number}.", "The next apply renumbers one of them; run it first.", code="ambiguous"
            )
        return hits[0]

    def bytes_of(self, generation: Generation, record: Record, side: str) -> bytes | None:
        """The bytes of a record's `before` or `after`, checked against their digest; None where the file was absent.

        Raises:
            Refused: they lie in another distro. Unreadable: they are gone or damaged in every home.
        """
        name, wanted = (record.before_file, record.before) if side == "before" else (record.after_file, record.after)
        if name is None:
            return None
        damaged = ""
        for home in (self.homes.local, self.homes.shared):
            if home is None:
                continue
            place = os.path.join(home, "history", generation.id, name)
            try:
                with open(place, "rb") as file:
                    data = file.read()
            except OSError:
                continue
            if side == "after" and (record.after_head or record.after_tail):
                whole = self.bytes_of(generation, record, "before") or b""
                data = whole[: record.after_head] + data + whole[len(whole) - record.after_tail :]
            if atomic.digest(data) == wanted:
                return data
            damaged = place
        if not record.shared and generation.distro != self.homes.distro:
            raise elsewhere(generation, record)
        what = f"{damaged} is damaged" if damaged else f"the bytes of {record.label} are gone"
        raise Unreadable(
            f"Generation {generation.number} cannot be used: {what}.", "Choose another generation from wslcfg history.", code="damaged"
        )

    def next_number(self) -> int:
        """The highest number of any home plus one."""
        return max((item.number for item in self.all().generations), default=0) + 1

    def add(self, generation: Generation, contents: Sequence[tuple[bytes | None, bytes | None]]) -> Generation:
        """Write a generation, synced, into the shared home and then the local one; `contents` are (before, after) per record.

        The shared one first, for its number must be seen by every distro even when a kill comes between the two.

        Returns: the generation as written (`registered` says whether a shared home took it). Raises Unreachable.
        """
        whole = generation._replace(registered=self.homes.shared is not None)
        if self.homes.shared is not None:
            self._make(self.homes.shared, whole, contents, only_shared=True)
        self._make(self.homes.local, whole, contents, only_shared=False)
        return whole

    def update(self, generation: Generation) -> None:
        """Write a generation's metadata anew in every home that has it. Raises Unreachable."""
        text = _text(generation)
        for home in self._roots():
            place = os.path.join(home, "history", generation.id, _META)
            if os.path.exists(place):
                atomic.replace(place, text)

    def mark(self, number: int, state: str, note: str = "") -> None:
        """Say what became of a generation that was carried out: `good` or `bad`, after a restart. Raises Refused, Unreachable."""
        generation = self.get(number)
        if not generation.in_effect or state not in form.IN_EFFECT:
            raise Refused(
                f"Generation {number} is {generation.state} and cannot become {state}.", "See wslcfg history.", code="not-in-effect"
            )
        self.update(generation._replace(state=state, note=note or generation.note))

    def register(self) -> tuple[str, ...]:
        """Bring generations into the shared home that were made while it was away; one whose number is taken gets the next free one."""
        if self.homes.shared is None:
            return ()
        history = self.all().generations
        taken = {item.number for item in history if item.registered}
        notes = []
        for item in history:
            if item.registered or item.distro != self.homes.distro:
                continue
            number = item.number if item.number not in taken else max(taken.union(other.number for other in history)) + 1
            if number != item.number:
                notes.append(f"Generation {item.number} of this distro is now number {number}: another distro had taken its number.")
            taken.add(number)
            whole = item._replace(number=number, registered=True)
            contents = [(self.bytes_of(item, record, "before"), self.bytes_of(item, record, "after")) for record in item.records]
            self._make(self.homes.shared, whole, contents, only_shared=True)
            atomic.replace(os.path.join(self.homes.local, "history", item.id, _META), _text(whole))
        return tuple(notes)

    def remove(self, generation: Generation) -> None:
        """Forget a generation: set aside under a hidden name first, so that a kill leaves it whole or gone. Raises Unreachable."""
        for home in self._roots():
            place = os.path.join(home, "history", generation.id)
            try:
                if os.path.isdir(place):
                    aside = os.path.join(home, "history", f".gone-{generation.id}")
                    os.rename(place, aside)
                    with contextlib.suppress(OSError):  # the next prune sweeps the rest
                        _erase(aside)
            except OSError as error:
                raise atomic.unreachable(error, place, "remove") from error

    def size(self, generation: Generation) -> int:
        """Bytes that a generation takes in this distro; 0 for one that is gone."""
        place = os.path.join(self.homes.local, "history", generation.id)
        with contextlib.suppress(OSError):
            return sum(os.stat(os.path.join(place, name)).st_size for name in os.listdir(place))
        return 0

    def sweep(self) -> None:
        """Delete what a killed `remove` set aside."""
        for home in self._roots():
            for name in _names(os.path.join(home, "history")):
                if name.startswith(".gone-"):
                    with contextlib.suppress(OSError):
                        _erase(os.path.join(home, "history", name))

    def place(self, generation: Generation, name: str, *, shared: bool) -> str:
        """Where a file of a generation lies: in the shared home for a shared record where there is one, else in the local one."""
        home = self.homes.shared if shared and self.homes.shared is not None else self.homes.local
        return os.path.join(home, "history", generation.id, name)

    def _roots(self) -> tuple[str, ...]:
        return (self.homes.local,) if self.homes.shared is None else (self.homes.shared, self.homes.local)

    def _make(self, home: str, generation: Generation, contents: Sequence[tuple[bytes | None, bytes | None]], *, only_shared: bool) -> None:
        """Bytes first, metadata last: a generation is there when its generation.json is."""
        folder = os.path.join(home, "history", generation.id)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            _keep(os.path.join(folder, _UNFINISHED), b"")
            for record, (before, after) in zip(generation.records, contents, strict=True):
                if only_shared and not record.shared:
                    continue
                between = after[record.after_head : len(after) - record.after_tail] if after is not None else None
                for name, data in ((record.before_file, before), (record.after_file, between)):
                    if name is not None and data is not None:
                        _keep(os.path.join(folder, name), data)
            if only_shared and any(record.label == ".wslconfig" for record in generation.records):
                _keep(os.path.join(folder, "rollback.cmd"), resource(HERE))
            atomic.replace(os.path.join(folder, _META), _text(generation))
            os.unlink(os.path.join(folder, _UNFINISHED))
            atomic.sync_folder(os.path.dirname(folder))
        except OSError as error:
            raise atomic.unreachable(error, folder, "write the backup") from error


def elsewhere(generation: Generation, record: Record) -> Refused:
    """The refusal for a file that belongs to another distro: it names whom to ask."""
    return Refused(
        f"Generation {generation.number} is about {record.label} of {generation.distro}, another distro.",
        f"Run it there: wsl.exe -d {generation.distro} -- wslcfg rollback {generation.number}",
        code="other-distro",
    )


def new_id(made_at: float, distro: str) -> str:
    """An id that sorts by time: `20261121T094000Z-Ubuntu-24.04-3f9a01`; `made_at` is seconds since 1970."""
    name = re.sub(r"[^A-Za-z0-9.]+", "-", distro).strip("-.") or "linux"
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(made_at))}-{name}-{os.urandom(3).hex()}"


def file_names(labels: Sequence[str]) -> tuple[str, ...]:
    """A readable name for the bytes of each label, all different: `.wslconfig` gives `wslconfig`, `/etc/wsl.conf` gives `wsl.conf`."""
    names: list[str] = []
    for label in labels:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", os.path.basename(label.rstrip("/"))).lstrip(".")[:80] or "file"
        name, count = stem, 2
        # Windows sees no difference of case.
        while name.lower() in {taken.lower() for taken in names}:
            name, count = f"{stem}-{count}", count + 1
        names.append(name)
    return tuple(names)


def _load(place: str, name: str) -> Generation:
    with open(os.path.join(place, _META), "rb") as file:
        generation = form.from_json(json.loads(file.read()))
    if generation.id != name:
        raise ValueError(f"belongs to {generation.id}")
    return generation


def _later(one: Generation, two: Generation) -> Generation:
    """Of two copies the one whose state is further on; the shared home's (`one`) number counts."""
    return two._replace(number=one.number) if form.RANKS[two.state] > form.RANKS[one.state] else one


def _text(generation: Generation) -> bytes:
    return json.dumps(form.to_json(generation), indent=2, ensure_ascii=True).encode() + b"\n"


def _keep(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        done = 0
        while done < len(data):
            done += os.write(handle, data[done:])
        os.fsync(handle)
    finally:
        os.close(handle)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _unfinished(folder: str) -> bool:
    """Whether a kill left this folder before it became a generation."""
    return os.path.exists(os.path.join(folder, _UNFINISHED)) or (os.path.isdir(folder) and not _names(folder))


def _tidy(folder: str) -> None:
    """Clear away what a kill left of a generation that was being made; nothing that has or had its metadata."""
    if not _unfinished(folder):
        return
    with contextlib.suppress(OSError):
        if os.path.exists(os.path.join(folder, _META)):
            os.unlink(os.path.join(folder, _UNFINISHED))
        else:
            _erase(folder)


def _erase(folder: str) -> None:
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    os.rmdir(folder)


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "is missing"
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror})"
    return str(error) if str(error).split(" ", 1)[0] in {"has", "is", "belongs", "names"} else "is damaged"
