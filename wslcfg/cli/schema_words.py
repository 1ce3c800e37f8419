"""The words that the schemas of `schemas` and its neighbours are written in."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer"}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "description": "RFC 3339, UTC"}
ANY: Schema = {}


def size(what: str = "") -> Schema:
    """Bytes, never negative."""
    return {"type": "integer", "minimum": 0, "description": f"bytes{': ' + what if what else ''}"}


def maybe(schema: Schema) -> Schema:
    """The schema, or null."""
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": schema}


def one_of(*words: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def shape(**properties: Schema) -> Schema:
    """An object with at least these keys."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def datum(schema: Schema) -> Schema:
    """A fact: a value with its source, or null with its reason."""
    return {
        "anyOf": [
            {"type": "object", "properties": {"value": schema, "source": TEXT}, "required": ["value", "source"]},
            {"type": "object", "properties": {"value": {"type": "null"}, "reason": TEXT}, "required": ["value", "reason"]},
        ]
    }
