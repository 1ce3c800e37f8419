"""What `wslcfg sessions list --health` adds to its rows: records, good bytes and the ids of problems, from the cache where a file is as it was."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone

from wslcfg.cli.shared import Json
from wslcfg.model.session import Roots, SessionFile
from wslcfg.sessions.cache import Cache, Judged
from wslcfg.sessions.check import Health
from wslcfg.sessions.examine import examine_each, keep_days, retention, stale_indexes


def judge(where: Roots, sessions: Sequence[SessionFile], kept: Cache) -> dict[str, Json]:
    """By path: what a row of the list says of a session's health; a file that cannot be read is not there."""
    judged: dict[str, Judged] = {}
    unknown: list[tuple[SessionFile, os.stat_result]] = []
    for one in sessions:
        try:
            there = os.stat(one.real)
        except OSError:
            continue
        if (known := kept.judged(one.real, there)) is None:
            unknown.append((one, there))
        else:
            judged[one.real] = known
    for (one, there), health in zip(unknown, examine_each([one for one, _ in unknown]), strict=True):
        if isinstance(health, Health):
            ids = tuple(dict.fromkeys(problem.id for problem in health.problems))
            judged[one.real] = found = health.records, health.good_bytes, ids, health.prompts
            kept.judge(one.real, there, found)
    readable = [one for one in sessions if one.real in judged]
    hidden = _hidden([(one, Health(judged[one.real][0], one.bytes, judged[one.real][1], (), (), judged[one.real][3])) for one in readable])
    now, days = datetime.now(timezone.utc), keep_days(where)
    rows: dict[str, Json] = {}
    for one in readable:
        records, good, problems, prompts = judged[one.real]
        more = (["stale-index"] if one.real in hidden else []) + (["retention"] if retention(one, days, now) else [])
        rows[one.real] = {"records": records, "good_bytes": good, "problems": [*problems, *more], "prompts": prompts}
    return rows


def _hidden(known: list[tuple[SessionFile, Health]]) -> set[str]:
    """The paths of the sessions that an index hides."""
    return {f"{os.path.dirname(path)}/{session}.jsonl" for path, found in stale_indexes(known).items() for session in found}
