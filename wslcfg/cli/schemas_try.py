"""JSON Schemas of a try of settings: what `apply`, `status` and `history` say of it, and `confirm`."""

from __future__ import annotations

from wslcfg.cli.schema_words import COUNT, TEXT, TIME, Schema, maybe, one_of, shape

TRY: Schema = {
    **shape(
        nonce=TEXT,
        state=one_of(
            *("armed", "restarting", "asking", "stopped", "kept", "unconfirmed", "never-answered"),
            *("cut", "locked", "changed", "dropped", "superseded"),
        ),
        generation=maybe(COUNT),
        distro=TEXT,
        at=TIME,
        confirm_seconds=COUNT,
        until=maybe(TIME),
        text=TEXT,
    ),
    "description": "the try that runs or was the last one: since when it is in this state, and until when `confirm` is waited for",
}
# Where there was none it is null.
OF_TRY: Schema = shape(**{"try": maybe(TRY)})
CONFIRM: Schema = {"allOf": [shape(state=one_of("kept", "declined"), generation=maybe(COUNT)), shape(**{"try": TRY})]}
