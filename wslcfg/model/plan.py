"""Think: a plan. What would be written where and why, as data that can be shown, saved, refused and undone."""

from __future__ import annotations

from typing import Literal

from wslcfg.model.record import NamedTuple

# What has to happen before WSL reads the change: nothing, a new start of the distro, a new start of the VM.
Restart = Literal["none", "distro", "vm"]


class KeyChange(NamedTuple):
    """One setting: `old` and `new` as written in the file (raw text), None where it is not there. `why` is a sentence."""

    file: str
    section: str
    key: str
    old: str | None
    new: str | None
    why: str


class Repair(NamedTuple):
    """A line that has to change so that a wanted setting takes effect (a dead duplicate, a key above every section), or that tidying mends.

    `old` and `new` are the line's text, None where a line is added or removed.
    """

    file: str
    line: int
    old: str | None
    new: str | None
    why: str


class FileChange(NamedTuple):
    """One file's whole change.

    Attributes:
        label: what people call it: `.wslconfig`, `/etc/wsl.conf`, or a path.
        path: where it lies, as this Linux sees it.
        before, after: bytes; None where the file is not there (before) or is to be removed (after).
        keys, repairs: what makes the difference.
        restart: what the change waits for.
        shared: True for files on the Windows side that all distros of the person share (`.wslconfig`).
        as_root: True where only root may write it.
        mode: permission bits for a file that is created; None keeps what is there.
        summary: stands for the diff, line by line, where that would be as long as the file (a session's records). '' shows the diff.
        theirs: True for a file that a program keeps writing: what it becomes between two of our changes is no part of the history.
        part: for a file that others edit as well: which part of it is ours (see `inside.part`); '' where the whole file is the plan's business.
        why: a sentence for the file as a whole; '' where its keys say it.
    """

    label: str
    path: str
    before: bytes | None
    after: bytes | None
    keys: tuple[KeyChange, ...] = ()
    repairs: tuple[Repair, ...] = ()
    restart: Restart = "none"
    shared: bool = False
    as_root: bool = False
    mode: int | None = None
    summary: str = ""
    theirs: bool = False
    part: str = ""
    why: str = ""


class Danger(NamedTuple):
    """Something that needs `--accept ID`: `forbidden` ones cannot be accepted at all (WSL would not start)."""

    id: str
    message: str
    hint: str = ""
    forbidden: bool = False


class Plan(NamedTuple):
    """What would be done.

    Attributes:
        title: one line for history: `balanced`, `set wsl2.memory`, `rollback to 3`.
        files: changes; a file whose before equals its after is not in it.
        dangers: what must be accepted first.
        facts_digest: sha256 (hex) over the facts the plan was made from; '' when it rests on none.
        notes: sentences for the person.
        back_to: for a rollback of everything the number of the generation it goes back to.
        warnings: sentences about files that stay as they are because they cannot be edited. whole: False where the plan should change one of them.
    """

    title: str
    files: tuple[FileChange, ...]
    dangers: tuple[Danger, ...] = ()
    facts_digest: str = ""
    notes: tuple[str, ...] = ()
    back_to: int | None = None
    warnings: tuple[str, ...] = ()
    whole: bool = True

    @property
    def changes(self) -> tuple[KeyChange, ...]:
        """Every key change of every file."""
        return tuple(change for file in self.files for change in file.keys)

    @property
    def restart(self) -> Restart:
        """The strongest restart any file needs."""
        needed = {file.restart for file in self.files}
        return "vm" if "vm" in needed else "distro" if "distro" in needed else "none"
