"""A home with sessions in a temporary folder, and the store that backs it up."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from wslcfg.store.engine import BackedUp, Held
from wslcfg.store.own import OwnStore
from wslcfg.store.sources import places, sources
from wslcfg.store.space import Floors

# Test machines are small; what the floors do has tests of its own.
NO_FLOORS = Floors(0, 0)
PROJECT = ".claude/projects/-home-ana-shop"


class Home:
    """A home at DIR/home, its store at DIR/repo."""

    def __init__(self, folder: Path, **options) -> None:
        self.folder, self.path, self.repo, self.state = folder, folder / "home", folder / "repo", folder / "state"
        self.path.mkdir(exist_ok=True)
        self.store = OwnStore(str(self.repo), str(self.state), **{"floors": NO_FLOORS, **options})
        self._brought = 0

    def write(self, path: str, data: bytes) -> Path:
        """A file of the home, with its folders."""
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return place

    def append(self, path: str, data: bytes) -> None:
        """Append to a file."""
        with open(self.path / path, "ab") as file:
            file.write(data)

    def back_up(self, **options) -> BackedUp:
        """One backup."""
        return self.store.backup(sources(places(str(self.path), {}), str(self.state / "scratch")), **options)

    def files(self) -> dict[str, bytes]:
        """What the home holds now."""
        return {str(one.relative_to(self.path)): one.read_bytes() for one in sorted(self.path.rglob("*")) if one.is_file()}

    def held(self, at: datetime | None = None) -> dict[str, Held]:
        """What the store holds, by path."""
        return {one.path: one for one in self.store.held(at=at)}

    def bring(self, wanted: list[Held]) -> dict[str, bytes]:
        """The bytes of these versions."""
        return brought(self.store, wanted, self.folder)

    def present(self, at: datetime | None = None) -> dict[str, bytes]:
        """The files of a snapshot that were there when it was made, with their bytes."""
        return self.bring([one for one in self.held(at).values() if not one.deleted])


def brought(store: OwnStore, wanted: list[Held], folder: Path) -> dict[str, bytes]:
    """Restore to fresh files, and read them."""
    place = folder / "brought"
    place.mkdir(exist_ok=True)
    found = {}
    for one in store.bring(wanted, lambda _: str(place / "file")):
        found[one.path] = (place / "file").read_bytes()
        os.unlink(place / "file")
    return found
