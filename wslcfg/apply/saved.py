"""Think: a plan as a file: everything needed to carry it out later, and a digest that tells when the file was changed or cut."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping

from wslcfg import __version__
from wslcfg.apply.generation import key_from_json, key_to_json
from wslcfg.errors import Unreadable
from wslcfg.model.plan import Danger, FileChange, Plan, Repair, Restart

SCHEMA = 1

_RESTARTS: dict[str, Restart] = {"none": "none", "distro": "distro", "vm": "vm"}


def dump(plan: Plan) -> bytes:
    """The plan as JSON, readable, with each file's bytes in base64 and its digest before (sha256 hex, '' for absent)."""
    body: dict[str, object] = {
        "kind": "wslcfg-plan",
        "schema": SCHEMA,
        "tool": __version__,
        "title": plan.title,
        "facts_digest": plan.facts_digest,
        "back_to": plan.back_to,
        "applyable": bool(plan.files) and not any(danger.forbidden for danger in plan.dangers),
        "restart": plan.restart,
        "dangers": [{"id": one.id, "message": one.message, "hint": one.hint, "forbidden": one.forbidden} for one in plan.dangers],
        "notes": list(plan.notes),
        "warnings": list(plan.warnings),
        "whole": plan.whole,
        "files": [_file_to_json(change) for change in plan.files],
    }
    return json.dumps({**body, "digest": _digest(body)}, indent=2, ensure_ascii=True).encode() + b"\n"


def load(raw: bytes, *, name: str = "The plan") -> Plan:
    """Read what `dump` wrote; `name` is how the message calls the file.

    Raises:
        Unreadable: not a saved plan, cut, changed by hand, or of a newer schema.
    """
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise _unreadable(name, "is cut or no JSON", raw) from error
    if not isinstance(body, dict) or body.get("kind") != "wslcfg-plan":
        raise _unreadable(name, "is no saved plan", raw)
    if body.get("schema") != SCHEMA:
        hint = f"Upgrade this wslcfg to the one that saved it ({body.get('tool')}), or make the plan anew."
        raise Unreadable(f"{name} has schema {body.get('schema')!r}; this wslcfg knows {SCHEMA}.", hint, code="newer-plan")
    digest = body.pop("digest", None)
    if digest != _digest(body):
        raise _unreadable(name, "was changed since it was saved", raw)
    try:
        return Plan(
            title=_text(body, "title"),
            files=tuple(_file_from_json(item) for item in body["files"]),
            dangers=tuple(
                Danger(_text(one, "id"), _text(one, "message"), _text(one, "hint"), bool(one["forbidden"])) for one in body["dangers"]
            ),
            facts_digest=_text(body, "facts_digest"),
            notes=tuple(str(note) for note in body["notes"]),
            back_to=body["back_to"],
            warnings=tuple(str(text) for text in body.get("warnings", ())),
            whole=bool(body.get("whole", True)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(name, "is damaged", raw) from error


def is_plan(raw: bytes) -> bool:
    """Whether a file says that it is a saved plan, also one that `load` would not take."""
    try:
        body = json.loads(raw)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("kind") == "wslcfg-plan"


def _file_to_json(change: FileChange) -> dict[str, object]:
    return {
        "label": change.label,
        "path": change.path,
        "before": _pack(change.before),
        "before_digest": "" if change.before is None else hashlib.sha256(change.before).hexdigest(),
        "after": _pack(change.after),
        "keys": [key_to_json(key) for key in change.keys],
        "repairs": [{"file": one.file, "line": one.line, "old": one.old, "new": one.new, "why": one.why} for one in change.repairs],
        "restart": change.restart,
        "shared": change.shared,
        "as_root": change.as_root,
        "mode": change.mode,
        "summary": change.summary,
        "theirs": change.theirs,
        "part": change.part,
        "why": change.why,
    }


def _file_from_json(item: Mapping[str, object]) -> FileChange:
    repairs, keys, mode = item["repairs"], item["keys"], item["mode"]
    if not isinstance(repairs, list) or not isinstance(keys, list) or not (mode is None or isinstance(mode, int)):
        raise TypeError("not a file change")
    before = _unpack(item["before"])
    if item["before_digest"] != ("" if before is None else hashlib.sha256(before).hexdigest()):
        raise ValueError("before does not match its digest")
    return FileChange(
        label=_text(item, "label"),
        path=_text(item, "path"),
        before=before,
        after=_unpack(item["after"]),
        keys=tuple(key_from_json(key) for key in keys),
        repairs=tuple(Repair(_text(one, "file"), int(one["line"]), one["old"], one["new"], _text(one, "why")) for one in repairs),
        restart=_RESTARTS[_text(item, "restart")],
        shared=bool(item["shared"]),
        as_root=bool(item["as_root"]),
        mode=mode,
        summary=str(item.get("summary", "")),
        theirs=bool(item.get("theirs", False)),
        part=str(item.get("part", "")),
        why=str(item.get("why", "")),
    )


def _pack(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _unpack(text: object) -> bytes | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError("bytes are not text")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("bytes are not base64") from error


def _text(item: Mapping[str, object], name: str) -> str:
    value = item[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not text")
    return value


def _digest(body: Mapping[str, object]) -> str:
    """Over the values, so that a formatter may lay the file out anew, but nothing else."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()


def _unreadable(name: str, what: str, raw: bytes) -> Unreadable:
    excerpt = raw[:80].decode("utf-8", "replace")
    return Unreadable(f"{name} {what}.", "Make it anew with wslcfg plan --out FILE.", code="bad-plan", data={"excerpt": excerpt})
