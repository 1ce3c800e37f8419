"""Think: one key of a JSON file set or taken out, by splicing its bytes: comments, order, indentation, BOM, line ends and trailing commas stay.

Such files are edited by people and by the programs they belong to (`~/.claude/settings.json`, VS Code's `settings.json`), so a key of ours must
not cost a byte of theirs. Libraries that were looked at: jsonc-edit runs a Node process; jsoncgx is GPL and refuses a trailing comma;
json-five rebuilds the text from a model and cannot insert in the file's own layout; json-with-comments, jsonyx and pyjson5 only read.

The reader takes JSON (RFC 8259) with comments and trailing commas, as VS Code does. Where a key stands twice the last one counts, as in every
reader of JSON; taking a key out takes all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from wslcfg.errors import Bug, Unreadable
from wslcfg.model.record import NamedTuple

EMPTY_FILE, EMPTY_OBJECT = "empty-file", "empty-object"
_BOM = "\ufeff"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_WORD = re.compile(r"true|false|null")
# Deeper ones are no settings file, and would end in Python's own limit.
_DEEPEST = 200


class Member(NamedTuple):
    """A key and its value.

    Attributes:
        key: '' in an array. start, value, end: where the key and the value begin, and behind the value; offsets in characters.
        given: the value as plain Python. node: the same with its places, where it is an object or array.
    """

    key: str
    start: int
    value: int
    end: int
    given: object
    node: Node | None


class Node(NamedTuple):
    """An object or array: `start` at its bracket, `end` behind the closing one; `comma` is where a trailing comma stands, -1 for none."""

    start: int
    end: int
    members: tuple[Member, ...]
    comma: int


def value_at(raw: bytes | None, path: Sequence[str], *, label: str = "The file") -> object:
    """The value at a path of keys as plain Python, None where it is not there. Raises Unreadable as `edited`."""
    text = _text(raw or b"", label)
    if not _blank(text):
        member, left = _follow(_Reader(text, label).document(), path)
        if member is not None and not left:
            return member.given
    return None


def hollow(raw: bytes | None, path: Sequence[str], *, label: str = "The file") -> str:
    """What a file has in the key's place that taking the key out must leave: EMPTY_FILE, EMPTY_OBJECT or ''. Raises Unreadable as `edited`."""
    if raw is not None and _blank(_text(raw, label)):
        return EMPTY_FILE
    return EMPTY_OBJECT if len(path) > 1 and value_at(raw, path[:-1], label=label) == {} else ""


def edited(raw: bytes | None, path: Sequence[str], value: object, *, label: str = "The file", was: str = "") -> bytes | None:
    """The file with the key set to a value (objects on the way are made), or without it.

    Args:
        raw: the file; None or empty is a new one. path: keys from the top.
        value: what `json.dumps` takes; None takes the key out, with the objects that it leaves empty where those hold nothing else, not even a comment.
        label: what messages call the file. was: what `hollow` gave before the key came, for taking it out.

    Returns: the new bytes; None where taking the key out leaves nothing of a file.

    Raises:
        Unreadable: no JSON, with the line; or something on the way is no object.
    """
    text = _text(raw or b"", label)
    if _blank(text):
        return raw if value is None else (text + _fresh(path, value)).encode()
    top = _Reader(text, label).document()
    member, left = _follow(top, path)
    if value is None:
        new = _unset(text, top, path, label, keep=was == EMPTY_OBJECT)
        fresh = _fresh(path, member.given) if new != text and member is not None else ""
        if fresh and text.endswith(fresh) and _blank(before := text.removesuffix(fresh)):
            return before.encode() if before or was == EMPTY_FILE else None
        return new.encode()
    if member is not None and not left:
        if member.given == value and type(member.given) is type(value):
            return raw
        indent = _indent_of(text, member.start)
        new = text[: member.value] + _dumped(value, text, indent) + text[member.end :]
    else:
        new = _insert(text, top, path, value, label)
    if value_at(new.encode(), path, label=label) != value:
        raise Bug(f"{label} does not read as wanted after the edit; nothing was written.", "Please report it.")
    return new.encode()


def _text(raw: bytes, label: str) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw[:2]:
        raise Unreadable(
            f"{label} is written as UTF-16, and JSON is UTF-8.", "Save it as UTF-8, then run the command again.", code="bad-json"
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _unreadable(label, line, "there are bytes that are no UTF-8") from error


def _fresh(path: Sequence[str], value: object) -> str:
    """A file that says this alone."""
    for key in reversed(path):
        value = {key: value}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _blank(text: str) -> bool:
    return not text.removeprefix(_BOM).strip()


def _follow(top: Node, path: Sequence[str]) -> tuple[Member | None, tuple[str, ...]]:
    """The deepest member on the path that is there, and the keys below it that are not."""
    found: Member | None = None
    node: Node | None = top
    for at, key in enumerate(path):
        hit = next((one for one in reversed(node.members) if one.key == key), None) if node is not None else None
        if hit is None:
            return (found if at else None), tuple(path[at:])
        found, node = hit, hit.node
    return found, ()


def _insert(text: str, top: Node, path: Sequence[str], value: object, label: str) -> str:
    """Add a key behind the last member of the deepest object that is there."""
    node, at = top, 0
    for key in path:
        hit = next((one for one in reversed(node.members) if one.key == key), None)
        if hit is None:
            break
        if hit.node is None or text[hit.node.start] != "{":
            line = text[: hit.value].count("\n") + 1
            raise _unreadable(label, line, f"{key} is no object")
        node, at = hit.node, at + 1
    key = path[at]
    for below in reversed(path[at + 1 :]):
        value = {below: value}
    line_end = "\r\n" if "\r\n" in text else "\n"
    many = "\n" in text[node.start : node.end]
    outer = _indent_of(text, node.start)
    if not many:
        new = f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        if not node.members:
            return text[: node.start + 1] + new + text[node.start + 1 :]
        last = node.members[-1].end
        return f"{text[:last]}, {new}{text[last:]}"
    step = _indent_of(text, node.members[0].start) if node.members else outer + _step(text)
    new = f"{line_end}{step}{json.dumps(key)}: {_dumped(value, text, step)}"
    if not node.members:
        # A comment in an otherwise empty object stays before the new key.
        inside = text[node.start + 1 : node.end - 1]
        kept = inside.rstrip()
        closing = inside[len(kept) :] if "\n" in inside[len(kept) :] else f"{line_end}{outer}"
        return text[: node.start + 1] + kept + new + closing + text[node.end - 1 :]
    last = node.members[-1].end
    # The comma goes to the value, the new line behind whatever comment ends its line.
    place = node.comma + 1 if node.comma >= 0 else last
    rest = re.compile(r"[ \t]*(?://[^\n\r]*|/\*[^\n]*?\*/[ \t]*)").match(text, place)
    stop = rest.end() if rest is not None else place
    if node.comma >= 0:
        return text[:stop] + new + "," + text[stop:]
    return text[:last] + "," + text[last:stop] + new + text[stop:]


def _unset(text: str, top: Node, path: Sequence[str], label: str, *, keep: bool) -> str:
    """Take the key out wherever it stands, and unless `keep` objects that hold nothing any more."""
    while True:
        trail: list[tuple[Node, Member]] = []
        node = top
        for key in path:
            hit = next((one for one in node.members if one.key == key), None)
            if hit is None or (hit.node is None and len(trail) + 1 < len(path)):
                break
            trail.append((node, hit))
            if hit.node is not None:
                node = hit.node
        if len(trail) < len(path):
            return text
        while not keep and len(trail) > 1 and len(trail[-1][0].members) == 1 and not _commented(text, *trail[-1]):
            trail.pop()
        text = _cut(text, *trail[-1])
        top = _Reader(text, label).document()


def _commented(text: str, node: Node, member: Member) -> bool:
    """Whether an object holds more than this member: a comment."""
    around = text[node.start + 1 : member.start] + text[member.end : node.end - 1]
    return bool(around.replace(",", "").strip())


def _cut(text: str, node: Node, member: Member) -> str:
    """Take one member out with the comma and the line that are its own."""
    at = node.members.index(member)
    start, end = member.start, member.end
    after = re.compile(r"\s*").match(text, end)
    stop = after.end() if after is not None else end
    follows = text[stop : stop + 1] == ","
    if at + 1 < len(node.members) or (follows and node.comma >= 0):
        comma = _comma_behind(text, end)
        end = comma + 1
        rest = re.compile(r"[ \t]*\r?\n[ \t]*|[ \t]*").match(text, end)
        line_start = text.rfind("\n", 0, start) + 1
        if not text[line_start:start].strip() and rest is not None and "\n" in rest[0]:
            # Its own line: from the line's start up to the next line's start.
            return text[:line_start] + text[end + rest[0].index("\n") + 1 :]
        return text[:start] + text[rest.end() if rest is not None else end :]
    if at > 0:
        # The last one: the comma before it goes, and what lies between stays where it is a comment.
        before = node.members[at - 1].end
        comma = _comma_behind(text, before)
        between = text[comma + 1 : start]
        kept = between.rstrip()
        return text[:before] + text[before:comma] + kept + text[end:]
    return text[: node.start + 1] + text[node.start + 1 : start].rstrip() + text[end:]


def _comma_behind(text: str, at: int) -> int:
    """Where the comma behind a value stands; comments may lie between."""
    reader = _Reader(text, "")
    reader.at = at
    reader.space()
    return reader.at


def _indent_of(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _step(text: str) -> str:
    """One level of the file's own indentation; two spaces where it shows none."""
    found = re.search(r"\n([ \t]+)\S", text)
    return found[1] if found else "  "


def _dumped(value: object, text: str, indent: str) -> str:
    """A value in the file's layout, its further lines below the key."""
    step = _step(text)
    lines = json.dumps(value, indent=step if "\t" in step else len(step), ensure_ascii=False).split("\n")
    return (("\r\n" if "\r\n" in text else "\n") + indent).join(lines)


def _unreadable(label: str, line: int, what: str) -> Unreadable:
    return Unreadable(
        f"{label} is not the JSON it should be: {what} in line {line}.", "Mend that line, then run the command again.", code="bad-json"
    )


class _Reader:
    """Reads the text once and notes where everything stands."""

    def __init__(self, text: str, label: str) -> None:
        self.text = text
        self.label = label
        self.at = len(_BOM) if text.startswith(_BOM) else 0

    def document(self) -> Node:
        """The object that the file is."""
        self.space()
        if self.text[self.at : self.at + 1] != "{":
            raise self._wrong("an object ({) is expected")
        _, node = self._held("{", 0)
        self.space()
        if self.at < len(self.text):
            raise self._wrong("there is something behind the end")
        return node

    def space(self) -> None:
        """Go over white space and comments."""
        pattern = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found is not None else self.at
        if self.text.startswith("/*", self.at):
            raise self._wrong("a comment has no end")

    def _value(self, depth: int) -> tuple[object, Node | None]:
        """Go over a value: what it is, and its places where it is an object or array."""
        sign = self.text[self.at : self.at + 1]
        if sign in ("{", "["):
            return self._held(sign, depth)
        for pattern in (_STRING, _NUMBER, _WORD):
            found = pattern.match(self.text, self.at)
            if found is not None:
                self.at = found.end()
                return json.loads(found[0]), None
        raise self._wrong("a value is expected")

    def _held(self, opening: str, depth: int) -> tuple[object, Node]:
        if depth > _DEEPEST:
            raise self._wrong("it is nested too deeply")
        closing, start, comma = {"{": "}", "[": "]"}[opening], self.at, -1
        members: list[Member] = []
        self.at += 1
        while True:
            self.space()
            if self.text[self.at : self.at + 1] == closing:
                self.at += 1
                given = {one.key: one.given for one in members} if opening == "{" else [one.given for one in members]
                return given, Node(start, self.at, tuple(members), comma)
            if members and comma < 0:
                raise self._wrong(f"a comma or {closing} is expected")
            members.append(self._member(opening, depth))
            comma = -1
            self.space()
            if self.text[self.at : self.at + 1] == ",":
                comma = self.at
                self.at += 1

    def _member(self, opening: str, depth: int) -> Member:
        start, key = self.at, ""
        if opening == "{":
            found = _STRING.match(self.text, self.at)
            if found is None:
                raise self._wrong("a key in double quotes is expected")
            key = json.loads(found[0])
            self.at = found.end()
            self.space()
            if self.text[self.at : self.at + 1] != ":":
                raise self._wrong("a colon is expected")
            self.at += 1
            self.space()
        value = self.at
        given, node = self._value(depth + 1)
        return Member(key, start, value, self.at, given, node)

    def _wrong(self, what: str) -> Unreadable:
        return _unreadable(self.label, self.text[: self.at].count("\n") + 1, what)
