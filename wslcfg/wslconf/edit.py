"""Think: the lossless edit: settings set and unset in a file's bytes, everything else as it was, and the result read again as WSL reads it.

WSL takes the first entry of a setting even where its value is one it cannot take, so the first is the one that is edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wslcfg.errors import Bug, Refused
from wslcfg.model.plan import KeyChange, Repair
from wslcfg.model.record import NamedTuple
from wslcfg.model.wslfile import BadLine, Entry
from wslcfg.wslconf import keys, mend, splice
from wslcfg.wslconf.envelope import decode
from wslcfg.wslconf.scan import scan
from wslcfg.wslconf.swallowed import as_comment, swallowed
from wslcfg.wslconf.values import expressible, same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wslcfg.model.wslfile import Scan, Target
    from wslcfg.wslconf.keys import Setting


class Want(NamedTuple):
    r"""One setting as it shall be.

    Attributes:
        setting: the setting, or its name or alias in any case. value: logical text (`8GB`, `C:\wsl\swap.vhdx`), None to unset it.
        why: a sentence for the change.
    """

    setting: Setting | str
    value: str | None
    why: str = ""


class Edited(NamedTuple):
    """The new bytes (b"" where there was no file and nothing was wanted of it), the changed keys, and what had to be mended for them."""

    raw: bytes
    keys: tuple[KeyChange, ...]
    repairs: tuple[Repair, ...]


def edit(raw: bytes | None, target: Target, wanted: Sequence[Want], *, label: str) -> Edited:
    """Set and unset settings.

    A setting that has the wanted value already, in whatever spelling WSL reads as the same, stays as it is: then the bytes come back
    unchanged. `raw` None or empty is a new file, with CR LF in .wslconfig and LF in wsl.conf.

    Args:
        raw: the file. target: which of the two. wanted: in the order they are done. label: what KeyChange.file says.

    Raises:
        Refused: a value that cannot stand in this file, or a setting WSL does not know. Nothing is changed then.
        Bug: the result does not read as wanted, or another setting would have changed. Nothing is changed then.
    """
    now = raw or b""
    changes: list[KeyChange] = []
    repairs: list[Repair] = []
    for want in wanted:
        step = _Step(now, target, want, label)
        now = step.run()
        changes.extend(step.changes)
        repairs.extend(step.repairs)
    return Edited(now, tuple(changes), tuple(repairs))


class _Step:
    """One want: the file as it is being changed, and what the other settings must be afterwards."""

    def __init__(self, raw: bytes, target: Target, want: Want, label: str) -> None:
        setting = keys.find(want.setting, target) if isinstance(want.setting, str) else want.setting
        if setting is None:
            raise Refused(f"WSL does not know {want.setting} in {label}.", "Check the name with: wslcfg explain", code="unknown-key")
        self.setting: Setting = setting
        self.want = want
        self.target: Target = target
        self.label = label
        self.scan = scan(raw, target, label)
        self.changes: list[KeyChange] = []
        self.repairs: list[Repair] = []
        # wsl.conf is read byte by byte, so a character of ours is there what its UTF-8 bytes look like one by one.
        value = want.value
        self.seen = value.encode("utf-8", "replace").decode("latin-1") if value is not None and target == "wslconf" else value

    def run(self) -> bytes:
        """Do it; gives the new bytes, or the old ones where it is so already."""
        if self._holds():
            return self.scan.raw
        value = self.want.value
        if value is not None and not expressible(self.setting, value):
            raise Refused(
                f"'{value}' cannot stand in {self.label} for {self.setting.name}.",
                "WSL keeps only ASCII there: choose a path such as C:\\wsl\\swap.vhdx."
                if not value.isascii()
                else "Leave out control characters.",
                code="non-ascii" if not value.isascii() else "bad-value",
            )
        self._mend(mend.encoding(self.scan.raw, self.target, self.label))
        if self.scan.broken:
            self._mend(mend.broken_bytes(self.scan.raw, self.label))
        before = self.scan
        if value is None:
            raw = self._unset()
        elif self._holds():
            raw = self.scan.raw
            self._changed(None, splice.value_of(self.scan, self._live_entry() or self.scan.entries[0]))
        else:
            raw, before = self._set(value)
        after = scan(raw, self.target, self.label)
        if after.broken and not before.broken:
            # What was moved along put a broken character at the end of one of the pieces WSL reads.
            raw, repairs = mend.broken_bytes(raw, self.label)
            self.repairs.extend(repairs)
            after = scan(raw, self.target, self.label)
        self._prove(before, after)
        return raw

    def _mend(self, mended: tuple[bytes, tuple[Repair, ...]]) -> None:
        raw, repairs = mended
        if repairs:
            self.repairs.extend(repairs)
            self.scan = scan(raw, self.target, self.label)

    def _live_entry(self) -> Entry | None:
        return next((entry for entry in self.scan.entries if entry.live and entry.setting == self.setting.name), None)

    def _holds(self) -> bool:
        if self.seen is None:
            return all(entry.setting != self.setting.name for entry in self.scan.entries)
        entry = self._live_entry()
        return entry is not None and same(self.setting, entry.value, self.seen)

    def _changed(self, old: str | None, new: str | None) -> None:
        self.changes.append(KeyChange(self.label, self.setting.section, self.setting.key, old, new, self.want.why))

    def _set(self, value: str) -> tuple[bytes, Scan]:
        """The bytes with the value, and the reading that the other settings are compared with."""
        entry, dropped = self._live_entry(), self._dropped_line()
        if entry is None and dropped is None and splice.section_of(self.scan, self.setting.section) is None:
            # It goes to the end, so the end has to be where WSL still reads.
            if self.scan.aborted:
                self._mend(mend.first_mistake(self.scan.raw, self.label))
            self._mend(mend.open_end(self.scan.raw, self.target, self.label))
            entry = self._live_entry()
        before = self.scan
        if entry is not None and self._holds():
            self._changed(None, splice.value_of(before, entry))
            return before.raw, before
        if entry is not None:
            self._keep(entry)
            done = splice.replace_value(before, entry, value, self.setting)
        elif dropped is not None:
            self._keep(dropped)
            done = splice.replace_dropped(before, dropped, value, self.setting)
        else:
            self._take_out_above_sections()
            done = splice.add(self.scan, self.setting, value)
        self._changed(done.old, done.new)
        return done.raw, before

    def _dropped_line(self) -> BadLine | None:
        """The first line of this setting in .wslconfig whose value the grammar cannot read; in wsl.conf such a line ends the file."""
        for part in self.scan.parts:
            if isinstance(part, BadLine) and part.value_start >= 0 and self.target == "wslconfig":
                found = keys.find(part.name, self.target)
                if found is not None and found.name == self.setting.name:
                    return part
        return None

    def _take_out_above_sections(self) -> None:
        """A key of this name above every section counts for nothing; it moves into its section."""
        lost = [e for e in self.scan.entries if e.section == "" and e.setting is None and e.key.lower() == self.setting.key.lower()]
        for entry in lost:
            why = f"WSL reads no key above the first section; {entry.key} moves to [{self.setting.section}]."
            self.repairs.append(Repair(self.label, entry.editor_line, splice.line_of(self.scan, entry), None, why))
            self._keep(entry)
        if lost:
            self.scan = scan(splice.take_out(self.scan, lost, self.setting), self.target, self.label)

    def _unset(self) -> bytes:
        """Take out every entry of the setting: WSL would take the next one for the first."""
        entries = [entry for entry in self.scan.entries if entry.setting == self.setting.name]
        for entry in entries:
            if entry.live:
                self._changed(splice.value_of(self.scan, entry), None)
            else:
                why = f"It would count as {self.setting.name} once the line before it is gone."
                self.repairs.append(Repair(self.label, entry.editor_line, splice.line_of(self.scan, entry), None, why))
            self._keep(entry)
        return splice.take_out(self.scan, entries, self.setting)

    def _keep(self, part: Entry | BadLine) -> None:
        """Say which lines the value has swallowed: they stay as comments, since they never counted and may have been meant to."""
        for line in swallowed(self.scan, part, self.setting):
            text = decode(line.raw, self.scan.encoding)
            why = f"WSL reads this line as part of {self.setting.name}, by the backslash above it; it stays as a comment."
            self.repairs.append(Repair(self.label, line.line, text, as_comment(text), why))

    def _prove(self, before: Scan, after: Scan) -> None:
        """Raise Bug unless the result reads as wanted and every other setting as before."""
        entry = next((entry for entry in after.entries if entry.live and entry.setting == self.setting.name), None)
        got = None if entry is None else entry.value
        wanted = got is None if self.seen is None else got is not None and same(self.setting, got, self.seen)
        others = _others(before, self.setting.name) == _others(after, self.setting.name)
        if not wanted or not others or (after.aborted and not before.aborted):
            what = f"{self.setting.name} reads as {got!r}" if not wanted else "another setting would change"
            raise Bug(
                f"wslcfg's edit of {self.label} is wrong: {what}; nothing was written.",
                "Please report this with the file attached.",
                data={"setting": self.setting.name, "value": self.want.value, "before": before.raw.hex(), "after": after.raw.hex()},
            )


def _others(scanned: Scan, name: str) -> dict[str, str]:
    """What every other setting has."""
    return {entry.setting: entry.value for entry in scanned.entries if entry.live and entry.setting is not None and entry.setting != name}
