"""JSON Schemas of the `data` of `wslcfg sessions …`; merged into `schemas.DATA`."""

from __future__ import annotations

from wslcfg.cli.schema_words import ANY, COUNT, FLAG, TEXT, TIME, Schema, listed, maybe, one_of, shape, size

_SECONDS: Schema = {"type": "number", "minimum": 0}
_SESSION = shape(
    provider=one_of("claude", "codex"),
    id=TEXT,
    project=maybe(TEXT),
    path=TEXT,
    bytes=size(),
    records=maybe(COUNT),
    good_bytes=maybe(size()),
    modified_at=TIME,
    title=TEXT,
    resume=TEXT,
    problems=maybe(listed(TEXT)),
    indexed=maybe(FLAG),
    deleted=FLAG,
)
_SNAPSHOT = shape(id=TEXT, made_at=TIME, files=maybe(COUNT), bytes=maybe(size()), new_bytes=maybe(size()))

# By the commands' full names. A tick that had nothing to do answers `backup` null.
SESSIONS: dict[str, Schema] = {
    "sessions list": shape(sessions=listed(_SESSION), home=TEXT),
    "sessions backup": {
        "anyOf": [
            shape(snapshot=maybe(TEXT), files=COUNT, new_bytes=size(), stored_bytes=size(), seconds=_SECONDS),
            shape(due=FLAG, backup=ANY, boot=maybe(TEXT)),
        ]
    },
    "sessions snapshots": shape(snapshots=listed(_SNAPSHOT), engine=TEXT, repo=TEXT),
    "sessions verify": shape(
        how=one_of("quick", "normal", "full"), snapshots=COUNT, files=COUNT, checked_bytes=size(), problems=listed(TEXT), repo=TEXT
    ),
    "sessions restore": shape(
        restored=listed(shape(path=TEXT, to=TEXT, how=one_of("created", "replaced", "merged", "same", "removed", "put-back"))),
        refused=listed(shape(path=TEXT, to=TEXT, why=TEXT)),
        id=maybe(TEXT),
        dry_run=FLAG,
    ),
    "sessions prune": shape(snapshots=COUNT, versions=COUNT, restores=COUNT, repairs=COUNT, freed_bytes=size(), dry_run=FLAG),
}
