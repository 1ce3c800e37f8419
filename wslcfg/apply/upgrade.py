"""Act: put a newer wslcfg beside the one that runs, try it, and swap. As install.sh does: whoever is killed leaves the old one or the new one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import sys
import zipfile
from collections.abc import Iterator

from wslcfg.apply.installed import Installed, Offer
from wslcfg.errors import Conflict, Unreachable
from wslcfg.host.atomic import unreachable
from wslcfg.host.port import Host, Ran

_BUILD_S, _TRY_S = 600.0, 60.0
_PYTHONS = ("python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10")
# A person's own settings must not leak into the environment; an empty one is none to Python and pip.
_CLEAN = {
    **dict.fromkeys(("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"), ""),
    "PIP_USER": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
# What belongs to the old wslcfg itself, or to an environment as such.
_NOT_COPIED = ("wslcfg", "wslcfg-*", "_wslcfg*", "__editable__*wslcfg*", "pip", "pip-*", "setuptools*", "*.pth")


def replace(host: Host, installed: Installed, wanted: Offer) -> str:
    """Build `wanted` beside what is installed, try it, and make it the one in use; the new environment's folder.

    The environment that was in use stays until the next upgrade, for this process still runs from it.

    Raises:
        Conflict: another upgrade is at work. Unreachable: it could not be built or does not run; the old one is as it was.
    """
    versions = os.path.join(installed.data, "versions")
    fresh = os.path.join(versions, f"{wanted.version}.{os.getpid()}")
    with _alone(installed.data):
        _sweep(versions, keep=(os.path.basename(installed.environment), _in_use(installed.data)))
        try:
            if wanted.kind == "pyz":
                _unpack(host, fresh, wanted)
            else:
                _build(host, fresh, wanted, installed)
            program = os.path.join(fresh, "bin", "wslcfg")
            tried = host.run([program, "--version"], timeout_s=_TRY_S, env=_CLEAN)
            if tried.code != 0 or tried.out.decode("utf-8", "replace").strip() != f"wslcfg {wanted.version}":
                raise _failed("The new wslcfg does not run", tried)
            _point(os.path.join(installed.data, "current"), os.path.join("versions", os.path.basename(fresh)))
        except OSError as error:
            shutil.rmtree(fresh, ignore_errors=True)
            raise unreachable(error, error.filename or fresh, "write") from error
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    return fresh


def _unpack(host: Host, fresh: str, wanted: Offer) -> None:
    """A folder with all packages, compiled, and a script that knows where they are; as install.sh writes it."""
    library = os.path.join(fresh, "lib")
    os.makedirs(os.path.join(fresh, "bin"))
    with zipfile.ZipFile(wanted.path) as archive:
        archive.extractall(library)
    python = _python(host, fresh)
    script = os.path.join(fresh, "bin", "wslcfg")
    with open(script, "w", encoding="utf-8") as file:
        # Through sh, for the path may hold a space; to Python the second line is a text.
        file.write(f"#!/bin/sh\n'''exec' {shlex.quote(python)} -I \"$0\" \"$@\" #'''\n")
        file.write(f"import sys\nsys.path.insert(0, {library!a})\nfrom wslcfg.__main__ import main\nmain()\n")
    os.chmod(script, 0o755)
    host.run([python, "-I", "-m", "compileall", "-q", library], timeout_s=_BUILD_S)


def _build(host: Host, fresh: str, wanted: Offer, installed: Installed) -> None:
    """An environment with what the old one has, and the new wslcfg over it: where its needs are the same, no network is needed."""
    made = host.run([_python(host, fresh), "-m", "venv", fresh], timeout_s=_BUILD_S, env=_CLEAN)
    if made.code != 0:
        raise _failed("This Python cannot make an environment", made, "Take the single file instead: wslcfg upgrade --from wslcfg.pyz")
    python = os.path.join(fresh, "bin", "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--compile", "--no-input"]
    if wanted.kind == "wheel" and _bring_over(installed.environment, fresh):
        near = host.run([*pip, "--no-index", "--find-links", os.path.dirname(wanted.path), wanted.path], timeout_s=_BUILD_S, env=_CLEAN)
        if near.code == 0:
            return
    done = host.run([*pip, wanted.path], timeout_s=_BUILD_S, env=_CLEAN)
    if done.code != 0:
        raise _failed(
            "It could not be installed", done, "Connect to the network, or take the single file: wslcfg upgrade --from wslcfg.pyz"
        )


def _bring_over(old: str, fresh: str) -> bool:
    """Copy the packages of the old environment, where both are of one Python; whether there were any."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    source, target = (os.path.join(folder, "lib", version, "site-packages") for folder in (old, fresh))
    if not old or not os.path.isdir(source) or not os.path.isdir(target):
        return False
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_NOT_COPIED), dirs_exist_ok=True, symlinks=True)
    return True


def _python(host: Host, fresh: str) -> str:
    """The name that the distro keeps (`python3`), not one of an environment that goes with the next upgrade."""
    ours = os.path.dirname(fresh)
    for name in _PYTHONS:
        found = shutil.which(name)
        if found is None or found.startswith(ours):
            continue
        asked = host.run([found, "-I", "-c", "import sys; print(sys.version_info >= (3, 10))"], timeout_s=_TRY_S)
        if asked.out.strip() == b"True":
            return found
    raise Unreachable("There is no Python 3.10 or newer on the PATH.", "Install python3, then run the command again.", code="no-python")


def _point(place: str, target: str) -> None:
    """Make `place` a link to `target` by one rename."""
    aside = f"{place}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(aside)
    os.symlink(target, aside)
    os.replace(aside, place)


def _in_use(data: str) -> str:
    try:
        return os.path.basename(os.readlink(os.path.join(data, "current")))
    except OSError:
        return ""


def _sweep(versions: str, keep: tuple[str, ...]) -> None:
    """Remove environments that are not in use; one whose builder still runs (install.sh names it by its pid) is left to it."""
    for name in os.listdir(versions) if os.path.isdir(versions) else ():
        builder = name.rpartition(".")[2]
        if (
            name not in keep
            and not name.startswith(".")
            and not (builder.isdigit() and int(builder) != os.getpid() and os.path.exists(f"/proc/{builder}"))
        ):
            shutil.rmtree(os.path.join(versions, name), ignore_errors=True)


@contextlib.contextmanager
def _alone(data: str) -> Iterator[None]:
    """One upgrade at a time; the kernel lets go of the lock with the process. Raises Conflict, Unreachable."""
    # Below versions/, so that `install.sh --uninstall` takes it along.
    path = os.path.join(data, "versions", ".lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unreachable(error, path, "make") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("Another upgrade is running.", "Wait until it has ended.", code="locked") from error
        yield
    finally:
        os.close(handle)


def _failed(what: str, ran: Ran, hint: str = "The old one is as it was; fetch the file again.") -> Unreachable:
    said = (ran.err or ran.out).decode("utf-8", "replace").strip().rpartition("\n")[2]
    why = {"timeout": "it did not end", "missing": "it is not there"}.get(ran.failure, said or f"it ended with {ran.code}")
    return Unreachable(f"{what}: {why}.", hint, code="not-built")
