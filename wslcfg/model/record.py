"""Think: named tuples that are quick to define. To a type checker `NamedTuple` here is typing's; at run time only its names matter.

typing's own parses and checks every field's annotation when the class is made, which for our seventy classes took a tenth of a
command's whole start and is of no use to anybody at run time: mypy has read them long before.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it, whose import takes a tenth of a start that needs no parser
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    # What a class body brings along that the tuple class has of its own.
    _OWN = frozenset({"__module__", "__qualname__", "__annotations__", "__dict__", "__weakref__"})

    class _Maker(type):
        """Makes the tuple class out of a class body: its annotations are the fields, their values the defaults, the rest is put on top."""

        def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
            """The body as a namedtuple; the base class itself is an ordinary class."""
            if not bases:
                return super().__new__(mcs, name, bases, body)
            # From Python 3.14 on a body has annotations as names only under `from __future__ import annotations`, which every file here has.
            fields = body.get("__annotations__", {})
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            made.__annotations__ = fields
            for key, value in body.items():
                if key not in fields and key not in _OWN:
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Maker):
        """The base to derive from, as typing's."""
