"""Think: the texts of a setting: what it means, where WSL declares it, its default in words. Only `explain` and the docs import them."""

from __future__ import annotations

from wslcfg.model.size import human
from wslcfg.wslconf.keys import Setting
from wslcfg.wslconf.meanings_wslconf import WSLCONF
from wslcfg.wslconf.meanings_wslconfig import WSLCONFIG, Meaning

_WSLCONFIG_SOURCE = "src/windows/common/WslCoreConfig.cpp"
_WSLCONF_SOURCE = "src/linux/init/WslDistributionConfig.cpp"


def meaning(setting: Setting) -> Meaning:
    """The texts of a setting; every setting of `keys` has some."""
    return (WSLCONFIG if setting.restart == "vm" else WSLCONF)[setting.name]


def source(setting: Setting) -> str:
    """Where microsoft/WSL declares it: `src/windows/common/WslCoreConfig.cpp:76`."""
    return f"{_WSLCONFIG_SOURCE if setting.restart == 'vm' else _WSLCONF_SOURCE}:{meaning(setting).line}"


def docs_path(setting: Setting) -> str | None:
    """The path of its page below https://learn.microsoft.com; None where Microsoft does not document it."""
    if not setting.documented:
        return None
    return "/windows/wsl/wsl-config#wslconfig" if setting.restart == "vm" else "/windows/wsl/wsl-config#wslconf"


def default_text(setting: Setting) -> str:
    """The default as a person reads it: the formula where it is computed, else the value (`true`, `60000`, `1 TB`, `none`)."""
    text = meaning(setting).default
    if text:
        return text
    return shown(setting, setting.default)


def shown(setting: Setting, value: int | bool | str | None) -> str:
    """A value of this setting as a person reads it; sizes in MB and GB, booleans as in the file, '' and None as `none`."""
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if setting.type == "memory" and isinstance(value, int):
        return human(value)
    if setting.name == "filesystem.umask" and isinstance(value, int):
        return f"{value:04o}"
    return str(value)
