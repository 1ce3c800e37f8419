"""Act: the folder from which restic backs up: links that show the agents' folders as they lie under the home, and a short list of what to take.

restic follows a link on the way to a file, not one that is the file itself; so a file that is somewhere else than its path says (a database's copy)
lies in the folder itself, below `wslcfg-copies/`, as a copy.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator

from wslcfg.host import atomic
from wslcfg.store.engine import Source
from wslcfg.store.restic_words import COPIES


@contextlib.contextmanager
def stage(folder: str, sources: Iterable[Source]) -> Iterator[tuple[str, str]]:
    """Make the folder anew; yield it and the file that lists the paths below it, one a line ('' for no paths). It is gone afterwards.

    Raises:
        Unreachable: no permission, no space.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        os.makedirs(os.path.join(folder, "tree"), mode=0o700)
        tops: dict[str, str] = {}
        linked: list[str] = []
        copies = False
        for source in sources:
            if _link(os.path.join(folder, "tree"), source, tops):
                linked.append(source.path)
            elif _copy(os.path.join(folder, "tree", COPIES), source):
                copies = True
        if not linked and not copies:
            yield folder, ""
            return
        listing = os.path.join(folder, "list")
        with open(listing, "wb") as file:
            for path in (*collapsed(os.path.join(folder, "tree"), linked), *([COPIES] if copies else [])):
                file.write(os.fsencode(path) + b"\n")
        yield os.path.join(folder, "tree"), listing
    except OSError as error:
        raise atomic.unreachable(error, folder, "prepare") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def collapsed(tree: str, paths: list[str]) -> list[str]:
    """The paths with every folder named as one that holds nothing but wanted files: the list stays short, whatever the number of sessions.

    Folders at the top (`.claude`) are never named whole, for a secret could come into them meanwhile.
    """
    wanted = set(paths)
    below: dict[str, set[str]] = {}
    for path in paths:
        while "/" in path:
            folder, _, name = path.rpartition("/")
            below.setdefault(folder, set()).add(name)
            path = folder
    whole: dict[str, bool] = {}

    def is_whole(folder: str) -> bool:
        if folder not in whole:
            whole[folder] = True
            with os.scandir(os.path.join(tree, folder)) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        good = path not in below or is_whole(path)
                        # A folder that has no wanted file has to be without files at all.
                        good = good and (path in below or not any(names for _, _, names in os.walk(entry.path)))
                    else:
                        good = path in wanted
                    if not good:
                        whole[folder] = False
        return whole[folder]

    named: list[str] = []

    def descend(folder: str) -> None:
        for item in sorted(below[folder]):
            path = f"{folder}/{item}"
            # A folder that is a link would be stored as a link; on the way to a file it is followed.
            if path not in below or (not os.path.islink(os.path.join(tree, path)) and is_whole(path)):
                named.append(path)
            else:
                descend(path)

    for top in sorted(folder for folder in below if "/" not in folder):
        descend(top)
    return named


def _link(tree: str, source: Source, tops: dict[str, str]) -> bool:
    """Show a source through a link of its top folder; False when it does not lie as its path says, or its top folder is another one's."""
    top, slash, rest = source.path.partition("/")
    # A line end in a name is nothing that the list could carry; the folder of copies is named as one.
    if not slash or source.snapshot or "\n" in source.path or not source.real.endswith(f"/{rest}") or os.path.islink(source.real):
        return False
    base = source.real[: -len(rest) - 1]
    if top not in tops:
        os.symlink(base, os.path.join(tree, top))
        tops[top] = base
    return tops[top] == base


def _copy(copies: str, source: Source) -> bool:
    """Lay a source itself into the folder; False when it is gone meanwhile."""
    target = os.path.join(copies, source.path)
    os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
    try:
        if source.snapshot:  # a temporary file of ours: it may have a second name
            with contextlib.suppress(OSError):
                os.link(source.real, target)
                return True
        shutil.copyfile(source.real, target)
        shutil.copystat(source.real, target)
    except FileNotFoundError:
        return False
    return True
