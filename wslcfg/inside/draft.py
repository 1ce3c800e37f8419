"""Think: a plan of pieces while it grows: files of ours placed, renewed and taken out, other people's files edited.

A file is ours by what it says: the line `MARK` near its beginning. Somebody's own file in its place is moved aside to `NAME.before-wslcfg`
and given back when ours goes. What a crash has left of one of ours (NULs, or its first bytes alone) is nobody's own.
"""

from __future__ import annotations

from collections.abc import Callable

from wslcfg.errors import WslcfgError
from wslcfg.inside.around import Seen
from wslcfg.inside.ini import Sections, merged
from wslcfg.inside.part import SECTIONS
from wslcfg.model.plan import FileChange, KeyChange, Repair, Restart
from wslcfg.model.record import NamedTuple

MARK = "Placed by `wslcfg install`; `wslcfg uninstall` takes it out."
_ASIDE = ".before-wslcfg"
# The mark is looked for in so many lines.
_TOP = 6


def is_ours(raw: bytes | None) -> bool:
    """Whether a file says that it is ours."""
    return raw is not None and MARK.encode() in b"\n".join(raw.split(b"\n", _TOP)[:_TOP])


def is_remains(raw: bytes | None, text: str) -> bool:
    """Whether a file is what a crash leaves of this text: its beginning, and NULs or nothing behind it."""
    return raw is not None and text.encode().startswith(raw.rstrip(b"\0"))


class Left(NamedTuple):
    """A file that could not be edited: for which components, where, and why (an error of the same class, with the path in its message)."""

    components: tuple[str, ...]
    path: str
    error: WslcfgError

    @property
    def note(self) -> str:
        """The same as one text."""
        return f"{self.error.message} {self.error.hint}"


class Draft:
    """The changes so far, by path, in the order they are carried out.

    Attributes:
        notes: for the person. left: what could not be done. about: the components that are worked on, for `left`.
    """

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.notes: list[str] = []
        self.left: list[Left] = []
        self.about: tuple[str, ...] = ()
        self._changes: dict[str, FileChange] = {}

    @property
    def files(self) -> tuple[FileChange, ...]:
        """The changes that change something."""
        return tuple(change for change in self._changes.values() if change.before != change.after)

    def read(self, path: str) -> bytes | None:
        """A file as it will be."""
        return self._changes[path].after if path in self._changes else self.seen.read(path)

    def set(
        self,
        path: str,
        after: bytes | None,
        why: str,
        *,
        mode: int | None = None,
        part: str = "",
        label: str = "",
        as_root: bool = False,
        restart: Restart = "none",
    ) -> None:
        """Let a file be these bytes."""
        before = self._changes[path].before if path in self._changes else self.seen.read(path)
        told = self._changes[path].why if path in self._changes else ""
        change = FileChange(label or path, path, before, after, mode=mode if before is None or mode is not None else None, part=part)
        # Made anew, so that a file that is edited twice stands where it was edited last.
        self._changes.pop(path, None)
        self._changes[path] = change._replace(
            why=why if not told or why in told else f"{told} {why}",
            as_root=as_root,
            restart=restart,
        )

    def keys(self, path: str, keys: tuple[KeyChange, ...], repairs: tuple[Repair, ...] = ()) -> None:
        """Say which keys and repairs make the difference."""
        change = self._changes[path]
        self._changes[path] = change._replace(keys=(*change.keys, *keys), repairs=(*change.repairs, *repairs))

    def place(
        self,
        path: str,
        text: str,
        why: str,
        *,
        mode: int = 0o644,
        part: str = "",
        as_root: bool = False,
        restart: Restart = "none",
        in_data: bool = False,
    ) -> None:
        """Place a file of ours, or renew it; somebody's own is moved aside first. `in_data`: nobody else writes there, so that remains are ours."""
        before = self.read(path)
        wanted = text.encode()
        if before == wanted:
            return
        if before is not None and not is_ours(before) and not (in_data and is_remains(before, text)):
            aside = self._free(path)
            keep = self.seen.mode(path)
            self.set(aside, before, f"Your own {path} is kept here, and given back by uninstall.", mode=keep, as_root=as_root)
            self.notes.append(f"{path} was there already and not wslcfg's: it is kept as {aside}.")
        self.set(path, wanted, why, mode=mode, part=part, as_root=as_root, restart=restart)

    def merge(
        self, path: str, head: str, wanted: Sections, why: str, *, spaces: bool = False, as_root: bool = False, restart: Restart = "none"
    ) -> None:
        """Place a file of sections, or renew our keys in it; what the person changed stays and is told."""
        before = self.read(path)
        if before is None or not is_ours(before):
            equals = " = " if spaces else "="
            lines = [f"# {MARK}", *(f"# {line}" for line in head.splitlines())]
            for section, keys in wanted.items():
                lines += ["", f"[{section}]", *(f"{key}{equals}{value}".rstrip() for key, value in keys.items() if value is not None)]
            self.place(path, "\n".join(lines) + "\n", why, part=SECTIONS, as_root=as_root, restart=restart)
            return
        result = merged(before, wanted, last=self.seen.last(path), label=path, spaces=spaces)
        self.notes += [
            f"{section}.{key} in {path} is your own ({'taken out' if value is None else value or 'empty'}) and stays."
            for section, key, value in result.theirs
        ]
        if result.raw != before:
            self.set(path, result.raw, why, part=SECTIONS, as_root=as_root, restart=restart)

    def take_out(
        self, path: str, why: str, *, text: str | None = None, part: str = "", as_root: bool = False, restart: Restart = "none"
    ) -> None:
        """Remove a file of ours, and give back what was moved aside for it; one that is not ours stays. `text`: what we place there, to know its remains."""
        before = self.read(path)
        if not is_ours(before) and (text is None or not is_remains(before, text)):
            return
        aside = self._aside(path)
        if aside is None:
            self.set(path, None, why, part=part, as_root=as_root, restart=restart)
            return
        self.set(
            path, self.read(aside), f"Your own {path} comes back.", mode=self.seen.mode(aside), part=part, as_root=as_root, restart=restart
        )
        self.set(aside, None, f"It is {path} again.", as_root=as_root)

    def attempt(self, path: str, step: Callable[[], None]) -> bool:
        """Take a step on one file that must not keep the others back; gives whether it went well, and notes in `left` why not."""
        try:
            step()
        except WslcfgError as error:
            self.unable(path, error)
            return False
        return True

    def unable(self, path: str, error: WslcfgError, hint: str = "") -> None:
        """Note that a file could not be edited; `hint` in place of the error's own."""
        told = type(error)(f"{path} was left as it is: {error.message}", hint or error.hint, code=error.code, data=error.data)
        self.left.append(Left(self.about, path, told))

    def _aside(self, path: str) -> str | None:
        """The newest of what was moved aside for a path."""
        folder, _, name = path.rpartition("/")
        return max(
            (f"{folder}/{one}" for one in self.seen.names(folder) if one.startswith(name + _ASIDE)),
            key=lambda one: (len(one), one),
            default=None,
        )

    def _free(self, path: str) -> str:
        number, place = 1, path + _ASIDE
        while self.read(place) is not None:
            number += 1
            place = f"{path}{_ASIDE}-{number}"
        return place
