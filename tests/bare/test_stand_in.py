"""The stand-in for msgspec that wslcfg.pyz carries reads records as the real one does."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

import msgspec
import pytest

from tests.house.source import ROOT


def _stand_in() -> ModuleType:
    spec = importlib.util.spec_from_file_location("msgspec_stand_in", ROOT / "release/msgspec.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read(library: Any, line: bytes) -> object:
    """A line as a record of the transcripts' shape, or that it is none."""

    class Record(library.Struct):
        type: str = ""
        uuid: str | None = None
        meta: bool = False
        message: library.Raw = library.Raw(b"")

    Record.__annotations__ = {"type": str, "uuid": str | None, "meta": bool, "message": library.Raw}
    try:
        found = library.json.Decoder(Record).decode(line)
    except (library.MsgspecError, UnicodeDecodeError):
        return "not read"
    return found.type, found.uuid, found.meta, bytes(found.message)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="annotations are made otherwise there")
@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"user","uuid":"a","meta":true,"message":{"content":"hi"},"more":[1]}',
        b'{"uuid":null}',
        b"{}",
        b'{"type":7}',
        b'{"meta":1}',
        b'{"uuid":"a"',
        b"[]",
        b"",
        b'{"type":NaN}',
        '{"type":"Jos\u00e9"}'.encode("latin-1"),
        '{"type":"Jos\u00e9"}'.encode(),
    ],
)
def test_a_record_is_the_same(line: bytes) -> None:
    """Whole, partial, of another type, cut, no object, bad UTF-8: both give the same, or both refuse."""
    assert _read(_stand_in(), line) == _read(msgspec, line)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="annotations are made otherwise there")
@pytest.mark.parametrize(
    "content", ['"hi"', "null", "7", "{}", "[]", "[7]", '[{"type":"text","text":"a"},{"type":"image"}]', '[{"text":7}]']
)
def test_a_message_is_the_same(content: str) -> None:
    """A content may be a text, blocks or nothing: what fits is read alike, and what does not is refused by both."""

    def read(library: Any) -> object:
        class Block(library.Struct, gc=False):
            type: str = ""
            text: str = ""

        class Message(library.Struct, gc=False):
            content: Any = None

        Block.__annotations__ = {"type": str, "text": str}
        Message.__annotations__ = {"content": str | list[Block] | None}  # type: ignore[valid-type]
        try:
            found = library.json.Decoder(Message).decode(f'{{"content":{content}}}'.encode()).content
        except library.MsgspecError:
            return "not read"
        return [(block.type, block.text) for block in found] if isinstance(found, list) else found

    assert read(_stand_in()) == read(msgspec)
