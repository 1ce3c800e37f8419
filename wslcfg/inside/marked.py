"""Think: our marked block in a text file that is somebody else's: a shell's start file, a crontab. Every other byte stays as it is.

    # >>> wslcfg NAME >>>
    ...
    # <<< wslcfg NAME <<<

What the file was before cannot always be told from what is around the block, so the first line says it: `(new file)` where we made the file,
`(no line end)` where its last line had none. Taking the block out gives the bytes as they were before it came.
"""

from __future__ import annotations

import re

from wslcfg.errors import Refused

_NEW, _OPEN = "(new file)", "(no line end)"


def with_block(raw: bytes | None, name: str, body: str | None, *, top: bool = False) -> bytes | None:
    """The file with the block, in place of the one that is there, or without it.

    Args:
        raw: the file, None where it is not there. name: the block's, `[a-z-]+`.
        body: the lines between the marks, ending with a line end; None takes the block out.
        top: put a new block before everything else, not behind it.

    Returns: the new bytes, None where the file is ours alone and the block goes.

    Raises:
        Refused: the block has no end any more.
    """
    found = _find(raw or b"", name)
    if body is None:
        # A copied start file can have it twice.
        while found is not None and raw is not None:
            raw = _without(raw, found)
            found = _find(raw or b"", name)
        return raw
    if found is not None and raw is not None:
        return raw[: found.start()] + _block(name, body, found["notes"].decode()) + raw[found.end() :]
    if raw is None:
        return _block(name, body, _NEW)
    if top:
        return _block(name, body, "") + raw
    open_end = bool(raw) and not raw.endswith(b"\n")
    return raw + (b"\n" if open_end else b"") + _block(name, body, _OPEN if open_end else "")


def block_of(raw: bytes | None, name: str) -> str | None:
    """What stands between the marks; None where there is no block. Raises Refused as `with_block`."""
    found = _find(raw or b"", name)
    return None if found is None else found["body"].decode("utf-8", "surrogateescape")


def _block(name: str, body: str, notes: str) -> bytes:
    head = f"# >>> wslcfg {name} >>>{' ' + notes if notes else ''}\n"
    return f"{head}{body}# <<< wslcfg {name} <<<\n".encode("utf-8", "surrogateescape")


def _find(raw: bytes, name: str) -> re.Match[bytes] | None:
    mark = re.escape(name.encode())
    head = re.search(rb"^# >>> wslcfg %s >>>" % mark, raw, re.MULTILINE)
    if head is None:
        return None
    whole = re.compile(
        rb"^# >>> wslcfg %s >>> ?(?P<notes>[^\r\n]*)\r?\n(?P<body>(?:(?!# [<>]{3} wslcfg ).*\n)*)# <<< wslcfg %s <<<[ \t]*(?:\r?\n|\Z)"
        % (mark, mark),
        re.MULTILINE,
    )
    found = whole.match(raw, head.start())
    if found is None:
        line = raw[: head.start()].count(b"\n") + 1
        raise Refused(
            f"The block of wslcfg that begins in line {line} has no end.",
            f"Put the line `# <<< wslcfg {name} <<<` behind it.",
            code="torn-block",
        )
    return found


def _without(raw: bytes, found: re.Match[bytes]) -> bytes | None:
    before, after, notes = raw[: found.start()], raw[found.end() :], found["notes"].decode("utf-8", "replace")
    if notes and (head := re.match(rb"# >>> wslcfg [a-z-]+ >>>", after)) and (_OPEN in notes or not before):
        # The next block of ours takes over what the file was before.
        after = head[0] + b" " + found["notes"] + after[head.end() :]
        return before + after
    if not before and not after and _NEW in notes:
        return None
    if not after and _OPEN in notes:
        before = before.removesuffix(b"\n")
    return before + after
