"""Think: safe arithmetic on facts, for sizes in profiles: `min(10GB, host - 6GB)`.

    sum     = product { ("+" | "-") product }
    product = atom { ("*" | "/") atom }
    atom    = number [unit] | name | ("min" | "max" | "clamp") "(" sum { "," sum } ")" | "(" sum ")" | "-" atom

A value is a size or a plain number, and mixing them up (`host + 2`, `4GB * 4GB`) is an error with its column. Nothing is ever handed to
Python's own evaluation. Numbers are exact fractions; a result is floored to an even MiB, as WSL floors its own (WslCoreVm.cpp:1434).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd

from wslcfg.errors import NeedsTerminal, Refused
from wslcfg.model.late import late
from wslcfg.model.record import NamedTuple
from wslcfg.model.size import GIB, KIB, LARGEST, MIB, TIB, human

# Longer or deeper than any sum that a person writes; they bound the work that a foreign profile can cause.
LONGEST, DEEPEST = 200, 16

# What a name stands for, and whether it is a size.
NAMES = {
    "host": "usable RAM of the host",
    "default": "WSL's default memory on this host",
    "services": "what the resident services are planned with",
    "disk": "free space on the drive of the swap file",
    "sessions": "how many agent sessions run",
}
_NUMBERS = ("sessions",)
_FUNCTIONS = {"min": (1, 8), "max": (1, 8), "clamp": (3, 3)}
_UNITS = {"B": 1, "K": KIB, "KB": KIB, "M": MIB, "MB": MIB, "G": GIB, "GB": GIB, "T": TIB, "TB": TIB}
_EVEN = 2 * MIB

_TOKEN = late(
    r"[ \t]*(?:(?P<number>[0-9]{1,18}(?:\.[0-9]{1,9})?)[ ]?(?P<unit>[A-Za-z]+)?|(?P<word>[A-Za-z]+)|(?P<sign>[-+*/(),])|(?P<end>$))"
)


class Mistake(Refused):
    """An expression that cannot be read; `column` is where, from 1."""

    code = "bad-expression"

    def __init__(self, text: str, column: int, message: str, hint: str) -> None:
        super().__init__(f"'{text}', column {column}: {message}", hint, data={"column": column})
        self.column = column


class Exact(NamedTuple):
    """An exact value: top/bottom, a size (bytes) or a plain number."""

    top: int
    bottom: int
    size: bool


class Node(NamedTuple):
    """A node of the tree: `op` is `value`, `name`, `+ - * /`, `neg`, `min`, `max`, `clamp`; `column` from 1."""

    op: str
    column: int
    size: bool
    value: Exact | None = None
    name: str = ""
    parts: tuple[Node, ...] = ()


class Expression(NamedTuple):
    """A parsed expression that gives a size."""

    text: str
    root: Node

    @property
    def names(self) -> tuple[str, ...]:
        """The names it uses, each once, in order."""
        found: dict[str, None] = {}
        waiting = [self.root]
        while waiting:
            node = waiting.pop(0)
            waiting[:0] = node.parts
            if node.op == "name":
                found[node.name] = None
        return tuple(found)


def parse(text: str, known: tuple[str, ...] = tuple(NAMES)) -> Expression:
    """Read an expression that gives a size.

    Args:
        text: for example `clamp(host / 2, 4GB, 12GB)`.
        known: the names that have a meaning where it stands.

    Raises:
        Mistake: with the column; also for one that is too long, too deep, or that gives a plain number.
    """
    if len(text) > LONGEST:
        raise Mistake(text[:20] + "…", LONGEST + 1, f"longer than {LONGEST} characters.", "Write a simpler expression.")
    reader = _Reader(text, known)
    root = reader.sum(0)
    if reader.kind != "end":
        raise reader.mistake(f"'{reader.token}' is one too many.", "Remove it, or join the parts with + - * /.")
    if not root.size and not (root.value and root.value.top == 0):
        raise Mistake(text, root.column, "this is a plain number where a size is needed.", "Write a unit, for example 8GB.")
    return Expression(text, root)


def evaluate(expression: Expression, facts: Mapping[str, int | None]) -> int:
    """The size in bytes, floored to an even MiB.

    Args:
        expression: what `parse` gave.
        facts: bytes (or a count for `sessions`) of each name; None for what is not known.

    Raises:
        NeedsTerminal: a fact that is not known; the hint names the flag that gives it.
        Refused: a division by zero, or a result below zero or beyond any machine.
    """
    found = _value(expression.root, facts, expression.text)
    floored = found.top // found.bottom // _EVEN * _EVEN
    if found.top < 0:
        raise Mistake(
            expression.text, 1, f"comes out below zero here ({human(floored)}).", "Put max(…) round it, with the least that you want."
        )
    if floored > LARGEST:
        raise Mistake(expression.text, 1, "comes out larger than any machine.", "Check the units.")
    return floored


class _Reader:
    """The tokens of one text, one ahead."""

    def __init__(self, text: str, known: tuple[str, ...]) -> None:
        self.text, self.known = text, known
        self.at = 0
        self.next()

    def next(self) -> None:
        """Step to the next token."""
        match = _TOKEN.match(self.text, self.at)
        if match is None or match.lastgroup is None:
            blank = len(self.text[self.at :]) - len(self.text[self.at :].lstrip(" \t"))
            self.column = self.at + blank + 1
            sign = self.text[self.column - 1]
            raise self.mistake(f"'{sign}' has no meaning here.", "Use numbers with units, names, + - * /, parentheses, min, max and clamp.")
        self.kind = "number" if match["number"] else match.lastgroup
        self.token = match[0].strip()
        self.column = match.start(self.kind) + 1
        self.number, self.unit = match["number"] or "", match["unit"] or ""
        self.at = match.end()

    def mistake(self, message: str, hint: str, column: int | None = None) -> Mistake:
        """An error at a column, the present one unless said."""
        return Mistake(self.text, column or self.column, message, hint)

    def sum(self, depth: int) -> Node:
        """`a + b - c`."""
        left = self.product(depth)
        while self.kind == "sign" and self.token in "+-":
            sign, column = self.token, self.column
            self.next()
            right = self.product(depth)
            if left.size != right.size:
                raise self.mistake(f"'{sign}' between a size and a plain number.", "Give the number a unit, for example 2GB.", column)
            left = Node(sign, left.column, left.size, parts=(left, right))
        return left

    def product(self, depth: int) -> Node:
        """`a * b / c`."""
        left = self.atom(depth)
        while self.kind == "sign" and self.token in "*/":
            sign, column = self.token, self.column
            self.next()
            right = self.atom(depth)
            if sign == "*" and left.size and right.size:
                raise self.mistake("a size times a size is no size.", "Multiply a size with a plain number.", column)
            if sign == "/" and right.size and not left.size:
                raise self.mistake("a number divided by a size is no size.", "Divide the size by the number.", column)
            size = left.size != right.size
            left = Node(sign, left.column, size, parts=(left, right))
        return left

    def atom(self, depth: int) -> Node:
        """A number, a name, a function or a parenthesis."""
        if depth > DEEPEST:
            raise self.mistake(f"nested deeper than {DEEPEST}.", "Write a simpler expression.")
        column, token = self.column, self.token
        if self.kind == "number":
            node = Node("value", column, bool(self.unit), value=self._number())
            self.next()
            return node
        if self.kind == "word":
            self.next()
            return self._function(token, column, depth) if token in _FUNCTIONS else self._name(token, column)
        if token == "-":
            self.next()
            inner = self.atom(depth + 1)
            return Node("neg", column, inner.size, parts=(inner,))
        if token == "(":
            self.next()
            inner = self.sum(depth + 1)
            self._expect(")")
            return inner
        what = "the expression ends" if self.kind == "end" else f"'{token}' stands"
        raise self.mistake(f"{what} where a value is needed.", "Write a size such as 8GB, or a name such as host.")

    def _number(self) -> Exact:
        whole, _, fraction = self.number.partition(".")
        if self.unit and self.unit.upper().removesuffix("IB") + "B" not in _UNITS and self.unit.upper() not in _UNITS:
            raise self.mistake(f"'{self.unit}' is no unit.", "Use B, KB, MB, GB or TB.")
        name = self.unit.upper()
        scale = _UNITS.get(name) or _UNITS.get(name.removesuffix("IB") + "B", 1)
        return _exact(int(whole + fraction) * scale, 10 ** len(fraction), bool(self.unit))

    def _name(self, word: str, column: int) -> Node:
        if word not in self.known:
            near = next((name for name in (*self.known, *_FUNCTIONS) if name.startswith(word[:2].lower())), None)
            hint = f"Did you mean {near}?" if near else f"The names are {', '.join(self.known) or 'none here'}."
            raise self.mistake(f"the name '{word}' means nothing here.", hint, column)
        return Node("name", column, word not in _NUMBERS, name=word)

    def _function(self, name: str, column: int, depth: int) -> Node:
        self._expect("(")
        parts = [self.sum(depth + 1)]
        while self.token == ",":
            self.next()
            parts.append(self.sum(depth + 1))
        self._expect(")")
        least, most = _FUNCTIONS[name]
        if not least <= len(parts) <= most:
            count = "3 values" if name == "clamp" else f"up to {most} values"
            raise self.mistake(f"{name} takes {count}, not {len(parts)}.", "clamp(value, least, most); min(a, b); max(a, b).", column)
        if len({part.size for part in parts}) > 1:
            raise self.mistake(f"{name} mixes sizes and plain numbers.", "Give each number a unit, for example 2GB.", column)
        return Node(name, column, parts[0].size, parts=tuple(parts))

    def _expect(self, sign: str) -> None:
        if self.token != sign or self.kind != "sign":
            found = f"'{self.token}'" if self.token else "the end"
            raise self.mistake(f"'{sign}' is missing before {found}.", f"Write a '{sign}' there.")
        self.next()


def _exact(top: int, bottom: int, size: bool) -> Exact:
    """A fraction in lowest terms with a positive bottom."""
    divisor = gcd(top, bottom) or 1
    if bottom < 0:
        divisor = -divisor
    return Exact(top // divisor, bottom // divisor, size)


def _value(node: Node, facts: Mapping[str, int | None], text: str) -> Exact:
    """The exact value of a node."""
    if node.value is not None:
        return node.value
    if node.op == "name":
        known = facts.get(node.name)
        if known is None:
            flag = {"host": "--host-ram", "default": "--host-ram", "disk": "--free-disk", "sessions": "--sessions"}.get(
                node.name, "--service"
            )
            raise NeedsTerminal(f"'{text}' needs the {NAMES[node.name]}, which is not known here.", f"Give it with {flag}.")
        return Exact(known, 1, node.size)
    parts = [_value(part, facts, text) for part in node.parts]
    first = parts[0]
    if node.op == "neg":
        return Exact(-first.top, first.bottom, node.size)
    if node.op in ("+", "-"):
        sign = 1 if node.op == "+" else -1
        return _exact(first.top * parts[1].bottom + sign * parts[1].top * first.bottom, first.bottom * parts[1].bottom, node.size)
    if node.op == "*":
        return _exact(first.top * parts[1].top, first.bottom * parts[1].bottom, node.size)
    if node.op == "/":
        if parts[1].top == 0:
            raise Mistake(text, node.parts[1].column, "division by zero.", "Divide by something that is never 0.")
        return _exact(first.top * parts[1].bottom, first.bottom * parts[1].top, node.size)
    if node.op == "clamp":
        return _pick([_pick(parts[:2], largest=True), parts[2]], largest=False)
    return _pick(parts, largest=node.op == "max")


def _pick(parts: list[Exact], *, largest: bool) -> Exact:
    """The largest or the smallest of exact values."""
    best = parts[0]
    for part in parts[1:]:
        difference = part.top * best.bottom - best.top * part.bottom
        if difference and (difference > 0) is largest:
            best = part
    return best
