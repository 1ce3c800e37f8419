"""What wslcfg uses of msgspec, in pure Python, for wslcfg.pyz alone: slower, and as strict about types.

Structs with defaults, `Raw`, `json.Decoder(type).decode` and `json.decode`. tests/bare/test_stand_in.py holds it against the real one.
"""

from __future__ import annotations

import json as _json
import types
import typing
from collections.abc import Callable
from typing import Any


class MsgspecError(Exception):
    """Something is not as its type says."""


class ValidationError(MsgspecError, ValueError):
    """JSON of another shape than the type."""


class DecodeError(MsgspecError, ValueError):
    """No JSON."""


class Raw(bytes):
    """JSON that is not looked into."""


class Struct:
    """A record: annotated fields, each with a default."""

    def __init_subclass__(cls, gc: bool = True) -> None:
        """Whether the collector sees it is the real one's business."""

    def __init__(self, **values: object) -> None:
        for name, default in _fields(type(self)).items():
            setattr(self, name, values.get(name, default[1]))


_known: dict[type, dict[str, tuple[Any, Any]]] = {}


def _fields(kind: type) -> dict[str, tuple[Any, Any]]:
    """Name to (type, default)."""
    if kind not in _known:
        _known[kind] = {name: (wanted, getattr(kind, name, None)) for name, wanted in typing.get_type_hints(kind).items()}
    return _known[kind]


def _fit(value: object, wanted: Any) -> Any:
    """The value as that type. Raises ValidationError."""
    if wanted is Raw:
        return Raw(_json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    if isinstance(wanted, types.UnionType) or typing.get_origin(wanted) is typing.Union:
        choices = typing.get_args(wanted)
        if value is None and type(None) in choices and Raw not in choices:
            return None
        for choice in choices:
            try:
                return _fit(value, choice)
            except ValidationError:
                continue
        raise ValidationError(f"not {wanted}")
    if typing.get_origin(wanted) is list:
        if not isinstance(value, list):
            raise ValidationError("not an array")
        return [_fit(item, typing.get_args(wanted)[0]) for item in value]
    if isinstance(wanted, type) and issubclass(wanted, Struct):
        if not isinstance(value, dict):
            raise ValidationError("not an object")
        made = wanted()
        for name, (kind, _) in _fields(wanted).items():
            if name in value:
                setattr(made, name, _fit(value[name], kind))
        return made
    if wanted is Any:
        return value
    # A bool is an int in Python and none in JSON.
    if type(value) is wanted or (wanted is float and type(value) is int):
        return value
    raise ValidationError(f"not {wanted}")


def _no_constant(word: str) -> float:
    raise DecodeError(word)


class _Decoder:
    def __init__(self, type: Any = Any) -> None:
        self.type = type

    def decode(self, data: bytes | str) -> Any:
        """JSON as that type. Raises MsgspecError, UnicodeDecodeError."""
        try:
            found = _json.loads(data.decode() if isinstance(data, bytes) else data, parse_constant=_no_constant)
        except UnicodeDecodeError:
            raise
        except MsgspecError:
            raise
        except ValueError as error:
            raise DecodeError(str(error)) from error
        try:
            return _fit(found, self.type)
        except UnicodeEncodeError as error:
            raise DecodeError(str(error)) from error


def _decode(data: bytes | str, *, type: Any = Any) -> Any:
    return _Decoder(type).decode(data)


def _encode(value: object) -> bytes:
    return _json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


json = types.SimpleNamespace(Decoder=_Decoder, decode=_decode, encode=_encode)
Decoder: Callable[..., Any] = _Decoder
