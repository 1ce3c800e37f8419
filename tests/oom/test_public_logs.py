"""Sixty-nine public kernel logs, each with what is in it: victims, tables, sums to the page, and no event that is not there.

The logs are other people's and stay outside the project; where they are not, these tests are skipped and the generated logs stand alone.
"""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.house.source import ROOT
from wslcfg.oom import rows
from wslcfg.oom.event import Notice, OomEvent, Seen
from wslcfg.oom.logs import chunks_of
from wslcfg.oom.reading import read_log
from wslcfg.oom.story import Around
from wslcfg.oom.verdict import verdict

LOGS = ROOT.parent / "shared" / "data" / "oomlogs"
NAMES = sorted(path.stem for path in LOGS.glob("*.log")) if LOGS.is_dir() else []

pytestmark = pytest.mark.skipif(not NAMES, reason="the public OOM logs are not beside this checkout")

KB = ("total_vm_kb", "total_vm"), ("anon_rss_kb", "anon"), ("file_rss_kb", "file"), ("shmem_rss_kb", "shmem"), ("pgtables_kb", "pgtables")
PLAIN = ("pid", "pid"), ("comm", "comm"), ("uid", "uid"), ("oom_score_adj", "oom_score_adj")


def _expected(name: str) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads((LOGS / f"{name}.json").read_text(encoding="utf-8"))
    return whole


@functools.cache
def _read(name: str) -> tuple[tuple[Seen, ...], tuple[Notice, ...]]:
    reading = read_log(chunks_of((LOGS / f"{name}.log").read_bytes()))
    return reading.seen, reading.notices


def _victim_differences(event: OomEvent, wanted: dict[str, Any] | None) -> list[str]:
    victim = event.victim
    if wanted is None or victim is None:
        return [] if (wanted is None) == (victim is None) else [f"victim {victim}, wanted {wanted}"]
    found = [(field, getattr(victim, field), wanted[key]) for key, field in PLAIN if key in wanted]
    found += [(field, getattr(victim, field), wanted[key] * 1024) for key, field in KB if key in wanted]
    return [f"victim's {field}: {have}, wanted {want}" for field, have, want in found if have != want]


def _call_differences(event: OomEvent, wanted: dict[str, Any]) -> list[str]:
    invoker = event.invoker
    if invoker is None or "trigger" not in wanted:
        return [] if (invoker is None) == ("trigger" not in wanted) else [f"invoker {invoker}, wanted {wanted.get('trigger')}"]
    have = (invoker.comm, invoker.pid, invoker.order, invoker.gfp_mask)
    want = tuple(wanted.get(key) for key in ("trigger", "trigger_pid", "order", "gfp_mask"))
    return [] if have == want else [f"invoker {have}, wanted {want}"]


def _table_differences(event: OomEvent, wanted: dict[str, Any]) -> list[str]:
    table, page = event.table, event.table.page
    found = []
    tasks = list(rows.tasks(table))
    if "columns" in wanted and list(table.columns) != wanted["columns"]:
        found.append(f"columns {table.columns}")
    if not len(tasks) == table.rows == wanted.get("tasks", table.rows):
        found.append(f"{table.rows} rows, {len(tasks)} as values, wanted {wanted.get('tasks')}")
    if "sum_rss_pages" in wanted and sum(task.rss for task in tasks) != wanted["sum_rss_pages"] * page:
        found.append(f"sum of rss {sum(task.rss for task in tasks) // page}, wanted {wanted['sum_rss_pages']}")
    if "sum_swapents" in wanted and sum(task.swap or 0 for task in tasks) != wanted["sum_swapents"] * page:
        found.append(f"sum of swap {sum(task.swap or 0 for task in tasks) // page}, wanted {wanted['sum_swapents']}")
    by_name, count = Counter[str](), Counter(task.name for task in tasks)
    for task in tasks:
        by_name[task.name] += task.rss // page
    for name, pages, number in wanted.get("top5_rss_pages", ()):
        if (by_name[name], count[name]) != (pages, number):
            found.append(f"{name}: {by_name[name]} pages in {count[name]} tasks, wanted {pages} in {number}")
    return found


def _memory_differences(event: OomEvent, wanted: dict[str, Any]) -> list[str]:
    sizes = {"swap_total_kb": ("swap_total", 1024), "swap_free_kb": ("swap_free", 1024), "pages_ram": ("ram", event.table.page)}
    return [
        f"{field}: {getattr(event.memory, field)}, wanted {wanted[key]} of {unit}"
        for key, (field, unit) in sizes.items()
        if key in wanted and getattr(event.memory, field) != wanted[key] * unit
    ]


def _other_differences(event: OomEvent, wanted: dict[str, Any]) -> list[str]:
    # What the collection calls `sysrq` is a global shortage that a person asked for.
    kind = "sysrq" if event.manual else event.kind
    found = [f"kind {kind}, wanted {wanted['type']}"] if "type" in wanted and kind != wanted["type"] else []
    for key, field in ("constraint", "constraint"), ("oom_memcg", "limit_cgroup"), ("task_memcg", "task_cgroup"), ("kernel", "kernel"):
        if key in wanted and getattr(event, field) != wanted[key]:
            found.append(f"{field}: {getattr(event, field)}, wanted {wanted[key]}")
    if "score" in wanted and (event.chosen is None or event.chosen.score != wanted["score"]):
        found.append(f"score {event.chosen}, wanted {wanted['score']}")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_what_is_in_it_is_found_and_nothing_else(name: str) -> None:
    """Every event of the log with all that is known of it, and not one more."""
    wanted = _expected(name)["expected"]
    seen, notices = _read(name)
    found = [] if len(seen) == wanted["n_events"] else [f"{len(seen)} events, wanted {wanted['n_events']}"]
    for one, want in zip(seen, wanted["events"], strict=False):
        event = one.event
        found += _victim_differences(event, want.get("victim")) + _call_differences(event, want) + _table_differences(event, want)
        found += _memory_differences(event, want) + _other_differences(event, want)
    said = [notice for one in seen for notice in one.event.follow_ups] + list(notices)
    for unit, words in wanted["systemd"]:
        if not any(words.split(" (")[0].lower() in notice.text.lower() for notice in said) and not any(
            one.event.no_killable for one in seen
        ):
            found.append(f"nothing of {unit}: {words}")
    assert not found, "\n".join([name, *found])


@pytest.mark.parametrize("name", NAMES)
def test_accounts_lose_no_page(name: str) -> None:
    """What the programs have comes to what the rows have, to the page and to the task."""
    for one in _read(name)[0]:
        tasks = list(rows.tasks(one.event.table))
        account = one.account
        assert (account.tasks, account.rss) == (len(tasks), sum(task.rss for task in tasks))
        assert sum(program.tasks for program in account.programs) == len(tasks)
        assert (account.swap or 0) == sum(task.swap or 0 for task in tasks)
        assert (account.anon or 0) == sum(task.anon or 0 for task in tasks)


@pytest.mark.parametrize("name", NAMES)
def test_every_sentence_stands_on_its_line(name: str) -> None:
    """Whatever is said of such a log has evidence, and the line that is cited holds the words that are shown."""
    raw = (LOGS / f"{name}.log").read_bytes()
    lines = [re.sub(rb"\\[nx\\\"]|\W", b"", line) for line in b"".join(chunks_of(raw)).split(b"\n")]
    found = []
    for one in verdict(read_log(chunks_of(raw)), Around()).incidents:
        assert "  " not in one.headline and "1 processes" not in one.headline
        for claim in one.claims:
            if not claim.proofs and claim.certainty != "unchecked":
                found.append(f"no evidence: {claim.text}")
            for proof in (proof for proof in claim.proofs if proof.line):
                word = re.sub(r"\\[nx\\\"](?:0a)?|\W", "", proof.text, flags=re.ASCII)[:25].encode()
                if word not in lines[proof.line - 1]:
                    found.append(f"{claim.id}, line {proof.line}: {proof.text}")
    assert not found, "\n".join([name, *found])


def test_replays_are_counted_and_not_told_again() -> None:
    """WSL's journals hold the same kill once for each start of a distribution: one event, seven readings."""
    (one,), notices = _read("wsl_initscope_node_78g_replayed_x7")
    assert 1 + sum(copy.how == "replay" for copy in one.event.copies) == 7
    assert [notice.what for notice in one.event.follow_ups] == ["process-killed", "unit-failed"]
    assert not notices


def test_the_shape_of_a_file_changes_nothing() -> None:
    """The same log with other line ends, encodings, prefixes and orders is the same event."""
    pairs = {
        "derived_crlf_arch_6.1.1": "oa_arch_6.1.1_doxygen_global",
        "derived_rsyslog_012_escape_arch": "oa_arch_6.1.1_doxygen_global",
        "derived_journald_debian_5.10": "debian_5.10.0-10_clamd_global",
        "derived_jsonl_journal_debian_5.10": "debian_5.10.0-10_clamd_global",
        "derived_pstore_reverse_parts_rhel8": "rhel8_4.18.0-553_cache-main_global",
    }
    for derived, origin in pairs.items():
        (one,), (other,) = _read(derived)[0], _read(origin)[0]
        assert one.account == other.account, derived
        assert one.event.victim is not None
        assert other.event.victim is not None
        assert one.event.victim._replace(line=0) == other.event.victim._replace(line=0)
        assert one.event.memory == other.event.memory, derived


def test_a_log_that_begins_within_a_dump_says_so() -> None:
    """What the ring buffer has overwritten is named, and what is left is right."""
    (one,), _ = _read("derived_ring_head_cut_rhel8")
    assert {"ring", "header"} <= {loss.what for loss in one.event.losses}


def test_the_collection_is_whole() -> None:
    """Each log has its answers beside it, so that none is passed over."""
    assert [Path(path).stem for path in sorted(LOGS.glob("*.json"))] == NAMES
    assert len(NAMES) >= 69
