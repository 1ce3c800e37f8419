"""What the real client brings back of a damaged session, before and after a repair.

The session is the client's own, killed in the middle of an answer, of a tool or at rest; the copies of it are damaged, and their records stand a minute apart, so that no client
bridges a break by time. Everything at once, with the state before: `CLIENTLAB_MATRIX=FILE`, which writes the table there.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Asked, asked, call, plain
from tests.client.damage import RECOVERABLE
from tests.client.sessions import LAST, by_id, by_list, files_of, speak
from tests.clientlab.lab import enter

pytestmark = [pytest.mark.client, pytest.mark.slow]
__all__ = ["asked", "call", "plain"]

MATRIX = os.environ.get("CLIENTLAB_MATRIX", "")
_EACH = {"2.1.27": "stream", "2.1.112": "tool", "2.1.329": "idle"}
RUNS = [(version, how) for version in ("2.1.27", "2.1.71", "2.1.112", "2.1.329") for how in LAST] if MATRIX else list(_EACH.items())
# Of the damages the ones that no client of that generation reads over.
FEW = {
    "2.1.27": ["glued", "broken-parent", "cycle"],
    "2.1.112": ["glued", "nul-then-appended"],
    "2.1.329": ["broken-parent", "lost-record"],
}
PROMPTS = ["first prompt here", "second prompt here", "third prompt here"]
_AT = re.compile(rb'"timestamp":"(\d{4}-[^"]{19}Z)"')


def copies(raw: bytes, session: str, names: list[str], folder: Path) -> dict[str, str]:
    """Put a damaged copy of the session for each name; name -> its id. The first prompt is called after it, so that a list tells them apart."""
    made = {}
    for number, name in enumerate(names):
        copy = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        mine = spread(raw).replace(session.encode(), copy.encode()).replace(b"first prompt here", f"first of {name}".encode())
        mine = re.sub(rb'"lastPrompt":"[^"]*"', f'"lastPrompt":"first of {name}"'.encode(), mine)
        mine = b"".join(
            line for line in mine.splitlines(keepends=True) if not line.startswith((b'{"type":"ai-title"', b'{"type":"summary"'))
        )
        # Clients up to 2.1.29 give sessions without one a summary, and list them by it.
        title = {"type": "custom-title", "customTitle": f"first of {name}", "sessionId": copy}
        mine = json.dumps(title, separators=(",", ":")).encode() + b"\n" + mine
        damaged = RECOVERABLE[name](mine, random.Random(number + 7)) if name != "healthy" else mine
        (folder / f"{copy}.jsonl").write_bytes(damaged)
        made[name] = copy
    return made


def spread(raw: bytes) -> bytes:
    """The same session at leisure: each line's time is a minute after the one before."""
    lines = []
    for number, line in enumerate(raw.splitlines(keepends=True)):

        def later(match: re.Match[bytes], number: int = number) -> bytes:
            when = datetime.fromisoformat(match[1].decode().replace("Z", "+00:00")) - timedelta(hours=8) + timedelta(minutes=number)
            return b'"timestamp":"%s"' % when.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()

        lines.append(_AT.sub(later, line))
    return b"".join(lines)


def whole(told: list[str], name: str, last: str) -> bool:
    """Whether every prompt reached the model."""
    return all(any(text in one for one in told) for text in (f"first of {name}", *PROMPTS[1:], last))


@pytest.mark.parametrize(("version", "how"), RUNS)
def test_every_prompt_comes_back(
    version: str,
    how: str,
    installed: Callable[[str], list[str]],
    home: Callable[[list[str], str], Path],
    asked: Asked,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A session that the client wrote resumes with all its prompts after a repair, and one that is whole is not touched."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = home(installed(version), version)
    session = enter(speak, place, how, *PROMPTS)
    (written,) = place.glob(f".claude/projects/*/{session}.jsonl")
    mended = asked("sessions", "repair", session, "--home", place, "--yes")["data"]["changed"]
    # 2.1.27 now and then writes an answer to a sub-agent's file alone: a break of its own making, which is mended here.
    assert version == "2.1.27" or not mended, "a kill leaves nothing to mend"
    raw = written.read_bytes()
    names = ["healthy", *RECOVERABLE] if MATRIX else FEW[version]
    made = copies(raw, session, names, written.parent)
    table: dict[str, dict[str, bool]] = {name: {} for name in names}
    if MATRIX:
        before = tmp_path / "before"
        shutil.copytree(place, before, symlinks=True)
        for name, told in zip(names, enter(by_id, before, *made.values(), timeout_s=600).values(), strict=True):
            table[name]["before"] = whole(told, name, LAST[how])
    untouched = files_of(place)
    asked("sessions", "repair", "--home", place, "--yes")
    for path, was in untouched.items():
        if path.endswith((f"{session}.jsonl", f"{made.get('healthy', '-')}.jsonl")):
            assert (place / path).read_bytes() == was
    second = tmp_path / "second"
    shutil.copytree(place, second, symlinks=True)
    for name, told in zip(names, enter(by_id, place, *made.values(), timeout_s=600).values(), strict=True):
        table[name]["by id"] = whole(told, name, LAST[how])
    listed = names if MATRIX else names[:1]
    for name, told in zip(listed, enter(by_list, second, *(f"first of {name}" for name in listed), timeout_s=900).values(), strict=True):
        table[name]["from the list"] = whole(told, name, LAST[how])
    if MATRIX:
        with Path(MATRIX).open("a", encoding="utf-8") as file:
            file.write(json.dumps({f"{version} {how}": table}) + "\n")
    lost = {name: row for name, row in table.items() if not row["by id"] or not row.get("from the list", True)}
    assert not lost
