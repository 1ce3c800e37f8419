"""The JSON Schema of `wslcfg oom --json`."""

from __future__ import annotations

from wslcfg.cli.schema_words import COUNT, FLAG, TEXT, TIME, Schema, listed, maybe, one_of, shape, size

PROOF = shape(source=TEXT, line=COUNT, text=TEXT)
VICTIM = shape(
    pid=maybe(COUNT),
    comm=TEXT,
    program=TEXT,
    total_vm=maybe(size()),
    anon_rss=maybe(size()),
    file_rss=maybe(size()),
    shmem_rss=maybe(size()),
    uid=maybe(COUNT),
    oom_score_adj=maybe(COUNT),
)
NOTICE = shape(
    by=TEXT,
    what=TEXT,
    unit=maybe(TEXT),
    at=maybe(TIME),
    processes=maybe(COUNT),
    memory_peak=maybe(size()),
    swap_peak=maybe(size()),
    line=COUNT,
    text=TEXT,
)
EVENT = shape(
    at=maybe(TIME),
    at_text=maybe(TEXT),
    boot=maybe(TEXT),
    kernel=maybe(TEXT),
    kind=TEXT,
    constraint=maybe(TEXT),
    cgroup=maybe(TEXT),
    task_cgroup=maybe(TEXT),
    victim=maybe(VICTIM),
    victims=listed(VICTIM),
    tasks={**COUNT, "description": "rows of the task table"},
    programs=listed(shape(name=TEXT, tasks=COUNT, rss=size(), anon=maybe(size()), swap=maybe(size()), victims=COUNT, guess=maybe(TEXT))),
    follow_up=listed(NOTICE),
    copies={**COUNT, "description": "further times that the same kill was read"},
    lost=listed(shape(what=TEXT, text=TEXT, line=COUNT)),
    evidence=listed(shape(what=TEXT, line=COUNT, text=TEXT)),
)
INCIDENT = shape(
    kind=one_of(
        *(
            "global",
            "session",
            "slice",
            "container",
            "service",
            "wsl-user",
            "cgroup",
            "cpuset",
            "manual",
            "oomd",
            "earlyoom",
            "systemd",
            "unknown",
        )
    ),
    at=maybe(TIME),
    text=TEXT,
    killed=COUNT,
    culprit=maybe(TEXT),
    innocent=maybe(FLAG),
    pattern=one_of("one-process", "burst", "accumulation", "unknown"),
    cascade=FLAG,
    stopped=listed(TEXT),
    sessions=maybe(COUNT),
    claims=listed(shape(id=TEXT, certainty=one_of("fact", "likely", "guess", "unchecked"), text=TEXT, evidence=listed(PROOF))),
)
OOM: Schema = {
    "anyOf": [
        shape(
            source=TEXT,
            lines=COUNT,
            events=listed(EVENT),
            notices=listed(NOTICE),
            verdict=shape(
                kind=TEXT,
                text=TEXT,
                incidents=listed(INCIDENT),
                endings=listed(shape(kind=one_of("vm-ended", "distro-ended"), at=TIME, text=TEXT, evidence=listed(PROOF))),
            ),
            advice=listed(
                shape(id=TEXT, finding=TEXT, text=TEXT, command=maybe(TEXT), effect=maybe(shape(prevented=maybe(FLAG), text=TEXT)))
            ),
            looked_at=listed(TEXT),
            unchecked=listed(TEXT),
        ),
        shape(new=listed(shape(at=maybe(TIME), text=TEXT))),
    ]
}
