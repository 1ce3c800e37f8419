"""Think: tidy: the repairs of findings that leave no choice, as new bytes and as lines, old and new, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from wslcfg.errors import WslcfgError
from wslcfg.model.late import late
from wslcfg.model.plan import KeyChange, Repair
from wslcfg.model.record import NamedTuple
from wslcfg.model.wslfile import Effective, HostView, Scan, Target
from wslcfg.wslconf import keys
from wslcfg.wslconf.edit import Want, edit
from wslcfg.wslconf.effective import effective as use
from wslcfg.wslconf.envelope import decode, encode, units
from wslcfg.wslconf.lint import hits
from wslcfg.wslconf.lint_case import Around, Case, Hit, Move, Splice
from wslcfg.wslconf.scan import scan as scan_bytes
from wslcfg.wslconf.swallowed import as_comment, swallowed
from wslcfg.wslconf.values import parsed

_LINE_END = late(r"\r\n|\r|\n")

# The bytes in front of the first line.
_BOMS = {"utf8-bom": 3, "utf16le-bom": 2}

_KEPT = "WSL reads this line as part of the value above it, by the backslash there; it stays as a comment."

_LABELS: dict[Target, str] = {"wslconfig": ".wslconfig", "wslconf": "/etc/wsl.conf"}

# One repair can bring another mistake to light (a bad line in wsl.conf hides all below it). Each round mends at least one line.
_MOST_ROUNDS = 1000


class Fixed(NamedTuple):
    """What tidying makes of a file.

    Attributes:
        raw: the new bytes; the old ones when there is nothing to mend.
        keys: settings that count otherwise than before. repairs: every line that changes, numbered as in the old file.
    """

    raw: bytes
    keys: tuple[KeyChange, ...]
    repairs: tuple[Repair, ...]


class _Line(NamedTuple):
    """One line of a file: bytes `start`..`end` without its line end, which goes to `after`; a byte order mark is no part of it."""

    start: int
    end: int
    after: int


class _Mended(NamedTuple):
    old: str | None
    new: str | None
    why: str


def fixes(scan: Scan, effective: Effective, around: Around | None = None, *, label: str | None = None) -> Fixed:
    """Mend what lint finds and what has one answer: capitals of units, misspelt keys, comments, backslashes, second settings.

    Only the lines named in `repairs` change, and a setting that moves gets a new line. Mending twice changes nothing more. `label` is
    what people call the file.
    """
    work = _Work(scan, effective, around or Around(), label or _LABELS[scan.target])
    for _ in range(_MOST_ROUNDS):
        before = work.scan.raw
        if not work.splice():
            work.take_out()
        if work.scan.raw == before:
            break
    repairs = work.repairs()
    return Fixed(work.scan.raw, _changed(scan, work.scan, work.label, repairs), repairs)


class _Work:
    """A file that is being mended: how it stands, and what has become of each line of the original.

    `numbers` holds for each line its number in the original, 0 for a line that was added.
    """

    def __init__(self, scan: Scan, effective: Effective, around: Around, label: str) -> None:
        self.scan, self.case, self.label = scan, Case(scan, effective, around), label
        self.view = HostView(around.ram, around.processors, around.policies or ())
        self.lines = _lines(scan)
        self.entries = {entry.start: entry for entry in scan.entries}
        self.numbers = list(range(1, len(self.lines) + 1))
        self.counted = {entry.editor_line for entry in scan.entries if entry.live and _readable(scan, entry.setting, entry.value)}
        self.mended: dict[int, _Mended] = {}

    def repairs(self) -> tuple[Repair, ...]:
        """What became of the lines, by their numbers in the original."""
        changed = ((line, found) for line, found in sorted(self.mended.items()) if found.old != found.new)
        return tuple(Repair(self.label, line, found.old, found.new, found.why) for line, found in changed)

    def splice(self) -> bool:
        """Carry out one round of repairs inside lines, and say whether there were any; the number of lines stays the same."""
        chosen = _splices(self.case)
        if not chosen:
            return False
        raw, old, lines = self.scan.raw, self.scan, self.lines
        for splice, _ in reversed(chosen):
            raw = raw[: splice.start] + encode(splice.new, old.encoding) + raw[splice.end :]
        self._now(raw)
        for splice, hit in chosen:
            index = _index(lines, splice.start)
            new = _text(self.scan, self.lines[index]) if index < len(self.lines) else ""
            self._note(self.numbers[index], _text(old, lines[index]), new, hit.message)
        return True

    def take_out(self) -> None:
        """Take out statements that count for nothing, and set those from wrong places in the right one.

        A line that counted in the original never goes; a value that its place refuses stays where it is.
        """
        gone: dict[tuple[int, int], str] = {}
        wants: dict[str, Want] = {}
        for _, hit in hits(self.case):
            mend = hit.mend
            if mend is None or (isinstance(mend, Splice) and not mend.whole_line):
                continue
            if self.numbers[_index(self.lines, mend.start)] in self.counted:
                continue
            why = f"{hit.message} {hit.fix or ''}".strip()
            if isinstance(mend, Move):
                want = Want(mend.setting, mend.value, why)
                # What a person must mend first in wsl.conf hides the end of the file, where the setting may stand as well.
                if self.scan.aborted or mend.setting in wants or not self._takes(want):
                    continue
                wants[mend.setting] = want
            gone[mend.start, mend.end] = why
        if not gone:
            return
        raw, numbers = self.scan.raw, list(self.numbers)
        for span, why in sorted(gone.items(), reverse=True):
            raw = self._without(raw, numbers, span, why)
        shorter = [_text_of(raw, line, self.scan.encoding) for line in _lines(scan_bytes(raw, self.scan.target, self.scan.path))]
        self._now(edit(raw, self.scan.target, tuple(wants.values()), label=self.label).raw)
        self.numbers = _aligned(numbers, shorter, [_text(self.scan, line) for line in self.lines])

    def _now(self, raw: bytes) -> None:
        around = self.case.around
        self.scan = scan_bytes(raw, self.scan.target, self.scan.path)
        self.case = Case(self.scan, use(self.scan, self.view), around)
        self.lines = _lines(self.scan)
        self.entries = {entry.start: entry for entry in self.scan.entries}

    def _takes(self, want: Want) -> bool:
        try:
            edit(self.scan.raw, self.scan.target, (want,), label=self.label)
        except WslcfgError:
            return False
        return True

    def _without(self, raw: bytes, numbers: list[int], span: tuple[int, int], why: str) -> bytes:
        """`raw` without one statement; a comment behind it stays. It may differ from the file as it stands behind the statement, not before."""
        scan, lines = self.scan, self.lines
        entry = self.entries.get(span[0])
        behind = scan.raw[entry.value_end : entry.end] if entry else b""
        text = decode(behind, scan.encoding)
        comment = text.lstrip(" \t") if text.lstrip(" \t").startswith("#") else None
        end = span[1] if entry is None or comment is None else entry.value_end
        first, last = _index(lines, span[0]), _index(lines, max(span[0], end - 1))
        setting = keys.find(entry.setting, scan.target) if entry and entry.setting else None
        kept_lines = {first + line.line - entry.editor_line for line in swallowed(scan, entry, setting)} if entry else set()
        if kept_lines:
            return self._with_comments(raw, numbers, (first, last), kept_lines, why)
        for index in range(first, last + 1):
            kept = comment.splitlines()[0] if comment is not None and index == last else None
            self._note(numbers[index], _text(scan, lines[index]), kept, why)
        if comment is None:
            del numbers[first : last + 1]
            return raw[: lines[first].start] + raw[lines[last].after :]
        del numbers[first:last]
        return raw[: lines[first].start] + raw[end + len(encode(text[: len(text) - len(comment)], scan.encoding)) :]

    def _with_comments(self, raw: bytes, numbers: list[int], span: tuple[int, int], kept: set[int], why: str) -> bytes:
        """`raw` without the lines of a statement, but for those that it has swallowed: they stay as comments."""
        first, last = span
        pieces = [raw[: self.lines[first].start]]
        for index in range(first, last + 1):
            line = self.lines[index]
            text = _text(self.scan, line)
            comment = as_comment(text) if index in kept else None
            self._note(numbers[index], text, comment, why if comment is None else _KEPT)
            if comment is not None:
                mark = "" if comment == text else "# "
                pieces.append(encode(mark, self.scan.encoding) + raw[line.start : line.after])
        numbers[first : last + 1] = [numbers[index] for index in range(first, last + 1) if index in kept]
        return b"".join((*pieces, raw[self.lines[last].after :]))

    def _note(self, number: int, old: str | None, new: str | None, why: str) -> None:
        """Remember what becomes of a line; of a line that is mended twice the first text and both reasons stay."""
        before = self.mended.get(number)
        if number == 0:
            return  # a line that was added is shown as the setting's change
        if before is None:
            self.mended[number] = _Mended(old, new, why)
        else:
            reasons = before.why if why in before.why else f"{before.why} {why}"
            self.mended[number] = _Mended(before.old, new, reasons)


def _splices(case: Case) -> list[tuple[Splice, Hit]]:
    """The repairs inside lines that do not touch each other nor a line that is going to be removed."""
    wanted = [(hit.mend, hit) for _, hit in hits(case) if isinstance(hit.mend, Splice)]
    going = [splice for splice, _ in wanted if splice.whole_line]
    chosen: list[tuple[Splice, Hit]] = []
    end = -1
    for splice, hit in sorted(((splice, hit) for splice, hit in wanted if not splice.whole_line), key=lambda pair: pair[0][:2]):
        if splice.start > end and not any(line.start <= splice.start < line.end for line in going):
            chosen.append((splice, hit))
            end = splice.end
    return chosen


def _lines(scan: Scan) -> list[_Line]:
    """The lines as an editor counts them: each ends with LF, CR LF or a lone CR."""
    width = 2 if scan.encoding == "utf16le-bom" else 1
    text = units(scan.raw, width)
    found: list[_Line] = []
    start = _BOMS.get(scan.encoding, 0)
    for end in _LINE_END.finditer(text):
        found.append(_Line(start, width * end.start(), width * end.end()))
        start = width * end.end()
    if start < len(scan.raw):
        found.append(_Line(start, len(scan.raw), len(scan.raw)))
    return found


def _index(lines: list[_Line], offset: int) -> int:
    """The index of the line that holds a byte."""
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if lines[middle].after <= offset else (low, middle)
    return low


def _text(scan: Scan, line: _Line) -> str:
    return _text_of(scan.raw, line, scan.encoding)


def _text_of(raw: bytes, line: _Line, encoding: str) -> str:
    return decode(raw[line.start : line.end], encoding)


def _aligned(numbers: list[int], old: list[str], new: list[str]) -> list[int]:
    """The numbers of lines after some lines were put between them; those get 0."""
    found = []
    at = 0
    for text in new:
        if at < len(old) and old[at] == text:
            found.append(numbers[at])
            at += 1
        else:
            found.append(0)
    return found


def _readable(scan: Scan, name: str | None, value: str) -> bool:
    setting = keys.find(name, scan.target) if name else None
    return setting is not None and parsed(setting, value) is not None


def _changed(before: Scan, after: Scan, label: str, repairs: tuple[Repair, ...]) -> tuple[KeyChange, ...]:
    """The settings whose text that counts is another one, with the reason of the repairs."""
    old, new = dict(_counting(before)), dict(_counting(after))
    why = " ".join(dict.fromkeys(repair.why for repair in repairs))
    changes = []
    for setting in keys.settings_of(before.target):
        was, is_now = old.get(setting.name), new.get(setting.name)
        if was != is_now:
            reason = next((repair.why for repair in repairs if setting.name in repair.why or f" {setting.key} " in f" {repair.why} "), why)
            changes.append(KeyChange(label, setting.section, setting.key, was, is_now, reason))
    return tuple(changes)


def _counting(scan: Scan) -> Iterator[tuple[str, str]]:
    for entry in scan.entries:
        if entry.live and entry.setting is not None:
            yield entry.setting, decode(scan.raw[entry.value_start : entry.value_end], scan.encoding)
