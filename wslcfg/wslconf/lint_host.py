"""Think: lint rules that need the surroundings: RAM, disk, files, policies, releases. What is not known fires nothing."""

from __future__ import annotations

from collections.abc import Iterator

from wslcfg.model.size import GIB, human
from wslcfg.wslconf import keys
from wslcfg.wslconf.lint_case import Case, Hit, Rule

# The files without which WSL refuses to start (WslCoreVm.cpp:200-258).
_MUST_EXIST = ("wsl2.kernel", "wsl2.kernelModules", "wsl2.systemDistro")

# Proposals keep Windows' reserve within half a GB, so lint does not complain below that.
_RESERVE_SLACK = GIB // 2

# The first Windows build with mirrored networking: Windows 11 22H2.
_MIRRORED_BUILD = 22621

# Keys without a tag came after this release, the newest whose source was looked at.
_NEWEST_TAG = (2, 9, 4)


def _host_ram(case: Case) -> Iterator[Hit]:
    entry = case.live.get("wsl2.memory")
    ram, reserve, memory = case.around.ram, case.around.windows_reserve, case.value("wsl2.memory")
    if entry is None or ram is None or reserve is None or not isinstance(memory, int):
        return
    if memory > ram - reserve + _RESERVE_SLACK and memory > ram // 2:
        message = (
            f"WSL may take {human(memory)} of {human(ram)}, and Windows needs {human(reserve)}: it will page and stall when WSL fills up."
        )
        most = (ram - reserve) // GIB * GIB
        # Below half of the RAM a number of their own would give people less than no number at all.
        fix = f"Go down to {human(most)}." if most > ram // 2 else f"Remove the line: WSL's default is {human(ram // 2)} here."
        yield Hit(entry.start, entry.editor_line, "wsl2.memory", message, fix)


def _disk(case: Case) -> Iterator[Hit]:
    entry = case.live.get("wsl2.swap") or case.live.get("wsl2.swapFile")
    free, swap = case.around.disk_free, case.value("wsl2.swap")
    if entry is not None and free is not None and isinstance(swap, int) and swap > free:
        message = f"Swap may grow to {human(swap)}, and the drive has {human(free)} free: a full drive turns swapping into I/O errors."
        yield Hit(entry.start, entry.editor_line, "wsl2.swap", message, "Make swap smaller, or put swapFile on another drive.")


def _not_there(case: Case) -> Iterator[Hit]:
    for name in _MUST_EXIST:
        entry, path = case.live.get(name), case.value(name)
        if entry and isinstance(path, str) and path and case.around.missing(path):
            message = f"{path} does not exist, and no distro starts without it."
            yield Hit(entry.start, entry.editor_line, name, message, "Correct the path or remove the line.")


def _modules_alone(case: Case) -> Iterator[Hit]:
    entry = case.live.get("wsl2.kernelModules")
    if entry and case.value("wsl2.kernelModules") and not case.value("wsl2.kernel"):
        message = "kernelModules without kernel: no distro starts."
        yield Hit(
            entry.start, entry.editor_line, "wsl2.kernelModules", message, "Name the kernel that the modules belong to, or remove the line."
        )


def _system_distro_ending(case: Case) -> Iterator[Hit]:
    entry, path = case.live.get("wsl2.systemDistro"), case.value("wsl2.systemDistro")
    if entry and isinstance(path, str) and path and not path.lower().endswith((".img", ".vhd")):
        message = f"systemDistro must end in .img or .vhd; with {path} no distro starts."
        yield Hit(entry.start, entry.editor_line, "wsl2.systemDistro", message, "Correct the path or remove the line.")


def _swap_folder(case: Case) -> Iterator[Hit]:
    entry, path = case.live.get("wsl2.swapFile"), case.value("wsl2.swapFile")
    if not entry or not isinstance(path, str) or case.value("wsl2.swap") == 0:
        return
    folder = path.replace("/", "\\").rpartition("\\")[0]
    if folder and case.around.missing(folder + "\\" if folder.endswith(":") else folder):
        message = f"The folder {folder} does not exist, so WSL runs without any swap."
        yield Hit(entry.start, entry.editor_line, "wsl2.swapFile", message, "Make the folder, or name one that is there.")


def _newer(case: Case) -> Iterator[Hit]:
    version = case.around.version
    if version is None:
        return
    for entry, setting in case.settings():
        if setting.since == "2.5.8":
            continue  # the first release with public source: the key may be older
        needs = tuple(int(part) for part in setting.since.split(".")) if setting.since else _NEWEST_TAG
        if version < needs or (not setting.since and version == needs):
            since = f"since {setting.since}" if setting.since else "after 2.9.4"
            message = f"{setting.name} came {since}; WSL {case.around.wsl_version} does not know it."
            yield Hit(entry.start, entry.editor_line, setting.name, message, "Update WSL with wsl --update, or remove the line.")


def _policy(case: Case) -> Iterator[Hit]:
    for setting in keys.settings_of(case.target):
        if not setting.policy or not any(f"'{setting.name}' is disabled" in warning for warning in case.effective.warnings):
            continue
        entry = case.live.get(setting.name)
        message = f"The policy {setting.policy} of this computer locks {setting.name}; WSL does not use what the file says."
        if entry is None:
            message = f"The policy {setting.policy} of this computer turns {setting.name} off, and WSL says so at each start."
            yield Hit(-1, None, setting.name, message, level="info")
        else:
            yield Hit(entry.start, entry.editor_line, setting.name, message, "Remove the line, or ask who manages this computer.")


def _old_windows(case: Case) -> Iterator[Hit]:
    entry, build = case.live.get("wsl2.networkingMode"), case.around.windows_build
    if entry and build is not None and build < _MIRRORED_BUILD and case.value("wsl2.networkingMode") == "Mirrored":
        message = f"Mirrored networking needs Windows 11 22H2; on build {build} WSL falls back to NAT."
        yield Hit(entry.start, entry.editor_line, "wsl2.networkingMode", message, "Remove the line, or update Windows.")


RULES: tuple[Rule, ...] = (
    Rule("WC120", "error", "start", "a file that WSL needs is not there", _not_there),
    Rule("WC121", "error", "start", "kernelModules without kernel", _modules_alone),
    Rule("WC122", "error", "start", "systemDistro with another ending", _system_distro_ending),
    Rule("WC123", "error", "start", "no folder for the swap file", _swap_folder),
    Rule("WC124", "warning", "host", "more memory than Windows can spare", _host_ram),
    Rule("WC125", "warning", "host", "more swap than the drive has", _disk),
    Rule("WC126", "warning", "release", "newer than this WSL", _newer),
    Rule("WC127", "warning", "policy", "locked by policy", _policy),
    Rule("WC128", "warning", "release", "mirrored networking on an older Windows", _old_windows),
)

# The rules whose findings mean that no distro starts; a bad macAddress is the other one.
STOPS_WSL = frozenset({"WC120", "WC121", "WC122"})
