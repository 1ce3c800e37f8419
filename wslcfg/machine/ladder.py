"""Look: what can be known of Windows without PowerShell: reg.exe, then cmd.exe, then what Linux knows by itself. Cheapest and surest first.

Each step fills only what is missing, each may fail, and what failed is kept with the answers so that it is not tried again before the next boot.
"""

from __future__ import annotations

import re

from wslcfg.errors import WslcfgError
from wslcfg.host.port import Host, Ran
from wslcfg.host.winpath import to_linux, to_windows
from wslcfg.machine import answers, reading
from wslcfg.machine.found import DistroRow, Found, architecture
from wslcfg.machine.interop import CMD, REG, WSL, Interop
from wslcfg.machine.mounts import Place

_CURRENT = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_ENVIRONMENT = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
_LXSS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Lxss"
_MSI = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Lxss\MSI"
_POLICIES = r"HKLM\SOFTWARE\Policies\WSL"
_VOLATILE = r"HKCU\Volatile Environment"
_OWN = r"HKCU\Environment"
# Ten times what reg.exe and cmd.exe take where interop is well (0.1 to 0.2 s a call).
_TIMEOUT_S = 4.0

# cmd's own commands write UTF-16 to a pipe under /u, so that every user name survives. `set NAME` needs no quoting, unlike `echo %NAME%`.
_ASKED = ("USERPROFILE", "LOCALAPPDATA", "TEMP", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "SystemDrive")
CMD_ARGUMENTS = ("/d", "/u", "/c", "& ".join([*(f"set {name}" for name in _ASKED), "ver"]))

# Folders of C:\Users that are no person's.
_NOBODY = {"public", "default", "default user", "all users", "wdagutilityaccount", "defaultuser0", "desktop.ini"}


def walk(host: Host, place: Place, interop: Interop, found: Found) -> None:
    """Fill `found` with what PowerShell has not answered."""
    if interop.usable:
        _ask_registry(interop, found)
    if interop.usable and found.lacks("profile", "build", "local_appdata"):
        _ask_cmd(interop, found)
    if interop.usable and found.lacks("distributions"):
        ran = interop.run(WSL, ("--list", "--quiet"), _TIMEOUT_S)
        names = answers.listing(ran.out) if not ran.failure and ran.code == 0 else ()
        rows: list[DistroRow] = [[name, None, False, None] for name in names if answers.LOST not in name]
        found.add("distributions", rows or None, "wsl.exe")
    ask_linux(host, place, found)


def _ask_registry(interop: Interop, found: Found) -> None:
    """Six queries of reg.exe, each a whole key; its output is in the OEM code page, so paths that are not ASCII are left for cmd."""
    source = "reg.exe"
    for key in (_VOLATILE, _CURRENT, _ENVIRONMENT, _LXSS, _MSI, _POLICIES, _OWN):
        arguments = ("query", key, "/s") if key == _LXSS else ("query", key)
        ran = interop.run(REG, arguments, _TIMEOUT_S)
        if ran.failure:
            found.failed["reg.exe"] = _why(ran)
            return
        tables = answers.registry(ran.out) if ran.code == 0 else {}
        values = next(iter(tables.values()), {})
        texts = {name.upper(): value.text for name, value in values.items()}
        if key == _VOLATILE:
            found.add("profile", answers.folder(texts.get("USERPROFILE")), source)
            found.add("local_appdata", answers.folder(texts.get("LOCALAPPDATA")), source)
        elif key == _CURRENT:
            build = texts.get("CURRENTBUILDNUMBER", "")
            found.add("build", int(build) if build.isdigit() else None, source)
            found.add("ubr", values["UBR"].number if "UBR" in values else None, source)
            found.add("version", texts.get("DISPLAYVERSION") or None, source)
        elif key == _ENVIRONMENT:
            count = texts.get("NUMBER_OF_PROCESSORS", "")
            found.add("processors", int(count) if count.isdigit() else None, source)
            found.add("architecture", architecture(texts.get("PROCESSOR_ARCHITECTURE")), source)
        elif key == _LXSS:
            found.add("distributions", _distributions(tables), source)
        elif key == _MSI:
            found.add("wsl_version", texts.get("VERSION") or None, source)
        elif key == _POLICIES and (ran.code == 0 or not found.lacks("build")):
            # reg.exe ends with 1 where the key is not there; that another key was read says that it could look.
            numbers = {name: value.number for name, value in values.items() if value.number is not None}
            found.add("policies", numbers, source)
        elif key == _OWN:
            known = {"USERPROFILE": found.text("profile") or "%USERPROFILE%"}
            found.add("temp", answers.folder(answers.expand(texts.get("TEMP", ""), known)), source)


def _ask_cmd(interop: Interop, found: Found) -> None:
    """One call of cmd.exe, UTF-16: the profile, and the build out of `ver`."""
    ran = interop.run(CMD, CMD_ARGUMENTS, _TIMEOUT_S)
    values = answers.variables(ran.out)
    if ran.failure or not values:
        found.failed["cmd.exe"] = _why(ran)
        return
    source = "cmd.exe"
    found.add("profile", answers.folder(values.get("USERPROFILE")), source)
    found.add("local_appdata", answers.folder(values.get("LOCALAPPDATA")), source)
    found.add("temp", answers.folder(values.get("TEMP")), source)
    count = values.get("NUMBER_OF_PROCESSORS", "")
    found.add("processors", int(count) if count.isdigit() else None, source)
    found.add("architecture", architecture(values.get("PROCESSOR_ARCHITECTURE")), source)
    drive = values.get("SYSTEMDRIVE", "")
    found.add("system_drive", drive if re.fullmatch("[A-Za-z]:", drive) else None, source)
    version = answers.windows_version(ran.out)
    if version:
        found.add("build", version[0], source)
        found.add("ubr", version[1], source)


def ask_linux(host: Host, place: Place, found: Found) -> None:
    """What needs no interop: the mounts, PATH, the people's folders, `wslinfo`, the kernel's own architecture."""
    found.add("architecture", architecture(reading.text(host, "/proc/sys/kernel/arch").strip()), "/proc/sys/kernel/arch")
    if place.system is not None:
        found.add("system_drive", to_windows(place.system, place.mounts).rstrip("\\"), "/proc/mounts")
        if found.lacks("profile"):
            _guess_profile(host, place, found)
    profile = found.text("profile")
    if profile and found.lacks("local_appdata"):
        local = f"{profile}\\AppData\\Local"
        if reading.there(host, to_linux(local, place.mounts)) is not None:
            found.add("local_appdata", local, "the profile folder")
    local = found.text("local_appdata") or ""
    if local and found.lacks("temp") and reading.there(host, _linux(f"{local}\\Temp", place)) is not None:
        found.add("temp", f"{local}\\Temp", "the profile folder")
    if found.lacks("wsl_version") and reading.there(host, "/usr/bin/wslinfo") is not None:
        ran = host.run(["/usr/bin/wslinfo", "--version", "-n"], timeout_s=_TIMEOUT_S)
        version = answers.decode(ran.out).strip()
        found.add("wsl_version", version if re.fullmatch(r"\d+(\.\d+){2,3}", version) else None, "wslinfo")


def _guess_profile(host: Host, place: Place, found: Found) -> None:
    r"""The profile folder from Linux alone: init's own variable, the WindowsApps folder in PATH, the only folder of `C:\Users` that can be it."""
    for path in ("/proc/self/environ", "/proc/1/environ"):
        for item in reading.text(host, path).split("\x00"):
            name, _, value = item.partition("=")
            if name in {"WSL2_USER_PROFILE", "USERPROFILE"}:
                plain = answers.folder(value) if not value.startswith("/") else _windows(value, place)
                if plain and reading.there(host, _linux(plain, place)) is not None:
                    found.add("profile", plain, "the environment")
    # Windows appends `%LOCALAPPDATA%\Microsoft\WindowsApps` to each person's PATH, and WSL hands PATH on.
    for item in (host.env("PATH") or "").split(":"):
        match = re.fullmatch(r"(.+)/AppData/Local/Microsoft/WindowsApps/?", item, re.IGNORECASE)
        if match and reading.there(host, match[1]) is not None:
            found.add("profile", _windows(match[1], place), "PATH")
    users = f"{place.system}/Users"
    people = [name for name in reading.names(host, users) if name.lower() not in _NOBODY]
    people = [name for name in people if reading.there(host, f"{users}/{name}/AppData") is not None]
    marked = [name for name in people if reading.there(host, f"{users}/{name}/.wslconfig") is not None]
    for only in (marked, people):
        if len(only) == 1:
            found.add("profile", _windows(f"{users}/{only[0]}", place), "the only folder in Users")
    if found.lacks("profile") and len(people) > 1:
        found.failed["profile"] = f"{len(people)} people have a folder on this Windows"


def _linux(path: str, place: Place) -> str:
    """A Windows path here; a path that cannot exist where it lies on no mounted drive."""
    try:
        return to_linux(path, place.mounts)
    except WslcfgError:
        return "/nowhere"


def _windows(path: str, place: Place) -> str | None:
    try:
        return to_windows(path, place.mounts)
    except WslcfgError:
        return None


def _distributions(tables: dict[str, dict[str, answers.RegValue]]) -> list[DistroRow] | None:
    r"""The distros under `HKEY_CURRENT_USER\…\Lxss`: a subkey each, named by its GUID; the key's own DefaultDistribution names one."""
    default = ""
    rows: list[DistroRow] = []
    for key, values in tables.items():
        if "DefaultDistribution" in values:
            default = values["DefaultDistribution"].text
        name = values.get("DistributionName")
        if name and answers.LOST not in name.text:
            version, base = values.get("Version"), values.get("BasePath")
            is_default = bool(default) and key.lower().endswith("\\" + default.lower())
            rows.append([name.text, version.number if version else None, is_default, answers.folder(base.text) if base else None])
    return rows or None


def _why(ran: Ran) -> str:
    """One clause on why a program gave no answer."""
    return {"timeout": "it did not answer in time", "missing": "it is not there", "not-executable": "it could not be started"}.get(
        ran.failure, ran.err.decode("ascii", "replace").strip().splitlines()[0][:120] if ran.err.strip() else f"it ended with {ran.code}"
    )
