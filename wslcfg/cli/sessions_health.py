"""What `wslcfg sessions list --health` adds to its rows: records, good bytes and the ids of problems, from the cache where a file is as it was."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone

from wslcfg.cli.shared import Json
from wslcfg.errors import Unreachable
from wslcfg.model.session import Roots, SessionFile
from wslcfg.sessions.cache import Cache
from wslcfg.sessions.check import Health
from wslcfg.sessions.examine import examine, keep_days, retention, stale_indexes


def judge(where: Roots, sessions: Sequence[SessionFile], kept: Cache) -> dict[str, Json]:
    """By path: what a row of the list says of a session's health; a file that cannot be read is not there."""
    known: list[tuple[SessionFile, Health]] = []
    ids: dict[str, list[str]] = {}
    for one in sessions:
        try:
            there = os.stat(one.real)
            judged = kept.judged(one.real, there)
            if judged is None:
                health = examine(one)
                judged = (health.records, health.good_bytes, tuple(dict.fromkeys(one.id for one in health.problems)), health.prompts)
                kept.judge(one.real, there, judged)
        except (OSError, Unreachable):
            continue
        records, good, problems, prompts = judged
        known.append((one, Health(records, one.bytes, good, (), (), prompts)))
        ids[one.real] = list(problems)
    hidden = {f"{os.path.dirname(path)}/{session}.jsonl" for path, found in stale_indexes(known).items() for session in found}
    now, days = datetime.now(timezone.utc), keep_days(where)
    for one, _ in known:
        ids[one.real] += ["stale-index"] if one.real in hidden else []
        ids[one.real] += ["retention"] if retention(one, days, now) else []
    return {
        one.real: {"records": health.records, "good_bytes": health.good_bytes, "problems": ids[one.real], "prompts": health.prompts}
        for one, health in known
    }
