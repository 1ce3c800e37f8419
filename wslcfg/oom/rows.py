"""Think: the task table. Its columns in every kernel from 2.6.32 on, and its rows as values.

    [ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name                        2.6.32 (RHEL 6)
    [ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name                   3.x
    [ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name           4.0 to 4.14
    [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name          4.15 to 6.7
    [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name    newer

Sizes are in pages but for `pgtables_bytes`; `nr_ptes` and `nr_pmds` count pages of page tables. Source: dump_task in mm/oom_kill.c.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from wslcfg.model.late import late
from wslcfg.oom.event import Table, Task
from wslcfg.oom.printable import printable, text

_OLDEST = ("uid", "tgid", "total_vm", "rss", "cpu", "oom_adj", "oom_score_adj", "name")
_PTES = ("uid", "tgid", "total_vm", "rss", "nr_ptes", "swapents", "oom_score_adj", "name")
_PMDS = ("uid", "tgid", "total_vm", "rss", "nr_ptes", "nr_pmds", "swapents", "oom_score_adj", "name")
_PGTABLES = ("uid", "tgid", "total_vm", "rss", "pgtables_bytes", "swapents", "oom_score_adj", "name")
_SPLIT = ("uid", "tgid", "total_vm", "rss", "rss_anon", "rss_file", "rss_shmem", "pgtables_bytes", "swapents", "oom_score_adj", "name")
_KNOWN = frozenset((*_OLDEST, *_PMDS, *_PGTABLES, *_SPLIT))
_BY_COUNT = {7: _PGTABLES, 8: _PMDS, 10: _SPLIT}

# Any row: a pid in brackets and at least six numbers. Nothing else that a kernel prints looks like it. A number has at most 20 digits, so that
# a long run of digits is given up at once; a pid is written at least four wide, which `pcpu-alloc: [0] 00 01 02 03 04 05 06 07` is not.
ANY = late(
    rb"\[(?=[ \d]{4,10}\]) {0,8}\d{1,10}\] {1,8}\d{1,10} {1,8}\d{1,10} {1,12}\d{1,20} {1,12}\d{1,20}(?: {1,20}-?\d{1,20}){2,6}(?=[ \r\n]|\Z)"
)
# Behind the last number but one stand nine blanks or more: `%8lu         %5hd %s`.
_LAST = late(rb"\]((?: +-?\d+)+) {9,}(-?\d+)(?: |\Z)")
# What a process can make look like a row by its name is no longer than that; `[%5d] %5d %5d %8lu %8lu` alone is twice as long.
_FORGED = 16
_HEADER = late(r"\[ *pid *\] +(uid +tgid +total_vm +rss +[a-z_ ]*?\bname)\b")
_NUMBERS = late(r"(?: +-?\d{1,20}(?= |$))+")


def header(body: str) -> tuple[str, ...] | None:
    """The columns that a header line names, the pid apart; None when it is none."""
    found = _HEADER.search(body) if "total_vm" in body else None
    if not found:
        return None
    columns = tuple(found[1].split())
    return columns if len(set(columns)) == len(columns) and 7 <= len(columns) <= 16 else None


def guess(row: bytes) -> tuple[str, ...]:
    """The columns of a row whose header is lost, by how many numbers it has and how wide its pid is written."""
    found = _LAST.search(row)
    numbers = found[1].split() if found else []
    if not found:
        any_row = ANY.search(row)
        if not any_row:
            return _PGTABLES
        numbers = any_row[0].partition(b"]")[2].split()[:-1]
    count = len(numbers) + 1
    if count != 7:
        return _BY_COUNT.get(count, _SPLIT if count > 8 else _PGTABLES)
    # `[%5d]` until 4.14, `[%7d]` since; a narrow pid with a table of page tables that is no multiple of 512 counts tables.
    wide = row.find(b"]") - row.find(b"[") - 1 >= 7
    tables = int(numbers[4])
    if wide or (tables and tables % 512 == 0):
        return _PGTABLES
    # Both of 2.6.32's have small numbers at that place: a CPU and oom_adj, which lies between -17 and 15 and stands close to its neighbour.
    return _OLDEST if re.search(rb"\d {5,6}-?\d+ {9,13}-?\d+", row) else _PTES


@functools.lru_cache(maxsize=32)
def _of_columns(count: int) -> re.Pattern[bytes]:
    """Rows of so many columns behind the pid, the name included, anywhere in a text of lines; ones that a logger has mangled too."""
    return re.compile(rb"\[(?=[ \d]{4,10}\]) *\d{1,10}\](?: {1,20}-?\d{1,20}){4,%d}(?=[ \n]|\Z)[^\n]*" % (count - 1))


def cut(part: bytes, columns: int) -> list[bytes]:
    """The rows in a text of lines, without what stands before them; the text begins with a row's line.

    Where every line has its bracket at the place of the first one's, as in every log of one source, they are cut there, which takes a fifth of the time.
    """
    found = ANY.search(part)
    if not found:
        return []
    at = found.start() - part.rfind(b"\n", 0, found.start()) - 1
    width = part.index(b"]", found.start()) - found.start()
    after, ends = at + width, at + width + 2
    lines = (part[:-1] if part.endswith(b"\n") else part).split(b"\n")
    rows = [line[at:] for line in lines if line[after:ends] == b"] "]
    # A bracket before and a number in it, in all of them; and no line that a name of 15 bytes has forged.
    straight = len(rows) == len(lines) and {row[0] for row in rows} == {0x5B} and min(map(len, rows)) > _FORGED
    return (
        rows if straight and b"".join({row[1:width] for row in rows}).replace(b" ", b"").isdigit() else _of_columns(columns).findall(part)
    )


def cells(table: Table, *, carefully: bool = False) -> list[list[str]]:
    """All columns of all rows as the log has them (one byte a letter, Latin-1), without the pid; a name's leading blanks are lost.

    Where a logger has written over rows, a column of numbers may hold something else; `carefully` gives numbers at any price.
    """
    if not table.text:
        return []
    count = len(table.columns)
    lines = table.text.decode("latin-1").split("\n")
    found = [line.partition("]")[2].split(None, count - 1) for line in lines]
    return found if not carefully and set(map(len, found)) == {count} else [whole(line, count)[1] for line in lines]


def whole(line: str, count: int) -> tuple[str, list[str]]:
    """Pid and columns of one row, to the last blank of its name; of one that the logger has written over what is left, with zeros for the rest."""
    pid, _, rest = line.partition("]")
    pid = pid.rpartition(" ")[2].strip("[")
    numbers = _NUMBERS.match(rest)
    have = numbers[0].split()[: count - 1] if numbers else []
    if len(have) == count - 1:
        # A name may begin with numbers of its own.
        end = 0
        for cell in have:
            end = rest.index(cell, end) + len(cell)
        return pid, [*have, rest[end:].removeprefix(" ")]
    name = (rest[numbers.end() :] if numbers else rest).strip()
    return pid, [*have, *["0"] * (count - 1 - len(have)), name]


def name_of(cell: str) -> str:
    """A row's name as text that can be printed."""
    return printable(text(cell.encode("latin-1")))


def tasks(table: Table) -> Iterator[Task]:
    """The rows as values, in the order of the log."""
    where = {column: place for place, column in enumerate(table.columns, 1)}
    page = table.page

    def place(*names: str) -> int:
        return next((where[name] for name in names if name in where), 0)

    uid, tgid, total, rss = (place(name) for name in ("uid", "tgid", "total_vm", "rss"))
    anon, file, shmem, swap = (place(name) for name in ("rss_anon", "rss_file", "rss_shmem", "swapents"))
    in_bytes, ptes, pmds, puds = (place(name) for name in ("pgtables_bytes", "nr_ptes", "nr_pmds", "nr_puds"))
    adj = place("oom_score_adj")
    for line in table.text.decode("latin-1").split("\n") if table.text and table.columns else []:
        pid, row = whole(line, len(table.columns))
        numbers = [int(pid), *map(int, row[:-1])]
        tables = numbers[in_bytes] if in_bytes else None
        if ptes:
            tables = (numbers[ptes] + (numbers[pmds] if pmds else 0) + (numbers[puds] if puds else 0)) * page
        yield Task(
            numbers[0],
            numbers[uid] if uid else 0,
            numbers[tgid] if tgid else numbers[0],
            name_of(row[-1]),
            numbers[total] * page if total else 0,
            numbers[rss] * page if rss else 0,
            numbers[anon] * page if anon else None,
            numbers[file] * page if file else None,
            numbers[shmem] * page if shmem else None,
            numbers[swap] * page if swap else None,
            tables,
            numbers[adj] if adj else None,
        )
