"""Recorded machines that remember what they were asked, and where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wslcfg.host.port import Ran
from wslcfg.host.recorded import RecordedHost

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "tests" / "machines", ROOT / "wslcfg" / "demo_machines")


class WatchedHost(RecordedHost):
    """A recorded machine that remembers which children were asked for."""

    def __init__(self, folder: Path, overlay: Path) -> None:
        super().__init__(folder, overlay)
        self.calls: list[tuple[str, ...]] = []
        self.folders: list[str | None] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout_s: float = 10.0,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        """Answer as recorded and remember the call."""
        self.calls.append(tuple(argv))
        self.folders.append(cwd)
        return super().run(argv, stdin=stdin, timeout_s=timeout_s, cwd=cwd, env=env)
