"""Look: profiles. Reads a profile and what it extends, checks them and merges them into one."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Callable

if sys.version_info >= (3, 11):
    import tomllib
else:  # Ubuntu 22.04's Python
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]  # only there on 3.10

from wslcfg.errors import Refused, Unreadable
from wslcfg.model.profile import Profile
from wslcfg.model.record import NamedTuple
from wslcfg.profile import builtin
from wslcfg.profile.check import Checked, Mistake, check
from wslcfg.profile.merge import merge_all
from wslcfg.profile.place import places

# What gives the bytes of a file, None where it is not there: `Host.read` fits.
Read = Callable[[str], bytes | None]

# No sane chain is longer; it bounds what a foreign profile can make us read.
_LONGEST_CHAIN = 10
_LARGEST = 256 * 1024


class Source(NamedTuple):
    """The text of one profile: its name by its file, the path to show and to resolve `extends` from, and where it comes from."""

    name: str
    path: str
    text: bytes
    own: bool


class Available(NamedTuple):
    """A profile that `load` finds by name: `own` for the person's, `hides` when a built-in one has the same name."""

    name: str
    path: str
    own: bool
    hides: bool


def available(names_in: Callable[[str], tuple[str, ...]], folder: str | None = None) -> tuple[Available, ...]:
    """Every profile that has a name, sorted by it.

    Args:
        names_in: gives the names in a folder; `Host.list` fits.
        folder: the person's own profiles.
    """
    shipped = builtin.names()
    own = {name.removesuffix(".toml") for name in (names_in(folder) if folder else ()) if name.endswith(".toml")}
    found = [Available(name, posixpath.join(folder or "", f"{name}.toml"), True, name in shipped) for name in own]
    found += [Available(name, f"profiles/{name}.toml", False, False) for name in shipped if name not in own]
    return tuple(sorted(found))


def load(name: str, read: Read, folder: str | None = None) -> Profile:
    """A profile by name or path, with everything it extends merged in.

    A name is looked up in the person's own folder first, then among the built-in ones; a profile that extends its own name extends the
    built-in one of that name. Anything with a slash or ending in `.toml` is a path.

    Args:
        name: `balanced`, `./team.toml`, `/etc/wslcfg/team.toml`. A relative path is read as it is, so make it absolute first.
        read: gives the bytes of a file.
        folder: the person's own profiles; None looks at the built-in ones only.

    Raises:
        Refused: no such profile, a circle, unknown keys or bad values (`data["mistakes"]` holds each as text).
        Unreadable: not TOML, not UTF-8.
    """
    chain: list[Checked] = []
    seen: list[str] = []
    texts: list[bytes] = []
    source = find(name, read, folder)
    while True:
        if source.path in seen:
            circle = " -> ".join((*seen[seen.index(source.path) :], source.path))
            raise Refused(f"The profiles extend each other in a circle: {circle}.", "Take one `extends` out.", code="profile-circle")
        if len(seen) >= _LONGEST_CHAIN:
            raise Refused(f"The profile '{name}' extends more than {_LONGEST_CHAIN} others.", "Shorten the chain.", code="profile-circle")
        seen.append(source.path)
        checked = examine(source)
        if checked.mistakes:
            raise _refusal(checked.mistakes)
        texts.append(source.text)
        chain.append(checked)
        if checked.extends is None:
            break
        source = find(checked.extends, read, folder, after=source)
    chain.reverse()
    top = chain[-1]
    names = tuple(layer.name for layer in chain)
    return Profile(top.name, top.description, names, merge_all(layer.layer for layer in chain), tuple(texts))


def find(name: str, read: Read, folder: str | None = None, *, after: Source | None = None) -> Source:
    """The text of a profile; `after` is the profile whose `extends` names it.

    Raises:
        Refused: there is none; the hint lists those there are.
    """
    if "/" in name or name.endswith(".toml"):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(after.path), name)) if after and after.own else name
        text = read(path)
        if text is None:
            raise Refused(f"There is no profile at {path}.", "Check the path.", code="no-profile")
        return Source(posixpath.basename(path).removesuffix(".toml"), path, text, True)
    own = posixpath.join(folder, f"{name}.toml") if folder else None
    # A built-in profile extends built-in ones only, so that a person's own `base` does not change what `balanced` means.
    if own is not None and (after is None or (after.own and after.path != own)) and (text := read(own)) is not None:
        return Source(name, own, text, True)
    found = builtin.read(name)
    if found is None:
        hint = f"There are: {', '.join(builtin.names())}. `wslcfg profile list` shows your own too."
        raise Refused(f"There is no profile '{name}'.", hint, code="no-profile")
    return Source(name, os.path.join("profiles", os.path.basename(found[0])), found[1], False)


def examine(source: Source) -> Checked:
    """One profile file by itself, with all its mistakes.

    Raises:
        Unreadable: not TOML (with line and column), not UTF-8, or far too large.
    """
    try:
        text = source.text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{source.path} is not UTF-8 (byte {error.start}).", "Save it as UTF-8.", code="bad-profile") from None
    if len(text) > _LARGEST:
        raise Unreadable(f"{source.path} is too large for a profile.", "Check that it is the right file.", code="bad-profile")
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        said = str(error) or "nested too deeply"
        raise Unreadable(
            f"{source.path} is not TOML: {said}.", "Correct that place; `wslcfg profile check` reads it again.", code="bad-profile"
        ) from None
    return check(data, places(text), name=source.name, file=source.path)


def _refusal(mistakes: tuple[Mistake, ...]) -> Refused:
    """The first mistake as an error, with all of them in its data."""
    first = mistakes[0]
    more = f" ({len(mistakes) - 1} more.)" if len(mistakes) > 1 else ""
    return Refused(f"{first}{more}", first.hint, code="bad-profile", data={"mistakes": [str(mistake) for mistake in mistakes]})
