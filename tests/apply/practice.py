"""A practice home for tests of apply: a Windows side, two distros' state folders, and short ways to make plans."""

from __future__ import annotations

from pathlib import Path

from wslcfg.apply.generations import Store
from wslcfg.apply.homes import Homes
from wslcfg.apply.run import Applied, apply
from wslcfg.host.real import RealHost
from wslcfg.model.plan import FileChange, Plan

OLD = b"# mine\r\n[wsl2]\r\nmemory=8GB\r\n"
NEW = b"# mine\r\n[wsl2]\r\nmemory=10GB\r\nswap=8GB\r\n"


class Home:
    """A profile folder with `.wslconfig`, `%LOCALAPPDATA%\\wslcfg` beside it, and state folders of distros."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.profile = root / "ana"
        self.profile.mkdir(exist_ok=True)
        self.config = self.profile / ".wslconfig"
        self.shared = self.profile / "AppData" / "wslcfg"
        self.host = RealHost()

    def homes(self, distro: str = "Ubuntu", *, shared: bool = True) -> Homes:
        """The homes as that distro sees them."""
        return Homes(
            local=str(self.root / distro / "state" / "wslcfg"),
            shared=str(self.shared) if shared else None,
            distro=distro,
            user="ana",
            shared_windows="C:\\Users\\ana\\AppData\\Local\\wslcfg",
            paths={".wslconfig": str(self.config)},
        )

    def store(self, distro: str = "Ubuntu", *, shared: bool = True) -> Store:
        """The store as that distro sees it."""
        return Store(self.homes(distro, shared=shared))

    def change(self, after: bytes | None, *, before: bytes | str | None = "present") -> FileChange:
        """A change of `.wslconfig` from what is there (or from `before`)."""
        present = self.host.read(str(self.config)) if isinstance(before, str) else before
        return FileChange(".wslconfig", str(self.config), present, after, restart="vm", shared=True)

    def own(self, distro: str, after: bytes | None, name: str = "wsl.conf") -> FileChange:
        """A change of a file of one distro."""
        path = self.root / distro / "etc" / name
        return FileChange(f"/etc/{name}", str(path), self.host.read(str(path)), after, restart="distro")

    def apply(
        self, *changes: FileChange, title: str = "balanced", distro: str = "Ubuntu", shared: bool = True, back_to: int | None = None
    ) -> Applied:
        """Apply these changes as that distro."""
        plan = Plan(title, changes, back_to=back_to)
        return apply(plan, self.host, self.homes(distro, shared=shared), command="wslcfg apply")

    def numbers(self, distro: str = "Ubuntu") -> list[tuple[int, str, str]]:
        """(number, kind, state) of every generation."""
        return [(item.number, item.kind, item.state) for item in self.store(distro).all().generations]
