"""JSON Schemas of the `data` of `wslcfg sessions check, repair, keep, show, last, resume`; merged into `schemas.DATA`."""

from __future__ import annotations

from wslcfg.cli.schema_words import ANY, COUNT, FLAG, TEXT, Schema, listed, maybe, one_of, shape, size

_PROBLEM = shape(id=TEXT, line=maybe(COUNT), effect=TEXT)
_MENDED = shape(file=TEXT, line=COUNT, why=TEXT)
_FOUND = shape(
    provider=one_of("claude", "codex"),
    id=TEXT,
    project=maybe(TEXT),
    path=TEXT,
    bytes=size(),
    records=COUNT,
    good_bytes=size(),
    problems=listed(_PROBLEM),
    resumes=listed(shape(clients=TEXT, prompts=COUNT, of=COUNT, hangs=FLAG)),
    resume=TEXT,
)
_SAID = shape(at=maybe(TEXT), role=TEXT, text=TEXT)

REPAIRS: dict[str, Schema] = {
    "sessions check": shape(sessions=listed(_FOUND), checked=COUNT, unread=listed(shape(why=TEXT)), keep_days=COUNT),
    "sessions repair": shape(
        changed=FLAG,
        generation=maybe(COUNT),
        changes=ANY,
        repairs=listed(_MENDED),
        diff=TEXT,
        backup=maybe(TEXT),
    ),
    "sessions show": shape(id=TEXT, provider=TEXT, title=TEXT, path=TEXT, resume=TEXT, said=listed(_SAID)),
    "sessions resume": shape(session=TEXT, resume=TEXT),
    "sessions keep": shape(changed=FLAG, generation=maybe(COUNT), diff=TEXT, days=COUNT, was=COUNT),
    "sessions last": shape(session=maybe(TEXT), resume=maybe(TEXT), copied=FLAG),
}
