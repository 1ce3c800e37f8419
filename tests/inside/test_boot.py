"""The boot command joins one that is there, and going it neither loses nor starts another one."""

from __future__ import annotations

import pytest

from wslcfg.errors import Refused
from wslcfg.inside.around import Seen
from wslcfg.inside.boot import BOOT, WSLCONF, drop_boot
from wslcfg.inside.draft import Draft


def dropped(text: str) -> str | None:
    """/etc/wsl.conf without our command; None where the plan leaves it alone."""
    draft = Draft(Seen(lambda path: text.encode() if path == WSLCONF else None, lambda path: None, lambda path: (), lambda path: None))
    drop_boot(draft)
    return next((change.after.decode() if change.after else "" for change in draft.files if change.path == WSLCONF), None)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (f"[boot]\ncommand={BOOT}; service docker start\n", "[boot]\ncommand=service docker start\n"),
        (f"[boot]\ncommand={BOOT}; a\ncommand=b\n", "[boot]\ncommand=a\ncommand=b\n"),
        (f"[boot]\ncommand={BOOT}; a\ngarbage\ncommand=b\n", "[boot]\ncommand=a\ngarbage\ncommand=b\n"),
        ("garbage\n[boot]\ncommand=a\n", None),
        ("[boot]\ncommand=a\ncommand=b\n", None),
    ],
)
def test_the_command_goes_and_the_others_stay(text: str, after: str | None) -> None:
    """Ours goes, whatever else the line and the file hold."""
    assert dropped(text) == after


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"[boot]\ncommand={BOOT}\ncommand=service docker start\n", "Line 3 has another boot command"),
        (f"garbage\n[boot]\ncommand={BOOT}; service docker start\n", "Line 3 names"),
        (f"[boot]\ncommand=a\ncommand={BOOT}\n", "Line 3 names"),
    ],
)
def test_what_wsl_passes_over_is_not_touched(text: str, line: str) -> None:
    """A second command would be deleted or come to life with ours, and ours below a mistake is no line that an edit reaches: the person is told."""
    with pytest.raises(Refused, match=line):
        dropped(text)
