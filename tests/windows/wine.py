"""Wine's cmd.exe as the Windows that runs our .cmd files: real batch parsing, real sharing violations; no fc, no ACLs."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from wslcfg.host.port import Ran
from wslcfg.host.real import RealHost
from wslcfg.host.recorded import RecordedHost
from wslcfg.model.record import NamedTuple

# Wine's fc is a stub that finds every two files the same. This one compares line by line, which is enough for texts without signs that cmd minds.
# (A Unix program in its place would not do: Wine neither waits for one nor has its exit code.)
FC = """@echo off
set "one="
set "two="
for /f "usebackq delims=" %%L in ("%~2") do call set "one=%%one%%;%%L"
for /f "usebackq delims=" %%L in ("%~3") do call set "two=%%two%%;%%L"
if "%one%"=="%two%" exit /b 0
exit /b 1
"""


@functools.cache
def missing() -> str:
    """Why Wine cannot be used here; '' when it can."""
    if shutil.which("wine") is None or shutil.which("wineserver") is None:
        return "wine is not here (Debian packages wine and wine64; make test installs them where it may)"
    return ""


class Said(NamedTuple):
    """What a run gave: exit code and text, line ends as \n."""

    code: int
    out: str


class Interoperable(RecordedHost):
    """A recorded WSL whose Windows programs are Wine's, started for real: what /init does there, `wine` does here."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        super().__init__(folder)
        # What WSLENV would bring over: variables of that Windows user's session.
        self.session: dict[str, str] = dict(env)

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout_s: float = 10.0,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        """Start it in Wine and wait."""
        return RealHost().run(["wine", Path(argv[0]).name, *argv[1:]], timeout_s=timeout_s, cwd=cwd, env=self.session)

    def start(self, argv: Sequence[str], *, cwd: str | None = None, env: dict[str, str] | None = None) -> str:
        """Start it in Wine and leave it alone."""
        return RealHost().start(["wine", Path(argv[0]).name, *argv[1:]], cwd=cwd, env=self.session)


class Windows:
    """A Wine prefix, kept warm by a wineserver of its own, with user profiles in `C:\\users`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drive = folder / "prefix" / "drive_c"
        self.tools = folder / "tools"
        self.tools.mkdir()
        (self.tools / "fc.cmd").write_bytes(FC.replace("\n", "\r\n").encode())
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("WINE", "DISPLAY"))},
            "WINEPREFIX": str(folder / "prefix"),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=",
            "LC_ALL": "C.UTF-8",
        }
        subprocess.run(
            ["wine", "wineboot", "-i"], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=True
        )
        # Else Wine calls every file hidden whose name begins with a dot.
        self._wine("reg", "add", "HKCU\\Software\\Wine", "/v", "ShowDotFiles", "/d", "Y", "/f")

    def user(self, name: str) -> Path:
        """The profile folder of a new user, with `AppData\\Local` and the Start menu's folder in it."""
        profile = self.drive / "users" / name
        (profile / "AppData/Local").mkdir(parents=True)
        (profile / "AppData/Roaming/Microsoft/Windows/Start Menu/Programs").mkdir(parents=True)
        return profile

    def path(self, place: Path) -> str:
        """A path below the drive as Windows writes it."""
        return "C:\\" + str(place.relative_to(self.drive)).replace("/", "\\")

    def run(self, profile: Path, script: Path, *words: str, typed: str = "", timeout: float = 60) -> Said:
        """Run a script as that user, from `C:\\`, with `typed` on its stdin."""
        # A batch file of its own sets the user, for Wine sets USERPROFILE itself. Names come as variables: cmd reads the file in a code page.
        caller = self.folder / "caller.cmd"
        lines = [
            "@echo off",
            'set "USERPROFILE=%T_PROFILE%"',
            'set "LOCALAPPDATA=%T_PROFILE%\\AppData\\Local"',
            'set "APPDATA=%T_PROFILE%\\AppData\\Roaming"',
            'set "PATH=%T_TOOLS%;%PATH%"',
            # Without call, after which Wine has lost the exit code: so the script takes over, and its code is the last.
            " ".join(['"%T_SCRIPT%"', *words]),
        ]
        caller.write_bytes("\r\n".join([*lines, ""]).encode("ascii"))
        names = {"T_PROFILE": self.path(profile), "T_SCRIPT": self.path(script), "T_TOOLS": f"Z:{self.tools}".replace("/", "\\")}
        done = subprocess.run(
            ["wine", "cmd", "/d", "/c", f"Z:{caller}".replace("/", "\\")],
            env=self.env | names,
            cwd=self.drive,
            input=typed.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Said(done.returncode, done.stdout.decode("utf-8", "replace").replace("\r\n", "\n"))

    def log_in(self, profile: Path) -> None:
        """Make this user the one of all processes to come, as a log-on does: their folders are in the volatile environment."""
        home = self.path(profile).replace("\\", "\\\\")
        names = {"USERPROFILE": "", "LOCALAPPDATA": "\\\\AppData\\\\Local", "APPDATA": "\\\\AppData\\\\Roaming"}
        lines = [f'"{name}"="{home}{below}"' for name, below in names.items()]
        script = self.folder / "log-in.reg"
        text = "\r\n".join(["Windows Registry Editor Version 5.00", "", "[HKEY_CURRENT_USER\\Volatile Environment]", *lines, ""])
        script.write_bytes(text.encode("utf-16"))
        self._wine("reg", "import", f"Z:{script}".replace("/", "\\"))

    def boot(self, session: Mapping[str, str]) -> None:
        """What Windows does at a log-on: start what RunOnce names. Wine starts what Run names, in the same way, so the entries go there."""
        key = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion"
        for words in (
            ["reg", "copy", f"{key}\\RunOnce", f"{key}\\Run", "/s", "/f"],
            ["wineboot"],
            ["reg", "delete", f"{key}\\Run", "/va", "/f"],
        ):
            subprocess.run(["wine", *words], env=session, capture_output=True, timeout=60, check=True)

    def _wine(self, *words: str) -> None:
        """Run a program to its end, which must be a good one; what it says goes nowhere, for a pipe would be held by what it leaves behind."""
        null = subprocess.DEVNULL
        subprocess.run(["wine", *words], env=self.env, stdin=null, stdout=null, stderr=null, timeout=60, check=True)

    def registry(self, key: str) -> str:
        """What `reg query` says of a key."""
        done = subprocess.run(["wine", "reg", "query", key], env=self.env, capture_output=True, timeout=60, check=False)
        return done.stdout.decode("utf-8", "replace")

    def host(self, folder: Path) -> Interoperable:
        """A WSL whose C: is this Windows; its own files are recorded in `folder`."""
        folder.mkdir(parents=True)
        (folder / "machine.toml").write_text(
            f"""schema = 1
now = 2026-10-05T08:30:00Z
folders = ["{self.drive}/Windows/System32"]
[env]
WSL_DISTRO_NAME = "Ubuntu-24.04"
WSL_INTEROP = "/run/WSL/8_interop"
[text]
"/run/WSL/8_interop" = ""
"/proc/sys/fs/binfmt_misc/WSLInterop" = "enabled\\n"
"/proc/mounts" = 'C:\\134 {self.drive} 9p rw,aname=drvfs;path=C:\\;uid=1000 0 0'
"""
        )
        return Interoperable(folder, self.env)

    def end(self) -> None:
        """Stop the wineserver of this prefix, and with it everything in it."""
        subprocess.run(["wineserver", "-k"], env=self.env, timeout=60, check=False)


def fresh_folder() -> Path:
    """A folder for a prefix; not pytest's own, for Wine wants a path that is short and belongs to this user."""
    return Path(tempfile.mkdtemp(prefix="wslcfg-wine-"))
