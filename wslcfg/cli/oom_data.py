"""The verdict as JSON data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wslcfg.cli.shared import Json
from wslcfg.oom.event import Account, Notice, Reading, Seen, Victim
from wslcfg.oom.family import victim_program
from wslcfg.oom.story import Advice, Around, Claim, Incident, Proof, Verdict
from wslcfg.ui.words import stamp


def as_data(reading: Reading, verdict: Verdict, advices: Sequence[Advice], around: Around, source: str) -> Json:
    """Everything that `wslcfg oom` found; sizes in bytes, times RFC 3339 in UTC, null where the log does not say."""
    return {
        "source": source,
        "lines": reading.lines,
        "events": [_event(seen) for seen in reading.seen],
        "notices": [_notice(one) for one in reading.notices],
        "verdict": {
            "kind": verdict.kind,
            "text": verdict.headline,
            "incidents": [_incident(one) for one in verdict.incidents],
            "endings": [
                {"kind": one.kind, "at": stamp(one.at), "text": one.text, "evidence": [_proof(proof) for proof in one.proofs]}
                for one in verdict.endings
            ],
        },
        "advice": [
            {
                "id": one.id,
                "finding": one.finding,
                "text": one.text,
                "command": one.command,
                "effect": {"prevented": one.effect.prevented, "text": one.effect.text} if one.effect else None,
            }
            for one in advices
        ],
        "looked_at": list(around.looked),
        "unchecked": list(verdict.unchecked),
        "counters": [
            {"cgroup": one.path, "kills": one.kills, "limit_hits": one.limit_hits, "limit": one.limit, "peak": one.peak}
            for one in around.counters
        ],
    }


def _event(seen: Seen) -> Json:
    event, account = seen
    memory = event.memory
    return {
        "at": _time(event.at),
        "at_text": event.at_text,
        "uptime_s": event.uptime_s,
        "boot": event.boot,
        "kernel": event.kernel,
        "kind": event.kind,
        "constraint": event.constraint,
        "cgroup": event.limit_cgroup,
        "task_cgroup": event.task_cgroup,
        "group": event.group,
        "panic": event.panic,
        "invoker": {"comm": event.invoker.comm, "pid": event.invoker.pid, "gfp_mask": event.invoker.gfp_mask, "order": event.invoker.order}
        if event.invoker
        else None,
        "victim": _victim(event.victim) if event.victim else None,
        "victims": [_victim(one) for one in event.victims],
        "tasks": event.table.rows,
        "programs": _programs(account),
        "rss_is_upper_bound": account.rss_is_upper_bound,
        "memory": {name: getattr(memory, name) for name in memory._fields},
        "not_in_tasks": {"unexplained": account.hidden.unexplained, "parts": dict(account.hidden.parts)},
        "follow_up": [_notice(one) for one in event.follow_ups],
        "copies": len(event.copies),
        "lost": [{"what": one.what, "text": one.text, "line": one.line} for one in event.losses],
        "evidence": [{"what": one.what, "line": one.number, "text": one.text} for one in event.evidence],
        "lines": [event.first_line, event.last_line],
    }


def _programs(account: Account) -> list[Json]:
    return [
        {
            "name": one.name,
            "tasks": one.tasks,
            "rss": one.rss,
            "anon": one.anon,
            "swap": one.swap,
            "victims": one.victims,
            "comms": list(one.comms),
            "guess": one.guess,
        }
        for one in account.programs
    ]


def _victim(victim: Victim) -> Json:
    return {
        "pid": victim.pid,
        "comm": victim.comm,
        "program": victim_program(victim),
        "total_vm": victim.total_vm,
        "anon_rss": victim.anon,
        "file_rss": victim.file,
        "shmem_rss": victim.shmem,
        "uid": victim.uid,
        "pgtables": victim.pgtables,
        "oom_score_adj": victim.oom_score_adj,
    }


def _notice(one: Notice) -> Json:
    return {
        "by": one.by,
        "what": one.what,
        "unit": one.unit,
        "at": _time(one.at),
        "processes": one.processes,
        "memory_peak": one.memory_peak,
        "swap_peak": one.swap_peak,
        "line": one.line,
        "text": one.text,
    }


def _incident(one: Incident) -> Json:
    return {
        "kind": one.kind,
        "at": _time(one.at),
        "text": one.headline,
        "killed": one.killed,
        "culprit": one.culprit,
        "innocent": one.innocent,
        "pattern": one.pattern,
        "cascade": one.cascade,
        "stopped": list(one.stopped),
        "sessions": one.sessions,
        "claims": [_claim(claim) for claim in one.claims],
    }


def _claim(claim: Claim) -> Json:
    return {"id": claim.id, "certainty": claim.certainty, "text": claim.text, "evidence": [_proof(one) for one in claim.proofs]}


def _proof(proof: Proof) -> Json:
    return {"source": proof.source, "line": proof.line, "text": proof.text}


def _time(moment: datetime | None) -> str | None:
    return stamp(moment) if moment is not None else None
